"""From a verdict and what the database holds to the value that a verification page shows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from shop.services.checking.stations import stations, with_successors
from shop.services.checking.values import RecordedPlace, VerificationPage
from shop.services.log.pages import log_position
from shop.services.log.values import LogPosition
from shop.services.signed.certificates import certificate_view
from shop.services.signed.corrections import correction_of, corrections
from shop.services.signed.evidence import SignedEvidence
from shop.services.signed.notices import notice_of, notices
from shop.services.signed.papers import copied_papers, withdrawn_papers
from shop.services.signed.record_names import record_name
from shop.services.signed.values import CertificateView, Correction, Station
from shop.services.storefront.values import ProductCard, VillageCard, WorkshopCard
from shop.services.uploads.step_files import StepFiles
from traceability.chain import Chain
from traceability.clock import day_in_viet_nam
from traceability.errors import Reason, TraceabilityError
from traceability.evidence import Reader, SignedRecord
from traceability.labels.code import LabelCode
from traceability.policy import log_policy
from traceability.records.certificate import Certificate
from traceability.records.event import TraceEvent
from traceability.records.facility import VillageRecognition, WorkshopRecord
from traceability.records.kinds import Record
from traceability.records.notice import Notice, Transcription
from traceability.records.passport import LotPassport
from traceability.signing.keys import PublicKey
from traceability.signing.trust import TrustList
from traceability.verdict import Check, CheckStatus, Outcome, Verdict, outcome_of

__all__ = ["FoundLot", "SignedLot", "VerificationPages"]

REMEMBERED: Final = 512
_TAKING_BACK: Final = {"recall": Reason.RECALLED, "revoke": Reason.REVOKED, "suspend": Reason.SUSPENDED}


@dataclass(frozen=True, slots=True, eq=False)
class SignedLot:
    """A lot's newest passport, and what was signed about it. See `SignedEvidence`."""

    passport: bytes
    signed: SignedEvidence


