"""The files of a bundle by their names: what each holds, and how a name follows from a URL. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from traceability.errors import Reason, Refused, Unreadable
from traceability.evidence import join_serials
from traceability.limits import LABELS_PER_BATCH
from traceability.records.canonical import Document, parse
from traceability.roots import ROOTS_FILE, parse_roots

__all__ = [
    "RECEIPT",
    "SERIALS_MAX_BYTES",
    "TRUST_FILE",
    "bundle_files",
    "parse_serials",
    "status_entry_id",
]

TRUST_FILE: Final = "trust.txt"
RECEIPT: Final = ".tlog-proof"  # as C2SP tlog-proof names such files
SERIALS_MAX_BYTES: Final = LABELS_PER_BATCH * 13 + 512  # 12 characters and a newline each, and the lot's id

_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}", re.ASCII)
_LOT_ID: Final = re.compile(
    r"https://([a-z0-9.-]{1,63}/(?:01/[0-9]{14}|P/[A-Z0-9]{4,14})/10/[A-Z0-9-]{1,10})", re.ASCII
)


def bundle_files(
    *,
    trust_note: bytes,
    roots: Sequence[str],
    records: Mapping[str, bytes],
    serials: Mapping[str, bytes],
    receipts: Mapping[str, bytes] | None = None,
    status_lists: Mapping[str, bytes] | None = None,
) -> dict[str, bytes]:
    """Gives the files of a bundle by their path inside it.

    Args:
        trust_note: the signed note.
        roots: vkeys.
        records: signed bytes by URL.
        serials: by lot id, as `Evidence.serials` holds them.
        receipts: by entry id, as `Evidence.receipts` holds them; those of other entries are left out.
        status_lists: signed bytes by URL.

    Raises:
        Refused: BAD_VALUE, for a URL, lot id or root that makes no file, or two that make the same one.
        Unreadable: BAD_NOTE, for a root that is no vkey.
    """
    roots_text = "".join(f"{vkey}\n" for vkey in roots).encode()
    parse_roots(roots_text)
    named = [(f"records/{_record_name(url)}.json", data) for url, data in records.items()]
    named += _named_status_lists(status_lists or {})
    named += _named_receipts(receipts or {}, records, status_lists or {})
    named += [
        (f"serials/{_serials_name(lot_id)}", _serials_text(lot_id, data)) for lot_id, data in serials.items()
    ]
    # Names that differ in case alone are one file on most memory sticks.
    if len({name.casefold() for name, _ in named}) != len(named):
        raise Refused(Reason.BAD_VALUE, "two records or two lots would make the same file")
    return {TRUST_FILE: trust_note, ROOTS_FILE: roots_text, **dict(named)}


def parse_serials(data: bytes) -> tuple[str, bytes]:
    """Gives the lot's id and its serials, as `Evidence.serials` holds them, of one `serials/*.txt`.

    Raises:
        Unreadable: BAD_VALUE.
    """
    if len(data) > SERIALS_MAX_BYTES or not data.isascii():
        raise Unreadable(Reason.BAD_VALUE, "no list of serials: too large, or not ASCII")
    lot_id, *lines = data.decode("ascii").removesuffix("\n").split("\n")
    serials = join_serials(lines)
    if _serials_text(lot_id, serials) != data:
        raise Unreadable(Reason.BAD_VALUE, "the list of serials is spelled in another way than ours")
    return lot_id, serials


def status_entry_id(document: Document) -> str:
    """Gives the name under which a status list stands in the log; a list that does not say it has none."""
    subject: Any = document.get("credentialSubject")
    origin: Any = subject.get("ln:origin") if isinstance(subject, dict) else None
    version: Any = origin.get("version") if isinstance(origin, dict) else None
    return f"{document.get('id')}#{version}"


def _named_status_lists(lists: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    return [(f"status/{_status_name(url)}.json", data) for url, data in lists.items()]


def _named_receipts(
    receipts: Mapping[str, bytes], records: Mapping[str, bytes], lists: Mapping[str, bytes]
) -> list[tuple[str, bytes]]:
    places = {url: f"receipts/{_record_name(url)}" for url in records}
    places |= {status_entry_id(parse(data)): f"status/{_status_name(url)}" for url, data in lists.items()}
    return [
        (f"{place}{RECEIPT}", receipts[entry_id])
        for entry_id, place in places.items()
        if entry_id in receipts
    ]


def _record_name(url: str) -> str:
    name = url.rpartition("/")[2]
    if not url.startswith("https://") or not _NAME.fullmatch(name):
        raise Refused(Reason.BAD_VALUE, f"{url[:200]!a} does not end in a name that can be a file's")
    return name


def _status_name(url: str) -> str:
    """Gives `<issuer>_<number>`, the last two segments of a status list's URL."""
    name = "_".join(url.rsplit("/", 2)[1:])
    if not url.startswith("https://") or not _NAME.fullmatch(name):
        raise Refused(Reason.BAD_VALUE, f"{url[:200]!a} does not end in a name that can be a file's")
    return name


def _serials_name(lot_id: str) -> str:
    match = _LOT_ID.fullmatch(lot_id)
    if match is None:
        raise Refused(Reason.BAD_VALUE, f"{lot_id[:200]!a} is no lot id")
    return match[1].replace("/", "_") + ".txt"


def _serials_text(lot_id: str, serials: bytes) -> bytes:
    _serials_name(lot_id)
    if not serials.isascii():
        raise Refused(Reason.BAD_VALUE, "the serials are not ASCII")
    items = [serials[start : start + 12].decode("ascii") for start in range(0, len(serials), 12)]
    if join_serials(items) != serials:
        raise Refused(Reason.BAD_VALUE, "the serials are not in ascending order")
    return "".join(f"{line}\n" for line in (lot_id, *items)).encode("ascii")
