"""The table of scans, the only one that looking at a page leads to, through the batch writer alone."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, case
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from shop.db.base import CAPITALS, DIGITS, Base, holds_only
from shop.db.lots import SERIAL_CHARS

__all__ = ["Scan", "ScanCount", "add_scans"]


class Scan(Base):
    """How often one serial was looked at on one day, and when first on that day."""

    __tablename__ = "scans"
    __table_args__ = (
        CheckConstraint(
            f"length(serial) = {SERIAL_CHARS} AND {holds_only('serial', CAPITALS + DIGITS)}",
            name="serial_form",
        ),
        CheckConstraint("count > 0", name="count_is_positive"),
    )

    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    serial: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]
    first_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class ScanCount:
    """Some scans of one serial on one day.

    Attributes:
        serial: 12 Crockford base-32 characters in capitals.
        day: the day in the village, which the caller decides.
        count: how many scans to add, at least 1.
        first_at: the earliest of them, an aware datetime.
    """

    lot_id: int
    serial: str
    day: date
    count: int
    first_at: datetime


def add_scans(session: Session, counts: Iterable[ScanCount]) -> None:
    """Adds scans to what is counted already, in one batch; the same serial and day may come more than once.

    Raises:
        sqlalchemy.exc.IntegrityError: an unknown lot, a serial of another form, a count below 1.
    """
    # All writers take the rows in one order, so that two batches on PostgreSQL cannot deadlock.
    ordered = sorted(counts, key=lambda one: (one.lot_id, one.serial, one.day))
    if not ordered:
        return
    rows = [asdict(one) for one in ordered]
    session.connection().execute(_upsert(session.get_bind().dialect.name), rows)


def _upsert(dialect: str) -> sqlite.Insert | postgresql.Insert:
    """Gives the INSERT that adds to the row which is there already; the two dialects spell it alike."""
    insert = postgresql.insert(Scan) if dialect == "postgresql" else sqlite.insert(Scan)
    new, old = insert.excluded, Scan.__table__.c
    return insert.on_conflict_do_update(
        index_elements=["lot_id", "serial", "day"],
        set_={
            "count": old.count + new.count,
            "first_at": case((new.first_at < old.first_at, new.first_at), else_=old.first_at),
        },
    )
