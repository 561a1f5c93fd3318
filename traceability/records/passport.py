"""LotPassport: this lot of this product, what it is made of, and how many serials it has."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final

from traceability.errors import Reason, Refused, Unreadable
from traceability.records.canonical import DIGEST, Document
from traceability.records.envelope import CONTEXT_OWN, CONTEXT_UNTP, CONTEXT_VC, Envelope, write_envelope
from traceability.records.members import array, day, integer, mapping, optional_day, optional_text, text
from traceability.records.terms import ORIGIN, VIET_NAM, Classification, Party, only_item, without_none

__all__ = ["BoughtIn", "LotPassport", "Maker", "Material"]

_ROOT: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PSEUDONYM: Final = re.compile(r"[A-Za-z0-9-]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Material:
    """A material and its share of the mass, in whole percent; `origin` says from where, in words."""

    name: str
    origin: str
    country: str  # ISO 3166-1 alpha-2
    percent: int
    type: Classification

    def to_json(self) -> Document:
        """Gives the UNTP Material; the fraction of UNTP is percent / 100."""
        return {
            "name": self.name,
            "originCountry": {"countryCode": self.country},
            "materialType": self.type.to_json(),
            "massFraction": 1 if self.percent == 100 else self.percent / 100,
        }


@dataclass(frozen=True, slots=True)
class BoughtIn:
    """A semi-finished good that somebody else made. Leaving one out is the trade's main fraud."""

    name: str
    supplier: str
    country: str  # ISO 3166-1 alpha-2


@dataclass(frozen=True, slots=True)
class Maker:
    """A person, as far as signed bytes may say: a pseudonym, and a commitment that can be forgotten.

    Attributes:
        pseudonym: of ASCII letters, digits and `-`; says nothing about the person.
        commitment: `zQm…` of the SHA-256 of 16 random bytes followed by the name (UTF-8, NFC). Once the
            bytes are deleted, nobody can tell whose name it was.
    """

    pseudonym: str
    commitment: str

    def __post_init__(self) -> None:
        if not _PSEUDONYM.fullmatch(self.pseudonym) or not DIGEST.fullmatch(self.commitment):
            raise Refused(Reason.BAD_VALUE, "a maker is a pseudonym and a SHA-256 digestMultibase")


