"""Steps of lots as tables: checked row by row, and taken in as drafts, which the artisan signs one by one."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.csv_tables import Column, Row, read_table, write_table
from shop.db.catalogue import Product
from shop.db.desk import Draft
from shop.db.lots import Lot
from shop.db.session import Database
from shop.errors import BadInput
from shop.services.access.actors import Actor
from shop.services.access.audit_trail import note
from shop.services.keys.makers import Maker, find_maker
from shop.services.lots.beginnings import passport_fields, template_fields
from shop.services.lots.cells import read_date, read_moment
from shop.services.lots.drafted import LOT_DRAFT
from shop.services.lots.earlier import newest_lot, read_lot
from shop.services.lots.fields import rows as field_rows
from shop.services.lots.forms import make_form
from shop.services.lots.products import LotProduct, find_product
from shop.services.lots.row_fields import LotRows, read_lot_rows
from shop.services.lots.step_columns import STEP_COLUMNS, CheckedSteps, LeftRow, PlannedLot, Why
from shop.services.lots.tables import step_rows
from shop.services.products.columns import RowMistake
from shop.services.typed.drafts import begin_draft
from shop.services.typed.waiting_tables import forget_tables, keep_table, take_table
from traceability.clock import day_in_viet_nam

__all__ = ["NEW_LOTS_MAX", "StepTables"]

NEW_LOTS_MAX: Final = 50
TOKEN_BYTES: Final = 18
# What a draft asks for by itself before it is signed; anything else is wrong in the table.
_OPEN: Final = frozenset({"EMPTY", "PERCENT", "NOTHING"})
_OPTIONAL: Final = tuple(Column(one.key, one.vi, one.en, is_required=False) for one in STEP_COLUMNS)
_OF_PRODUCT: Final = frozenset({"product", "code", "lot"})

_Key = tuple[int, str]  # a product's id and a lot's number
_Named = tuple[Product, str, frozenset[str | None]]  # with its name as compared, and its codes


@dataclass(frozen=True, slots=True)
class _NewLot:
    product: LotProduct
    rows: tuple[Row, ...]
    made: LotRows
    told: PlannedLot


@dataclass(frozen=True, slots=True)
class _Plan:
    """What taking a table in would do."""

    lots: tuple[_NewLot, ...]
    left: tuple[LeftRow, ...]
    mistakes: tuple[RowMistake, ...]


class StepTables:
    """Makes drafts of the artisan's own lots from tables; what was signed is never touched."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def check(self, actor: Actor, data: bytes, *, now: datetime) -> CheckedSteps:
        """Reads a table and says of each row what is wrong with it, or what it would do.

        Rows of one product and lot are one lot. Those of a lot that was signed, or of which a draft is open,
        are left alone; of any other lot a draft is made.

        Raises:
            BadInput: TABLE_TOO_LARGE, NOT_A_TABLE, MISSING_COLUMN or DOUBLE_COLUMN; TOO_MANY_DRAFTS,
                DRAFT_TOO_LARGE.
            NotFound: NO_WORKSHOP.
        """
        table = read_table(data, STEP_COLUMNS)
        every = read_table(data, _OPTIONAL).rows
        found = [RowMistake(one.line, one.key, one.code) for one in table.mistakes]
        with self._database.read() as session:
            plan = _Planner(session, find_maker(session, actor), now).plan(every, found)
        with self._database.write() as session:
            with session.begin_nested() as attempt:  # it is done for real, and undone
                _store(session, actor, plan.lots, now)
                attempt.rollback()
            forget_tables(session, actor)
            token = None
            if plan.lots and not plan.mistakes:
                kept = write_table(STEP_COLUMNS, [row.cells for lot in plan.lots for row in lot.rows])
                token = keep_table(session, actor, "steps", kept, now=now)
        return CheckedSteps(
            tuple(lot.told for lot in plan.lots), plan.left, plan.mistakes, table.ignored, token
        )

    def take(self, actor: Actor, token: str, *, now: datetime) -> int:
        """Makes the drafts of a checked table, all of them or none, and gives how many they are.

        Raises:
            BadInput: TABLE_CHANGED, where a lot was signed or begun meanwhile or a row cannot be taken any
                more; TOO_MANY_DRAFTS; nothing was changed.
            NotFound: NO_TABLE, also when it was taken in already; NO_WORKSHOP.
        """
        with self._database.write() as session:
            maker = find_maker(session, actor)
            table = read_table(take_table(session, actor, "steps", token), _OPTIONAL)
            plan = _Planner(session, maker, now).plan(table.rows, [])
            if plan.mistakes or plan.left:
                raise BadInput("TABLE_CHANGED", "a row of the table cannot be taken in any more")
            _store(session, actor, plan.lots, now)
            note(session, actor, "lots import", "lots", at=now, lots=len(plan.lots))
            return len(plan.lots)


