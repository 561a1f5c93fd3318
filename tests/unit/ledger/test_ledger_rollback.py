"""A log that lost its newest entries signs nothing, because of what is remembered outside it."""

import random
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.simulators.ledger import LOG_SIGNER, ORIGIN, later, make_entries
from traceability.errors import Reason, Refused
from traceability.ledger.heads import HeadFolder, HeadMemory, HeldHead, SignedHead
from traceability.ledger.log import Log
from traceability.ledger.memory_store import MemoryStore


@dataclass
class _Held:
    """Gives what it was made with and keeps nothing."""

    head: SignedHead | None

    def store(self, head: SignedHead) -> None:
        return


class ForgetfulMemory:
    """A `HeadMemory` that remembers nothing of its own and believes the store: what must never be used."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    @contextmanager
    def hold(self, origin: str) -> Iterator[HeldHead]:
        with self._store.read() as view:
            yield _Held(view.latest_head())


def log_over(store: MemoryStore, memory: HeadMemory) -> Log:
    return Log(store, origin=ORIGIN, signer=LOG_SIGNER, memory=memory)


def sizes() -> Iterator[tuple[int, int]]:
    """Fifty pairs of what a backup holds and what was signed afterwards; new ones each time."""
    seed = secrets.randbits(32)
    sys.stderr.write(f"seed of the rollbacks: {seed}\n")  # shown when the test fails
    chance = random.Random(seed)
    for _ in range(50):
        old = chance.randrange(1, 300)
        yield old, old + chance.randrange(1, 300)


def restored(old: int, new: int, memory: HeadMemory | None) -> Log:
    """Gives a log over a backup of `old` entries, after a head of `new` entries was signed."""
    lost, backup = MemoryStore(), MemoryStore()
    for store in (lost, backup):
        log = log_over(store, memory or ForgetfulMemory(store))
        if store is lost:
            log.append_batch(make_entries(0, old))
            head = log.checkpoint(later(1))
            log.append_batch(make_entries(old, new))
            log.checkpoint(later(2))
        else:
            log.append_batch(make_entries(0, old))
            with store.write() as writer:
                writer.add_head(head)
    return log


def test_fifty_rollbacks_are_refused(tmp_path: Path) -> None:
    for number, (old, new) in enumerate(sizes()):
        log = restored(old, new, HeadFolder(tmp_path / str(number)))
        with pytest.raises(Refused) as caught:
            log.checkpoint(later(3))
        assert caught.value.code is Reason.ROLLBACK


def test_fifty_rollbacks_that_grew_again_are_refused_as_forks(tmp_path: Path) -> None:
    for number, (old, new) in enumerate(sizes()):
        log = restored(old, new, HeadFolder(tmp_path / str(number)))
        log.append_batch(make_entries(old, new + 1, salt="other "))
        with pytest.raises(Refused) as caught:
            log.checkpoint(later(3))
        assert caught.value.code is Reason.FORK


def test_canary_without_a_memory_outside_fifty_rollbacks_pass_unnoticed() -> None:
    """The two tests above mean something only if it is the memory that notices."""
    for old, new in sizes():
        assert restored(old, new, None).checkpoint(later(3)).checkpoint.size == old


def test_canary_without_a_memory_outside_fifty_forks_are_signed() -> None:
    for old, new in sizes():
        log = restored(old, new, None)
        log.append_batch(make_entries(old, new + 1, salt="other "))
        assert log.checkpoint(later(3)).checkpoint.size == new + 1
