"""The offline folder: what is written is read back, and what does not belong is named or refused."""

import json
import os
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulators.village import HOST, NOW, Village, signer, url
from traceability.bundle import read_at_most, read_bundle, read_records, write_bundle
from traceability.errors import Reason, Refused, TraceabilityError, Unreadable
from traceability.evidence import Reader, join_serials
from traceability.ledger.note import Verifier
from traceability.policy import open_trust_list
from traceability.records.canonical import canonical
from traceability.roots import parse_roots
from traceability.verdict import Outcome
from traceability.verify import verify_label

LOT_ID = f"https://{HOST}/01/09520000000011/10/L1"


@pytest.fixture(scope="module")
def village() -> Village:
    return Village().issue_all()


@pytest.fixture
def folder(tmp_path: Path, village: Village) -> Path:
    write(tmp_path / "bundle", village)
    return tmp_path / "bundle"


def write(folder: Path, village: Village, **changes: object) -> None:
    parts: dict[str, object] = {
        "trust_note": village.trust_note(),
        "roots": [root.vkey for root in village.roots],
        "records": village.evidence.records,
        "serials": village.evidence.serials,
        "receipts": village.evidence.receipts,
        "status_lists": village.evidence.status_lists,
    }
    write_bundle(folder, **{**parts, **changes})  # type: ignore[arg-type]  # the parts are of mixed types


def test_what_is_written_is_read_back(folder: Path, village: Village) -> None:
    trust, evidence = read_bundle(folder)
    assert trust == village.trust_note()
    assert evidence.records == village.evidence.records
    assert evidence.passports == village.evidence.passports
    assert evidence.serials == village.evidence.serials
    assert evidence.receipts == village.evidence.receipts
    assert evidence.status_lists == village.evidence.status_lists
    assert parse_roots((folder / "roots.txt").read_bytes()) == tuple(village.roots)


def test_a_label_verifies_from_a_bundle_alone(folder: Path, village: Village) -> None:
    data, evidence = read_bundle(folder)
    trust = open_trust_list(data, parse_roots((folder / "roots.txt").read_bytes()))
    code = village.labels()[3].to_uri()
    assert verify_label(code, trust=trust, evidence=evidence, at=NOW).outcome is Outcome.VERIFIED


def test_writing_the_same_bundle_again_changes_nothing(folder: Path, village: Village) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    write(folder, village)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@given(serials=st.sets(st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=12, max_size=12), max_size=20))
def test_serials_round_trip(tmp_path_factory: pytest.TempPathFactory, serials: set[str]) -> None:
    folder = tmp_path_factory.mktemp("bundle")
    vkey = Verifier("root.example", signer("root-1").public_key).vkey
    written = {LOT_ID: join_serials(serials), f"https://{HOST}/P/AB12/10/A-B": join_serials(serials)}
    write_bundle(folder, trust_note=b"note", roots=[vkey], records={}, serials=written)
    assert read_bundle(folder)[1].serials == written


# What is refused on writing


@pytest.mark.parametrize(
    "address",
    [
        f"https://{HOST}/records/",
        f"https://{HOST}/records/..",
        f"https://{HOST}/records/.hidden",
        f"https://{HOST}/records/a%2Fb",
        f"https://{HOST}/records/a\\b",
        f"https://{HOST}/records/{'a' * 121}",
        "http://village.example/records/a",
    ],
)
def test_a_record_whose_url_makes_no_file_name_is_refused(
    tmp_path: Path, village: Village, address: str
) -> None:
    with pytest.raises(Refused) as caught:
        write(tmp_path, village, records={address: b"{}"})
    assert caught.value.code is Reason.BAD_VALUE
    assert list(tmp_path.iterdir()) == []


def test_two_records_of_one_file_name_are_refused(tmp_path: Path, village: Village) -> None:
    """Names that differ in case alone are one file on a memory stick."""
    with pytest.raises(Refused):
        write(tmp_path, village, records={url("a"): b"{}", "https://other.example/records/A": b"{}"})


@pytest.mark.parametrize(
    "lot_id", ["../../x", f"https://{HOST}/01/123/10/L1", f"https://{HOST}/01/09520000000011"]
)
def test_a_lot_id_that_is_none_is_refused(tmp_path: Path, village: Village, lot_id: str) -> None:
    with pytest.raises(Refused):
        write(tmp_path, village, serials={lot_id: b""})


