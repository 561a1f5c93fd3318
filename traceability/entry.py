"""What the log keeps of a record, a status list or a trust list: its digest and its name, nothing personal.

An entry is one JSON object in its RFC 8785 form, so that anybody who holds the record can compute it again.
The record itself is not in the log: it can be erased, and the entry then says nothing about anybody.
"""

from functools import lru_cache
from typing import Final

from traceability.evidence import SignedRecord
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.note import Note
from traceability.ledger.store import Entry
from traceability.records.canonical import canonical, digest_multibase
from traceability.records.status_list import StatusList
from traceability.signing.trust import TrustList

__all__ = ["TRUST_LIST", "incident_entry", "record_entry", "record_entry_id", "trust_list_entry"]

VERSION: Final = 1
TRUST_LIST: Final = "TrustList"
INCIDENT: Final = "Incident"
REMEMBERED: Final = 8_192


def record_entry_id(item: SignedRecord) -> str:
    """Gives the name under which a record stands in the log: its URL, with the version of a status list."""
    return item.record.entry_id if isinstance(item.record, StatusList) else item.envelope.id


def record_entry(item: SignedRecord) -> Entry:
    """Gives the log's entry of a signed record.

    Its digest is that of the canonical bytes, proof included, so a record that was only spelled otherwise
    has the same entry.
    """
    return _entry(
        record_entry_id(item), digest=item.digest, issuer=item.envelope.issuer.did, kind=item.record.KIND
    )


def trust_list_entry(trust: TrustList, note: Note) -> Entry:
    """Gives the log's entry of a trust list.

    Args:
        trust: the opened list.
        note: the note that it stands in; only its text is digested, since root signatures may be added.
    """
    digest = digest_multibase(note.text.encode("utf-8"))
    home = f"https://{trust.origin}"
    return _entry(f"{home}#{trust.sequence}", digest=digest, issuer=home, kind=TRUST_LIST)


def incident_entry(origin: str, lost: Checkpoint, size: int) -> Entry:
    """Gives the entry by which a log says that it has gone back behind a head that it signed.

    Its name says from where to where; its digest is that of the lost head's text, so that whoever holds
    that head knows it again.

    Args:
        origin: of the log.
        lost: the head that is no longer continued.
        size: of the log just before this entry.
    """
    home = f"https://{origin}"
    digest = digest_multibase(lost.to_text().encode("utf-8"))
    return _entry(f"{home}#rollback-{lost.size}-{size}", digest=digest, issuer=home, kind=INCIDENT)


@lru_cache(REMEMBERED)  # one record is looked for in the log again and again
def _entry(entry_id: str, *, digest: str, issuer: str, kind: str) -> Entry:
    body = {"digest": digest, "id": entry_id, "issuer": issuer, "type": kind, "v": VERSION}
    return Entry(entry_id, canonical(body))
