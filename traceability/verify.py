"""Use case 2: a label or a record, with evidence, trust and a time, gives a Verdict.

The steps are numbered as in docs/verification.md:
1 parse strictly; 2 label, seal and host; 3 each record's proof; 4 key trusted for role, scope and time;
5 links by digest, back to workshop and village; 6 in the log; 7 not revoked, recalled or expired;
8 unit state and scan signals.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial
from typing import Final, TypeVar

from traceability.chain import Chain, collect_chain
from traceability.clock import format_instant
from traceability.corrected import passports_of
from traceability.errors import NotVerified, Reason, TraceabilityError
from traceability.evidence import Evidence, SignedRecord
from traceability.labels.code import LabelCode
from traceability.labels.code import parse as parse_label
from traceability.labels.seal import Seal
from traceability.labels.seal import parse as parse_seal
from traceability.limits import LABEL_MAX_CHARS_SHOWN, SEAL_MAX_KEYS
from traceability.logged import LogBook, LogPlace, demand_one_tree
from traceability.policy import check_record, log_policy
from traceability.records.facility import VillageRecognition, WorkshopRecord
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustKey, TrustList
from traceability.status import judge_status
from traceability.validity import judge_dates
from traceability.verdict import Check, CheckStatus, Verdict

__all__ = [
    "LABEL",
    "LINKS",
    "LOG",
    "PARSE",
    "PROOF",
    "SCANS",
    "STATUS",
    "TRUST",
    "verify_label",
    "verify_record",
]

_Value = TypeVar("_Value")

PARSE: Final = "1-parse"
LABEL: Final = "2-label"
PROOF: Final = "3-proof"
TRUST: Final = "4-trust"
LINKS: Final = "5-links"
LOG: Final = "6-log"
STATUS: Final = "7-status"
SCANS: Final = "8-scans"


def verify_record(data: bytes, *, trust: TrustList, evidence: Evidence, at: datetime) -> Verdict:
    """Verifies one record and everything it links to.

    Args:
        data: the record's bytes; any bytes give a verdict, never another error than a programming mistake.
        trust: the opened trust list.
        evidence: linked records by URL.
        at: aware time that validity is judged at.
    """
    run = _Run(trust, evidence, at)
    data = bytes(data)  # the reader remembers by the very bytes, which must not change under it
    run.skip(LABEL, Reason.NO_SEAL, "a record was given, not a label")
    run.skip(SCANS, Reason.NO_SCAN_SIGNALS_YET, "a record was given, not a label")
    run.follow(data)
    return run.verdict()


def verify_label(text: str, *, trust: TrustList, evidence: Evidence, at: datetime) -> Verdict:
    """Verifies a label's text: its seal, its lot's passport, and everything that links to.

    Args:
        text: the code as scanned or typed, in any letter case; any text gives a verdict.
        trust: the opened trust list.
        evidence: the lot's passport and serials by lot id, linked records by URL.
        at: aware time that validity is judged at.
    """
    run = _Run(trust, evidence, at)
    code = run.attempt(LABEL, text[:LABEL_MAX_CHARS_SHOWN], lambda: parse_label(text))
    if code is None:
        return run.verdict()
    run.code = code
    run.attempt(LABEL, code.host, lambda: run.check_host(code))
    passports = passports_of(code, evidence)
    if not passports:
        error = NotVerified(Reason.UNKNOWN_CODE, "no lot of this code is known here")
        run.fail(LABEL, code.to_uri(), error)
        if code.seal is not None:
            run.attempt(LABEL, code.to_uri(), lambda: run.check_seal(code))
        return run.verdict()
    run.skip(SCANS, Reason.NO_SCAN_SIGNALS_YET, "scan signals are not judged by this version")
    start = run.follow(passports[0], successors=passports[1:])
    if start is not None:
        run.check_label(code, start)
    return run.verdict()


class _Run:
    """One verification: the given things, and the checks so far."""

    def __init__(self, trust: TrustList, evidence: Evidence, at: datetime) -> None:
        self.trust, self.evidence, self.at = trust, evidence, at
        self.checks: list[Check] = []
        self.chain: Chain | None = None
        self.code: LabelCode | None = None
        self.book = LogBook(evidence, self.attempt(LOG, trust.origin, lambda: log_policy(trust)))
        self.places: dict[str, LogPlace] = {}

    def attempt(self, step: str, subject: str, action: Callable[[], _Value]) -> _Value | None:
        """Does one check; a failure becomes an entry, and None."""
        try:
            return action()
        except TraceabilityError as error:
            self.fail(step, subject, error)
            return None

    def fail(self, step: str, subject: str, error: TraceabilityError) -> None:
        """Notes a failed check."""
        self.checks.append(Check(step, CheckStatus.FAILED, str(error), error.code, subject))

    def note(self, step: str, status: CheckStatus, reason: Reason, detail: str, subject: str) -> None:
        """Notes something that a person should know."""
        self.checks.append(Check(step, status, detail, reason, subject))

    def skip(self, step: str, reason: Reason, detail: str) -> None:
        """Notes a check that was not done, and why."""
        self.checks.append(Check(step, CheckStatus.SKIPPED, detail, reason))

    def close(self, step: str, detail: str, **evidence: str) -> None:
        """Notes that a step passed, unless one of its checks failed or asked for caution."""
        if not any(check.id == step and check.status is not CheckStatus.NOTE for check in self.checks):
            self.checks.append(Check(step, CheckStatus.PASSED, detail, evidence=tuple(evidence.items())))

    def verdict(self) -> Verdict:
        """Gives the checks in the order of the steps."""
        return Verdict(
            tuple(sorted(self.checks, key=lambda check: check.id)), self.chain, self.code, self.places
        )

    def follow(self, data: bytes, successors: Sequence[bytes] = ()) -> SignedRecord | None:
        """Does steps 1 and 3 to 7 for a record and its chain; `successors` took the record's place."""
        try:
            start = self.evidence.reader.read(data)
        except TraceabilityError as error:
            # Reading ends with the form of the proof, which belongs to step 3.
            self.fail(PROOF if isinstance(error, NotVerified) else PARSE, "", error)
            return None
        self.close(PARSE, "the record is strict JSON of a known kind", digest=start.digest)
        chain = self.chain = collect_chain(start, self.evidence)
        for item in chain.records:
            self._check_proof(item)
        self.close(PROOF, "every record carries a signature that fits", records=str(len(chain.records)))
        self._check_log(chain)
        self._check_trust_age()
        for item in chain.records:
            self.attempt(TRUST, item.envelope.id, partial(self._check_authority, item, chain))
        self.close(TRUST, "every key may sign what it signed", list=str(self.trust.sequence))
        self._check_links(start, chain)
        self._check_status(chain, successors)
        return start

    # Step 3 and step 4

    def _check_proof(self, item: SignedRecord) -> None:
        def check() -> None:
            key = self.trust.key(item.claim.method_id)
            self.evidence.reader.prove(item.data, key.method.key)
            expires = item.claim.expires
            if expires is not None and expires <= self.at:
                raise NotVerified(Reason.PROOF_EXPIRED, f"the proof expired at {format_instant(expires)}")

        self.attempt(PROOF, item.envelope.id, check)

    def _check_authority(self, item: SignedRecord, chain: Chain) -> None:
        key = self.trust.key(item.claim.method_id)
        key.check_time(item.claim.created, log_index=self._index(item))
        check_record(item.record, key, [linked.record for linked in chain.linked(item)])

    def _check_trust_age(self) -> None:
        detail = f"the trust list expired at {format_instant(self.trust.expires)}"
        if self.trust.is_too_old(self.at):
            self.fail(TRUST, self.trust.origin, NotVerified(Reason.TRUST_LIST_STALE, detail))
        elif self.trust.is_stale(self.at):
            self.note(TRUST, CheckStatus.CAUTION, Reason.TRUST_LIST_STALE, detail, self.trust.origin)

    # Step 5

    def _check_links(self, start: SignedRecord, chain: Chain) -> None:
        for gap in chain.gaps:
            self.fail(LINKS, gap.target, gap.error)
        if isinstance(start.record, LotPassport):
            reached = {type(item.record) for item in chain.records}
            for kind in (WorkshopRecord, VillageRecognition):
                if kind not in reached:
                    error = NotVerified(Reason.LINK_MISSING, f"the chain reaches no {kind.KIND}")
                    self.fail(LINKS, start.envelope.id, error)
        self.close(
            LINKS, "every link leads to the record that was signed for", records=str(len(chain.records))
        )

    # Step 6; it comes before step 4, because the log's order tells which signatures a lost key spoils.

    def _check_log(self, chain: Chain) -> None:
        for item in chain.records:
            place = self.attempt(LOG, item.envelope.id, partial(self.book.place, item))
            if place is not None:
                self.places[item.envelope.id] = place
        self.attempt(LOG, "", lambda: demand_one_tree(self.places.values()))
        sizes = {place.head.checkpoint.size for place in self.places.values()}
        self.close(LOG, "every record stands in the log", size=str(max(sizes, default=0)))

    def _index(self, item: SignedRecord) -> int | None:
        place = self.places.get(item.envelope.id)
        return place.index if place is not None else None

    # Step 7

    def _check_status(self, chain: Chain, successors: Sequence[bytes]) -> None:
        later = [self.evidence.reader.read(data) for data in successors]
        serial = self.code.serial if self.code is not None else None
        said = judge_status(
            chain,
            evidence=self.evidence,
            trust=self.trust,
            place_of=self.book.place,
            at=self.at,
            serial=serial,
            successors=later,
        )
        for status, reason, detail, subject in (*said, *judge_dates(chain, self.at)):
            self.note(STATUS, status, reason, detail, subject)
        self.close(STATUS, "nothing was revoked, suspended or recalled, and every date holds")

    # Step 2

    def check_label(self, code: LabelCode, start: SignedRecord) -> None:
        """Checks that code, seal and serial belong to this passport's lot and to its workshop."""
        subject, passport = code.to_uri(), start.record
        if not isinstance(passport, LotPassport) or passport.lot_id != code.lot_uri:
            self.fail(LABEL, subject, NotVerified(Reason.SUBJECT_MISMATCH, "the passport is of another lot"))
            return
        if code.seal is None:
            self.note(LABEL, CheckStatus.NOTE, Reason.NO_SEAL, "the code carries no seal", subject)
        else:
            self.attempt(LABEL, subject, lambda: self._check_seal_binds(code, start))
        if code.serial is not None:
            self.attempt(LABEL, subject, lambda: self._check_serial(code, passport))
        sealed = "the code belongs to this lot, and its seal to the lot's workshop"
        self.close(LABEL, sealed if code.seal is not None else "the code names this lot and a serial of it")

    def check_host(self, code: LabelCode) -> None:
        """Checks the label's host; a label that was sealed while the host was ours counts for ever.

        Raises:
            NotVerified: HOST_NOT_TRUSTED.
        """
        sealed_on = None
        if code.seal is not None:
            with suppress(TraceabilityError):  # A seal that cannot be read is told of where it is checked.
                sealed_on = parse_seal(code.seal).day
        host = self.trust.check_host(code.host, at=self.at, sealed_on=sealed_on)
        if host.has_ended(self.at):
            detail = f"{host.name} is no longer used; its successor is {host.successor or 'not named'}"
            self.note(LABEL, CheckStatus.NOTE, Reason.HOST_MOVED, detail, code.host)

    def check_seal(self, code: LabelCode, log_index: int | None = None) -> tuple[Seal, TrustKey]:
        """Gives the seal and the key that made it.

        Args:
            code: with a seal.
            log_index: where the lot's passport stands in the log, None where that is not proven.

        Raises:
            Unreadable: BAD_LABEL.
            NotVerified: KEY_UNKNOWN, BAD_SEAL, KEY_EXPIRED or KEY_REVOKED.
        """
        seal = parse_seal(code.seal or "")
        keys = self.trust.seal_keys(seal.kid)[:SEAL_MAX_KEYS]
        if not keys:
            raise NotVerified(
                Reason.KEY_UNKNOWN, "the seal was made with a key that is not in the trust list"
            )
        for key in keys:
            try:
                key.method.key.verify(seal.signature, seal.message(code))
            except NotVerified:
                continue
            key.check_day(seal.day, log_index=log_index)
            return seal, key
        raise NotVerified(Reason.BAD_SEAL, "the seal does not fit the code")

    def _check_seal_binds(self, code: LabelCode, start: SignedRecord) -> None:
        seal, key = self.check_seal(code, self._index(start))
        self._judge_seal_day(seal.day, code, start)
        if key.method.controller != start.envelope.issuer.did:
            raise NotVerified(Reason.KEY_NOT_AUTHORISED, "the seal is of another workshop than the passport")
        if seal.record != start.sha256[:16]:
            raise NotVerified(
                Reason.LINK_DIGEST_MISMATCH, "the seal was made for another passport of this lot"
            )

    def _judge_seal_day(self, day: date, code: LabelCode, start: SignedRecord) -> None:
        """A seal is made after its passport, and not in the future; its day is one of UTC."""
        if day > self.at.astimezone(UTC).date():
            detail = f"the seal is dated {day}, which has not come yet"
        elif day < start.claim.created.date():
            detail = f"the seal is dated {day}, before its passport was signed"
        else:
            return
        self.note(LABEL, CheckStatus.CAUTION, Reason.NOT_YET_VALID, detail, code.to_uri())

    def _check_serial(self, code: LabelCode, passport: LotPassport) -> None:
        serials = self.evidence.serials.get(passport.lot_id)
        if serials is None:
            raise NotVerified(Reason.SERIALS_MISSING, "the lot's serials are not at hand")
        known = self.evidence.reader.serials(serials)
        if known.root.hex() != passport.serial_root or len(known.members) != passport.unit_count:
            raise NotVerified(
                Reason.SERIALS_MISSING, "the serials at hand are not the ones that were signed for"
            )
        if (code.serial or "").encode() not in known.members:
            raise NotVerified(Reason.SERIAL_NOT_IN_LOT, "the lot has no such serial")
