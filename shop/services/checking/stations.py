"""A verified chain as stations that a person can follow: what, where, who says so, and how sure that is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Final

from shop.db.signed import EventFile
from shop.facts.titles import bare_name
from shop.services.products.values import Photo
from shop.services.signed.certificates import english
from shop.services.signed.corrections import passport_facts
from shop.services.signed.record_names import record_name
from shop.services.signed.rows import local_id
from shop.services.signed.values import Station, StepFile
from shop.services.texts import Text
from traceability.chain import Chain
from traceability.clock import day_in_viet_nam
from traceability.errors import NotVerified, Reason
from traceability.evidence import SignedRecord
from traceability.policy import level_of
from traceability.records.certificate import Certificate
from traceability.records.event import TraceEvent
from traceability.records.facility import VillageRecognition, WorkshopRecord
from traceability.records.passport import LotPassport
from traceability.records.terms import AdministrativeUnit
from traceability.signing.trust import TrustList
from traceability.validity import is_told_later

__all__ = ["stations", "with_successors"]

SMALL_WIDTH: Final = 320  # pixels, the smallest that pictures are drawn at

_Places = Mapping[str, tuple[WorkshopRecord, str]]  # by facility id: the record, and its place in English

_RECOGNITION = {
    "unknown": Text("Danh hiệu làng nghề: chưa rõ.", "Craft village title: not known."),
    "under_review": Text("Danh hiệu làng nghề: đang được xem xét lại.", "Craft village title: under review."),
    "withdrawn": Text("Danh hiệu làng nghề: đã bị thu hồi.", "Craft village title: withdrawn."),
}
_LEVELS = {
    "self_declared": ("tự khai", "self-declared"),
    "transcribed": ("chép từ giấy", "copied from paper"),
    "attested": ("xác nhận", "attested"),
    "inspected": ("kiểm tra", "inspected"),
    "certified": ("chứng nhận", "certified"),
}
_KINDS = {
    "LotPassport": "passport",
    "WorkshopRecord": "workshop",
    "VillageRecognition": "village",
    "Notice": "notice",
    "Transcription": "transcription",
}


def stations(
    chain: Chain,
    *,
    trust: TrustList,
    translations: Mapping[str, str | None],
    unsound: frozenset[str],
    withdrawn: Mapping[str, Reason] = MappingProxyType({}),
    replaced: frozenset[str] = frozenset(),
    files: Mapping[str, Sequence[EventFile]] = MappingProxyType({}),
) -> tuple[Station, ...]:
    """Gives the stations of a chain, newest first: passport, events, workshop, village.

    Args:
        chain: what the verification followed.
        trust: tells each signer's role and custody.
        translations: unsigned English texts as JSON, by record URL.
        unsound: URLs of records that a check failed on.
        withdrawn: why records were revoked, suspended or recalled, by URL.
        replaced: local ids of passports that a correction has put another one in place of.
        files: what is kept of events, by URL.
    """
    places = {
        place.facility_id: (place, english(translations.get(item.envelope.id), "place"))
        for item, place in chain.of_kind(WorkshopRecord)
    }
    found = [item for item in chain.in_story_order() if not isinstance(item.record, Certificate)]
    return tuple(
        replace(
            _station(item, trust, translations.get(item.envelope.id), places),
            is_sound=item.envelope.id not in unsound,
            withdrawn=withdrawn.get(item.envelope.id),
            is_replaced=local_id(item.envelope.id) in replaced,
            files=_files(item.record, files.get(item.envelope.id, ())),
        )
        for item in found
    )


def with_successors(
    told: Sequence[Station], places: Sequence[SignedRecord], *, trust: TrustList
) -> tuple[Station, ...]:
    """Adds to the stations of workshop and village who has signed a newer record of that place since.

    Args:
        told: from `stations`.
        places: the records that the places have now; those that stand in the chain add nothing.
        trust: whose revoked keys take no place.
    """
    known = {station.record_id for station in told}
    notes: dict[str, Text] = {}
    for item in places:
        if local_id(item.envelope.id) not in known and _is_in_force(item, trust):
            notes[_KINDS[item.record.KIND]] = _taken_by(item, trust)
    return tuple(
        replace(station, notes=(*station.notes, notes[station.kind])) if station.kind in notes else station
        for station in told
    )


def _is_in_force(item: SignedRecord, trust: TrustList) -> bool:
    try:
        return trust.key(item.claim.method_id).revoked is None
    except NotVerified:
        return False


def _taken_by(item: SignedRecord, trust: TrustList) -> Text:
    level = level_of(item.record, trust.key(item.claim.method_id).role)
    signer = item.envelope.issuer.name
    day = day_in_viet_nam(item.claim.created)
    vi, en = _LEVELS[level]
    return Text(
        f"Từ ngày {day:%d/%m/%Y}, {signer} đã ký bản mới của hồ sơ này ({vi}).",
        f"Since {day:%d/%m/%Y}, {signer} has signed a newer record in place of this one ({en}).",
    )


def _station(
    item: SignedRecord,
    trust: TrustList,
    translation: str | None,
    places: _Places,
) -> Station:
    record, envelope = item.record, item.envelope
    role, custody = _signer(item, trust)
    when = day_in_viet_nam(item.happened_at)
    place, place_now = _place(record, places, when)
    record_id = local_id(envelope.id)
    detail = record.detail if isinstance(record, TraceEvent) else None
    return Station(
        kind=record.kind if isinstance(record, TraceEvent) else _KINDS.get(record.KIND, "record"),
        title=record_name(envelope.name, translation),
        detail=Text(detail, english(translation, "detail")) if detail else None,
        when=when,
        signed_on=day_in_viet_nam(item.claim.created),
        place=place,
        place_now=place_now,
        signer=envelope.issuer.name,
        role=role,
        level=level_of(record, role),
        custody=custody,
        record_id=record_id,
        record_path=f"/records/{record_id}",
        notes=_notes(item),
        facts=passport_facts(record, translation) if isinstance(record, LotPassport) else (),
        evidence=record.evidence if isinstance(record, TraceEvent) else (),
    )


def _files(record: object, kept: Sequence[EventFile]) -> tuple[StepFile, ...]:
    """Gives a file for each digest that an event has signed; what else is kept under its name is nothing."""
    if not isinstance(record, TraceEvent):
        return ()
    by_digest = {file.digest: file for file in kept}
    return tuple(_file(digest, by_digest.get(digest)) for digest in record.evidence)


def _file(digest: str, kept: EventFile | None) -> StepFile:
    if kept is None:
        return StepFile(digest)
    if not kept.width or not kept.height:
        return StepFile(digest, kept.kind, kept.name)
    small = Photo(kept.name, kept.width, kept.height).sized(SMALL_WIDTH)
    return StepFile(digest, kept.kind, kept.name, small.width, small.height)


def _signer(item: SignedRecord, trust: TrustList) -> tuple[str, str]:
    """Gives role and custody of the key that the proof names; unknown keys have neither."""
    try:
        key = trust.key(item.claim.method_id)
    except NotVerified:
        return "unknown", "unknown"
    return key.role, key.custody


def _place(record: object, places: _Places, when: date) -> tuple[Text | None, str | None]:
    """Gives where it happened with the commune's name of that day, and of today where it differs."""
    facility = {
        TraceEvent: "place_id",
        LotPassport: "facility_id",
        WorkshopRecord: "facility_id",
    }.get(type(record))
    if facility is not None:
        known = places.get(getattr(record, facility))
        return _units(known[0].place, known[1], known[0].units, when) if known is not None else (None, None)
    if isinstance(record, VillageRecognition):
        name = bare_name(record.name)
        return _units(f"Làng {name}", f"{name} village", record.units, when)
    return None, None


