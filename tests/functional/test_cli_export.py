"""`record export`: a record in the forms of others, and tokens back through `record verify`."""

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from tests.simulators import command_line
from tests.simulators.village import NOW, Village, did, signer, url
from traceability.bundle import write_bundle
from traceability.clock import format_instant
from traceability.export.jwt import read_jwt, write_jwt
from traceability.records.canonical import canonical, parse
from traceability.signing.keys import write_private_key

VILLAGE = Village().issue_all()
AT = format_instant(NOW)
KEY = signer(f"{did('workshop')}#record")
TOKEN = write_jwt(VILLAGE.records["passport"].data, KEY)
run = partial(command_line.run, "record", LANGNGHE_KEY_PASSPHRASE="for tests")


def is_one_line(result: Result) -> bool:
    return result.stderr.startswith("error: ") and result.stderr.count("\n") == 1


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """The folder of the village's records."""
    write_bundle(tmp_path, **VILLAGE.bundle_parts())
    return tmp_path / "records"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The workshop's private key in a file."""
    path = tmp_path / "workshop.pem"
    write_private_key(path, KEY, b"for tests")
    return path


# --- Tokens ---------------------------------------------------------------------------------------------


def test_a_record_is_written_as_a_token(records: Path, key: Path) -> None:
    result = run("export", records / "passport.json", "--as", "jwt", "--key", key)
    assert result.exit_code == 0
    assert result.stdout_bytes == TOKEN


def test_a_token_goes_to_a_file_as_it_is(records: Path, key: Path, tmp_path: Path) -> None:
    out = tmp_path / "passport.jwt"
    result = run("export", records / "passport.json", "--as", "jwt", "--key", key, "--out", out)
    assert (result.exit_code, result.stdout) == (0, "")
    assert out.read_bytes() == TOKEN


