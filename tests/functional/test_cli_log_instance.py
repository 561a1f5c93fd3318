"""The log of an instance from the command line: sign, prove, publish, and witnesses by exchange of files."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text

from shop.cli import main
from shop.db.ledger_store import SqlLedgerStore
from shop.db.lots import Record
from shop.db.session import open_database
from tests.conftest import PASSPHRASE, Demo
from traceability.entry import record_entry
from traceability.errors import NotVerified
from traceability.evidence import Reader
from traceability.ledger import note
from traceability.ledger.log import append
from traceability.ledger.merkle import leaf_hash
from traceability.ledger.quorum import Policy
from traceability.ledger.receipt import Receipt, verify_receipt
from traceability.ledger.store import Entry
from traceability.policy import log_policy, open_trust_list
from traceability.roots import parse_roots
from traceability.signing.keys import Ed25519Signer

WITNESS_SEED = {"WITNESS": "33" * 32}


@dataclass(frozen=True, slots=True)
class Instance:
    """A demo of one's own, and its command line."""

    demo: Demo

    def run(self, *arguments: str | Path, stdin: bytes | None = None, **variables: str) -> Result:
        env = {
            "DATABASE_URL": self.demo.database_url,
            "LANGNGHE_DATA_DIR": str(self.demo.folder),
            "LANGNGHE_HEADS_DIR": str(self.demo.folder / "heads"),
            "LANGNGHE_KEY_PASSPHRASE": PASSPHRASE,
            "IDENTITY_HOST": "",
            "XDG_CONFIG_HOME": "/nonexistent",
            **variables,
        }
        result = CliRunner().invoke(main, ["log", *map(str, arguments)], input=stdin, env=env)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    @property
    def policy(self) -> Policy:
        trust = open_trust_list(
            (self.demo.folder / "bundle/trust.txt").read_bytes(),
            parse_roots((self.demo.folder / "roots.txt").read_bytes()),
        )
        found = log_policy(trust)
        assert found is not None
        return found


@pytest.fixture
def instance(own_demo: Demo) -> Instance:
    return Instance(own_demo)


def a_record(demo: Demo) -> bytes:
    database = open_database(demo.database_url)
    with database.read() as session:
        body = session.scalars(select(Record.body).limit(1)).one()
    database.engine.dispose()
    return body


def test_checkpoint_prints_a_head_that_the_policy_accepts(instance: Instance) -> None:
    result = instance.run("checkpoint")
    assert result.exit_code == 0
    head = instance.policy.check(note.parse(result.stdout_bytes))
    value = json.loads(instance.run("checkpoint", "--json").stdout)
    assert (value["size"], value["outcome"]) == (head.checkpoint.size, "verified")
    assert value["checkpoint"].encode() == result.stdout_bytes


def test_checkpoint_signs_nothing_after_a_rollback(instance: Instance) -> None:
    head = instance.run("checkpoint").stdout_bytes
    size = note.parse(head).text.split("\n")[1]
    forget_the_last_entry(instance.demo)
    result = instance.run("checkpoint")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "ROLLBACK" in result.stderr
    assert size in result.stderr


def forget_the_last_entry(demo: Demo) -> None:
    """Takes the newest entry out, as an older copy of the database would be without it."""
    database = open_database(demo.database_url)
    with database.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("DROP FUNCTION log_refuse_change() CASCADE"))
        else:
            connection.execute(text("DROP TRIGGER log_entries_refuse_delete"))
        connection.execute(text("DELETE FROM log_entries WHERE idx = (SELECT max(idx) FROM log_entries)"))
    database.engine.dispose()


def test_checkpoint_without_the_logs_key_is_one_line(instance: Instance) -> None:
    (instance.demo.folder / "keys/log.pem").unlink()
    result = instance.run("checkpoint")
    assert result.exit_code == 2
    assert "NO_LOG_KEY" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("spell", [str, lambda url: url.rpartition("/")[2]], ids=["whole", "last part"])
def test_prove_gives_a_receipt_that_verifies(instance: Instance, spell: Callable[[str], str]) -> None:
    item = Reader(1).read(a_record(instance.demo))
    result = instance.run("prove", spell(item.envelope.id))
    assert result.exit_code == 0
    receipt = Receipt.from_bytes(result.stdout_bytes)
    verify_receipt(receipt, leaf_hash=leaf_hash(record_entry(item).body), policy=instance.policy)


@pytest.mark.parametrize("name", ["nothing", "https://other.example/records/x", "é\u202e"])
def test_prove_of_what_is_not_logged_exits_with_one(instance: Instance, name: str) -> None:
    result = instance.run("prove", name)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "NOT_LOGGED" in result.stderr
    assert result.stderr.count("\n") == 1


