"""What an inspector signed and sent, for her report: hers alone, of some days, of one workshop or of all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from shop.db.catalogue import Workshop
from shop.db.log import LogEntry
from shop.db.lots import Record
from shop.db.session import Database
from shop.errors import BadInput
from shop.folding import in_human_order
from shop.services.access.actors import INSPECTOR, Actor, demand_role
from shop.services.keys.enrolment import KeyEnrolments
from shop.services.signed.rows import local_id
from traceability.clock import VIET_NAM_TIME, day_in_viet_nam
from traceability.evidence import Reader, SignedRecord
from traceability.records.notice import FAVOURABLE, Notice
from traceability.records.passport import LotPassport
from traceability.signing.did import issuer_did
from traceability.signing.trust import TrustList

__all__ = ["FINDINGS_MAX", "Finding", "FindingList", "FindingReport", "ReportKey", "Span"]

FINDINGS_MAX: Final = 300  # in one report: each has a QR code, and the whole is drawn while she waits
READ_MAX: Final = 5_000  # of her office's notices since the first day, whoever signed them
# How the reasons begin that the pocket writes (`finding.js`).
_KINDS: Final = (
    (FAVOURABLE, "genuine"),
    ("Nghi tem bị sao chép", "copy"),
    ("Không khớp mô tả", "mismatch"),
)


@dataclass(frozen=True, slots=True)
class Span:
    """Days in Viet Nam, both included; `last` is not before `first`."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class ReportKey:
    """A key that she holds, as the trust list has it.

    Attributes:
        name: its short id, behind the `#`.
        public_key: `z6Mk…`.
        ended: when the list ended it, and why: `retired` or `compromised`; None while it is in force.
    """

    name: str
    public_key: str
    ended: tuple[date, str] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One signed notice.

    Attributes:
        url: of the notice.
        index: in the log.
        found_at: what the notice says; `signed_at` is later where it waited for a network.
        key: short id of the key.
        kind: `genuine`, `copy`, `mismatch`, `finding` for other words; `recall`, `suspend`, `revoke`.
        reason: as signed, in Vietnamese.
        about: name of the record that it is about.
        code: GTIN or own code on the label, None where the record is no lot's; so is `lot`.
        serials: the units that it names; none means all that the record covers.
        workshop: slug and name, None where the record is no workshop's.
    """

    url: str
    index: int | None
    found_at: datetime
    signed_at: datetime
    key: str
    kind: str
    reason: str
    about: str
    about_url: str
    code: str | None
    lot: str | None
    serials: tuple[str, ...]
    workshop: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class FindingReport:
    """What a report says.

    Attributes:
        name: of her office, as the trust list has it; None while the list does not know it.
        did: of the office.
        keys: those of hers that the list names.
        workshop: slug and name of the one that was asked for; None for all.
        workshops: slug and name of all that were looked at in these days, by name.
        findings: the earliest first.
        waits: a key of hers is handed in, and no list names it yet.
    """

    name: str | None
    did: str
    keys: tuple[ReportKey, ...]
    span: Span
    workshop: tuple[str, str] | None
    workshops: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    waits: bool = False


@dataclass(frozen=True, slots=True)
class FindingList:
    """Reads signed notices; it writes nothing. One report holds at most `most`."""

    database: Database
    trust: TrustList
    enrolments: KeyEnrolments
    host: str
    most: int = FINDINGS_MAX

    def report(self, actor: Actor, span: Span, *, workshop: str = "") -> FindingReport:
        """Gives what a person signed with keys that she handed in.

        Args:
            actor: an inspector.
            span: of days on which it was found.
            workshop: slug; empty for all, and an unknown one leaves nothing.

        Raises:
            Forbidden: WRONG_ROLE.
            BadInput: NO_ISSUER; TOO_MANY, where the days hold more than one report can.
        """
        demand_role(actor, INSPECTOR)
        if actor.issuer is None:
            raise BadInput("NO_ISSUER", "this account signs for nobody yet")
        did = issuer_did(self.host, actor.issuer)
        enrolled = self.enrolments.of(actor)
        listed = [one for one in enrolled if one.state == "listed"]
        own = [one.method_id for one in listed if one.method_id is not None]
        with self.database.read() as session:
            items = _notices(session, did, span, set(own))
            if items is None or len(items) > self.most:
                raise BadInput("TOO_MANY", f"at most {self.most} findings expected, and less to read")
            found = _findings(session, items)
        places = {one.workshop for one in found if one.workshop is not None}
        workshops = sorted(places, key=lambda one: in_human_order(one[1]))
        chosen = next((one for one in workshops if one[0] == workshop), None)
        names = [key.name for key in self.trust.keys_of(did) if key.role == INSPECTOR]
        return FindingReport(
            name=names[0] if names else None,
            did=did,
            keys=tuple(map(self._key, own)),
            span=span,
            workshop=chosen or ((workshop, workshop) if workshop else None),
            workshops=tuple(workshops),
            findings=tuple(one for one in found if not workshop or one.workshop == chosen),
            waits=any(one.state == "waiting" for one in enrolled),
        )

    def _key(self, method_id: str) -> ReportKey:
        key = self.trust.key(method_id)
        end = key.revoked
        ended = (day_in_viet_nam(end.time), end.reason) if end is not None else None
        return ReportKey(_short(method_id), key.method.key.multibase, ended)


def _notices(session: Session, did: str, span: Span, own: set[str]) -> list[SignedRecord] | None:
    """Reads her notices of some days; None where her office has signed too many since.

    One that waited for a network was signed later than it was found, never earlier.
    """
    begin = datetime.combine(span.first, time(), VIET_NAM_TIME)
    query = select(Record.body).where(
        Record.type == Notice.KIND, Record.issuer == did, Record.issued_at >= begin
    )
    bodies = session.scalars(query.order_by(Record.issued_at, Record.id).limit(READ_MAX + 1)).all()
    items = [
        item
        for item in map(Reader(1).read, bodies)
        if item.claim.method_id in own
        and span.first <= day_in_viet_nam(item.envelope.valid_from) <= span.last
    ]
    if len(bodies) > READ_MAX:
        return None
    return sorted(items, key=lambda item: (item.envelope.valid_from, item.envelope.id))


def _findings(session: Session, items: Iterable[SignedRecord]) -> list[Finding]:
    notices = {item.envelope.id: item for item in items}
    wanted = {item.record.about for item in notices.values() if isinstance(item.record, Notice)}
    bodies = session.scalars(select(Record.body).where(Record.url.in_(wanted)))
    about = {one.envelope.id: one for one in map(Reader(1).read, bodies)}
    entries = select(LogEntry.entry_id, LogEntry.idx).where(LogEntry.entry_id.in_(notices))
    indices = {row.entry_id: row.idx for row in session.execute(entries)}
    places = _workshops(session, about.values())
    return [
        _finding(item, item.record, about.get(item.record.about), indices.get(url), places)
        for url, item in notices.items()
        if isinstance(item.record, Notice)
    ]


def _finding(
    item: SignedRecord,
    notice: Notice,
    about: SignedRecord | None,
    index: int | None,
    places: Mapping[str, tuple[str, str]],
) -> Finding:
    passport = about.record if about is not None and isinstance(about.record, LotPassport) else None
    return Finding(
        url=item.envelope.id,
        index=index,
        found_at=item.envelope.valid_from,
        signed_at=item.claim.created,
        key=_short(item.claim.method_id),
        kind=_kind(notice),
        reason=notice.reason,
        about=about.envelope.name if about is not None else notice.about,
        about_url=notice.about,
        code=local_id(passport.product_id) if passport is not None else None,
        lot=passport.lot if passport is not None else None,
        serials=tuple(serial.upper() for serial in notice.serials),
        workshop=places.get(notice.about),
    )


def _workshops(session: Session, items: Iterable[SignedRecord]) -> dict[str, tuple[str, str]]:
    """Gives whose a record is, by its URL: the place that it names, else the workshop that signed it."""
    facilities = {one.envelope.id: getattr(one.record, "facility_id", "") for one in items}
    signers = {one.envelope.id: one.envelope.issuer.did for one in items}
    slugs = {local_id(facility) for facility in facilities.values()}
    rows = session.execute(
        select(Workshop.slug, Workshop.name_vi, Workshop.issuer).where(
            or_(Workshop.slug.in_(slugs), Workshop.issuer.in_(signers.values()))
        )
    ).all()
    by_slug = {row.slug: (row.slug, row.name_vi) for row in rows}
    by_issuer = {row.issuer: (row.slug, row.name_vi) for row in rows}
    found = {
        url: by_slug.get(local_id(facilities[url])) or by_issuer.get(did) for url, did in signers.items()
    }
    return {url: one for url, one in found.items() if one is not None}


def _kind(notice: Notice) -> str:
    if notice.action != "finding":
        return notice.action
    return next((kind for start, kind in _KINDS if notice.reason.startswith(start)), "finding")


def _short(method_id: str) -> str:
    """Gives what stands behind the `#` of a key's name."""
    return method_id.partition("#")[2]