def test_a_record_may_come_from_stdin() -> None:
    data = VILLAGE.records["village"].data
    seed = hashlib.sha256(f"{did('province')}#record".encode()).hexdigest()
    result = run("export", "-", "--as", "jwt", "--key", "env:SEED", stdin=data, SEED=seed)
    assert result.exit_code == 0
    assert read_jwt(result.stdout_bytes).envelope.id == url("village")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--as", "jwt"), "--key"),
        (("--as", "epcis", "--key", "env:SEED"), "--key"),
        (("--as", "jwt", "--key", "env:SEED"), "KEY_NOT_AUTHORISED"),
        (("--as", "jwt", "--key", "env:OTHER"), "KEY_UNAVAILABLE"),
        (("--as", "pdf"), "no PDF of a record yet"),
        (("--as", "cbor"), "--as"),
        ((), "--as"),
    ],
)
def test_wrong_usage_is_one_line(records: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run("export", records / "passport.json", *arguments, SEED="22" * 32)
    assert (result.exit_code, result.stdout) == (2, "")
    assert is_one_line(result)
    assert said in result.stderr


def test_the_help_says_that_there_is_no_pdf_yet() -> None:
    assert "pdf is not made yet" in run("export", "--help").stdout


# --- EPCIS and linkset ----------------------------------------------------------------------------------


def exported(*arguments: str | Path) -> dict[str, Any]:
    result = run("export", *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    value = parse(result.stdout_bytes)
    assert canonical(value) == result.stdout_bytes
    return value


@pytest.mark.parametrize("name", ["event", "passport"])
def test_an_event_and_a_lot_give_an_epcis_document(records: Path, name: str) -> None:
    document = exported(records / f"{name}.json", "--as", "epcis")
    assert document["type"] == "EPCISDocument"
    assert [event["eventID"] for event in document["epcisBody"]["eventList"]] == [f"{url('event')}#event"]


def test_a_lot_gives_a_linkset(records: Path) -> None:
    lot, product = exported(records / "passport.json", "--as", "linkset")["linkset"]
    assert [link["href"] for link in lot["dte"]] == [url("event")]
    assert [link["href"] for link in product["dcc"]] == [url("certificate")]


def test_linked_records_may_lie_in_another_folder(records: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone" / "passport.json"
    alone.parent.mkdir()
    alone.write_bytes(VILLAGE.records["passport"].data)
    (lot, _) = exported(alone, "--as", "linkset", "--records", records)["linkset"]
    assert "dte" in lot


def test_a_link_that_leads_nowhere_is_named(records: Path) -> None:
    (records / "event.json").unlink()
    result = run("export", records / "passport.json", "--as", "linkset")
    assert result.exit_code == 0
    assert f"warning: {url('event')} left out: LINK_MISSING" in result.stderr


@pytest.mark.parametrize(
    ("name", "form", "said"),
    [("village", "epcis", "VillageRecognition"), ("event", "linkset", "TraceEvent")],
)
def test_a_record_of_another_kind_has_no_such_form(records: Path, name: str, form: str, said: str) -> None:
    result = run("export", records / f"{name}.json", "--as", form)
    assert (result.exit_code, result.stdout) == (2, "")
    assert is_one_line(result)
    assert said in result.stderr


def test_a_lot_without_its_events_makes_no_epcis_document(records: Path) -> None:
    (records / "event.json").unlink()
    result = run("export", records / "passport.json", "--as", "epcis")
    assert result.exit_code == 2
    assert "there is no event" in result.stderr


@pytest.mark.parametrize("form", ["epcis", "linkset"])
@pytest.mark.parametrize(
    "data", [b"", b"{}", b"\xff", TOKEN, VILLAGE.records["passport"].data[:-1]], ids=range(5)
)
def test_what_is_no_record_has_no_form(form: str, data: bytes) -> None:
    result = run("export", "-", "--as", form, stdin=data)
    assert (result.exit_code, result.stdout) == (2, "")
    assert is_one_line(result)


@given(data=st.binary(max_size=100), form=st.sampled_from(["epcis", "linkset"]))
def test_any_bytes_end_in_one_line(data: bytes, form: str) -> None:
    result = run("export", "-", "--as", form, stdin=data)
    assert result.exit_code == 2
    assert is_one_line(result)


# --- Tokens, verified -----------------------------------------------------------------------------------


def verify(token: bytes, records: Path, *arguments: str | Path) -> tuple[int, dict[str, Any]]:
    path = records.parent / "token.jwt"
    path.write_bytes(token)
    result = run("verify", path, "--at", AT, "--json", *arguments)
    return result.exit_code, json.loads(result.stdout)


def test_a_token_is_verified_with_its_chain(records: Path) -> None:
    status, value = verify(TOKEN, records, "--trust", records.parent / "trust.txt", "--records", records)
    assert (status, value["outcome"], value["reasons"]) == (0, "verified", [])
    assert len(value["chain"]) == 5


def test_a_newline_at_the_end_of_the_file_does_no_harm(records: Path) -> None:
    trust = records.parent / "trust.txt"
    assert verify(TOKEN + b"\r\n", records, "--trust", trust, "--records", records)[0] == 0


def test_a_token_without_its_record_is_unknown(records: Path) -> None:
    status, value = verify(TOKEN, records, "--trust", records.parent / "trust.txt")
    assert (status, value["outcome"], value["reasons"]) == (1, "unknown", ["LINK_MISSING"])


def test_a_changed_token_is_invalid(records: Path) -> None:
    head, payload, signature = TOKEN.split(b".")
    changed = b".".join((head, payload, signature[:-2] + b"AA"))
    trust = records.parent / "trust.txt"
    status, value = verify(changed, records, "--trust", trust, "--records", records)
    assert (status, value["outcome"], value["reasons"]) == (1, "invalid", ["BAD_SIGNATURE"])


def test_a_token_is_checked_with_given_keys(records: Path, tmp_path: Path) -> None:
    name = f"{did('workshop')}#record"
    entry = {"controller": did("workshop"), "publicKeyMultibase": KEY.public_key.multibase}
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({name: entry}), "utf-8")
    assert verify(TOKEN, records, "--keys", keys)[1]["outcome"] == "verified"
    keys.write_text("{}", "utf-8")
    assert verify(TOKEN, records, "--keys", keys)[1]["reasons"] == ["KEY_UNKNOWN"]


def test_a_token_without_trust_or_keys_is_unknown(records: Path) -> None:
    assert verify(TOKEN, records)[1]["reasons"] == ["NO_TRUST_LIST"]


def test_a_token_of_no_record_of_ours_is_invalid_even_without_keys(records: Path) -> None:
    assert verify(TOKEN.rpartition(b".")[0], records)[1]["outcome"] == "invalid"
