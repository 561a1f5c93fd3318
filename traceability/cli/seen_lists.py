"""The newest trust list that this user has seen, remembered beside the pinned roots.

An old list is signed as well as a new one; only somebody who remembers can tell that it hides a revocation.
"""

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

__all__ = ["APP_NAME", "demand_newest"]

APP_NAME: Final = "langnghe"
SEEN_FILE: Final = "trust-lists.json"
MAX_BYTES: Final = 65_536


def demand_newest(trust: TrustList, roots: Sequence[Verifier]) -> None:
    """Checks that a list is no older than the newest seen of its origin, and remembers it.

    Nothing is remembered for a user who has pinned no roots. A memory that cannot be used does not stop the
    command: a line on stderr says so, and what happens to it.

    Raises:
        NotVerified: ROLLBACK; the message names the file to delete if that is what is wanted.
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
    newest = seen.get(key)
    if newest is not None and trust.sequence < newest:
        raise NotVerified(
            Reason.ROLLBACK, f"it is number {trust.sequence}, and you have seen {newest} ({path} remembers)"
        )
    if newest != trust.sequence:
        _write(path, {**seen, key: trust.sequence})


def _read(path: Path) -> Document:
    """Gives the numbers of the newest lists by roots and origin; none where nothing was remembered yet."""
    try:
        seen = parse(read_at_most(path, MAX_BYTES), max_bytes=MAX_BYTES)
    except FileNotFoundError:
        return {}
    other = next((name for name, number in seen.items() if type(number) is not int), None)
    if other is not None:
        raise Unreadable(Reason.BAD_VALUE, f"expected a number for {other[:80]!r}")
    return seen


def _write(path: Path, seen: Document) -> None:
    try:
        replace_file(path, canonical(seen))
    except OSError as error:
        _warn(f"{path} cannot be written: {error.strerror or error}; this trust list is not remembered")


def _warn(text: str) -> None:
    click.echo(f"warning: {printable(' '.join(text.split()))}", err=True)
