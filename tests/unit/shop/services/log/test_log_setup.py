"""Opening the log at a start: which keys sign, and what the start refuses with one line."""

import shutil
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text

from shop.commands import demo as demo_command
from shop.commands import serve
from shop.db.instance import InstanceFact
from shop.db.log import LogEntry
from shop.db.lots import TrustList as TrustListRow
from shop.demo.build import build_demo
from shop.errors import ConfigurationError
from shop.wiring import Services, build_services, open_migrated
from tests.conftest import DEMO_HOST, DEMO_NOW, PASSPHRASE, Demo
from tests.simulators.ledger import read_head, read_log_of
from tests.simulators.village import Village, signer
from traceability.bundle import read_bundle
from traceability.ledger import note
from traceability.ledger.audit import audit_files
from traceability.policy import log_policy, open_trust_list
from traceability.roots import parse_roots
from traceability.signing.keys import Ed25519Signer, write_private_key
from traceability.signing.trust_text import write_trust_text


def _refused(demo: Demo, **settings: object) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        build_services(demo.settings(**settings), scans_wait_s=None)
    return caught.value


def _run(command: object, demo: Demo) -> Result:
    env = {
        "DATABASE_URL": demo.database_url,
        "LANGNGHE_DATA_DIR": str(demo.folder),
        "LANGNGHE_KEY_PASSPHRASE": PASSPHRASE,
    }
    return CliRunner().invoke(command, [], env=env)  # type: ignore[arg-type]  # a click command


def _empty_the_log(demo: Demo) -> None:
    """Leaves the database as an older copy would be: without the log's rows."""
    database = open_migrated(demo.settings())
    with database.engine.begin() as connection:
        if database.engine.dialect.name == "sqlite":
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            for (name,) in names.all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for table in ("log_cosignatures", "log_checkpoints", "log_tiles", "log_entries"):
            if database.engine.dialect.name == "postgresql":
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            connection.exec_driver_sql(f"DELETE FROM {table}")
    database.close()


# --- The demo's log ----------------------------------------------------------------------------


def test_demo_logs_its_trust_list_first_and_every_record(services: Services) -> None:
    with services.database.read() as session:
        ids = list(session.scalars(select(LogEntry.entry_id).order_by(LogEntry.idx)))
    latest = services.ledger.latest()
    assert latest is not None
    assert len(ids) == latest.size > 300
    assert ids[0] == f"https://{DEMO_HOST}/trust#1"
    assert len(services.ledger.receipts(ids)) == len(ids)


def test_published_log_of_the_demo_is_whole(demo: Demo) -> None:
    data, _ = read_bundle(demo.folder / "bundle")
    trust = open_trust_list(data, parse_roots((demo.folder / "roots.txt").read_bytes()))
    policy = log_policy(trust)
    assert policy is not None
    assert policy.quorum == "nhan-chung-mau"
    read = read_log_of(demo.folder / "log")
    head = read_head(read, policy)
    assert list(audit_files(read, head.checkpoint.size, head.checkpoint.root)) == []


def test_bundle_holds_a_receipt_of_every_record(demo: Demo) -> None:
    _, evidence = read_bundle(demo.folder / "bundle")
    assert evidence.receipts.keys() >= evidence.records.keys()


def test_start_that_broke_off_before_the_first_head_signs_it(own_demo: Demo) -> None:
    database = open_migrated(own_demo.settings())
    with database.engine.begin() as connection:
        if database.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER log_cosignatures_refuse_delete")
            connection.exec_driver_sql("DROP TRIGGER log_checkpoints_refuse_delete")
        else:
            connection.exec_driver_sql("ALTER TABLE log_cosignatures DISABLE TRIGGER USER")
            connection.exec_driver_sql("ALTER TABLE log_checkpoints DISABLE TRIGGER USER")
        connection.exec_driver_sql("DELETE FROM log_cosignatures")
        connection.exec_driver_sql("DELETE FROM log_checkpoints")
    for name in ("heads", "log"):
        shutil.rmtree(own_demo.folder / name)
    made = build_demo(database, host=DEMO_HOST, folder=own_demo.folder, passphrase=PASSPHRASE, now=DEMO_NOW)
    database.close()
    assert not made
    services = build_services(own_demo.settings(), scans_wait_s=None)
    assert services.ledger.latest() is not None
    assert (own_demo.folder / "log" / "checkpoint").exists()
    services.database.close()


