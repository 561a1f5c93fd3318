"""The newest trust list that this user has seen, remembered beside the pinned roots.

An old list is signed as well as a new one; only somebody who remembers can tell that it hides a revocation.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from traceability.bundle import read_at_most
from traceability.cli import printable
from traceability.errors import NotVerified, Reason, Unreadable
from traceability.ledger.files import replace_file
from traceability.ledger.note import Verifier
from traceability.records.canonical import Document, canonical, parse
from traceability.roots import ROOTS_FILE, roots_fingerprint
from traceability.signing.trust import TrustList
from traceability.signing.trust_text import write_trust_text

__all__ = ["APP_NAME", "demand_newest"]

APP_NAME: Final = "langnghe"
SEEN_FILE: Final = "trust-lists.json"
MAX_BYTES: Final = 65_536


def demand_newest(trust: TrustList, roots: Sequence[Verifier]) -> None:
    """Checks that a list is the newest seen of its origin or a later one, and remembers it.

    Nothing is remembered for a user who has pinned no roots. A memory that cannot be used does not stop the
    command: a line on stderr says so, and what happens to it.

    Raises:
        NotVerified: ROLLBACK, for an older one; FORK, for another one of the same number. The message names
            the file to delete if that is what is wanted.
    """
    folder = Path(click.get_app_dir(APP_NAME))
    if not (folder / ROOTS_FILE).is_file():
        return
    path, key = folder / SEEN_FILE, f"{roots_fingerprint(roots)} {trust.origin}"
    try:
        seen = _read(path)
    except OSError as error:
        _warn(f"{path} cannot be read: {error.strerror or error}; an older trust list would not be noticed")
        return
    except Unreadable as error:
        _warn(f"{path} is damaged: {error}; it is begun anew with this trust list, number {trust.sequence}")
        seen = {}
    number, digest = _remembered(seen[key]) if key in seen else (-1, "")
    if trust.sequence < number:
        raise NotVerified(
            Reason.ROLLBACK, f"it is number {trust.sequence}, and you have seen {number} ({path} remembers)"
        )
    now = hashlib.sha256(write_trust_text(trust).encode()).hexdigest()
    if trust.sequence == number and digest not in {"", now}:
        raise NotVerified(
            Reason.FORK, f"you have seen another list of the same number {number} ({path} remembers)"
        )
    if (number, digest) != (trust.sequence, now):
        _write(path, {**seen, key: [trust.sequence, now]})


def _remembered(entry: object) -> tuple[int, str]:
    """Gives number and digest of the list seen last; earlier versions kept the number alone.

    Raises:
        Unreadable: BAD_VALUE, for anything else.
    """
    match entry:
        case int(number) if type(number) is int:
            return number, ""
        case [int(number), str(digest)] if type(number) is int:
            return number, digest
    raise Unreadable(Reason.BAD_VALUE, f"expected a number and a digest, got {str(entry)[:80]!a}")


def _read(path: Path) -> Document:
    """Gives the newest lists by roots and origin; none where nothing was remembered yet."""
    try:
        seen = parse(read_at_most(path, MAX_BYTES), max_bytes=MAX_BYTES)
    except FileNotFoundError:
        return {}
    for entry in seen.values():
        _remembered(entry)
    return seen


def _write(path: Path, seen: Document) -> None:
    try:
        replace_file(path, canonical(seen))
    except OSError as error:
        _warn(f"{path} cannot be written: {error.strerror or error}; this trust list is not remembered")


def _warn(text: str) -> None:
    click.echo(f"warning: {printable(' '.join(text.split()))}", err=True)
