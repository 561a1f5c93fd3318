"""Reading photographs of labels: few at a time, so that pages stay quick while pictures are looked at."""

from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Final

from shop.errors import StorageBusy
from traceability.labels.read import read_labels

__all__ = ["Pictures"]

AT_ONCE: Final = 2  # each takes one processor for up to a second or two, and up to 130 MB
WAIT_S: Final = 3.0


class Pictures:
    """Reads pictures, at most `AT_ONCE` at a time. Safe to share between threads."""

    def __init__(
        self, *, read: Callable[[bytes], tuple[str, ...]] = read_labels, wait_s: float = WAIT_S
    ) -> None:
        """Reads with `read`.

        Args:
            read: gives the texts of the codes in a picture.
            wait_s: how long one more picture may wait for its turn.
        """
        self._read, self._wait_s = read, wait_s
        self._turns = BoundedSemaphore(AT_ONCE)

    def labels(self, data: bytes) -> tuple[str, ...]:
        """Gives the texts of the QR codes in a picture, as `read_labels` does.

        Raises:
            StorageBusy: PICTURES_BUSY, when other pictures are being read for too long.
            Unreadable: UNREADABLE_PICTURE.
        """
        if not self._turns.acquire(timeout=self._wait_s):
            raise StorageBusy("PICTURES_BUSY", f"{AT_ONCE} other pictures were read for {self._wait_s:g} s")
        try:
            return self._read(data)
        finally:
            self._turns.release()