@pytest.mark.parametrize("serials", [b"SHORT", b"BBBBBBBBBBBBAAAAAAAAAAAA", "ÀÀÀÀÀÀÀÀÀÀÀÀ".encode()])
def test_serials_that_are_not_in_order_or_not_serials_are_refused(
    tmp_path: Path, village: Village, serials: bytes
) -> None:
    with pytest.raises(Refused):
        write(tmp_path, village, serials={LOT_ID: serials})


def test_a_folder_with_another_bundle_is_refused(folder: Path, village: Village) -> None:
    with pytest.raises(Refused, match="another bundle"):
        write(folder, village, records={url("village"): village.records["village"].data})


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path, village: Village) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(TraceabilityError):
        write(tmp_path / "file", village, records={}, serials={})


# What is named or refused on reading


def test_a_folder_without_a_trust_list_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        read_bundle(tmp_path)
    assert caught.value.code is Reason.NO_TRUST_LIST


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("records/bad.json", b"not json", Reason.NOT_JSON),
        ("records/bad.json", b'{"id": 1}', Reason.BAD_RECORD),
        ("records/bad.json", b'{"a":1,"a":2}', Reason.DUPLICATE_MEMBER),
        ("records/bad.json", b" " * 70_000, Reason.TOO_LARGE),
        ("serials/bad.txt", b"", Reason.BAD_VALUE),
        ("serials/bad.txt", LOT_ID.encode() + b"\nAAAAAAAAAAAA", Reason.BAD_VALUE),
        ("serials/bad.txt", LOT_ID.encode() + b"\r\nAAAAAAAAAAAA\r\n", Reason.BAD_VALUE),
        ("serials/bad.txt", LOT_ID.encode() + b"\nAAAAAAAAAAAA\nAAAAAAAAAAAA\n", Reason.BAD_VALUE),
        ("serials/bad.txt", LOT_ID.encode() + b"\nAAAAAAAAAAAA\n", Reason.BAD_VALUE),
        ("serials/bad.txt", b"\xff\xfe", Reason.BAD_VALUE),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_the_rest_is_read(
    folder: Path, village: Village, name: str, data: bytes, reason: Reason
) -> None:
    (folder / name).write_bytes(data)
    skipped: list[tuple[str, Reason]] = []
    evidence = read_bundle(folder, on_skip=lambda path, error: skipped.append((path.name, error.code)))[1]
    assert evidence.records == village.evidence.records
    assert [code for _, code in skipped] == [reason]


def test_without_a_listener_a_bad_file_ends_the_reading(folder: Path) -> None:
    (folder / "records" / "bad.json").write_bytes(b"not json")
    with pytest.raises(Unreadable, match=r"bad\.json"):
        read_bundle(folder)


def test_a_second_record_of_one_id_is_named(folder: Path, village: Village) -> None:
    changed = village.records["village"].data.replace("Làng Mẫu".encode(), "Làng Khác".encode())
    (folder / "records" / "z.json").write_bytes(changed)
    names: list[str] = []
    records = read_records(folder / "records", on_skip=lambda path, _: names.append(path.name))
    assert names == ["z.json"]
    assert records == village.evidence.records


def test_a_missing_folder_holds_no_records(tmp_path: Path) -> None:
    assert read_records(tmp_path / "none") == {}


