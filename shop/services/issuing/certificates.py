"""Fills up what somebody who knows a workshop confirms about it: attestations and inspections."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from shop.errors import BadInput
from shop.services.issuing.forms import Filled, Forms
from shop.services.issuing.members import optional_day, product_code
from shop.services.signed.rows import local_id
from traceability.clock import VIET_NAM_TIME
from traceability.records.canonical import Document
from traceability.records.certificate import Certificate
from traceability.records.facility import WorkshopRecord
from traceability.records.members import array, mapping, optional_text, text
from traceability.records.terms import Party

__all__ = ["fill_certificate"]


def fill_certificate(forms: Forms, form: Document) -> Filled:
    """Fills up a certificate of the kind attestation or inspection.

    Raises:
        BadInput: NO_RECORD; BAD_FORM, where the workshop's record is none.
    """
    place = forms.find(text(form, "workshop"))
    workshop = place.record
    if not isinstance(workshop, WorkshopRecord):
        raise BadInput("BAD_FORM", f"{place.envelope.id} is no workshop's record")
    linked = (place, *(forms.find(str(one)) for one in (array(form, "papers") if "papers" in form else ())))
    kind, title, product = text(form, "kind"), text(form, "title"), _product(form)
    name = product[1] if product is not None else workshop.name
    envelope = forms.envelope(Certificate, _id(form, workshop), f"{title} – {name}", linked)
    last, scheme = optional_day(form, "validUntil"), mapping(form, "scheme")
    record = Certificate(
        envelope=replace(envelope, valid_until=_end_of(last) if last is not None else None),
        kind=kind,
        title=title,
        issued_to=Party(workshop.operator_did, workshop.name),
        scheme_id=f"https://{forms.host}/schemes/{text(scheme, 'id')}",
        scheme_name=text(scheme, "name"),
        scheme_version=text(scheme, "version"),
        assessed_on=date.fromisoformat(text(form, "assessedOn")),
        facility_id=workshop.facility_id,
        facility_name=workshop.name,
        product_id=f"https://{forms.host}/{product[0]}" if product is not None else None,
        product_name=product[1] if product is not None else None,
        finding=text(form, "finding"),
    )
    return Filled(record, linked)


def _id(form: Document, workshop: WorkshopRecord) -> str:
    """Gives the form's id, else one of kind, thing and day: a day's second one needs its own."""
    about = product_code(mapping(form, "product")) if "product" in form else local_id(workshop.facility_id)
    day = text(form, "assessedOn").replace("-", "")
    return optional_text(form, "id") or f"{text(form, 'kind')}-{about.lower()}-{day}"


def _product(form: Document) -> tuple[str, str] | None:
    """Gives path and name of the product that a certificate is about."""
    if "product" not in form:
        return None
    product = mapping(form, "product")
    path = f"01/{product['gtin']}" if "gtin" in product else f"P/{text(product, 'code')}"
    return path, text(product, "name")


def _end_of(day: date) -> datetime:
    """Gives the first moment in Viet Nam after a day."""
    return datetime.combine(day + timedelta(days=1), time(), VIET_NAM_TIME)
