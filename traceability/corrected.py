"""Which of a lot's passports a label was sealed for, where a mistake in the first one was corrected.

The labels are printed by then, and name the digest of the passport that they were sealed for. That passport
is at hand through the notice that put another in its place.
"""

from contextlib import suppress

from traceability.errors import TraceabilityError
from traceability.evidence import Evidence
from traceability.labels.code import LabelCode
from traceability.labels.seal import parse as parse_seal
from traceability.records.canonical import sha256
from traceability.records.notice import Notice

__all__ = ["passport_of"]


def passport_of(code: LabelCode, evidence: Evidence) -> bytes | None:
    """Gives the passport that a label is judged by, None where its lot is not known here.

    Nothing is believed yet: a verification says whether the passport is the lot's, and the notice holds.

    Args:
        code: with or without a seal.
        evidence: the newest passport of each lot, and the notices about earlier ones.
    """
    newest = evidence.passports.get(code.lot_uri) if code.lot_uri is not None else None
    if newest is None or code.seal is None:
        return newest
    with suppress(TraceabilityError):
        wanted, reader = parse_seal(code.seal).record, evidence.reader
        address = reader.read(newest).envelope.id
        if reader.read(newest).sha256.startswith(wanted):
            return newest
        for about in evidence.later:
            earlier = evidence.records.get(about)
            if earlier is None or not sha256(earlier).startswith(wanted):
                continue
            if _takes_its_place(evidence, about, address):
                return earlier
    return newest


def _takes_its_place(evidence: Evidence, about: str, address: str) -> bool:
    """Tells whether a correction at hand names the record of an address as the successor of another."""
    for data in evidence.later[about]:
        with suppress(TraceabilityError):
            notice = evidence.reader.read(data).record
            if isinstance(notice, Notice) and (notice.about, notice.supersedes) == (about, address):
                return True
    return False
