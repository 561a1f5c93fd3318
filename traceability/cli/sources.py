"""What the commands read: inputs, keys, roots, trust lists, folders of records, times."""

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from traceability.bundle import OnSkip, read_at_most, read_records
from traceability.cli import Failure, printable
from traceability.cli.seen_lists import APP_NAME
from traceability.clock import parse_instant
from traceability.errors import Reason, Refused, TraceabilityError, Unreadable
from traceability.ledger.note import Verifier
from traceability.limits import NOTE_MAX_BYTES, TRUST_LIST_MAX_BYTES
from traceability.records.canonical import parse
from traceability.roots import ROOTS_FILE, parse_roots, roots_fingerprint
from traceability.signing.keys import Ed25519Signer, PublicKey, load_signer
from traceability.signing.proof import VerificationMethod

__all__ = [
    "FOLDER",
    "INSTANT",
    "PASSPHRASE_VARIABLE",
    "Roots",
    "find_roots",
    "folder_of",
    "linked_records",
    "open_signer",
    "passphrase",
    "read_input",
    "read_keys",
    "utc_now",
    "warn_skipped",
    "write_output",
]

PASSPHRASE_VARIABLE: Final = "LANGNGHE_KEY_PASSPHRASE"  # noqa: S105 - the name of a variable
FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)


class _Instant(click.ParamType[datetime, Any]):
    """An RFC 3339 time with its zone, as an aware datetime in UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Reads the text of an option."""
        if isinstance(value, datetime):
            return value
        try:
            return parse_instant(value)
        except TraceabilityError as error:
            self.fail(f"{error}, such as 2026-11-22T08:00:00Z", param, ctx)


INSTANT: Final = _Instant()


@dataclass(frozen=True, slots=True)
class Roots:
    """The pinned root keys, and where they were read."""

    keys: tuple[Verifier, ...]
    source: str


def read_input(name: str, limit: int) -> bytes:
    """Gives the bytes of a file, or of stdin for `-`: at most `limit`, and one more where there are more.

    Raises:
        Failure: where it cannot be read.
    """
    try:
        if name == "-":
            return sys.stdin.buffer.read(limit + 1)
        return read_at_most(Path(name), limit)
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error


def folder_of(name: str) -> Path | None:
    """Gives the folder that a file is in; None for stdin."""
    return None if name == "-" else Path(name).parent


def linked_records(name: str, folder: Path | None, on_skip: OnSkip) -> dict[str, bytes]:
    """Gives the records of a folder by URL; of the folder that a file is in, where none is given."""
    place = folder or folder_of(name)
    return read_records(place, on_skip=on_skip) if place is not None else {}


def write_output(name: str, data: bytes) -> None:
    """Writes bytes as they are to a file, at once and whole, or to stdout for `-`.

    Raises:
        Failure: where it cannot be written.
    """
    try:
        with click.open_file(name, "wb", atomic=name != "-") as file:
            file.write(data)
    except OSError as error:
        raise Failure(f"{name}: {error.strerror or error}") from error


def read_keys(name: str) -> dict[str, VerificationMethod]:
    """Reads `{method id: {"controller": did, "publicKeyMultibase": "z6Mk…"}}`.

    Raises:
        Unreadable: for another form.
        Refused: KEY_WEAK.
    """
    document = parse(read_input(name, TRUST_LIST_MAX_BYTES), max_bytes=TRUST_LIST_MAX_BYTES)
    return {method_id: _read_method(method_id, value) for method_id, value in document.items()}


def find_roots(given: tuple[str, ...], beside: Path) -> Roots:
    """Gives the root keys: those given, else those pinned for this user, else those beside the trust list.

    A line on stderr always says which they are.

    Args:
        given: vkeys from the command line.
        beside: the folder of the trust list.
    """
    pinned, neighbour = Path(click.get_app_dir(APP_NAME)) / ROOTS_FILE, beside / ROOTS_FILE
    if given:
        roots = Roots(parse_roots("\n".join(given).encode("utf-8", "replace")), "from the command line")
    elif pinned.is_file():
        roots = Roots(_read_roots(pinned), f"pinned in {pinned}")
    elif neighbour.is_file():
        source = "roots read from beside the list: compare this fingerprint with a printed one"
        roots = Roots(_read_roots(neighbour), source)
    else:
        raise Failure(
            f"no root keys: give --root, or pin them in {pinned}, or put {ROOTS_FILE} beside the list"
        )
    line = f"roots: {len(roots.keys)} keys, fingerprint {roots_fingerprint(roots.keys)}; {roots.source}"
    click.echo(printable(line), err=True)
    return roots


def open_signer(uri: str) -> Ed25519Signer:
    """Opens a private key; the passphrase comes from the environment, else it is asked for on a terminal.

    Raises:
        KeyUnavailable: KEY_UNAVAILABLE.
    """
    if uri.startswith("env:"):
        return load_signer(uri, None)
    path = uri.removeprefix("file:")
    if os.path.exists(path) and not os.path.isfile(path):  # unlike Path's, they take any text
        raise Failure(f"{path}: not a regular file")
    return load_signer(uri, passphrase(confirm=False))


def passphrase(*, confirm: bool) -> bytes:
    """Gives the passphrase of a private key, in UTF-8."""
    value = os.environ.get(PASSPHRASE_VARIABLE)
    if value is None:
        if not sys.stdin.isatty():
            raise Failure(f"{PASSPHRASE_VARIABLE} is not set, and there is no terminal to ask on")
        value = click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    return str(value).encode("utf-8", "surrogateescape")


def warn_skipped(path: Path, error: TraceabilityError) -> None:
    """Says on stderr that a file of a folder was left out, and why."""
    click.echo(f"warning: {printable(path.name)} left out: {error.code}: {printable(str(error))}", err=True)


def utc_now() -> datetime:
    """The present time in UTC, read once a command."""
    return datetime.now(UTC)


def _read_method(method_id: str, value: Any) -> VerificationMethod:
    controller = value.get("controller") if isinstance(value, dict) else None
    key = value.get("publicKeyMultibase") if isinstance(value, dict) else None
    if not isinstance(controller, str) or not isinstance(key, str):
        raise Unreadable(Reason.BAD_VALUE, f"{method_id[:80]}: expected controller and publicKeyMultibase")
    return VerificationMethod(method_id, controller, PublicKey.from_multibase(key))


def _read_roots(path: Path) -> tuple[Verifier, ...]:
    try:
        return parse_roots(read_at_most(path, NOTE_MAX_BYTES))
    except OSError as error:
        raise _unreadable(str(path), error) from error
    except Refused as error:
        raise Failure(f"{path}: {error.code}: {error}") from error


def _unreadable(name: str, error: Exception) -> Failure:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Failure(f"{name}: {reason}")
