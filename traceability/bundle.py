"""The folder that verifies offline: trust list, roots, records and serials, written and read as a pair.

    trust.txt          the trust list, a signed note
    roots.txt          vkey lines of the root keys; lines that begin with # are comments
    records/*.json     signed records; the name is the last segment of the record's URL
    serials/*.txt      one file a lot: the lot's id, then one serial a line

What a folder says is evidence only: nothing in it is trusted because it lies there.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from traceability.errors import Reason, Refused, TraceabilityError, Unreadable
from traceability.evidence import Evidence, join_serials
from traceability.ledger.note import Verifier
from traceability.limits import JSON_MAX_BYTES, LABELS_PER_BATCH, NOTE_MAX_BYTES, TRUST_LIST_MAX_BYTES
from traceability.records.canonical import Document, parse

__all__ = ["ROOTS_FILE", "TRUST_FILE", "OnSkip", "parse_roots", "read_at_most", "read_bundle"]
__all__ += ["read_records", "write_bundle"]

TRUST_FILE: Final = "trust.txt"
ROOTS_FILE: Final = "roots.txt"
FOLDER_MAX_FILES: Final = 10_000  # a lot needs about ten records; more than this is not one village's bundle
SERIALS_MAX_BYTES: Final = LABELS_PER_BATCH * 13 + 512  # 12 characters and a newline each, and the lot's id

_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}", re.ASCII)
_LOT_ID: Final = re.compile(
    r"https://([a-z0-9.-]{1,63}/(?:01/[0-9]{14}|P/[A-Z0-9]{4,14})/10/[A-Z0-9-]{1,10})", re.ASCII
)

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
    files = list(_record_files(folder / "records", skip))
    records = {item.url: item.data for item in files}
    return trust, Evidence(records=records, passports=_passports(files), serials=_serials(folder, skip))


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
) -> None:
    """Writes a bundle, over an earlier one of the same or fewer files.

    Args:
        folder: is made where it is missing.
        trust_note: the signed note.
        roots: vkeys.
        records: signed bytes by URL.
        serials: by lot id, as `Evidence.serials` holds them.

    Raises:
        Refused: BAD_VALUE, for a URL, lot id or root that makes no file, two that make the same one, a
            folder that holds other records, or a folder that cannot be written.
        Unreadable: BAD_NOTE, for a root that is no vkey; BAD_VALUE, for a folder that cannot be read.
    """
    files = _files_of_bundle(trust_note, roots, records, serials)
    try:
        _refuse_others(folder, files)
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
    except OSError as error:
        raise Refused(Reason.BAD_VALUE, f"the bundle cannot be written: {error.strerror or error}") from error


def parse_roots(data: bytes) -> tuple[Verifier, ...]:
    """Reads root keys: one vkey a line; empty lines and lines that begin with # are left out.

    A majority of roots is counted by name, so each name and each key may stand here once only.

    Raises:
        Unreadable: BAD_NOTE or TOO_LARGE.
        Refused: KEY_WEAK, BAD_NOTE for another type of key, BAD_VALUE for none or for one that stands twice.
    """
    if len(data) > NOTE_MAX_BYTES:
        raise Unreadable(Reason.TOO_LARGE, f"roots: got more than {NOTE_MAX_BYTES} bytes")
    try:
        lines = [line.strip() for line in data.decode("utf-8").split("\n")]
    except UnicodeDecodeError:
        raise Unreadable(Reason.BAD_NOTE, "roots: not UTF-8") from None
    roots = tuple(Verifier.from_vkey(line) for line in lines if line and not line.startswith("#"))
    if not roots:
        raise Refused(Reason.BAD_VALUE, "roots: no key")
    if len({root.name for root in roots}) != len(roots) or len({root.key.raw for root in roots}) != len(
        roots
    ):
        raise Refused(Reason.BAD_VALUE, "roots: one name or one key stands twice")
    return roots


def read_at_most(path: Path, limit: int) -> bytes:
    """Gives a file's first bytes, at most `limit` and one more, by which a later check sees the excess."""
    with path.open("rb") as file:
        return file.read(limit + 1)


