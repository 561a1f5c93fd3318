"""What a lot's passport says in words, and what a correction of it has changed, member by member."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from shop.services.signed.certificates import english
from shop.services.signed.changed_steps import step_changes
from shop.services.signed.evidence import SignedEvidence
from shop.services.signed.rows import local_id
from shop.services.signed.values import Change, Correction, FactValue, RecordFact
from shop.services.texts import Text
from traceability.chain import Chain
from traceability.clock import day_in_viet_nam
from traceability.errors import TraceabilityError
from traceability.evidence import Reader, SignedRecord
from traceability.records.event import TraceEvent
from traceability.records.notice import Notice
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustList
from traceability.verdict import CheckStatus, Outcome, Verdict, outcome_of
from traceability.verify import verify_record

__all__ = ["correction_of", "corrections", "passport_changes", "passport_facts"]

_Translations = Mapping[str, str | None]

CORRECTIONS_MAX: Final = 8  # told on one page; each is verified, and a lot seldom has more than one
_TOLD: Final = ("made_on", "expires_on", "warnings", "materials")


def passport_facts(passport: LotPassport, translation: str | None) -> tuple[RecordFact, ...]:
    """Gives what a reader of a passport's station wants to know; what it does not say is left out."""
    said = _members(passport, translation)
    return tuple(RecordFact(member, said[member]) for member in _TOLD if said[member])


def passport_changes(old: LotPassport, new: LotPassport) -> tuple[Change, ...]:
    """Gives what a passport that is still to be signed would change, but for its links."""
    said, says = _members(old, None), _members(new, None)
    told = [Change(key, said[key], says[key]) for key in said if _words(said[key]) != _words(says[key])]
    new = replace(new, envelope=old.envelope)  # when and under which address is no change of what it says
    is_other = _rest(old, new) != new
    return (*told, *((Change("other", (), ()),) if is_other else ()))


def corrections(
    start: SignedRecord, signed: SignedEvidence, *, trust: TrustList, now: datetime
) -> tuple[Correction, ...]:
    """Gives the corrections that count of the lot whose passport `start` is, earliest first.

    The verification of a newer passport judges no notice about the earlier one, so each is verified here.

    Args:
        start: the record that a page is about; any other than a passport of ours has none.
        signed: what was gathered about it.
        trust: judges the notices.
        now: aware time.
    """
    if not isinstance(start.record, LotPassport) or signed.bodies.get(start.envelope.id) != start.data:
        return ()
    evidence = signed.evidence(Reader(64))
    verdicts = (
        verify_record(body, trust=trust, evidence=evidence, at=now)
        for body in _corrections_of(start.record.lot_id, signed)
    )
    told = (correction_of(verdict.chain, signed.translations) for verdict in verdicts if _counts(verdict))
    return tuple(sorted(filter(None, told), key=lambda one: (one.signed_on, one.record_id)))


def correction_of(chain: Chain | None, translations: _Translations) -> Correction | None:
    """Gives what a chain's first record corrects; None where it is no correction of a lot's passport."""
    if chain is None or not isinstance(notice := chain.records[0].record, Notice):
        return None
    at_hand = {item.envelope.id: item for item in chain.records}
    before, after = at_hand.get(notice.about), at_hand.get(notice.supersedes or "")
    if before is None or after is None or notice.action != "correction":
        return None
    url = notice.envelope.id
    return Correction(
        record_id=local_id(url),
        before_id=local_id(before.envelope.id),
        after_id=local_id(after.envelope.id),
        reason=Text(notice.reason, english(translations.get(url), "reason")),
        signer=notice.envelope.issuer.name,
        signed_on=day_in_viet_nam(chain.records[0].claim.created),
        changes=tuple(_changes(before, after, at_hand, translations)),
    )


def _corrections_of(lot_id: str, signed: SignedEvidence) -> Sequence[bytes]:
    found = []
    for about, bodies in signed.later.items():
        with suppress(TraceabilityError):  # what cannot be read does not count
            passport = Reader(1).read(signed.bodies.get(about, b"")).record
            if isinstance(passport, LotPassport) and passport.lot_id == lot_id:
                found += [body for body in bodies if _is_correction(body)]
    return list(dict.fromkeys(found))[:CORRECTIONS_MAX]


