"""What every record has round its subject: contexts, id, issuer, dates, status entry and links.

Source: W3C Verifiable Credentials Data Model 2.0, section 4; UNTP 0.7.0; Bitstring Status List 1.0.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from traceability.clock import format_instant, parse_instant
from traceability.errors import Reason, Unreadable
from traceability.records.canonical import DIGEST, Document
from traceability.records.members import array, mapping, text

__all__ = [
    "CONTEXT_EPCIS",
    "CONTEXT_OWN",
    "CONTEXT_UNTP",
    "CONTEXT_VC",
    "RECORD_MEDIA_TYPE",
    "STATUS_PURPOSES",
    "Envelope",
    "Issuer",
    "Link",
    "StatusEntry",
    "read_envelope",
    "write_envelope",
]

CONTEXT_VC: Final = "https://www.w3.org/ns/credentials/v2"
CONTEXT_UNTP: Final = "https://vocabulary.uncefact.org/untp/0.7.0/context/"
CONTEXT_EPCIS: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
CONTEXT_OWN: Final = "https://w3id.org/langnghe/v1"
RECORD_MEDIA_TYPE: Final = "application/vc"
STATUS_PURPOSES: Final = frozenset({"revocation", "suspension"})

_KNOWN_CONTEXTS: Final = frozenset({CONTEXT_VC, CONTEXT_UNTP, CONTEXT_EPCIS, CONTEXT_OWN})
_URL: Final = re.compile(r"https://[a-z0-9.-]{1,253}(:\d{1,5})?/[\x21-\x7e]{1,1024}", re.ASCII)
_DID: Final = re.compile(r"did:[a-z0-9]{1,16}:[A-Za-z0-9._:%-]{1,512}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who signs: a DID and the name of an organisation, never of a natural person."""

    did: str
    name: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link to an earlier record: its URL and the `digestMultibase` of its canonical signed bytes."""

    url: str
    digest: str


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """Where this record's status bit stands: the list's URL, the index from 0, and what a set bit means.

    Attributes:
        purpose: one of STATUS_PURPOSES.
    """

    list_url: str
    index: int
    purpose: str = "revocation"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The shared part of a record. Times are aware UTC datetimes with whole seconds."""

    contexts: tuple[str, ...]
    types: tuple[str, ...]
    id: str
    issuer: Issuer
    name: str
    valid_from: datetime
    valid_until: datetime | None = None
    status: StatusEntry | None = None
    links: tuple[Link, ...] = ()


def read_envelope(document: Document) -> Envelope:
    """Reads the shared part of a parsed record; the subject and the proof are not looked at.

    Raises:
        Unreadable: BAD_CONTEXT or BAD_RECORD.
    """
    issuer = mapping(document, "issuer")
    valid_from = parse_instant(document.get("validFrom"))
    valid_until = parse_instant(document["validUntil"]) if "validUntil" in document else None
    if valid_until is not None and valid_until <= valid_from:
        raise Unreadable(Reason.BAD_RECORD, "validUntil is not after validFrom")
    if not isinstance(document.get("credentialSubject"), dict | list):
        raise Unreadable(Reason.BAD_RECORD, "credentialSubject is missing")
    return Envelope(
        contexts=_read_contexts(document.get("@context")),
        types=_read_types(document.get("type")),
        id=_match(_URL, document.get("id"), "id", "an https URL"),
        issuer=Issuer(_match(_DID, issuer.get("id"), "issuer.id", "a DID"), text(issuer, "name")),
        name=text(document, "name"),
        valid_from=valid_from,
        valid_until=valid_until,
        status=_read_status(document["credentialStatus"]) if "credentialStatus" in document else None,
        links=_read_links(document),
    )


def write_envelope(envelope: Envelope, subject: Document | list[Document]) -> Document:
    """Gives the unsigned document round `subject`, member by member as docs/record-format.md lists them."""
    document: Document = {
        "@context": list(envelope.contexts),
        "type": list(envelope.types),
        "id": envelope.id,
        "issuer": {"type": ["CredentialIssuer"], "id": envelope.issuer.did, "name": envelope.issuer.name},
        "validFrom": format_instant(envelope.valid_from),
        "name": envelope.name,
        "credentialSubject": subject,
    }
    if envelope.valid_until is not None:
        document["validUntil"] = format_instant(envelope.valid_until)
    if envelope.status is not None:
        document["credentialStatus"] = _write_status(envelope.status)
    if envelope.links:
        document["relatedResource"] = [
            {"id": link.url, "digestMultibase": link.digest, "mediaType": RECORD_MEDIA_TYPE}
            for link in envelope.links
        ]
    return document


def _read_contexts(value: Any) -> tuple[str, ...]:
    """Takes strings only, each known, each once, the W3C context first: anything else changes meaning."""
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise Unreadable(Reason.BAD_CONTEXT, "@context is not a list of strings")
    if value[0] != CONTEXT_VC or len(set(value)) != len(value) or not _KNOWN_CONTEXTS.issuperset(value):
        raise Unreadable(Reason.BAD_CONTEXT, "@context holds another list than the expected one")
    return tuple(value)


def _read_types(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Unreadable(Reason.BAD_RECORD, "type is not a list of strings")
    if "VerifiableCredential" not in value:
        raise Unreadable(Reason.BAD_RECORD, "type does not name VerifiableCredential")
    return tuple(value)


def _read_status(value: Any) -> StatusEntry:
    """Reads a status entry; the index may be a string (W3C) or an integer (UNTP schema)."""
    if not isinstance(value, dict) or value.get("type") != "BitstringStatusListEntry":
        raise Unreadable(Reason.BAD_RECORD, "credentialStatus is not one BitstringStatusListEntry")
    index = value.get("statusListIndex")
    digits = str(index) if isinstance(index, int) and not isinstance(index, bool) else index
    if not isinstance(digits, str) or not re.fullmatch(r"0|[1-9][0-9]{0,8}", digits):
        raise Unreadable(Reason.BAD_RECORD, "statusListIndex is not a decimal number")
    purpose = text(value, "statusPurpose")
    if purpose not in STATUS_PURPOSES:
        raise Unreadable(Reason.BAD_RECORD, f"statusPurpose {purpose[:40]!r} is none of the known ones")
    url = _match(_URL, value.get("statusListCredential"), "statusListCredential", "an https URL")
    return StatusEntry(url, int(digits), purpose)


def _write_status(status: StatusEntry) -> Document:
    return {
        "id": f"{status.list_url}#{status.index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": status.purpose,
        "statusListIndex": str(status.index),
        "statusListCredential": status.list_url,
    }


def _read_links(document: Document) -> tuple[Link, ...]:
    if "relatedResource" not in document:
        return ()
    links = []
    for item in array(document, "relatedResource"):
        if not isinstance(item, dict):
            raise Unreadable(Reason.BAD_RECORD, "relatedResource holds something else than objects")
        url = _match(_URL, item.get("id"), "relatedResource.id", "an https URL")
        links.append(
            Link(url, _match(DIGEST, item.get("digestMultibase"), "digestMultibase", "a SHA-256 digest zQm…"))
        )
    if len({link.url for link in links}) != len(links):
        raise Unreadable(Reason.BAD_RECORD, "relatedResource names one record twice")
    return tuple(links)


def _match(pattern: re.Pattern[str], value: Any, name: str, expected: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Unreadable(Reason.BAD_RECORD, f"{name}: expected {expected}, got {str(value)[:60]!r}")
    return value
