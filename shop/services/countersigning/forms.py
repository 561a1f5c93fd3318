"""From a request and its answer to the short form that is signed, and what such a form will say in words."""

import hashlib
from collections.abc import Mapping
from typing import Final

from shop.db.catalogue import Product
from shop.errors import BadInput
from shop.services.countersigning.rows import RequestFacts
from shop.services.countersigning.values import TRANSCRIPTION, Preview
from traceability.policy import level_of
from traceability.records.canonical import Document, canonical
from traceability.records.certificate import Certificate
from traceability.records.kinds import Record
from traceability.records.notice import Transcription
from traceability.signing.trust import TrustKey
from traceability.validity import last_day

__all__ = ["first_answer", "preview_of", "seen_digest", "signing_form"]

# Records are written in Vietnamese.
TITLES: Final = {"attestation": "Xác nhận của làng nghề", "inspection": "Kết quả kiểm tra"}
SCHEMES: Final = {
    "attestation": ("xac-nhan", "Xác nhận tại làng nghề"),
    "inspection": ("kiem-tra", "Kiểm tra tại cơ sở"),
}
# Another moment gives other values here, and none of them is what the office says.
OF_THE_MOMENT: Final = ("validFrom", "credentialStatus")


def first_answer(facts: RequestFacts) -> dict[str, str]:
    """Gives what the form of the answer holds before anybody typed.

    What a paper says is copied from the request, beside the scan. What an office or an inspector states by
    itself begins empty: filled in by the asker, two taps would sign the asker's words as the office's own.
    """
    words = facts.words
    if facts.request.kind == TRANSCRIPTION:
        names = ("title", "paper_issuer", "decision", "paper_date")
        return {"claim": words.get("words", ""), **{name: words.get(name, "") for name in names}}
    return {
        "title": TITLES[facts.request.kind],
        **dict.fromkeys(("finding", "basis", "assessed_on", "valid_until"), ""),
    }


def signing_form(facts: RequestFacts, answer: Mapping[str, str]) -> tuple[str, Document]:
    """Gives kind and content of the form that `shop.services.issuing` fills up.

    Raises:
        BadInput: NO_PAPER, where nothing is there to be copied.
    """
    slug, thing = facts.workshop.slug, facts.thing
    record_id = f"{facts.request.kind}-{slug}-{facts.request.id}"
    shared: Document = {"id": record_id, "issuer": facts.request.issuer, "title": answer["title"]}
    if facts.request.kind == TRANSCRIPTION:
        if facts.paper is None:
            raise BadInput("NO_PAPER", f"no scan came with request {facts.request.id}")
        return TRANSCRIPTION, {
            **shared,
            "about": _path(thing) if thing is not None else f"workshops/{slug}",
            "claim": answer["claim"],
            "issuedTo": facts.workshop.issuer.rpartition(":")[2],
            "issuedToName": facts.workshop.name_vi,
            "paperIssuer": answer["paper_issuer"],
            "scan": facts.paper.name,
            "links": [facts.workshop.record_id],
            **_given(answer, decision="decision", paperDate="paper_date"),
        }
    scheme, name = SCHEMES[facts.request.kind]
    return "certificate", {
        **shared,
        "kind": facts.request.kind,
        "workshop": facts.workshop.record_id,
        "finding": answer["finding"],
        "scheme": {"id": scheme, "name": name, "version": answer["basis"]},
        "assessedOn": answer["assessed_on"],
        **_given(answer, validUntil="valid_until"),
        **({"product": _product(thing)} if thing is not None else {}),
    }


def preview_of(record: Record, entry: TrustKey, facts: RequestFacts) -> Preview:
    """Gives what a filled record will say."""
    about = facts.thing.name_vi if facts.thing is not None else facts.workshop.name_vi
    code = (facts.thing.gtin or facts.thing.code) if facts.thing is not None else None
    level, workshop = level_of(record, entry.role), facts.workshop.name_vi
    if isinstance(record, Transcription):
        return Preview(
            signer=entry.name,
            role=entry.role,
            kind=facts.request.kind,
            level=level,
            title=record.envelope.name,
            statement=record.claim,
            about=about,
            workshop=workshop,
            code=code,
            seen=seen_digest(record),
            paper_issuer=record.paper_issuer,
            decision=record.decision,
            paper_date=record.paper_date,
        )
    assert isinstance(record, Certificate), record.KIND  # noqa: S101  # `signing_form` asks for no other kind
    return Preview(
        signer=entry.name,
        role=entry.role,
        kind=facts.request.kind,
        level=level,
        title=record.title,
        statement=record.finding or "",
        about=about,
        workshop=workshop,
        code=code,
        seen=seen_digest(record),
        day=record.assessed_on,
        until=last_day(record),
        basis=record.scheme_version,
    )


def seen_digest(record: Record) -> str:
    """Gives a name for exactly what a record says, whenever it is signed."""
    document = {name: value for name, value in record.to_document().items() if name not in OF_THE_MOMENT}
    return hashlib.sha256(canonical(document)).hexdigest()


def _given(answer: Mapping[str, str], **names: str) -> Document:
    """Gives the members that were typed at all, by their name in the form."""
    return {member: answer[name] for member, name in names.items() if answer.get(name)}


def _path(thing: Product) -> str:
    return f"01/{thing.gtin}" if thing.gtin else f"P/{thing.code}"


def _product(thing: Product) -> Document:
    code = {"gtin": thing.gtin} if thing.gtin else {"code": thing.code}
    return {**code, "name": thing.name_vi}
