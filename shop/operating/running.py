"""Who uses an instance just now: the shops that serve it, or a restore that replaces its database.

The kernel drops the lock when its last holder ends, so a killed shop never keeps a restore out. It counts on
this machine alone: a shop elsewhere over the same PostgreSQL database is not seen.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from shop.errors import ConfigurationError

__all__ = ["restoring_alone", "serving"]

LOCK: Final = "serving.lock"  # in the data folder; empty


@contextmanager
def serving(data_dir: Path) -> Iterator[None]:
    """Marks the instance as served for the length of a `with` block, in the processes forked there too.

    Raises:
        ConfigurationError: INSTANCE_IN_USE, while it is being restored.
    """
    with _locked(data_dir, fcntl.LOCK_SH, "this instance is being restored just now"):
        yield


@contextmanager
def restoring_alone(data_dir: Path) -> Iterator[None]:
    """Keeps shops from starting for the length of a `with` block.

    Raises:
        ConfigurationError: INSTANCE_IN_USE, while a shop serves it or another restore is at work.
    """
    with _locked(data_dir, fcntl.LOCK_EX, "a shop is serving this instance, or it is being restored"):
        yield


@contextmanager
def _locked(data_dir: Path, kind: int, taken: str) -> Iterator[None]:
    data_dir.mkdir(parents=True, exist_ok=True)
    lock = os.open(data_dir / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError("INSTANCE_IN_USE", f"{taken}: nothing was changed") from None
        yield
    finally:
        os.close(lock)
