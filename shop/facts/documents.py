"""Joins each village's facts with their words and sources into the document that its page shows."""

from typing import Any

from shop.facts.files import villages, words
from shop.facts.units import administrative_units

__all__ = ["village_document"]


def village_document(village: dict[str, Any]) -> dict[str, Any]:
    """Gives the JSON of a village's page: every fact with its words, date, confidence and sources."""
    spoken = words()["villages"][village["slug"]]
    known, sources = village["recognition"], village["field_sources"]
    point = village["village_point"] or village["commune_point_2025"]
    common = words()["common"]
    return {
        "story": spoken["story"],
        "alt_names": spoken["alt_names"],
        "recognition": {
            "type": known["type"],
            "title": spoken["recognition"]["title"],
            "date": spoken["recognition"]["date"],
            "decision": known["decision"],
            "status": known["status"],
        },
        "units": [_unit(unit, village) for unit in administrative_units(village)],
        "point": [point["lat"], point["lon"]] if point else None,
        "point_note": common["village_point_note" if village["village_point"] else "point_note"],
        "founding": _plain(spoken["founding"], spoken["founding_basis"], sources.get("founding")),
        "heritage": [_plain(item, None, sources.get("heritage")) for item in spoken["heritage"]],
        "network": _plain(spoken["network"], None, sources.get("network")),
        "facts": [_fact(fact, spoken) for fact, spoken in _paired(village["facts"], spoken["facts"])],
        "cautions": spoken["cautions"],
    }


def _paired(facts: list[Any], spoken: list[Any]) -> list[tuple[Any, Any]]:
    return list(zip(facts, spoken, strict=True))


def _unit(unit: Any, village: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": unit.name,
        "district": unit.district,
        "province": village["admin"]["from_2025_07_01"]["province"],
        "since": unit.since.isoformat() if unit.since else None,
        "until": unit.until.isoformat() if unit.until else None,
        "is_split": unit.until is None and bool(village["admin"]["from_2025_07_01"].get("split")),
    }


def _plain(value: Any, note: Any, source: Any) -> dict[str, Any] | None:
    """Gives a fact that is one sentence, without a label of its own."""
    if value is None:
        return None
    return {
        "label": {"vi": "", "en": ""},
        "value": value,
        "as_of": None,
        "confidence": source["confidence"] if source else "low",
        "note": note,
        "sources": _sources(source["sources"]) if source else [],
    }


def _fact(fact: dict[str, Any], spoken: dict[str, Any]) -> dict[str, Any]:
    return {
        "label": spoken["label"],
        "value": spoken["value"],
        "as_of": spoken["as_of"],
        "confidence": fact["confidence"],
        "note": spoken["note"],
        "sources": _sources(fact["sources"]),
    }


def _sources(keys: list[str]) -> list[dict[str, Any]]:
    """Gives each source's title in both languages, and its address where it has one."""
    known, common = villages()["sources"], words()["common"]
    return [
        {"title": common["sources"].get(key, common["compilers"]), "url": _address(known.get(key, {}))}
        for key in keys
    ]


def _address(source: dict[str, Any]) -> str | None:
    """Gives the address of a source that stands on the web; notes behind it are left out."""
    address = str(source.get("url", "")).partition(" ")[0]
    return address if address.startswith("https://") else None
