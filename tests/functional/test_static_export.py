"""The static export: whole, the same each time, and every changed byte of it is named."""

import random
import re
import shutil
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner

from shop.cli import main
from shop.services.exporting.evidence import evidence_script
from tests.conftest import Demo, copy_of, sample_labels, services_over
from tests.simulators.exports import environment, flip, hand_over, make_export
from tests.simulators.ledger import read_log_of
from traceability.cli.export_sources import export_limit
from traceability.cli.log_sources import folder_reader
from traceability.ledger.audit import audit_files
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.manifest import FILES, MANIFEST, audit_manifest, read_files
from traceability.ledger.note import Verifier, parse
from traceability.policy import log_policy, open_trust_list
from traceability.roots import parse_roots

pytestmark = pytest.mark.slow

LINK = re.compile(r'\b(?:href|src|action)="([^"]*)"')
OUTSIDE = 20  # files with a flipped bit that one audit names


@pytest.fixture
def own(export: Path, tmp_path: Path) -> Path:
    """A copy of the export that the test may damage."""
    return Path(shutil.copytree(export, tmp_path / "own"))


def logs(folder: Path) -> tuple[Verifier, ...]:
    roots = parse_roots((folder / "roots.txt").read_bytes())
    policy = log_policy(open_trust_list((folder / "trust.txt").read_bytes(), roots))
    assert policy is not None
    return policy.logs


def paths(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def audit(export: Path, folder: Path) -> set[str]:
    """Gives what the manifest's check names, with the keys of the export as it was."""
    faults = audit_manifest(folder_reader(folder, export_limit), logs(export), paths(folder))
    return {fault.where for fault in faults}


def run(*arguments: str, demo: Demo | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(arguments), env=environment(demo) if demo is not None else {})
    return result.exit_code, result.output


# --- What it holds ---------------------------------------------------------------------------------


def test_an_export_has_the_whole_public_record(export: Path, live_demo: Demo) -> None:
    with services_over(live_demo) as services:
        addresses = services.catalogue.addresses()
        labels = sample_labels(services)
    wanted = {f"{kind}s/{slug}.html" for kind, slug in addresses}
    wanted |= {f"en/{path}" for path in wanted}
    wanted |= {"index.html", "check/index.html", "trust.txt", "roots.txt", "log/checkpoint", "README.txt"}
    lots = {label[label.index("/01/" if "/01/" in label else "/P/") :].split("/21/")[0] for label in labels}
    wanted |= {f"{lot[1:]}/index.html" for lot in lots}
    assert wanted <= set(paths(export))


def test_every_record_has_its_receipt_and_its_script(export: Path) -> None:
    records = {path.stem for path in (export / "records").iterdir()}
    assert len(records) > 400
    assert {path.stem for path in (export / "receipts").glob("*.tlog-proof")} >= records
    assert {path.stem for path in (export / "evidence" / "record").iterdir()} == records
    for path in (export / "evidence" / "record").iterdir():
        _, data = hand_over(path.read_bytes())
        assert data["record"].encode() == (export / "records" / f"{path.stem}.json").read_bytes()


def test_every_list_of_revocations_has_its_script(export: Path) -> None:
    lists = {path.stem for path in (export / "status").glob("*.json")}
    assert lists
    assert {path.stem for path in (export / "evidence" / "status").iterdir()} == lists


def test_serials_are_not_public(export: Path, live_demo: Demo) -> None:
    with services_over(live_demo) as services:
        serials = {label.rpartition("/")[2].encode() for label in sample_labels(services)}
    for path in (export / "evidence").rglob("*.js"):
        _, data = hand_over(path.read_bytes())
        assert not any(serial in str(data).encode() for serial in serials)


def test_every_link_leads_to_a_file_of_the_export(export: Path) -> None:
    there = set(paths(export))
    for page in export.rglob("*.html"):
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            address = unescape(link).partition("#")[0]
            if not address or address.startswith(("geo:", "https://")):  # a map, and sources of facts
                continue
            assert not address.startswith("/"), (page, link)
            assert "//" not in address, (page, link)
            target = (page.parent / address).resolve().relative_to(export.resolve()).as_posix()
            assert target in there, (page, link)


def test_no_page_has_a_form_that_needs_a_server(export: Path) -> None:
    for page in export.rglob("*.html"):
        assert not re.search(r"<form[^>]*\b(action|method)=", page.read_text(encoding="utf-8")), page


def test_no_page_needs_more_than_the_strictest_host_allows(export: Path) -> None:
    for page in export.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style| style=| on[a-z]+=\"", text), page


def test_langnghe_reads_the_export_as_a_bundle(export: Path) -> None:
    record = export / "records" / "village-bat-trang.json"
    status, output = run("record", "verify", str(record), "--trust", str(export / "trust.txt"))
    assert status == 0, output


# --- The command -----------------------------------------------------------------------------------


