"""The catalogue: filters, sorting and paging, what a product's page says, and what each page costs."""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text, update

from shop.db.catalogue import Product, Village, Workshop
from shop.db.lots import Certificate, Lot, RecordLink
from shop.errors import NotFound
from shop.folding import fold
from shop.services.storefront.values import Filters, ProductCard, ProductList
from shop.services.texts import Text
from shop.wiring import Services
from tests.conftest import DEMO_NOW, count_page_statements, count_statements

List = Callable[..., ProductList]
PAGE_SIZE = 24


@pytest.fixture
def listed(services: Services) -> List:
    return lambda **asked: services.catalogue.products(Filters(**asked), now=DEMO_NOW)


def _all(listed: List, **asked: object) -> list[ProductCard]:
    """Gives the cards of every page."""
    first = listed(**asked)
    pages = [listed(**asked, page=number) for number in range(1, first.page.pages + 1)]
    return [card for page in pages for card in page.page.items]


def test_list_without_filters_has_everything(services: Services, listed: List) -> None:
    with services.database.read() as session:
        assert listed().page.total == session.scalar(select(func.count(Product.id)).where(Product.is_listed))


def test_village_filter_gives_that_village_alone(services: Services, listed: List) -> None:
    for slug, name, count in listed().villages:
        cards = _all(listed, village=slug)
        assert {card.village_name for card in cards} == {name}
        assert len(cards) == count


def test_craft_filter_gives_that_craft_alone(listed: List) -> None:
    for key, words, count in listed().crafts:
        cards = _all(listed, craft=key)
        assert {card.craft for card in cards} == {words}
        assert len(cards) == count


def test_stars_filter_gives_those_stars_alone(listed: List) -> None:
    for stars, count in listed().stars:
        cards = _all(listed, stars=stars)
        assert {card.stars for card in cards} == {stars}
        assert len(cards) == count


@pytest.mark.parametrize("slug", ["tranh-theu-hoa-sung", "huong-tram-que"], ids=["expired", "not yet valid"])
def test_certificate_out_of_its_time_gives_no_stars(services: Services, listed: List, slug: str) -> None:
    starred = {card.slug for stars in range(1, 6) for card in _all(listed, stars=stars)}
    assert starred
    assert slug not in starred


def test_stars_follow_the_day_that_is_asked_about(services: Services) -> None:
    def stars(days: int) -> int | None:
        return services.catalogue.product("huong-tram-que", now=DEMO_NOW + timedelta(days=days)).card.stars

    assert [stars(0), stars(29), stars(30), stars(31)] == [None, None, 3, 3]


def test_stars_end_with_the_last_valid_day(services: Services) -> None:
    with services.database.read() as session:
        last = session.scalar(
            select(Certificate.valid_until)
            .join(Product, Product.id == Certificate.product_id)
            .where(Product.slug == "khan-lua-van", Certificate.kind == "ocop")
        )
    assert last is not None
    left = (last - DEMO_NOW.date()).days
    stars = [
        services.catalogue.product("khan-lua-van", now=DEMO_NOW + timedelta(days=days)).card.stars
        for days in (left, left + 1)
    ]
    assert stars == [4, None]


@pytest.mark.parametrize(("low", "high"), [(100_000, None), (None, 200_000), (100_000, 200_000)])
def test_price_filter_includes_its_bounds(listed: List, low: int | None, high: int | None) -> None:
    prices = [card.price.amount for card in _all(listed, min_price=low, max_price=high)]
    everything = [card.price.amount for card in _all(listed)]
    wanted = [price for price in everything if (low or 0) <= price <= (high or 10**12)]
    assert sorted(prices) == sorted(wanted)


def test_price_filter_takes_the_exact_price(listed: List) -> None:
    price = listed().page.items[0].price.amount
    assert listed().page.items[0] in _all(listed, min_price=price, max_price=price)


