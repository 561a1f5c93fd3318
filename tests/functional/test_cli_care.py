"""`fsck`, `backup`, `restore`: copies are whole, a log never goes back unseen, nothing is lost on the way."""

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from shop.audit.instance import audit_instance
from shop.cli import main
from shop.db.copies import opened_copy, write_copy
from shop.db.instance import InstanceFact
from shop.db.log import LogEntry
from shop.db.session import Database, open_database
from shop.operating.running import serving
from shop.services.signed.rows import store_records
from tests.simulators.forgery import notice
from tests.simulators.postgres import find_binaries
from tests.simulators.stored import store_head, store_village
from tests.simulators.village import HOST, LOG, Village, signer, url
from traceability.ledger.heads import HeadFolder, SignedHead
from traceability.signing.keys import write_private_key

PASSPHRASE = "for these tests only"


@dataclass
class Place:
    """An instance with the simulated village, as the command line finds it."""

    folder: Path
    url: str
    village: Village

    def run(self, *arguments: str, **variables: str) -> Result:
        environment = {
            "DATABASE_URL": self.url,
            "LANGNGHE_DATA_DIR": str(self.folder),
            "IDENTITY_HOST": HOST,
            "LANGNGHE_KEY_PASSPHRASE": PASSPHRASE,
            "PATH": f"{find_binaries()}:{os.environ['PATH']}",
            **variables,
        }
        return CliRunner().invoke(main, arguments, env=environment)

    def open(self) -> Database:
        return open_database(self.url)

    def grow(self, name: str = "late") -> SignedHead:
        """Logs one more record and signs the new head."""
        late = self.village.issue(name, notice(self.village, "finding"), "inspector#record", ("passport",))
        with closing(self.open()) as database:
            with database.write() as session:
                store_records(session, [late])
            head = store_head(database, self.village)
        self.remember(head)
        return head

    def remember(self, head: SignedHead) -> None:
        with HeadFolder(self.folder / "heads").hold(LOG) as held:
            held.store(head)

    def size(self) -> int:
        with closing(self.open()) as database, database.read() as session:
            return len(session.scalars(select(LogEntry.idx)).all())


def found_place(folder: Path, url: str) -> Place:
    """Fills a migrated database and the folder beside it."""
    folder.mkdir(exist_ok=True)
    with closing(open_database(url)) as database:
        village = store_village(database)
        with database.write() as session:
            session.add(InstanceFact(key="identity_host", value=HOST))
        with database.read() as session:
            size = len(session.scalars(select(LogEntry.idx)).all())
        head = store_head(database, village)
    (folder / "keys").mkdir()
    write_private_key(folder / "keys" / "log.pem", signer(LOG), PASSPHRASE.encode())
    (folder / "roots.txt").write_text("".join(f"{root.vkey}\n" for root in village.roots), encoding="utf-8")
    place = Place(folder, url, village)
    place.remember(head)
    assert head.checkpoint.size == size
    return place


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Place:
    """A whole instance, on each engine in turn."""
    return found_place(tmp_path / "instance", database_url)


