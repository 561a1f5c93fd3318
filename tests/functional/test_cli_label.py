"""`label new` and `label verify`: one code as text or picture, and codes checked offline against a bundle."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.simulators.command_line import objects, run
from tests.simulators.village import HOST, Village, did, signer
from traceability.bundle import write_bundle
from traceability.evidence import Evidence
from traceability.labels.code import parse
from traceability.labels.qr import png
from traceability.labels.read import read_labels
from traceability.ledger import note
from traceability.signing.keys import write_private_key
from traceability.verdict import Outcome
from traceability.verify import verify_label

AT = "2026-11-22T09:00:00Z"
LOT = ("--host", HOST, "--gtin", "09520000000011", "--lot", "L1")


@pytest.fixture(scope="module")
def village() -> Village:
    return Village().issue_all()


@pytest.fixture(scope="module")
def codes(village: Village) -> list[str]:
    return [code.to_uri() for code in village.labels()]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, village: Village) -> Path:
    return write(tmp_path_factory.mktemp("bundle"), village.evidence, village)


def write(folder: Path, evidence: Evidence, village: Village) -> Path:
    write_bundle(
        folder,
        **{**village.bundle_parts(), "records": evidence.records, "serials": evidence.serials},
    )
    return folder


def verify(bundle: Path, *arguments: str | Path, at: str = AT, stdin: bytes | None = None) -> Result:
    return run("label", "verify", *arguments, "--bundle", bundle, "--at", at, stdin=stdin)


def reasons(result: Result) -> list[str]:
    (value,) = objects(result)
    found: list[str] = value["reasons"]
    return found


def picture(path: Path, *codes: str) -> Path:
    """Draws codes side by side."""
    drawn = [Image.open(BytesIO(png(code))) for code in codes]
    canvas = Image.new("1", (sum(item.width for item in drawn), max(item.height for item in drawn)), 1)
    left = 0
    for item in drawn:
        canvas.paste(item, (left, 0))
        left += item.width
    canvas.save(path, "PNG")
    return path


# Verify


def test_every_label_of_the_lot_is_verified(bundle: Path, codes: list[str]) -> None:
    result = verify(bundle, *codes, "--json")
    assert result.exit_code == 0
    assert [value["input"] for value in objects(result)] == codes
    assert {value["outcome"] for value in objects(result)} == {"verified"}


def test_letter_case_does_not_matter(bundle: Path, codes: list[str]) -> None:
    assert verify(bundle, codes[0].lower()).exit_code == 0


def test_a_picture_gives_the_same_verdict_as_its_text(bundle: Path, codes: list[str], tmp_path: Path) -> None:
    path = picture(tmp_path / "label.png", codes[0])
    result = verify(bundle, path, "--json")
    (value,) = objects(result)
    assert result.exit_code == 0
    assert value["input"] == str(path)
    assert value["checks"] == objects(verify(bundle, codes[0], "--json"))[0]["checks"]


def test_each_code_in_one_picture_is_judged(bundle: Path, codes: list[str], tmp_path: Path) -> None:
    other = "HTTPS://VILLAGE.EXAMPLE/01/09520000000011/10/L9"
    path = picture(tmp_path / "two.png", codes[0], other)
    result = verify(bundle, path, "--json")
    assert result.exit_code == 1
    assert {(value["input"], value["outcome"]) for value in objects(result)} == {
        (f"{path}: {codes[0]}", "verified"),
        (f"{path}: {other}", "unknown"),
    }


def test_a_list_of_codes_is_one_line_each_and_a_sum(bundle: Path, codes: list[str], tmp_path: Path) -> None:
    path = tmp_path / "codes.txt"
    path.write_text("\r\n".join([*codes, "", "HELLO"]))
    result = verify(bundle, "--file", path)
    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    assert [line[0] for line in lines[:25]] == ["✓"] * 24 + ["✗"]
    assert lines[25] == "25 codes: verified 24, invalid 1"
    assert result.stderr.count("\n") == 1


def test_a_list_may_come_from_stdin(bundle: Path, codes: list[str]) -> None:
    result = verify(bundle, "--file", "-", "--json", stdin="\n".join(codes).encode())
    assert result.exit_code == 0
    assert len(objects(result)) == len(codes)


def test_no_progress_bar_in_a_pipe(bundle: Path, codes: list[str]) -> None:
    assert "%" not in verify(bundle, *codes).stderr


def test_a_line_of_a_list_is_never_a_file(bundle: Path, codes: list[str], tmp_path: Path) -> None:
    path = picture(tmp_path / "label.png", codes[0])
    result = verify(bundle, "--file", "-", "--json", stdin=str(path).encode())
    assert reasons(result) == ["BAD_LABEL"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda code: replace(code, lot="L2", seal=None), "UNKNOWN_CODE"),
        (lambda code: replace(code, host="OTHER.EXAMPLE"), "HOST_NOT_TRUSTED"),
        (lambda code: replace(code, serial="0" * 12), "BAD_SEAL"),
        (lambda code: replace(code, serial="0" * 12, seal=None), "SERIAL_NOT_IN_LOT"),
        (lambda code: replace(code, seal="A" * 140), "BAD_SEAL"),
    ],
    ids=["other lot", "other host", "other serial", "serial not of the lot", "no seal at all"],
)
def test_a_changed_code_is_not_verified(bundle: Path, village: Village, change: Any, reason: str) -> None:
    result = verify(bundle, change(village.labels()[0]).to_uri(), "--json")
    assert result.exit_code == 1
    assert reason in reasons(result)


def test_the_seal_of_a_neighbour_is_refused(bundle: Path, village: Village, codes: list[str]) -> None:
    key = signer(f"{did('neighbour')}#seal")
    code = parse(codes[0])
    arguments = ("label", "new", *LOT, "--serial", str(code.serial))
    path = bundle / "records" / "passport.json"
    text = run(
        *arguments, "--passport", path, "--seal-key", "env:SEED", SEED=seed_of("neighbour")
    ).stdout.strip()
    assert parse(text).seal is not None
    assert key.public_key == village.keys["neighbour#seal"].method.key
    assert "KEY_NOT_AUTHORISED" in reasons(verify(bundle, text, "--json"))


def test_a_list_that_expired_long_ago_verifies_nothing(bundle: Path, codes: list[str]) -> None:
    result = verify(bundle, codes[0], "--json", at="2030-01-01T00:00:00Z")
    assert result.exit_code == 1
    assert reasons(result) == ["TRUST_LIST_STALE", "STATUS_UNKNOWN"]


def test_without_serials_a_serial_is_unknown(village: Village, codes: list[str], tmp_path: Path) -> None:
    folder = write(tmp_path / "b", replace(village.evidence, serials={}), village)
    result = verify(folder, codes[0], "--json")
    assert result.exit_code == 1
    assert reasons(result) == ["SERIALS_MISSING"]


def test_other_roots_verify_nothing(bundle: Path, codes: list[str]) -> None:
    stranger = note.Verifier("root-1.example", signer("stranger").public_key).vkey
    result = verify(bundle, codes[0], "--json", "--root", stranger)
    assert result.exit_code == 1
    assert objects(result)[0]["input"].endswith("trust.txt")


def test_an_empty_folder_is_one_line(tmp_path: Path, codes: list[str]) -> None:
    result = verify(tmp_path, codes[0])
    assert result.exit_code == 2
    assert "NO_TRUST_LIST" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_damaged_record_is_named_and_the_rest_still_judged(
    village: Village, codes: list[str], tmp_path: Path
) -> None:
    folder = write(tmp_path / "b", village.evidence, village)
    (folder / "records" / "village.json").write_bytes(b"damaged")
    result = verify(folder, codes[0], "--json")
    assert result.exit_code == 1
    assert "village.json left out: NOT_JSON" in result.stderr
    assert reasons(result) == ["LINK_MISSING"]


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" + bytes(50)])
def test_a_file_that_is_no_picture_is_one_line(bundle: Path, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "label.png"
    path.write_bytes(data)
    result = verify(bundle, path, "--json")
    assert result.exit_code == 2
    assert "UNREADABLE_PICTURE" in result.stderr
    assert objects(result)[0]["outcome"] == "unknown"


def test_a_picture_without_a_code_is_one_line(bundle: Path, tmp_path: Path) -> None:
    Image.new("L", (200, 200), 255).save(tmp_path / "white.png")
    result = verify(bundle, tmp_path / "white.png")
    assert result.exit_code == 2
    assert "no code was found" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("arguments", [[], ["--file", "nowhere.txt"]], ids=["nothing", "no list"])
def test_nothing_to_check_is_wrong_usage(bundle: Path, arguments: list[str]) -> None:
    result = verify(bundle, *arguments)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("text", [b"", b"\n \n"])
def test_a_list_without_codes_is_one_line(bundle: Path, text: bytes) -> None:
    assert verify(bundle, "--file", "-", stdin=text).exit_code == 2


def test_a_missing_bundle_is_wrong_usage(codes: list[str], tmp_path: Path) -> None:
    assert verify(tmp_path / "nowhere", codes[0]).exit_code == 2


@pytest.mark.slow
@given(text=st.text(max_size=300).filter(lambda text: "\0" not in text))
def test_any_text_is_judged_and_never_verified(bundle: Path, text: str) -> None:
    result = run("label", "verify", "--bundle", bundle, "--at", AT, "--json", "--", f"{text}|")
    assert result.exit_code == 1
    assert reasons(result) == ["BAD_LABEL"]


@given(data=st.binary(max_size=200))
def test_any_list_of_codes_gives_an_exit_status(bundle: Path, data: bytes) -> None:
    assert verify(bundle, "--file", "-", stdin=data).exit_code in {1, 2}


# New


def seed_of(slug: str) -> str:
    """Gives the hexadecimal seed of a workshop's fixed seal key."""
    return hashlib.sha256(f"{did(slug)}#seal".encode()).hexdigest()


