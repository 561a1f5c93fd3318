"""R9: bytes of the database go or change. The log opens or refuses, and what differs is named."""

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from shop.db.ledger_store import SqlLedger, SqlLedgerStore
from shop.db.session import Database, open_database
from shop.errors import ShopError
from tests.simulators.ledger import later, make_entries, make_log
from tests.simulators.stored import log_faults
from traceability.errors import TraceabilityError
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.merkle import leaf_hash
from traceability.ledger.store import LedgerView
from traceability.ledger.tiles import Resource, TileAddress, growth

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SIZE = 700
STEP = 70
ADDRESSES = [
    TileAddress(one.level, one.n)
    for size in range(STEP, SIZE + 1, STEP)
    for one in growth(size - STEP, size)
    if one.level is not None
]


def content(view: LedgerView) -> tuple[object, ...]:
    """Gives all that a log says, but for the ids, which are not logged."""
    size = view.size()
    bodies = [entry.body for entry in view.entries(0, size)]
    return size, bodies, view.leaves(0, size), view.tiles(ADDRESSES)


# --- Files -----------------------------------------------------------------------------------------


class Copied:
    """A log of 700 entries as files, half of it in the journal still, and its last head, kept elsewhere."""

    def __init__(self, template: Path, folder: Path) -> None:
        live = folder / "live.db"
        shutil.copyfile(template, live)
        database = open_database(f"sqlite:///{live}")
        log = make_log(folder / "heads", SqlLedgerStore(database))
        for start in range(0, SIZE, STEP):
            log.append_batch(make_entries(start, start + STEP))
            if start == SIZE // 2:
                with database.engine.connect() as connection:
                    connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self.head: Checkpoint = log.checkpoint(later(start)).checkpoint
        with log.store.read() as view:
            self.content = content(view)
        # Copied while it is open, for its last closing would empty the journal.
        self.files = {name: (folder / f"live.db{name}").read_bytes() for name in ("", "-wal")}
        database.engine.dispose()

    def judge(self, files: dict[str, bytes], folder: Path, kept: Checkpoint | None) -> str:
        """Says what becomes of such files: `refused`, `named`, `whole`, or `unnoticed`."""
        folder.mkdir()
        for name, data in files.items():
            (folder / f"log.db{name}").write_bytes(data)
        try:
            return self._read(f"sqlite:///{folder / 'log.db'}", kept)
        except (ShopError, TraceabilityError, DBAPIError):
            return "refused"
        finally:
            shutil.rmtree(folder)

    def _read(self, url: str, kept: Checkpoint | None) -> str:
        database = open_database(url)
        try:
            with database.read() as session:
                if log_faults(session, kept):
                    return "named"
                return "whole" if content(SqlLedger(session)) == self.content else "unnoticed"
        finally:
            database.engine.dispose()


