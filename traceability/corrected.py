"""Which passports a lot has had, where mistakes were corrected, and by which of them a label is judged.

Labels name the digest of the passport that they were sealed for. An earlier one is at hand through a notice
about it. All of them are of the same goods: a recall of one must not end with the next one.
"""

from collections.abc import Iterator
from contextlib import suppress

from traceability.errors import TraceabilityError
from traceability.evidence import Evidence, SignedRecord
from traceability.labels.code import LabelCode
from traceability.labels.seal import parse as parse_seal
from traceability.records.notice import Notice
from traceability.records.passport import LotPassport

__all__ = ["passports_of"]


def passports_of(code: LabelCode, evidence: Evidence) -> tuple[bytes, ...]:
    """Gives the passport that a label is judged by, and the lot's other ones that can be read, in no order.

    Nothing is believed yet: a verification says whether the passport is the lot's, and the notices hold.

    Args:
        code: with or without a seal.
        evidence: the newest passport of each lot, and the notices about earlier ones.

    Returns:
        Empty where the lot is not known here. The first is the newest for a code without a seal, and where
        none at hand is the one that the seal names.
    """
    newest = evidence.passports.get(code.lot_uri) if code.lot_uri is not None else None
    if newest is None:
        return ()
    passports = [item for item in _passports(newest, evidence) if _is_of(item, code.lot_uri)]
    wanted = _sealed_for(code)
    first = next((item.data for item in passports if wanted and item.sha256.startswith(wanted)), newest)
    return (first, *(item.data for item in passports if item.data != first))


def _passports(newest: bytes, evidence: Evidence) -> Iterator[SignedRecord]:
    """Gives the newest passport, and what notices at hand are about or put in its place, each once."""
    known = _read(newest, evidence)
    found = {known.envelope.id: newest} if known is not None else {}
    for url in _told_of(evidence):
        if url in evidence.records:
            found.setdefault(url, evidence.records[url])
    for data in found.values():
        signed = _read(data, evidence)
        if signed is not None:
            yield signed


def _told_of(evidence: Evidence) -> Iterator[str]:
    # A record that links to many stands under each of them, and is read once.
    for data in dict.fromkeys(data for bodies in evidence.later.values() for data in bodies):
        signed = _read(data, evidence)
        if signed is not None and isinstance(signed.record, Notice):
            yield signed.record.about
            if signed.record.supersedes is not None:
                yield signed.record.supersedes


def _is_of(item: SignedRecord, lot_id: str | None) -> bool:
    return isinstance(item.record, LotPassport) and item.record.lot_id == lot_id


def _sealed_for(code: LabelCode) -> bytes | None:
    """Gives the first bytes of the digest of the passport that the label was sealed for."""
    with suppress(TraceabilityError):  # a seal that cannot be read is told of where it is checked
        return parse_seal(code.seal).record if code.seal is not None else None
    return None


def _read(data: bytes, evidence: Evidence) -> SignedRecord | None:
    with suppress(TraceabilityError):  # what stands beside it must not be lost with it
        return evidence.reader.read(data)
    return None