@dataclass(frozen=True, slots=True)
class FoundLot:
    """What the database holds of one lot."""

    lot_id: int
    card: ProductCard
    workshop: WorkshopCard
    village: VillageCard
    signed: SignedLot
    checks: int
    is_spoiled: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a lot. The same lot with the same checks tells the same, whichever unit was scanned.

    The checks name everything that time and trust have changed, so nothing is told after its time.
    """

    signed: SignedLot
    checks: tuple[Check, ...]
    chain: Chain = field(compare=False)
    now: datetime = field(compare=False)


class VerificationPages:
    """Makes the page of a verdict."""

    def __init__(
        self,
        trust: TrustList,
        *,
        roots_fingerprint: str,
        files: StepFiles,
        own_witness: PublicKey | None = None,
    ) -> None:
        self._files = files
        self._trust, self._roots_fingerprint, self._own_witness = trust, roots_fingerprint, own_witness
        self._of_lot = lru_cache(REMEMBERED)(self._tell_lot)

    def of_label(
        self,
        verdict: Verdict,
        now: datetime,
        *,
        code: LabelCode,
        found: FoundLot,
        newest: Verdict | None = None,
    ) -> VerificationPage:
        """Gives the page of a label whose lot is known.

        Args:
            verdict: the label's own.
            now: aware time.
            code: of the label.
            found: its lot.
            newest: of the same code by the lot's newest passport, where the label's was replaced. The page
                tells that passport's story if it is sound and corrections lead to it; the verdict stays.
        """
        page = self.bare(verdict, now, code=code)
        told: dict[str, Any] = {}
        if verdict.chain is not None:
            told = self._of_lot(_Asked(found.signed, verdict.checks, verdict.chain, now))
            if newest is not None and newest.chain is not None:
                newer = self._of_lot(_Asked(found.signed, newest.checks, newest.chain, now))
                told = self._corrected_story(told, newer, newest)
            # Whether a file is still what was signed can change from one look to the next.
            told = told | {"stations": self._files.look(told["stations"])}
        return replace(
            page,
            **told,
            product=found.card,
            village=found.village,
            workshop=found.workshop,
            checks=found.checks if code.serial is not None else None,
            is_spoiled=found.is_spoiled,
        )

    def _corrected_story(
        self, sealed: dict[str, Any], newer: dict[str, Any], newest: Verdict
    ) -> dict[str, Any]:
        """Gives what a corrected lot's page tells; the sealed record's own, where the newer is not sound."""
        if newest.outcome not in {Outcome.VERIFIED, Outcome.CAUTION}:
            return sealed
        corrected = newer["corrections"]
        if not _leads(corrected, sealed["record_id"], newer["record_id"]):
            return sealed
        told = {one.record_id for one in (*newer["notices"], *corrected)}
        later = tuple(one for one in sealed["notices"] if one.record_id not in told)
        return newer | {
            "notices": newer["notices"] + later,
            "replaced_id": sealed["record_id"],
            "newer_checks": newest.checks,
            "log": self._log(newest),
        }

    def of_record(
        self, verdict: Verdict, now: datetime, *, signed: SignedEvidence, is_ours: bool
    ) -> VerificationPage:
        """Gives the page of a record that somebody holds; one of ours may lead back to its place's page."""
        page = self.bare(verdict, now, is_record=True)
        if verdict.chain is None:
            return page
        told = self._tell(verdict.chain, verdict.checks, now, signed=signed)
        told["stations"] = self._files.look(told["stations"])
        start = verdict.chain.records[0]
        body = json.dumps(start.document, ensure_ascii=False, indent=2)
        return replace(page, **told, body=body, place=_place(start.record, has_page=is_ours))

    def bare(
        self,
        verdict: Verdict,
        now: datetime,
        *,
        code: LabelCode | None = None,
        is_record: bool = False,
    ) -> VerificationPage:
        """Gives the page of a verdict about something that the database does not hold."""
        is_known_host = Reason.HOST_NOT_TRUSTED not in verdict.reasons
        return VerificationPage(
            verdict=verdict,
            code=code.to_uri() if code is not None else None,
            product=None,
            village=None,
            workshop=None,
            lot=code.lot if code is not None and is_known_host else None,
            serial=code.serial if code is not None and is_known_host else None,
            units=None,
            record_id=None,
            issued_at=None,
            voucher=None,
            stations=(),
            certificates=(),
            checks=None,
            checked_at=now,
            log=self._log(verdict),
            roots_fingerprint=self._roots_fingerprint,
            is_record=is_record,
        )

    def _log(self, verdict: Verdict) -> LogPosition | None:
        if verdict.chain is None:
            return None
        start = verdict.chain.records[0]
        place = verdict.places.get(start.envelope.id)
        return log_position(start, place, log_policy(self._trust), own=self._own_witness)

    def _tell_lot(self, asked: _Asked) -> dict[str, Any]:
        found = asked.signed.signed
        others = tuple(_others_told(asked.chain, asked.checks, found.bodies))
        told = self._tell(
            asked.chain,
            asked.checks,
            asked.now,
            signed=found,
            others=others,
        )
        read = [Reader(1).read(data) for data in found.places]
        return told | {"stations": with_successors(told["stations"], read, trust=self._trust)}

    def _tell(
        self,
        chain: Chain,
        checks: tuple[Check, ...],
        now: datetime,
        *,
        signed: SignedEvidence,
        others: Sequence[SignedRecord] = (),
    ) -> dict[str, Any]:
        """Gives the members of a VerificationPage that follow from its records."""
        start, translations = chain.records[0], signed.translations
        unsound = _failed_subjects(checks, Outcome.INVALID)
        withdrawn = _withdrawn(checks) | _withdrawn_by(start.record)
        said = notices(chain, checks, later=signed.later, translations=translations, others=others)
        corrected = self._corrected(chain, signed, now)
        story = stations(
            chain,
            trust=self._trust,
            translations=translations,
            unsound=unsound,
            withdrawn=withdrawn,
            replaced=frozenset(one.before_id for one in corrected),
            files=signed.files,
        )
        return _tell_passport(start.record, now) | {
            "record_id": start.envelope.id.rpartition("/")[2],
            "issued_at": start.claim.created,
            "voucher": start.envelope.issuer.name,
            "stations": _this_first(start.record, story),
            "notices": said,
            "corrections": corrected,
            "withdrawn": withdrawn_papers(chain, checks, said, translations=translations),
            "papers": copied_papers(chain, translations=translations, unsound=unsound, withdrawn=withdrawn),
            "certificates": _certificates(chain, translations, now=now, unsound=unsound, withdrawn=withdrawn),
            "title": record_name(start.envelope.name, translations.get(start.envelope.id)),
            "is_made_outside": _is_made_outside(chain),
            "notice": notice_of(chain, translations),
        }

    def _corrected(self, chain: Chain, signed: SignedEvidence, now: datetime) -> tuple[Correction, ...]:
        this = correction_of(chain, signed.translations)
        return (this,) if this else corrections(chain.records[0], signed, trust=self._trust, now=now)


