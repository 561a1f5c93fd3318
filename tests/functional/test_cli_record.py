"""`record sign`, `record verify`, `record profile`: outcomes, exit statuses, what goes to which stream."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import example, given
from hypothesis import strategies as st

from tests.simulators.command_line import objects, run
from tests.simulators.forgery import relogged
from tests.simulators.village import NOW, Village, did, signer
from traceability.base58 import encode_multibase
from traceability.bundle import write_bundle
from traceability.cli.output import Judged, Printer
from traceability.clock import format_instant, parse_instant
from traceability.errors import Reason
from traceability.ledger import note
from traceability.records.canonical import canonical
from traceability.roots import roots_fingerprint
from traceability.signing.trust import Revocation
from traceability.verdict import Check, CheckStatus, Verdict

SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "data" / "sample-records"
AT = "2026-11-22T09:00:00Z"
SEED = {"SEED": "22" * 32}
# y = 0 is a point of order four.
WEAK_KEY = json.dumps(
    {
        "did:web:a#k": {
            "controller": "did:web:a",
            "publicKeyMultibase": encode_multibase(b"\xed\x01" + bytes(32)),
        }
    }
).encode()


def write(folder: Path, village: Village) -> Path:
    write_bundle(
        folder,
        **village.bundle_parts(),
    )
    return folder


@pytest.fixture(scope="module")
def village() -> Village:
    return Village().issue_all()


@pytest.fixture
def bundle(tmp_path: Path, village: Village) -> Path:
    return write(tmp_path / "bundle", village)


Verify = Callable[..., Result]
Renew = Callable[[str], None]


@pytest.fixture
def renewed(bundle: Path, village: Village) -> Renew:
    """Signs the bundle's status lists anew at another time, and logs them."""

    def renew(at: str) -> None:
        evidence = relogged(village, village.evidence, at=parse_instant(at))
        parts = {"receipts": evidence.receipts, "status_lists": evidence.status_lists}
        write_bundle(bundle, **{**village.bundle_parts(), **parts})

    return renew


@pytest.fixture
def verify(bundle: Path) -> Verify:
    """Verifies the lot's passport with the bundle's trust list; further arguments come last."""

    def call(*arguments: str | Path, file: str | Path = "", at: str = AT) -> Result:
        name = file or bundle / "records" / "passport.json"
        return run("record", "verify", name, "--trust", bundle / "trust.txt", "--at", at, *arguments)

    return call


def only(result: Result) -> dict[str, Any]:
    (value,) = objects(result)
    return value


# Verify with a trust list


def test_a_good_passport_is_verified_with_its_chain(verify: Verify) -> None:
    result = verify("--json")
    value = only(result)
    assert result.exit_code == 0
    assert (value["outcome"], value["reasons"]) == ("verified", [])
    assert [item["type"] for item in value["chain"]] == [
        "LotPassport",
        "TraceEvent",
        "Certificate",
        "WorkshopRecord",
        "VillageRecognition",
    ]
    assert value["chain"][0] == {
        "id": "https://village.example/records/passport",
        "type": "LotPassport",
        "issuer": did("workshop"),
        "signer": "workshop (mẫu)",
        "role": "workshop",
        "level": "self_declared",
        "date": "2026-10-23",
        "signed": "2026-11-22",
    }


def test_each_check_has_the_members_of_the_contract(verify: Verify) -> None:
    for check in only(verify("--json"))["checks"]:
        assert {"id", "status", "reason", "detail"} <= check.keys()


def test_the_text_begins_with_shape_and_outcome_and_ends_with_the_limits(verify: Verify) -> None:
    lines = verify().stdout.splitlines()
    assert lines[0].startswith("✓ VERIFIED")
    assert "Hồ sơ còn nguyên vẹn" in lines[1]
    assert "intact" in lines[2]
    assert lines[-1].startswith("Not proven:")
    assert any("8-scans  NO_SCAN_SIGNALS_YET" in line for line in lines)


def test_no_colour_where_stdout_is_no_terminal(verify: Verify) -> None:
    assert "\x1b" not in verify().output


