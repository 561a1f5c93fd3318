"""`langnghe fsck`, `backup`, `restore`: is everything whole, a copy of it, and the copy put back."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from shop.audit.instance import Report, audit_instance, count_records
from shop.config import Settings, load_settings
from shop.db.copies import write_copy
from shop.db.instance import InstanceFact
from shop.db.session import Database, open_database
from shop.errors import ConfigurationError
from shop.operating.founding import OPERATOR_FACTS
from shop.operating.one_line import in_one_line
from shop.operating.restoring import IDENTITY_FACT, Restored, Restoring
from shop.operating.running import restoring_alone
from shop.services.log.setup import LOG_KEY
from traceability.bundle import read_at_most
from traceability.cli import Failure, printable
from traceability.cli.output import print_json
from traceability.cli.sources import open_signer
from traceability.ledger import note as notes
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.heads import HeadFolder
from traceability.ledger.note import Note, Verifier
from traceability.ledger.publish import CHECKPOINT
from traceability.limits import NOTE_MAX_BYTES
from traceability.roots import ROOTS_FILE, parse_roots

__all__ = ["backup", "fsck", "restore"]

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
LOG: Final = "log"
KEYS: Final = "keys"


@click.command()
@click.option("--checkpoint", "checkpoint_file", type=_FILE, help="A head kept elsewhere, to compare with.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
@in_one_line
def fsck(ctx: click.Context, *, checkpoint_file: Path | None, as_json: bool) -> None:
    """Compute the whole instance again from what was signed, and name every row that differs.

    Exit status 0: everything is whole; 1: something is not; 2: it could not be looked at.
    """
    settings = load_settings()
    roots = _roots(settings)
    _demand_identity(settings)
    outside = [("the given head", _checkpoint(checkpoint_file, settings))] if checkpoint_file else []
    kept = _published(settings)
    with HeadFolder(settings.heads_dir).hold(_origin(settings)) as held:
        if held.head is not None:
            outside.append(("the last signed head", held.head.checkpoint))
            kept.append(("the last signed head", held.head.note))
        # Nobody signs while we look, so the last signed head cannot be newer than what we see.
        with closing(open_database(settings.database_url)) as database:
            operator = _operator(database)
            with _bar(database) as tick:
                report = audit_instance(database, roots=roots, outside=outside, kept=kept, tick=tick)
    _print_report(report, str(settings.data_dir), operator, as_json=as_json)
    ctx.exit(1 if report.faults else 0)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@in_one_line
def backup(*, file: Path) -> None:
    """Write one consistent copy of the database to FILE, also while the shop runs.

    Keys, roots.txt and the folder of heads are not in it: keep copies of keys and roots elsewhere, and never
    restore the folder of heads.
    """
    settings = load_settings()
    with _pages("copying") as progress:
        write_copy(settings.database_url, file, progress=progress)
    click.echo(printable(f"{file}: {file.stat().st_size} bytes; without keys, roots.txt and heads"))


@click.command()
@click.argument("file", type=_FILE)
@click.option("--checkpoint", "checkpoint_file", type=_FILE, help="A head kept elsewhere, to compare with.")
@click.option(
    "--accept-rollback",
    is_flag=True,
    help="Restore a log that is shorter than what was signed, and log that publicly.",
)
@in_one_line
def restore(*, file: Path, checkpoint_file: Path | None, accept_rollback: bool) -> None:
    """Put the backup FILE in place of the database, or into an empty instance. Stop the shop first.

    The backup is checked whole, and its log must continue the last signed head in the folder of heads.
    """
    settings = load_settings()
    given = _checkpoint(checkpoint_file, settings) if checkpoint_file else None
    signer = open_signer(str(settings.data_dir / KEYS / LOG_KEY)) if accept_rollback else None
    place = Restoring(
        url=settings.database_url,
        host=settings.identity_host,
        heads=settings.heads_dir,
        roots=_roots(settings),
        log_folder=settings.data_dir / LOG,
    )
    now = datetime.now(UTC).replace(microsecond=0)
    with restoring_alone(settings.data_dir):
        restored = place.restore(
            file, given=given, signer=signer, now=now, keep=lambda: _keep_present(settings, now)
        )
    _print_restored(restored, _kept_at(settings, now))


def _print_report(report: Report, name: str, operator: str, *, as_json: bool) -> None:
    if as_json:
        checks = [
            {"id": fault.where, "status": "failed", "reason": fault.reason, "detail": fault.detail}
            for fault in report.faults
        ]
        print_json(
            {
                "input": name,
                "outcome": "invalid" if checks else "verified",
                "reasons": list(dict.fromkeys(fault.reason for fault in report.faults)),
                "checks": checks,
                "records": report.records,
                "entries": report.size,
                "root": report.root,
                "operator": operator,
            }
        )
        return
    for fault in report.faults:
        click.echo(printable(f"✗ {fault.where}: {fault.reason}: {fault.detail}"))
    if operator:
        click.echo(printable(f"operated by {operator}"))
    click.echo(f"{report.records} records, {report.size} log entries, root {report.root}")
    click.echo(f"{len(report.faults)} faults" if report.faults else "everything is whole")


def _print_restored(restored: Restored, kept: Path) -> None:
    click.echo(f"restored: {restored.size} log entries, root {restored.root}")
    if kept.exists():
        click.echo(printable(f"what was there before is in {kept}"))
    if restored.lost is not None:
        click.echo(
            f"ROLLBACK accepted: a head of {restored.lost.size} entries had been signed. The log says so now,"
            " and its witnesses will refuse it: tell them and the root holders"
        )


def _keep_present(settings: Settings, now: datetime) -> None:
    """Copies what is in place before it is replaced, if there is anything."""
    with closing(open_database(settings.database_url)) as database:
        is_empty = not database.has_tables()
    if not is_empty:
        write_copy(settings.database_url, _kept_at(settings, now))


def _kept_at(settings: Settings, now: datetime) -> Path:
    return settings.data_dir / f"before-restore-{now:%Y%m%dT%H%M%SZ}.backup"


def _published(settings: Settings) -> list[tuple[str, Note]]:
    """Gives the head that the static files carry, with the lines of its witnesses; nothing without files."""
    try:
        data = (settings.data_dir / LOG / CHECKPOINT).read_bytes()
    except OSError:
        return []
    return [("the published head", notes.parse(data))]


def _operator(database: Database) -> str:
    """Gives name and contact of whoever runs the instance, as `init` was told; empty where nobody was."""
    with database.read() as session:
        facts = [session.get(InstanceFact, key) for key in OPERATOR_FACTS]
    return ", ".join(fact.value for fact in facts if fact is not None)


def _demand_identity(settings: Settings) -> None:
    """Refuses to compare an instance with another host's heads, whose folder would look empty."""
    with closing(open_database(settings.database_url)) as database:
        if not database.has_tables():
            raise ConfigurationError("BAD_LOG", "the database has no tables of this version")
        with database.read() as session:
            fact = session.get(InstanceFact, IDENTITY_FACT)
    if fact is not None and fact.value != settings.identity_host:
        raise ConfigurationError(
            "IDENTITY_CHANGED",
            f"this instance signs as {fact.value}, but the settings say {settings.identity_host}",
        )