def _certificates(
    chain: Chain,
    translations: Mapping[str, str | None],
    *,
    now: datetime,
    unsound: frozenset[str],
    withdrawn: Mapping[str, Reason],
) -> tuple[CertificateView, ...]:
    start = chain.records[0]
    issued = start.claim.created if isinstance(start.record, LotPassport) else None
    return tuple(
        certificate_view(
            item,
            translations.get(item.envelope.id),
            now=now,
            issued=issued,
            is_sound=item.envelope.id not in unsound,
            withdrawn=withdrawn.get(item.envelope.id),
        )
        for item, _ in chain.of_kind(Certificate)
    )


def _leads(corrected: Sequence[Correction], before: str, after: str) -> bool:
    """Tells whether corrections that count lead from one passport to the other."""
    successor = {one.before_id: one.after_id for one in corrected}
    reached = before
    for _ in corrected:
        reached = successor.get(reached, reached)
    return reached == after != before


def _others_told(
    chain: Chain, checks: tuple[Check, ...], bodies: Mapping[str, bytes]
) -> Iterator[SignedRecord]:
    """Gives the lot's other passports, and the steps that only they lead to, that a check speaks against."""
    told = {check.subject for check in checks if check.status in {CheckStatus.FAILED, CheckStatus.CAUTION}}
    for url in bodies.keys() & told - {item.envelope.id for item in chain.records}:
        with suppress(TraceabilityError):
            signed = Reader(1).read(bodies[url])
            if isinstance(signed.record, LotPassport | TraceEvent):
                yield signed


def _tell_passport(passport: Record, now: datetime) -> dict[str, Any]:
    if not isinstance(passport, LotPassport):
        return {}
    expires_on = passport.expires_on
    today = day_in_viet_nam(now)
    return {
        "lot": passport.lot,
        "units": passport.unit_count,
        "expires_on": expires_on,
        "is_past_use_by": expires_on is not None and expires_on < today,
    }


def _place(record: Record, *, has_page: bool) -> RecordedPlace | None:
    """Gives the village or workshop that a record is about."""
    if isinstance(record, VillageRecognition | WorkshopRecord):
        kind = "village" if isinstance(record, VillageRecognition) else "workshop"
        return RecordedPlace(kind, record.facility_id.rpartition("/")[2], record.name, has_page)
    return None


def _this_first(record: Record, told: tuple[Station, ...]) -> tuple[Station, ...]:
    """Puts what was signed about a story before the story: it is newer than all of it."""
    if not isinstance(record, Notice | Transcription):
        return told
    this = record.envelope.id.rpartition("/")[2]
    return tuple(sorted(told, key=lambda station: station.record_id != this))


def _is_made_outside(chain: Chain) -> bool:
    return any(not workshop.is_inside_village for _, workshop in chain.of_kind(WorkshopRecord))


def _withdrawn(checks: tuple[Check, ...]) -> dict[str, Reason]:
    """Gives for each record that was taken back the gravest reason why."""
    found = {(check.subject, check.reason) for check in checks if check.status is CheckStatus.FAILED}
    return {
        url: reason
        for reason in reversed(_TAKING_BACK.values())
        for url, why in found
        if why is reason and url
    }


def _withdrawn_by(record: Record) -> dict[str, Reason]:
    """Gives what a notice takes back as a whole: its own page must not show that as standing."""
    if isinstance(record, Notice) and record.action in _TAKING_BACK and not record.serials:
        return {record.about: _TAKING_BACK[record.action]}
    return {}


def _failed_subjects(checks: tuple[Check, ...], outcome: Outcome) -> frozenset[str]:
    """Gives the records on which a check failed that makes this of a verdict."""
    failed = (check for check in checks if check.status is CheckStatus.FAILED)
    return frozenset(
        check.subject for check in failed if check.subject and outcome_of(check.reason) is outcome
    )
