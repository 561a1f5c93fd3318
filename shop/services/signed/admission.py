"""Admitting signed records: verified in full, then stored, logged and shown, all or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.db.lots import Record, RecordLink
from shop.db.session import Database
from shop.db.signed import count_replaced, load_signed
from shop.db.status_lists import StatusListVersion, newest_status_lists
from shop.errors import BadInput
from shop.services.log.ledger import Ledger
from shop.services.signed.noticed_steps import demand_kept_steps
from shop.services.signed.rows import Translations, local_id, store_records
from shop.services.signed.shown_rows import Offer, show_record
from traceability.errors import Reason, Refused, TraceabilityError
from traceability.evidence import Evidence, Reader, SignedRecord
from traceability.issue import demand_present
from traceability.records.canonical import parse
from traceability.records.envelope import read_envelope
from traceability.records.notice import Notice
from traceability.records.passport import LotPassport
from traceability.records.status_list import StatusList
from traceability.signing.did import issuer_did
from traceability.signing.trust import TrustList
from traceability.subjects import check_successor
from traceability.verdict import CheckStatus
from traceability.verify import verify_record

__all__ = ["Admission", "Admitted", "Delivery", "used_status"]

# What only a head of the log and a status list can say. All that is stored is in this log; a head over it may
# still wait for its witnesses.
_LATER: Final = frozenset({Reason.NOT_LOGGED, Reason.STATUS_UNKNOWN})

NOTICES_MAX_PER_ISSUER: Final = 20  # about one record; NOTICES_MAX_PER_RECORD are judged in all
CORRECTIONS_MAX: Final = 50  # one after another


@dataclass(frozen=True, slots=True)
class Delivery:
    """Signed records, with what is not in them.

    Attributes:
        records: signed bytes, in any order.
        serials: of lots among them, by lot id, as `Evidence.serials` holds them.
        offers: what the shop says of the products of these lots, by lot id.
        translations: unsigned English texts by record URL.
    """

    records: Sequence[bytes]
    serials: Mapping[str, bytes] = field(default_factory=dict)
    offers: Mapping[str, Offer] = field(default_factory=dict)
    translations: Translations = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A record that is in the log now: its local id and index, and what asks for caution."""

    record_id: str
    index: int
    cautions: tuple[str, ...]


