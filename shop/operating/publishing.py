"""`langnghe trust publish` and `trust bundle`: a new list takes effect; what works offline is given away."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import undefer

from shop.config import Settings, load_settings
from shop.db.lots import Lot, Record
from shop.db.lots import TrustList as TrustListRow
from shop.db.session import Database
from shop.db.status_lists import newest_status_lists
from shop.errors import ConfigurationError
from shop.operating.one_line import in_one_line
from shop.services.ledger import Ledger
from shop.services.log_setup import demand_sound_log, open_ledger
from shop.services.signed_rows import demand_newest_list, local_id, store_trust_list
from shop.wiring import build_services, open_migrated
from traceability.bundle import read_at_most, write_bundle
from traceability.ceremony import Change, differences
from traceability.cli import printable
from traceability.errors import NotVerified, Reason
from traceability.evidence import Reader
from traceability.limits import NOTE_MAX_BYTES, TRUST_LIST_MAX_BYTES
from traceability.policy import check_succession, log_policy, open_trust_list
from traceability.records.passport import LotPassport
from traceability.roots import ROOTS_FILE, parse_roots, roots_fingerprint
from traceability.signing.trust import TrustList

__all__ = ["bundle", "publish", "publish_list"]


@click.command()
@click.argument("note", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@in_one_line
def publish(*, note: Path) -> None:
    """Put the signed list NOTE in force here: it must be signed by the pinned roots and follow the last one.

    It is stored and logged in one step. A running shop takes it up within seconds.
    """
    settings = load_settings()
    now = datetime.now(UTC).replace(microsecond=0)
    data = read_at_most(note, TRUST_LIST_MAX_BYTES)
    with closing(open_migrated(settings)) as database:
        changes = publish_list(database, data, settings=settings, now=now)
    if changes is None:
        click.echo("this list is in force already")
        return
    for change in changes:
        click.echo(printable(f"- {change.vi}"))
        if change.en != change.vi:
            click.echo(printable(f"  {change.en}"))
    click.echo("published and logged; a running shop takes it up within seconds")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@in_one_line
def bundle(*, folder: Path) -> None:
    """Write to DIR what an inspector needs offline: trust list, roots, records, serials, receipts."""
    settings = load_settings()
    with closing(build_services(settings, scans_wait_s=None)) as services:
        with services.database.read() as session:
            records = {row.url: row.body for row in session.scalars(select(Record))}
            lots = session.execute(select(Lot.record_id, Lot).options(undefer(Lot.serials)))
            serials = {record_id: lot.serials for record_id, lot in lots}
            lists = {row.url: row for row in session.scalars(newest_status_lists())}
        reader = Reader()
        write_bundle(
            folder,
            trust_note=services.records.trust_note,
            roots=services.records.roots,
            records=records,
            serials={
                _lot_id(reader, url, body): serials[local_id(url)]
                for url, body in records.items()
                if local_id(url) in serials
            },
            receipts=services.ledger.receipts(
                [*records, *(f"{url}#{row.version}" for url, row in lists.items())]
            ),
            status_lists={url: row.body for url, row in lists.items()},
        )
    click.echo(printable(f"{folder}: {len(records)} records, {len(serials)} lots"))


def publish_list(
    database: Database, data: bytes, *, settings: Settings, now: datetime
) -> tuple[Change, ...] | None:
    """Stores and logs a trust list, and signs the log's head over it.

    Returns:
        What it changes; None when it is in force already.

    Raises:
        ConfigurationError: NO_ROOTS; what opening the log raises.
        NotVerified: KEY_UNKNOWN or BAD_SIGNATURE over the roots; ROLLBACK or FORK, when it does not follow;
            TRUST_LIST_STALE, when it has expired already.
        Unreadable: BAD_NOTE or BAD_TRUST_LIST.
    """
    trust = _open(data, settings, now)
    ledger = _ledger(database, trust, settings)
    # First of all, so that nothing is logged behind a log that has gone back.
    demand_sound_log(ledger)
    with database.write() as session:
        row = session.scalar(select(TrustListRow).order_by(TrustListRow.sequence.desc()).limit(1))
        before = None if row is None else _open(row.note.encode(), settings, None)
        if before == trust:
            return None
        if before is not None:
            check_succession(before, trust)
        # Nothing is put behind a list that is missing; that list itself comes back.
        demand_newest_list(session, trust.origin, trust.sequence)
        store_trust_list(session, trust, data)
    if ledger.signs:
        ledger.checkpoint(now)
        ledger.publish()
    return differences(before, trust)


def _open(data: bytes, settings: Settings, now: datetime | None) -> TrustList:
    path = settings.data_dir / ROOTS_FILE
    try:
        roots = parse_roots(read_at_most(path, NOTE_MAX_BYTES))
    except OSError as error:
        raise ConfigurationError("NO_ROOTS", f"{path}: {error.strerror or error}") from error
    click.echo(f"roots: {len(roots)} keys, fingerprint {roots_fingerprint(roots)}", err=True)
    trust = open_trust_list(data, roots)
    if trust.origin != f"{settings.identity_host}/trust":
        raise NotVerified(
            Reason.FORK, f"the list is of {trust.origin}, not of {settings.identity_host}/trust"
        )
    if now is not None and trust.is_stale(now):
        raise NotVerified(Reason.TRUST_LIST_STALE, "the list has expired already")
    return trust


def _ledger(database: Database, trust: TrustList, settings: Settings) -> Ledger:
    """Opens the log under the new list, which must name this log's key."""
    secret = settings.key_passphrase.get_secret_value().encode() if settings.key_passphrase else None
    if log_policy(trust) is None:
        raise ConfigurationError("NO_LOG", "the list names no log, so that nothing could ever be verified")
    return open_ledger(
        database,
        trust,
        host=settings.identity_host,
        keys=settings.data_dir / "keys",
        folder=settings.data_dir / "log",
        heads=settings.heads_dir,
        passphrase=secret,
    )


def _lot_id(reader: Reader, url: str, body: bytes) -> str:
    record = reader.read(body).record
    if not isinstance(record, LotPassport):
        raise ConfigurationError("BAD_LOG", f"{url} is no passport, but a lot names it as its own")
    return record.lot_id
