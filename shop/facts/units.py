"""The administrative units that a village belonged to: Hanoi's communes changed in January and July 2025."""

from datetime import date
from typing import Any

from traceability.records.terms import AdministrativeUnit

__all__ = ["administrative_units", "present_unit"]


def administrative_units(village: dict[str, Any]) -> tuple[AdministrativeUnit, ...]:
    """Gives the units that a village belonged to, oldest first; periods as villages.json names them."""
    admin = village["admin"]
    old, middle, present = (
        admin["until_2024_12_31"],
        admin["until_2025_06_30"],
        admin["from_2025_07_01"],
    )
    units = []
    if old is not None:
        units.append(_abolished(old, since=None, until=date(2024, 12, 31)))
    units.append(
        _abolished(middle, since=date(2025, 1, 1) if old is not None else None, until=date(2025, 6, 30))
    )
    units.append(present_unit(present["unit"], present["code"]))
    return tuple(units)


def present_unit(name: str, code: str) -> AdministrativeUnit:
    """Gives a commune of the present division of Hanoi, which began on 2025-07-01."""
    return AdministrativeUnit(name, None, f"vn:01/{code}", date(2025, 7, 1), None)


def _abolished(value: dict[str, Any], *, since: date | None, until: date) -> AdministrativeUnit:
    return AdministrativeUnit(value["unit"], value["district"], None, since, until)
