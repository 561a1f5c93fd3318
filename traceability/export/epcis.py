"""Events as an EPCIS 2.0 document, for software that reads GS1's event data.

The document carries no signature: `eventID` leads back to the signed record,
whose URL is the part before `#`.
Source: GS1 EPCIS 2.0, section 10 (JSON binding).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from traceability.clock import format_instant
from traceability.errors import Reason, Refused
from traceability.records.canonical import Document
from traceability.records.envelope import CONTEXT_EPCIS
from traceability.records.event import TraceEvent

__all__ = ["epcis_document"]

# The prefix of our one own member, as our JSON-LD context has it.
_PREFIX: Final[Document] = {"ln": "https://w3id.org/langnghe/v1#"}


def epcis_document(events: Iterable[TraceEvent], *, created: datetime) -> Document:
    """Gives an EPCISDocument with the events in the order in which they happened.

    Args:
        events: at least one; of one lot, as a rule.
        created: aware time at which the document is made.

    Raises:
        Refused: BAD_VALUE, without an event.
    """
    told = {event.envelope.id: event for event in events}
    if not told:
        raise Refused(Reason.BAD_VALUE, "there is no event to write down")
    in_order = sorted(told.values(), key=lambda event: (event.time, event.envelope.id))
    return {
        "@context": [CONTEXT_EPCIS, dict(_PREFIX)],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": format_instant(created),
        "epcisBody": {"eventList": [event.to_document()["credentialSubject"][0] for event in in_order]},
    }