def test_the_fingerprint_of_the_roots_goes_to_stderr_and_says_where_they_lay(verify: Verify) -> None:
    result = verify("--json")
    assert "compare this fingerprint with a printed one" in result.stderr
    assert "roots: " not in result.stdout


def test_receipts_may_lie_elsewhere(bundle: Path, verify: Verify, tmp_path: Path) -> None:
    elsewhere = (bundle / "receipts").rename(tmp_path / "elsewhere")
    assert only(verify("--json"))["reasons"] == ["NOT_LOGGED"]
    assert only(verify("--json", "--receipts", elsewhere))["outcome"] == "verified"


def test_one_changed_character_is_a_bad_signature(bundle: Path, verify: Verify) -> None:
    path = bundle / "records" / "passport.json"
    path.write_bytes(path.read_bytes().replace("Bình mẫu".encode(), "Bình mấu".encode()))
    result = verify("--json")
    value = only(result)
    assert result.exit_code == 1
    assert (value["outcome"], value["reasons"]) == ("invalid", ["BAD_SIGNATURE", "BAD_RECEIPT"])
    assert value["chain"][0]["signer"] is None
    assert value["chain"][0]["level"] is None


def test_a_record_that_was_only_indented_anew_is_the_same_record(bundle: Path, verify: Verify) -> None:
    path = bundle / "records" / "passport.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()), indent=4))
    assert verify().exit_code == 0


def test_a_changed_linked_record_is_found(bundle: Path, verify: Verify) -> None:
    path = bundle / "records" / "village.json"
    path.write_bytes(path.read_bytes().replace("Làng Mẫu".encode(), "Làng Mấu".encode()))
    result = verify("--json")
    assert result.exit_code == 1
    assert "LINK_DIGEST_MISMATCH" in only(result)["reasons"]


def test_a_linked_record_that_is_not_at_hand_leaves_it_unknown(bundle: Path, verify: Verify) -> None:
    (bundle / "records" / "village.json").unlink()
    result = verify("--json")
    value = only(result)
    assert result.exit_code == 1
    assert value["outcome"] == "unknown"
    assert "LINK_MISSING" in value["reasons"]


def test_linked_records_are_looked_for_where_it_was_said(
    bundle: Path, tmp_path: Path, verify: Verify
) -> None:
    alone = tmp_path / "alone" / "p.json"
    alone.parent.mkdir()
    alone.write_bytes((bundle / "records" / "passport.json").read_bytes())
    assert verify(file=alone).exit_code == 1
    assert verify("--records", bundle / "records", file=alone).exit_code == 0


def test_a_file_of_the_folder_that_is_no_record_is_named_and_left_out(bundle: Path, verify: Verify) -> None:
    (bundle / "records" / "junk.json").write_bytes(b"junk")
    result = verify()
    assert result.exit_code == 0
    assert "junk.json left out: NOT_JSON" in result.stderr


def test_stdin_is_read_for_a_dash(bundle: Path, village: Village) -> None:
    result = run(
        "record",
        "verify",
        "-",
        "--trust",
        bundle / "trust.txt",
        "--records",
        bundle / "records",
        "--at",
        AT,
        stdin=village.records["passport"].data,
    )
    assert result.exit_code == 0


def test_a_list_a_little_too_old_asks_for_caution(verify: Verify, renewed: Renew) -> None:
    renewed("2027-11-25T00:00:00Z")
    result = verify("--json", at="2027-11-25T00:00:00Z")
    value = only(result)
    assert result.exit_code == 1
    assert (value["outcome"], value["reasons"]) == ("caution", ["TRUST_LIST_STALE"])


@pytest.mark.parametrize("at", ["2029-01-01T00:00:00Z", "9900-12-31T23:59:59Z"])
def test_far_in_the_future_the_list_is_stale(verify: Verify, at: str) -> None:
    result = verify("--json", at=at)
    value = only(result)
    assert result.exit_code == 1
    assert value["outcome"] == "unknown"
    assert "TRUST_LIST_STALE" in value["reasons"]