@given(data=st.binary(max_size=300))
def test_any_bytes_in_any_file_give_evidence_or_our_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    folder = tmp_path_factory.mktemp("bundle")
    for name in ("trust.txt", "roots.txt", "records/a.json", "serials/a.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    read_bundle(folder, on_skip=lambda path, error: None)
    with pytest.raises(TraceabilityError):
        read_bundle(folder)


# Which file is a lot's passport


def _written(village: Village, **changes: Any) -> bytes:
    """Gives the passport with members changed; its signature does not fit, but its form may still read."""
    document = json.loads(village.records["passport"].data)
    proof = {**document["proof"], **changes.pop("proof", {})}
    return canonical({**document, **changes, "proof": proof})


def _outcome(folder: Path, village: Village) -> Outcome:
    data, evidence = read_bundle(folder)
    trust = open_trust_list(data, tuple(village.roots))
    return verify_label(village.labels()[0].to_uri(), trust=trust, evidence=evidence, at=NOW).outcome


JUNK: dict[str, dict[str, Any]] = {
    "no proof": {"proof": {"type": "none"}},
    "other context": {"@context": ["https://evil.example"]},
    "other host": {
        "id": "https://evil.example/records/a",
        "issuer": {"type": ["CredentialIssuer"], "id": "did:web:evil.example", "name": "E"},
        "proof": {"created": "2027-01-01T00:00:00Z", "verificationMethod": "did:web:evil.example#a"},
    },
    "earlier": {"id": url("earlier"), "proof": {"created": "2020-01-01T00:00:00Z"}},
}


@pytest.mark.parametrize("name", ["0.json", "zzz.json"])
@pytest.mark.parametrize("change", JUNK.values(), ids=JUNK)
def test_no_junk_stands_in_the_way_of_a_passport(
    folder: Path, village: Village, change: dict[str, Any], name: str
) -> None:
    (folder / "records" / name).write_bytes(_written(village, **{"id": url("junk"), **change}))
    assert read_bundle(folder)[1].passports == village.evidence.passports
    assert _outcome(folder, village) is Outcome.VERIFIED


def test_newer_passport_of_another_host_reads_and_still_loses(village: Village) -> None:
    """Else the case above would show nothing."""
    signed = Reader().read(_written(village, **JUNK["other host"]))
    assert signed.claim.created > Reader().read(village.records["passport"].data).claim.created


def test_passport_that_does_not_read_is_none(folder: Path, village: Village) -> None:
    for path in (folder / "records").glob("*.json"):
        if path.read_bytes() in village.evidence.passports.values():
            path.write_bytes(_written(village, **JUNK["no proof"]))
    assert read_bundle(folder)[1].passports == {}
    assert _outcome(folder, village) is Outcome.UNKNOWN


def test_of_two_passports_the_newer_is_taken(folder: Path, village: Village) -> None:
    newer = _written(village, id=url("newer"), proof={"created": "2027-01-01T00:00:00Z"})
    (folder / "records" / "0.json").write_bytes(newer)
    assert list(read_bundle(folder)[1].passports.values()) == [newer]


# Files that are none


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_only_a_regular_file_is_opened(tmp_path: Path, kind: str) -> None:
    """Opening a pipe would wait until somebody writes to it, and a device never ends."""
    path = tmp_path / "x" if kind != "device" else Path("/dev/zero")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(OSError, match="regular"):
        read_at_most(path, 10)


def test_pipe_in_a_bundle_is_left_out(folder: Path, village: Village) -> None:
    os.mkfifo(folder / "records" / "pipe.json")
    assert read_bundle(folder)[1].records == village.evidence.records


def test_pipe_for_a_trust_list_is_unreadable(folder: Path) -> None:
    (folder / "trust.txt").unlink()
    os.mkfifo(folder / "trust.txt")
    with pytest.raises(Unreadable, match="regular"):
        read_bundle(folder)


# Roots


def test_roots_may_carry_comments_and_empty_lines(village: Village) -> None:
    text = "# printed on the wall\n\n" + "\n".join(root.vkey for root in village.roots) + "\r\n"
    assert parse_roots(text.encode()) == tuple(village.roots)


def test_one_key_under_two_names_is_refused() -> None:
    """It would count as two of three roots."""
    key = signer("root-1").public_key
    text = "\n".join(Verifier(name, key).vkey for name in ("a.example", "b.example"))
    with pytest.raises(Refused, match="twice"):
        parse_roots(text.encode())


@pytest.mark.parametrize("data", [b"", b"# nothing\n", b"\xff", b"a+b+c", b"\0"])
def test_roots_that_are_none_are_refused(data: bytes) -> None:
    with pytest.raises(TraceabilityError):
        parse_roots(data)


def crowd(folder: Path, village: Village, count: int) -> Path:
    """A bundle of records with as many links as fit, all to one URL."""
    write(folder, village)
    for number in range(count):
        document = {"id": f"https://{HOST}/{number}", "relatedResource": [{"id": url("passport")}] * 490}
        (folder / "records" / f"crowd-{number}.json").write_bytes(canonical(document))
    return folder


def test_a_record_that_links_to_another_many_times_stands_there_once(
    tmp_path: Path, village: Village
) -> None:
    _, evidence = read_bundle(crowd(tmp_path / "bundle", village, 3))
    assert len(evidence.later[url("passport")]) == len(set(evidence.later[url("passport")])) == 3


def test_a_bundle_of_many_links_to_one_record_is_read_in_bearable_time(
    tmp_path: Path, village: Village
) -> None:
    """It was minutes when each link cost as much as all before it; now it is half a second."""
    folder = crowd(tmp_path / "bundle", village, 400)
    start = process_time()
    read_bundle(folder)
    assert process_time() - start < 5
