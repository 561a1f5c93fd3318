"""Signed records: they stay as they are, and a record finds everything that it stands on."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.db import Record, RecordLink
from shop.db.session import Database
from shop.db.signed import Signed, load_signed
from shop.db.status_lists import StatusListVersion
from tests.conftest import count_statements
from tests.simulators.rows import ISSUER, MOMENT, SERIAL, fill, record_row, status_row
from traceability.limits import CHAIN_MAX_RECORDS, NOTICES_MAX_PER_RECORD

Edges = Sequence[tuple[str, str]]
NODES = [f"n{number}" for number in range(6)]

CHANGES = {
    "id": "UPDATE records SET id = 'r9' WHERE id = 'r3'",
    "url": "UPDATE records SET url = url || 'x'",
    "digest": "UPDATE records SET digest = digest || 'x'",
    "type": "UPDATE records SET type = 'Notice'",
    "issuer": "UPDATE records SET issuer = 'did:web:other.example'",
    "issued_at": "UPDATE records SET issued_at = issued_at - 1",
    "body": "UPDATE records SET body = body",
    "body beside translation": "UPDATE records SET translation = '{}', body = body",
    "delete": "DELETE FROM records WHERE id = 'r3'",
}


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.engine.connect() as one:
        fill(one)
        yield one


def add_graph(
    connection: Connection,
    nodes: list[str],
    edges: Edges,
    *,
    notices: Sequence[str] = (),
    successors: Edges = (),
) -> None:
    """Adds records with their links; `successors` are links of corrections to what takes a place."""
    rows = [
        record_row(node, issued_at=MOMENT - timedelta(days=place), type="Notice" if node in notices else "X")
        for place, node in enumerate(nodes)
    ]
    connection.execute(insert(Record.__table__), rows)  # type: ignore[arg-type]
    if edges:
        links = [
            {"source": source, "target": target, "names_successor": (source, target) in successors}
            for source, target in edges
        ]
        connection.execute(insert(RecordLink.__table__), links)  # type: ignore[arg-type]


def reachable(start: str, edges: Edges) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += [target for source, target in edges if source == node]
    return found


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES.keys())
def test_a_record_cannot_be_changed(connection: Connection, statement: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"):
        connection.exec_driver_sql(statement)


def test_records_cannot_be_removed_past_the_row_triggers(connection: Connection) -> None:
    """Each engine has a statement of its own that removes rows without a DELETE."""
    statement = {
        "sqlite": "INSERT OR REPLACE INTO records SELECT * FROM records WHERE id = 'r3'",
        "postgresql": "TRUNCATE records CASCADE",
    }[connection.dialect.name]
    with pytest.raises(IntegrityError, match="append-only"):
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE trust_lists SET note = note || 'x'", "DELETE FROM trust_lists"],
    ids=["update", "delete"],
)
def test_a_trust_list_cannot_be_changed(connection: Connection, statement: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"):
        connection.exec_driver_sql(statement)


def test_trust_lists_cannot_be_removed_past_the_row_triggers(connection: Connection) -> None:
    statement = {
        "sqlite": "INSERT OR REPLACE INTO trust_lists SELECT * FROM trust_lists",
        "postgresql": "TRUNCATE trust_lists",
    }[connection.dialect.name]
    with pytest.raises(IntegrityError, match="append-only"):
        connection.exec_driver_sql(statement)


def test_the_unsigned_translation_may_change(connection: Connection) -> None:
    changed = connection.exec_driver_sql("UPDATE records SET translation = '{}' WHERE id = 'r3'")
    assert changed.rowcount == 1


def ids_of(found: Signed) -> set[str]:
    """The local ids of the records that were found."""
    return {url.rpartition("/")[2] for url in found.bodies}


def test_a_chain_of_three_levels_is_found_in_one_statement(database: Database) -> None:
    nodes = ["label", "passport", "event", "certificate", "workshop", "village", "stranger"]
    edges = [
        ("passport", "event"),
        ("passport", "certificate"),
        ("event", "workshop"),
        ("certificate", "workshop"),
        ("workshop", "village"),
        ("label", "passport"),
        ("stranger", "village"),
    ]
    with database.engine.begin() as connection:
        add_graph(connection, nodes, edges)
    with database.read() as session, count_statements(database) as statements:
        found = ids_of(load_signed(session, "passport"))
    assert found == {"passport", "event", "certificate", "workshop", "village"}
    assert len(statements) == 1


def test_a_cycle_ends(database: Database) -> None:
    with database.engine.begin() as connection:
        add_graph(connection, ["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a")])
    with database.read() as session:
        assert ids_of(load_signed(session, "b")) == {"a", "b", "c"}


def test_an_unknown_record_has_no_chain(database: Database) -> None:
    with database.read() as session:
        assert load_signed(session, "nothing") == Signed()


def test_a_record_without_links_is_its_own_chain(database: Database) -> None:
    with database.engine.begin() as connection:
        add_graph(connection, ["alone", "other"], [])
    with database.read() as session:
        assert ids_of(load_signed(session, "alone")) == {"alone"}


def test_a_very_long_chain_is_cut_at_the_far_end(database: Database) -> None:
    nodes = [f"n{number:04}" for number in range(CHAIN_MAX_RECORDS + 20)]
    with database.engine.begin() as connection:
        add_graph(connection, nodes, list(pairwise(nodes)))
    with database.read() as session:
        assert ids_of(load_signed(session, "n0000")) == set(nodes[:CHAIN_MAX_RECORDS])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edges=st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), unique=True))
def test_a_chain_is_what_can_be_reached(database: Database, edges: Edges) -> None:
    proper = [(source, target) for source, target in edges if source != target]
    with database.engine.connect() as connection:
        add_graph(connection, NODES, proper)
        found = load_signed(Session(bind=connection), NODES[0])
    assert ids_of(found) == reachable(NODES[0], proper)


def test_notices_about_any_record_of_the_chain_come_with_what_they_link_to(database: Database) -> None:
    """A correction links to the passport that it replaces, which the newer one's chain does not hold."""
    nodes = ["new", "old", "workshop", "about-old", "about-new", "about-workshop", "about-other", "other"]
    edges = [
        ("new", "workshop"),
        ("old", "workshop"),
        ("about-old", "old"),
        ("about-old", "new"),
        ("about-new", "new"),
        ("about-workshop", "workshop"),
        ("about-other", "other"),
    ]
    notices = [node for node in nodes if node.startswith("about-")]
    with database.engine.begin() as connection:
        add_graph(connection, nodes, edges, notices=notices, successors=[("about-old", "new")])
    expected = set(nodes) - {"about-other", "other"}
    with database.read() as session:
        for asked in ("new", "old"):
            found = load_signed(session, asked)
            assert (ids_of(found), len(found.notices)) == (expected, 3)


