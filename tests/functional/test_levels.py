"""How sure a statement is stands in words beside a mark: on lists, products, workshops and verification."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from shop.app import create_app
from shop.db.catalogue import Product
from shop.db.lots import Lot
from shop.wiring import Services
from tests.conftest import Demo, copy_of, services_over
from tests.simulators.desks import send, sign_in
from traceability.clock import day_in_viet_nam
from traceability.labels.code import parse as parse_label

WORDS = {
    "vi": ("tự khai", "chép từ giấy", "xác nhận", "kiểm tra", "chứng nhận"),
    "en": ("self-declared", "copied from paper", "attested", "inspected", "certified"),
}
KEYS = ("self_declared", "transcribed", "attested", "inspected", "certified")
MARK = re.compile(r'<span class="level level-(\w+)"><i aria-hidden="true"></i>([^<]+)</span>')
CUP, SILK = "bat-chuon-chuon", "khan-in-hoa-sen"  # no paper of the demo is about them


@pytest.fixture(scope="module")
def site(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A demo in which an office, an inspector and a copyist have signed something about a product each."""
    demo = copy_of(live_demo, tmp_path_factory.mktemp("levels") / "own")
    with services_over(demo) as services:
        app = create_app(demo.settings(), services)
        day = day_in_viet_nam(demo.now)
        vouch(app, day, "association", "attestation", CUP, "xuong-mau-1")
        vouch(app, day, "inspector", "inspection", SILK, "xuong-mau-2")
        yield app


def vouch(app: Flask, day: date, name: str, kind: str, product: str, workshop: str) -> None:
    desk = "/inspector/requests/" if name == "inspector" else "/association/"
    office = sign_in(app, f"{name}@demo.langnghe")
    made = send(office, f"{desk}new/{kind}", words="Tự xem.", workshop=workshop, product=product).location
    said = {"title": "Xem", "finding": "Đúng.", "basis": "Xem tận nơi", "assessed_on": day.isoformat()}
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', send(office, f"{made}/preview", **said).text)
    assert seen is not None
    assert send(office, f"{made}/sign", **said, seen=seen[1]).status_code == 303


def marks(site: Flask, path: str, lang: str) -> set[str]:
    """Gives the levels of a page, each of which has its word and its mark."""
    page = site.test_client().get(path, query_string={"lang": lang}).text
    found = MARK.findall(page)
    words = dict(zip(KEYS, WORDS[lang], strict=True))
    assert all(words[key] == word for key, word in found), found
    assert page.count('class="level ') == len(found)
    return {key for key, _ in found}


@pytest.mark.parametrize("lang", WORDS)
def test_every_level_has_its_word_and_mark_where_levels_are_explained(site: Flask, lang: str) -> None:
    assert marks(site, "/about", lang) == set(KEYS)


@pytest.mark.parametrize("lang", WORDS)
def test_lists_show_the_surest_level_of_each_product(site: Flask, lang: str) -> None:
    assert marks(site, "/workshops/xuong-mau-1", lang) >= {"attested"}
    cards = (
        site.test_client().get("/products", query_string={"lang": lang}).text.split('<article class="card">')
    )
    assert len(cards) > 2
    assert all(len(MARK.findall(card)) == 1 for card in cards[1:])


@pytest.mark.parametrize("lang", WORDS)
@pytest.mark.parametrize(("slug", "level"), [(CUP, "attested"), (SILK, "inspected")])
def test_a_products_page_shows_who_vouched(site: Flask, lang: str, slug: str, level: str) -> None:
    assert level in marks(site, f"/products/{slug}", lang)


@pytest.mark.parametrize("lang", WORDS)
def test_a_lots_page_shows_the_level_of_each_station(site: Flask, lang: str) -> None:
    services: Services = site.extensions["langnghe"]
    with services.database.read() as session:
        label = session.scalars(
            select(Lot.sample_label).where(Lot.sample_label.is_not(None)).order_by(Lot.id)
        )
        path = parse_label(str(label.first())).path
    assert marks(site, path, lang) >= {"self_declared", "attested"}


def test_without_any_paper_the_workshop_alone_speaks(site: Flask) -> None:
    services: Services = site.extensions["langnghe"]
    with services.database.read() as session:
        slugs = session.scalars(select(Product.slug).where(Product.is_listed)).all()
    pages = [site.test_client().get(f"/products/{slug}").text for slug in slugs]
    bare = [page for page in pages if '<ul class="plain certificates">' not in page]
    assert bare
    for page in bare:
        assert {key for key, _ in MARK.findall(page)} == {"self_declared"}