def test_a_new_code_is_printed_in_capitals() -> None:
    result = run(
        "label", "new", "--host", "ocop.example", "--code", "binh1", "--lot", "l1", "--serial", "a-1"
    )
    assert result.exit_code == 0
    assert result.stdout == "HTTPS://OCOP.EXAMPLE/P/BINH1/10/L1/21/A-1\n"


def test_pictures_read_back_as_the_code(tmp_path: Path) -> None:
    text = run("label", "new", *LOT).stdout.strip()
    result = run("label", "new", *LOT, "--png", tmp_path / "a.png", "--svg", tmp_path / "a.svg")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert read_labels((tmp_path / "a.png").read_bytes()) == (text,)
    assert (tmp_path / "a.svg").read_bytes().startswith(b"<svg ")


def test_a_sealed_code_verifies(tmp_path: Path) -> None:
    """The seal carries today's date, so that the lot must be of today too."""
    village = Village(now=datetime.now(UTC).replace(microsecond=0)).issue_all()
    bundle = write(tmp_path / "bundle", village.evidence, village)
    serial = village.serials[:12].decode()
    key = tmp_path / "seal.pem"
    write_private_key(key, signer(f"{did('workshop')}#seal"), b"words")
    result = run(
        "label",
        "new",
        *LOT,
        "--serial",
        serial,
        "--passport",
        bundle / "records" / "passport.json",
        "--seal-key",
        key,
        LANGNGHE_KEY_PASSPHRASE="words",
    )
    assert result.exit_code == 0
    assert "was not checked" in result.stderr
    now = datetime.now(UTC)
    verdict = verify_label(result.stdout.strip(), trust=village.trust, evidence=village.evidence, at=now)
    assert verdict.outcome is Outcome.VERIFIED