def test_publish_writes_what_audit_accepts(instance: Instance, tmp_path: Path) -> None:
    """With no passphrase: publishing needs no key."""
    result = instance.run("publish", tmp_path / "site")
    assert result.exit_code == 0
    assert " files written" in result.stdout
    trust = instance.demo.folder / "bundle/trust.txt"
    audited = instance.run(
        "audit", tmp_path / "site", "--trust", trust, "--root", *roots_options(instance), "--json"
    )
    assert audited.exit_code == 0
    assert json.loads(audited.stdout)["outcome"] == "verified"
    assert ": 0 files written" in instance.run("publish", tmp_path / "site").stdout


def roots_options(instance: Instance) -> list[str]:
    vkeys = [root.vkey for root in parse_roots((instance.demo.folder / "roots.txt").read_bytes())]
    return [part for vkey in vkeys for part in ("--root", vkey)][1:]


def test_publish_never_goes_over_another_log(instance: Instance, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    head = note.sign("other.example/log\n3\n" + "A" * 43 + "=\n", [("other.example/log", other_key())])
    (tmp_path / "site/checkpoint").write_bytes(head)
    result = instance.run("publish", tmp_path / "site")
    assert result.exit_code == 1
    assert "FORK" in result.stderr
    assert (tmp_path / "site/checkpoint").read_bytes() == head


def other_key() -> Ed25519Signer:
    return Ed25519Signer.from_seed(secrets.token_bytes(32))


@pytest.fixture
def witnessed(instance: Instance) -> Instance:
    """An instance whose witness works elsewhere: its key file is gone, its memory and key are ours."""
    (instance.demo.folder / "keys/witness.pem").rename(instance.demo.folder / "witness.pem")
    return instance


def cosign(instance: Instance, request: bytes, *, key: str | Path = "", name: str = "") -> Result:
    folder = instance.demo.folder
    witness = instance.policy.witnesses[0][1]
    options = ("--key", key or folder / "witness.pem", "--name", name or witness.name)
    log = instance.policy.logs[0].vkey
    state = folder / "their-state"
    return instance.run(
        "cosign", "-", *options, "--state", state, "--vkey", log, stdin=request, **WITNESS_SEED
    )


def test_a_head_is_trusted_once_its_witness_has_answered(witnessed: Instance) -> None:
    database = open_database(witnessed.demo.database_url)
    with SqlLedgerStore(database).write() as writer:
        append(writer, [Entry("new", b"new")])
    database.engine.dispose()
    before = witnessed.run("checkpoint")
    assert (before.exit_code, "have yet to cosign" in before.stderr) == (0, True)
    with pytest.raises(NotVerified):
        witnessed.policy.check(note.parse(before.stdout_bytes))
    assert witnessed.run("prove", "new://").exit_code == 1
    answer = cosign(witnessed, witnessed.run("request", "--old", "0").stdout_bytes)
    assert answer.exit_code == 0
    result = witnessed.run("accept-cosignature", "-", stdin=answer.stdout_bytes)
    assert result.exit_code == 0
    assert witnessed.policy.witnesses[0][1].name in result.stdout
    after = witnessed.run("checkpoint")
    assert after.stderr == ""
    witnessed.policy.check(note.parse(after.stdout_bytes))


def test_a_request_from_a_later_size_proves_the_growth(witnessed: Instance) -> None:
    head = note.parse(witnessed.run("checkpoint").stdout_bytes)
    size = int(head.text.split("\n")[1])
    assert cosign(witnessed, witnessed.run("request", "--old", "0").stdout_bytes).exit_code == 0
    again = witnessed.run("request", "--old", str(size))
    assert cosign(witnessed, again.stdout_bytes).exit_code == 0


@pytest.mark.parametrize("old", ["-1", "x", "999999999"])
def test_a_request_from_no_size_is_one_line(instance: Instance, old: str) -> None:
    result = instance.run("request", "--old", old)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1


def test_the_answer_of_an_unknown_witness_is_not_kept(witnessed: Instance) -> None:
    request = witnessed.run("request", "--old", "0").stdout_bytes
    answer = cosign(witnessed, request, key="env:WITNESS", name="stranger.example")
    result = witnessed.run("accept-cosignature", "-", stdin=answer.stdout_bytes)
    assert result.exit_code == 1
    assert "KEY_UNKNOWN" in result.stderr


def test_an_answer_about_another_head_is_not_kept(witnessed: Instance) -> None:
    request = witnessed.run("request", "--old", "0").stdout_bytes
    line = cosign(witnessed, request).stdout
    forged = line[:-10] + ("AAAA" if line[-10:-6] != "AAAA" else "BBBB") + line[-6:]
    result = witnessed.run("accept-cosignature", "-", stdin=forged.encode())
    assert result.exit_code == 1
    assert "BAD_SIGNATURE" in result.stderr


@pytest.mark.parametrize("data", [b"", b"no answer\n", b"\xff", b"\n\n"])
def test_what_is_no_answer_is_one_line(instance: Instance, data: bytes) -> None:
    result = instance.run("accept-cosignature", "-", stdin=data)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
