"""How the instance is: log, trust list, database and disk, and the work that waits for somebody."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import func, select, text

from shop.db.desk import Report, Request
from shop.db.session import Database
from shop.db.status_lists import newest_status_lists
from shop.services.access.actors import OPERATOR, Actor, demand_role
from shop.services.log.ledger import Ledger
from traceability.signing.trust import TrustList

__all__ = ["Health", "HealthView"]

WARN_BEFORE: Final = timedelta(days=30)
DISK_LOW_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class HealthView:
    """What the operator should know.

    Attributes:
        log_size: entries that are committed.
        signed_size: entries under the newest head that its witnesses have cosigned; None without a head.
        signed_at: of that head, by the log's own clock.
        signs: whether the log's key is here.
        trust_expires: when the trust list in force runs out; `is_trust_ending` within 30 days of it.
        lists_until: when the first status list runs out; None without any.
        database: engine and version.
        disk_free, disk_total: bytes where the data folder lies.
        open_requests, open_reports: how much work waits.
    """

    log_size: int
    signed_size: int | None
    signed_at: datetime | None
    signs: bool
    trust_sequence: int
    trust_expires: datetime
    is_trust_ending: bool
    lists_until: datetime | None
    are_lists_ending: bool
    database: str
    disk_free: int
    disk_total: int
    open_requests: int
    open_reports: int

    @property
    def unsigned(self) -> int:
        """How many entries no trusted head covers yet."""
        return self.log_size - (self.signed_size or 0)

    @property
    def is_disk_low(self) -> bool:
        """Whether less than a tenth of the disk is free."""
        return self.disk_free < DISK_LOW_SHARE * self.disk_total


@dataclass(frozen=True, slots=True)
class Health:
    """Looks at the instance."""

    database: Database
    ledger: Ledger
    trust: TrustList
    folder: Path

    def look(self, actor: Actor, *, now: datetime) -> HealthView:
        """Gives how things are now.

        Raises:
            Forbidden: for all but operators.
        """
        demand_role(actor, OPERATOR)
        head, disk = self.ledger.latest(), shutil.disk_usage(self.folder)
        with self.database.read() as session:
            lists = [row.valid_until for row in session.scalars(newest_status_lists())]
            waiting = [
                session.scalar(select(func.count()).select_from(table).where(chosen)) or 0
                for table, chosen in (
                    (Request, Request.state == "open"),
                    (Report, Report.state == "open"),
                )
            ]
            is_sqlite = session.get_bind().dialect.name == "sqlite"
            version = session.scalar(text("SELECT sqlite_version()" if is_sqlite else "SHOW server_version"))
        return HealthView(
            log_size=self.ledger.size(),
            signed_size=head.size if head is not None else None,
            signed_at=head.head.signed_at if head is not None else None,
            signs=self.ledger.signs,
            trust_sequence=self.trust.sequence,
            trust_expires=self.trust.expires,
            is_trust_ending=self.trust.expires - now < WARN_BEFORE,
            lists_until=min(lists, default=None),
            are_lists_ending=bool(lists) and min(lists) - now < timedelta(days=7),
            database=f"{'SQLite' if is_sqlite else 'PostgreSQL'} {version}",
            disk_free=disk.free,
            disk_total=disk.total,
            open_requests=waiting[0],
            open_reports=waiting[1],
        )
