"""`langnghe log audit`: a published log, computed again from its entries."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Final

import click

from traceability.cli import Failure, printable
from traceability.cli.export_sources import (
    below,
    count_listed,
    export_limit,
    is_export,
    paths_below,
    strays,
)
from traceability.cli.log_sources import open_log, trusting
from traceability.cli.output import print_json
from traceability.errors import NotVerified, TraceabilityError
from traceability.ledger import note as notes
from traceability.ledger.audit import Fault, ReadFile, audit_files
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.manifest import LOG_FOLDER, audit_manifest
from traceability.ledger.note import Note
from traceability.ledger.publish import CHECKPOINT
from traceability.ledger.quorum import Policy
from traceability.ledger.tiles import TILE_WIDTH
from traceability.verdict import Check, CheckStatus, Verdict, verdict_to_json
from traceability.verify import LOG

__all__ = ["audit"]

BUNDLES: Final = "tile/entries/"


@click.command()
@click.argument("place", metavar="DIR_OR_URL")
@trusting
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def audit(ctx: click.Context, *, place: str, policy: Policy, as_json: bool) -> None:
    """Compute a published log again from its entries: every tile, the root, the signed checkpoint.

    DIR_OR_URL is a folder, or an address below which the log's files are. Of a static export, every file is
    compared with its signed manifest first. Each fault is one line.
    """
    with open_log(place, export_limit) as read:
        faults: list[Fault] = []
        proven: list[str] = []
        if is_export(read, place):
            faults += audit_manifest(read, policy.logs, paths_below(place))
            proven += [] if faults else [f"{count_listed(read)} files fit the signed list"]
            read = below(read, LOG_FOLDER)
        else:
            faults += strays(place)
        note, checkpoint = _read_checkpoint(read, place)
        faults += _judge_signatures(note, policy)
        with _progress(read, checkpoint.size) as counted:
            faults += audit_files(counted, checkpoint.size, checkpoint.root)
    proven += ["every tile and the signed root fit the entries"]
    verdict = _verdict(faults, checkpoint, proven)
    if as_json:
        print_json(verdict_to_json(verdict, place))
    else:
        _print(faults, verdict, checkpoint, proven)
    ctx.exit(1 if faults else 0)


def _read_checkpoint(read: ReadFile, place: str) -> tuple[Note, Checkpoint]:
    """Reads the head before anything is known of its signatures: what is no checkpoint cannot be judged."""
    try:
        note = notes.parse(read(CHECKPOINT))
        return note, Checkpoint.from_text(note.text)
    except TraceabilityError as error:
        raise Failure(f"{place}: {CHECKPOINT}: {error.code}: {error}") from error


def _judge_signatures(note: Note, policy: Policy) -> Iterator[Fault]:
    """Gives what is wrong with the head itself; the rest is looked at all the same."""
    try:
        policy.check(note)
    except NotVerified as error:
        yield Fault(CHECKPOINT, error.code, str(error))


@contextmanager
def _progress(read: ReadFile, size: int) -> Iterator[ReadFile]:
    """Gives the reader; on a terminal, one that moves a progress bar with each bundle of entries."""
    bundles = -(-size // TILE_WIDTH)
    shown = click.progressbar(length=bundles, file=sys.stderr, show_pos=True)
    with shown if bundles > 1 and sys.stderr.isatty() else nullcontext() as bar:

        def counted(path: str) -> bytes:
            if bar is not None and path.startswith(BUNDLES):
                bar.update(1)
            return read(path)

        yield counted


def _verdict(faults: list[Fault], checkpoint: Checkpoint, proven: list[str]) -> Verdict:
    if not faults:
        head = f"{checkpoint.origin}: {checkpoint.size} entries"
        return Verdict(tuple(Check(LOG, CheckStatus.PASSED, f"{head}: {said}") for said in proven))
    return Verdict(tuple(Check(LOG, CheckStatus.FAILED, one.detail, one.reason, one.where) for one in faults))


def _print(faults: list[Fault], verdict: Verdict, checkpoint: Checkpoint, proven: list[str]) -> None:
    for fault in faults:
        click.echo(printable(f"✗ {fault.where}  {fault.reason}: {fault.detail}"))
    shape, colour = ("✗", "red") if faults else ("✓", "green")
    click.secho(f"{shape} {verdict.outcome.upper()}", fg=colour, bold=True, nl=False)
    said = f"{len(faults)} faults" if faults else "; ".join(proven)
    click.echo(printable(f"  {checkpoint.origin}: {checkpoint.size} entries; {said}"))