class Admission:
    """Takes signed records in, whoever signed them and wherever.

    Args:
        database: the shop's.
        trust: judges the records.
        ledger: of the log that they go into.
        host: of this instance's own addresses.
        corrections_max: how many corrections of a record may come one after another.
    """

    def __init__(
        self,
        database: Database,
        *,
        trust: TrustList,
        ledger: Ledger,
        host: str,
        corrections_max: int = CORRECTIONS_MAX,
    ) -> None:
        self._database, self._trust, self._ledger, self._host = database, trust, ledger, host
        self._corrections_max = corrections_max

    def admit(self, delivery: Delivery, *, now: datetime) -> tuple[Admitted, ...]:
        """Admits records; those that are here already keep their place.

        Raises:
            BadInput: FOREIGN_RECORD, RECORD_EXISTS, NOT_VERIFIED, STATUS_TAKEN, NO_SERIALS, TOO_MANY_NOTICES,
                STEP_NOTICED, and what `show_record` raises; the message names the record. Nothing changed.
            TraceabilityError: a record cannot be read; BAD_TIME, when it was not signed about now;
                LOG_CONFLICT, when another record of that id is here.
            StorageBusy: nothing was changed.
        """
        with self._database.write() as session:
            admitted = self.take_in(session, delivery, now=now)
        self.sign_log(now)
        return admitted

    def sign_log(self, now: datetime) -> None:
        """Signs the log's new head and publishes it, where this server has the log's key."""
        if self._ledger.signs:
            self._ledger.checkpoint(now)
            self._ledger.publish()

    def take_in(self, session: Session, delivery: Delivery, *, now: datetime) -> tuple[Admitted, ...]:
        """Admits records within a transaction of the caller's, who calls `sign_log` after it.

        Args:
            session: of a transaction that writes, and has not read from the log yet.
            delivery: as `admit` takes it.
            now: aware.

        Raises:
            BadInput, TraceabilityError: as `admit`; nothing may be committed then.
        """
        reader = Reader()
        items = in_order([reader.read(data) for data in delivery.records])
        for item in items:
            self._demand_ours(item)
        stored = {url: body for url, body in self._linked(session, items)}
        lists = {row.url: row for row in session.scalars(newest_status_lists())}
        for item in items:
            _demand_next_version(item, lists)
        new = [item for item in items if item.envelope.id not in stored]
        _demand_free_address(items, stored)
        for item in new:
            demand_present(item, now=now)
        cautions = self._verify(new, stored, lists, reader, now)
        self._demand_free_status(session, new)
        indices = store_records(session, items, translations=delivery.translations)
        for item in new:
            serials = _serials_of(item, delivery, reader)
            offer = delivery.offers.get(item.record.lot_id) if isinstance(item.record, LotPassport) else None
            show_record(session, item, serials=serials, offer=offer, trust=self._trust, now=now)
            _demand_measure(session, item, self._corrections_max)
            demand_kept_steps(session, item)
        return tuple(
            Admitted(local_id(item.envelope.id), index, cautions.get(item.envelope.id, ()))
            for item, index in zip(items, indices, strict=True)
        )

    def _demand_ours(self, item: SignedRecord) -> None:
        """Refuses a record under another address or DID than this host's, and what goes another way."""
        home, did = f"https://{self._host}/records/", issuer_did(self._host, "")
        if isinstance(item.record, StatusList):
            home = f"https://{self._host}/status/{item.envelope.issuer.did.removeprefix(did)}/"
        local = item.envelope.id.removeprefix(home)
        if not item.envelope.id.startswith(home) or not local or set(local) - _ID_CHARACTERS:
            raise BadInput("FOREIGN_RECORD", f"{item.envelope.id} is no address of a record here")
        if not item.envelope.issuer.did.startswith(did):
            raise BadInput("FOREIGN_RECORD", f"{item.envelope.id} is issued by {item.envelope.issuer.did}")

    def _linked(self, session: Session, items: Sequence[SignedRecord]) -> list[tuple[str, bytes]]:
        urls = {
            url for item in items for url in (item.envelope.id, *(one.url for one in item.envelope.links))
        }
        ids = session.scalars(select(Record.id).where(Record.url.in_(urls))).all()
        return list(load_signed(session, *ids).bodies.items())

    def _verify(
        self,
        new: Sequence[SignedRecord],
        stored: Mapping[str, bytes],
        lists: Mapping[str, StatusListVersion],
        reader: Reader,
        now: datetime,
    ) -> dict[str, tuple[str, ...]]:
        records = {**stored, **{item.envelope.id: item.data for item in new}}
        entries = [*stored, *(f"{row.url}#{row.version}" for row in lists.values())]
        evidence = Evidence(
            records,
            reader=reader,
            receipts=self._ledger.receipts(entries),
            status_lists={url: row.body for url, row in lists.items()},
        )
        cautions = {}
        for item in new:
            verdict = verify_record(item.data, trust=self._trust, evidence=evidence, at=now)
            for check in verdict.checks:
                if check.status is CheckStatus.FAILED and check.reason not in _LATER:
                    name = item.envelope.id
                    raise BadInput("NOT_VERIFIED", f"{name}: {check.id} {check.reason}: {check.detail}")
            _demand_fitting_successor(item, records, reader)
            told = [check for check in verdict.checks if check.status is CheckStatus.CAUTION]
            cautions[item.envelope.id] = tuple(f"{check.reason}: {check.detail}" for check in told)
        return cautions

    def _demand_free_status(self, session: Session, new: Sequence[SignedRecord]) -> None:
        """Refuses a place in a status list that is taken, or in a list that is not the issuer's."""
        taken: dict[str, set[int]] = {}
        for item in new:
            status, issuer = item.envelope.status, item.envelope.issuer.did
            if status is None:
                continue
            slug = issuer.rpartition(":")[2]
            if not status.list_url.startswith(f"https://{self._host}/status/{slug}/"):
                raise BadInput(
                    "STATUS_TAKEN", f"{item.envelope.id}: {status.list_url} is not the issuer's list"
                )
            if issuer not in taken:
                taken[issuer] = used_status(session, issuer, without={one.envelope.id for one in new})
            if status.index in taken[issuer]:
                raise BadInput(
                    "STATUS_TAKEN", f"{item.envelope.id}: place {status.index} is another record's"
                )
            taken[issuer].add(status.index)


_ID_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")


def used_status(
    session: Session, issuer: str, *, without: frozenset[str] | set[str] = frozenset()
) -> set[int]:
    """Gives the places in status lists that an issuer's stored records take."""
    rows = session.execute(select(Record.url, Record.body).where(Record.issuer == issuer))
    found = set()
    for url, body in rows:
        status = read_envelope(parse(body)).status if url not in without else None
        if status is not None:
            found.add(status.index)
    return found


