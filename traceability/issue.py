"""Use case 1: values and a signer give a signed record; a passport and a seal key give labels.

Nothing is issued that `verify.py` would refuse: role, scope and links are checked before signing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from traceability.clock import format_instant
from traceability.errors import NotVerified, Reason, Refused, TraceabilityError
from traceability.evidence import Reader, SignedRecord, join_serials
from traceability.labels import seal
from traceability.labels.code import LabelCode, new_serial
from traceability.limits import (
    CLOCK_MAX_SKEW,
    LABELS_PER_BATCH,
    STATUS_LIST_BITS,
    STATUS_LIST_MAX_PERIOD,
)
from traceability.policy import check_record
from traceability.records.bitstring import encode
from traceability.records.canonical import canonical
from traceability.records.envelope import Envelope, Issuer, Link
from traceability.records.kinds import Record
from traceability.records.passport import LotPassport
from traceability.records.status_list import StatusList
from traceability.signing.keys import Signer
from traceability.signing.proof import attach_proof
from traceability.signing.trust import TrustKey

__all__ = [
    "SigningKey",
    "demand_present",
    "issue_labels",
    "issue_record",
    "issue_status_list",
    "link_to",
    "new_serials",
    "next_status_list",
]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key together with its entry in the trust list.

    Raises:
        Refused: KEY_NOT_AUTHORISED, when the two are not one key.
    """

    signer: Signer
    entry: TrustKey

    def __post_init__(self) -> None:
        if self.signer.public_key != self.entry.method.key:
            raise Refused(
                Reason.KEY_NOT_AUTHORISED, f"the key is not the one listed as {self.entry.method.id}"
            )


def issue_record(
    record: Record, *, key: SigningKey, linked: Sequence[SignedRecord], now: datetime
) -> SignedRecord:
    """Signs a record and reads it back.

    Args:
        record: its envelope's links must be those of `linked`.
        key: a `record` key of the issuer.
        linked: the records that it links to, as `issue_record` gave them.
        now: aware time of signing, read once by the caller.

    Returns:
        The record as a verifier reads it; `.data` are the canonical bytes to store and serve.

    Raises:
        Refused: when role, scope, period or links do not allow it; the code says which.
    """
    if {link_to(item) for item in linked} != set(record.envelope.links):
        raise Refused(Reason.LINK_MISSING, "the links are not those of the linked records")
    if any(item.claim.created > now for item in linked):
        raise Refused(Reason.LINK_FORWARD, "a linked record was signed later than this one would be")
    try:
        key.entry.check_time(now)
        check_record(record, key.entry, [item.record for item in linked])
    except NotVerified as error:
        raise Refused(error.code, str(error)) from error
    if record.envelope.issuer.did != key.entry.method.controller:
        raise Refused(Reason.ISSUER_MISMATCH, "the record names another issuer than the key's")
    return _sign(record, key, now)


def demand_present(item: SignedRecord, *, now: datetime) -> None:
    """Checks, before a record is logged, that it was signed about now, wherever that was.

    `validFrom` and an event's time may lie far back: those are claims about the past.

    Raises:
        Refused: BAD_TIME, when `proof.created` is more than 24 hours from `now`.
    """
    if abs(item.claim.created - now) > CLOCK_MAX_SKEW:
        signed = format_instant(item.claim.created)
        raise Refused(Reason.BAD_TIME, f"signed at {signed}, more than 24 hours from {format_instant(now)}")


_LIST_NAMES: Final = {
    "revocation": "Danh sách hồ sơ bị thu hồi",
    "suspension": "Danh sách hồ sơ bị tạm ngưng",
}


def issue_status_list(
    url: str,
    bits: bytes,
    *,
    purpose: str,
    key: SigningKey,
    previous: SignedRecord | None,
    now: datetime,
    period: timedelta = STATUS_LIST_MAX_PERIOD,
) -> SignedRecord:
    """Signs the next version of a status list.

    Args:
        url: `https://<host>/status/<issuer>/<n>`, the same in all versions.
        bits: 131,072 of them; index 0 is the most significant bit of byte 0.
        purpose: `revocation` or `suspension`.
        key: a `record` key of the issuer whose records the list is about.
        previous: the version before, None for the first.
        now: aware time of signing; the list holds from then on.
        period: for how long it holds; over 92 days no verifier would take it.

    Raises:
        Refused: what `issue_record` and `StatusList.demand_follows` raise; BAD_VALUE, for another period.
    """
    record = next_status_list(
        url, bits, purpose=purpose, entry=key.entry, previous=previous, now=now, period=period
    )
    return issue_record(record, key=key, linked=(), now=now)