CORRECTED = ["third", "second", "first", "first-event", "mend-2", "mend-1", "recall", "finding"]
CORRECTED_EDGES = [
    ("first", "first-event"),
    ("mend-2", "second"),
    ("mend-2", "third"),
    ("mend-1", "first"),
    ("mend-1", "second"),
    ("recall", "first"),
    ("finding", "first-event"),
]


def test_notices_about_what_was_corrected_come_along(database: Database) -> None:
    """Also about what only the corrected body links to, and about the body before that one."""
    with database.engine.begin() as connection:
        add_graph(
            connection,
            CORRECTED,
            CORRECTED_EDGES,
            notices=CORRECTED[4:],
            successors=[("mend-2", "third"), ("mend-1", "second")],
        )
    with database.read() as session, count_statements(database) as statements:
        assert ids_of(load_signed(session, "third")) == set(CORRECTED)
    assert len(statements) == 1


def test_corrections_that_name_a_record_as_successor_hide_no_notice_about_it(database: Database) -> None:
    flood = [f"flood-{number:04}" for number in range(NOTICES_MAX_PER_RECORD + 20)]
    named = [(name, "passport") for name in flood]
    edges = [("passport", "event"), *named, *((name, "other") for name in flood), ("recall", "passport")]
    nodes = ["passport", "event", "other", *flood, "recall"]
    with database.engine.begin() as connection:
        add_graph(connection, nodes, edges, notices=[*flood, "recall"], successors=named)
    with database.read() as session:
        found = load_signed(session, "passport")
    assert b'{"id":"recall"}' in found.notices
    assert {"other", "event"} <= ids_of(found)


def test_a_flood_of_notices_about_one_record_hides_none_about_another(database: Database) -> None:
    flood = [f"flood-{number:04}" for number in range(NOTICES_MAX_PER_RECORD + 20)]
    edges = [("passport", "event"), *((name, "event") for name in flood), ("recall", "passport")]
    with database.engine.begin() as connection:
        add_graph(connection, ["passport", "event", *flood, "recall"], edges, notices=[*flood, "recall"])
    with database.read() as session:
        found = ids_of(load_signed(session, "passport"))
    assert "recall" in found
    # One more than is judged, so that the flooded record counts as unknown.
    assert len(found & set(flood)) == NOTICES_MAX_PER_RECORD + 1


def test_a_later_record_that_is_no_notice_stays_away(database: Database) -> None:
    with database.engine.begin() as connection:
        add_graph(connection, ["village", "workshop"], [("workshop", "village")])
    with database.read() as session:
        assert ids_of(load_signed(session, "village")) == {"village"}


def test_the_newest_version_of_each_issuers_list_comes_along(database: Database) -> None:
    ours, theirs = ISSUER, f"{ISSUER}-2"
    lists = [status_row(ours, 1), status_row(ours, 2), status_row(ours, 1, number=2), status_row(theirs, 1)]
    with database.engine.begin() as connection:
        add_graph(connection, ["a"], [])
        connection.execute(insert(StatusListVersion.__table__), lists)  # type: ignore[arg-type]
    with database.read() as session:
        found = load_signed(session, "a").lists
    assert found == {lists[1]["url"]: lists[1]["body"], lists[2]["url"]: lists[2]["body"]}


def test_the_serials_of_a_lot_come_along(database: Database) -> None:
    with database.engine.begin() as connection:
        fill(connection)
    with database.read() as session:
        assert load_signed(session, "r2", lot_id=1).serials == SERIAL.encode()
        assert load_signed(session, "r2").serials == b""