def _is_correction(body: bytes) -> bool:
    with suppress(TraceabilityError):
        record = Reader(1).read(body).record
        return isinstance(record, Notice) and record.action == "correction"
    return False


def _counts(verdict: Verdict) -> bool:
    """Tells whether the notice stands and both passports are whole; goods that are recalled do not matter."""
    if verdict.chain is None or not isinstance(notice := verdict.chain.records[0].record, Notice):
        return False
    own, passports = notice.envelope.id, {notice.about, notice.supersedes}
    failed = [check for check in verdict.checks if check.status is CheckStatus.FAILED]
    return not any(
        check.subject in {None, own}
        or (check.subject in passports and outcome_of(check.reason) is not Outcome.REVOKED)
        for check in failed
    )


def _changes(
    before: SignedRecord,
    after: SignedRecord,
    at_hand: Mapping[str, SignedRecord],
    translations: _Translations,
) -> Iterator[Change]:
    old, new = before.record, after.record
    if not isinstance(old, LotPassport) or not isinstance(new, LotPassport):
        return
    said = _members(old, translations.get(before.envelope.id))
    says = _members(new, translations.get(after.envelope.id))
    yield from (Change(key, said[key], says[key]) for key in said if _words(said[key]) != _words(says[key]))
    urls, newer = ([link.url for link in item.envelope.links] for item in (before, after))
    gone, come = ([url for url in one if url not in other] for one, other in ((urls, newer), (newer, urls)))
    yield from step_changes(_steps(gone, at_hand), _steps(come, at_hand), translations)
    gone, come = ([url for url in one if not _steps([url], at_hand)] for one in (gone, come))
    if gone or come:
        yield Change(
            "linked",
            tuple(_title(url, at_hand, translations) for url in gone),
            tuple(_title(url, at_hand, translations) for url in come),
        )
    if _rest(old, new) != new:
        yield Change("other", (), ())


def _steps(urls: Iterable[str], at_hand: Mapping[str, SignedRecord]) -> list[TraceEvent]:
    """Gives the steps among linked records."""
    found = (at_hand[url].record for url in urls if url in at_hand)
    return [record for record in found if isinstance(record, TraceEvent)]


def _members(passport: LotPassport, translation: str | None) -> dict[str, tuple[FactValue, ...]]:
    """Gives what a passport says in words, by member; empty where it says nothing."""
    return {
        "product_name": (Text(passport.product_name),),
        "made_on": (passport.made_on,),
        "expires_on": _one(passport.expires_on),
        "warnings": _one(passport.warnings and Text(passport.warnings, english(translation, "warnings"))),
        "materials": tuple(Text(f"{it.percent}% {it.name} ({it.origin})") for it in passport.materials),
        "bought_in": tuple(Text(f"{item.name} ({item.supplier})") for item in passport.bought_in),
        "unit_count": (Text(str(passport.unit_count)),),
        "producer": (Text(passport.producer.name),),
        "facility": (Text(passport.facility_name),),
        "brand": _one(passport.brand and Text(passport.brand)),
    }


def _rest(old: LotPassport, new: LotPassport) -> LotPassport:
    """Gives the newer passport with those members of the older one that have no line of their own."""
    # A correction is signed later than what it corrects, which changes nothing of what it says.
    envelope = replace(new.envelope, valid_until=old.envelope.valid_until)
    countries = [(item.country, item.type) for item in old.materials]
    as_named = [(item.country, item.type) for item in new.materials]
    return replace(
        new,
        envelope=replace(envelope, issuer=old.envelope.issuer),
        category=old.category,
        facility_id=old.facility_id,
        serial_root=old.serial_root,
        makers=old.makers,
        producer=replace(new.producer, did=old.producer.did),
        materials=new.materials
        if countries == as_named or len(countries) != len(as_named)
        else old.materials,
    )


def _words(values: Iterable[FactValue]) -> list[str | date]:
    """Gives what was signed of some values; translations are not."""
    return [value.vi if isinstance(value, Text) else value for value in values]


def _one(value: Text | date | str | None) -> tuple[FactValue, ...]:
    return (value,) if isinstance(value, Text | date) else ()


def _title(url: str, at_hand: Mapping[str, SignedRecord], translations: _Translations) -> Text:
    item = at_hand.get(url)
    if item is None:
        return Text(local_id(url))
    return Text(item.envelope.name, english(translations.get(url), "name"))
