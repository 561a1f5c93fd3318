"""Reading what strangers send beside our own records, without keeping it."""

from collections.abc import Iterable

from traceability.evidence import Reader, SignedRecord
from traceability.signing.keys import PublicKey

__all__ = ["GuestReader"]


class GuestReader(Reader):
    """Reads our records through the reader that all requests share, and everything else for itself.

    It lives for one check, and what it was sent goes with it; so uploads can neither fill the memory nor
    push our own records out of it.
    """

    def __init__(self, shared: Reader, *, ours: Iterable[bytes]) -> None:
        """Reads beside `shared`.

        Args:
            shared: the reader of our own records.
            ours: the very bytes that may be remembered in it.
        """
        super().__init__(size=1)  # the one record that was sent
        self._shared, self._ours = shared, frozenset(ours)

    def read(self, data: bytes) -> SignedRecord:
        """See `Reader.read`."""
        return self._shared.read(data) if data in self._ours else super().read(data)

    def prove(self, data: bytes, key: PublicKey) -> None:
        """See `Reader.prove`."""
        if data in self._ours:
            self._shared.prove(data, key)
        else:
            super().prove(data, key)
