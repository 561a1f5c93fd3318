"""The folder that verifies offline: trust list, roots, records and serials, written and read as a pair.

    trust.txt               the trust list, a signed note
    roots.txt               vkey lines of the root keys; lines that begin with # are comments
    records/*.json          signed records; the name is the last segment of the record's URL
    receipts/*.tlog-proof   the log's receipt of the record of the same name
    status/*.json           status lists, `<issuer>_<number>`, each with its receipt beside it
    serials/*.txt           one file a lot: the lot's id, then one serial a line

What a folder says is evidence only: nothing in it is trusted because it lies there.
"""

import errno
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from traceability.bundle_files import (
    RECEIPT,
    SERIALS_MAX_BYTES,
    TRUST_FILE,
    bundle_files,
    parse_serials,
    status_entry_id,
)
from traceability.errors import Reason, Refused, TraceabilityError, Unreadable
from traceability.evidence import Evidence, Reader, SignedRecord
from traceability.limits import (
    JSON_MAX_BYTES,
    RECEIPT_MAX_BYTES,
    TRUST_LIST_MAX_BYTES,
)
from traceability.records.canonical import Document, parse
from traceability.records.passport import LotPassport

__all__ = [
    "OnSkip",
    "read_at_most",
    "read_bundle",
    "read_evidence",
    "read_records",
    "write_bundle",
]

FOLDER_MAX_FILES: Final = 10_000  # a lot needs about ten records; more than this is not one village's bundle


# Is told of each file that cannot be used, and why; raising ends the reading.
OnSkip = Callable[[Path, TraceabilityError], None]


@dataclass(frozen=True, slots=True)
class _RecordFile:
    path: Path
    url: str
    data: bytes
    document: Document


def read_bundle(folder: Path, *, on_skip: OnSkip | None = None) -> tuple[bytes, Evidence]:
    """Reads a bundle.

    Args:
        folder: of the layout above; `records` and `serials` may be absent.
        on_skip: is told of files that cannot be used; without it the first one ends the reading.

    Returns:
        The bytes of the trust list, for `policy.open_trust_list`, and the evidence.

    Raises:
        Unreadable: NO_TRUST_LIST, without `trust.txt`; TOO_LARGE; or what made the first file unusable.
    """
    skip = on_skip or _refuse
    try:
        trust = read_at_most(folder / TRUST_FILE, TRUST_LIST_MAX_BYTES)
    except OSError as error:
        raise Unreadable(Reason.NO_TRUST_LIST, f"{TRUST_FILE}: {error.strerror or error}") from error
    evidence = read_evidence(folder / "records", on_skip=skip)
    passports = _passports(evidence.records.values(), evidence.reader)
    return trust, replace(evidence, passports=passports, serials=_serials(folder, skip))


def read_evidence(
    folder: Path, *, receipts: Path | None = None, status: Path | None = None, on_skip: OnSkip | None = None
) -> Evidence:
    """Reads the records of a folder, and what the log and the issuers say of them.

    Args:
        folder: of the records.
        receipts: folder of the log's receipts; `receipts` beside the records' one if left out.
        status: folder of status lists; `status` beside it if left out.
        on_skip: as for `read_bundle`.

    Raises:
        Unreadable: as for `read_bundle`.
    """
    skip = on_skip or _refuse
    receipts, status = receipts or folder.parent / "receipts", status or folder.parent / "status"
    files, lists = list(_record_files(folder, skip)), list(_record_files(status, skip))
    return Evidence(
        records={item.url: item.data for item in files},
        receipts=dict(_receipts(receipts, status, files, lists, skip)),
        status_lists={item.url: item.data for item in lists},
        later=_later(files),
    )


def read_records(folder: Path, *, on_skip: OnSkip | None = None) -> dict[str, bytes]:
    """Reads every `*.json` of a folder as linked records, by the URL that each names as its id.

    Args:
        folder: may hold other files too.
        on_skip: as for `read_bundle`.

    Raises:
        Unreadable: TOO_LARGE, for more than 10,000 files; or what made the first file unusable.
    """
    return {item.url: item.data for item in _record_files(folder, on_skip or _refuse)}


def write_bundle(
    folder: Path,
    *,
    trust_note: bytes,
    roots: Sequence[str],
    records: Mapping[str, bytes],
    serials: Mapping[str, bytes],
    receipts: Mapping[str, bytes] | None = None,
    status_lists: Mapping[str, bytes] | None = None,
) -> None:
    """Writes the files that `bundle_files` gives, over an earlier bundle of the same or fewer files.

    Raises:
        Refused: BAD_VALUE, for what `bundle_files` refuses, a folder that holds other records, or one that
            cannot be written.
        Unreadable: BAD_NOTE, for a root that is no vkey.
    """
    files = bundle_files(
        trust_note=trust_note,
        roots=roots,
        records=records,
        serials=serials,
        receipts=receipts,
        status_lists=status_lists,
    )
    try:
        _refuse_others(folder, files)
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
    except OSError as error:
        raise Refused(Reason.BAD_VALUE, f"the bundle cannot be written: {error.strerror or error}") from error


