"""Signs the demo's places: what the province says of villages, and the communes of workshops."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from shop.demo.scribe import Scribe
from shop.facts.files import village_name
from shop.facts.titles import village_title
from shop.facts.units import administrative_units, present_unit
from traceability.clock import VIET_NAM_TIME
from traceability.evidence import SignedRecord
from traceability.records.facility import Recognition, VillageRecognition, WorkshopRecord
from traceability.records.terms import Classification

__all__ = ["PROVINCE", "issue_village", "issue_workshop"]

_CITY: Final = "Thành phố Hà Nội"
PROVINCE: Final = "province-ha-noi"
PRESENT_UNITS_SINCE: Final = datetime(2025, 7, 1, tzinfo=VIET_NAM_TIME).astimezone(
    UTC
)  # where villages stand today
_DECREE: Final = "https://w3id.org/langnghe/v1#decree-52-2018-art-4"
_DECREE_NAME: Final = "Nghị định 52/2018/NĐ-CP, Điều 4"


def _commune_party(village: dict[str, Any]) -> str:
    """Gives the slug of the commune that a village belongs to today."""
    return f"commune-{village['admin']['from_2025_07_01']['code']}"


def issue_village(scribe: Scribe, village: dict[str, Any], words: dict[str, Any]) -> SignedRecord:
    """The province signs what the sources say of a village; what they do not say is signed as unknown."""
    known = village["recognition"]
    title, granted = words["recognition"]["title"], words["recognition"]["date"]
    recognition = Recognition(
        type=known["type"],
        title=title["vi"] if title else None,
        decision=known["decision"],
        granted=granted["vi"] if granted else None,
        status=known["status"],
    )
    name, english_name = village_title(village_name(village), recognition)
    record = VillageRecognition(
        envelope=scribe.envelope(
            VillageRecognition,
            f"village-{village['slug']}",
            issuer=PROVINCE,
            name=name,
            valid_from=PRESENT_UNITS_SINCE,
        ),
        facility_id=scribe.url(f"villages/{village['slug']}"),
        name=village_name(village),
        registered_id=village["slug"],
        register_name="Danh mục làng nghề Hà Nội (mẫu)",
        craft=Classification(str(village["decree52_group"]), village["craft_vi"], _DECREE, _DECREE_NAME),
        recognition=recognition,
        region=_CITY,
        units=administrative_units(village),
    )
    english = {"name": english_name, "craft": village["craft_en"]}
    return scribe.issue(record, issuer=PROVINCE, english=english)


def issue_workshop(
    scribe: Scribe, workshop: dict[str, Any], village: dict[str, Any], recognition: SignedRecord
) -> SignedRecord:
    """The village's commune signs that a workshop works in the village, and where its site is."""
    slug, site, issuer = workshop["slug"], workshop["site"], _commune_party(village)
    units = administrative_units(village)
    if site["unit"] is not None:
        units = (present_unit(site["unit"]["name"], site["unit"]["code"]),)
    record = WorkshopRecord(
        envelope=scribe.envelope(
            WorkshopRecord,
            f"workshop-{slug}",
            issuer=issuer,
            name=f"Cơ sở sản xuất {workshop['name']['vi']}, làng {village_name(village)}",
            valid_from=scribe.now - timedelta(days=300),
            linked=[recognition],
        ),
        facility_id=scribe.url(f"workshops/{slug}"),
        name=workshop["name"]["vi"],
        registered_id=slug,
        register_name="Sổ cơ sở làng nghề (mẫu)",
        craft=Classification(str(village["decree52_group"]), village["craft_vi"], _DECREE, _DECREE_NAME),
        operator_did=scribe.did(slug),
        village_id=scribe.url(f"villages/{village['slug']}"),
        village_name=village_name(village),
        legal_form=workshop["legal_form"],
        site_kind=site["kind"],
        is_inside_village=site["inside_village"],
        place=site["place"]["vi"],
        region=_CITY,
        units=units,
    )
    english = {
        "name": f"{workshop['name']['en']}, village of {village_name(village)}",
        "place": site["place"]["en"],
    }
    return scribe.issue(record, issuer=issuer, linked=[recognition], english=english)
