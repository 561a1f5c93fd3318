"""`fsck`'s checks: whole instances are called whole, and every damaged row is named."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Date

from shop.audit.instance import Report, audit_instance
from shop.audit.rows import read_rows
from shop.db.base import Base
from shop.db.session import Database, open_database
from shop.errors import ShopError
from shop.services.signed.rows import store_records
from tests.simulators.forgery import notice
from tests.simulators.stored import store_head, store_village
from tests.simulators.tampering import disarm, edit
from tests.simulators.village import Village
from traceability.errors import Reason
from traceability.ledger.audit import Fault
from traceability.ledger.checkpoint import Checkpoint

# What nothing signed says: texts of the shop, its own row numbers, and when this machine's clock saw a head.
UNSIGNED = {
    ("records", "translation"),
    ("log_checkpoints", "signed_at"),
    ("log_cosignatures", "received_at"),
    ("lots", "id"),
}
AUDITED = (
    "records",
    "record_links",
    "log_entries",
    "log_tiles",
    "log_checkpoints",
    "log_cosignatures",
    "trust_lists",
    "lots",
    "certificates",
)
EDITS = 200


@pytest.fixture
def village(database: Database) -> Village:
    """A whole village in the database, on each engine in turn."""
    return store_village(database)


def audit(database: Database, village: Village, *outside: tuple[str, Checkpoint]) -> Report:
    return audit_instance(database, roots=village.roots, outside=outside)


# --- Editing a database past all that guards it ----------------------------------------------------------


@contextmanager
def edited(database: Database, statement: str, *values: Any) -> Iterator[None]:
    """Runs one statement that nothing refuses any more."""
    edit(database, statement, *values)
    yield


def where_of(database: Database, table: str, row: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
    keys = [column.name for column in Base.metadata.tables[table].primary_key]
    return " AND ".join(f'"{key}" = ?' for key in keys), tuple(row[key] for key in keys)


@contextmanager
def updated(
    database: Database, table: str, row: dict[str, Any], changed: dict[str, Any], column: str
) -> Iterator[None]:
    place, key = where_of(database, table, row)
    statement = f'UPDATE {table} SET "{column}" = ? WHERE {place}'
    is_truth = isinstance(Base.metadata.tables[table].c[column].type, Boolean)
    value = bool(changed[column]) if is_truth else changed[column]
    with edited(database, statement, value, *key):
        yield


def flip(value: Any, chance: random.Random) -> Any:
    """Gives the value with one byte of it changed; text stays UTF-8, as PostgreSQL keeps no other."""
    if isinstance(value, int):
        return value ^ (1 << chance.randrange(16))
    if isinstance(value, bytes):
        at = chance.randrange(len(value))
        return value[:at] + bytes([value[at] ^ (1 << chance.randrange(8))]) + value[at + 1 :]
    ascii_places = [at for at, char in enumerate(value) if char.isascii()]
    at = chance.choice(ascii_places)
    other = chr(ord(value[at]) ^ (1 << chance.randrange(5)))
    return value[:at] + (other if other.isprintable() else "~" if value[at] != "~" else "-") + value[at + 1 :]


def names_of(table: str, row: dict[str, Any], entries: dict[str, int]) -> list[str]:
    """Gives the words by which a finding may name a row: by its key, or by its index in the log."""
    match table:
        case "records":
            return [f"record {row['id']} ", f"(entry {entries[row['url']]})", f"entry {entries[row['url']]}"]
        case "record_links":
            return [f"link {row['source']} > {row['target']}"]
        case "log_entries":
            return [f"entry {row['idx']}"]
        case "log_tiles":
            return ["tile/0/000"]
        case "log_checkpoints" | "log_cosignatures":
            return [f"head {row['size']}"]
        case "trust_lists":
            return [f"trust list {row['sequence']}"]
        case "lots":
            return [f"lot {row['number']}"]
        case _:
            return [f"certificate {row['record_id']}"]


def sound_form(report: Report) -> list[Fault]:
    """The faults but those of the tables' own form, which `disarm` has changed."""
    return [fault for fault in report.faults if not fault.where.startswith("schema ")]


# --- Whole -----------------------------------------------------------------------------------------------


def test_a_whole_instance_has_no_fault(database: Database, village: Village) -> None:
    report = audit(database, village)
    assert report.faults == ()
    assert (report.records, report.size) == (5, 6)


def test_an_empty_instance_has_no_fault(database: Database) -> None:
    assert audit(database, Village()).faults == ()


def test_the_last_head_that_was_kept_outside_fits(database: Database, village: Village) -> None:
    report = audit(database, village)
    head = Checkpoint("village.example/log", report.size, bytes.fromhex(report.root))
    assert audit(database, village, ("kept", head)).faults == ()


# --- Damaged ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_each_of_200_random_edits_of_one_byte_is_named(database: Database, village: Village) -> None:
    chance = random.Random(20261122)
    with database.read() as session:
        rows = [(table, row) for table in AUDITED for row in read_rows(session, table)]
        entries = {row["entry_id"]: row["idx"] for table, row in rows if table == "log_entries"}
    disarm(database)
    done = 0
    while done < EDITS:
        table, row = chance.choice(rows)
        column = chance.choice(
            [name for name in row if (table, name) not in UNSIGNED and row[name] is not None]
        )
        changed = {**row, column: flip(row[column], chance)}
        if isinstance(Base.metadata.tables[table].c[column].type, Boolean):
            changed[column] = 1 - row[column]
        if isinstance(Base.metadata.tables[table].c[column].type, Date):
            changed[column] = str(date.fromisoformat(row[column]) + timedelta(days=chance.randrange(1, 99)))
        if any(other[column] == changed[column] for name, other in rows if name == table):
            continue  # as the database itself keeps some columns unique
        done += 1
        with updated(database, table, row, changed, column):
            named = [f"{fault.where} " for fault in audit(database, village).faults]
        with updated(database, table, changed, row, column):
            pass
        wanted = names_of(table, row, entries) + names_of(table, changed, {changed.get("url"): -1, **entries})
        assert any(word in where for where in named for word in wanted), (done, table, column, named)
    assert sound_form(audit(database, village)) == []


