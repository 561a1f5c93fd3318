"""Reads the members of short forms: what stands under a lot, a village or a product."""

from datetime import date

from shop.errors import BadInput
from shop.services.signed.shown_rows import Offer
from traceability.records.canonical import Document
from traceability.records.members import array, integer, mapping, optional_text, text
from traceability.records.passport import BoughtIn, Material
from traceability.records.terms import AdministrativeUnit, Classification

__all__ = [
    "bought_in",
    "digests",
    "lot_name",
    "materials",
    "objects",
    "offer_of",
    "optional_day",
    "product_code",
    "region",
    "units",
]


def objects(form: Document, name: str) -> list[Document]:
    """Gives a list of objects, empty where it is absent."""
    items = array(form, name) if name in form else []
    if not all(isinstance(item, dict) for item in items):
        raise BadInput("BAD_FORM", f"{name}: expected objects")
    return items


def digests(form: Document, name: str) -> tuple[str, ...]:
    """Gives a list of digests (`zQm…`) in the order of the form, empty where it is absent."""
    items = array(form, name) if name in form else []
    if not all(isinstance(item, str) for item in items):
        raise BadInput("BAD_FORM", f"{name}: expected digests")
    return tuple(items)


def optional_day(form: Document, name: str) -> date | None:
    """Gives a date, or None where it is absent or empty."""
    value = optional_text(form, name)
    return date.fromisoformat(value) if value else None


def region(form: Document, *, known: str | None) -> str:
    """Gives the province or city of a village; it is never guessed.

    Args:
        form: of the village.
        known: where the project's facts say that it is; None for other villages.
    """
    value = optional_text(form, "region") or known
    if not value:
        raise BadInput("BAD_FORM", "region: expected the province or city of the village, got nothing")
    if known is not None and value != known:
        raise BadInput("BAD_FORM", f"region: expected {known!r}, got {value[:80]!r}")
    return value


def units(form: Document) -> tuple[AdministrativeUnit, ...]:
    """Gives the administrative units of a place, in the order of the form."""
    return tuple(
        AdministrativeUnit(
            name=text(item, "name"),
            district=None,
            code=text(item, "code"),
            since=optional_day(item, "since"),
            until=optional_day(item, "until"),
        )
        for item in objects(form, "units")
    )


def product_code(product: Document) -> str:
    """Gives what a product stands under in addresses: its GTIN, else its code."""
    return optional_text(product, "gtin") or text(product, "code")


def lot_name(form: Document) -> str:
    """Gives what the ids of a lot's records hold; a correction counts on from what it corrects."""
    name = f"{product_code(mapping(form, 'product'))}-{text(form, 'lot')}".lower()
    if "corrects" not in form:
        return name
    number = text(form, "corrects").removeprefix(f"lot-{name}").removeprefix("-") or "1"
    if not (number.isascii() and number.isdigit()):
        raise BadInput("BAD_FORM", f"corrects: expected a passport of this very lot, such as 'lot-{name}'")
    return f"{name}-{int(number) + 1}"


def materials(form: Document) -> tuple[Material, ...]:
    """Gives what a lot was made of."""
    return tuple(
        Material(
            text(item, "name"),
            text(item, "origin"),
            text(item, "country"),
            integer(item, "percent"),
            Classification(text(mapping(item, "hs"), "code"), text(mapping(item, "hs"), "name")),
        )
        for item in objects(form, "materials")
    )


def bought_in(form: Document) -> tuple[BoughtIn, ...]:
    """Gives what the workshop did not make itself."""
    return tuple(
        BoughtIn(text(item, "name"), text(item, "supplier"), text(item, "country"))
        for item in objects(form, "boughtIn")
    )


def offer_of(form: Document) -> Offer:
    """Gives what the shop is to say of a form's product.

    Raises:
        Unreadable: BAD_RECORD, when a member is missing.
    """
    product = mapping(form, "product")
    name, slug = mapping(product, "name"), text(product, "slug")
    shown = ("summary", "making", "care")
    texts = {
        key: {lang: text(mapping(product, key), lang) for lang in ("vi", "en")}
        for key in shown
        if key in product
    }
    return Offer(
        slug=slug,
        name_vi=text(name, "vi"),
        name_en=optional_text(name, "en") or "",
        craft=text(product, "craft"),
        price=integer(product, "price"),
        stock=integer(product, "stock"),
        texts=texts,
    )
