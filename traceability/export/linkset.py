"""A lot's linkset: what there is to read about it and about its product, for resolvers and UNTP readers.

Source: RFC 9264, section 4.2; GS1 Digital Link 1.6.0 and GS1's web vocabulary; UNTP 0.7.0 identity resolver,
whose link types `dpp`, `dte` and `dcc` name passport, events and certificates.
"""

from collections.abc import Iterable
from typing import Final

from traceability.records.canonical import Document
from traceability.records.certificate import Certificate
from traceability.records.envelope import RECORD_MEDIA_TYPE
from traceability.records.event import TraceEvent
from traceability.records.kinds import Record
from traceability.records.passport import LotPassport

__all__ = ["LINKSET_MEDIA_TYPE", "lot_linkset", "page_link", "product_linkset"]

LINKSET_MEDIA_TYPE: Final = "application/linkset+json"
DEFAULT_LINK: Final = "https://ref.gs1.org/voc/defaultLink"
PRODUCT_PAGE: Final = "https://ref.gs1.org/voc/pip"
TRACEABILITY_PAGE: Final = "https://ref.gs1.org/voc/traceability"

_LANGUAGES: Final = ("vi", "en")


def lot_linkset(passport: LotPassport, linked: Iterable[Record], *, serial: str | None = None) -> Document:
    """Gives the linkset of a lot, of its product, and of one unit where a serial is given.

    Args:
        passport: the lot's passport.
        linked: the records that its chain leads to; those without a link type of UNTP are left out.
        serial: of a unit; its context comes first.
    """
    records = tuple(linked)
    contexts = [_lot(passport, records), _product(passport, records)]
    if serial is not None:
        unit = f"{passport.lot_id}/21/{serial}"
        page = page_link(unit, f"{passport.product_name}, {passport.lot}, {serial}")
        contexts.insert(0, {"anchor": unit, DEFAULT_LINK: [page], TRACEABILITY_PAGE: [page]})
    contexts += _places(passport, records)
    return {"linkset": contexts}


def product_linkset(product_id: str, page: Document) -> Document:
    """Gives the linkset of a product of which no lot is named.

    Args:
        product_id: URL of the product, as records spell it.
        page: the link of its page, from `page_link`.
    """
    return {"linkset": [{"anchor": product_id, DEFAULT_LINK: [page], PRODUCT_PAGE: [page]}]}


def page_link(href: str, title: str) -> Document:
    """Gives the link of a page for people, in both languages."""
    return {"href": href, "title": title, "type": "text/html", "hreflang": list(_LANGUAGES)}


def _lot(passport: LotPassport, records: tuple[Record, ...]) -> Document:
    page = page_link(passport.lot_id, f"{passport.product_name}, {passport.lot}")
    events = sorted((item for item in records if isinstance(item, TraceEvent)), key=lambda item: item.time)
    context: Document = {
        "anchor": passport.lot_id,
        "description": passport.envelope.name,
        DEFAULT_LINK: [page],
        TRACEABILITY_PAGE: [page],
        "dpp": [_record_link(passport)],
    }
    if events:
        context["dte"] = [_record_link(event) for event in events]
    return context


def _product(passport: LotPassport, records: tuple[Record, ...]) -> Document:
    page = page_link(passport.product_id, passport.product_name)
    context: Document = {"anchor": passport.product_id, DEFAULT_LINK: [page], PRODUCT_PAGE: [page]}
    certificates = [item for item in _certificates(records) if item.product_id == passport.product_id]
    if certificates:
        context["dcc"] = [_record_link(item) for item in certificates]
    return context


def _places(passport: LotPassport, records: tuple[Record, ...]) -> list[Document]:
    """Gives the context of the workshop, for certificates that are of no single product."""
    place = passport.facility_id
    certificates = [
        item for item in _certificates(records) if item.product_id is None and item.facility_id == place
    ]
    if not certificates:
        return []
    return [{"anchor": place, "dcc": [_record_link(item) for item in certificates]}]


def _certificates(records: tuple[Record, ...]) -> list[Certificate]:
    return [item for item in records if isinstance(item, Certificate)]


def _record_link(record: Record) -> Document:
    return {
        "href": record.envelope.id,
        "title": record.envelope.name,
        "type": RECORD_MEDIA_TYPE,
        "hreflang": ["vi"],
    }
