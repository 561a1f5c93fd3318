"""Signs what a form asks for: the records of one delivery, which are stored all or none."""

from dataclasses import replace
from typing import Final

from shop.services.issuing.certificates import fill_certificate
from shop.services.issuing.desk import Desk
from shop.services.issuing.forms import Filled
from shop.services.issuing.members import offer_of
from shop.services.issuing.withdrawing import fill_notice, revoke, sign_correction
from shop.services.signed.admission import Delivery
from traceability.issue import SigningKey
from traceability.signing.trust import TrustKey

__all__ = ["REVOKE", "fill_form", "sign_form"]

REVOKE: Final = "revoke"


def fill_form(desk: Desk, kind: str, entry: TrustKey) -> Filled:
    """Fills a form up to one record: of a village, a workshop, a paper, a certificate or a notice."""
    forms = desk.forms(entry)
    match kind:
        case "transcription":
            return forms.transcription(desk.form, desk.folder)
        case "village":
            return forms.village(desk.form)
        case "notice":
            return fill_notice(desk, forms, desk.form)
        case "certificate":
            return fill_certificate(forms, desk.form)
        case _:
            return forms.workshop(desk.form)


def sign_form(desk: Desk, kind: str, key: SigningKey) -> Delivery:
    """Signs what a form asks for, and the issuer's first status list; nothing is stored yet.

    Without a status list no record of the issuer's is ever called verified.
    """
    if kind == REVOKE:
        return revoke(desk, desk.find(desk.form["revoke"]), key)
    if kind == "lot":
        delivery = _sign_lot(desk, key)
    else:
        delivery = Delivery([desk.sign(fill_form(desk, kind, key.entry), key).data])
    if desk.newest_list(key.entry) is not None:
        return delivery
    return replace(delivery, records=[*delivery.records, desk.next_list(key, ()).data])


def _sign_lot(desk: Desk, key: SigningKey) -> Delivery:
    forms = desk.forms(key.entry)
    if "corrects" in desk.form:
        return sign_correction(desk, forms, key)
    events = [desk.sign(event, key) for event in forms.events(desk.form)]
    filled, serials = forms.lot(desk.form, events)
    passport = desk.sign(filled, key)
    lot_id = passport.document["credentialSubject"]["id"]
    records = [item.data for item in (*events, passport)]
    return Delivery(records, {lot_id: serials}, {lot_id: offer_of(desk.form)})