class _Planner:
    """Tells apart what is here already, what is wrong, and what would become drafts."""

    def __init__(self, session: Session, maker: Maker, now: datetime) -> None:
        self._session, self._maker, self._now = session, maker, now
        own = select(Product).where(Product.workshop_id == maker.id).order_by(Product.id)
        rows = session.scalars(own).all()
        self._products = {row.id: row for row in rows}
        self._named = [(row, _folded(row.name_vi), _codes(row)) for row in rows]
        # What is the same for all new lots of a product: reading it costs more than all the rest.
        self._given: dict[int, tuple[LotProduct, dict[str, str]]] = {}
        lots = session.scalars(select(Lot).join(Product).where(Product.workshop_id == maker.id))
        self._signed: dict[_Key, Lot] = {(lot.product_id, lot.number): lot for lot in lots}
        self._drafted = set(_drafted(session, maker, rows))

    def plan(self, rows: Sequence[Row], mistakes: Sequence[RowMistake]) -> _Plan:
        """Gives what the rows would do.

        Args:
            rows: of the whole table, also those in which a cell is empty that must not be.
            mistakes: of cells by themselves, found while the table was read.
        """
        groups, unknown, loose = self._groups(rows)
        wrong, bad = [*mistakes, *unknown], {one.line for one in mistakes}
        if bad - {row.line for row in rows}:  # a row that could not be read may be any lot's
            loose.append((None, ""))
        lots: list[_NewLot] = []
        left: list[LeftRow] = []
        known = {key: group for key, group in groups.items() if key in self._signed or key in self._drafted}
        for key, group in known.items():
            left += self._left(key, self._products[key[0]], group)
        settled = {row.line for group in known.values() for row in group}
        wrong = [one for one in wrong if one.line not in settled]
        fresh = [(key, group) for key, group in groups.items() if key not in known]
        for key, group in fresh[:NEW_LOTS_MAX]:
            product = self._products[key[0]]
            good = [row for row in group if row.line not in bad]
            is_whole = len(good) == len(group) and not any(_may_be(one, key) for one in loose)
            new, found = self._new(product, key[1], good, is_whole=is_whole)
            wrong += found
            lots += [new] if new is not None else []
        # What is beyond the limit is told once and not looked at: a table may name a lot in each of its rows.
        wrong += [RowMistake(one[0].line, "lot", "TOO_MANY_LOTS") for _, one in fresh[NEW_LOTS_MAX:][:1]]
        left.sort(key=lambda row: row.line)
        wrong.sort(key=lambda one: one.line)
        return _Plan(tuple(lots), tuple(left), tuple(wrong))

    def _groups(
        self, rows: Sequence[Row]
    ) -> tuple[dict[_Key, list[Row]], list[RowMistake], list[tuple[int | None, str]]]:
        """Gives the rows by product and lot, what is wrong with the others, and what is known of these.

        Of a row that belongs to no lot yet that is its product's id, None for an unknown product, and its
        lot's number, empty for none.
        """
        found: dict[_Key, list[Row]] = {}
        mistakes, loose = [], []
        for row in rows:
            product, wrong = _match(row.cells, self._named)
            number = " ".join(row.cells["lot"].split()).upper()
            if product is None:
                mistakes.append(RowMistake(row.line, *wrong))
            if product is None or not number:
                loose.append((product.id if product is not None else None, number))
            else:
                found.setdefault((product.id, number), []).append(row)
        return found, mistakes, loose

    def _left(self, key: _Key, product: Product, rows: Sequence[Row]) -> Iterator[LeftRow]:
        lot = self._signed.get(key)
        signed = {_compared(row) for row in step_rows(self._session, lot, product)} if lot else set()
        for row in rows:
            why: Why = "drafted" if lot is None else "signed" if _compared(row.cells) in signed else "changed"
            yield LeftRow(row.line, product.name_vi, key[1], row.cells["name"], why)

    def _new(
        self, row: Product, number: str, rows: Sequence[Row], *, is_whole: bool
    ) -> tuple[_NewLot | None, list[RowMistake]]:
        """Gives the lot that rows make, and what is wrong with them; its own form judges the fields."""
        product, kinds = self._of_product(row)
        made, found = read_lot_rows(rows, product, number, kinds=kinds, is_whole=is_whole)
        if made is None:
            return None, list(found)
        form = make_form(made.fields, product, self._maker, now=self._now)
        wrong = [(made.place(one.field), one.code) for one in form.mistakes if one.code not in _OPEN]
        mistakes = [*found, *(RowMistake(*place, code) for place, code in wrong)]
        if mistakes:
            return None, list(dict.fromkeys(mistakes))
        told = PlannedLot(
            made.lines,
            product.name_vi,
            number,
            made.fields["units"],
            made.since.date(),
            made.until.date(),
            sum(one.code in _OPEN for one in form.mistakes),
        )
        return _NewLot(product, tuple(rows), made, told), []

    def _of_product(self, row: Product) -> tuple[LotProduct, dict[str, str]]:
        """Gives a product as lots need it, and the classes of its materials; read once for all its lots."""
        if row.id not in self._given:
            product = find_product(self._session, self._maker, row.slug)
            self._given[row.id] = product, self._kinds(product)
        return self._given[row.id]

    def _kinds(self, product: LotProduct) -> dict[str, str]:
        """Gives the class of each material that the lot before names, or the product's page or craft."""
        day = day_in_viet_nam(self._now)
        last = newest_lot(self._session, product.id)
        fields = template_fields(product, made_on=day, now=self._now)
        known = field_rows(fields, "material").values()
        found = {row["name"]: row["kind"] for row in known}
        if last is not None:
            earlier = passport_fields(read_lot(self._session, last.record_id))
            found |= {row["name"]: row["kind"] for row in field_rows(earlier, "material").values()}
        return found


