"""Searching: without marks, in any spelling, alike on both databases, nearest first, and forgiving."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from shop.db.catalogue import Product
from shop.folding import fold, is_one_letter_off
from shop.money import Dong
from shop.services.products.lists import ProductLists
from shop.services.products.search_words import keep_search_words
from shop.services.storefront.values import Filters, ProductList
from shop.wiring import Services
from tests.conftest import DEMO_NOW, count_statements

Search = Callable[..., ProductList]


@pytest.fixture
def search(services: Services) -> Search:
    return lambda words, **asked: services.catalogue.products(Filters(words=words, **asked), now=DEMO_NOW)


def slugs(found: ProductList) -> list[str]:
    return [card.slug for card in found.page.items]


@pytest.mark.parametrize(
    "typed",
    ["bat trang", "Bát Tràng", "BAT TRANG", "  bát\ttràng ", unicodedata.normalize("NFD", "bát tràng")],
    ids=["no marks", "marks", "capitals", "spaces", "NFD"],
)
def test_every_spelling_finds_the_same_in_the_same_order(search: Search, typed: str) -> None:
    found = search(typed)
    assert slugs(found) == slugs(search("bat trang"))
    assert {card.village_name for card in found.page.items} == {"Bát Tràng"}


@pytest.mark.parametrize(("typed", "craft"), [("dong", "duc-dong"), ("lua", "det-lua")])
def test_what_is_written_with_marks_is_found_without(search: Search, typed: str, craft: str) -> None:
    assert craft in {key for key, _, _ in search(typed).crafts}


def test_all_words_are_wanted_and_each_may_be_a_beginning(services: Services, search: Search) -> None:
    with services.database.read() as session:
        names = session.scalars(select(Product.name_folded).where(Product.is_listed)).all()
    name = max(names, key=lambda one: len(one.split()))
    begun = " ".join(word[:3] for word in name.split())
    assert name in [fold(card.name.vi) for card in search(begun).page.items]
    assert search(f"{begun} khongcochunay").page.total == 0


def test_a_name_comes_before_a_village(services: Services, search: Search) -> None:
    whole = search("").page.items[-1]
    assert slugs(search(whole.name.vi))[0] == whole.slug


def test_filters_and_counts_hold_for_what_was_found(search: Search) -> None:
    found = search("bat trang")
    assert sum(number for _, _, number in found.crafts) == found.page.total
    key, _, number = found.crafts[0]
    assert search("bat trang", craft=key).page.total == number


@pytest.mark.parametrize("typed", ["'", '"', "bát' OR 1=1 --", "a:* | b", "NEAR(", "\\", "%", "_", "🏺", "—"])
def test_signs_are_no_commands(search: Search, typed: str) -> None:
    assert search(typed).page.total >= 0


def test_signs_alone_filter_nothing(search: Search) -> None:
    assert search("%_'").page.total == search("").page.total


@pytest.mark.parametrize(("typed", "meant"), [("bta trang", "bat trang"), ("bat trnag", "bat trang")])
def test_one_wrong_letter_is_told_right(search: Search, typed: str, meant: str) -> None:
    found = search(typed)
    assert (found.page.total, found.meant) == (0, meant)
    assert search(meant).page.total > 0


def test_nonsense_means_nothing(search: Search) -> None:
    assert search("qqqqzzzz xxyyww").meant is None


def test_stock_is_counted_and_filtered(search: Search) -> None:
    everything = search("")
    assert 0 < everything.in_stock <= everything.page.total
    assert search("", in_stock=True).page.total == everything.in_stock


@pytest.mark.parametrize(("typed", "cold", "warm"), [("bat trang", 4, 2), ("bta trang", 4, 3), ("", 4, 2)])
def test_what_was_asked_before_is_asked_of_the_database_no_more(
    services: Services, typed: str, cold: int, warm: int
) -> None:
    lists = ProductLists(services.database)
    for most in (cold, warm):
        with count_statements(services.database) as counted:
            lists.page(Filters(words=typed), now=DEMO_NOW)
        assert len(counted) == most


CHANGES = {
    "hidden": {"is_listed": False},
    "sold out": {"stock": 0},
    "another price": {"price": Dong(987_654_321)},
    "another name": {"name_folded": "0"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_that_counts_is_seen_at_once(services: Services, change: dict[str, object]) -> None:
    lists, asked = ProductLists(services.database), Filters(max_price=10**8, in_stock=True, sort="name")
    before = lists.page(asked, now=DEMO_NOW)
    with services.database.write() as session:
        product = session.scalars(select(Product).where(Product.slug == before.page.items[-1].slug)).one()
        kept = {name: getattr(product, name) for name in change}
        for name, value in change.items():
            setattr(product, name, value)
    after = lists.page(asked, now=DEMO_NOW)
    with services.database.write() as session:
        for name, value in kept.items():
            setattr(session.get_one(Product, product.id), name, value)
    assert after.page != before.page
    assert lists.page(asked, now=DEMO_NOW).page == before.page


def test_a_sale_of_one_among_many_counts_nothing_anew(services: Services) -> None:
    lists = ProductLists(services.database)
    before = lists.page(Filters(), now=DEMO_NOW)
    with services.database.write() as session:
        product = session.scalars(select(Product).where(Product.is_listed, Product.stock > 2)).first()
        assert product is not None
        product.stock -= 1
    with count_statements(services.database) as counted:
        after = lists.page(Filters(), now=DEMO_NOW)
    assert (len(counted), after.page.total) == (2, before.page.total)


def test_a_new_name_is_found_and_the_old_one_is_not(services: Services, search: Search) -> None:
    with services.database.write() as session:
        product = session.scalars(select(Product).where(Product.is_listed).order_by(Product.id)).first()
        assert product is not None
        before, slug = product.name_en, product.slug
        product.name_en = "Zanzibar quilt"
        keep_search_words(session, Product.id == product.id)
    assert slugs(search("zanzibar quilt")) == [slug]
    with services.database.write() as session:
        session.get_one(Product, product.id).name_en = before
        keep_search_words(session, Product.id == product.id)
    assert search("zanzibar").page.total == 0


@given(st.text("abđá", max_size=5), st.text("abđá", max_size=5))
@settings(max_examples=200)
def test_one_letter_off_is_mutual_and_never_the_same(one: str, two: str) -> None:
    assert is_one_letter_off(one, two) == is_one_letter_off(two, one)
    assert not is_one_letter_off(one, one)


@pytest.mark.parametrize(
    ("one", "two", "is_off"),
    [("bat", "bta", True), ("bat", "bt", True), ("bat", "bats", True), ("bat", "but", True),
     ("bat", "bat", False), ("bat", "tab", False), ("bat", "b", False), ("abcd", "badc", False)],
)  # fmt: skip
def test_one_letter_off(one: str, two: str, *, is_off: bool) -> None:
    assert is_one_letter_off(one, two) is is_off
