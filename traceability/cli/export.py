"""`langnghe record export`: a signed record in the forms of others."""

from pathlib import Path
from typing import Final

import click

from traceability.chain import Chain, collect_chain
from traceability.cli import Failure, printable
from traceability.cli.sources import (
    FOLDER,
    linked_records,
    open_signer,
    read_input,
    utc_now,
    warn_skipped,
    write_output,
)
from traceability.evidence import Evidence
from traceability.export.epcis import epcis_document
from traceability.export.jwt import write_jwt
from traceability.export.linkset import lot_linkset
from traceability.limits import JSON_MAX_BYTES
from traceability.records.canonical import canonical
from traceability.records.event import TraceEvent
from traceability.records.passport import LotPassport

__all__ = ["export"]

_FORMS: Final = ("jwt", "epcis", "linkset", "pdf")


@click.command()
@click.argument("file")
@click.option("--as", "form", type=click.Choice(_FORMS), required=True, help="pdf is not made yet.")
@click.option("--key", "key_uri", help="For jwt: the private key that signed FILE; file:PATH or env:NAME.")
@click.option("--records", "folder", type=FOLDER, help="Folder of linked records; that of FILE if left out.")
@click.option("--out", default="-", help="File to write; stdout if left out.")
def export(*, file: str, form: str, key_uri: str | None, folder: Path | None, out: str) -> None:
    """Write FILE (- for stdin), a signed record, in another form.

    jwt: a vc+jwt token, signed again with the same key. epcis: an EPCIS 2.0 document of an event, or of all
    events of a lot. linkset: the RFC 9264 linkset of a lot. Signatures of FILE and of linked records are
    checked by `record verify`, not here.
    """
    if form == "pdf":
        raise Failure("--as pdf: this version makes no PDF of a record yet")
    if (form == "jwt") != (key_uri is not None):
        raise click.UsageError("--key goes with --as jwt, which needs it")
    data = read_input(file, JSON_MAX_BYTES)
    if key_uri is not None:
        write_output(out, write_jwt(data, open_signer(key_uri)))
        return
    chain = _chain(data, file, folder)
    write_output(out, _epcis(chain) if form == "epcis" else _linkset(chain))


def _chain(data: bytes, name: str, folder: Path | None) -> Chain:
    """Gives the record and all that it links to; a link that leads nowhere is named on stderr."""
    evidence = Evidence(linked_records(name, folder, warn_skipped))
    chain = collect_chain(evidence.reader.read(data), evidence)
    for gap in chain.gaps:
        click.echo(f"warning: {printable(gap.target)} left out: {gap.error.code}", err=True)
    return chain


def _epcis(chain: Chain) -> bytes:
    start = chain.records[0].record
    if isinstance(start, TraceEvent):
        return canonical(epcis_document((start,), created=utc_now()))
    if not isinstance(start, LotPassport):
        raise Failure(f"--as epcis: wants an event or a lot passport, got a {start.KIND}")
    events = [event for _, event in chain.of_kind(TraceEvent)]
    return canonical(epcis_document(events, created=utc_now()))


def _linkset(chain: Chain) -> bytes:
    start = chain.records[0].record
    if not isinstance(start, LotPassport):
        raise Failure(f"--as linkset: wants a lot passport, got a {start.KIND}")
    return canonical(lot_linkset(start, [item.record for item in chain.records[1:]]))