def _roots(settings: Settings) -> tuple[Verifier, ...]:
    path = settings.data_dir / ROOTS_FILE
    try:
        return parse_roots(read_at_most(path, NOTE_MAX_BYTES))
    except OSError as error:
        raise ConfigurationError(
            "NO_ROOTS", f"{path}: {error.strerror or error}; put the copy that you pinned there"
        ) from error


def _checkpoint(path: Path, settings: Settings) -> Checkpoint:
    """Reads a head; whoever gives it vouches for it, and only its origin must be this log's."""
    head = Checkpoint.from_text(notes.parse(read_at_most(path, NOTE_MAX_BYTES)).text)
    if head.origin != _origin(settings):
        raise Failure(f"{path}: the head is of {head.origin}, not of {_origin(settings)}")
    return head


def _origin(settings: Settings) -> str:
    return f"{settings.identity_host}/log"


@contextmanager
def _bar(database: Database) -> Iterator[Any]:
    """Gives what is called for each record; on a terminal it moves a bar."""
    if not sys.stderr.isatty() or not database.has_tables():
        yield lambda: None
        return
    with click.progressbar(length=count_records(database), label="records", file=sys.stderr) as bar:
        yield lambda: bar.update(1)


@contextmanager
def _pages(label: str) -> Iterator[Any]:
    if not sys.stderr.isatty():
        yield lambda left, total: None
        return
    with click.progressbar(length=1_000, label=label, file=sys.stderr) as bar:
        yield lambda left, total: bar.update(1_000 * (total - left) // max(total, 1) - bar.pos)