def next_status_list(
    url: str,
    bits: bytes,
    *,
    purpose: str,
    entry: TrustKey,
    previous: SignedRecord | None,
    now: datetime,
    period: timedelta = STATUS_LIST_MAX_PERIOD,
) -> StatusList:
    """Gives the next version of a status list, which is still to be signed with the key of `entry`.

    Args:
        url: as `issue_status_list` takes it, like all others.
        entry: of a `record` key of the issuer, wherever its private half is.

    Raises:
        Refused: what `StatusList.demand_follows` raises; BAD_VALUE, for another period.
    """
    if 8 * len(bits) != STATUS_LIST_BITS or not timedelta(0) < period <= STATUS_LIST_MAX_PERIOD:
        raise Refused(Reason.BAD_VALUE, f"a list has {STATUS_LIST_BITS} bits and holds for 92 days at most")
    before = _version_before(previous, now)
    envelope = Envelope(
        contexts=StatusList.CONTEXTS,
        types=StatusList.TYPES,
        id=url,
        issuer=Issuer(entry.method.controller, entry.name),
        name=_LIST_NAMES.get(purpose, ""),
        valid_from=now,
        valid_until=now + period,
    )
    record = StatusList(envelope, purpose, before.version + 1 if before else 1, encode(bits))
    if before:
        record.demand_follows(before)
    return record


def link_to(item: SignedRecord) -> Link:
    """Gives the link that a later record carries to `item`."""
    return Link(item.envelope.id, item.digest)


def new_serials(count: int, random: Callable[[int], bytes]) -> bytes:
    """Gives the sorted serials of a new lot, 12 bytes each, as `Evidence.serials` holds them.

    Args:
        count: 1 to 50,000.
        random: gives that many random bytes, such as `secrets.token_bytes`.
    """
    if not 1 <= count <= LABELS_PER_BATCH:
        raise Refused(Reason.BAD_VALUE, f"a lot has 1 to {LABELS_PER_BATCH} labels, got {count}")
    serials: set[str] = set()
    while len(serials) < count:
        serials.add(new_serial(random))
    return join_serials(serials)


def issue_labels(
    lot: LabelCode, *, serials: Iterable[bytes], passport: SignedRecord, key: SigningKey, now: datetime
) -> Iterator[LabelCode]:
    """Seals one code per serial, in the given order.

    Args:
        lot: the code of the lot: host, product and lot number.
        serials: the lot's serials, 12 ASCII bytes each.
        passport: the lot's passport, whose digest the seals carry.
        key: a `seal` key of the passport's issuer.
        now: aware time; the seal keeps its day in UTC.

    Raises:
        Refused: with the first label: KEY_NOT_AUTHORISED, KEY_EXPIRED or KEY_REVOKED; SUBJECT_MISMATCH, when
            the passport is of another lot.
    """
    if not isinstance(passport.record, LotPassport) or passport.record.lot_id != lot.lot_uri:
        raise Refused(Reason.SUBJECT_MISMATCH, f"the passport is not the one of {lot.to_uri()}")
    if key.entry.use != "seal" or key.entry.method.controller != passport.envelope.issuer.did:
        raise Refused(
            Reason.KEY_NOT_AUTHORISED, f"{key.entry.method.id} is no seal key of the lot's workshop"
        )
    try:
        key.entry.check_time(now)
    except NotVerified as error:
        raise Refused(error.code, str(error)) from error
    kid, day = key.entry.method.key.kid, now.astimezone(UTC).date()
    for serial in serials:
        code = replace(lot, serial=serial.decode("ascii"))
        yield seal.attach(code, kid=kid, day=day, record_digest=passport.sha256, sign=key.signer.sign)


def _version_before(previous: SignedRecord | None, now: datetime) -> StatusList | None:
    """Gives the version that another one is to follow, which must have been signed earlier."""
    if previous is None:
        return None
    if not isinstance(previous.record, StatusList):
        raise Refused(Reason.BAD_VALUE, "the version before is of another list")
    if previous.claim.created > now:
        raise Refused(Reason.BAD_VALUE, "the version before was signed later than this one would be")
    return previous.record


def _sign(record: Record, key: SigningKey, now: datetime) -> SignedRecord:
    """Signs, and reads the bytes as a verifier will, so that no value is issued that does not survive."""
    try:
        document = attach_proof(
            record.to_document(), signer=key.signer, method_id=key.entry.method.id, created=now
        )
        signed = Reader(1).read(canonical(document))
    except TraceabilityError as error:
        raise Refused(error.code, f"the record does not read back: {error}") from error
    if signed.record != record:
        raise Refused(Reason.BAD_VALUE, "the record reads back as another value; use UTC and whole seconds")
    return signed
