"""`label sheet`: a lot's labels from the command line, which verify offline, or no file at all."""

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result

from tests.simulators.command_line import run
from tests.simulators.printed import cells, opened, rendered
from tests.simulators.village import Village, did, signer
from traceability.bundle import write_bundle
from traceability.bundle_files import bundle_files
from traceability.labels.presets import SHEETS
from traceability.labels.read import read_labels
from traceability.signing.keys import write_private_key
from traceability.verdict import Outcome
from traceability.verify import verify_label

NOTE = "Dữ liệu mẫu / Demo data"


@pytest.fixture(scope="module")
def village() -> Village:
    # The command seals as of today, so that the lot must be of today too.
    return Village(now=datetime.now(UTC).replace(microsecond=0)).issue_all()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, village: Village) -> Path:
    """A bundle, with the workshop's seal key beside it."""
    place = tmp_path_factory.mktemp("lot")
    write_bundle(place, **village.bundle_parts())
    write_private_key(place / "seal.pem", signer(f"{did('workshop')}#seal"), b"words")
    return place


def draw(folder: Path, out: Path, *options: str | Path, preset: str = "a4-24") -> Result:
    serials = next((folder / "serials").iterdir())
    options = ("--serials", serials, *options) if "--serials" not in options else options
    where = ("--seal-key", folder / "seal.pem", "--preset", preset, "--out", out)
    passport = folder / "records" / "passport.json"
    return run("label", "sheet", passport, *where, *options, LANGNGHE_KEY_PASSPHRASE="words")


def demand_no_file(result: Result, out: Path, reason: str) -> None:
    assert result.exit_code == 2
    assert reason in result.stderr
    assert list(out.parent.iterdir()) == []


def test_every_label_of_the_sheet_verifies_offline(folder: Path, village: Village, tmp_path: Path) -> None:
    result = draw(folder, tmp_path / "labels.pdf", "--note", NOTE)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "24 labels\n")
    document, preset = opened((tmp_path / "labels.pdf").read_bytes()), SHEETS["a4-24"]
    assert NOTE in document[0].get_textpage().get_text_range()
    found = []
    for cell in cells(rendered(document[0], preset.form.dots_per_mm), preset):
        file = io.BytesIO()
        cell.save(file, "PNG")
        (text,) = read_labels(file.getvalue())
        verdict = verify_label(text, trust=village.trust, evidence=village.evidence, at=datetime.now(UTC))
        assert verdict.outcome is Outcome.VERIFIED
        found.append(text[-12:])
    assert "".join(found).encode() == village.serials


def test_places_that_are_used_up_are_skipped(folder: Path, tmp_path: Path) -> None:
    assert draw(folder, tmp_path / "labels.pdf", "--skip-first", "1").exit_code == 0
    assert len(opened((tmp_path / "labels.pdf").read_bytes())) == 2


def test_a_roll_is_drawn_as_pages_pictures_or_commands(folder: Path, tmp_path: Path) -> None:
    for ending in ("pdf", "zip", "tspl"):
        assert draw(folder, tmp_path / f"labels.{ending}", preset="40x30-203").exit_code == 0
    assert len(opened((tmp_path / "labels.pdf").read_bytes())) == 24
    with zipfile.ZipFile(tmp_path / "labels.zip") as archive:
        assert len(archive.namelist()) == 24
    assert (tmp_path / "labels.tspl").read_bytes().count(b"PRINT 1\r\n") == 24


def test_other_serials_than_the_signed_ones_are_refused(
    folder: Path, village: Village, tmp_path: Path
) -> None:
    """Their labels would not verify, and nobody would know before they are on the jars."""
    (tmp_path / "out").mkdir()
    lot_id = "https://village.example/01/09520000000011/10/L1"
    parts = {**village.bundle_parts(), "serials": {lot_id: village.serials[:-12]}}
    name, data = next(item for item in bundle_files(**parts).items() if item[0].startswith("serials/"))
    assert name
    (tmp_path / "serials.txt").write_bytes(data)
    result = draw(folder, tmp_path / "out" / "a.pdf", "--serials", tmp_path / "serials.txt")
    demand_no_file(result, tmp_path / "out" / "a.pdf", "SERIALS_MISSING")


def test_serials_of_another_lot_are_refused(folder: Path, village: Village, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    serials = next((folder / "serials").iterdir()).read_bytes()
    (tmp_path / "serials.txt").write_bytes(serials.replace(b"/10/L1", b"/10/L2"))
    result = draw(folder, tmp_path / "out" / "a.pdf", "--serials", tmp_path / "serials.txt")
    demand_no_file(result, tmp_path / "out" / "a.pdf", "SUBJECT_MISMATCH")


@pytest.mark.parametrize(
    ("name", "options", "preset", "reason"),
    [
        ("a.pdf", (), "a4-23", "no preset 'a4-23'"),
        ("a.zip", (), "a4-24", "ends in .pdf"),
        ("a.doc", (), "40x30-203", "ends in .pdf, .zip, .tspl"),
        ("a.pdf", ("--skip-first", "24"), "a4-24", "24 cannot be skipped"),
        ("a.pdf", ("--skip-first", "1"), "40x30-203", "is a roll"),
        ("a.pdf", ("--note", "n" * 201), "a4-24", "at most 200 characters"),
        ("a.pdf", ("--note", "🏺"), "a4-24", "no letter"),
    ],
)
def test_what_cannot_be_drawn_leaves_no_file(
    folder: Path, tmp_path: Path, name: str, options: tuple[str, ...], preset: str, reason: str
) -> None:
    demand_no_file(draw(folder, tmp_path / name, *options, preset=preset), tmp_path / name, reason)


def test_a_folder_that_is_not_there_is_one_line(folder: Path, tmp_path: Path) -> None:
    result = draw(folder, tmp_path / "none" / "a.pdf")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "No such file" in result.stderr


def test_a_record_of_another_kind_is_refused(folder: Path, tmp_path: Path) -> None:
    serials = next((folder / "serials").iterdir())
    record = folder / "records" / "workshop.json"
    where = ("--serials", serials, "--seal-key", folder / "seal.pem", "--preset", "a4-24")
    result = run(
        "label", "sheet", record, *where, "--out", tmp_path / "a.pdf", LANGNGHE_KEY_PASSPHRASE="words"
    )
    demand_no_file(result, tmp_path / "a.pdf", "WorkshopRecord")
