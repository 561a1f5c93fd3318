"""A user who has pinned roots is not shown an older trust list as if nothing had happened."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.simulators.village import NOW, Village, signer
from traceability.bundle import write_bundle
from traceability.cli import main
from traceability.clock import format_instant
from traceability.ledger import note
from traceability.signing.trust import TrustList
from traceability.signing.trust_text import write_trust_text

VILLAGE = Village().issue_all()


def bundle(folder: Path, trust: TrustList, *, roots: tuple[int, int] = (1, 2)) -> Path:
    signers = [(f"root-{number}.example", signer(f"root-{number}")) for number in roots]
    parts = VILLAGE.bundle_parts() | {"trust_note": note.sign(write_trust_text(trust), signers)}
    write_bundle(folder, **parts)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's settings with the roots pinned."""
    folder = tmp_path / "home" / "langnghe"
    folder.mkdir(parents=True)
    (folder / "roots.txt").write_text("".join(f"{root.vkey}\n" for root in VILLAGE.roots), encoding="utf-8")
    return folder.parent


def verify(folder: Path, home: Path) -> Result:
    record, trust = folder / "records" / "passport.json", folder / "trust.txt"
    arguments = ["record", "verify", str(record), "--trust", str(trust), "--at", format_instant(NOW)]
    return CliRunner().invoke(main, arguments, env={"XDG_CONFIG_HOME": str(home)})


def test_an_older_list_than_the_newest_seen_is_a_rollback(tmp_path: Path, home: Path) -> None:
    first = bundle(tmp_path / "first", VILLAGE.trust)
    second = bundle(tmp_path / "second", replace(VILLAGE.trust, sequence=2))
    assert [verify(folder, home).exit_code for folder in (first, second, second)] == [0, 0, 0]
    again = verify(first, home)
    assert again.exit_code == 1
    assert "ROLLBACK" in again.output
    assert "trust-lists.json" in again.output


def test_another_list_of_the_same_number_is_a_fork(tmp_path: Path, home: Path) -> None:
    """Roots that sign two lists of one number show each to other people."""
    first = bundle(tmp_path / "first", VILLAGE.trust)
    other = bundle(tmp_path / "other", replace(VILLAGE.trust, expires=VILLAGE.trust.expires + timedelta(1)))
    assert [verify(folder, home).exit_code for folder in (first, first)] == [0, 0]
    again = verify(other, home)
    assert again.exit_code == 1
    assert "FORK" in again.output
    assert "trust-lists.json" in again.output
    assert verify(first, home).exit_code == 0


def test_the_same_list_signed_by_other_roots_is_no_fork(tmp_path: Path, home: Path) -> None:
    first = bundle(tmp_path / "first", VILLAGE.trust)
    other = bundle(tmp_path / "other", VILLAGE.trust, roots=(2, 3))
    assert [verify(folder, home).exit_code for folder in (first, other)] == [0, 0]


def test_a_number_that_an_earlier_version_remembered_still_counts(tmp_path: Path, home: Path) -> None:
    folders = [bundle(tmp_path / str(n), replace(VILLAGE.trust, sequence=n)) for n in (1, 2, 3)]
    verify(folders[1], home)
    memory = home / "langnghe" / "trust-lists.json"
    ((key, (number, _)),) = json.loads(memory.read_bytes()).items()
    memory.write_text(json.dumps({key: number}), encoding="utf-8")
    assert [verify(folder, home).exit_code for folder in folders] == [1, 0, 0]


def test_nothing_is_remembered_without_pinned_roots(tmp_path: Path) -> None:
    home = tmp_path / "empty"
    assert verify(bundle(tmp_path / "first", VILLAGE.trust), home).exit_code == 0
    assert not home.exists()


def memory(home: Path) -> Path:
    return home / "langnghe" / "trust-lists.json"


def warnings(result: Result) -> list[str]:
    return [line for line in result.stderr.splitlines() if line.startswith("warning: ")]


def test_an_unharmed_memory_gives_no_warning(tmp_path: Path, home: Path) -> None:
    folder = bundle(tmp_path / "first", VILLAGE.trust)
    assert [warnings(verify(folder, home)) for _ in range(2)] == [[], []]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "expecting value"),
        ("[]", "got list"),
        ("{", "line 1"),
        ('{"x": "y"}', "expected a number and a digest"),
        ('{"x": true}', "expected a number and a digest"),
        ('{"x": 1, "x": 2}', "x"),
        ("[" * 60_000, "nested"),
        (" " * 65_537, "at most 65536"),
    ],
    ids=["empty", "list", "broken", "text", "truth", "twice", "deep", "large"],
)
def test_a_damaged_memory_is_told_and_begun_anew(
    tmp_path: Path, home: Path, content: str, found: str
) -> None:
    memory(home).write_text(content, encoding="utf-8")
    lists = [replace(VILLAGE.trust, sequence=number) for number in (2, 1)]
    newer, older = (verify(bundle(tmp_path / str(trust.sequence), trust), home) for trust in lists)
    (line,) = warnings(newer)
    assert f"{memory(home)} is damaged: " in line
    assert found in line
    assert line.endswith("begun anew with this trust list, number 2")
    assert (newer.exit_code, older.exit_code) == (0, 1)


def test_a_memory_that_cannot_be_read_is_told_and_left_as_it_is(tmp_path: Path, home: Path) -> None:
    memory(home).mkdir()
    result = verify(bundle(tmp_path / "first", VILLAGE.trust), home)
    (line,) = warnings(result)
    assert result.exit_code == 0
    assert line.endswith("not a regular file; an older trust list would not be noticed")
    assert memory(home).is_dir()