def test_filters_that_contradict_give_an_empty_first_page(listed: List) -> None:
    found = listed(min_price=2, max_price=1, page=9)
    assert (found.page.items, found.page.total, found.page.number, found.page.pages) == ((), 0, 1, 1)


@pytest.mark.parametrize(
    "asked", [{"village": "nowhere"}, {"craft": "' OR 1=1 --"}, {"stars": 1}, {"village": "%"}]
)
def test_unknown_value_finds_nothing(listed: List, asked: dict[str, object]) -> None:
    assert listed(**asked).page.total == 0


def test_facets_leave_out_their_own_filter(listed: List) -> None:
    chosen = listed().villages[0][0]
    assert listed(village=chosen).villages == listed().villages
    assert len(listed(village=chosen).crafts) < len(listed().crafts)


def test_facet_counts_follow_the_other_filters(listed: List) -> None:
    craft = listed().crafts[0][0]
    for slug, _, count in listed(craft=craft).villages:
        assert listed(craft=craft, village=slug).page.total == count


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("price", lambda card: card.price),
        ("-price", lambda card: -card.price.amount),
        ("name", lambda card: fold(card.name.vi)),
    ],
    ids=["price", "-price", "name"],
)
def test_sorting(listed: List, sort: str, key: Callable[[ProductCard], object]) -> None:
    values = [key(card) for card in _all(listed, sort=sort)]
    assert values == sorted(values)  # type: ignore[type-var]  # each key gives one comparable type


@pytest.mark.parametrize("sort", ["new", "price", "-price", "name", "unheard-of"])
def test_pages_hold_each_product_once(listed: List, sort: str) -> None:
    slugs = [card.slug for card in _all(listed, sort=sort)]
    assert len(slugs) == len(set(slugs)) == listed().page.total
    assert slugs == [card.slug for card in _all(listed, sort=sort)]


def test_equal_prices_keep_their_order_across_pages(own_services: Services) -> None:
    with own_services.database.write() as session:
        session.execute(text("UPDATE products SET price = 100000"))

    def page(number: int) -> list[str]:
        found = own_services.catalogue.products(Filters(sort="price", page=number), now=DEMO_NOW)
        return [card.slug for card in found.page.items]

    slugs = page(1) + page(2) + page(3)
    assert len(slugs) == len(set(slugs))


def test_page_is_full_but_for_the_last(listed: List) -> None:
    found = listed()
    assert len(found.page.items) == PAGE_SIZE
    last = listed(page=found.page.pages)
    assert len(last.page.items) == found.page.total - PAGE_SIZE * (found.page.pages - 1)


@pytest.mark.parametrize("number", [99, 100_000])
def test_page_beyond_the_end_is_the_last(listed: List, number: int) -> None:
    assert listed(page=number).page.number == listed().page.pages


def test_product_that_is_not_listed_is_not_found(own_services: Services) -> None:
    with own_services.database.write() as session:
        session.execute(update(Product).where(Product.slug == "khan-lua-van").values(is_listed=False))
    with pytest.raises(NotFound):
        own_services.catalogue.product("khan-lua-van", now=DEMO_NOW)
    slugs = {
        card.slug
        for number in (1, 2, 3)
        for card in own_services.catalogue.products(Filters(page=number), now=DEMO_NOW).page.items
    }
    assert "khan-lua-van" not in slugs


@pytest.mark.parametrize("slug", ["", "nothing", "KHAN-LUA-VAN", "khan-lua-van'--", "\x00", "ạ" * 500])
def test_unknown_product_is_not_found(services: Services, slug: str) -> None:
    with pytest.raises(NotFound) as caught:
        services.catalogue.product(slug.replace("\x00", "%00"), now=DEMO_NOW)
    assert caught.value.code == "NO_PRODUCT"


def test_product_page_names_its_origin(services: Services) -> None:
    page = services.catalogue.product("binh-hoa-men-lam", now=DEMO_NOW)
    assert page.village.slug == "bat-trang"
    assert page.workshop.slug == "xuong-mau-1"
    assert page.workshop.is_fictional
    assert page.lots
    assert page.lots[0].path == f"/01/{page.gtin}/10/{page.lots[0].number}"


