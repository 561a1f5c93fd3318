"""The papers behind a record as pages show them: those that were copied, and those that were taken back."""

from collections.abc import Mapping, Sequence
from typing import Final

from shop.services.signed.record_names import record_name
from shop.services.signed.values import CopiedPaper, NoticeView, WithdrawnPaper
from shop.services.texts import Text
from traceability.chain import Chain
from traceability.clock import VIET_NAM_TIME
from traceability.errors import Reason
from traceability.evidence import SignedRecord
from traceability.records.notice import Transcription
from traceability.verdict import Check, CheckStatus

__all__ = ["copied_papers", "withdrawn_papers"]

SHORT_DIGEST_CHARS: Final = 16
_TAKEN_BACK: Final = frozenset({Reason.REVOKED, Reason.SUSPENDED})
_ACTIONS: Final = {Reason.REVOKED: "revoke", Reason.SUSPENDED: "suspend"}


def withdrawn_papers(
    chain: Chain,
    checks: Sequence[Check],
    said: Sequence[NoticeView],
    *,
    translations: Mapping[str, str | None],
) -> tuple[WithdrawnPaper, ...]:
    """Gives the records behind the first one that were revoked or suspended, each once.

    Args:
        chain: what the verification followed.
        checks: its findings.
        said: the notices about the chain that count.
        translations: unsigned English texts as JSON, by record URL.
    """
    reasons = {
        check.subject: check.reason
        for check in checks
        if check.status is CheckStatus.FAILED and check.reason in _TAKEN_BACK
    }
    return tuple(
        WithdrawnPaper(
            subject=item.envelope.id,
            title=_title(item, translations),
            issuer=item.envelope.issuer.name,
            is_suspended=reason is Reason.SUSPENDED,
            notice=next(
                (
                    notice
                    for notice in said
                    if notice.about_url == item.envelope.id and notice.action == _ACTIONS[reason]
                ),
                None,
            ),
        )
        for item in chain.records[1:]
        if (reason := reasons.get(item.envelope.id)) is not None
    )


def copied_papers(
    chain: Chain,
    *,
    translations: Mapping[str, str | None],
    unsound: frozenset[str],
    withdrawn: Mapping[str, Reason],
) -> tuple[CopiedPaper, ...]:
    """Gives what the transcriptions of a chain say of their papers.

    Args:
        chain: what the verification followed.
        translations: unsigned English texts as JSON, by record URL.
        unsound: URLs of records that a check failed on.
        withdrawn: why records were taken back, by URL.
    """
    return tuple(
        CopiedPaper(
            record_id=item.envelope.id.rpartition("/")[2],
            title=_title(item, translations),
            claim=item.record.claim,
            paper_issuer=item.record.paper_issuer,
            decision=item.record.decision,
            paper_date=item.record.paper_date,
            scan_digest=item.record.scan_digest[:SHORT_DIGEST_CHARS],
            copied_by=item.envelope.issuer.name,
            signed_on=item.claim.created.astimezone(VIET_NAM_TIME).date(),
            is_sound=item.envelope.id not in unsound,
            withdrawn=withdrawn.get(item.envelope.id),
        )
        for item in chain.records
        if isinstance(item.record, Transcription)
    )


def _title(item: SignedRecord, translations: Mapping[str, str | None]) -> Text:
    return record_name(item.envelope.name, translations.get(item.envelope.id))