def test_the_audit_passes_the_export(export: Path) -> None:
    status, output = run("log", "audit", str(export), "--trust", str(export / "trust.txt"))
    assert status == 0, output
    assert f"{len(read_files((export / FILES).read_bytes()))} files fit the signed list" in output


@pytest.mark.faults
def test_the_command_brings_an_export_up_to_date(export: Path, own: Path, live_demo: Demo) -> None:
    """Another moment changes what names it, and what an earlier run left is gone."""
    before = read_files((own / FILES).read_bytes())
    (own / "about.html").write_text("half", encoding="utf-8")
    status, output = run("export-static", str(own), demo=live_demo)
    assert (status, output.count("\n")) == (0, 1), output
    after = read_files((own / FILES).read_bytes())
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert changed <= {"evidence/trust.js"}
    assert audit(export, own) == set()


def test_a_folder_with_other_files_is_one_line_and_status_2(live_demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    status, output = run("export-static", str(tmp_path), demo=live_demo)
    assert status == 2
    assert "FOREIGN_FILES" in output
    assert output.count("\n") == 1
    assert paths(tmp_path) == ["mine.txt"]


def test_without_the_logs_key_nothing_is_written(live_demo: Demo, tmp_path: Path) -> None:
    own_demo = copy_of(live_demo, tmp_path / "demo")
    (own_demo.folder / "keys" / "log.pem").unlink()
    status, output = run("export-static", str(tmp_path / "out"), demo=own_demo)
    assert status == 2
    assert "NO_LOG_KEY" in output
    assert not (tmp_path / "out").exists()


@pytest.mark.faults
def test_the_same_moment_gives_the_same_bytes(sqlite_demo: Demo, tmp_path: Path) -> None:
    first, second = (
        make_export(sqlite_demo, tmp_path / name, sqlite_demo.now + timedelta(hours=1)) for name in "ab"
    )
    assert (first / FILES).read_bytes() == (second / FILES).read_bytes()
    assert (first / MANIFEST).read_bytes() == (second / MANIFEST).read_bytes()


# --- Flipped bytes ---------------------------------------------------------------------------------


def damage(folder: Path, chance: random.Random, count: int) -> set[str]:
    """Flips a bit in so many files, each chosen by a byte of all bytes; gives their paths."""
    files = [path for path in paths(folder) if path not in {MANIFEST, FILES}]
    sizes = [(folder / path).stat().st_size for path in files]
    chosen = set[str]()
    while len(chosen) < count:
        chosen |= set(chance.choices(files, sizes))
    for path in chosen:
        flip(folder / path, chance)
    return chosen


def test_every_file_with_a_flipped_bit_is_named(export: Path, own: Path, chance: random.Random) -> None:
    changed = damage(own, chance, OUTSIDE)
    assert audit(export, own) == changed


@pytest.mark.faults
def test_two_hundred_flipped_bits_are_named(export: Path, tmp_path: Path, chance: random.Random) -> None:
    for turn in range(10):
        folder = Path(shutil.copytree(export, tmp_path / str(turn)))
        changed = damage(folder, chance, 20)
        assert audit(export, folder) == changed
        shutil.rmtree(folder)


@pytest.mark.parametrize("name", [MANIFEST, FILES])
def test_a_flipped_bit_of_the_manifest_is_named(
    export: Path, own: Path, name: str, chance: random.Random
) -> None:
    flip(own / name, chance)
    assert audit(export, own) == {name}


def test_the_command_names_a_changed_page(export: Path, own: Path) -> None:
    (own / "about.html").write_text("trust us", encoding="utf-8")
    (own / "check" / "more.js").write_text("", encoding="utf-8")
    (own / "README.txt").unlink()
    status, output = run("log", "audit", str(own), "--trust", str(export / "trust.txt"))
    assert status == 1
    for name in ("about.html", "check/more.js", "README.txt"):
        assert name in output


def test_the_command_misses_a_manifest_that_is_gone(export: Path, own: Path) -> None:
    (own / MANIFEST).unlink()
    status, output = run("log", "audit", str(own), "--trust", str(export / "trust.txt"))
    assert status == 1
    assert MANIFEST in output


def test_canary_the_log_alone_does_not_see_a_changed_page(export: Path, own: Path) -> None:
    """Without the manifest a checker that always says yes would pass: this is what the manifest is for."""
    (own / "static" / "checker.js").write_text("", encoding="utf-8")
    head = Checkpoint.from_text(parse((own / "log" / "checkpoint").read_bytes()).text)
    assert list(audit_files(read_log_of(own / "log"), head.size, head.root)) == []
    assert audit(export, own) == {"static/checker.js"}


def test_a_script_of_evidence_has_one_spelling() -> None:
    name, script = evidence_script("record/a", {"record": "đ\u2028"})
    assert name == "evidence/record/a.js"
    assert hand_over(script) == ("record/a", {"record": "đ\u2028"})
    assert script.isascii()
    assert script.endswith(b")")