@pytest.fixture(scope="module")
def copied(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Copied:
    return Copied(sqlite_template, tmp_path_factory.mktemp("damage"))


def truncated(files: dict[str, bytes], chance: random.Random) -> dict[str, bytes]:
    name = chance.choice(["", "-wal"])
    return {**files, name: files[name][: chance.randrange(len(files[name]))]}


def flipped(files: dict[str, bytes], chance: random.Random) -> dict[str, bytes]:
    name = chance.choice(["", "-wal"])
    data = bytearray(files[name])
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return {**files, name: bytes(data)}


Damage = Callable[[dict[str, bytes], random.Random], dict[str, bytes]]


def judged(
    copied: Copied, damage: Damage, count: int, chance: random.Random, folder: Path, kept: Checkpoint | None
) -> Counter[str]:
    return Counter(
        copied.judge(damage(copied.files, chance), folder / str(number), kept) for number in range(count)
    )


COUNTS = [40, pytest.param(200, marks=pytest.mark.faults)]


@pytest.mark.parametrize("damage", [truncated, flipped])
@pytest.mark.parametrize("count", COUNTS)
def test_damage_is_refused_or_named_or_without_effect(
    copied: Copied, damage: Damage, count: int, chance: random.Random, tmp_path: Path
) -> None:
    found = judged(copied, damage, count, chance, tmp_path, copied.head)
    assert found["unnoticed"] == 0
    assert found["named"] + found["refused"] > 0


def test_what_opens_with_a_damaged_journal_is_a_beginning(
    copied: Copied, chance: random.Random, tmp_path: Path
) -> None:
    bodies = [entry.body for entry in make_entries(0, SIZE)]
    for number in range(20):
        journal = copied.files["-wal"]
        cut = chance.randrange(len(journal))
        (tmp_path / f"{number}.db").write_bytes(copied.files[""])
        (tmp_path / f"{number}.db-wal").write_bytes(journal[:cut])
        database = open_database(f"sqlite:///{tmp_path / f'{number}.db'}")
        with SqlLedgerStore(database).read() as view:
            size = view.size()
            assert [entry.body for entry in view.entries(0, size)] == bodies[:size]
            assert size % STEP == 0
        database.engine.dispose()


def test_canary_without_the_head_kept_outside_some_truncations_pass(
    copied: Copied, chance: random.Random, tmp_path: Path
) -> None:
    assert judged(copied, truncated, 40, chance, tmp_path, None)["unnoticed"] > 0


# --- Rows ------------------------------------------------------------------------------------------


@pytest.fixture
def unguarded(database: Database, tmp_path: Path) -> Database:
    """A log of 700 entries whose database no longer refuses changes, as to an operator with the password."""
    log = make_log(tmp_path / "heads", SqlLedgerStore(database))
    log.append_batch(make_entries(0, SIZE))
    log.checkpoint(later(0))
    with database.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("DROP FUNCTION log_refuse_change() CASCADE"))
        else:
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            for name in names.scalars().all():
                connection.execute(text(f"DROP TRIGGER {name}"))
    return database


def edit(session: Session, chance: random.Random) -> str:
    """Changes one byte of a row, and gives the place that an audit must name."""
    kind = chance.choice(["body", "leaf", "tile"])
    if kind == "tile":
        address = chance.choice(sorted(set(ADDRESSES)))
        where = f"level = {address.level} AND n = {address.n}"
        table, column, place = "log_tiles", "data", Resource(address.level, address.n).path
    else:
        index = chance.randrange(SIZE)
        table, column, where, place = "log_entries", kind, f"idx = {index}", f"entry {index}"
    data = bytearray(session.execute(text(f"SELECT {column} FROM {table} WHERE {where}")).scalar_one())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    session.execute(text(f"UPDATE {table} SET {column} = :data WHERE {where}"), {"data": bytes(data)})
    return place


class _Undo(Exception):
    """Ends a transaction without a trace."""


@contextmanager
def changing(database: Database) -> Iterator[Session]:
    """Gives a transaction that is undone at the end of the block."""
    with suppress(_Undo), database.write() as session:
        yield session
        raise _Undo


def test_each_of_two_hundred_edits_is_named(unguarded: Database, chance: random.Random) -> None:
    for _ in range(200):
        with changing(unguarded) as session:
            place = edit(session, chance)
            assert place in {fault.where for fault in log_faults(session)}
    with unguarded.read() as session:
        assert log_faults(session) == []


def test_an_entry_changed_with_its_leaf_hash_is_named_by_its_tile(unguarded: Database) -> None:
    forged = make_entries(300, 301)[0].body.replace(b"Test", b"Best")
    with changing(unguarded) as session:
        row = {"body": forged, "leaf": leaf_hash(forged)}
        session.execute(text("UPDATE log_entries SET body = :body, leaf = :leaf WHERE idx = 300"), row)
        faults = {fault.where: fault.detail for fault in log_faults(session)}
    assert faults["tile/0/001"].endswith("at 44")


def test_an_entry_that_was_taken_out_is_named(unguarded: Database) -> None:
    with changing(unguarded) as session:
        session.execute(text("DELETE FROM log_entries WHERE idx = 300"))
        assert "entry 300" in {fault.where for fault in log_faults(session)}


def test_a_head_of_more_entries_than_there_are_is_a_rollback(unguarded: Database) -> None:
    with changing(unguarded) as session:
        session.execute(text("DELETE FROM log_entries WHERE idx = 699"))
        assert "ROLLBACK" in {fault.reason for fault in log_faults(session)}
