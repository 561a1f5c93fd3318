"""The command line as a real process: exit statuses, streams, no traceback, and what it does not import."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulators.ledger import later, make_entries, make_log
from tests.simulators.village import Village
from traceability.bundle import write_bundle
from traceability.ledger.publish import publish

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
AT = "2026-11-22T09:00:00Z"


@pytest.fixture(scope="module")
def village() -> Village:
    return Village().issue_all()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, village: Village) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    write_bundle(
        folder,
        **village.bundle_parts(),
    )
    return folder


def environment(**changes: str) -> dict[str, str]:
    return {**os.environ, "XDG_CONFIG_HOME": "/nonexistent", **changes}


def run(
    *arguments: str | Path,
    stdin: bytes = b"",
    stdout: int = subprocess.PIPE,
    stderr: int = subprocess.PIPE,
    **changes: str,
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "traceability", *map(str, arguments)]
    return subprocess.run(
        command,
        input=stdin,
        stdout=stdout,
        stderr=stderr,
        env=environment(**changes),
        cwd=ROOT,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("option", ["record", "trust", "keys", "list", "key"])
def test_a_pipe_in_place_of_a_file_is_one_line(bundle: Path, tmp_path: Path, option: str) -> None:
    pipe, record = tmp_path / "pipe", next((bundle / "records").iterdir())
    os.mkfifo(pipe)
    command: dict[str, tuple[str | Path, ...]] = {
        "record": ("record", "verify", pipe, "--trust", bundle / "trust.txt"),
        "trust": ("record", "verify", record, "--trust", pipe),
        "keys": ("record", "verify", record, "--keys", pipe),
        "list": ("label", "verify", "--bundle", bundle, "--file", pipe),
        "key": ("record", "sign", record, "--key", pipe, "--method", "did:web:a.example#k"),
    }
    result = run(*command[option], LANGNGHE_KEY_PASSPHRASE="x")
    assert result.returncode == 2
    assert b"Traceback" not in result.stderr
    if option not in {"key", "list"}:
        assert b"not a regular file" in result.stderr


def verify(bundle: Path, name: str | Path) -> tuple[str | Path, ...]:
    return ("record", "verify", name, "--trust", bundle / "trust.txt", "--at", AT)


def test_verified_exits_with_zero(bundle: Path) -> None:
    result = run(*verify(bundle, bundle / "records" / "passport.json"))
    assert result.returncode == 0
    assert result.stdout.decode().startswith("✓ VERIFIED")
    assert result.stderr.startswith(b"roots: 3 keys, fingerprint ")


def test_not_verified_exits_with_one(bundle: Path, village: Village) -> None:
    data = village.records["passport"].data.replace("Bình mẫu".encode(), "Bình mấu".encode())
    result = run(*verify(bundle, "-"), "--records", bundle / "records", stdin=data)
    assert result.returncode == 1
    assert b"BAD_SIGNATURE" in result.stdout


@pytest.mark.parametrize("name", ["nowhere.json", ".", "-"])
def test_unreadable_input_exits_with_two_and_without_a_traceback(bundle: Path, name: str) -> None:
    result = run(*verify(bundle, name), stdin=b"\x00\xff")
    assert result.returncode == 2
    assert result.stdout == b""
    assert result.stderr.count(b"\n") == 2
    assert b"Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [["nonsense"], ["record"], ["record", "verify"], ["--nonsense"]])
def test_wrong_usage_exits_with_two(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert b"Traceback" not in result.stderr


def test_a_name_that_is_not_utf8_is_no_traceback(bundle: Path) -> None:
    result = run(*verify(bundle, os.fsdecode(b"\xff.json")), "--json")
    assert result.returncode == 2
    assert b"Traceback" not in result.stderr


def test_a_terminal_without_vietnamese_still_gets_its_verdict(bundle: Path) -> None:
    result = run(
        *verify(bundle, bundle / "records" / "passport.json"), PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    assert result.returncode == 0
    assert b"VERIFIED" in result.stdout


def test_json_is_utf8_whatever_the_terminal_is(bundle: Path) -> None:
    result = run(*verify(bundle, bundle / "records" / "passport.json"), "--json", PYTHONIOENCODING="ascii")
    assert "workshop (mẫu)" in result.stdout.decode("utf-8")


def test_it_imports_nothing_of_the_shop() -> None:
    script = (
        "import sys; from traceability.cli import main;"
        "[main.get_command(None, name) for name in main.list_commands(None)];"
        "print(sorted({'flask', 'sqlalchemy', 'jinja2', 'stripe', 'werkzeug', 'shop'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, cwd=ROOT, timeout=60, check=True
    )
    assert result.stdout.strip() == b"[]"


def through_terminal(*arguments: str | Path, **changes: str) -> tuple[int, str, str]:
    """Runs with stderr and stdout each on a terminal of its own; gives the status and what each showed."""
    (out, out_end), (err, err_end) = pty.openpty(), pty.openpty()
    result = run(*arguments, stdout=out_end, stderr=err_end, **changes)
    os.close(out_end)
    os.close(err_end)
    return result.returncode, _drain(out), _drain(err)


def _drain(terminal: int) -> str:
    data = b""
    try:
        while part := os.read(terminal, 65_536):
            data += part
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(terminal)
    return data.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_there_is_colour_unless_it_is_not_wanted(bundle: Path) -> None:
    arguments = verify(bundle, bundle / "records" / "village.json")
    assert "\x1b[32m" in through_terminal(*arguments)[1]
    assert "\x1b[3" not in through_terminal(*arguments, NO_COLOR="1")[1]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_long_work_shows_a_progress_bar(bundle: Path, village: Village, tmp_path: Path) -> None:
    path = tmp_path / "codes.txt"
    path.write_text("\n".join(code.to_uri() for code in village.labels()[:5]))
    status, out, err = through_terminal("label", "verify", "--bundle", bundle, "--file", path, "--at", AT)
    assert status == 0
    assert "5/5" in err
    assert "5 codes: verified 5" in out


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_on_a_terminal_an_audit_shows_a_progress_bar(tmp_path: Path) -> None:
    log = make_log(tmp_path / "heads")
    log.append_batch(make_entries(0, 600))
    publish(log.store, log.checkpoint(later(0)), tmp_path / "log")
    arguments = ("log", "audit", tmp_path / "log", "--vkey", log.verifier.vkey)
    status, out, err = through_terminal(*arguments)
    assert status == 0
    assert "3/3" in err
    assert "VERIFIED" in out
    assert run(*arguments).stderr == b""
