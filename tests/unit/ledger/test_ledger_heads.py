"""Remembered heads: what one process stored another finds, whole or not at all, one holder at a time."""

import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.simulators.ledger import LOG_SIGNER, NOW, ORIGIN
from traceability.errors import KeyUnavailable, Reason, Refused, Unreadable
from traceability.ledger import note
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.heads import HeadFolder, SignedHead

ROOT = Path(__file__).parents[3]


def _head(size, *, origin=ORIGIN, at=NOW):
    text = Checkpoint(origin, size, bytes(32)).to_text()
    return SignedHead(note.parse(note.sign(text, [("demo.example/log", LOG_SIGNER)])), at)


def _stored(folder, origin=ORIGIN):
    with HeadFolder(folder).hold(origin) as held:
        return held.head


def test_nothing_is_remembered_at_first(tmp_path):
    assert _stored(tmp_path / "new" / "folder") is None


def test_a_stored_head_is_found_again(tmp_path):
    with HeadFolder(tmp_path).hold(ORIGIN) as held:
        held.store(_head(3))
        held.store(_head(4))
        assert held.head == _head(4)
    assert _stored(tmp_path) == _head(4)


def test_a_time_of_another_zone_reads_back_as_the_same_moment(tmp_path):
    hanoi = NOW.astimezone(timezone(timedelta(hours=7))) + timedelta(microseconds=5)
    with HeadFolder(tmp_path).hold(ORIGIN) as held:
        held.store(_head(3, at=hanoi))
    assert _stored(tmp_path).signed_at == hanoi


def test_origins_do_not_share_a_head(tmp_path):
    with HeadFolder(tmp_path).hold("../làng nghề") as held:
        held.store(_head(3, origin="../làng nghề"))
    assert _stored(tmp_path) is None
    assert _stored(tmp_path, "../làng nghề").checkpoint.size == 3
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".lock"}


def test_a_head_of_another_origin_is_not_stored(tmp_path):
    with HeadFolder(tmp_path).hold(ORIGIN) as held, pytest.raises(Refused):
        held.store(_head(3, origin="other"))
    assert _stored(tmp_path) is None


def _damage(folder, change):
    with HeadFolder(folder).hold(ORIGIN) as held:
        held.store(_head(3))
    (path,) = folder.glob("*.json")
    path.write_bytes(change(path.read_bytes()))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"", lambda data: data[:-1], lambda data: data + b" ", lambda data: b"null",
        lambda data: b"[" * 100_000, lambda data: b"\xff", lambda data: data.replace(b'"v": 1', b'"v": 2'),
        lambda data: data.replace(b"demo", b"d3mo"), lambda data: data.replace(b"+00:00", b""),
        lambda data: data.replace(b"signedAt", b"signed"),
    ],
    ids=range(10),
)  # fmt: skip
def test_a_damaged_file_is_an_error_and_not_nothing(tmp_path, change):
    _damage(tmp_path, change)
    with pytest.raises(Unreadable) as caught:
        _stored(tmp_path)
    assert caught.value.code is Reason.BAD_NOTE


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyUnavailable):
        _stored(tmp_path / "file")


def test_a_naive_time_is_refused():
    with pytest.raises(Refused):
        _head(3, at=datetime(2026, 11, 22))  # noqa: DTZ001 -- the naive time is what is refused


def test_one_thread_waits_for_another(tmp_path):
    order = []

    def second():
        with HeadFolder(tmp_path).hold(ORIGIN) as held:
            order.append(held.head.checkpoint.size)

    thread = threading.Thread(target=second)
    with HeadFolder(tmp_path).hold(ORIGIN) as held:
        thread.start()
        thread.join(timeout=0.2)
        order.append("first")
        held.store(_head(5))
    thread.join()
    assert order == ["first", 5]


HOLD_AND_WAIT = """
import sys; from pathlib import Path; from traceability.ledger.heads import HeadFolder
with HeadFolder(Path(sys.argv[1])).hold(sys.argv[2]):
    print("held", flush=True); sys.stdin.read()
"""


def test_a_killed_process_lets_go(tmp_path):
    command = [sys.executable, "-c", HOLD_AND_WAIT, str(tmp_path), ORIGIN]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        other.kill()
        other.wait()
        assert _stored(tmp_path) is None
