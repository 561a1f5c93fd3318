"""`key new` and `key show`: encrypted at rest, never overwritten, and the public half in three forms."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from traceability.cli import main
from traceability.ledger.note import Verifier
from traceability.signing.keys import PublicKey, load_signer

PHRASE = "một câu rất dài"


def run(*arguments: str, phrase: str | None = PHRASE, **variables: str) -> Result:
    return CliRunner().invoke(main, arguments, env={"LANGNGHE_KEY_PASSPHRASE": phrase, **variables})


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "workshop-1.pem"
    assert run("key", "new", str(path)).exit_code == 0
    return path


def public_half(result: Result) -> tuple[Verifier, PublicKey]:
    vkey, multibase = result.stdout.splitlines()[:2]
    return (
        Verifier.from_vkey(vkey.removeprefix("vkey: ")),
        PublicKey.from_multibase(multibase.removeprefix("multibase: ")),
    )


def test_a_new_key_is_encrypted_and_its_public_half_printed(tmp_path: Path) -> None:
    path = tmp_path / "root-1.pem"
    result = run("key", "new", str(path))
    verifier, public = public_half(result)
    assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert path.stat().st_mode & 0o777 == 0o600
    assert verifier.name == "root-1"
    assert load_signer(str(path), PHRASE.encode()).public_key == verifier.key == public


def test_a_file_that_exists_is_never_overwritten(key: Path) -> None:
    before = key.read_bytes()
    result = run("key", "new", str(key))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert key.read_bytes() == before


@pytest.mark.parametrize("name", ["with space", "a+b", "a\nb"])
def test_a_name_that_makes_no_vkey_leaves_no_key_behind(tmp_path: Path, name: str) -> None:
    path = tmp_path / "k.pem"
    assert run("key", "new", str(path), "--name", name).exit_code == 2
    assert not path.exists()


def test_an_empty_passphrase_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "k.pem"
    assert run("key", "new", str(path), phrase="").exit_code == 2
    assert not path.exists()


def test_without_a_passphrase_or_a_terminal_there_is_no_key(tmp_path: Path) -> None:
    result = run("key", "new", str(tmp_path / "k.pem"), phrase=None)
    assert result.exit_code == 2
    assert "LANGNGHE_KEY_PASSPHRASE" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    assert run("key", "new", str(tmp_path / "no" / "k.pem")).exit_code == 2


def test_show_prints_the_same_public_half(key: Path) -> None:
    result = run("key", "show", f"file:{key}", "--name", "other.example/root")
    verifier, public = public_half(result)
    assert verifier.name == "other.example/root"
    assert public == load_signer(str(key), PHRASE.encode()).public_key


def test_show_reads_a_seed_from_the_environment() -> None:
    result = run("key", "show", "env:SEED", phrase=None, SEED="11" * 32)
    assert result.exit_code == 0
    assert public_half(result)[0].name == "SEED"


def test_show_prints_a_did_document(key: Path) -> None:
    result = run("key", "show", str(key), "--did", "did:web:village.example")
    document = json.loads(result.stdout.split("\n", 2)[2])
    assert document["id"] == "did:web:village.example"
    assert document["verificationMethod"][0]["id"] == "did:web:village.example#key-1"
    assert document["verificationMethod"][0]["publicKeyMultibase"] == public_half(result)[1].multibase


def test_a_did_of_another_kind_is_refused(key: Path) -> None:
    result = run("key", "show", str(key), "--did", "did:key:abc")
    assert result.exit_code == 2
    assert result.stdout == ""


def test_a_wrong_passphrase_is_one_line_and_never_shown(key: Path) -> None:
    result = run("key", "show", str(key), phrase="wrong horse")
    assert result.exit_code == 2
    assert "KEY_UNAVAILABLE" in result.stderr
    assert "wrong horse" not in result.output
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("uri", ["nowhere.pem", "file:nowhere.pem", "env:NOWHERE", "."])
def test_a_key_that_is_not_there_is_one_line(uri: str) -> None:
    result = run("key", "show", uri)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_the_passphrase_is_asked_for_twice(tmp_path: Path) -> None:
    path = tmp_path / "k.pem"
    terminal, other_end = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "LANGNGHE_KEY_PASSPHRASE"}
    with subprocess.Popen(
        [sys.executable, "-m", "traceability", "key", "new", str(path)],
        stdin=other_end,
        stderr=other_end,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    ) as process:
        for question in (b"Passphrase: ", b"Repeat for confirmation: "):
            seen = b""
            while question not in seen:
                seen += os.read(terminal, 1024)
            os.write(terminal, b"secret words\n")
        output = process.communicate(timeout=60)[0]
    os.close(terminal)
    os.close(other_end)
    assert process.returncode == 0
    assert b"secret words" not in output
    assert load_signer(str(path), b"secret words")