def test_a_revoked_key_is_told(tmp_path: Path) -> None:
    village = Village().issue_all()
    entry = village.keys["workshop#record"]
    village.keys["workshop#record"] = replace(entry, revoked=Revocation("compromised", NOW))
    folder = write(tmp_path / "bundle", village)
    result = run(
        "record",
        "verify",
        folder / "records" / "passport.json",
        "--trust",
        folder / "trust.txt",
        "--json",
        "--at",
        AT,
    )
    assert result.exit_code == 1
    assert only(result)["reasons"] == ["KEY_REVOKED", "STATUS_UNKNOWN"]


def test_the_worst_of_several_files_gives_the_exit_status(
    bundle: Path, tmp_path: Path, verify: Verify
) -> None:
    bad, missing = tmp_path / "bad.json", tmp_path / "missing.json"
    bad.write_bytes(b"{}")
    assert verify(bundle / "records" / "village.json").exit_code == 0
    assert verify(bad).exit_code == 1
    result = verify(bad, missing, "--json")
    assert result.exit_code == 2
    assert [item["outcome"] for item in objects(result)] == ["verified", "invalid", "unknown"]


@pytest.mark.parametrize(
    ("status", "reason", "outcome", "shape"),
    [
        (CheckStatus.FAILED, Reason.REVOKED, "revoked", "✗"),
        (CheckStatus.FAILED, Reason.BAD_SIGNATURE, "invalid", "✗"),
        (CheckStatus.FAILED, Reason.STATUS_UNKNOWN, "unknown", "?"),
        (CheckStatus.CAUTION, Reason.EXPIRED, "caution", "!"),
    ],
)
def test_every_outcome_but_verified_exits_with_one(
    capsys: pytest.CaptureFixture[str], status: CheckStatus, reason: Reason, outcome: str, shape: str
) -> None:
    printer = Printer(as_json=False)
    printer.show(Judged("x", Verdict((Check("7-status", status, "said so", reason),))))
    assert printer.exit_code == 1
    assert capsys.readouterr().out.startswith(f"{shape} {outcome.upper()}")


def test_people_read_every_time_in_viet_nam(capsys: pytest.CaptureFixture[str]) -> None:
    said = "it held until 2026-11-22T20:30:00Z"
    verdict = Verdict((Check("7-status", CheckStatus.FAILED, said, Reason.EXPIRED),))
    Printer(as_json=False).show(Judged("x", verdict))
    assert "it held until 2026-11-23T03:30:00+07:00" in capsys.readouterr().out
    Printer(as_json=True).show(Judged("x", verdict))
    assert said in capsys.readouterr().out


def test_names_in_records_cannot_steer_the_terminal(bundle: Path, village: Village, verify: Verify) -> None:
    document = dict(village.records["village"].document)
    document["name"] = "\x1b[31mđỏ\u202e\u009b"
    path = bundle / "records" / "z.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    result = verify(file=path)
    assert result.exit_code == 1
    assert "BAD_RECORD" in result.output
    assert not any(char in result.output for char in "\x1b\u202e\u009b")


# Roots and trust lists


def test_roots_given_on_the_command_line_come_first(bundle: Path, village: Village, verify: Verify) -> None:
    (bundle / "roots.txt").write_text("junk")
    options = [part for root in village.roots for part in ("--root", root.vkey)]
    result = verify(*options)
    assert result.exit_code == 0
    assert "from the command line" in result.stderr


def test_the_file_of_the_roots_is_given_whole(bundle: Path, village: Village, verify: Verify) -> None:
    given = (bundle / "roots.txt").rename(bundle / "printed.txt")
    result = verify("--root", given)
    assert (result.exit_code, "warning" in result.stderr) == (0, False)
    assert f"fingerprint {roots_fingerprint(village.roots)}; from the command line" in result.stderr


def test_one_root_of_those_that_signed_gets_a_warning(village: Village, verify: Verify) -> None:
    result = verify("--root", village.roots[0].vkey)
    assert "warning: 2 roots signed the list, and 1 was given: give the whole roots.txt" in result.stderr


