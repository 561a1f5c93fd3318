"""Deciding requests: a yes is a signed record, a no has a reason, and each is given at most once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from shop.db.catalogue import Workshop
from shop.db.desk import Request
from shop.db.lots import Record as RecordRow
from shop.db.session import Database
from shop.errors import BadInput
from shop.services.access.actors import Actor
from shop.services.access.audit_trail import note
from shop.services.countersigning.fields import read_answer, read_words
from shop.services.countersigning.forms import preview_of, seen_digest, signing_form
from shop.services.countersigning.offices import Offices
from shop.services.countersigning.rows import (
    RequestFacts,
    asked_of,
    demand_stranger,
    find_facts,
    locked,
)
from shop.services.countersigning.values import SIGNS_HERE, SIGNS_ON_HER_OWN, Preview
from shop.services.issuing.checks import check_form
from shop.services.issuing.deliveries import fill_form, sign_form
from shop.services.issuing.desk import Desk
from shop.services.keys.keyring import Keyring
from shop.services.signed.admission import Admission, Delivery
from traceability.errors import TraceabilityError
from traceability.evidence import Reader
from traceability.issue import SigningKey
from traceability.policy import check_record
from traceability.records.certificate import Certificate
from traceability.records.kinds import Record
from traceability.records.notice import Notice, Transcription
from traceability.signing.did import issuer_did
from traceability.signing.trust import TrustList

__all__ = ["Deciding"]


@dataclass(frozen=True, slots=True)
class Deciding:
    """Signs and refuses in the name of the person's issuer.

    Attributes:
        folder: of media, where scans lie.
    """

    database: Database
    trust: TrustList
    host: str
    keyring: Keyring
    admission: Admission
    offices: Offices
    folder: Path

    def preview(self, actor: Actor, request_id: int, texts: Mapping[str, str], *, now: datetime) -> Preview:
        """Gives in words what `sign` would sign; nothing is signed or stored.

        Args:
            actor: of the issuer that was asked.
            request_id: of an open request.
            texts: the fields of the answer, as typed.
            now: aware.

        Raises:
            BadFields: by field.
            BadInput: DECIDED, NO_PAPER, NO_ISSUER; MAY_NOT_SIGN, where the trust list does not entitle it.
            Forbidden: WRONG_ROLE, OWN_WORKSHOP.
            NotFound: NO_REQUEST.
        """
        facts = self._open_facts(actor, request_id)
        kind, desk = self._desk(facts, texts, now.replace(microsecond=0))
        entry = desk.entry(facts.request.issuer)
        filled = fill_form(desk, kind, entry)
        try:
            check_record(filled.record, entry, [item.record for item in filled.linked])
        except TraceabilityError as error:
            raise BadInput("MAY_NOT_SIGN", f"{facts.request.issuer}: {error}") from error
        return preview_of(filled.record, entry, facts)

    def sign(
        self, actor: Actor, request_id: int, texts: Mapping[str, str], *, seen: str, now: datetime
    ) -> str:
        """Signs what was asked for with the issuer's key on this server; once more gives the same record.

        Args:
            actor: of the issuer that was asked.
            request_id: of a request.
            texts: the fields of the answer, as typed.
            seen: as the preview gave it.
            now: aware.

        Returns:
            The local id of the record.

        Raises:
            BadFields: by field.
            BadInput: OTHER_REQUEST, when it would not say what the preview did; DECIDED; HOLDER_KEY, when the
                issuer keeps its key to itself; NO_KEY; and what `Admission.take_in` raises.
            Forbidden: WRONG_ROLE, OWN_WORKSHOP.
            NotFound: NO_REQUEST.
        """
        if (done := self._record_of(actor, request_id)) is not None:
            return done
        now = now.replace(microsecond=0)
        facts = self._open_facts(actor, request_id)
        kind, desk = self._desk(facts, texts, now)
        delivery = sign_form(desk, kind, self._key(facts.request.issuer, now))
        _demand_seen(delivery, seen)
        record_id = str(desk.form["id"])
        with self.database.write() as session:
            # Who clicks twice waits here, and then finds the record of the first click.
            request = locked(session, request_id, asked_of(actor))
            if request.state == "done":
                return request.record_id or ""
            self.admission.take_in(session, delivery, now=now)
            self._close(session, actor, request, record_id, now)
        self.admission.sign_log(now)
        return record_id

    def settle(self, actor: Actor, request_id: int, record_id: str, *, now: datetime) -> None:
        """Closes a request with a record that the issuer signed elsewhere and that is in the log.

        With the same record again nothing is changed.

        Raises:
            BadInput: DECIDED; NO_SUCH_RECORD, when it is not here, not the issuer's, of another kind, about
                another workshop, or older than the request.
            Forbidden: WRONG_ROLE, OWN_WORKSHOP.
            NotFound: NO_REQUEST.
        """
        if self._record_of(actor, request_id) == record_id:
            return
        facts = self._open_facts(actor, request_id)
        with self.database.write() as session:
            request = locked(session, request_id, asked_of(actor))
            if request.state == "done" and request.record_id == record_id:
                return
            self._demand_answer(session, facts, record_id)
            self._close(session, actor, request, record_id, now)

    def refuse(self, actor: Actor, request_id: int, reason: str, *, now: datetime) -> None:
        """Refuses a request; the artisan reads the reason. Refused already, it stays as it is.

        Raises:
            BadFields: `reason` MISSING, TOO_LONG or BAD_CHARACTER.
            BadInput: DECIDED, when it was signed or withdrawn.
            Forbidden: WRONG_ROLE.
            NotFound: NO_REQUEST.
        """
        whose = asked_of(actor)
        words = read_words("reason", reason)
        with self.database.write() as session:
            request = locked(session, request_id, whose)
            if request.state == "refused":
                return
            _demand_open(request)
            request.state, request.reason = "refused", words
            request.decided_at, request.decided_by = now, actor.account_id
            note(session, actor, "request refuse", f"request:{request.id}", at=now)

    def _open_facts(self, actor: Actor, request_id: int) -> RequestFacts:
        whose = asked_of(actor)
        with self.database.read() as session:
            facts = find_facts(session, request_id, whose)
        demand_stranger(actor, facts.workshop, facts.request.kind)
        _demand_open(facts.request)
        return facts

    def _record_of(self, actor: Actor, request_id: int) -> str | None:
        """Gives what was signed for a request already."""
        whose = asked_of(actor)
        with self.database.read() as session:
            request = find_facts(session, request_id, whose).request
        return request.record_id if request.state == "done" else None

    def _desk(self, facts: RequestFacts, texts: Mapping[str, str], now: datetime) -> tuple[str, Desk]:
        answer = read_answer(facts.request.kind, texts, now=now)
        kind, form = signing_form(facts, answer)
        check_form(kind, form, now)
        return kind, Desk(self.database, self.trust, self.host, form, self.folder, now)

    def _key(self, slug: str, now: datetime) -> SigningKey:
        place = self.offices.signs(slug, now)
        if place == SIGNS_ON_HER_OWN:
            raise BadInput(
                "HOLDER_KEY", f"{slug} keeps its key to itself, so this server signs nothing for it"
            )
        key = self.keyring.key(issuer_did(self.host, slug), "record", now=now)
        if place != SIGNS_HERE or key is None:
            raise BadInput("NO_KEY", f"the key of {slug} is not on this server, or not in force")
        return key

    def _close(self, session: Session, actor: Actor, request: Request, record_id: str, now: datetime) -> None:
        """Marks a locked request as done, in the transaction that holds its record."""
        _demand_open(request)
        demand_stranger(actor, session.get_one(Workshop, request.workshop_id), request.kind)
        request.state, request.record_id = "done", record_id
        request.decided_at, request.decided_by = now, actor.account_id
        note(session, actor, "request sign", f"request:{request.id}", at=now, record=record_id)

    def _demand_answer(self, session: Session, facts: RequestFacts, record_id: str) -> None:
        row = session.get(RecordRow, record_id.strip()) if record_id.isprintable() else None
        is_ours = row is not None and row.issuer == issuer_did(self.host, facts.request.issuer)
        item = Reader(1).read(row.body) if row is not None and is_ours else None
        if (
            item is None
            or not _answers(item.record, facts, self.host)
            or item.claim.created < facts.request.asked_at.replace(microsecond=0)
        ):
            raise BadInput("NO_SUCH_RECORD", f"{record_id[:80]!r} is no answer to request {facts.request.id}")


def _answers(record: Record, facts: RequestFacts, host: str) -> bool:
    """Tells whether a record is of the kind that was asked for, and about this workshop's own things."""
    kind = facts.request.kind
    match record:
        case Certificate():
            fits = record.kind == kind
        case Transcription():
            fits = kind == "transcription"
        case Notice():
            if kind == "inspection" and record.about == f"https://{host}/records/{facts.workshop.record_id}":
                return True  # its record is the commune's, and so is whom a notice about that is issued to
            fits = kind == "inspection"
        case _:
            return False
    return fits and record.issued_to.did == facts.workshop.issuer


def _demand_seen(delivery: Delivery, seen: str) -> None:
    """Checks what was signed rather than what it was made of, which may change until the last moment."""
    if seen_digest(Reader(1).read(delivery.records[0]).record) != seen:
        raise BadInput("OTHER_REQUEST", "what would be signed is not what was shown")


def _demand_open(request: Request) -> None:
    if request.state != "open":
        raise BadInput("DECIDED", f"request {request.id} is {request.state} already")
