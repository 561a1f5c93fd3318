"""Small values that several kinds of record share: classifications, administrative units, parties."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from traceability.errors import Reason, Unreadable
from traceability.records.canonical import Document
from traceability.records.members import array, optional_day, optional_text, text

__all__ = [
    "ORIGIN",
    "VIET_NAM",
    "AdministrativeUnit",
    "Classification",
    "Party",
    "only_item",
    "read_units",
    "unit_to_json",
    "without_none",
]

ORIGIN: Final = "ln:origin"  # a JSON literal in our own context, so that JSON-LD leaves its inside alone
VIET_NAM: Final[Document] = {"countryCode": "VN", "countryName": "Việt Nam"}


@dataclass(frozen=True, slots=True)
class AdministrativeUnit:
    """A commune that a place belongs to for a time.

    Attributes:
        code: `vn:<province>/<commune>`, the State's codes, such as `vn:01/00577`; None for units that
            were abolished and whose code no source gives.
        since: first day, None where the source gives none.
        until: last day, None for the present unit.
    """

    name: str
    district: str | None
    code: str | None
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class Classification:
    """A code of a public classification, such as an HS 2022 heading."""

    code: str
    name: str
    scheme_id: str = "https://www.wcoomd.org/hs/2022"
    scheme_name: str = "Harmonized System 2022"

    def to_json(self) -> Document:
        """Gives the UNTP Classification."""
        return {
            "code": self.code,
            "name": self.name,
            "schemeId": self.scheme_id,
            "schemeName": self.scheme_name,
        }

    @classmethod
    def from_json(cls, value: Document) -> "Classification":
        """Reads a UNTP Classification."""
        return cls(
            text(value, "code"), text(value, "name"), text(value, "schemeId"), text(value, "schemeName")
        )


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation: its DID and name. Natural persons are never named in signed bytes."""

    did: str
    name: str

    def to_json(self) -> Document:
        """Gives the UNTP Party."""
        return {"type": ["Party"], "id": self.did, "name": self.name}

    @classmethod
    def from_json(cls, value: Document) -> "Party":
        """Reads a UNTP Party."""
        return cls(text(value, "id"), text(value, "name"))


def only_item(value: Document, name: str) -> Document:
    """Gives the single object of an array member.

    Raises:
        Unreadable: BAD_RECORD, where there is none, more than one, or something else than an object.
    """
    items = array(value, name)
    if len(items) != 1 or not isinstance(items[0], dict):
        raise Unreadable(Reason.BAD_RECORD, f"{name}: expected exactly one object")
    return items[0]


def unit_to_json(unit: AdministrativeUnit) -> Document:
    """Gives the JSON of an administrative unit, without the members that are not known."""
    return without_none(
        name=unit.name,
        district=unit.district,
        code=unit.code,
        since=unit.since.isoformat() if unit.since else None,
        until=unit.until.isoformat() if unit.until else None,
    )


def read_units(origin: Document) -> tuple[AdministrativeUnit, ...]:
    """Reads `administrativeUnits`, oldest first, at least one."""
    units = []
    for value in array(origin, "administrativeUnits"):
        if not isinstance(value, dict):
            raise Unreadable(Reason.BAD_RECORD, "administrativeUnits holds something else than objects")
        units.append(
            AdministrativeUnit(
                name=text(value, "name"),
                district=optional_text(value, "district"),
                code=optional_text(value, "code"),
                since=optional_day(value, "since"),
                until=optional_day(value, "until"),
            )
        )
    if not units:
        raise Unreadable(Reason.BAD_RECORD, "administrativeUnits is empty")
    return tuple(units)


def without_none(**members: object) -> Document:
    """Gives the members that are not None."""
    return {name: value for name, value in members.items() if value is not None}
