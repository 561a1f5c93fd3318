"""The list of products: what fits the words and filters of a buyer, page by page, and what else would."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, literal, select
from sqlalchemy.orm import Session

from shop.db.catalogue import Product, Village, Workshop
from shop.db.search import CatalogueChange, ProductWords, products_with
from shop.db.session import Database
from shop.folding import is_one_letter_off, words_of
from shop.money import Dong
from shop.services.products.counts import Counts, Group, select_groups
from shop.services.storefront.cards import Rows, product_card, select_products, stars_today
from shop.services.storefront.values import Filters, Page, ProductCard, ProductList
from traceability.clock import day_in_viet_nam

__all__ = ["ProductLists"]

PAGE_SIZE: Final = 24
WORDS_MAX: Final = 8
WORD_MAX_CHARS: Final = 40
KNOWN_PRODUCTS_MAX: Final = 5_000  # whose words are looked through for what a buyer may have meant
SHORTEST_MISSPELT: Final = 3
REMEMBERED: Final = 1_024
BLOCK: Final = 10 * PAGE_SIZE  # ids that are put in order at once, and remembered
# Every change is marked in its own transaction; one that began early may end late, and be seen by now.
REMEMBERED_FOR_S: Final = 60


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a remembered answer is an answer to; the same of another version is asked anew."""

    filters: Filters
    words: tuple[str, ...]
    today: date
    version: int
    period: int


class ProductLists:
    """Lists of products. Counts and orders are kept until something changes that they count."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._groups = lru_cache(REMEMBERED)(self._count)
        self._ids = lru_cache(REMEMBERED)(self._put_in_order)

    def page(self, filters: Filters, *, now: datetime) -> ProductList:
        """Gives one page of the list, and how many products each filter value would leave.

        At most 4 SQL statements, and 2 where the same was asked before.
        """
        words = tuple(word[:WORD_MAX_CHARS] for word in words_of(filters.words)[:WORDS_MAX])
        with self._database.read() as session:
            version = session.scalar(select(func.max(CatalogueChange.id))) or 0
        period = int(now.timestamp()) // REMEMBERED_FOR_S
        asked = _Asked(replace(filters, words="", page=1), words, day_in_viet_nam(now), version, period)
        prices = Filters(min_price=filters.min_price, max_price=filters.max_price)
        counts = Counts(filters, self._groups(replace(asked, filters=prices)))
        total = counts.total()
        pages = max(1, -(-total // PAGE_SIZE))
        number = min(filters.page, pages)
        return ProductList(
            Page(self._cards(asked, number) if total else (), number, pages, total),
            filters,
            villages=counts.villages(),
            crafts=counts.crafts(),
            stars=counts.stars(),
            in_stock=counts.in_stock(),
            meant=self._meant(words) if words and not counts.groups else None,
        )

    def _count(self, asked: _Asked) -> tuple[Group, ...]:
        with self._database.read() as session:
            return select_groups(session, _fitting(session, select(Product.id), asked), asked.today)

    def _put_in_order(self, asked: _Asked, block: int) -> tuple[int, ...]:
        with self._database.read() as session:
            found = _fitting(session, select(Product.id), asked).order_by(*_order(asked))
            return tuple(session.scalars(found.limit(BLOCK).offset(block * BLOCK)))

    def _cards(self, asked: _Asked, number: int) -> tuple[ProductCard, ...]:
        block, first = divmod((number - 1) * PAGE_SIZE, BLOCK)
        ids = self._ids(asked, block)[first : first + PAGE_SIZE]
        with self._database.read() as session:
            rows = session.execute(select_products(asked.today).where(Product.id.in_(ids))).all()
        return tuple(product_card(row) for row in sorted(rows, key=lambda row: ids.index(row.id)))

    def _meant(self, words: Sequence[str]) -> str | None:
        """Gives words that differ by one letter each and find something; None where there are none."""
        newest = select(ProductWords.words).order_by(ProductWords.product_id.desc()).limit(KNOWN_PRODUCTS_MAX)
        with self._database.read() as session:
            known = Counter(word for told in session.scalars(newest) for word in told.split())
            meant = [_nearest(word, known) for word in words]
            found = products_with(session.get_bind().dialect.name, meant)
            listed = select(Product.id).where(Product.is_listed, Product.id.in_(found)).limit(1)
            return " ".join(meant) if session.scalar(listed) is not None else None


def _fitting(session: Session, products: Rows, asked: _Asked) -> Rows:
    """Adds the conditions of words and filters to a select of products."""
    wanted, products = asked.filters, products.where(Product.is_listed)
    if asked.words:
        named = products_with(session.get_bind().dialect.name, asked.words)
        products = products.where(Product.id.in_(named))
    if wanted.village is not None:
        places = select(Workshop.id).join(Village, Village.id == Workshop.village_id)
        products = products.where(Product.workshop_id.in_(places.where(Village.slug == wanted.village)))
    if wanted.craft is not None:
        products = products.where(Product.craft == wanted.craft)
    if wanted.stars is not None:
        valid = stars_today(asked.today)
        starred = select(valid.c.product_id).where(valid.c.stars == wanted.stars)
        products = products.where(Product.id.in_(starred))
    if wanted.min_price is not None:
        products = products.where(Product.price >= Dong(wanted.min_price))
    if wanted.max_price is not None:
        products = products.where(Product.price <= Dong(wanted.max_price))
    return products.where(Product.stock > 0) if wanted.in_stock else products


def _order(asked: _Asked) -> tuple[ColumnElement[Any], ...]:
    match asked.filters.sort:
        case "price":
            return Product.price.asc(), Product.id.asc()
        case "-price":
            return Product.price.desc(), Product.id.asc()
        case "name":
            return Product.name_folded.asc(), Product.id.asc()
        case "" if asked.words:
            return _distance(asked.words), Product.listed_at.desc(), Product.id.asc()
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


def _nearest(word: str, known: Counter[str]) -> str:
    """Gives the word that is known best among those one letter off; the word itself where it begins one."""
    if len(word) < SHORTEST_MISSPELT or any(one.startswith(word) for one in known):
        return word
    near = [one for one in known if is_one_letter_off(word, one)]
    return min(near, key=lambda one: (-known[one], one), default=word)