@dataclass(frozen=True, slots=True)
class LotPassport:
    """The workshop says: these are the units of this lot, and this is their origin.

    Attributes:
        lot_id: URL of the lot: `https://<host>/01/<gtin>/10/<lot>`, or with `/P/<code>`.
        gtin: 14 digits; None where the workshop has no GS1 licence.
        unit_count: how many labels there are.
        serial_root: RFC 6962 root over the sorted serials, 32 bytes as hexadecimal text.
    """

    KIND: ClassVar = "LotPassport"
    TYPES: ClassVar = ("DigitalProductPassport", "VerifiableCredential")
    CONTEXTS: ClassVar = (CONTEXT_VC, CONTEXT_UNTP, CONTEXT_OWN)

    envelope: Envelope
    lot_id: str
    product_name: str
    lot: str
    category: Classification
    producer: Party
    facility_id: str
    facility_name: str
    made_on: date
    unit_count: int
    serial_root: str
    materials: tuple[Material, ...]
    bought_in: tuple[BoughtIn, ...] = ()
    gtin: str | None = None
    expires_on: date | None = None
    warnings: str | None = None
    brand: str | None = None
    makers: tuple[Maker, ...] = ()

    def __post_init__(self) -> None:
        if self.unit_count < 1:
            raise Refused(Reason.BAD_VALUE, "a lot has at least one unit")
        if not _ROOT.fullmatch(self.serial_root):
            raise Refused(Reason.BAD_VALUE, "the serial root is not 64 lower-case hexadecimal digits")
        if sum(material.percent for material in self.materials) != 100:
            raise Refused(Reason.BAD_VALUE, "the materials' shares do not add up to 100 percent")
        if self.expires_on is not None and self.expires_on < self.made_on:
            raise Refused(Reason.BAD_VALUE, "the lot expires before it was made")
        product = f"/01/{self.gtin}" if self.gtin is not None else f"/P/{self.product_id.rpartition('/')[2]}"
        if not self.lot_id.endswith(f"{product}/10/{self.lot}"):
            raise Refused(Reason.BAD_VALUE, "the lot's URL, its number and the GTIN do not say the same")

    @property
    def product_id(self) -> str:
        """URL of the product, without the lot."""
        return self.lot_id.rpartition("/10/")[0]

    def to_document(self) -> Document:
        """Gives the unsigned record."""
        subject = without_none(
            type=["Product"],
            id=self.lot_id,
            name=self.product_name,
            batchNumber=self.lot,
            idGranularity="batch",
            idScheme=self._id_scheme(),
            productCategory=[self.category.to_json()],
            productionDate=self.made_on.isoformat(),
            expiryDate=self.expires_on.isoformat() if self.expires_on else None,
            countryOfProduction=VIET_NAM,
            producedAtFacility={"type": ["Facility"], "id": self.facility_id, "name": self.facility_name},
            relatedParty=[{"role": "producer", "party": self.producer.to_json()}],
            materialProvenance=[material.to_json() for material in self.materials],
        )
        subject[ORIGIN] = without_none(
            recordType=self.KIND,
            gtin=self.gtin,
            brand=self.brand,
            unitCount=self.unit_count,
            serialRoot=self.serial_root,
            materialOrigins=[material.origin for material in self.materials],
            boughtIn=[
                {"name": item.name, "supplier": item.supplier, "country": item.country}
                for item in self.bought_in
            ],
            warnings=self.warnings,
            makers=[{"pseudonym": maker.pseudonym, "commitment": maker.commitment} for maker in self.makers],
        )
        return write_envelope(self.envelope, subject)

    def _id_scheme(self) -> Document:
        scheme = (
            ("https://id.gs1.org/01/", "GS1 GTIN")
            if self.gtin
            else (self._own_scheme(), "Mã riêng của xưởng")
        )
        return {"type": ["IdentifierScheme"], "id": scheme[0], "name": scheme[1]}

    def _own_scheme(self) -> str:
        return self.lot_id.partition("/P/")[0] + "/P/"

    @classmethod
    def from_subject(cls, envelope: Envelope, subject: Document) -> "LotPassport":
        """Reads the subject of a parsed record."""
        origin, facility = mapping(subject, ORIGIN), mapping(subject, "producedAtFacility")
        return cls(
            envelope=envelope,
            lot_id=text(subject, "id"),
            product_name=text(subject, "name"),
            lot=text(subject, "batchNumber"),
            category=Classification.from_json(only_item(subject, "productCategory")),
            producer=Party.from_json(mapping(only_item(subject, "relatedParty"), "party")),
            facility_id=text(facility, "id"),
            facility_name=text(facility, "name"),
            made_on=day(subject, "productionDate"),
            unit_count=integer(origin, "unitCount"),
            serial_root=text(origin, "serialRoot"),
            materials=_read_materials(subject, origin),
            bought_in=tuple(_read_bought_in(item) for item in array(origin, "boughtIn")),
            gtin=optional_text(origin, "gtin"),
            expires_on=optional_day(subject, "expiryDate"),
            warnings=optional_text(origin, "warnings"),
            brand=optional_text(origin, "brand"),
            makers=tuple(_read_maker(item) for item in array(origin, "makers")),
        )


def _read_materials(subject: Document, origin: Document) -> tuple[Material, ...]:
    values, origins = array(subject, "materialProvenance"), array(origin, "materialOrigins")
    if len(values) != len(origins) or not all(isinstance(value, dict) for value in values):
        raise Unreadable(Reason.BAD_RECORD, "each material needs one origin")
    return tuple(_read_material(value, origin) for value, origin in zip(values, origins, strict=True))


def _read_material(value: Document, origin: Any) -> Material:
    fraction = value.get("massFraction")
    if not isinstance(origin, str) or not isinstance(fraction, int | float) or not 0 < fraction <= 1:
        raise Unreadable(
            Reason.BAD_RECORD, "a material's share is not between 0 and 1, or its origin not text"
        )
    return Material(
        name=text(value, "name"),
        origin=origin,
        country=text(mapping(value, "originCountry"), "countryCode"),
        percent=round(fraction * 100),
        type=Classification.from_json(mapping(value, "materialType")),
    )


def _read_bought_in(value: Any) -> BoughtIn:
    if not isinstance(value, dict):
        raise Unreadable(Reason.BAD_RECORD, "boughtIn holds something else than objects")
    return BoughtIn(text(value, "name"), text(value, "supplier"), text(value, "country"))


def _read_maker(value: Any) -> Maker:
    if not isinstance(value, dict):
        raise Unreadable(Reason.BAD_RECORD, "makers holds something else than objects")
    return Maker(text(value, "pseudonym"), text(value, "commitment"))
