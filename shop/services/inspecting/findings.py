"""What an inspector signed on her phone, with its photos: checked to be hers, then taken in once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from shop.db.desk import Report
from shop.db.lots import SERIAL_CHARS, Lot, Record
from shop.db.media import EventMedia, Media
from shop.db.session import Database
from shop.errors import BadInput, NotFound
from shop.media import MediaStore
from shop.services.access.actors import INSPECTOR, Actor, demand_role
from shop.services.keys.enrolment import KeyEnrolments
from shop.services.operating.reports import new_case_number
from shop.services.signed.admission import Admission, Delivery
from shop.services.signed.rows import local_id
from shop.services.typed.personal import personal_in
from traceability.errors import NotVerified
from traceability.evidence import Reader, SignedRecord
from traceability.records.canonical import digest_multibase
from traceability.records.notice import Notice
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustKey, TrustList

__all__ = ["FIELD_ACTIONS", "Findings", "TakenFinding", "TakenPhoto"]

# A correction puts another record in a record's place, and that one is not made in the field.
FIELD_ACTIONS: Final = frozenset({"finding", "revoke", "suspend", "recall"})
# A case is read by operators of the instance, whose language is the records'.
_PERSONAL: Final = (
    "Lời ký của người kiểm tra hình như có số điện thoại, số định danh, mã số thuế hoặc địa chỉ thư của một"
    " người. Sàn đã nhận vì lời ấy đã ký; hãy xem và báo cho người kiểm tra. (Máy tự ghi.)"
)


@dataclass(frozen=True, slots=True)
class TakenFinding:
    """A finding that stands in the log.

    Attributes:
        record_id: local id.
        index: in the log.
        already: it was here before; nothing was changed.
        cautions: what the admission noted.
    """

    record_id: str
    index: int
    already: bool
    cautions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TakenPhoto:
    """A photo of a finding that is here; `already` where it was before, and nothing was changed."""

    digest: str
    already: bool


class Findings:
    """Takes in what inspectors sign with keys that they hold themselves.

    Args:
        database: open.
        trust: the list in force.
        admission: into the same database, under the same list.
        enrolments: whose key is whose.
        media: where photos are kept.
    """

    def __init__(
        self,
        database: Database,
        *,
        trust: TrustList,
        admission: Admission,
        enrolments: KeyEnrolments,
        media: MediaStore,
    ) -> None:
        self._database, self._trust, self._media = database, trust, media
        self._admission, self._enrolments = admission, enrolments

    def take(self, actor: Actor, data: bytes, *, now: datetime) -> TakenFinding:
        """Takes one signed notice in; the same one again changes nothing and gets the same answer.

        Words that hold something of a person's are taken too, since they are signed and nobody else has them;
        the operator is told.

        Args:
            actor: who is signed in.
            data: signed bytes.
            now: aware.

        Raises:
            Forbidden: WRONG_ROLE.
            BadInput: NOT_A_FINDING, NOT_YOURS, NO_SUCH_UNIT, and what `Admission.admit` raises.
            TraceabilityError: it cannot be read, was not signed about now, or is in the log with other bytes.
            StorageBusy: nothing was changed.
        """
        demand_role(actor, INSPECTOR)
        item = Reader(1).read(data)
        if not isinstance(item.record, Notice) or item.record.action not in FIELD_ACTIONS:
            raise BadInput("NOT_A_FINDING", f"{item.envelope.id} is no notice of {sorted(FIELD_ACTIONS)}")
        self._demand_hers(actor, item)
        self._demand_units(item.record)
        is_personal = personal_in(item.record.reason) is not None
        with self._database.write() as session:
            already = _is_here(session, item)
            (admitted,) = self._admission.take_in(session, Delivery([item.data]), now=now)
            if is_personal and not already:
                _tell_operator(session, item.record, now)
        self._admission.sign_log(now)
        return TakenFinding(admitted.record_id, admitted.index, already, admitted.cautions)

    def take_photo(self, actor: Actor, record_id: str, data: bytes, *, now: datetime) -> TakenPhoto:
        """Takes a photo of an admitted finding in, byte for byte; the same one again changes nothing.

        Args:
            actor: who signed the finding.
            record_id: the finding's local id.
            data: the file whose digest it names.
            now: aware.

        Raises:
            Forbidden: WRONG_ROLE.
            NotFound: NO_RECORD.
            BadInput: NOT_A_FINDING, NOT_YOURS; NOT_NAMED, where the finding names no such file; and what
                `MediaStore.keep_plain_photo` raises.
            StorageBusy: nothing was changed.
        """
        demand_role(actor, INSPECTOR)
        digest = digest_multibase(data)
        with self._database.read() as session:
            stored = session.get(Record, record_id)
            is_here = _has_photo(session, record_id, digest)
        if stored is None:
            raise NotFound("NO_RECORD", f"there is no record {record_id[:80]!r}")
        item = Reader(1).read(stored.body)
        if not isinstance(item.record, Notice):
            raise BadInput("NOT_A_FINDING", f"{item.envelope.id} is no notice")
        self._demand_hers(actor, item)
        if digest not in item.record.evidence:
            raise BadInput("NOT_NAMED", f"{item.envelope.id} names no file with the digest {digest}")
        return TakenPhoto(digest, is_here or self._keep(actor, record_id, data, now))

    def _keep(self, actor: Actor, record_id: str, data: bytes, now: datetime) -> bool:
        """Stores a photo; gives whether another request was faster."""
        stored = self._media.keep_plain_photo(data)
        is_kept = False
        try:
            with self._database.write() as session:
                # Who sends twice at once waits here, and then finds the photo of the first request.
                session.get_one(Record, record_id, with_for_update=True)
                if _has_photo(session, record_id, stored.digest):
                    return True
                media = Media(
                    name=stored.name, kind=stored.kind, mimetype=stored.mimetype, digest=stored.digest,
                    size=stored.size, width=stored.width, height=stored.height,
                    account_id=actor.account_id, created_at=now,
                )  # fmt: skip
                session.add(media)
                session.flush()
                session.add(EventMedia(record_id=record_id, media_id=media.id))
            is_kept = True
        finally:
            if not is_kept:
                self._media.remove(stored.name)
        return False

    def _demand_hers(self, actor: Actor, item: SignedRecord) -> None:
        """Checks that she signed it, under the issuer that she acts for, with a key that she handed in."""
        own = {one.method_id for one in self._enrolments.of(actor) if one.state == "listed"}
        key = self._key(item)
        is_issuers = key.method.controller == item.envelope.issuer.did
        if not is_issuers or key.role != INSPECTOR or key.method.id not in own:
            raise BadInput("NOT_YOURS", f"{key.method.id} is no key that this account holds")

    def _key(self, item: SignedRecord) -> TrustKey:
        try:
            return self._trust.key(item.claim.method_id)
        except NotVerified as error:
            raise BadInput("NOT_YOURS", str(error)) from error

    def _demand_units(self, notice: Notice) -> None:
        """Checks that the units named are units of the lot, or a recall of them would reach nothing."""
        if not notice.serials:
            return
        own = self._units(local_id(notice.about))
        for serial in notice.serials:
            if serial.upper() not in own:
                raise BadInput("NO_SUCH_UNIT", f"{serial} is no unit of the lot of {notice.about}")

    def _units(self, passport_id: str) -> set[str]:
        """Gives the serials of a passport's lot; the lot's row names its newest passport only."""
        with self._database.read() as session:
            stored = session.get(Record, passport_id)
            about = Reader(1).read(stored.body).record if stored is not None else None
            if not isinstance(about, LotPassport):
                return set()
            lots = select(Lot, Record.body).join(Record, Record.id == Lot.record_id)
            rows = session.execute(lots.where(Lot.number == about.lot).options(undefer(Lot.serials))).all()
        for lot, body in rows:
            newest = Reader(1).read(body).record
            if isinstance(newest, LotPassport) and newest.lot_id == about.lot_id:
                known = lot.serials.decode("ascii")
                return {known[start : start + SERIAL_CHARS] for start in range(0, len(known), SERIAL_CHARS)}
        return set()


def _is_here(session: Session, item: SignedRecord) -> bool:
    return session.scalar(select(Record.id).where(Record.digest == item.digest)) is not None


def _has_photo(session: Session, record_id: str, digest: str) -> bool:
    tied = select(Media.id).join(EventMedia, EventMedia.media_id == Media.id)
    return session.scalar(tied.where(EventMedia.record_id == record_id, Media.digest == digest)) is not None


def _tell_operator(session: Session, notice: Notice, now: datetime) -> None:
    """Opens a case where signed words hold something of a person's; the case does not repeat it."""
    session.add(
        Report(
            case_number=new_case_number(),
            subject=local_id(notice.envelope.id),
            words=_PERSONAL,
            reported_at=now,
            state="open",
        )
    )
