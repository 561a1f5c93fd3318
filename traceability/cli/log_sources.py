"""What the log's commands read: whom to trust, signed heads, and the files of a published log."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

from traceability.bundle import read_at_most
from traceability.cli import Failure
from traceability.cli.output import require_trust
from traceability.cli.sources import find_roots, read_input
from traceability.cli.web_folder import WebFolder
from traceability.errors import Reason, Unreadable
from traceability.ledger import note as notes
from traceability.ledger.audit import ReadFile
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.note import Verifier
from traceability.ledger.publish import CHECKPOINT
from traceability.ledger.quorum import Policy
from traceability.ledger.tiles import FULL_TILE_BYTES, TILE_WIDTH, Resource
from traceability.limits import LOG_ENTRY_MAX_BYTES, NOTE_MAX_BYTES, TRUST_LIST_MAX_BYTES
from traceability.policy import log_policy

__all__ = ["file_limit", "folder_reader", "open_log", "read_signed_head", "trusting"]


def trusting(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options that say which logs are trusted; it gets them as `policy`."""

    @click.option("--vkey", "vkeys", multiple=True, help="Key of the log (vkey); repeatable.")
    @click.option(
        "--policy", "policy_file", help="A policy of logs, witnesses and a quorum (C2SP tlog-policy)."
    )
    @click.option("--trust", "trust_file", type=click.Path(path_type=Path), help="Trust list (signed note).")
    @click.option("--root", "roots", multiple=True, help="Root key (vkey) of the trust list; repeatable.")
    @wraps(command)
    def wrapped(
        *,
        vkeys: tuple[str, ...],
        policy_file: str | None,
        trust_file: Path | None,
        roots: tuple[str, ...],
        **options: Any,
    ) -> None:
        if sum((bool(vkeys), policy_file is not None, trust_file is not None)) != 1:
            raise click.UsageError("give --vkey, --policy or --trust, one of the three")
        if vkeys:
            policy = Policy(tuple(map(Verifier.from_vkey, vkeys)))
        elif policy_file is not None:
            policy = Policy.from_bytes(read_input(policy_file, NOTE_MAX_BYTES))
        elif trust_file is not None:
            policy = _policy_of(trust_file, roots, as_json=bool(options["as_json"]))
        command(policy=policy, **options)

    return wrapped


def read_signed_head(name: str, policy: Policy) -> Checkpoint:
    """Reads a checkpoint file and checks that an accepted log signed it; witnesses are not asked for.

    Raises:
        Failure: where it cannot be read.
        Unreadable: BAD_NOTE or TOO_LARGE.
        NotVerified: KEY_UNKNOWN or BAD_SIGNATURE.
    """
    note = notes.parse(read_input(name, NOTE_MAX_BYTES))
    return Policy(policy.logs, policy.witnesses, policy.groups).check(note).checkpoint


@contextmanager
def open_log(place: str, limit_of: Callable[[str], int] | None = None) -> Iterator[ReadFile]:
    """Gives the reader of a published log for the length of a `with` block.

    Args:
        place: a folder, or an http or https address below which the log's files are.
        limit_of: gives how many bytes the file of a path has at most; left out, the files of a log are read.

    Raises:
        Failure: there is no such folder, or the address is none.
    """
    if "://" in place:
        with closing(WebFolder(place, limit_of=limit_of or file_limit)) as folder_of_host:
            yield folder_of_host
        return
    if not Path(place).is_dir():
        raise Failure(f"{place}: no such folder")
    yield folder_reader(Path(place), limit_of or file_limit)


def folder_reader(folder: Path, limit_of: Callable[[str], int]) -> ReadFile:
    """Gives the reader of a folder, which reads no file further than its limit."""

    def read(path: str) -> bytes:
        limit = limit_of(path)
        try:
            data = read_at_most(folder / path, limit)
        except OSError as error:
            raise Unreadable(Reason.BAD_LOG, f"{path}: {error.strerror or error}") from error
        if len(data) > limit:
            raise Unreadable(Reason.BAD_LOG, f"{path}: more than {limit} bytes")
        return data

    return read


def file_limit(path: str) -> int:
    """Gives how many bytes a file of a log has at most.

    Raises:
        Unreadable: for a path that no file of a log has.
    """
    if path == CHECKPOINT:
        return NOTE_MAX_BYTES
    is_tile = Resource.from_path(path).level is not None
    return FULL_TILE_BYTES if is_tile else TILE_WIDTH * (LOG_ENTRY_MAX_BYTES + 2)


def _policy_of(trust_file: Path, roots: tuple[str, ...], *, as_json: bool) -> Policy:
    data = read_input(str(trust_file), TRUST_LIST_MAX_BYTES)
    found = find_roots(roots, trust_file.parent)
    policy = log_policy(require_trust(str(trust_file), data, found.keys, as_json=as_json))
    if policy is None:
        raise Failure(f"{trust_file}: the trust list names no log")
    return policy
