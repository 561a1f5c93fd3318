"""The artisan's products: made once, changed with care, and nobody else's ever."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from shop.db.accounts import AuditEntry
from shop.db.catalogue import Product
from shop.db.media import Media
from shop.errors import BadFields, BadInput, Forbidden, NotFound
from shop.money import Dong
from shop.services.access.actors import Actor
from shop.services.products.fields import read_product
from shop.services.products.variants import read_variant
from shop.services.workshops.services import ArtisanDesk
from shop.wiring import Services
from tests.conftest import ENGINES, count_page_statements
from tests.simulators.desk_people import artisan, inspector, new_artisan, new_form, shared_services
from tests.simulators.pictures import encoded, photo

NOW = datetime(2026, 6, 2, 3, 0, tzinfo=UTC)
KIND = {"name_vi": "Nhỏ", "price": "90.000", "stock": "3"}


@pytest.fixture(scope="module", params=ENGINES)
def services(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The services over a demo that all tests here write to, on each engine in turn."""
    with shared_services(request.param, request, tmp_path_factory.mktemp("products")) as built:
        yield built


@pytest.fixture
def form() -> dict[str, str]:
    return new_form()


@pytest.fixture
def desk(services: Services) -> ArtisanDesk:
    return services.desks.artisan


@pytest.fixture
def lan(services: Services) -> Actor:
    return artisan(services.database, "xuong-mau-1")


@pytest.fixture
def thief(services: Services) -> Actor:
    return artisan(services.database, "xuong-mau-2", "trom")


@pytest.fixture
def bowl(desk: ArtisanDesk, lan: Actor, form: dict[str, str]) -> str:
    return desk.products.make(lan, read_product(form), token=token(), now=NOW)


def token() -> str:
    return uuid.uuid4().hex


def row(services: Services, slug: str) -> Product:
    with services.database.read() as session:
        return session.scalars(select(Product).where(Product.slug == slug)).one()


def test_new_product_has_a_slug_a_code_and_no_buyers_yet(
    desk: ArtisanDesk, lan: Actor, services: Services, bowl: str, form: dict[str, str]
) -> None:
    stored = row(services, bowl)
    assert bowl == form["name_vi"].lower().replace("á", "a").replace(" ", "-")
    assert (stored.code, stored.gtin) == (bowl.replace("-", "").upper()[:10], None)
    assert (stored.price, stored.stock, stored.is_listed) == (Dong(350_000), 12, False)
    with pytest.raises(NotFound):
        services.catalogue.product(bowl, now=NOW)
    assert bowl in {one.slug for one in desk.products.mine(lan)}


def test_token_makes_one_product_for_one_workshop(
    desk: ArtisanDesk, lan: Actor, thief: Actor, form: dict[str, str]
) -> None:
    once, other = token(), read_product(form | {"name_vi": "Khác"})
    bowl = desk.products.make(lan, read_product(form), token=once, now=NOW)
    assert desk.products.make(lan, other, token=once, now=NOW) == bowl
    with pytest.raises(NotFound):
        desk.products.make(thief, other, token=once, now=NOW)
    with pytest.raises(BadInput):
        desk.products.make(thief, other, token="short", now=NOW)


def test_same_name_gets_another_slug_and_code(
    desk: ArtisanDesk, thief: Actor, services: Services, bowl: str, form: dict[str, str]
) -> None:
    second = desk.products.make(thief, read_product(form), token=token(), now=NOW)
    assert (second, row(services, second).code) == (f"{bowl}-2", f"{row(services, bowl).code}2")


def test_code_of_another_product_is_taken(
    desk: ArtisanDesk, thief: Actor, services: Services, bowl: str, form: dict[str, str]
) -> None:
    code = row(services, bowl).code or ""
    with pytest.raises(BadFields) as caught:
        desk.products.make(thief, read_product(form | {"code": code}), token=token(), now=NOW)
    assert caught.value.mistakes == {"code": "TAKEN"}


def test_gtin_that_is_the_code_of_another_product_is_taken(
    desk: ArtisanDesk, thief: Actor, services: Services, bowl: str, form: dict[str, str]
) -> None:
    gtin = "04006381333931"
    with services.database.write() as session:
        session.scalars(select(Product).where(Product.slug == bowl)).one().code = gtin
    typed = read_product(form | {"gtin": gtin, "gs1": "yes"})
    with pytest.raises(BadFields) as caught:
        desk.products.make(thief, typed, token=token(), now=NOW)
    assert caught.value.mistakes == {"gtin": "TAKEN"}


def test_code_made_of_a_name_has_a_letter(
    desk: ArtisanDesk, lan: Actor, services: Services, form: dict[str, str]
) -> None:
    slug = desk.products.make(lan, read_product(form | {"name_vi": "1945 1975"}), token=token(), now=NOW)
    assert row(services, slug).code == "X19451975"