def test_roots_pinned_by_the_user_come_before_those_beside_the_list(
    bundle: Path, tmp_path: Path, village: Village
) -> None:
    pinned = tmp_path / "settings" / "langnghe" / "roots.txt"
    pinned.parent.mkdir(parents=True)
    pinned.write_text("".join(f"{root.vkey}\n" for root in village.roots))
    (bundle / "roots.txt").write_text("junk")
    result = run(
        "record",
        "verify",
        bundle / "records" / "passport.json",
        "--trust",
        bundle / "trust.txt",
        "--at",
        AT,
        XDG_CONFIG_HOME=str(tmp_path / "settings"),
    )
    assert result.exit_code == 0
    assert "pinned in" in result.stderr
    assert "beside" not in result.stderr


def test_the_fingerprint_does_not_depend_on_order_or_place(village: Village, verify: Verify) -> None:
    options = [part for root in reversed(village.roots) for part in ("--root", root.vkey)]
    fingerprints = {result.stderr.split("fingerprint ")[1][:16] for result in (verify(), verify(*options))}
    assert len(fingerprints) == 1


def test_a_list_signed_by_other_roots_is_not_verified(bundle: Path, verify: Verify) -> None:
    stranger = note.Verifier("root-1.example", signer("stranger").public_key).vkey
    result = verify("--json", "--root", stranger)
    value = only(result)
    assert result.exit_code == 1
    assert (value["input"], value["outcome"]) == (str(bundle / "trust.txt"), "invalid")
    assert value["reasons"] == ["KEY_UNKNOWN"]


def test_a_list_signed_by_one_root_of_three_is_not_verified(
    bundle: Path, village: Village, verify: Verify
) -> None:
    (bundle / "trust.txt").write_bytes(village.trust_note((1,)))
    assert verify().exit_code == 1


def test_a_changed_list_is_not_verified(bundle: Path, verify: Verify) -> None:
    path = bundle / "trust.txt"
    path.write_bytes(path.read_bytes().replace(b'"role":"workshop"', b'"role":"province"', 1))
    result = verify("--json")
    assert result.exit_code == 1
    assert only(result)["reasons"] == ["BAD_SIGNATURE"]


def test_a_list_that_is_no_note_is_unreadable(bundle: Path, verify: Verify) -> None:
    (bundle / "trust.txt").write_bytes(b"hello")
    result = verify()
    assert result.exit_code == 2
    assert "BAD_NOTE" in result.stderr


def test_without_any_roots_nothing_is_judged(bundle: Path, verify: Verify) -> None:
    (bundle / "roots.txt").unlink()
    result = verify()
    assert result.exit_code == 2
    assert "no root keys" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("text", [b"junk", b"# only a comment\n", b"\xff"])
def test_roots_that_are_none_are_one_line(bundle: Path, verify: Verify, text: bytes) -> None:
    (bundle / "roots.txt").write_bytes(text)
    result = verify()
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


# Verify with keys, or with nothing


def sample(name: str) -> Path:
    path = SAMPLES / name
    if not path.is_file():
        pytest.skip("the sample records are not here")
    return path


RECORDS = ["a-facility-dfr.json", "b-ocop-dcc.json", "c-event-dte.json", "c-make-dte.json", "d-lot-dpp.json"]


@pytest.mark.parametrize("name", RECORDS)
def test_records_made_elsewhere_verify_with_their_keys(name: str) -> None:
    result = run("record", "verify", sample(name), "--keys", sample("keys.json"), "--at", AT, "--json")
    value = only(result)
    assert result.exit_code == 0
    assert value["outcome"] == "verified"
    assert {check["status"] for check in value["checks"]} == {"passed", "skipped"}


def test_with_keys_the_text_says_that_the_chain_was_not_checked() -> None:
    result = run("record", "verify", sample(RECORDS[0]), "--keys", sample("keys.json"), "--at", AT)
    assert "the chain and the right to sign were not checked" in result.stdout


@pytest.fixture
def keys(tmp_path: Path, village: Village) -> Path:
    path = tmp_path / "keys.json"
    methods = [entry.method for entry in village.keys.values()]
    path.write_text(
        json.dumps(
            {m.id: {"controller": m.controller, "publicKeyMultibase": m.key.multibase} for m in methods}
        )
    )
    return path


