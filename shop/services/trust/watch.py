"""Notices that a newer trust list has been stored than the one that this process works with."""

from sqlalchemy import func, select

from shop.db.lots import TrustList
from shop.db.session import Database

__all__ = ["TrustWatch"]


class TrustWatch:
    """Looks at the database when told to, and keeps what it saw, so that asking costs a request nothing.

    Args:
        database: open.
        sequence: of the list in use.
    """

    def __init__(self, database: Database, sequence: int) -> None:
        self._database, self._sequence = database, sequence
        self.has_newer = False

    def look(self) -> None:
        """Notes whether a newer list is stored.

        Raises:
            StorageBusy: the database is taken; what was seen before stays.
        """
        with self._database.read() as session:
            newest = session.scalar(select(func.max(TrustList.sequence)))
        self.has_newer = (newest or 0) > self._sequence