def test_product_of_a_workshop_without_gs1_has_a_code(services: Services) -> None:
    with services.database.read() as session:
        slug = session.scalars(select(Product.slug).where(Product.code.is_not(None))).first() or ""
    page = services.catalogue.product(slug, now=DEMO_NOW)
    assert page.gtin is None
    assert page.lots[0].path.startswith(f"/P/{page.code}/10/")


def test_newest_lot_stands_first(services: Services) -> None:
    for card in services.catalogue.products(Filters(), now=DEMO_NOW).page.items:
        made = [lot.made_on for lot in services.catalogue.product(card.slug, now=DEMO_NOW).lots]
        assert made == sorted(made, reverse=True)


def _show_recalled(services: Services) -> str:
    """Lists the product whose only lot is recalled, and gives its slug."""
    recalled = (
        select(Lot.product_id)
        .join(RecordLink, RecordLink.target == Lot.record_id)
        .where(RecordLink.source.startswith("recall-"))
    )
    with services.database.write() as session:
        product = session.scalars(select(Product).where(Product.id.in_(recalled))).one()
        product.is_listed = True
        return product.slug


def test_recalled_lot_is_told_of_and_is_not_the_newest(own_services: Services) -> None:
    page = own_services.catalogue.product(_show_recalled(own_services), now=DEMO_NOW)
    assert [(lot.against, lot.is_taken_back) for lot in page.lots] == [("RECALLED", True)]
    assert page.newest_lot is None


def test_newest_lot_is_one_that_nobody_took_back(own_services: Services) -> None:
    slug = _show_recalled(own_services)
    sound = own_services.catalogue.product("binh-hoa-men-lam", now=DEMO_NOW).lots[0]
    with own_services.database.write() as session:
        product = select(Product.id).where(Product.slug == slug).scalar_subquery()
        session.execute(
            update(Lot)
            .where(Lot.record_id == sound.record_id)
            .values(product_id=product, made_on=date(2000, 1, 1))
        )
    page = own_services.catalogue.product(slug, now=DEMO_NOW)
    assert [lot.is_taken_back for lot in page.lots] == [True, False]
    assert page.newest_lot == page.lots[1]


def test_lot_with_a_recalled_unit_stays_the_newest(services: Services) -> None:
    page = services.catalogue.product("binh-hoa-men-lam", now=DEMO_NOW)
    told = replace(page.lots[0], against="RECALLED", is_taken_back=False)
    assert replace(page, lots=(told, *page.lots[1:])).newest_lot == told


def _forget_texts(services: Services, slug: str) -> None:
    """Leaves of a product only what a form without texts says."""
    nothing = {"vi": "", "en": ""}
    texts = {"summary": nothing, "making": nothing, "care": nothing, "warnings": None, "dimensions": None}
    with services.database.write() as session:
        document = json.dumps({**texts, "materials": [], "bought_in": []})
        session.execute(update(Product).where(Product.slug == slug).values(document=document))


@pytest.mark.parametrize("slug", ["binh-hoa-men-lam", "khan-lua-van", "bo-am-chen-men-ran"])
def test_what_the_shop_does_not_say_the_passport_does(own_services: Services, slug: str) -> None:
    before = own_services.catalogue.product(slug, now=DEMO_NOW)
    _forget_texts(own_services, slug)
    page = own_services.catalogue.product(slug, now=DEMO_NOW)
    assert page.materials
    assert page.materials == tuple(Text(each.vi) for each in before.materials)
    assert page.bought_in == tuple(Text(each.vi) for each in before.bought_in)
    assert page.warnings == (Text(before.warnings.vi) if before.warnings else None)