@pytest.mark.parametrize(
    "arguments",
    [
        ["--host", HOST],
        ["--host", HOST, "--gtin", "09520000000011", "--code", "BINH1"],
        ["--host", HOST, "--gtin", "09520000000012"],
        ["--host", HOST, "--code", "A/B1"],
        ["--host", HOST, "--code", "BINH1", "--serial", "A"],
        ["--host", "ı.example", "--code", "BINH1"],
        ["--host", HOST, "--code", "BINH1", "--seal-key", "env:SEED"],
        ["--code", "BINH1"],
        [*LOT, "--svg", "no/such/folder/a.svg"],
    ],
    ids=[
        "no product",
        "two products",
        "check digit",
        "slash",
        "no lot",
        "dotless i",
        "no passport",
        "no host",
        "folder",
    ],
)
def test_what_makes_no_code_is_one_line(arguments: list[str]) -> None:
    result = run("label", "new", *arguments)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("lot", "record", "code"),
    [
        ("L2", "passport", "SUBJECT_MISMATCH"),
        ("L1", "village", "SUBJECT_MISMATCH"),
        ("L1", "event", "SUBJECT_MISMATCH"),
    ],
)
def test_a_seal_for_another_lot_is_refused(bundle: Path, lot: str, record: str, code: str) -> None:
    path = bundle / "records" / f"{record}.json"
    arguments = ("--host", HOST, "--gtin", "09520000000011", "--lot", lot, "--serial", "A")
    result = run("label", "new", *arguments, "--passport", path, "--seal-key", "env:S", S="11" * 32)
    assert result.exit_code == 2
    assert code in result.stderr


def test_a_code_without_a_serial_takes_no_seal(bundle: Path) -> None:
    path = bundle / "records" / "passport.json"
    result = run("label", "new", *LOT, "--passport", path, "--seal-key", "env:S", S="11" * 32)
    assert result.exit_code == 2
    assert result.stdout == ""
