"""Certificates as pages show them: with their state today and when a lot was issued, never stored."""

import json
from datetime import datetime, timedelta

from shop.errors import NotFound
from shop.services.values import CertificateView, Text
from traceability.evidence import SignedRecord
from traceability.records.certificate import Certificate
from traceability.verify import certificate_state

__all__ = ["certificate_view", "english"]


def english(translation: str | None, member: str) -> str:
    """Gives one text of a record's unsigned translation, empty where there is none."""
    return str(json.loads(translation).get(member, "")) if translation else ""


def certificate_view(
    signed: SignedRecord, translation: str | None, *, now: datetime, issued: datetime | None = None
) -> CertificateView:
    """Gives the view of a certificate record.

    Args:
        signed: a record that holds a Certificate.
        translation: its unsigned English texts as JSON.
        now: judges the state today.
        issued: when the lot at hand was issued, None on pages without a lot.
    """
    record = signed.record
    if not isinstance(record, Certificate):
        raise NotFound("NO_CERTIFICATE", f"{signed.envelope.id} is no certificate")
    until = record.envelope.valid_until
    return CertificateView(
        record_id=record.envelope.id.rpartition("/")[2],
        kind=record.kind,
        title=Text(record.title, english(translation, "title")),
        issuer=record.envelope.issuer.name,
        stars=record.ocop.stars if record.ocop else None,
        decision=record.decision,
        scheme=record.scheme_version,
        valid_from=record.envelope.valid_from.date(),
        valid_until=(until - timedelta(seconds=1)).date() if until else None,
        state=certificate_state(record, now),
        state_at_issue=certificate_state(record, issued) if issued is not None else None,
    )
