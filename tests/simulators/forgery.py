"""What the tests of the core share: one record of every kind, edited copies, and what a thief would sign."""

import copy
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from tests.simulators.village import HOST, Village, did, url
from traceability.base58 import encode_multibase
from traceability.clock import format_instant
from traceability.entry import record_entry
from traceability.errors import TraceabilityError
from traceability.evidence import Evidence, Reader, SignedRecord
from traceability.issue import link_to
from traceability.limits import STATUS_LIST_BITS
from traceability.records.bitstring import encode, with_bit
from traceability.records.canonical import Document, canonical, sha256
from traceability.records.certificate import CERTIFICATE_KINDS, Certificate
from traceability.records.event import EVENT_KINDS, TraceEvent
from traceability.records.kinds import Record
from traceability.records.notice import Notice, Transcription
from traceability.records.status_list import StatusList
from traceability.records.terms import Party

__all__ = [
    "REMOVED",
    "altered",
    "endless",
    "every_kind",
    "evidence_with",
    "forge_at",
    "notice",
    "relogged",
    "status_list",
    "transcription",
    "zero_digest",
]

SCAN = "zQmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"  # the digest of no bytes
REMOVED = object()


def notice(
    village: Village, action: str = "recall", *, issuer: str = "inspector", about: str = "passport"
) -> Notice:
    """Gives an unsigned notice about a record of the village."""
    return Notice(
        envelope=village.envelope(Notice, f"notice-{action}-{issuer}", issuer, (about,)),
        action=action,
        about=url(about),
        issued_to=Party(did("workshop"), "Xưởng mẫu"),
        reason="Men chưa đạt.",
        serials=("0123456789AB",) if action == "recall" else (),
        supersedes=url("passport-2") if action == "correction" else None,
    )


def transcription(village: Village, *, about: str = f"https://{HOST}/villages/lang-mau") -> Transcription:
    """Gives an unsigned transcription of a paper."""
    return Transcription(
        envelope=village.envelope(Transcription, "transcription", "association", ("workshop",)),
        about_id=about,
        claim="Công nhận làng nghề truyền thống",
        issued_to=Party(did("workshop"), "Xưởng mẫu"),
        paper_issuer="Ủy ban nhân dân thành phố (mẫu)",
        scan_digest=SCAN,
        decision="00/QĐ-UBND",
        paper_date=date(2010, 5, 1),
    )


def status_list(village: Village, *, issuer: str = "workshop", purpose: str = "revocation") -> StatusList:
    """Gives an unsigned status list of an issuer: the record with index 3 is revoked or suspended."""
    envelope = village.envelope(StatusList, "list", issuer)
    return StatusList(
        envelope=replace(
            envelope,
            id=village.list_url(issuer),
            valid_from=village.now,
            valid_until=village.now + timedelta(days=30),
            status=None,
        ),
        purpose=purpose,
        version=2,
        encoded=encode(with_bit(bytes(STATUS_LIST_BITS // 8), 3)),
    )


def every_kind(village: Village) -> dict[str, Record]:
    """Gives an unsigned value of every kind of record, certificate, event and notice.

    The village must have issued its chain; the links of the values are those of its own records.
    """
    records = {name: item.record for name, item in village.records.items()}
    certificate, event = records["certificate"], records["event"]
    assert isinstance(certificate, Certificate)
    assert isinstance(event, TraceEvent)
    for kind in sorted(CERTIFICATE_KINDS.keys() - {"ocop"}):
        records[f"certificate-{kind}"] = replace(certificate, kind=kind, ocop=None)
    for name, step in EVENT_KINDS.items():
        inputs = event.inputs if step.action is None else ()
        records[f"event-{name}"] = replace(event, kind=name, inputs=inputs)
    for action in ("revoke", "suspend", "recall", "finding", "correction"):
        records[f"notice-{action}"] = notice(village, action)
    records["transcription"] = transcription(village)
    records["list"] = status_list(village)
    return records


def altered(document: Document, path: Sequence[str | int], value: Any = REMOVED) -> Document:
    """Gives a deep copy with one member set, or removed where no value is given. The proof is as it was."""
    changed = copy.deepcopy(document)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    if value is REMOVED:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed


def forge_at(village: Village, document: Document, key: str, created: datetime, **options: object) -> bytes:
    """Signs any JSON with any key of the village, at any time: a thief's tool checks nothing first.

    Args:
        options: members of the proof that differ from the usual ones.
    """
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    thief = village.key(key)
    proof: Document = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "proofPurpose": "assertionMethod",
        "created": format_instant(created),
        "verificationMethod": thief.entry.method.id,
        "@context": unsigned.get("@context"),
        **options,
    }
    signature = thief.signer.sign(sha256(canonical(proof)) + sha256(canonical(unsigned)))
    return canonical({**unsigned, "proof": {**proof, "proofValue": encode_multibase(signature)}})


def evidence_with(village: Village, /, **records: bytes | None) -> Evidence:
    """Gives the village's evidence with some records replaced by their short names, or taken away."""
    honest = village.evidence
    changed = dict(honest.records)
    for name, data in records.items():
        changed.pop(url(name), None)
        if data is not None:
            changed[url(name)] = data
    return replace(honest, records=changed)


def relogged(village: Village, evidence: Evidence, *others: bytes, at: datetime | None = None) -> Evidence:
    """Gives the evidence with a log that holds all of it and others: a log does not ask who signed.

    Where two have one id, the last one counts; bytes that are no record are left out.

    Args:
        at: a time that fresh status lists are signed for; None keeps those of the evidence.
    """
    lists = dict(evidence.status_lists) if at is None else village.lists_at(at)
    notices = [data for found in evidence.later.values() for data in found]
    entries = {}
    for data in (
        *evidence.records.values(),
        *evidence.passports.values(),
        *others,
        *notices,
        *lists.values(),
    ):
        with suppress(TraceabilityError):
            entry = record_entry(Reader(1).read(data))
            entries[entry.id] = entry
    return replace(evidence, receipts=village.receipts_of(list(entries.values())), status_lists=lists)


def endless(village: Village, count: int, *, linked: Callable[[int], range]) -> list[SignedRecord]:
    """Gives `count` signed events in a row, each of which links to the earlier ones that `linked` names.

    Only form and links are honest: no policy would let them pass. They are for the limits of a chain.
    """
    document, reader, made = village.records["event"].document, Reader(count), list[SignedRecord]()
    for number in range(count):
        links = [link_to(made[earlier]) for earlier in linked(number)]
        related = [
            {"id": link.url, "digestMultibase": link.digest, "mediaType": "application/vc"} for link in links
        ]
        event = copy.deepcopy(document)
        event["id"] = url(f"e{number}")
        event["credentialSubject"][0]["eventID"] = url(f"e{number}") + "#event"
        event["relatedResource"] = related
        if not related:
            del event["relatedResource"]
        made.append(reader.read(forge_at(village, event, "workshop#record", village.now - timedelta(days=1))))
    return made


def zero_digest() -> str:
    """Gives the `digestMultibase` of a SHA-256 of zeros, which no bytes are known to have."""
    return encode_multibase(b"\x12\x20" + bytes(32))
