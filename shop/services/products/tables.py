"""Products as tables: written for spreadsheets, checked row by row, and taken in whole or not at all."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.csv_tables import Mistake, Row, read_table, write_table
from shop.db.catalogue import Product
from shop.db.session import Database
from shop.errors import BadFields, BadInput
from shop.services.access.actors import Actor
from shop.services.access.audit_trail import note
from shop.services.products.columns import COLUMNS, CheckedTable, Deed, PlannedRow, RowMistake
from shop.services.products.fields import ProductFields, read_product, write_product
from shop.services.products.own import demand_workshop
from shop.services.products.rows import NewProduct, show_or_hide, store_changed, store_new, taken_is_busy
from shop.services.typed.waiting_tables import forget_tables, keep_table, take_table

__all__ = ["ProductTables"]

PRODUCTS_MAX: Final = 500  # rows of one table: each is stored twice, once to see whether it can be


@dataclass(frozen=True, slots=True)
class _Plan:
    row: Row
    fields: ProductFields
    product: Product | None
    is_shown: bool | None  # None where the cell is empty

    def deed(self) -> Deed:
        if self.product is None:
            return "make"
        return "keep" if _cells(self.product) == self._cells() else "change"

    def _cells(self) -> dict[str, str]:
        """Gives what the product's row would be after this one was taken in."""
        product = self.product
        assert product is not None  # noqa: S101  # asked of those alone that are here
        document = {**json.loads(product.document), **self.fields.texts()}
        shown = _wants_listing(product) if self.is_shown is None else self.is_shown
        after = Product(
            slug=product.slug,
            name_vi=self.fields.name.vi,
            name_en=self.fields.name.en,
            craft=self.fields.craft,
            price=self.fields.price,
            stock=self.fields.stock,
            gtin=self.fields.gtin,
            code=self.fields.code or (None if self.fields.gtin else product.code),
            is_listed=product.is_listed,
            document=json.dumps({**document, "wantsListing": shown}),
        )
        return _cells(after)


class ProductTables:
    """A workshop's products as CSV."""

    def __init__(self, database: Database, *, host: str) -> None:
        self._database, self._host = database, host

    def export(self, actor: Actor) -> tuple[dict[str, str], ...]:
        """Gives all products of the workshop as rows of `COLUMNS`, which taken in again change nothing.

        Raises:
            NotFound: NO_WORKSHOP.
        """
        with self._database.read() as session:
            return tuple(map(_cells, _own(session, actor)))

    def check(self, actor: Actor, data: bytes, *, now: datetime) -> CheckedTable:
        """Reads a table and says of each row what is wrong with it, or what it would do.

        A row is a product's by its address name, else by its GTIN or code, else by its name; of any other
        row a product is made.

        Raises:
            BadInput: TABLE_TOO_LARGE, NOT_A_TABLE, MISSING_COLUMN or DOUBLE_COLUMN.
            NotFound: NO_WORKSHOP.
        """
        table = read_table(data, COLUMNS)
        if len(table.rows) > PRODUCTS_MAX:
            raise BadInput("TABLE_TOO_LARGE", f"got {len(table.rows)} rows, at most {PRODUCTS_MAX} expected")
        demand_workshop(actor)
        with self._database.write() as session, taken_is_busy():
            plans, mistakes = _plan(table.rows, _own(session, actor))
            rows = tuple(PlannedRow(plan.row.line, plan.fields.name.vi, plan.deed()) for plan in plans)
            mistakes += self._try(session, actor, plans, now)
            found = sorted([*map(_told, table.mistakes), *mistakes], key=lambda one: one.line)
            forget_tables(session, actor)
            token = None
            if not found and any(row.deed != "keep" for row in rows):
                kept = write_table(COLUMNS, [row.cells for row in table.rows])
                token = keep_table(session, actor, "products", kept, now=now)
        return CheckedTable(rows, tuple(found), table.ignored, token)

    def take(self, actor: Actor, token: str, *, now: datetime) -> int:
        """Takes a checked table in, all of it or nothing, and gives how many products it made or changed.

        Raises:
            BadInput: TABLE_CHANGED, when a row cannot be taken any more; nothing was changed.
            NotFound: NO_TABLE, also when it was taken in already; NO_WORKSHOP.
            StorageBusy: nothing was changed.
        """
        demand_workshop(actor)
        with self._database.write() as session, taken_is_busy():
            table = read_table(take_table(session, actor, "products", token), COLUMNS)
            plans, mistakes = _plan(table.rows, _own(session, actor, to_change=True))
            wanted = sum(plan.deed() != "keep" for plan in plans)
            mistakes += self._store(session, actor, plans, now)
            if mistakes:
                raise BadInput("TABLE_CHANGED", f"line {mistakes[0].line}: {mistakes[0].code}")
            note(session, actor, "products import", "products", at=now, rows=wanted)
            return wanted

    def _try(self, session: Session, actor: Actor, plans: Sequence[_Plan], now: datetime) -> list[RowMistake]:
        """Gives what taking the rows in would refuse; it is done for real, and undone."""
        with session.begin_nested() as attempt:
            mistakes = self._store(session, actor, plans, now)
            attempt.rollback()
        return mistakes

    def _store(
        self, session: Session, actor: Actor, plans: Sequence[_Plan], now: datetime
    ) -> list[RowMistake]:
        """Stores what differs, and gives what is refused; of a row that is refused nothing is stored."""
        mistakes = []
        for plan in plans:
            if plan.deed() == "keep":
                continue
            try:
                product = self._store_fields(session, actor, plan, now)
            except BadFields as error:
                mistakes += [RowMistake(plan.row.line, *pair) for pair in error.mistakes.items()]
                continue
            if plan.is_shown is not None:
                show_or_hide(session, product, is_wanted=plan.is_shown)
        return mistakes

    def _store_fields(self, session: Session, actor: Actor, plan: _Plan, now: datetime) -> Product:
        if plan.product is None:
            return store_new(session, plan.fields, NewProduct(actor, self._host, now))
        store_changed(session, plan.product, plan.fields)
        note(session, actor, "product change", f"product:{plan.product.slug}", at=now)
        return plan.product


