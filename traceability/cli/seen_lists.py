"""The newest trust list that this user has seen, remembered beside the pinned roots.

An old list is signed as well as a new one; only somebody who remembers can tell that it hides a revocation.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from traceability.errors import NotVerified, Reason
from traceability.ledger.note import Verifier
from traceability.roots import ROOTS_FILE, roots_fingerprint
from traceability.signing.trust import TrustList
from traceability.signing.trust_text import write_trust_text

__all__ = ["APP_NAME", "demand_newest"]

APP_NAME: Final = "langnghe"
SEEN_FILE: Final = "trust-lists.json"
MAX_BYTES: Final = 65_536


def demand_newest(trust: TrustList, roots: Sequence[Verifier]) -> None:
    """Checks that a list is the newest seen of its origin or a later one, and remembers it.

    Nothing is remembered for a user who has pinned no roots.

    Raises:
        NotVerified: ROLLBACK, for an older one; FORK, for another one of the same number. The message names
            the file to delete if that is what is wanted.
    """
    folder = Path(click.get_app_dir(APP_NAME))
    if not (folder / ROOTS_FILE).is_file():
        return
    path, key = folder / SEEN_FILE, f"{roots_fingerprint(roots)} {trust.origin}"
    seen = _read(path)
    number, digest = _remembered(seen.get(key))
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


def _remembered(entry: Any) -> tuple[int, str]:
    """Gives number and digest of the list seen last; earlier versions kept the number alone."""
    match entry:
        case int(number):
            return number, ""
        case [int(number), str(digest)]:
            return number, digest
    return -1, ""


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes()[: MAX_BYTES + 1])
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, seen: dict[str, Any]) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(json.dumps(seen, ensure_ascii=False, indent=1, sort_keys=True), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        click.echo(f"warning: {path} cannot be written: {error.strerror or error}", err=True)