def _units(vi: str, en: str, units: tuple[AdministrativeUnit, ...], when: date) -> tuple[Text, str | None]:
    then = next(
        (unit for unit in units if (unit.since or date.min) <= when <= (unit.until or date.max)), units[-1]
    )
    named = ", ".join(part for part in (then.name, then.district) if part)
    today = units[-1].name if then is not units[-1] else None
    if then.name in vi:
        return Text(vi, en), today
    return Text(f"{vi}, {named}", f"{en}, {named}" if en else ""), today


def _notes(item: SignedRecord) -> tuple[Text, ...]:
    """Gives what a reader must not miss: bought-in goods, a late record, a site outside the village."""
    record = item.record
    if isinstance(record, TraceEvent) and is_told_later(item):
        days = (day_in_viet_nam(item.claim.created) - day_in_viet_nam(record.time)).days
        return (Text(f"Ghi lại {days} ngày sau khi diễn ra.", f"Recorded {days} days after it happened."),)
    if isinstance(record, LotPassport):
        return tuple(
            Text(f"Hàng mua vào: {item.name} ({item.supplier})", f"Bought in: {item.name} ({item.supplier})")
            for item in record.bought_in
        )
    if isinstance(record, WorkshopRecord) and not record.is_inside_village:
        return (Text("Nơi sản xuất nằm ngoài làng.", "The place of production lies outside the village."),)
    if isinstance(record, VillageRecognition) and record.recognition.status != "recognised":
        return (_RECOGNITION[record.recognition.status],)
    return ()
