"""`langnghe trust publish` and `trust bundle`: a new list takes effect; what works offline is given away."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import undefer

from shop.config import load_settings
from shop.db.lots import Lot, Record
from shop.db.status_lists import newest_status_lists
from shop.errors import ConfigurationError
from shop.operating.one_line import in_one_line
from shop.services.signed.rows import local_id
from shop.services.trust.publishing import pinned_roots, publish_list
from shop.wiring import build_services, key_passphrase, open_migrated
from traceability.bundle import read_at_most, write_bundle
from traceability.cli import printable
from traceability.evidence import Reader
from traceability.limits import TRUST_LIST_MAX_BYTES
from traceability.records.passport import LotPassport
from traceability.roots import roots_fingerprint

__all__ = ["bundle", "publish"]


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
        roots = pinned_roots(settings)
        click.echo(f"roots: {len(roots)} keys, fingerprint {roots_fingerprint(roots)}", err=True)
        changes = publish_list(
            database, data, settings=settings, passphrase=key_passphrase(settings), now=now
        )
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


def _lot_id(reader: Reader, url: str, body: bytes) -> str:
    record = reader.read(body).record
    if not isinstance(record, LotPassport):
        raise ConfigurationError("BAD_LOG", f"{url} is no passport, but a lot names it as its own")
    return record.lot_id
