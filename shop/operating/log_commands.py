"""`langnghe log checkpoint`, `prove`, `publish`, `request`, `accept-cosignature`: this instance's log."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from shop.config import load_settings
from shop.db.ledger_store import SqlLedgerStore
from shop.errors import ConfigurationError, NotFound
from shop.log_wiring import OpenLog, opened_log
from shop.operating.one_line import in_one_line
from traceability.cli import Failure, printable
from traceability.cli.output import print_json
from traceability.cli.sources import read_input
from traceability.errors import NotVerified, Reason, Refused
from traceability.ledger import publish as publishing
from traceability.ledger.heads import SignedHead
from traceability.limits import WITNESS_REQUEST_MAX_BYTES
from traceability.verdict import Check, CheckStatus, Verdict, verdict_to_json
from traceability.verify import LOG

__all__ = ["accept_cosignature", "checkpoint", "prove", "publish", "request"]

# What was checked and is not so; everything else that ends a command is an input or a machine at fault.
_NOT_SO: Final = frozenset({Reason.ROLLBACK, Reason.FORK})


class _NotSo(Failure):
    """Something was checked and is not so: one line on stderr, exit status 1."""

    exit_code = 1


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@in_one_line
def checkpoint(*, as_json: bool) -> None:
    """Sign the log's present head, unless it was signed before, and print the newest one as a signed note.

    A log that went back behind the last signed head is not signed: exit status 1.
    """
    with _open(signing=True) as log:
        latest = log.ledger.checkpoint(datetime.now(UTC))
        head = log.exchange.newest()
    size = head.checkpoint.size
    is_trusted = latest is not None and latest.size == size
    missing = "its witnesses have yet to cosign: see `log request`"
    if as_json:
        print_json(_head_object(head, None if is_trusted else missing))
        return
    if not is_trusted:
        click.echo(f"note: {missing}", err=True)
    _write("-", head.note.to_bytes())


@click.command()
@click.argument("entry_id", metavar="ID")
@click.option("--out", default="-", help="File to write; stdout if left out.")
@in_one_line
def prove(*, entry_id: str, out: str) -> None:
    """Write the receipt (C2SP tlog-proof) of the entry ID under the newest head that its witnesses cosigned.

    ID is a record's URL, or the last part of it; or another entry's whole id. Exit status 1: there is none.
    """
    with _open(signing=False) as log:
        name = entry_id if "://" in entry_id else f"https://{log.host}/records/{entry_id}"
        try:
            receipt = log.ledger.receipt(name)
        except NotFound as error:
            raise _not_so(Reason.NOT_LOGGED, str(error)) from error
    _write(out, receipt)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@in_one_line
def publish(*, folder: Path) -> None:
    """Write the log as static files (C2SP tlog-tiles) into DIR, the checkpoint last; what is there stays.

    Any web server can serve them from there, and `log audit` reads them.
    """
    with _open(signing=False) as log:
        latest = log.ledger.latest()
        if latest is None:
            raise NotFound("NO_HEAD", "no head has the cosignatures that the trust list demands")
        with _files() as progress:
            store = SqlLedgerStore(log.database)
            written = publishing.publish(store, latest.head, folder, progress=progress)
    click.echo(printable(f"{folder}: {len(written)} files written"))


@click.command()
@click.option("--old", type=click.IntRange(min=0), required=True, help="Size that the witness cosigned last.")
@click.option("--out", default="-", help="File to write; stdout if left out.")
@in_one_line
def request(*, old: int, out: str) -> None:
    """Write the request to a witness to cosign the newest head (C2SP tlog-witness, add-checkpoint).

    A witness that never cosigned this log has the size 0; one that refuses names its size.
    """
    with _open(signing=False) as log:
        data = log.exchange.request(old).to_bytes()
    _write(out, data)


@click.command()
@click.argument("file")
@in_one_line
def accept_cosignature(*, file: str) -> None:
    """Keep a witness's answer (- for stdin), if it is of a known witness and fits a head of this log."""
    data = read_input(file, WITNESS_REQUEST_MAX_BYTES)
    with _open(signing=False) as log:
        try:
            size, names = log.exchange.accept(data, now=datetime.now(UTC))
        except NotVerified as error:
            raise _not_so(error.code, str(error)) from error
        is_trusted = log.ledger.latest() is not None
    click.echo(printable(f"head {size}: cosigned by {', '.join(names)}"))
    if not is_trusted:
        click.echo("note: no head has all the cosignatures that the trust list demands", err=True)


@contextmanager
def _open(*, signing: bool) -> Iterator[OpenLog]:
    try:
        with opened_log(load_settings(), signing=signing) as log:
            yield log
    except (ConfigurationError, Refused) as error:
        if error.code in _NOT_SO:
            raise _not_so(Reason(error.code), str(error)) from error
        raise


def _not_so(reason: Reason, message: str) -> _NotSo:
    return _NotSo(f"{reason}: {message}")


@contextmanager
def _files() -> Iterator[Any]:
    """Gives what is told how many files are done of how many; on a terminal it moves a progress bar."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    with click.progressbar(length=1, file=sys.stderr, show_pos=True) as bar:

        def tell(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield tell


def _head_object(head: SignedHead, missing: str | None) -> dict[str, Any]:
    name, size = head.checkpoint.origin, head.checkpoint.size
    checks = [Check(LOG, CheckStatus.PASSED, f"the head of {size} entries continues the one signed last")]
    if missing is not None:
        checks.append(Check(LOG, CheckStatus.NOTE, missing, Reason.QUORUM_MISSING))
    value = verdict_to_json(Verdict(tuple(checks)), name)
    return {**value, "size": size, "checkpoint": head.note.to_bytes().decode()}


def _write(name: str, data: bytes) -> None:
    with click.open_file(name, "wb", atomic=name != "-") as file:
        file.write(data)