def _demand_free_address(items: Sequence[SignedRecord], stored: Mapping[str, bytes]) -> None:
    for item in items:
        known = stored.get(item.envelope.id)
        if known is not None and Reader(1).read(known).digest != item.digest:
            raise BadInput("RECORD_EXISTS", f"another record has the address {item.envelope.id}")


def _demand_next_version(item: SignedRecord, lists: Mapping[str, StatusListVersion]) -> None:
    """Refuses a version of a status list that does not follow the stored one, or takes a revocation back."""
    record = item.record
    if not isinstance(record, StatusList):
        return
    stored = lists.get(item.envelope.id)
    if stored is not None and stored.digest == item.digest:
        return
    before = Reader(1).read(stored.body).record if stored is not None else None
    try:
        if isinstance(before, StatusList):
            record.demand_follows(before)
        elif record.version != 1:
            raise Refused(Reason.BAD_VALUE, f"version {record.version} is not the first one")
    except Refused as error:
        raise BadInput("NOT_VERIFIED", f"{item.envelope.id}: {error}") from error


def _demand_fitting_successor(item: SignedRecord, records: Mapping[str, bytes], reader: Reader) -> None:
    """Refuses a correction that puts something else in a record's place than a later one of its own kind."""
    notice = item.record
    if not isinstance(notice, Notice) or notice.supersedes is None:
        return
    if notice.supersedes not in {link.url for link in item.envelope.links} - {notice.about}:
        raise BadInput("NOT_VERIFIED", f"{item.envelope.id}: it does not link to {notice.supersedes}")
    later, earlier = (reader.read(records[url]) for url in (notice.supersedes, notice.about))
    try:
        check_successor(later.record, earlier.record)
        if later.claim.created < earlier.claim.created:
            raise Refused(Reason.LINK_FORWARD, f"{notice.supersedes} was signed before {notice.about}")
    except TraceabilityError as error:
        raise BadInput("NOT_VERIFIED", f"{item.envelope.id}: {error.code}: {error}") from error


def _demand_measure(session: Session, item: SignedRecord, corrections_max: int) -> None:
    """Refuses a flood: a verification judges so many notices about a record and no more.

    Without this, one issuer's notices could use up what another one's recall needs.
    """
    notice = item.record
    if not isinstance(notice, Notice):
        return
    said = (
        select(func.count())
        .select_from(RecordLink)
        .join(Record, Record.id == RecordLink.source)
        .where(RecordLink.target == local_id(notice.about), ~RecordLink.names_successor)
        .where(Record.type == Notice.KIND, Record.issuer == item.envelope.issuer.did)
    )
    about, name, after = notice.about, item.envelope.id, notice.supersedes
    if (session.scalar(said) or 0) > NOTICES_MAX_PER_ISSUER:
        told = f"{name}: its issuer has given {NOTICES_MAX_PER_ISSUER} notices about {about} already"
        raise BadInput("TOO_MANY_NOTICES", told)
    if after is not None and count_replaced(session, local_id(after)) > corrections_max:
        raise BadInput("TOO_MANY_NOTICES", f"{name}: {corrections_max} corrections lead to {about} already")


def in_order(items: Sequence[SignedRecord]) -> list[SignedRecord]:
    """Gives records so that each comes after those that it links to, else by their time of signing."""
    waiting = sorted(items, key=lambda item: (item.claim.created, item.envelope.id))
    done: dict[str, SignedRecord] = {}
    while waiting:
        names = {item.envelope.id for item in waiting}
        ready = [item for item in waiting if not names & {link.url for link in item.envelope.links}]
        if not ready:
            raise BadInput(
                "NOT_VERIFIED", f"{waiting[0].envelope.id}: {Reason.LINK_CYCLE}: links go in a circle"
            )
        done.update((item.envelope.id, item) for item in ready)
        waiting = [item for item in waiting if item.envelope.id not in done]
    return list(done.values())


def _serials_of(item: SignedRecord, delivery: Delivery, reader: Reader) -> bytes | None:
    """Gives the serials of a lot, which must be those that its passport was signed for."""
    record = item.record
    if not isinstance(record, LotPassport):
        return None
    serials = delivery.serials.get(record.lot_id)
    if serials is None:
        raise BadInput("NO_SERIALS", f"{item.envelope.id}: the serials of {record.lot_id} are not given")
    try:
        found = reader.serials(serials)
    except TraceabilityError as error:
        raise BadInput("NO_SERIALS", f"{item.envelope.id}: {error}") from error
    if found.root.hex() != record.serial_root or len(found.members) != record.unit_count:
        raise BadInput("NO_SERIALS", f"{item.envelope.id}: these are not the serials that were signed for")
    return serials
