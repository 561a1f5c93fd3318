"""Short forms to records: what an operator writes as JSON, filled up with what the instance knows."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from shop.errors import BadInput
from shop.facts.files import village_name, villages
from shop.facts.titles import bare_name, village_title
from shop.facts.units import administrative_units
from shop.services.issuing.members import (
    bought_in,
    digests,
    lot_name,
    materials,
    objects,
    optional_day,
    region,
    units,
)
from shop.services.issuing.status_places import StatusPlaces
from traceability.clock import parse_instant
from traceability.evidence import Reader, SignedRecord
from traceability.issue import link_to, new_serials
from traceability.records.canonical import Document, digest_multibase
from traceability.records.envelope import Envelope, Issuer, StatusEntry
from traceability.records.event import Quantity, TraceEvent
from traceability.records.facility import Recognition, VillageRecognition, WorkshopRecord
from traceability.records.kinds import Record
from traceability.records.members import array, flag, integer, mapping, optional_text, text
from traceability.records.notice import Transcription
from traceability.records.passport import LotPassport
from traceability.records.terms import Classification, Party
from traceability.signing.did import issuer_did
from traceability.signing.trust import TrustKey

__all__ = ["Filled", "Forms"]

_DECREE: Final = ("https://w3id.org/langnghe/v1#decree-52-2018-art-4", "Nghị định 52/2018/NĐ-CP, Điều 4")
_REGISTER: Final = "Sổ làng nghề"


@dataclass(frozen=True, slots=True)
class Filled:
    """A record that is ready to be signed, and the records that it links to."""

    record: Record
    linked: tuple[SignedRecord, ...]


@dataclass(frozen=True, slots=True)
class Forms:
    """Fills forms up.

    Attributes:
        host: the identity host.
        issuer: the key that is to sign; its name and DID stand in the record.
        find: gives a stored record by its local id, or raises BadInput.
        places: gives each record its place in the issuer's status list.
        random: gives that many random bytes, such as `secrets.token_bytes`.
        now: the moment of signing.
    """

    host: str
    issuer: TrustKey
    find: Callable[[str], SignedRecord]
    places: StatusPlaces
    random: Callable[[int], bytes]
    now: datetime

    def transcription(self, form: Document, folder: Path) -> Filled:
        """Fills up a paper that is copied: `scan` names its file, of which only the digest is signed."""
        linked = self._linked(form, "links")
        name = text(form, "title")
        scan = folder / text(form, "scan")
        record = Transcription(
            envelope=self.envelope(Transcription, text(form, "id"), name, linked),
            about_id=self._url(text(form, "about")),
            claim=text(form, "claim"),
            issued_to=Party(issuer_did(self.host, text(form, "issuedTo")), text(form, "issuedToName")),
            paper_issuer=text(form, "paperIssuer"),
            scan_digest=digest_multibase(scan.read_bytes()),
            decision=optional_text(form, "decision"),
            paper_date=optional_day(form, "paperDate"),
        )
        return Filled(record, linked)

    def village(self, form: Document) -> Filled:
        """Fills up a village: from the project's facts where it is one of theirs, else from the form."""
        slug = text(form, "slug")
        known = next((one for one in villages()["villages"] if one["slug"] == slug), None)
        linked = self._linked(form, "papers") + self._linked(form, "replaces")
        name = village_name(known) if known is not None else text(form, "name")
        title = mapping(form, "recognition")
        recognition = Recognition(
            type=optional_text(title, "type"),
            title=optional_text(title, "title"),
            decision=optional_text(title, "decision"),
            granted=optional_text(title, "granted"),
            status=text(title, "status"),
        )
        record = VillageRecognition(
            envelope=self.envelope(
                VillageRecognition,
                optional_text(form, "id") or f"village-{slug}",
                village_title(name, recognition)[0],
                linked,
            ),
            facility_id=self._url(f"villages/{slug}"),
            name=name,
            registered_id=slug,
            register_name=optional_text(form, "register") or _REGISTER,
            craft=self._craft(form, known),
            recognition=recognition,
            region=region(form, known=_province(known) if known is not None else None),
            units=administrative_units(known) if known is not None else units(form),
        )
        return Filled(record, linked)

    def workshop(self, form: Document) -> Filled:
        """Fills up a workshop from the record of its village."""
        slug, name = text(form, "slug"), text(form, "name")
        place = self.find(text(form, "village"))
        village = place.record
        if not isinstance(village, VillageRecognition):
            raise BadInput("BAD_FORM", f"{place.envelope.id} is no village's record")
        linked = (place, *self._linked(form, "papers"), *self._linked(form, "replaces"))
        site = mapping(form, "site")
        record = WorkshopRecord(
            envelope=self.envelope(
                WorkshopRecord,
                optional_text(form, "id") or f"workshop-{slug}",
                f"Cơ sở sản xuất {name}, làng {bare_name(village.name)}",
                linked,
            ),
            facility_id=self._url(f"workshops/{slug}"),
            name=name,
            registered_id=slug,
            register_name=optional_text(form, "register") or _REGISTER,
            craft=village.craft,
            operator_did=issuer_did(self.host, slug),
            village_id=village.facility_id,
            village_name=village.name,
            legal_form=text(form, "legalForm"),
            site_kind=text(site, "kind"),
            is_inside_village=flag(site, "insideVillage"),
            place=text(site, "place"),
            region=village.region,
            units=units(form) if "units" in form else village.units[-1:],
        )
        return Filled(record, linked)

    def events(self, form: Document) -> tuple[Filled, ...]:
        """Fills up what happened to a lot, in the order of the form."""
        workshop = self.find(text(form, "workshop"))
        return tuple(
            self._event(form, event, number, workshop)
            for number, event in enumerate(objects(form, "events"), start=1)
        )

    def lot(
        self, form: Document, events: Sequence[SignedRecord], *, serials: bytes | None = None
    ) -> tuple[Filled, bytes]:
        """Fills up a lot's passport; gives it with its serials, fresh ones unless labels carry some."""
        place = self.find(text(form, "workshop"))
        workshop = place.record
        if not isinstance(workshop, WorkshopRecord):
            raise BadInput("BAD_FORM", f"{place.envelope.id} is no workshop's record")
        linked = (place, *events, *self._linked(form, "papers"), *self._linked(form, "certificates"))
        product, count = mapping(form, "product"), integer(form, "units")
        number = text(form, "lot")
        serials = serials or new_serials(count, self.random)
        hs = mapping(product, "hs")
        name = text(mapping(product, "name"), "vi")
        record = LotPassport(
            envelope=self.envelope(
                LotPassport,
                f"lot-{lot_name(form)}",
                f"Hộ chiếu lô {number} – {name}",
                linked,
            ),
            lot_id=self._lot_id(form),
            product_name=name,
            lot=number,
            category=Classification(text(hs, "code"), text(hs, "name")),
            producer=Party(workshop.operator_did, workshop.name),
            facility_id=workshop.facility_id,
            facility_name=workshop.name,
            made_on=date.fromisoformat(text(form, "madeOn")),
            unit_count=count,
            serial_root=Reader(16).serials(serials).root.hex(),
            materials=materials(form),
            bought_in=bought_in(form),
            gtin=optional_text(product, "gtin"),
            expires_on=optional_day(form, "expiresOn"),
            warnings=optional_text(form, "warnings"),
        )
        return Filled(record, linked), serials

    def _event(self, form: Document, event: Document, number: int, workshop: SignedRecord) -> Filled:
        time = parse_instant(text(event, "time"))
        record_id = f"event-{lot_name(form)}-{number}"
        record = TraceEvent(
            envelope=self.envelope(TraceEvent, record_id, text(event, "name"), (workshop,), time),
            kind=text(event, "kind"),
            time=time,
            detail=text(event, "detail"),
            place_id=self._url(f"workshops/{self.issuer.method.controller.rpartition(':')[2]}"),
            inputs=tuple(self._quantity(form, item) for item in objects(event, "inputs")),
            outputs=tuple(self._quantity(form, item) for item in objects(event, "outputs")),
            evidence=digests(event, "evidence"),
        )
        return Filled(record, (workshop,))

    def _quantity(self, form: Document, item: Document) -> Quantity:
        """Gives a quantity: of the lot itself without a name, else of a thing of the workshop's."""
        name = optional_text(item, "name")
        slug = self.issuer.method.controller.rpartition(":")[2]
        own = hashlib.sha256((name or "").encode()).hexdigest()[:12]
        return Quantity(
            id=self._url(f"workshops/{slug}/things/{own}") if name else self._lot_id(form),
            name=name or text(mapping(mapping(form, "product"), "name"), "vi"),
            amount=integer(item, "amount"),
            uom=text(item, "uom"),
            supplier=optional_text(item, "supplier"),
            is_bought_in=flag(item, "boughtIn") if "boughtIn" in item else False,
        )

    def envelope(
        self,
        kind: type[Record],
        record_id: str,
        name: str,
        linked: Sequence[SignedRecord],
        since: datetime | None = None,
    ) -> Envelope:
        """Gives the envelope of a record that is signed now, with a place of its own in the status list."""
        return Envelope(
            contexts=kind.CONTEXTS,
            types=kind.TYPES,
            id=self._url(f"records/{record_id}"),
            issuer=Issuer(self.issuer.method.controller, self.issuer.name),
            name=name,
            valid_from=min(since, self.now) if since is not None else self.now,
            status=self._status(),
            links=tuple(link_to(item) for item in linked),
        )

    def _status(self) -> StatusEntry:
        slug = self.issuer.method.controller.rpartition(":")[2]
        return StatusEntry(self._url(f"status/{slug}/1"), self.places.take())

    def _linked(self, form: Document, name: str) -> tuple[SignedRecord, ...]:
        ids = array(form, name) if name in form else []
        if not all(isinstance(item, str) for item in ids):
            raise BadInput("BAD_FORM", f"{name}: expected ids of records")
        return tuple(self.find(str(item)) for item in ids)

    def _craft(self, form: Document, known: dict[str, Any] | None) -> Classification:
        if known is not None:
            return Classification(str(known["decree52_group"]), known["craft_vi"], *_DECREE)
        craft = mapping(form, "craft")
        return Classification(text(craft, "group"), text(craft, "name"), *_DECREE)

    def _lot_id(self, form: Document) -> str:
        product = mapping(form, "product")
        path = f"01/{product['gtin']}" if "gtin" in product else f"P/{text(product, 'code')}"
        return self._url(f"{path}/10/{text(form, 'lot')}")

    def _url(self, path: str) -> str:
        return f"https://{self.host}/{path}"


def _province(known: dict[str, Any]) -> str:
    return str(known["admin"]["from_2025_07_01"]["province"])