def with_keys(keys: Path, data: bytes, at: str = AT) -> Result:
    return run("record", "verify", "-", "--keys", keys, "--at", at, "--json", stdin=data)


def test_with_keys_a_changed_record_is_a_bad_signature(keys: Path, village: Village) -> None:
    data = village.records["passport"].data.replace("Bình mẫu".encode(), "Bình mấu".encode())
    result = with_keys(keys, data)
    assert result.exit_code == 1
    assert only(result)["reasons"] == ["BAD_SIGNATURE"]


def test_with_keys_a_key_that_is_not_among_them_is_unknown(tmp_path: Path, village: Village) -> None:
    (tmp_path / "none.json").write_text("{}")
    result = with_keys(tmp_path / "none.json", village.records["passport"].data)
    assert result.exit_code == 1
    assert only(result)["reasons"] == ["KEY_UNKNOWN"]


def test_with_keys_a_record_without_proof_has_none(keys: Path, village: Village) -> None:
    document = dict(village.records["passport"].document)
    del document["proof"]
    assert only(with_keys(keys, canonical(document)))["reasons"] == ["NO_PROOF"]


def test_with_keys_dates_are_judged(keys: Path, village: Village) -> None:
    data = village.records["certificate"].data
    assert only(with_keys(keys, data, "2020-01-01T00:00:00Z"))["reasons"] == ["NOT_YET_VALID"]
    assert only(with_keys(keys, data, "2040-01-01T00:00:00Z"))["reasons"] == ["EXPIRED"]


@pytest.mark.parametrize(
    "text",
    [
        b"junk",
        b"[]",
        b'{"did:web:a#k": 1}',
        b'{"did:web:a#k": {"controller": "did:web:a"}}',
        b'{"did:web:a#k": {"controller": "did:web:a", "publicKeyMultibase": "zzz"}}',
        WEAK_KEY,
    ],
    ids=["no JSON", "no object", "no method", "no key", "no base58", "weak key"],
)
def test_keys_that_are_none_are_one_line(tmp_path: Path, village: Village, text: bytes) -> None:
    (tmp_path / "keys.json").write_bytes(text)
    result = with_keys(tmp_path / "keys.json", village.records["passport"].data)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_without_trust_or_keys_nothing_is_verified(bundle: Path) -> None:
    result = run("record", "verify", bundle / "records" / "passport.json", "--json")
    value = only(result)
    assert result.exit_code == 1
    assert (value["outcome"], value["reasons"]) == ("unknown", ["NO_TRUST_LIST"])


# Wrong usage and unreadable input


@pytest.mark.parametrize(
    "arguments",
    [
        ["record", "verify"],
        ["record", "verify", "x.json", "--at", "yesterday"],
        ["record", "verify", "x.json", "--at", "2026-11-22T08:00:00"],
        ["record", "verify", "x.json", "--trust", "nowhere.txt"],
        ["record", "verify", "x.json", "--records", "nowhere"],
        ["record", "verify", "x.json", "--root", "a+b+c"],
        ["record", "verify", "x.json", "--colour"],
        ["record", "vary", "x.json"],
        ["recor"],
        ["record", "sign", "x.json"],
        ["record", "profile", "x.json"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_on_stderr(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_trust_and_keys_together_are_wrong_usage(bundle: Path, keys: Path, verify: Verify) -> None:
    assert verify("--keys", keys).exit_code == 2


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    result = run("record", "verify", tmp_path / "nowhere.json")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "NOT_JSON"), (b"\xff\xfe", "NOT_JSON"), (b"{", "NOT_JSON"), (b" " * 65_537, "TOO_LARGE")],
    ids=["empty", "not UTF-8", "half", "large"],
)
def test_what_is_no_json_at_all_is_one_line_and_an_object(data: bytes, reason: str) -> None:
    result = run("record", "verify", "-", stdin=data)
    assert result.exit_code == 2
    assert reason in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert only(run("record", "verify", "-", "--json", stdin=data))["reasons"] == [reason]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[]", "NOT_STRICT_JSON"),
        (b'{"a":1,"a":1}', "DUPLICATE_MEMBER"),
        (b'{"a":NaN}', "NOT_STRICT_JSON"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "TOO_DEEP"),
        ('{"a":"e\u0302"}'.encode(), "NOT_NFC"),
        (b"{}", "BAD_RECORD"),
    ],
)
def test_json_that_is_no_record_was_checked_and_is_invalid(data: bytes, reason: str) -> None:
    result = run("record", "verify", "-", "--json", stdin=data)
    assert result.exit_code == 1
    assert only(result)["reasons"] == [reason]