def read_at_most(path: Path, limit: int) -> bytes:
    """Gives a file's first bytes, at most `limit` and one more, by which a later check sees the excess.

    Raises:
        OSError: also for what is no regular file: opening a pipe waits until somebody writes to it.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "not a regular file")
    with path.open("rb") as file:
        return file.read(limit + 1)


def _refuse(path: Path, error: TraceabilityError) -> None:
    raise Unreadable(error.code, f"{path.name}: {error}") from error


def _files(folder: Path, ending: str) -> list[Path]:
    try:
        found = [path for path in folder.iterdir() if path.suffix == ending and path.is_file()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise Unreadable(Reason.BAD_VALUE, f"{folder.name}: {error.strerror or error}") from error
    if len(found) > FOLDER_MAX_FILES:
        raise Unreadable(
            Reason.TOO_LARGE, f"{folder.name}: {len(found)} files, at most {FOLDER_MAX_FILES} are read"
        )
    return sorted(found)


def _load(path: Path, limit: int) -> bytes:
    try:
        return read_at_most(path, limit)
    except OSError as error:
        raise Unreadable(Reason.NOT_JSON, f"cannot be read: {error.strerror or error}") from error


def _record_files(folder: Path, skip: OnSkip) -> Iterator[_RecordFile]:
    """Gives the usable record files; beyond the id nothing is judged here, a verification says more."""
    seen: dict[str, bytes] = {}
    for path in _files(folder, ".json"):
        try:
            data = _load(path, JSON_MAX_BYTES)
            document = parse(data)
            url: Any = document.get("id")
            if not isinstance(url, str) or not url.startswith("https://"):
                raise Unreadable(Reason.BAD_RECORD, "no record: it names no https URL as its id")
            if seen.setdefault(url, data) != data:
                raise Unreadable(Reason.BAD_RECORD, "another file holds a record of the same id")
        except TraceabilityError as error:
            skip(path, error)
        else:
            yield _RecordFile(path, url, data, document)


def _passports(records: Iterable[bytes], reader: Reader) -> dict[str, bytes]:
    """Gives each lot's passport; where several records claim one lot, the one that `_rank` puts highest.

    Nothing is believed yet, but a record that no verification could read must not stand in the way of one
    that can be read, whatever the order of the names.
    """
    found: dict[str, SignedRecord] = {}
    for data in records:
        signed = _read_passport(data, reader)
        if signed is not None and isinstance(signed.record, LotPassport):
            lot_id = signed.record.lot_id
            if lot_id not in found or _rank(signed, lot_id) > _rank(found[lot_id], lot_id):
                found[lot_id] = signed
    return {lot_id: signed.data for lot_id, signed in found.items()}


def _read_passport(data: bytes, reader: Reader) -> SignedRecord | None:
    """Reads the record if it may be a passport; None where it is none, or none that reads."""
    if LotPassport.KIND.encode() not in data and b"\\u" not in data:  # an escape may spell it otherwise
        return None
    try:
        return reader.read(data)
    except TraceabilityError:
        return None


def _rank(signed: SignedRecord, lot_id: str) -> tuple[bool, datetime]:
    """Orders claims to one lot: those of the lot's own host first, then by when they were signed."""
    host = urlsplit(lot_id).netloc
    own_id = urlsplit(signed.envelope.id).netloc == host
    own_did = signed.envelope.issuer.did.split(":")[2:3] == [host]
    return own_id and own_did, signed.claim.created


def _serials(folder: Path, skip: OnSkip) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in _files(folder / "serials", ".txt"):
        try:
            lot_id, serials = parse_serials(_load(path, SERIALS_MAX_BYTES))
            if found.setdefault(lot_id, serials) != serials:
                raise Unreadable(Reason.BAD_VALUE, "another file holds serials of the same lot")
        except TraceabilityError as error:
            skip(path, error)
    return found


def _receipts(
    folder: Path, status: Path, records: Sequence[_RecordFile], lists: Sequence[_RecordFile], skip: OnSkip
) -> Iterator[tuple[str, bytes]]:
    """Gives the receipts at hand by entry id; what they prove, a verification says."""
    wanted = {folder / f"{item.path.stem}{RECEIPT}": item.url for item in records}
    wanted |= {item.path.with_suffix(RECEIPT): status_entry_id(item.document) for item in lists}
    for path in (*_files(folder, RECEIPT), *_files(status, RECEIPT)):
        try:
            if path in wanted:
                yield wanted[path], _load(path, RECEIPT_MAX_BYTES)
        except TraceabilityError as error:
            skip(path, error)


def _later(files: Sequence[_RecordFile]) -> dict[str, tuple[bytes, ...]]:
    """Gives for each URL the records at hand that link to it, each once.

    Whoever makes a bundle chooses how many links lead to one URL, so the work must not grow faster than they.
    """
    found: dict[str, list[bytes]] = {}
    for item in files:
        for target in _targets(item.document):
            found.setdefault(target, []).append(item.data)
    return {target: tuple(bodies) for target, bodies in found.items()}


def _targets(document: Document) -> dict[str, None]:
    """Gives the URLs that a record names as its links, each once; beyond that nothing is judged."""
    links: Any = document.get("relatedResource")
    named = [link.get("id") for link in links if isinstance(link, dict)] if isinstance(links, list) else []
    return dict.fromkeys(target for target in named if isinstance(target, str))


def _refuse_others(folder: Path, files: Mapping[str, bytes]) -> None:
    """Refuses a folder with files that would be read as part of this bundle and are not."""
    kinds = (("records", ".json"), ("status", ".json"), ("receipts", RECEIPT), ("serials", ".txt"))
    found = [path for name, ending in kinds for path in _files(folder / name, ending)]
    others = [path.name for path in found if f"{path.parent.name}/{path.name}" not in files]
    if others:
        raise Refused(Reason.BAD_VALUE, f"the folder holds another bundle: {others[0]}")
