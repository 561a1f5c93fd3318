"""A lot whose passport was corrected, and what is said of either passport since."""

from dataclasses import replace
from typing import Any

from tests.simulators.forgery import altered, forge_at
from tests.simulators.village import HOST, NOW, Village, did, url
from traceability.evidence import Evidence
from traceability.issue import issue_labels
from traceability.labels.code import LabelCode
from traceability.labels.code import parse as parse_label
from traceability.records.canonical import canonical
from traceability.records.passport import LotPassport
from traceability.records.terms import ORIGIN

__all__ = [
    "LOT",
    "corrected",
    "every_label",
    "newest_first",
    "with_forged_passport",
    "with_notice",
    "with_replaced_step",
    "with_strangers_passport",
    "with_strangers_step",
    "with_unreadable_passport",
]

LOT = f"https://{HOST}/01/09520000000011/10/L1"


def corrected(issuer: str = "workshop") -> tuple[Village, Evidence]:
    """Gives a village whose lot has a second passport, and the evidence in which that one is the newest."""
    village = Village().issue_all()
    second = replace(_passport(village, "passport-2", "passport"), product_name="Bình mẫu men lam")
    village.issue("passport-2", second, "workshop#record", ("workshop", "event", "certificate"))
    village.notify("passport", "correction", issuer)
    village.publish_lists()
    return village, newest_first(village)


def newest_first(village: Village, name: str = "passport-2") -> Evidence:
    """Gives the village's evidence with the lot's newest passport."""
    return replace(village.evidence, passports={LOT: village.records[name].data})


def every_label(village: Village) -> dict[str, LabelCode]:
    """Gives a label that was sealed for the first passport, one for the second, and a code without a seal."""
    lot, serials = parse_label(LOT), [village.serials[:12]]
    passport, key = village.records["passport-2"], village.key("workshop#seal")
    old = village.labels()[0]
    new = next(issue_labels(lot, serials=serials, passport=passport, key=key, now=NOW))
    return {"old": old, "new": new, "unsealed": old.without_seal()}


def with_notice(
    action: str,
    issuer: str = "inspector",
    *,
    about: str = "passport",
    serials: tuple[str, ...] = (),
    reason: str = "Men chưa đạt.",
) -> tuple[Village, Evidence]:
    """Gives the corrected lot with a notice about one of its passports."""
    village, _ = corrected()
    village.notify(about, action, issuer, serials=serials, reason=reason)
    village.publish_lists()
    return village, newest_first(village)


def with_replaced_step(
    action: str | None, issuer: str = "inspector", *, reason: str = "Không có bước này."
) -> tuple[Village, Evidence]:
    """Gives a lot whose second passport leads to another step, with a notice about the first one's.

    Without an action its bit is set instead.
    """
    village = Village().issue_all()
    _again(village, "event", ("workshop",))
    _again(village, "passport", ("workshop", "event-2", "certificate"))
    village.notify("passport", "correction", "workshop")
    if action is not None:
        village.notify("event", action, issuer, reason=reason)
    village.publish_lists()
    if action is None:
        village.revoke("event")
    return village, newest_first(village)


def with_strangers_step() -> tuple[Village, Evidence]:
    """Gives the lot beside a neighbour's passport of its number, one of whose steps is recalled."""
    village, _ = with_strangers_passport()
    _again(village, "event", ("workshop",))
    theirs, step = village.records["theirs"].document, village.records["event-2"]
    first, *rest = theirs["relatedResource"]
    links = [first, {**first, "id": url("event-2"), "digestMultibase": step.digest}, *rest]
    document = {name: value for name, value in theirs.items() if name != "proof"}
    forged = forge_at(village, document | {"relatedResource": links}, "neighbour#record", NOW)
    village.records["theirs"] = village.evidence.reader.read(forged)
    del village.later[url("theirs")]
    village.notify("theirs", "finding", "neighbour")
    village.notify("event-2", "recall")
    village.publish_lists()
    return village, newest_first(village)


def with_strangers_passport(**changed: Any) -> tuple[Village, Evidence]:
    """Gives the corrected lot beside a neighbour's passport of its number, which the neighbour recalls."""
    village, _ = corrected()
    second = _passport(village, "theirs")
    issuer = replace(second.envelope.issuer, did=did("neighbour"), name="neighbour (mẫu)")
    producer = replace(second.producer, did=did("neighbour"))
    theirs = replace(second, envelope=replace(second.envelope, issuer=issuer), producer=producer, **changed)
    data = forge_at(village, theirs.to_document(), "neighbour#record", NOW)
    village.records["theirs"] = village.evidence.reader.read(data)
    village.notify("theirs", "recall", "neighbour")
    village.publish_lists()
    return village, newest_first(village)


def with_forged_passport() -> tuple[Village, Evidence]:
    """Gives the corrected lot with a first passport that nobody signed, and that claims a bit that is set."""
    village, _ = corrected()
    village.revoke("event")
    status = village.records["event"].document["credentialStatus"]
    forged = canonical({**village.records["passport"].document, "credentialStatus": status})
    village.records["passport"] = village.evidence.reader.read(forged)
    return village, newest_first(village)


def with_unreadable_passport() -> tuple[Village, Evidence]:
    """Gives the corrected and recalled lot with a notice about an earlier passport that cannot be read."""
    village, evidence = with_notice("recall")
    document = village.records["correction-workshop"].document
    for path in (["relatedResource", 0, "id"], ["credentialSubject", ORIGIN, "about"]):
        document = altered(document, path, url("x"))
    told = village.forge(document, "workshop#record")
    later = {url("x"): (told,), **evidence.later}
    return village, replace(evidence, later=later, records={url("x"): b"{}", **evidence.records})


def _passport(village: Village, name: str, like: str = "passport-2") -> LotPassport:
    first = village.records[like].record
    assert isinstance(first, LotPassport)
    return replace(first, envelope=replace(first.envelope, id=url(name)))


def _again(village: Village, name: str, linked: tuple[str, ...]) -> None:
    """Issues a second record like one of the workshop's own, with other links."""
    record = village.records[name].record
    envelope = village.envelope(type(record), f"{name}-2", "workshop", linked)
    village.issue(f"{name}-2", replace(record, envelope=envelope), "workshop#record", linked)