def test_passport_that_was_taken_back_names_no_materials(own_services: Services) -> None:
    slug = _show_recalled(own_services)
    _forget_texts(own_services, slug)
    assert own_services.catalogue.product(slug, now=DEMO_NOW).materials == ()


def test_sound_lots_bear_no_mark(services: Services) -> None:
    for card in services.catalogue.products(Filters(), now=DEMO_NOW).page.items:
        page = services.catalogue.product(card.slug, now=DEMO_NOW)
        assert [lot.against for lot in page.lots] == [None] * len(page.lots)


def test_every_text_has_both_languages(services: Services) -> None:
    for card in services.catalogue.products(Filters(), now=DEMO_NOW).page.items:
        page = services.catalogue.product(card.slug, now=DEMO_NOW)
        texts = [
            card.name,
            card.craft,
            page.summary,
            page.making,
            page.care,
            *page.materials,
            *page.bought_in,
        ]
        assert all(each.vi and each.en for each in texts), card.slug


def test_home_counts_what_there_is(services: Services) -> None:
    home = services.catalogue.home(now=DEMO_NOW)
    with services.database.read() as session:
        assert home.product_count == session.scalar(select(func.count(Product.id)).where(Product.is_listed))
        assert home.village_count == session.scalar(select(func.count(Village.id)))
    assert len(home.products) == 8
    assert len(home.villages) == 6
    assert home.sample_path is not None
    assert home.sample_path.startswith("/S/")


def test_every_figure_has_date_and_source(services: Services) -> None:
    figures = services.catalogue.home(now=DEMO_NOW).figures
    assert figures
    for figure in figures:
        assert figure.as_of
        assert figure.source.vi
        assert "1/3" not in figure.value.vi
        assert "56" not in figure.value.vi


def test_addresses_name_every_page(services: Services) -> None:
    kinds = [kind for kind, _ in services.catalogue.addresses()]
    with services.database.read() as session:
        for kind, table in (("product", Product), ("village", Village), ("workshop", Workshop)):
            rows = select(func.count()).select_from(table)
            wanted = rows.where(Product.is_listed) if table is Product else rows
            assert kinds.count(kind) == session.scalar(wanted)


READS: dict[str, Callable[[Services], object]] = {
    "home": lambda services: services.catalogue.home(now=DEMO_NOW),
    "products": lambda services: services.catalogue.products(Filters(), now=DEMO_NOW),
    "products, all filters": lambda services: services.catalogue.products(
        Filters("bat", "bat-trang", "gom-su", 4, 1, 10**9, in_stock=True, sort="price"), now=DEMO_NOW
    ),
    "product": lambda services: services.catalogue.product("bo-am-chen-men-ran", now=DEMO_NOW),
    "addresses": lambda services: services.catalogue.addresses(),
    "villages": lambda services: services.places.villages(),
    "village": lambda services: services.places.village("bat-trang", now=DEMO_NOW),
    "workshop": lambda services: services.places.workshop("xuong-mau-1", now=DEMO_NOW),
    "record": lambda services: services.records.record("village-bat-trang"),
    "did": lambda services: services.records.did("xuong-mau-1"),
}


@pytest.mark.parametrize("name", READS)
def test_page_takes_at_most_five_statements(services: Services, name: str) -> None:
    with count_page_statements(services.database) as statements:
        READS[name](services)
    assert len(statements) <= 5, statements


@pytest.mark.parametrize("name", READS)
def test_reading_writes_nothing(services: Services, name: str) -> None:
    with count_statements(services.database) as statements:
        READS[name](services)
    verbs = {statement.split()[0].upper() for statement in statements}
    assert verbs <= {"SELECT", "WITH"}


@pytest.mark.parametrize("name", READS)
def test_what_is_read_is_frozen(services: Services, name: str) -> None:
    found = READS[name](services)
    if dataclasses.is_dataclass(found):
        with pytest.raises(AttributeError):
            setattr(found, dataclasses.fields(found)[0].name, None)
    else:
        assert isinstance(found, list | tuple | dict)