@pytest.mark.parametrize("column", ["url", "version", "issuer", "digest", "issued_at", "valid_until", "body"])
def test_a_changed_status_list_is_named(database: Database, village: Village, column: str) -> None:
    published = village.publish_list("workshop")
    with database.write() as session:
        store_records(session, [published])
    store_head(database, village)
    assert audit(database, village).faults == ()
    with database.read() as session:
        (row,) = read_rows(session, "status_lists")
    disarm(database)
    changed = {**row, column: flip(row[column], random.Random(3))}
    with updated(database, "status_lists", row, changed, column):
        named = [fault.where for fault in audit(database, village).faults]
    assert f"status list {changed['url']} version {changed['version']}" in named


@pytest.mark.parametrize(
    "table", ["records", "log_entries", "log_tiles", "log_checkpoints", "record_links", "trust_lists"]
)
def test_a_row_that_is_gone_is_named(database: Database, village: Village, table: str) -> None:
    disarm(database)
    with database.read() as session:
        row, *_ = read_rows(session, table)
    if table == "log_checkpoints":
        with edited(database, "DELETE FROM log_checkpoints"):
            assert "head 6" in {fault.where for fault in sound_form(audit(database, village))}
        return
    place, key = where_of(database, table, row)
    with edited(database, f"DELETE FROM {table} WHERE {place}", *key):
        assert sound_form(audit(database, village))


def test_a_record_that_was_put_in_past_the_log_is_named(database: Database, village: Village) -> None:
    late = village.issue("late", notice(village, "finding"), "inspector#record", ("passport",))
    with database.write() as session:
        store_records(session, [late])
    disarm(database)
    with edited(database, "DELETE FROM log_entries WHERE idx = ?", 6):
        faults = audit(database, village).faults
    assert Reason.NOT_LOGGED in {fault.reason for fault in faults if fault.where.startswith("record ")}


def test_another_tree_than_the_one_that_was_kept_outside_is_a_fork(
    database: Database, village: Village
) -> None:
    head = Checkpoint("village.example/log", 6, bytes(32))
    faults = audit(database, village, ("a witness's head", head)).faults
    assert [(fault.where, fault.reason) for fault in faults] == [("a witness's head", Reason.FORK)]


def test_a_log_that_went_back_is_called_a_rollback(database: Database, village: Village) -> None:
    report = audit(database, village)
    head = Checkpoint("village.example/log", report.size + 1, bytes.fromhex(report.root))
    faults = audit(database, village, ("kept", head)).faults
    assert [(fault.where, fault.reason) for fault in faults] == [("kept", Reason.ROLLBACK)]


def test_other_roots_do_not_open_the_trust_list(database: Database, village: Village) -> None:
    strangers = [replace(root, name=f"x{root.name}") for root in village.roots]
    faults = audit_instance(database, roots=strangers).faults
    assert ("trust list 1", Reason.KEY_UNKNOWN) in {(fault.where, fault.reason) for fault in faults}


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_guard_that_was_taken_away_is_named(database: Database, village: Village) -> None:
    with edited(database, "DROP TRIGGER records_refuse_delete"):
        faults = audit(database, village).faults
    assert [(fault.where, fault.reason) for fault in faults] == [
        ("schema records_refuse_delete", Reason.BAD_LOG)
    ]


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("column", ["body", "leaf", "entry_id"])
@pytest.mark.parametrize("value", ["7", "'text'", "x'00'"])
def test_a_value_that_its_column_cannot_hold_is_a_finding(
    database: Database, village: Village, column: str, value: str
) -> None:
    """A damaged page of a SQLite file can give any type."""
    disarm(database)
    with edited(database, f"UPDATE log_entries SET {column} = {value} WHERE idx = 2"):
        assert "entry 2" in {fault.where for fault in audit(database, village).faults}


Damage = Callable[[bytearray, random.Random], None]


def flip_bytes(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def cut_off(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(100, len(data)) :]


@pytest.mark.parametrize("damage", [flip_bytes, cut_off])
@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_damaged_file_is_refused_named_or_of_the_same_content(
    database: Database, village: Village, tmp_path: Path, damage: Damage
) -> None:
    """A byte that no page uses changes nothing; every other one is told, and none is a traceback."""
    path = Path(str(database.engine.url.database))
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    original, whole = path.read_bytes(), content(path)
    chance = random.Random(7)
    for number in range(60):
        data = bytearray(original)
        damage(data, chance)
        copy = tmp_path / f"damaged-{number}.db"
        copy.write_bytes(data)
        assert complaint(copy, village) or content(copy) == whole, number


def complaint(path: Path, village: Village) -> str:
    """Gives the first fault, or the code of the error that stops it; empty if all is said to be whole."""
    try:
        database = open_database(f"sqlite:///{path}")
    except ShopError as error:
        return str(error)
    try:
        report = audit(database, village)
        return report.faults[0].where if report.faults else ""
    finally:
        database.engine.dispose()


def content(path: Path) -> list[Any]:
    """Gives everything in the file that something signed speaks of."""
    database = open_database(f"sqlite:///{path}")
    with database.read() as session:
        rows = [(table, row) for table in AUDITED for row in read_rows(session, table)]
    database.engine.dispose()
    return [(table, {k: v for k, v in row.items() if (table, k) not in UNSIGNED}) for table, row in rows]
