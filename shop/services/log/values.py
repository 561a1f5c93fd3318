"""The frozen values of the log's public page."""

from dataclasses import dataclass
from datetime import datetime

from shop.services.listing import Paged
from shop.services.texts import Text

__all__ = ["Incident", "Issuer", "LogEntryView", "LogHead", "LogPage", "LogPosition", "Witnessed"]


@dataclass(frozen=True, slots=True)
class Witnessed:
    """Who cosigned a head of the log, and when by its own clock.

    `is_here` tells that its key lies on this very server, so that it vouches for nothing.
    """

    name: str
    at: datetime
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class LogPosition:
    """Where a record stands in the log.

    Attributes:
        index: from 0.
        size: number of entries under the head that proves it.
        witnesses: of that head; the record was logged before the earliest of them signed.
        issuer: the last part of the issuer's DID.
    """

    index: int
    size: int
    witnesses: tuple[Witnessed, ...]
    issuer: str


@dataclass(frozen=True, slots=True)
class LogHead:
    """The newest trusted head.

    Attributes:
        short_root: 16 hexadecimal digits in groups of four, to compare by eye.
        checkpoint: the whole signed note.
        signed_at: by the log's own clock.
    """

    size: int
    short_root: str
    checkpoint: str
    signed_at: datetime
    witnesses: tuple[Witnessed, ...]

    @property
    def outside(self) -> tuple[str, ...]:
        """The names of the witnesses whose key does not lie on this very server."""
        return tuple(witness.name for witness in self.witnesses if not witness.is_here)

    @property
    def inside(self) -> tuple[str, ...]:
        """The names of those whose key does; they vouch for nothing."""
        return tuple(witness.name for witness in self.witnesses if witness.is_here)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Somebody in whose name things are logged, or a village that entries are about."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Incident:
    """The log went back behind a head that it had signed: from so many entries to so many."""

    before: int
    after: int
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class LogEntryView:
    """One entry.

    Attributes:
        kind: the type in the entry, such as `LotPassport`; empty for an entry that does not read.
        title: the record's name, None where the shop does not hold the record.
        issuer: None for the trust list.
        status_list: issuer and number of a status list, None for everything else.
        signed_at: of the first head that the entry stands under.
        against: the code of the gravest thing that speaks against this record by itself.
        key_ended: when the key that signed it was withdrawn, and why; that need not speak against it.
    """

    index: int
    kind: str
    title: Text | None
    issuer: Issuer | None
    record_id: str | None
    status_list: tuple[str, str] | None
    signed_at: datetime | None
    against: str | None = None
    key_ended: tuple[datetime, str] | None = None
    incident: Incident | None = None


@dataclass(frozen=True, slots=True)
class LogPage(Paged):
    """The page; `issuer` or `village` is whose entries alone are shown, None for everybody's."""

    head: LogHead | None
    entries: tuple[LogEntryView, ...]
    total: int
    number: int
    pages: int
    issuer: Issuer | None
    issuers: tuple[Issuer, ...]
    village: Issuer | None = None
    incidents: tuple[Incident, ...] = ()
