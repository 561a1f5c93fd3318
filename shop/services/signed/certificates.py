"""Certificates as pages show them: with their state today and when a lot was issued, never stored."""

import json
from datetime import datetime

from shop.errors import NotFound
from shop.services.signed.rows import local_id
from shop.services.signed.values import CertificateView
from shop.services.texts import Text
from traceability.clock import day_in_viet_nam
from traceability.errors import Reason
from traceability.evidence import SignedRecord
from traceability.policy import level_of
from traceability.records.certificate import Certificate
from traceability.validity import certificate_state, last_day

__all__ = ["certificate_view", "english"]


def english(translation: str | None, member: str) -> str:
    """Gives one text of a record's unsigned translation, empty where there is none."""
    return str(json.loads(translation).get(member, "")) if translation else ""


def certificate_view(
    signed: SignedRecord,
    translation: str | None,
    *,
    now: datetime,
    issued: datetime | None = None,
    is_sound: bool = True,
    withdrawn: Reason | None = None,
) -> CertificateView:
    """Gives the view of a certificate record.

    Args:
        signed: a record that holds a Certificate.
        translation: its unsigned English texts as JSON.
        now: judges the state today.
        issued: when the lot at hand was signed, None on pages without a lot.
        is_sound: False where a check of this very record failed.
        withdrawn: whether it was revoked or suspended.
    """
    record = signed.record
    if not isinstance(record, Certificate):
        raise NotFound("NO_CERTIFICATE", f"{signed.envelope.id} is no certificate")
    return CertificateView(
        record_id=local_id(record.envelope.id),
        kind=record.kind,
        title=Text(record.title, english(translation, "title")),
        issuer=record.envelope.issuer.name,
        stars=record.ocop.stars if record.ocop else None,
        decision=record.decision,
        scheme=record.scheme_version,
        valid_from=day_in_viet_nam(record.envelope.valid_from),
        valid_until=last_day(record),
        state=certificate_state(record, now),
        state_at_issue=certificate_state(record, issued) if issued is not None else None,
        is_sound=is_sound,
        withdrawn=withdrawn,
        # The level follows from the kind alone; whether its signer may sign that is checked elsewhere.
        level=level_of(record, ""),
        finding=Text(record.finding, english(translation, "finding")) if record.finding else None,
    )