@pytest.fixture
def empty(place: Place, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    """An empty instance that pins the same roots."""
    folder = tmp_path / "moved"
    folder.mkdir()
    (folder / "roots.txt").write_bytes((place.folder / "roots.txt").read_bytes())
    with request.getfixturevalue("fresh_database_url")(request.getfixturevalue("engine_name"), folder) as url:
        yield Place(folder, url, place.village)


# --- fsck ------------------------------------------------------------------------------------------------


def test_a_whole_instance_is_0(place: Place) -> None:
    result = place.run("fsck")
    assert (result.exit_code, "everything is whole" in result.stdout) == (0, True), result.output


def test_json_is_one_object(place: Place) -> None:
    value = json.loads(place.run("fsck", "--json").stdout)
    assert (value["outcome"], value["records"], value["entries"], value["checks"]) == ("verified", 5, 6, [])


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_damaged_row_is_1_and_named(place: Place) -> None:
    with closing(sqlite3.connect(place.folder.parent / "shop.db")) as raw:
        raw.execute("DROP TRIGGER records_refuse_update")
        raw.execute("UPDATE records SET issuer = 'did:web:thief' WHERE id = 'passport'")
        raw.commit()
    result = place.run("fsck")
    assert result.exit_code == 1
    assert "record passport (entry 5)" in result.stdout


def test_without_pinned_roots_it_does_not_look(place: Place) -> None:
    (place.folder / "roots.txt").unlink()
    result = place.run("fsck")
    assert (result.exit_code, "NO_ROOTS" in result.stderr) == (2, True)


def test_a_database_behind_its_last_signed_head_is_a_rollback(place: Place) -> None:
    text = place.village.head([bytes(32)] * 9)
    place.remember(SignedHead(text, place.village.now))
    result = place.run("fsck", "--json")
    assert (result.exit_code, json.loads(result.stdout)["reasons"]) == (1, ["ROLLBACK"])


def test_a_head_that_was_kept_elsewhere_is_compared(place: Place, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_bytes(place.village.head([bytes(32)] * 3).to_bytes())
    result = place.run("fsck", "--checkpoint", str(kept), "--json")
    assert (result.exit_code, json.loads(result.stdout)["reasons"]) == (1, ["FORK"])


def test_a_head_of_another_log_is_wrong_usage(place: Place, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_bytes(place.village.head([bytes(32)]).to_bytes().replace(LOG.encode(), b"other.example/log"))
    assert place.run("fsck", "--checkpoint", str(kept)).exit_code == 2


# --- backup ----------------------------------------------------------------------------------------------


def test_a_backup_is_whole_and_its_owners_alone(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "copy.backup"
    result = place.run("backup", str(file))
    assert result.exit_code == 0, result.output
    assert file.stat().st_mode & 0o777 == 0o600
    with opened_copy(file, place.url) as copy:
        assert audit_instance(copy, roots=place.village.roots).faults == ()


def test_a_backup_overwrites_nothing(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "copy.backup"
    file.write_bytes(b"precious")
    result = place.run("backup", str(file))
    assert (result.exit_code, "FILE_EXISTS" in result.stderr) == (2, True)
    assert file.read_bytes() == b"precious"


def test_a_backup_into_no_folder_leaves_nothing(place: Place, tmp_path: Path) -> None:
    result = place.run("backup", str(tmp_path / "none" / "copy.backup"))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


def test_backups_under_load_are_all_whole(place: Place, tmp_path: Path) -> None:
    """Records go on being logged while copies are made: each copy is one state of the whole."""
    stop, grown = threading.Event(), threading.Event()

    def log_on() -> None:
        number = 0
        with closing(place.open()) as database:
            while not stop.is_set() and number < 200:
                number += 1
                record = notice(place.village, "finding")
                record = replace(record, envelope=replace(record.envelope, id=url(f"n{number}")))
                item = place.village.issue(f"n{number}", record, "inspector#record", ("passport",))
                with database.write() as session:
                    store_records(session, [item])
                grown.set()

    writer = threading.Thread(target=log_on)
    writer.start()
    try:
        files = [tmp_path / f"{number}.backup" for number in range(5)]
        for file in files:
            grown.wait(5)
            grown.clear()
            write_under_path(place.url, file)
    finally:
        stop.set()
        writer.join()
    sizes = set()
    for file in files:
        with opened_copy(file, place.url) as copy:
            assert audit_instance(copy, roots=place.village.roots).faults == ()
            with copy.read() as session:
                sizes.add(len(session.scalars(select(LogEntry.idx)).all()))
    assert len(sizes) > 1, "the log did not grow"


def write_under_path(url: str, file: Path) -> None:
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{find_binaries()}:{before}"
    try:
        write_copy(url, file)
    finally:
        os.environ["PATH"] = before


# --- restore ---------------------------------------------------------------------------------------------


@pytest.fixture
def copy(place: Place, tmp_path: Path) -> Path:
    """A backup of the instance."""
    file = tmp_path / "copy.backup"
    assert place.run("backup", str(file)).exit_code == 0
    return file


def test_the_newest_backup_is_put_back(place: Place, copy: Path) -> None:
    result = place.run("restore", str(copy))
    assert result.exit_code == 0, result.output
    assert place.run("fsck").exit_code == 0
    assert list(place.folder.glob("before-restore-*.backup"))


def test_nothing_is_restored_under_a_running_shop(place: Place, copy: Path) -> None:
    with serving(place.folder):
        result = place.run("restore", str(copy))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "INSTANCE_IN_USE: a shop is serving this instance" in result.stderr
    assert not list(place.folder.glob("before-restore-*"))
    assert place.run("restore", str(copy)).exit_code == 0


def test_an_older_backup_is_refused_and_changes_nothing(place: Place, copy: Path) -> None:
    place.grow()
    result = place.run("restore", str(copy))
    assert (result.exit_code, "ROLLBACK" in result.stderr) == (2, True)
    assert place.size() == 7
    assert place.run("fsck").exit_code == 0
    assert not list(place.folder.glob("before-restore-*"))


def test_an_accepted_rollback_is_told_by_the_log_itself(place: Place, copy: Path) -> None:
    lost = place.grow()
    (place.folder / "log").mkdir()
    result = place.run("restore", str(copy), "--accept-rollback")
    assert result.exit_code == 0, result.output
    assert "ROLLBACK accepted" in result.stdout
    with closing(place.open()) as database, database.read() as session:
        last = session.scalars(select(LogEntry.entry_id).order_by(LogEntry.idx.desc())).first()
    assert last == f"https://{LOG}#rollback-{lost.checkpoint.size}-6"
    assert [path.name for path in place.folder.glob("log*")] == ["log.lost-7-7"]
    assert place.run("fsck").exit_code == 0


def test_an_accepted_rollback_needs_the_logs_key(place: Place, copy: Path) -> None:
    place.grow()
    (place.folder / "keys" / "log.pem").unlink()
    assert place.run("restore", str(copy), "--accept-rollback").exit_code == 2
    assert place.size() == 7


@pytest.mark.parametrize("options", [(), ("--accept-rollback",)])
def test_a_fork_is_never_restored(place: Place, copy: Path, options: tuple[str, ...]) -> None:
    place.remember(SignedHead(place.village.head([bytes(32)] * 6), place.village.now))
    result = place.run("restore", str(copy), *options)
    assert (result.exit_code, "FORK" in result.stderr) == (2, True)


def test_a_new_machine_with_the_old_heads_takes_the_backup(place: Place, copy: Path, empty: Place) -> None:
    empty.remember(SignedHead(place.village.head(leaves_of(place)), place.village.now))
    result = empty.run("restore", str(copy))
    assert result.exit_code == 0, result.output
    assert empty.run("fsck").exit_code == 0


def test_a_new_machine_without_heads_asks_for_one(place: Place, copy: Path, empty: Place) -> None:
    result = empty.run("restore", str(copy))
    assert (result.exit_code, "ROLLBACK" in result.stderr) == (2, True)
    assert empty.size() == 0


def test_a_head_from_a_witness_stands_in_for_lost_heads(
    place: Place, copy: Path, empty: Place, tmp_path: Path
) -> None:
    kept = tmp_path / "witness.txt"
    kept.write_bytes(place.village.head(leaves_of(place)).to_bytes())
    result = empty.run("restore", str(copy), "--checkpoint", str(kept))
    assert result.exit_code == 0, result.output
    with HeadFolder(empty.folder / "heads").hold(LOG) as held:
        assert held.head is not None
        assert held.head.checkpoint.size == 6


def test_a_longer_head_from_a_witness_refuses_the_backup(
    place: Place, copy: Path, empty: Place, tmp_path: Path
) -> None:
    kept = tmp_path / "witness.txt"
    kept.write_bytes(place.grow().note.to_bytes())
    result = empty.run("restore", str(copy), "--checkpoint", str(kept))
    assert (result.exit_code, "ROLLBACK" in result.stderr) == (2, True)


def test_a_backup_of_another_host_is_refused(place: Place, copy: Path) -> None:
    result = place.run("restore", str(copy), IDENTITY_HOST="other.example")
    assert (result.exit_code, "IDENTITY_CHANGED" in result.stderr) == (2, True)


Damage = Callable[[bytes], bytes]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"no backup at all",
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b"issuers:workshop#record", b"issuers:workshop#recore"),
    ],
    ids=["empty", "text", "cut off", "a record changed"],
)
@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_a_damaged_backup_is_refused_and_changes_nothing(place: Place, copy: Path, damage: Damage) -> None:
    copy.write_bytes(damage(copy.read_bytes()))
    result = place.run("restore", str(copy))
    assert (result.exit_code, "BAD_BACKUP" in result.stderr) == (2, True), result.output
    assert place.run("fsck").exit_code == 0


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_cut_off_dump_is_refused_and_changes_nothing(place: Place, copy: Path) -> None:
    copy.write_bytes(copy.read_bytes()[:3_000])
    assert place.run("restore", str(copy)).exit_code == 2
    assert place.run("fsck").exit_code == 0


def leaves_of(place: Place) -> list[bytes]:
    with closing(place.open()) as database, database.read() as session:
        return list(session.scalars(select(LogEntry.leaf).order_by(LogEntry.idx)))
