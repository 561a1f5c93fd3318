"""A user who has pinned roots is not shown an older trust list as if nothing had happened."""

from dataclasses import replace
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


def bundle(folder: Path, trust: TrustList) -> Path:
    signers = [(f"root-{number}.example", signer(f"root-{number}")) for number in (1, 2)]
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


def test_nothing_is_remembered_without_pinned_roots(tmp_path: Path) -> None:
    home = tmp_path / "empty"
    assert verify(bundle(tmp_path / "first", VILLAGE.trust), home).exit_code == 0
    assert not home.exists()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"x": "y"}'], ids=["empty", "list", "broken", "other"])
def test_a_damaged_memory_is_begun_anew(tmp_path: Path, home: Path, content: str) -> None:
    (home / "langnghe" / "trust-lists.json").write_text(content, encoding="utf-8")
    assert verify(bundle(tmp_path / "first", VILLAGE.trust), home).exit_code == 0