def test_demo_made_before_there_was_a_log_is_refused_in_one_line(own_demo: Demo) -> None:
    village = Village()
    database = open_migrated(own_demo.settings())
    with database.write() as session:
        session.add(TrustListRow(sequence=9, note=_old_note(village), published_at=own_demo.now))
        session.get_one(InstanceFact, "demo_roots").value = "\n".join(root.vkey for root in village.roots)
    database.close()
    (own_demo.folder / "roots.txt").write_text(
        "".join(f"{root.vkey}\n" for root in village.roots), encoding="utf-8"
    )
    for command in (demo_command, serve):
        result = _run(command, own_demo)
        assert result.exit_code == 2
        assert result.stderr.startswith("langnghe: NO_LOG: ")
        assert result.stderr.count("\n") == 1


def _old_note(village: Village) -> str:
    """Gives the village's trust list as a version without a log signed it."""
    body = write_trust_text(replace(village.trust, log_policy=None, sequence=9))
    return note.sign(body, [(f"root-{n}.example", signer(f"root-{n}")) for n in (1, 2)]).decode()


# --- What a start refuses ----------------------------------------------------------------------


def test_rolled_back_database_does_not_start(own_demo: Demo) -> None:
    _empty_the_log(own_demo)
    error = _refused(own_demo)
    assert error.code == "ROLLBACK"
    assert "put back the newest copy of the database" in str(error)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_serving_a_rolled_back_database_is_one_line(own_demo: Demo) -> None:
    database = open_migrated(own_demo.settings())
    database.close()
    memory = next((own_demo.folder / "heads").glob("*.json"))
    memory.rename(memory.with_suffix(".lost"))
    result = _run(serve, own_demo)
    assert result.exit_code == 2
    assert result.stderr.startswith("langnghe: ROLLBACK: ")
    assert result.stderr.count("\n") == 1


def test_lost_heads_do_not_start(own_demo: Demo) -> None:
    shutil.rmtree(own_demo.folder / "heads")
    error = _refused(own_demo)
    assert error.code == "ROLLBACK"
    assert "folder of heads" in str(error)


def test_damaged_memory_does_not_start(own_demo: Demo) -> None:
    next((own_demo.folder / "heads").glob("*.json")).write_text("{}", encoding="ascii")
    assert _refused(own_demo).code == "BAD_NOTE"


def test_heads_may_lie_elsewhere(own_demo: Demo) -> None:
    elsewhere = own_demo.folder.parent / "other disk"
    (own_demo.folder / "heads").rename(elsewhere)
    services = build_services(own_demo.settings(LANGNGHE_HEADS_DIR=elsewhere), scans_wait_s=None)
    assert services.ledger.signs
    services.database.close()


@pytest.mark.parametrize("name", ["log.pem", "witness.pem"])
def test_other_key_does_not_start(own_demo: Demo, name: str) -> None:
    path = own_demo.folder / "keys" / name
    path.unlink()
    write_private_key(path, Ed25519Signer.generate(), PASSPHRASE.encode())
    error = _refused(own_demo)
    assert error.code == "OTHER_LOG_KEY"
    assert name in str(error)


def test_wrong_passphrase_does_not_start_and_is_not_told(own_demo: Demo) -> None:
    error = _refused(own_demo, LANGNGHE_KEY_PASSPHRASE="a wrong secret")
    assert error.code == "LOG_KEY_LOCKED"
    assert "a wrong secret" not in str(error)


def test_missing_passphrase_does_not_start_and_makes_none(own_demo: Demo) -> None:
    assert _refused(own_demo, LANGNGHE_KEY_PASSPHRASE=None).code == "LOG_KEY_LOCKED"
    assert not (own_demo.folder / "passphrase").exists()


def test_demo_opens_its_key_with_its_own_passphrase(own_demo: Demo) -> None:
    (own_demo.folder / "passphrase").write_text(f"{PASSPHRASE}\n", encoding="ascii")
    services = build_services(own_demo.settings(LANGNGHE_KEY_PASSPHRASE=None), scans_wait_s=None)
    assert services.ledger.signs
    services.database.close()


def test_without_the_key_the_log_is_served_and_not_signed(own_demo: Demo) -> None:
    shutil.rmtree(own_demo.folder / "keys")
    services = build_services(own_demo.settings(), scans_wait_s=None)
    assert not services.ledger.signs
    assert services.log_keeper is None
    assert services.ledger.latest() is not None
    services.database.close()


def test_keeper_runs_where_the_shop_serves(own_demo: Demo) -> None:
    services = build_services(own_demo.settings())
    assert services.log_keeper is not None
    services.close()