def test_changed_name_keeps_slug_and_code(
    desk: ArtisanDesk, lan: Actor, services: Services, bowl: str, form: dict[str, str]
) -> None:
    desk.products.change(lan, bowl, read_product(form | {"name_vi": "Tô men tro"}), seen_stock=12, now=NOW)
    stored = row(services, bowl)
    assert (stored.name_vi, stored.name_folded) == ("Tô men tro", "to men tro")
    assert stored.code == bowl.replace("-", "").upper()[:10]


def test_stock_changes_by_the_difference_to_what_was_shown(
    desk: ArtisanDesk, lan: Actor, services: Services, bowl: str, form: dict[str, str]
) -> None:
    with services.database.write() as session:
        session.scalars(select(Product).where(Product.slug == bowl)).one().stock = 10  # two were sold
    desk.products.change(lan, bowl, read_product(form | {"stock": "15"}), seen_stock=12, now=NOW)
    assert row(services, bowl).stock == 13
    desk.products.change(lan, bowl, read_product(form | {"stock": "0"}), seen_stock=15, now=NOW)
    assert row(services, bowl).stock == 0


def test_code_on_labels_does_not_change(desk: ArtisanDesk, lan: Actor) -> None:
    product = next(one for one in desk.products.mine(lan) if one.lots)
    texts = dict(desk.products.one(lan, product.slug).texts) | {"gtin": "", "gs1": "", "code": "OTHER"}
    with pytest.raises(BadFields) as caught:
        desk.products.change(lan, product.slug, read_product(texts), seen_stock=None, now=NOW)
    assert set(caught.value.mistakes.values()) == {"PRINTED"}


def test_product_with_many_pieces_becomes_no_single_one(desk: ArtisanDesk, lan: Actor) -> None:
    product = next(one for one in desk.products.mine(lan) if one.lots)
    texts = dict(desk.products.one(lan, product.slug).texts) | {"one_off": "yes", "stock": "1"}
    with pytest.raises(BadFields) as caught:
        desk.products.change(lan, product.slug, read_product(texts), seen_stock=None, now=NOW)
    assert caught.value.mistakes == {"one_off": "ONE_PIECE"}


def test_hidden_product_leaves_the_shop_and_comes_back(
    desk: ArtisanDesk, lan: Actor, services: Services
) -> None:
    slug = next(one.slug for one in desk.products.mine(lan) if one.is_listed)
    desk.products.set_listing(lan, slug, is_wanted=False, now=NOW)
    with pytest.raises(NotFound):
        services.catalogue.product(slug, now=NOW)
    desk.products.set_listing(lan, slug, is_wanted=True, now=NOW)
    assert services.catalogue.product(slug, now=NOW).card.slug == slug


def test_product_without_a_lot_stays_hidden_whatever_is_wanted(
    desk: ArtisanDesk, lan: Actor, services: Services, bowl: str, form: dict[str, str]
) -> None:
    desk.products.set_listing(lan, bowl, is_wanted=True, now=NOW)
    assert not row(services, bowl).is_listed
    assert desk.products.one(lan, bowl).product.wants_listing


def test_what_was_done_stands_in_the_workshops_trail(
    services: Services, desk: ArtisanDesk, form: dict[str, str]
) -> None:
    lan, thief = artisan(services.database, "xuong-mau-5"), artisan(services.database, "xuong-mau-6")
    bowl = desk.products.make(lan, read_product(form), token=token(), now=NOW)
    desk.products.change(lan, bowl, read_product(form), seen_stock=12, now=NOW)
    told = [(one.action, one.subject) for one in services.audit_trail.of_workshop(lan).entries]
    assert told == [("product change", f"product:{bowl}"), ("product make", f"product:{bowl}")]
    assert services.audit_trail.of_workshop(thief).entries == ()


def test_a_workshop_keeps_at_most_200_photographs(
    services: Services, desk: ArtisanDesk, form: dict[str, str]
) -> None:
    lan = artisan(services.database, "xuong-mau-7")
    bowl = desk.products.make(lan, read_product(form), token=token(), now=NOW)
    with services.database.write() as session:
        for number in range(200):
            session.add(
                Media(
                    name=f"kept-{number}", kind="photo", mimetype="image/webp", digest="zQm", size=1, width=1,
                    height=1, workshop_id=lan.workshop_id, account_id=lan.account_id, created_at=NOW,
                )
            )  # fmt: skip
    with pytest.raises(BadInput) as caught:
        desk.photos.add(lan, bowl, b"", now=NOW)
    assert caught.value.code == "TOO_MANY_PHOTOS"