def _plan(rows: Sequence[Row], products: Sequence[Product]) -> tuple[list[_Plan], list[RowMistake]]:
    plans: list[_Plan] = []
    mistakes: list[RowMistake] = []
    seen: set[object] = set()
    for row in rows:
        try:
            plan = _planned(row, products)
            key = plan.product.id if plan.product is not None else plan.fields.name.vi
            codes = {code for code in (key, plan.fields.gtin, plan.fields.code) if code is not None}
            if codes & seen:
                raise BadFields({"": "DOUBLE_ROW"})
            seen |= codes
            plans.append(plan)
        except BadFields as error:
            mistakes += [RowMistake(row.line, name or None, code) for name, code in error.mistakes.items()]
    return plans, mistakes


def _planned(row: Row, products: Sequence[Product]) -> _Plan:
    cells = dict(row.cells)
    is_shown = _shown(cells.pop("listed"))
    cells["gs1"] = "yes"  # whoever keeps a table of GTINs has them from GS1; the form asks
    fields = read_product({**cells, "stock": cells["stock"] or "0"} if not cells["one_off"] else cells)
    return _Plan(row, fields, _match(cells["slug"].strip(), fields, products), is_shown)


def _match(slug: str, fields: ProductFields, products: Sequence[Product]) -> Product | None:
    if slug:
        found = next((one for one in products if one.slug == slug), None)
        if found is None:
            raise BadFields({"slug": "NO_PRODUCT"})
        return found
    for one in products:
        if (fields.gtin and one.gtin == fields.gtin) or (fields.code and one.code == fields.code):
            return one
    if fields.gtin or fields.code:
        return None
    return next((one for one in products if one.name_vi == fields.name.vi), None)


def _shown(text: str) -> bool | None:
    value = text.strip().casefold()
    if value not in {"", *_WORDS}:
        raise BadFields({"listed": "UNKNOWN_CHOICE"})
    return _WORDS.get(value)


_WORDS: Final = {"yes": True, "có": True, "co": True, "no": False, "không": False, "khong": False}


def _cells(product: Product) -> dict[str, str]:
    texts = write_product(product)
    return {
        **{column.key: texts.get(column.key, "") for column in COLUMNS},
        "slug": product.slug,
        "listed": "yes" if _wants_listing(product) else "no",
    }


def _wants_listing(product: Product) -> bool:
    return bool(json.loads(product.document).get("wantsListing", product.is_listed))


def _own(session: Session, actor: Actor, *, to_change: bool = False) -> Sequence[Product]:
    wanted = select(Product).where(Product.workshop_id == demand_workshop(actor)).order_by(Product.id)
    return session.scalars(wanted.with_for_update() if to_change else wanted).all()


def _told(mistake: Mistake) -> RowMistake:
    return RowMistake(mistake.line, mistake.key, mistake.code)
