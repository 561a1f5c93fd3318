"""Taking back what was signed: notices about our own records, corrected passports, revocation bits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from shop.errors import BadInput
from shop.services.issuing.checks import refuse
from shop.services.issuing.desk import Desk
from shop.services.issuing.forms import Filled, Forms
from shop.services.signed.admission import Delivery
from shop.services.signed.rows import local_id
from traceability.evidence import SignedRecord
from traceability.issue import SigningKey
from traceability.records.canonical import Document
from traceability.records.event import TraceEvent
from traceability.records.members import array, optional_text, text
from traceability.records.notice import Notice
from traceability.records.passport import LotPassport
from traceability.records.terms import Party

__all__ = [
    "Earlier",
    "corrected",
    "fill_notice",
    "find_earlier",
    "notice_of",
    "revoke",
    "sign_correction",
]

_TITLES: Final = {
    "recall": "Gọi về",
    "suspend": "Tạm ngưng",
    "revoke": "Thu hồi",
    "finding": "Nhận xét",
    "correction": "Đính chính",
}
SERIAL_BYTES: Final = 12


def fill_notice(desk: Desk, forms: Forms, form: Document) -> Filled:
    """Fills up a notice about a stored record.

    Raises:
        BadInput: NO_RECORD; BAD_FORM, where a serial is none of the lot's.
    """
    about = desk.find(text(form, "about"))
    successor = desk.find(text(form, "supersededBy")) if "supersededBy" in form else None
    serials = tuple(array(form, "serials")) if "serials" in form else ()
    _demand_own_serials(desk, about, serials)
    return notice_of(forms, form, about, successor, serials)


def notice_of(
    forms: Forms,
    form: Document,
    about: SignedRecord,
    successor: SignedRecord | None,
    serials: tuple[str, ...] = (),
) -> Filled:
    """Gives a notice about a record; with a successor it is a correction.

    Raises:
        Unreadable: BAD_RECORD, where the form has no reason, or no action without a successor.
    """
    action = "correction" if successor is not None else text(form, "action")
    linked = (about,) if successor is None else (about, successor)
    name = optional_text(form, "id") if successor is None or "about" in form else None
    record = Notice(
        envelope=forms.envelope(
            Notice,
            name or f"{action}-{local_id(about.envelope.id)}",
            f"{_TITLES[action]}: {about.envelope.name}",
            linked,
        ),
        action=action,
        about=about.envelope.id,
        issued_to=Party(about.envelope.issuer.did, about.envelope.issuer.name),
        reason=text(form, "reason"),
        serials=serials,
        supersedes=successor.envelope.id if successor is not None else None,
    )
    return Filled(record, linked)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a correction begins with.

    Attributes:
        passport: the one that is wrong.
        serials: of the lot; labels carry them, so they stay.
        steps: those of its signed steps that the newer passport links to as well.
    """

    passport: SignedRecord
    serials: bytes
    steps: tuple[SignedRecord, ...]


def find_earlier(desk: Desk) -> Earlier:
    """Gives what the form's `corrects` names.

    Steps: those in `keeps`; without that none beside the form's `events`, and all where it has none.

    Raises:
        BadInput: NO_RECORD; BAD_FORM, where it is not the newest passport of a lot, where units differ from
            those that labels carry, or where a step to keep is none of the lot's.
    """
    form, passport = desk.form, desk.find(text(desk.form, "corrects"))
    serials = desk.serials(passport)
    if not isinstance(passport.record, LotPassport) or serials is None:
        raise refuse("corrects", "the newest passport of a lot", "lot-giomau-l1", form["corrects"])
    if form["units"] != passport.record.unit_count:
        raise refuse("units", "as many as were signed for", passport.record.unit_count, form["units"])
    linked = [desk.find(local_id(link.url)) for link in passport.envelope.links]
    steps = {local_id(item.envelope.id): item for item in linked if isinstance(item.record, TraceEvent)}
    wanted = form.get("keeps", [] if "events" in form else list(steps))
    for number, name in enumerate(wanted):
        if name not in steps:
            raise refuse(f"keeps[{number}]", "a step of this lot", min(steps, default=""), name)
    return Earlier(passport, serials, tuple(steps[name] for name in dict.fromkeys(wanted)))


def sign_correction(desk: Desk, forms: Forms, key: SigningKey) -> Delivery:
    """Signs the passport that takes an earlier one's place, and the notice that says so, for one lot.

    Raises:
        BadInput: what `find_earlier` and `corrected` raise.
    """
    form, earlier = desk.form, find_earlier(desk)
    events = [desk.sign(event, key) for event in forms.events(form)]
    filled = corrected(forms, form, earlier, events)
    passport = desk.sign(filled, key)
    notice = desk.sign(notice_of(forms, form, earlier.passport, passport), key)
    records = [item.data for item in (*events, passport, notice)]
    return Delivery(records, {passport.document["credentialSubject"]["id"]: earlier.serials})


def corrected(forms: Forms, form: Document, earlier: Earlier, events: Sequence[SignedRecord]) -> Filled:
    """Fills up the passport that takes an earlier one's place; what no form holds stays as it was.

    Raises:
        BadInput: BAD_FORM, where the form is of another lot.
    """
    before = earlier.passport.record
    filled, _ = forms.lot(form, [*events, *earlier.steps], serials=earlier.serials)
    record = filled.record
    if not isinstance(before, LotPassport) or not isinstance(record, LotPassport):
        raise refuse("corrects", "a passport", "lot-giomau-l1")
    if record.lot_id != before.lot_id:
        raise refuse("corrects", "a passport of this very lot", "lot-giomau-l1", form["corrects"])
    return replace(filled, record=replace(record, brand=before.brand, makers=before.makers))


def revoke(desk: Desk, item: SignedRecord, key: SigningKey) -> Delivery:
    """Signs the issuer's next status list, in which the record's bit is set.

    Raises:
        BadInput: NO_STATUS, where the record has no place in a list of revocations; REVOKED, where it is set.
    """
    status = item.envelope.status
    if status is None or status.purpose != "revocation":
        raise BadInput("NO_STATUS", f"{item.envelope.id} has no place in a list of revocations")
    signed = desk.next_list(key, [status.index])
    if signed.envelope.id != status.list_url:
        raise BadInput("NO_STATUS", f"{item.envelope.id} has its place in {status.list_url}")
    return Delivery([signed.data])


def _demand_own_serials(desk: Desk, about: SignedRecord, serials: tuple[str, ...]) -> None:
    if not serials:
        return
    known = desk.serials(about) or b""
    own = {known[at : at + SERIAL_BYTES].decode("ascii") for at in range(0, len(known), SERIAL_BYTES)}
    for number, serial in enumerate(serials):
        if serial not in own:
            raise refuse(f"serials[{number}]", "a serial of this lot", min(own, default=""), serial)
