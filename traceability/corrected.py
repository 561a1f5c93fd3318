"""Which of a lot's passports a label was sealed for, where a mistake in the first one was corrected.

The labels are printed by then, and name the digest of the passport that they were sealed for. That passport
is at hand through the notice that put another in its place.
"""

from collections.abc import Iterator
from contextlib import suppress

from traceability.errors import TraceabilityError
from traceability.evidence import Evidence
from traceability.labels.code import LabelCode
from traceability.labels.seal import parse as parse_seal
from traceability.records.notice import Notice

__all__ = ["passports_of"]


def passports_of(code: LabelCode, evidence: Evidence) -> tuple[bytes, ...]:
    """Gives the passport that a label is judged by, and those that took its place since, the newest last.

    Nothing is believed yet: a verification says whether the passport is the lot's, and the notices hold.

    Args:
        code: with or without a seal.
        evidence: the newest passport of each lot, and the notices about earlier ones.

    Returns:
        Empty where the lot is not known here. The newest alone for a code without a seal, and where none at
        hand is the one that the seal names.
    """
    newest = evidence.passports.get(code.lot_uri) if code.lot_uri is not None else None
    if newest is None:
        return ()
    with suppress(TraceabilityError):
        if code.seal is not None:
            wanted = parse_seal(code.seal).record
            for row in _rows_of_corrections(newest, evidence):
                if evidence.reader.read(row[0]).sha256.startswith(wanted):
                    return row
    return (newest,)


def _rows_of_corrections(newest: bytes, evidence: Evidence) -> Iterator[tuple[bytes, ...]]:
    """Gives the newest passport, then each earlier one with all that took its place, the newest last."""
    corrections = _corrections(evidence)
    rows: dict[str, tuple[bytes, ...]] = {evidence.reader.read(newest).envelope.id: (newest,)}
    waiting = list(rows)
    while waiting:
        address = waiting.pop(0)
        yield rows[address]
        for about in corrections.get(address, ()):
            earlier = evidence.records.get(about)
            if about not in rows and earlier is not None:
                rows[about] = (earlier, *rows[address])
                waiting.append(about)


def _corrections(evidence: Evidence) -> dict[str, list[str]]:
    """Gives for each record's URL those of the records that a notice at hand says it replaces."""
    found: dict[str, list[str]] = {}
    for about, bodies in evidence.later.items():
        for data in bodies:
            with suppress(TraceabilityError):
                notice = evidence.reader.read(data).record
                if isinstance(notice, Notice) and notice.about == about and notice.supersedes is not None:
                    found.setdefault(notice.supersedes, []).append(about)
    return found
