"""Static files: what is written, in which order, again after a crash, and never over something else."""

import errno
from pathlib import Path

import pytest

from tests.simulators.ledger import (
    LOG_SIGNER,
    NOW,
    ORIGIN,
    TESSERA,
    later,
    make_entries,
    make_log,
    read_head,
    read_log_of,
)
from traceability.errors import NotVerified, Reason, Refused
from traceability.ledger.audit import audit_files
from traceability.ledger.note import Verifier
from traceability.ledger.publish import publish, read_resource
from traceability.ledger.quorum import Policy
from traceability.ledger.store import Entry
from traceability.ledger.tiles import Resource, decode_bundle, growth

POLICY = Policy((Verifier(ORIGIN, LOG_SIGNER.public_key),))


@pytest.fixture
def log(tmp_path):
    return make_log(tmp_path / "heads")


def _grow(log, size):
    with log.store.read() as view:
        start = view.size()
    log.append_batch(make_entries(start, size))
    return log.checkpoint(later(size))


def _files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def _faults(folder):
    head = read_head(read_log_of(folder), POLICY).checkpoint
    return list(audit_files(read_log_of(folder), head.size, head.root))


def test_everything_is_written_and_the_checkpoint_last(log, tmp_path):
    written = publish(log.store, _grow(log, 600), tmp_path / "log")
    assert written == [*(one.path for one in growth(0, 600)), "checkpoint"]
    assert set(_files(tmp_path / "log")) == set(written)
    assert _faults(tmp_path / "log") == []


def test_an_empty_log_is_a_checkpoint_alone(log, tmp_path):
    assert publish(log.store, log.checkpoint(NOW), tmp_path / "log") == ["checkpoint"]
    assert _faults(tmp_path / "log") == []


def test_publishing_again_writes_nothing(log, tmp_path):
    head = _grow(log, 300)
    publish(log.store, head, tmp_path / "log")
    assert publish(log.store, head, tmp_path / "log") == []


def test_a_grown_log_adds_files_and_changes_only_the_checkpoint(log, tmp_path):
    publish(log.store, _grow(log, 300), tmp_path / "log")
    before = _files(tmp_path / "log")
    publish(log.store, _grow(log, 700), tmp_path / "log")
    after = _files(tmp_path / "log")
    assert {path for path in before if before[path] != after[path]} == {"checkpoint"}
    assert _faults(tmp_path / "log") == []


def test_step_by_step_and_at_once_are_the_same_full_files(log, tmp_path):
    for size in (1, 255, 256, 257, 600):
        publish(log.store, _grow(log, size), tmp_path / "steps")
    publish(log.store, log.checkpoint(later(600)), tmp_path / "once")
    steps, once = _files(tmp_path / "steps"), _files(tmp_path / "once")
    assert {path: steps[path] for path in once} == once


@pytest.mark.parametrize("stop", range(1, 8))
def test_a_publishing_that_broke_off_is_finished_by_the_next(log, tmp_path, monkeypatch, stop):
    """The old checkpoint is served until all is there; a killed writer leaves at most a draft behind."""
    folder = tmp_path / "log"
    publish(log.store, _grow(log, 200), folder)
    old = (folder / "checkpoint").read_bytes()
    head, left, replace = _grow(log, 700), iter(range(stop)), Path.replace

    def fail_after_some(self, target):
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "no space left")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail_after_some)
    with pytest.raises(OSError, match="no space"):
        publish(log.store, head, folder)
    assert (folder / "checkpoint").read_bytes() == old
    assert _faults(folder) == []
    monkeypatch.undo()
    publish(log.store, head, folder)
    assert _faults(folder) == []


def test_a_smaller_head_is_not_published(log, tmp_path):
    old = _grow(log, 3)
    publish(log.store, _grow(log, 5), tmp_path / "log")
    with pytest.raises(Refused) as caught:
        publish(log.store, old, tmp_path / "log")
    assert caught.value.code is Reason.ROLLBACK


def test_a_fork_is_not_published(log, tmp_path):
    publish(log.store, _grow(log, 5), tmp_path / "log")
    other = make_log(tmp_path / "other")
    other.append_batch(make_entries(0, 9, salt="forged "))
    with pytest.raises(Refused) as caught:
        publish(other.store, other.checkpoint(NOW), tmp_path / "log")
    assert caught.value.code is Reason.FORK


def test_a_published_file_is_not_overwritten(log, tmp_path):
    head = _grow(log, 300)
    path = tmp_path / "log" / "tile" / "0" / "000"
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(8_192))
    with pytest.raises(Refused) as caught:
        publish(log.store, head, tmp_path / "log")
    assert caught.value.code is Reason.FORK
    assert not (tmp_path / "log" / "checkpoint").exists()


@pytest.mark.parametrize(
    "resource", [Resource(0, 0, 6), Resource(None, 0, 6), Resource(1, 0, 1), Resource(0, 1, 1)]
)
def test_a_file_that_the_log_has_not_is_not_made(log, resource):
    _grow(log, 5)
    with log.store.read() as view, pytest.raises(NotVerified):
        read_resource(view, resource)


@pytest.mark.skipif(not TESSERA.is_dir(), reason="the shared Tessera log is absent")
def test_a_public_log_is_published_file_by_file_with_the_same_bytes(log, tmp_path):
    """Source: transparency-dev/tessera testdata; the checkpoints differ in origin and key only."""
    entries = decode_bundle((TESSERA / "tile/entries/000.p/15").read_bytes(), width=15)
    for number, entry in enumerate(entries):
        log.append_batch([Entry(f"entry {number}", entry)])
        publish(log.store, log.checkpoint(later(number)), tmp_path / "log")
        theirs = (TESSERA / f"checkpoint.{number + 1}").read_text(encoding="utf-8").split("\n")[1:3]
        assert (tmp_path / "log" / "checkpoint").read_text(encoding="utf-8").split("\n")[1:3] == theirs
    assert _files(tmp_path / "log" / "tile") == _files(TESSERA / "tile")


class TestAudit:
    @pytest.fixture
    def folder(self, log, tmp_path):
        publish(log.store, _grow(log, 600), tmp_path / "log")
        return tmp_path / "log"

    def test_every_damaged_file_is_named(self, folder):
        for path in sorted(_files(folder)):
            data = (folder / path).read_bytes()
            for at in {0, len(data) // 2, len(data) - 1}:
                (folder / path).write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
                if path == "checkpoint":
                    with pytest.raises(
                        Exception, match=r"note|base64|signature|known key|decimal|hash|lines"
                    ):
                        _faults(folder)
                else:
                    # A changed entry disagrees with its tile, a changed tile with its entries.
                    names = {path, path.replace("entries", "0")}
                    assert names & {fault.where for fault in _faults(folder)}, (path, at)
            (folder / path).write_bytes(data)
        assert _faults(folder) == []

    def test_a_missing_file_is_named(self, folder):
        for path in sorted(set(_files(folder)) - {"checkpoint"}):
            data = (folder / path).read_bytes()
            (folder / path).unlink()
            assert path in {fault.where for fault in _faults(folder)}
            (folder / path).write_bytes(data)

    def test_a_partial_file_may_have_gone_for_the_full_one(self, log, folder):
        old = read_head(read_log_of(folder), POLICY).checkpoint
        publish(log.store, _grow(log, 800), folder)
        for path in _files(folder):
            if path.endswith(".p/88"):
                (folder / path).unlink()
        assert list(audit_files(read_log_of(folder), old.size, old.root)) == []
