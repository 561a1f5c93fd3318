"""The list of products: what fits the words and filters of a buyer, page by page, and what else would."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, case, func, literal, select
from sqlalchemy.orm import Session

from shop.db.catalogue import Craft, Product, Village, Workshop
from shop.db.search import ProductWords, products_with
from shop.folding import is_one_letter_off, words_of
from shop.money import Dong
from shop.services.cards import Rows, product_cards, select_products, stars_today
from shop.services.values import Filters, Page, ProductList, Text
from traceability.clock import day_in_viet_nam

__all__ = ["product_list"]

PAGE_SIZE: Final = 24
WORDS_MAX: Final = 8
WORD_MAX_CHARS: Final = 40
KNOWN_PRODUCTS_MAX: Final = 5_000  # whose words are looked through for what a buyer may have meant
SHORTEST_MISSPELT: Final = 3


def product_list(session: Session, filters: Filters, *, now: datetime) -> ProductList:
    """Gives one page of the list, and how many products each filter value would leave; 4 statements at most.

    Args:
        session: that reads.
        filters: as a buyer set them.
        now: says which stars are valid.
    """
    words = _search_words(filters.words)
    counts = _Counts(filters, session.execute(_counted(session, filters, words, now)).all())
    total = counts.total()
    pages = max(1, -(-total // PAGE_SIZE))
    number = min(filters.page, pages)
    wanted = _filtered(select_products(day_in_viet_nam(now)), session, filters, words)
    shown = _chosen(wanted, filters, now).order_by(*_order(filters.sort, words))
    cards = product_cards(session, shown.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)) if total else ()
    return ProductList(
        Page(cards, number, pages, total),
        filters,
        villages=counts.villages(),
        crafts=counts.crafts(),
        stars=counts.stars(),
        in_stock=counts.in_stock(),
        meant=_meant(session, words) if words and not counts.rows else None,
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    """How many products there are of each village, craft, number of stars, in stock or not.

    Each filter's values are counted under all the others, so that a buyer sees what changing it would give.
    """

    filters: Filters
    rows: Sequence[Row[Any]]

    def total(self) -> int:
        return sum(row.number for row in self._fitting())

    def villages(self) -> tuple[tuple[str, str, int], ...]:
        found = Counter[tuple[str, str, str]]()
        for row in self._fitting(without="village"):
            found[row.village_folded, row.village, row.village_name] += row.number
        return tuple((slug, name, number) for (_, slug, name), number in sorted(found.items()))

    def crafts(self) -> tuple[tuple[str, Text, int], ...]:
        found = Counter[tuple[str, str, str]]()
        for row in self._fitting(without="craft"):
            found[row.craft, row.craft_vi, row.craft_en] += row.number
        return tuple((key, Text(vi, en), number) for (key, vi, en), number in sorted(found.items()))

    def stars(self) -> tuple[tuple[int, int], ...]:
        found = Counter[int]()
        for row in self._fitting(without="stars"):
            found[row.stars or 0] += row.number
        return tuple((stars, number) for stars, number in sorted(found.items(), reverse=True) if stars)

    def in_stock(self) -> int:
        return sum(row.number for row in self._fitting(without="in_stock") if row.in_stock)

    def _fitting(self, without: str = "") -> list[Row[Any]]:
        asked = {
            "village": self.filters.village,
            "craft": self.filters.craft,
            "stars": self.filters.stars,
            "in_stock": self.filters.in_stock or None,
        }
        wanted = {name: value for name, value in asked.items() if value is not None and name != without}
        return [row for row in self.rows if all(getattr(row, name) == wanted[name] for name in wanted)]


def _counted(session: Session, filters: Filters, words: Sequence[str], now: datetime) -> Rows:
    """Gives the select that counts what fits the words and the price, in groups that filters pick from."""
    valid, in_stock = stars_today(day_in_viet_nam(now)), (Product.stock > 0).label("in_stock")
    groups = (
        Village.slug.label("village"),
        Village.name.label("village_name"),
        Village.name_folded.label("village_folded"),
        Craft.key.label("craft"),
        Craft.name_vi.label("craft_vi"),
        Craft.name_en.label("craft_en"),
        valid.c.stars,
        in_stock,
    )
    counted = (
        select(*groups, func.count().label("number"))
        .select_from(Product)
        .join(Workshop, Workshop.id == Product.workshop_id)
        .join(Village, Village.id == Workshop.village_id)
        .join(Craft, Craft.key == Product.craft)
        .outerjoin(valid, valid.c.product_id == Product.id)
        .where(Product.is_listed)
        .group_by(*groups)
    )
    return _filtered(counted, session, filters, words)


def _filtered(statement: Rows, session: Session, filters: Filters, words: Sequence[str]) -> Rows:
    """Adds the conditions that are counted in no groups: words and prices."""
    if words:
        statement = statement.where(Product.id.in_(products_with(session.get_bind().dialect.name, words)))
    if filters.min_price is not None:
        statement = statement.where(Product.price >= Dong(filters.min_price))
    if filters.max_price is not None:
        statement = statement.where(Product.price <= Dong(filters.max_price))
    return statement


def _chosen(statement: Rows, filters: Filters, now: datetime) -> Rows:
    """Adds the conditions that have groups."""
    if filters.village is not None:
        statement = statement.where(Village.slug == filters.village)
    if filters.craft is not None:
        statement = statement.where(Product.craft == filters.craft)
    if filters.stars is not None:
        valid = stars_today(day_in_viet_nam(now))
        starred = select(valid.c.product_id).where(valid.c.stars == filters.stars)
        statement = statement.where(Product.id.in_(starred))
    return statement.where(Product.stock > 0) if filters.in_stock else statement


def _order(sort: str, words: Sequence[str]) -> tuple[ColumnElement[Any], ...]:
    match sort:
        case "price":
            return Product.price.asc(), Product.id.asc()
        case "-price":
            return Product.price.desc(), Product.id.asc()
        case "name":
            return Product.name_folded.asc(), Product.id.asc()
        case "" if words:
            return _distance(words), Product.listed_at.desc(), Product.id.asc()
        case _:
            return Product.listed_at.desc(), Product.id.asc()


def _distance(words: Sequence[str]) -> ColumnElement[int]:
    """Gives how far a product is from what was searched for: its name itself, or only its village.

    Neither database's own ranking is asked: they would disagree, and nobody could say why one thing is first.
    """
    whole, name = " ".join(words), literal(" ") + Product.name_folded
    return case(
        (Product.name_folded == whole, 0),
        (Product.name_folded.startswith(whole, autoescape=True), 1),
        (name.contains(f" {whole}", autoescape=True), 2),
        (and_(*(name.contains(f" {word}", autoescape=True) for word in words)), 3),
        else_=4,
    )


def _search_words(typed: str) -> tuple[str, ...]:
    return tuple(word[:WORD_MAX_CHARS] for word in words_of(typed)[:WORDS_MAX])


def _meant(session: Session, words: Sequence[str]) -> str | None:
    """Gives words that differ by one letter each and find something; None where there are none."""
    newest = select(ProductWords.words).order_by(ProductWords.product_id.desc()).limit(KNOWN_PRODUCTS_MAX)
    known = Counter(word for told in session.scalars(newest) for word in told.split())
    meant = [_nearest(word, known) for word in words]
    found = products_with(session.get_bind().dialect.name, meant)
    listed = select(Product.id).where(Product.is_listed, Product.id.in_(found)).limit(1)
    return " ".join(meant) if session.scalar(listed) is not None else None


def _nearest(word: str, known: Counter[str]) -> str:
    """Gives the word that is known best among those one letter off; the word itself where it begins one."""
    if len(word) < SHORTEST_MISSPELT or any(one.startswith(word) for one in known):
        return word
    near = [one for one in known if is_one_letter_off(word, one)]
    return min(near, key=lambda one: (-known[one], one), default=word)
