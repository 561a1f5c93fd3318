"""Which kind of record a document is: read it into its type, and print it back to be sure."""

from typing import Final

from traceability.errors import Reason, Refused, Unreadable
from traceability.records.canonical import Document, canonical
from traceability.records.certificate import Certificate
from traceability.records.envelope import Envelope
from traceability.records.event import TraceEvent
from traceability.records.facility import VillageRecognition, WorkshopRecord
from traceability.records.members import mapping, text
from traceability.records.notice import Notice, Transcription
from traceability.records.passport import LotPassport
from traceability.records.status_list import StatusList
from traceability.records.terms import ORIGIN, only_item

__all__ = ["Record", "read_record"]

Record = (
    VillageRecognition
    | WorkshopRecord
    | Certificate
    | TraceEvent
    | LotPassport
    | Notice
    | Transcription
    | StatusList
)

_KINDS: Final[dict[str, type[Record]]] = {
    kind.KIND: kind
    for kind in (
        VillageRecognition,
        WorkshopRecord,
        Certificate,
        TraceEvent,
        LotPassport,
        Notice,
        Transcription,
        StatusList,
    )
}


def read_record(document: Document, envelope: Envelope) -> Record:
    """Gives the typed value of a parsed record.

    The value is printed back and compared, so that no signed member exists which a page would not show.

    Args:
        document: a parsed record, with or without its proof.
        envelope: its shared part, from `read_envelope`.

    Raises:
        Unreadable: BAD_RECORD or BAD_CONTEXT.
    """
    subject = document["credentialSubject"]
    if isinstance(subject, list):
        subject = only_item(document, "credentialSubject")
    name = text(mapping(subject, ORIGIN), "recordType")
    kind = _KINDS.get(name)
    if kind is None or envelope.types != kind.TYPES:
        raise Unreadable(
            Reason.BAD_RECORD, f"{name[:40]!r} under these types is no kind of record that is known"
        )
    if envelope.contexts != kind.CONTEXTS:
        raise Unreadable(Reason.BAD_CONTEXT, f"@context is not the one of a {name}")
    try:
        record = kind.from_subject(envelope, subject)
        printed = record.to_document()
    except Refused as error:
        raise Unreadable(Reason.BAD_RECORD, str(error)) from error
    unsigned = _with_text_index({member: value for member, value in document.items() if member != "proof"})
    if canonical(printed) != canonical(unsigned):
        raise Unreadable(Reason.BAD_RECORD, _difference(printed, unsigned))
    return record


def _with_text_index(document: Document) -> Document:
    """Gives the document with a status index as W3C writes it: UNTP's schema wants a number there."""
    status = document.get("credentialStatus")
    if not isinstance(status, dict) or type(status.get("statusListIndex")) is not int:
        return document
    return {**document, "credentialStatus": {**status, "statusListIndex": str(status["statusListIndex"])}}


def _difference(printed: Document, found: Document) -> str:
    """Names the first member that is unknown, missing or spelled differently."""
    for name in sorted(printed.keys() | found.keys()):
        ours, theirs = printed.get(name), found.get(name)
        if isinstance(ours, dict) and isinstance(theirs, dict) and ours != theirs:
            return f"{name}.{_difference(ours, theirs)}"
        if ours != theirs or type(ours) is not type(theirs):
            return f"{name}: unknown, missing or spelled in another way than this version writes it"
    return "a member is spelled in another way than this version writes it"
