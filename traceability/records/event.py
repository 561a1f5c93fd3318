"""TraceEvent: one step of a lot's life, as a UNTP traceability event that carries one EPCIS 2.0 event.

The pairing of our steps with EPCIS event types and CBV business steps is the table EVENT_KINDS.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, NamedTuple

from traceability.clock import VIET_NAM_TIME, parse_instant
from traceability.errors import Reason, Refused, Unreadable
from traceability.records.attached import check_evidence, read_evidence
from traceability.records.canonical import Document
from traceability.records.envelope import (
    CONTEXT_EPCIS,
    CONTEXT_OWN,
    CONTEXT_UNTP,
    CONTEXT_VC,
    Envelope,
    write_envelope,
)
from traceability.records.members import array, flag, integer, mapping, optional_text, text
from traceability.records.terms import ORIGIN, without_none

__all__ = ["EVENT_KINDS", "Quantity", "TraceEvent"]


class EventKind(NamedTuple):
    """EPCIS event type, action (None for transformations), CBV business step, CBV disposition."""

    epcis_type: str
    action: str | None
    biz_step: str
    disposition: str


EVENT_KINDS: Final = {
    "material_received": EventKind("ObjectEvent", "OBSERVE", "receiving", "in_progress"),
    "made": EventKind("TransformationEvent", None, "creating_class_instance", "in_progress"),
    "finished": EventKind("TransformationEvent", None, "creating_class_instance", "active"),
    "inspected": EventKind("ObjectEvent", "OBSERVE", "inspecting", "conformant"),
    "labelled": EventKind("ObjectEvent", "ADD", "commissioning", "active"),
    "packed": EventKind("AggregationEvent", "ADD", "packing", "in_progress"),
    "shipped": EventKind("ObjectEvent", "OBSERVE", "shipping", "in_transit"),
    "received": EventKind("ObjectEvent", "OBSERVE", "receiving", "in_progress"),
    "sold": EventKind("ObjectEvent", "OBSERVE", "retail_selling", "retail_sold"),
    "withdrawn": EventKind("ObjectEvent", "DELETE", "decommissioning", "inactive"),
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """So much of one class of thing.

    Attributes:
        id: URL of the material lot, the product or the product lot.
        name: in Vietnamese.
        amount: whole number of `uom`.
        uom: UN/ECE Recommendation 20 code: KGM kilogram, GRM gram, MTR metre, LTR litre, H87 piece.
        supplier: an organisation's name, None for own material.
        is_bought_in: a semi-finished good that somebody else made; it must be said.
    """

    id: str
    name: str
    amount: int
    uom: str
    supplier: str | None = None
    is_bought_in: bool = False


@dataclass(frozen=True, slots=True)
class TraceEvent:
    """The workshop says: this was done, there and then, out of that.

    Attributes:
        kind: one of EVENT_KINDS.
        time: aware; signed with the offset of Viet Nam.
        detail: a sentence in Vietnamese.
        place_id: URL of the workshop's facility.
        inputs, outputs: a transformation has at least one of each; other events have `outputs` only.
        evidence: `digestMultibase` (SHA-256) of each photo or voice note of the step, each once, at most
            EVENT_EVIDENCE_MAX; the files themselves are never signed.
    """

    KIND: ClassVar = "TraceEvent"
    TYPES: ClassVar = ("DigitalTraceabilityEvent", "VerifiableCredential")
    CONTEXTS: ClassVar = (CONTEXT_VC, CONTEXT_UNTP, CONTEXT_EPCIS, CONTEXT_OWN)

    envelope: Envelope
    kind: str
    time: datetime
    detail: str
    place_id: str
    outputs: tuple[Quantity, ...]
    inputs: tuple[Quantity, ...] = ()
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in EVENT_KINDS:
            raise Refused(Reason.BAD_VALUE, f"event kind {self.kind!r} is none of the known ones")
        if not self.outputs or (EVENT_KINDS[self.kind].action is None) != bool(self.inputs):
            raise Refused(
                Reason.BAD_VALUE, "a transformation has inputs and outputs, other events outputs alone"
            )
        if any(not 0 < item.amount < 10**9 for item in self.inputs + self.outputs):
            raise Refused(Reason.BAD_VALUE, "a quantity is a whole number from 1 to 999,999,999")
        check_evidence(self.evidence)
        # The first and last days of the calendar have no form in the offset of Viet Nam.
        if not 1 < self.time.year < 9999:
            raise Refused(Reason.BAD_VALUE, f"an event in the year {self.time.year} cannot be written")

    def to_document(self) -> Document:
        """Gives the unsigned record."""
        kind = EVENT_KINDS[self.kind]
        event: Document = {
            "type": kind.epcis_type,
            "eventID": f"{self.envelope.id}#event",
            "eventTime": self.time.astimezone(VIET_NAM_TIME).isoformat(timespec="seconds"),
            "eventTimeZoneOffset": "+07:00",
            "bizStep": kind.biz_step,
            "disposition": kind.disposition,
            "readPoint": {"id": self.place_id},
            "bizLocation": {"id": self.place_id},
            **self._quantities(kind.epcis_type),
            ORIGIN: self._origin(),
        }
        if kind.action is not None:
            event["action"] = kind.action
        return write_envelope(self.envelope, [event])

    def _quantities(self, epcis_type: str) -> Document:
        outputs = [_to_epcis(item) for item in self.outputs]
        if epcis_type == "TransformationEvent":
            return {
                "inputQuantityList": [_to_epcis(item) for item in self.inputs],
                "outputQuantityList": outputs,
            }
        if epcis_type == "AggregationEvent":
            return {"parentID": f"{self.envelope.id}#package", "childEPCs": [], "childQuantityList": outputs}
        return {"epcList": [], "quantityList": outputs}

    def _origin(self) -> Document:
        # Absent where there is none: records that were signed without the member stay what they are.
        return without_none(
            recordType=self.KIND,
            kind=self.kind,
            detail=self.detail,
            things=[_to_thing(item) for item in (*self.inputs, *self.outputs)],
            evidence=list(self.evidence) or None,
        )

    @classmethod
    def from_subject(cls, envelope: Envelope, subject: Document) -> "TraceEvent":
        """Reads the single event of a parsed record."""
        origin = mapping(subject, ORIGIN)
        things = _read_things(origin)
        kind = text(origin, "kind")
        if kind not in EVENT_KINDS:
            raise Unreadable(Reason.BAD_RECORD, f"event kind {kind[:40]!r} is none of the known ones")
        output_list = {
            "TransformationEvent": "outputQuantityList",
            "AggregationEvent": "childQuantityList",
        }.get(EVENT_KINDS[kind].epcis_type, "quantityList")
        inputs = array(subject, "inputQuantityList") if "inputQuantityList" in subject else []
        return cls(
            envelope=envelope,
            kind=kind,
            time=parse_instant(subject.get("eventTime")),
            detail=text(origin, "detail"),
            place_id=text(mapping(subject, "readPoint"), "id"),
            inputs=tuple(_from_epcis(item, things) for item in inputs),
            outputs=tuple(_from_epcis(item, things) for item in array(subject, output_list)),
            evidence=read_evidence(origin),
        )


def _to_epcis(item: Quantity) -> Document:
    return {"epcClass": item.id, "quantity": item.amount, "uom": item.uom}


def _to_thing(item: Quantity) -> Document:
    """Gives what EPCIS has no member for: the name, the supplier, and whether it was bought in."""
    return without_none(id=item.id, name=item.name, supplier=item.supplier, boughtIn=item.is_bought_in)


def _read_things(origin: Document) -> dict[str, Document]:
    return {text(item, "id"): item for item in array(origin, "things") if isinstance(item, dict)}


def _from_epcis(item: Any, things: dict[str, Document]) -> Quantity:
    if not isinstance(item, dict):
        raise Unreadable(Reason.BAD_RECORD, "a list of quantities holds something else than objects")
    name = text(item, "epcClass")
    thing = things.get(name)
    if thing is None:
        raise Unreadable(Reason.BAD_RECORD, "a quantity names a thing that the event does not describe")
    return Quantity(
        id=name,
        name=text(thing, "name"),
        amount=integer(item, "quantity"),
        uom=text(item, "uom"),
        supplier=optional_text(thing, "supplier"),
        is_bought_in=flag(thing, "boughtIn"),
    )
