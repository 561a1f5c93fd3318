"""What a workshop says without a signature never stands where a signed word does."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.app import create_app
from shop.db.accounts import Account
from shop.db.catalogue import Product, Workshop
from shop.db.desk import SpoiledUnit
from shop.db.lots import SERIAL_CHARS, Lot
from shop.wiring import Services
from tests.conftest import DEMO_NOW, Demo, copy_of, count_page_statements, services_over

SLUG = "xuong-mau-2"
SIGNED = "Xưởng mẫu 2"
SPOILED = "Xưởng đã ghi tem này là hỏng"
CLAIMED = "City of Hanoi OCOP Council (official)"


@pytest.fixture(scope="module")
def services(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A demo whose second workshop took a name that nobody signed."""
    demo = copy_of(live_demo, tmp_path_factory.mktemp("words") / "own")
    with services_over(demo) as built:
        with built.database.write() as session:
            session.scalars(select(Workshop).where(Workshop.slug == SLUG)).one().name_en = CLAIMED
        yield built


@pytest.fixture(scope="module")
def client(services: Services) -> FlaskClient:
    app: Flask = create_app(services.settings, services)
    return app.test_client()


def lot_of(services: Services) -> tuple[int, str, str]:
    """Gives a lot of the workshop: its id, its sample label's path, its product's slug."""
    ours = select(Lot, Product).join(Product, Product.id == Lot.product_id)
    with services.database.read() as session:
        wanted = ours.join(Workshop, Workshop.id == Product.workshop_id).where(Workshop.slug == SLUG)
        lot, product = session.execute(wanted.where(Lot.sample_label.is_not(None)).limit(1)).one()
        return lot.id, "/" + (lot.sample_label or "").split("/", 3)[3], product.slug


def test_the_signed_name_heads_the_workshops_page_in_english(client: FlaskClient) -> None:
    page = client.get(f"/workshops/{SLUG}?lang=en").text
    assert f'<h1 lang="vi">{SIGNED}</h1>' in page
    assert f"<title>{SIGNED} · " in page
    assert page.count(CLAIMED) == 1
    before, after = page.split(f"“{CLAIMED}”")
    assert before.rstrip().rpartition("<p")[2].startswith(' class="soft">')
    assert after.partition("</p>")[0] != "."


def test_the_unsigned_name_stands_on_no_other_page(client: FlaskClient, services: Services) -> None:
    _, label, product = lot_of(services)
    slug = services.places.workshop(SLUG, now=DEMO_NOW).card.village_slug
    for path in (f"/products/{product}", f"/villages/{slug}", label):
        page = client.get(f"{path}?lang=en").text
        assert f'<span lang="vi">{SIGNED}</span>' in page, path
        assert CLAIMED not in page, path


def test_a_spoiled_label_says_so_on_its_own_page_alone(client: FlaskClient, services: Services) -> None:
    lot_id, label, _ = lot_of(services)
    before: Any = client.get(label, headers={"Accept": "application/json"}).json
    assert SPOILED not in client.get(label).text
    serial = label.partition("/21/")[2][:SERIAL_CHARS]
    with services.database.write() as session:
        account = session.scalars(select(Account.id).limit(1)).one()
        mark = SpoiledUnit(lot_id=lot_id, serial=serial, account_id=account, marked_at=DEMO_NOW)
        session.add(mark)
    with count_page_statements(services.database) as statements:
        page = client.get(label).text
    assert len(statements) <= 5
    band = page.partition('<section class="verdict')[2].partition("</section>")[0]
    assert band.startswith(" is-caution")
    assert f'<h1 id="verdict">{SPOILED}</h1>' in band
    assert "is-verified" not in page
    after: Any = client.get(label, headers={"Accept": "application/json"}).json
    assert (after["outcome"], after["reasons"]) == (before["outcome"], before["reasons"])
    assert SPOILED not in client.get(label.partition("/21/")[0]).text