def _store(session: Session, actor: Actor, lots: Sequence[_NewLot], now: datetime) -> None:
    """Begins a draft of each lot, as the desk begins one."""
    for lot in lots:
        fields = lot.made.fields | ({"addStock": "1"} if lot.product.stock == 0 else {})
        document = {"product": lot.product.slug, "copied": None, "fields": fields, "media": {}}
        begin_draft(session, actor, LOT_DRAFT, document, token=secrets.token_urlsafe(TOKEN_BYTES), now=now)


def _drafted(session: Session, maker: Maker, products: Sequence[Product]) -> Iterator[_Key]:
    """Gives the lots of which a draft is open."""
    ids = {product.slug: product.id for product in products}
    wanted = select(Draft.document).where(
        Draft.workshop_id == maker.id, Draft.kind == LOT_DRAFT, Draft.became.is_(None)
    )
    for document in map(json.loads, session.scalars(wanted)):
        if document["product"] in ids:
            yield ids[document["product"]], document["fields"].get("lot", "").upper()


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _codes(product: Product) -> frozenset[str | None]:
    return frozenset({product.code, product.gtin, (product.gtin or "").lstrip("0")})


def _match(cells: Mapping[str, str], products: Sequence[_Named]) -> tuple[Product | None, tuple[str, str]]:
    """Gives the product that a row names by code or by name, or the column and code of what is wrong."""
    name, code = _folded(cells["product"]), "".join(cells["code"].split()).upper()
    if not name and not code:
        return None, ("product", "EMPTY_CELL")
    by_code = [one for one, _, codes in products if code and code in codes]
    if code and not by_code:
        return None, ("code", "NO_PRODUCT")
    by_name = [one for one, known, _ in products if known == name]
    if name and not by_name:
        return None, ("product", "NO_PRODUCT")
    found = [one for one in by_code or by_name if not name or one in by_name]
    if len(found) == 1:
        return found[0], ("", "")
    return None, ("code", "SEVERAL_PRODUCTS" if found else "OTHER_PRODUCT")


def _may_be(loose: tuple[int | None, str], key: _Key) -> bool:
    return loose[0] in (None, key[0]) and loose[1] in ("", key[1])


def _compared(cells: Mapping[str, str]) -> tuple[str, ...]:
    """Gives a row so that it equals what was exported, however a spreadsheet writes days and spaces."""
    found = []
    for key in (one.key for one in STEP_COLUMNS if one.key not in _OF_PRODUCT):
        text = " ".join(cells[key].split())
        moment = read_moment(text) if key == "time" else read_date(text) if key.endswith("_on") else None
        found.append(moment.isoformat() if moment is not None else text)
    return tuple(found)