@given(data=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
@example(data=b'{"id":"\\ud800"}')
@example(data=b"[" * 10_000)
def test_any_bytes_as_a_record_end_in_one_or_two(data: bytes) -> None:
    for command in (["verify"], ["profile", "--profile", "VN_TT02_2024"], ["sign", "--key", "env:SEED"]):
        result = run("record", command[0], "-", *command[1:], stdin=data, **SEED)
        assert result.exit_code in {1, 2}
        assert "Traceback" not in result.output


@given(data=st.data())
def test_any_changed_byte_of_a_record_ends_in_one_or_two(village: Village, data: st.DataObject) -> None:
    original = village.records["passport"].data
    at = data.draw(st.integers(0, len(original) - 1))
    changed = bytearray(original)
    changed[at] ^= data.draw(st.integers(1, 255))
    result = run("record", "verify", "-", "--json", stdin=bytes(changed))
    assert result.exit_code in {1, 2}
    assert only(result)["outcome"] != "verified"


# Sign


@pytest.fixture
def template(tmp_path: Path, village: Village) -> Path:
    document = {name: value for name, value in village.records["village"].document.items() if name != "proof"}
    document["id"] = "https://new.example/records/village"
    document["issuer"] = {**document["issuer"], "id": "did:web:new.example"}
    path = tmp_path / "template.json"
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")
    return path


def keys_of_seed(tmp_path: Path) -> Path:
    shown = run("key", "show", "env:SEED", **SEED).stdout
    multibase = shown.splitlines()[1].removeprefix("multibase: ")
    path = tmp_path / "seed.json"
    path.write_text(
        json.dumps(
            {
                "did:web:new.example#key-1": {
                    "controller": "did:web:new.example",
                    "publicKeyMultibase": multibase,
                }
            }
        )
    )
    return path


def test_a_signed_template_verifies_and_is_canonical(template: Path, tmp_path: Path) -> None:
    today = format_instant(datetime.now(UTC))
    result = run("record", "sign", template, "--key", "env:SEED", "--created", today, **SEED)
    assert result.exit_code == 0
    assert result.stderr == ""
    document = json.loads(result.stdout_bytes)
    assert canonical(document) == result.stdout_bytes
    assert document["proof"]["verificationMethod"] == "did:web:new.example#key-1"
    assert document["proof"]["created"] == today
    assert with_keys(keys_of_seed(tmp_path), result.stdout_bytes).exit_code == 0


def test_the_same_key_and_time_sign_the_same_bytes_into_a_file(template: Path, tmp_path: Path) -> None:
    today = format_instant(datetime.now(UTC))
    arguments = ("record", "sign", template, "--key", "env:SEED", "--created", today)
    out = tmp_path / "signed.json"
    result = run(*arguments, "--out", out, **SEED)
    assert result.stdout == ""
    assert out.read_bytes() == run(*arguments, **SEED).stdout_bytes


@pytest.mark.parametrize("days", [-2, 2])
def test_a_record_is_not_dated_back_or_forward(template: Path, days: int) -> None:
    other = format_instant(datetime.now(UTC) + timedelta(days=days))
    result = run("record", "sign", template, "--key", "env:SEED", "--created", other, **SEED)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "BAD_TIME" in result.stderr


def test_a_method_of_another_issuer_is_refused(template: Path) -> None:
    result = run(
        "record", "sign", template, "--key", "env:SEED", "--method", "did:web:other.example#k", **SEED
    )
    assert result.exit_code == 2
    assert "ISSUER_MISMATCH" in result.stderr
    assert result.stdout == ""


def test_a_record_with_a_proof_is_not_signed_again(template: Path) -> None:
    once = run("record", "sign", template, "--key", "env:SEED", **SEED).stdout_bytes
    result = run("record", "sign", "-", "--key", "env:SEED", stdin=once, **SEED)
    assert result.exit_code == 2
    assert "BAD_PROOF_TYPE" in result.stderr


def test_a_template_that_grows_too_large_is_refused(template: Path) -> None:
    document = json.loads(template.read_bytes())
    document["name"] = "a" * 63_900
    result = run("record", "sign", "-", "--key", "env:SEED", stdin=canonical(document), **SEED)
    assert result.exit_code == 2
    assert "TOO_LARGE" in result.stderr


def test_a_record_of_no_kind_of_ours_is_signed_with_a_warning(template: Path) -> None:
    document = json.loads(template.read_bytes())
    del document["credentialSubject"]["ln:origin"]
    result = run("record", "sign", "-", "--key", "env:SEED", stdin=canonical(document), **SEED)
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: ")


def test_an_output_that_cannot_be_written_is_one_line(template: Path, tmp_path: Path) -> None:
    result = run("record", "sign", template, "--key", "env:SEED", "--out", tmp_path / "no" / "x.json", **SEED)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


# Profile


def profile(bundle: Path, name: str, *arguments: str) -> Result:
    return run("record", "profile", bundle / "records" / "passport.json", "--profile", name, *arguments)


def test_a_passport_with_all_required_fields_exits_with_zero(bundle: Path) -> None:
    result = profile(bundle, "CRAFT_ORIGIN_V1", "--json")
    value = only(result)
    assert result.exit_code == 0
    assert value["missing"] == []
    assert {field["field"]: field["status"] for field in value["fields"]}["village"] == "ok"


def test_a_missing_required_field_exits_with_one_and_names_its_source(bundle: Path) -> None:
    result = profile(bundle, "VN_TT02_2024")
    assert result.exit_code == 1
    assert "✗ missing        Hình ảnh sản phẩm / Product images" in result.stdout
    assert "Thông tư 02/2024/TT-BKHCN" in result.stdout
    assert "signatures were not checked here" in result.stdout


def test_an_unknown_profile_is_one_line_with_the_known_ones(bundle: Path) -> None:
    result = profile(bundle, "VN_TT99")
    assert result.exit_code == 2
    assert "UNKNOWN_PROFILE" in result.stderr
    assert "VN_DPP_ND37_2026" in result.stderr


def test_only_records_that_are_linked_by_digest_count(bundle: Path) -> None:
    path = bundle / "records" / "workshop.json"
    path.write_bytes(path.read_bytes().replace("Xưởng mẫu".encode(), "Xưởng mấu".encode()))
    result = profile(bundle, "VN_DPP_ND37_2026", "--json")
    assert result.exit_code == 1
    assert "LINK_DIGEST_MISMATCH" in result.stderr
    assert "producer_name" in only(result)["missing"]


def test_linked_records_of_a_profile_may_lie_elsewhere(bundle: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone" / "p.json"
    alone.parent.mkdir()
    alone.write_bytes((bundle / "records" / "passport.json").read_bytes())
    arguments = ("record", "profile", alone, "--profile", "CRAFT_ORIGIN_V1")
    result = run(*arguments)
    assert result.exit_code == 1
    assert "LINK_MISSING" in result.stderr
    assert run(*arguments, "--records", bundle / "records").exit_code == 0


def test_a_lot_signed_later_than_a_list_expires_is_not_green(verify: Verify, renewed: Renew) -> None:
    """The last second before the list expires is green, the second after is not."""
    expires = NOW + timedelta(days=365)
    renewed(format_instant(expires - timedelta(seconds=1)))
    assert verify(at=(expires - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")).exit_code == 0
    assert verify(at=expires.strftime("%Y-%m-%dT%H:%M:%SZ")).exit_code == 1
