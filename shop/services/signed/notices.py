"""The notices about a chain's records that count, as a page tells them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from shop.services.signed.certificates import english
from shop.services.signed.record_names import record_name
from shop.services.signed.rows import local_id
from shop.services.signed.values import NoticeView
from shop.services.texts import Text
from traceability.chain import Chain
from traceability.clock import day_in_viet_nam
from traceability.errors import TraceabilityError
from traceability.evidence import Reader, SignedRecord
from traceability.records.notice import Notice
from traceability.records.passport import LotPassport
from traceability.verdict import Check, CheckStatus

__all__ = ["notice_of", "notices"]


def notices(
    chain: Chain,
    checks: Sequence[Check],
    *,
    later: Mapping[str, Sequence[bytes]],
    translations: Mapping[str, str | None],
    others: Sequence[SignedRecord] = (),
) -> tuple[NoticeView, ...]:
    """Gives the notices about the records of a chain, those that do not count left out, the newest first.

    Args:
        chain: what the verification followed.
        checks: its findings; a notice that does not count stands among them as a note about itself.
        later: notices by the URL of the record that they are about.
        translations: unsigned English texts as JSON, by record URL.
        others: passports of the same lot that a check speaks against, and steps that only such passports lead
            to; their corrections say nothing here.
    """
    void = {check.subject for check in checks if check.status is CheckStatus.NOTE}
    found = [
        (signed, about)
        for about in (*chain.records, *others)
        for signed in _read(later.get(about.envelope.id, ()))
        if signed.envelope.id not in void and not (about in others and _is_correction(signed))
    ]
    found.sort(key=lambda pair: pair[0].claim.created, reverse=True)
    return tuple(
        _view(signed, signed.record, about, translations)
        for signed, about in found
        if isinstance(signed.record, Notice)
    )


def _is_correction(signed: SignedRecord) -> bool:
    return isinstance(signed.record, Notice) and signed.record.action == "correction"


def notice_of(chain: Chain, translations: Mapping[str, str | None]) -> NoticeView | None:
    """Gives what a chain's first record says as a notice; None where it is none, or lacks its subject."""
    signed = chain.records[0]
    notice = signed.record
    if not isinstance(notice, Notice):
        return None
    about = next((item for item in chain.records if item.envelope.id == notice.about), None)
    return _view(signed, notice, about, translations) if about is not None else None


def _read(bodies: Sequence[bytes]) -> Iterator[SignedRecord]:
    for body in bodies:
        with suppress(TraceabilityError):  # what cannot be read does not count either
            yield Reader(1).read(body)


def _view(
    signed: SignedRecord, notice: Notice, about: SignedRecord, translations: Mapping[str, str | None]
) -> NoticeView:
    url = signed.envelope.id
    name = record_name(about.envelope.name, translations.get(about.envelope.id))
    return NoticeView(
        action=notice.action,
        about=name,
        reason=Text(notice.reason, english(translations.get(url), "reason")),
        serials=notice.serials,
        signer=signed.envelope.issuer.name,
        signed_on=day_in_viet_nam(signed.claim.created),
        record_id=local_id(url),
        successor_id=local_id(notice.supersedes) if notice.supersedes is not None else None,
        about_url=about.envelope.id,
        photos=len(notice.evidence),
        tells_of_copies=notice.tells_of_copies,
        lot=about.record.lot if isinstance(about.record, LotPassport) else None,
    )