def _files_of_bundle(
    trust_note: bytes, roots: Sequence[str], records: Mapping[str, bytes], serials: Mapping[str, bytes]
) -> dict[str, bytes]:
    """Gives the bytes of each file by its name within the folder, so that all is judged before any writing."""
    roots_text = "".join(f"{vkey}\n" for vkey in roots).encode()
    parse_roots(roots_text)
    named = [(f"records/{_record_name(url)}", data) for url, data in records.items()]
    named += [(f"serials/{_serials_name(lot)}", _serials_text(lot, data)) for lot, data in serials.items()]
    # Names that differ in case alone are one file on most memory sticks.
    if len({name.casefold() for name, _ in named}) != len(named):
        raise Refused(Reason.BAD_VALUE, "two records or two lots would make the same file")
    return {TRUST_FILE: trust_note, ROOTS_FILE: roots_text, **dict(named)}


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


def _passports(files: Sequence[_RecordFile]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for item in files:
        subject: Any = item.document.get("credentialSubject")
        origin: Any = subject.get("ln:origin") if isinstance(subject, dict) else None
        if isinstance(origin, dict) and origin.get("recordType") == "LotPassport":
            lot_id = subject.get("id")
            if isinstance(lot_id, str):
                found.setdefault(lot_id, item.data)
    return found


def _serials(folder: Path, skip: OnSkip) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in _files(folder / "serials", ".txt"):
        try:
            lot_id, serials = _parse_serials(_load(path, SERIALS_MAX_BYTES))
            if found.setdefault(lot_id, serials) != serials:
                raise Unreadable(Reason.BAD_VALUE, "another file holds serials of the same lot")
        except TraceabilityError as error:
            skip(path, error)
    return found


def _parse_serials(data: bytes) -> tuple[str, bytes]:
    if len(data) > SERIALS_MAX_BYTES or not data.isascii():
        raise Unreadable(Reason.BAD_VALUE, "no list of serials: too large, or not ASCII")
    lot_id, *lines = data.decode("ascii").removesuffix("\n").split("\n")
    serials = join_serials(lines)
    if _serials_text(lot_id, serials) != data:
        raise Unreadable(Reason.BAD_VALUE, "the list of serials is spelled in another way than ours")
    return lot_id, serials


def _serials_text(lot_id: str, serials: bytes) -> bytes:
    _serials_name(lot_id)
    if not serials.isascii():
        raise Refused(Reason.BAD_VALUE, "the serials are not ASCII")
    items = [serials[start : start + 12].decode("ascii") for start in range(0, len(serials), 12)]
    if join_serials(items) != serials:
        raise Refused(Reason.BAD_VALUE, "the serials are not in ascending order")
    return "".join(f"{line}\n" for line in (lot_id, *items)).encode("ascii")


def _record_name(url: str) -> str:
    name = url.rpartition("/")[2]
    if not url.startswith("https://") or not _NAME.fullmatch(name):
        raise Refused(Reason.BAD_VALUE, f"{url[:200]!a} does not end in a name that can be a file's")
    return f"{name}.json"


def _serials_name(lot_id: str) -> str:
    match = _LOT_ID.fullmatch(lot_id)
    if match is None:
        raise Refused(Reason.BAD_VALUE, f"{lot_id[:200]!a} is no lot id")
    return match[1].replace("/", "_") + ".txt"


def _refuse_others(folder: Path, files: Mapping[str, bytes]) -> None:
    """Refuses a folder with files that would be read as part of this bundle and are not."""
    found = [*_files(folder / "records", ".json"), *_files(folder / "serials", ".txt")]
    others = [path.name for path in found if f"{path.parent.name}/{path.name}" not in files]
    if others:
        raise Refused(Reason.BAD_VALUE, f"the folder holds another bundle: {others[0]}")