@pytest.mark.parametrize("who", ["thief", "newcomer", "inspector"])
def test_nobody_else_reads_or_changes_a_product(
    desk: ArtisanDesk, lan: Actor, thief: Actor, services: Services, bowl: str, form: dict[str, str], who: str
) -> None:
    database = services.database
    variant = desk.variants.add(
        lan, bowl, read_variant({"name_vi": "Lớn", "price": "1k", "stock": "1"}), now=NOW
    )
    other = {
        "thief": lambda: thief,
        "newcomer": lambda: new_artisan(database),
        "inspector": lambda: inspector(database),
    }[who]()
    fields, kind = read_product(form), read_variant({"name_vi": "X", "price": "2k", "stock": "2"})
    deeds: list[Any] = [
        lambda: desk.products.one(other, bowl),
        lambda: desk.products.change(other, bowl, fields, seen_stock=None, now=NOW),
        lambda: desk.products.set_listing(other, bowl, is_wanted=False, now=NOW),
        lambda: desk.variants.add(other, bowl, kind, now=NOW),
        lambda: desk.variants.change(other, bowl, variant, kind, now=NOW),
        lambda: desk.variants.move_up(other, bowl, variant, now=NOW),
        lambda: desk.variants.set_listing(other, bowl, variant, is_wanted=False, now=NOW),
        lambda: desk.photos.add(other, bowl, b"", now=NOW),
        lambda: desk.photos.remove(other, bowl, 1, now=NOW),
        lambda: desk.photos.restore(other, bowl, 1, now=NOW),
    ]
    with database.read() as session:
        before = session.scalars(select(AuditEntry.id)).all()
    for deed in deeds:
        with pytest.raises((NotFound, Forbidden)) as caught:
            deed()
        assert (who == "inspector") == isinstance(caught.value, Forbidden)
    with database.read() as session:
        assert session.scalars(select(AuditEntry.id)).all() == before


def test_variants_are_added_changed_moved_and_hidden(desk: ArtisanDesk, lan: Actor, bowl: str) -> None:
    small, large = (
        desk.variants.add(
            lan, bowl, read_variant({"name_vi": name, "price": "90.000", "stock": "3"}), now=NOW
        )
        for name in ("Nhỏ", "Lớn")
    )
    desk.variants.move_up(lan, bowl, large, now=NOW)
    desk.variants.set_listing(lan, bowl, small, is_wanted=False, now=NOW)
    desk.variants.change(
        lan, bowl, large, read_variant({"name_vi": "To", "price": "1.000", "stock": "0"}), now=NOW
    )
    shown = desk.products.one(lan, bowl).variants
    assert [(one.name.vi, one.price, one.is_listed) for one in shown] == [
        ("To", Dong(1_000), True),
        ("Nhỏ", Dong(90_000), False),
    ]


def test_variant_of_the_same_name_is_added_once(desk: ArtisanDesk, lan: Actor, bowl: str) -> None:
    kind = read_variant(KIND)
    assert desk.variants.add(lan, bowl, kind, now=NOW) == desk.variants.add(lan, bowl, kind, now=NOW)
    with pytest.raises(BadFields):
        desk.variants.add(lan, bowl, read_variant({"name_vi": "Nhỏ", "price": "1k", "stock": "3"}), now=NOW)


def test_variant_of_another_product_is_not_found(
    desk: ArtisanDesk, lan: Actor, bowl: str, form: dict[str, str]
) -> None:
    other = desk.products.make(lan, read_product(form), token=token(), now=NOW)
    kind = read_variant(KIND)
    variant = desk.variants.add(lan, other, kind, now=NOW)
    with pytest.raises(NotFound):
        desk.variants.change(lan, bowl, variant, kind, now=NOW)


def test_product_with_photographs_and_variants_takes_five_statements(
    services: Services, desk: ArtisanDesk
) -> None:
    lan, slug = artisan(services.database, "xuong-mau-1"), "binh-hoa-men-lam"
    shown = [desk.photos.add(lan, slug, encoded(photo(), "JPEG"), now=NOW) for _ in range(2)]
    desk.photos.move_up(lan, slug, shown[1], now=NOW)
    for name in ("Nhỏ", "Lớn, men tro"):
        desk.variants.add(lan, slug, read_variant(KIND | {"name_vi": name}), now=NOW)
    with count_page_statements(services.database) as statements:
        page = services.catalogue.product(slug, now=NOW)
    assert len(statements) <= 5, statements
    assert [one.name.vi for one in page.variants] == ["Nhỏ", "Lớn, men tro"]
    assert [(one.price, one.stock, one.name.en) for one in page.variants] == [(Dong(90_000), 3, "")] * 2
    assert len(page.photos) == 2
    assert page.photos[0] == page.card.photo  # the one that was moved up
