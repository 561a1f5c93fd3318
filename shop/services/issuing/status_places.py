"""The free places of an issuer's status list, given out at random, each once."""

from collections.abc import Callable, Collection

from shop.errors import BadInput
from traceability.limits import STATUS_LIST_BITS

__all__ = ["StatusPlaces"]


class StatusPlaces:
    """Gives places out at random: templates that are signed elsewhere then seldom meet."""

    def __init__(self, taken: Collection[int], below: Callable[[int], int]) -> None:
        """Starts with what is free.

        Args:
            taken: places of records that are here already.
            below: gives a random number from 0 to one less than its argument, such as `secrets.randbelow`.
        """
        self._free = [index for index in range(STATUS_LIST_BITS) if index not in taken]
        self._below = below

    def take(self) -> int:
        """Gives a place that nobody has.

        Raises:
            BadInput: LIST_FULL.
        """
        if not self._free:
            raise BadInput("LIST_FULL", f"all {STATUS_LIST_BITS} places of the status list are taken")
        at = self._below(len(self._free))
        self._free[at], self._free[-1] = self._free[-1], self._free[at]
        return self._free.pop()
