"""`fsck` over the rows that decide whose name stands beside a green band, and what may not be missing."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, select

from shop.audit.instance import audit_instance
from shop.db.base import Base
from shop.db.session import Database
from shop.services.signed.rows import store_records
from tests.simulators.stored import store_head, store_village
from tests.simulators.tampering import disarm, edit
from tests.simulators.village import Village, url
from traceability.ledger.note import Note
from traceability.records.notice import Notice
from traceability.records.passport import LotPassport

LINKS = ("workshop", "event", "certificate")

EDITS = {
    "workshop of a product": ("UPDATE products SET workshop_id = 2", "lot L1"),
    "workshop of a certified product": ("UPDATE products SET workshop_id = 2", "certificate certificate"),
    "village of a workshop": ("UPDATE workshops SET village_id = 2 WHERE id = 1", "workshop xuong-mau"),
    "name of a workshop": ("UPDATE workshops SET name_vi = 'Giả' WHERE id = 1", "workshop xuong-mau"),
    "form of a workshop": ("UPDATE workshops SET legal_form = 'enterprise'", "workshop xuong-mau"),
    "site of a workshop": ("UPDATE workshops SET place_vi = 'Giả' WHERE id = 1", "workshop xuong-mau"),
    "name of a village": ("UPDATE villages SET name = 'Giả' WHERE id = 1", "village lang-mau"),
    "commune of a village": ("UPDATE villages SET commune_code = '00001'", "village lang-mau"),
    "record of a village": ("UPDATE villages SET record_id = NULL", "record village"),
    "village": ("DELETE FROM villages WHERE id = 1", "record village"),
    "workshop": ("DELETE FROM workshops WHERE id = 1", "record workshop"),
    "product": ("DELETE FROM products", "lot L1"),
    "lot": ("DELETE FROM lots", "record passport"),
    "certificates": ("DELETE FROM certificates", "record certificate"),
}


@pytest.fixture
def village(database: Database) -> Village:
    """A whole village in the database, on each engine in turn."""
    return store_village(database)


def named(database: Database, village: Village, **options: Any) -> set[str]:
    """Where faults are found, but for those of the tables' own form, which `disarm` has changed."""
    faults = audit_instance(database, roots=village.roots, **options).faults
    return {fault.where for fault in faults if not fault.where.startswith("schema ")}


def copy_row(database: Database, name: str, **changes: Any) -> None:
    table = Base.metadata.tables[name]
    with database.engine.begin() as connection:
        row = connection.execute(select(table)).mappings().one()
        connection.execute(insert(table), {**row, **changes})


@pytest.mark.parametrize(("statement", "where"), EDITS.values(), ids=EDITS.keys())
def test_a_row_that_says_something_else_than_was_signed_is_named(
    database: Database, village: Village, statement: str, where: str
) -> None:
    copy_row(database, "villages", id=2, slug="lang-hai", record_id=None)
    copy_row(database, "workshops", id=2, slug="xuong-hai")
    before = named(database, village)
    disarm(database)
    edit(database, statement)
    assert where in named(database, village) - before


@pytest.fixture
def corrected(database: Database, village: Village) -> Village:
    """The village after its passport was corrected, and the lot's row leads to the newer one."""
    first = village.records["passport"].record
    assert isinstance(first, LotPassport)
    second = replace(first, envelope=village.envelope(LotPassport, "passport-2", "workshop", LINKS))
    newer = village.issue("passport-2", second, "workshop#record", LINKS)
    said = village.notify("passport", "correction", "workshop")
    with database.write() as session:
        store_records(session, [newer, said])
    edit(database, "UPDATE lots SET record_id = ?, sample_label = NULL", "passport-2")
    store_head(database, village)
    return village


def test_the_newest_passport_of_a_corrected_lot_is_whole(database: Database, corrected: Village) -> None:
    assert named(database, corrected) == set()


def test_a_lot_that_was_put_back_to_its_earlier_passport_is_named(
    database: Database, corrected: Village
) -> None:
    edit(database, "UPDATE lots SET record_id = ?", "passport")
    assert named(database, corrected) == {"lot L1", "record passport-2"}


def test_a_correction_of_the_newer_by_the_earlier_changes_nothing(
    database: Database, corrected: Village
) -> None:
    """Or a workshop could have a whole instance called damaged, and its backups refused."""
    links = ("passport-2", "passport")
    back = corrected.records["correction-workshop"].record
    assert isinstance(back, Notice)
    envelope = corrected.envelope(Notice, "back", "workshop", links)
    back = replace(back, envelope=envelope, about=url("passport-2"), supersedes=url("passport"))
    with database.write() as session:
        store_records(session, [corrected.issue("back", back, "workshop#record", links)])
    store_head(database, corrected)
    assert named(database, corrected) == set()


def published(database: Database, village: Village) -> Note:
    """A new head with its cosignatures, as it was published."""
    with database.read() as session:
        leaves = list(session.scalars(select(Base.metadata.tables["log_entries"].c.leaf)))
    return village.head(leaves)


@pytest.mark.parametrize(
    "statements",
    [
        ["DELETE FROM log_cosignatures"],
        ["DELETE FROM log_cosignatures", "DELETE FROM log_checkpoints"],
    ],
    ids=["cosignatures", "heads"],
)
def test_a_head_that_was_published_must_be_stored_with_its_lines(
    database: Database, village: Village, statements: list[str]
) -> None:
    kept = [("the published head", published(database, village))]
    assert named(database, village, kept=kept) == set()
    disarm(database)
    for statement in statements:
        edit(database, statement)
    assert named(database, village, kept=kept) == {"the published head"}
