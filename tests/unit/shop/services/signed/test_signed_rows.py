"""Records and their log entries: stored together, once, and never with other bytes."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from shop.db.ledger_store import SqlLedgerStore, join_log
from shop.db.log import LogEntry
from shop.db.lots import Record, RecordLink
from shop.db.lots import TrustList as TrustListRow
from shop.db.session import Database
from shop.db.signed import load_signed
from shop.errors import ConfigurationError
from shop.services.signed.rows import demand_newest_list, store_records, store_trust_list
from tests.simulators.corrections import corrected
from tests.simulators.forgery import notice
from tests.simulators.stored import log_faults
from tests.simulators.village import Village, signer, url
from traceability.entry import record_entry, trust_list_entry
from traceability.errors import Reason, Refused
from traceability.evidence import Reader, SignedRecord
from traceability.ledger import note
from traceability.ledger.log import append
from traceability.ledger.store import Entry
from traceability.records.notice import Notice
from traceability.signing.trust_text import write_trust_text


def _issued() -> list[SignedRecord]:
    return list(Village().issue_all().records.values())


def _count(database: Database, table: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def _store(database: Database, items: list[SignedRecord]) -> tuple[int, ...]:
    with database.write() as session:
        return store_records(session, items, translations={items[0].envelope.id: {"name": "Sample"}})


def test_records_stand_in_the_log_in_the_order_of_signing(database: Database) -> None:
    items = _issued()
    assert _store(database, items) == tuple(range(len(items)))
    with SqlLedgerStore(database).read() as view:
        assert view.entries(0, 99) == [record_entry(item) for item in items]
    with database.read() as session:
        assert log_faults(session) == []


def test_rows_hold_the_bytes_links_and_words(database: Database) -> None:
    items = _issued()
    _store(database, items)
    with database.read() as session:
        found = load_signed(session, "passport")
    assert found.bodies == {item.envelope.id: item.data for item in items}
    assert found.translations[items[0].envelope.id] == '{"name": "Sample"}'
    assert found.translations[items[1].envelope.id] is None


def test_storing_again_changes_nothing(database: Database) -> None:
    items = _issued()
    first = _store(database, items)
    assert _store(database, items) == first
    assert _store(database, items[2:3]) == first[2:3]
    assert (_count(database, Record), _count(database, LogEntry)) == (len(items), len(items))


def test_record_of_other_spelling_is_stored_as_it_is_served(database: Database) -> None:
    item = _issued()[0]
    spaced = Reader(1).read(b" " + item.data)
    _store(database, [spaced])
    with database.read() as session:
        assert session.scalar(select(Record.body)) == item.data


def test_link_to_a_record_that_is_not_here_makes_no_row(database: Database) -> None:
    _store(database, _issued()[1:2])  # the workshop, without its village
    assert (_count(database, Record), _count(database, RecordLink)) == (1, 0)


def test_other_bytes_under_one_url_are_refused_and_nothing_is_stored(database: Database) -> None:
    items = _issued()
    _store(database, items[:1])
    other = replace(items[0], digest=items[1].digest)
    with pytest.raises(Refused) as caught:
        _store(database, [items[2], other])
    assert caught.value.code is Reason.LOG_CONFLICT
    assert (_count(database, Record), _count(database, LogEntry)) == (1, 1)


def test_stored_record_that_the_log_has_not_is_not_logged_with_other_bytes(database: Database) -> None:
    items = _issued()
    _store(database, items[:1])
    other = replace(items[1], digest="zQm" + "1" * 44)
    with database.write() as session:
        session.add(
            Record(
                id="workshop",
                url=other.envelope.id,
                digest=other.digest,
                type="WorkshopRecord",
                issuer=other.envelope.issuer.did,
                issued_at=other.claim.created,
                body=b"{}",
            )
        )
    with pytest.raises(Refused) as caught:
        _store(database, items[1:2])
    assert caught.value.code is Reason.LOG_CONFLICT
    assert _count(database, LogEntry) == 1


def test_rows_that_fail_take_their_entries_along(database: Database) -> None:
    def store_and_fail() -> None:
        with database.write() as session:
            store_records(session, _issued())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        store_and_fail()
    assert (_count(database, Record), _count(database, LogEntry)) == (0, 0)


def test_trust_list_is_stored_and_logged_once(database: Database) -> None:
    village = Village()
    for _ in range(2):
        with database.write() as session:
            assert store_trust_list(session, village.trust, village.trust_note()) == 0
    assert (_count(database, TrustListRow), _count(database, LogEntry)) == (1, 1)


def test_a_list_that_the_log_names_and_nobody_stored_is_missed(database: Database) -> None:
    """And storing that list again puts it back in its place."""
    village = Village()
    later = replace(village.trust, sequence=2)
    data = note.sign(write_trust_text(later), [(village.roots[0].name, signer("root-1"))])
    with database.write() as session:
        store_trust_list(session, village.trust, village.trust_note())
        entry = trust_list_entry(later, note.parse(data))
        append(join_log(session), [entry])
    with database.read() as session:
        demand_newest_list(session, later.origin, 2)
        demand_newest_list(session, "other.example/trust", 0)
        with pytest.raises(ConfigurationError) as caught:
            demand_newest_list(session, later.origin, 1)
    assert caught.value.code == "TRUST_LIST_MISSING"
    with database.write() as session:
        assert store_trust_list(session, later, data) == 1
    assert _count(database, TrustListRow) == 2


def test_second_list_of_one_sequence_is_refused(database: Database) -> None:
    village = Village()
    with database.write() as session:
        append(join_log(session), [Entry(f"https://{village.trust.origin}#1", b"another list")])
    with pytest.raises(Refused) as caught, database.write() as session:
        store_trust_list(session, village.trust, village.trust_note())
    assert caught.value.code is Reason.LOG_CONFLICT
    assert _count(database, TrustListRow) == 0


def test_versions_of_a_status_list_are_stored_and_logged_beside_records(database: Database) -> None:
    village = Village().issue_all()
    first = village.lists[village.list_url("workshop")]
    second = village.revoke("passport")
    assert _store(database, [*village.records.values(), first, second])[-2:] == (5, 6)
    with database.read() as session:
        found = load_signed(session, "passport")
        assert session.get(Record, "1") is None
    assert found.lists[village.list_url("workshop")] == second.data
    with SqlLedgerStore(database).read() as view:
        assert view.entries(5, 99) == [record_entry(first), record_entry(second)]


@pytest.mark.parametrize("asked", ["passport", "passport-2", "passport-2-2"])
def test_what_is_said_of_one_passport_of_a_lot_comes_with_each_of_them(
    database: Database, asked: str
) -> None:
    village, _ = corrected()
    second = village.records["passport-2"].record
    third = replace(second, envelope=replace(second.envelope, id=url("passport-2-2")))
    village.issue("passport-2-2", third, "workshop#record", ("workshop", "event", "certificate"))
    village.notify("passport-2", "correction", "inspector")
    for name in ("passport", "passport-2", "passport-2-2"):
        village.issue(f"recall-{name}", _recall(village, name), "inspector#record", (name,))
    _store(database, list(village.records.values()))
    with database.read() as session:
        assert set(load_signed(session, asked).bodies) == {url(name) for name in village.records}


def _recall(village: Village, about: str) -> Notice:
    given = notice(village, "finding", about=about)
    return replace(given, envelope=replace(given.envelope, id=url(f"recall-{about}")))


def test_the_same_version_with_other_bytes_is_refused(database: Database) -> None:
    village, other = Village().issue_all(), Village().issue_all()
    _store(database, [*village.records.values(), village.lists[village.list_url("workshop")]])
    other.lists.clear()
    forged = other.publish_list("workshop", 3)
    with pytest.raises(Refused) as caught:
        _store(database, [*village.records.values(), forged])
    assert caught.value.code is Reason.LOG_CONFLICT
