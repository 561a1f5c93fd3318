"""`langnghe issue` and `record add`: a form becomes a signed record, signed records become logged."""

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from shop.config import load_settings
from shop.errors import BadInput
from shop.operating.founding import KEYS
from shop.operating.one_line import in_one_line
from shop.operating.preview import demand_consent, show_preview
from shop.services.issuing.checks import check_form
from shop.services.issuing.deliveries import REVOKE, fill_form, sign_form
from shop.services.issuing.desk import Desk, issuer_of
from shop.services.issuing.members import offer_of
from shop.services.signed.admission import Admitted, Delivery
from shop.services.signed.rows import local_id
from shop.services.signed.shown_rows import Offer
from shop.wiring import Services, build_services
from traceability.bundle import read_at_most
from traceability.cli import printable
from traceability.cli.sources import open_signer
from traceability.errors import Refused, Unreadable
from traceability.evidence import Reader, join_serials
from traceability.issue import SigningKey
from traceability.ledger.files import replace_file
from traceability.limits import JSON_MAX_BYTES
from traceability.records.canonical import Document, canonical, parse
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustKey

__all__ = ["add", "issue"]

ISSUED: Final = "issued"  # in the data folder: copies of what was signed here
SERIALS_MAX_BYTES: Final = 700_000
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_KINDS: Final = click.Choice(["transcription", "village", "workshop", "lot", "certificate", "notice", REVOKE])


@click.command()
@click.argument("kind", type=_KINDS)
@click.argument("form", metavar="FORM_OR_ID")
@click.option("--key", "key_uri", help="The issuer's private key; keys/<issuer>.record.pem if left out.")
@click.option("--yes", is_flag=True, help="Sign without asking, for scripts.")
@click.option(
    "--unsigned",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Write the template there for `record sign` on another machine; nothing is signed here.",
)
@click.pass_context
@in_one_line
def issue(
    ctx: click.Context, *, kind: str, form: str, key_uri: str | None, yes: bool, unsigned: Path | None
) -> None:
    """Fill FORM up to a record of KIND, show it, sign it, verify it, log it and show it on the pages.

    `notice` says something about an earlier record of the same issuer; `revoke` takes the ID of a record
    instead of a form, and sets its bit in the issuer's status list.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    file = None if kind == REVOKE else Path(_FILE.convert(form, None, ctx))
    with _services() as services, _named(file):
        if file is None:
            about = _desk(services, {}, Path(), now).find(form)
            desk = _desk(services, {"revoke": form, "issuer": issuer_of(about)}, Path(), now)
        else:
            document = parse(read_at_most(file, JSON_MAX_BYTES))
            check_form(kind, document, now)
            desk = _desk(services, document, file.parent, now)
        entry = desk.entry(desk.issuer(kind))
        if unsigned is not None:
            _write_template(desk, kind, entry, unsigned)
            return
        if file is None:
            click.echo(printable(f"to be revoked for good: {about.envelope.id}, {about.envelope.name}"))
        delivery = sign_form(desk, kind, _open_key(services, entry, key_uri))
        show_preview(delivery.records, entry)
        demand_consent(yes=yes)
        admitted = services.admission.admit(delivery, now=now)
        _keep(services.settings.data_dir / ISSUED, delivery)
    _print(admitted)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=_FILE)
@click.option(
    "--serials", "serial_files", multiple=True, type=_FILE, help="Serials of a lot: its id, then one a line."
)
@click.option(
    "--product",
    "product_files",
    multiple=True,
    type=_FILE,
    help="The lot's form: what the shop says of the product.",
)
@in_one_line
def add(*, files: tuple[Path, ...], serial_files: tuple[Path, ...], product_files: tuple[Path, ...]) -> None:
    """Admit signed records: verify each in full, then store, log and show them. All or none."""
    now = datetime.now(UTC).replace(microsecond=0)
    records = [read_at_most(file, JSON_MAX_BYTES) for file in files]
    serials = dict(_read_serials(file) for file in serial_files)
    with _services() as services:
        offers: dict[str, Offer] = {}
        for file in product_files:
            with _named(file):
                form = parse(read_at_most(file, JSON_MAX_BYTES))
                offers |= {lot_id: offer_of(form) for lot_id in _lots(records)}
        admitted = services.admission.admit(Delivery(records, serials, offers), now=now)
    _print(admitted)


@contextlib.contextmanager
def _services() -> Iterator[Services]:
    with closing(build_services(load_settings(), scans_wait_s=None)) as services:
        yield services


@contextlib.contextmanager
def _named(form: Path | None) -> Iterator[None]:
    """Names the form in what is wrong with it."""
    try:
        yield
    except (BadInput, Unreadable, Refused) as error:
        if form is None or error.code == "NOT_CONFIRMED":
            raise
        raise BadInput(error.code, f"{form.name}: {error}") from error
    except ValueError as error:  # a day or a path that cannot be read
        raise BadInput("BAD_FORM", f"{form.name if form is not None else 'form'}: {error}") from error


def _desk(services: Services, form: Document, folder: Path, now: datetime) -> Desk:
    settings = services.settings
    return Desk(services.database, services.records.trust, settings.identity_host, form, folder, now)


def _open_key(services: Services, entry: TrustKey, uri: str | None) -> SigningKey:
    slug = entry.method.controller.rpartition(":")[2]
    return SigningKey(
        open_signer(uri or str(services.settings.data_dir / KEYS / f"{slug}.record.pem")), entry
    )


def _write_template(desk: Desk, kind: str, entry: TrustKey, folder: Path) -> None:
    """Writes an unsigned record; of a lot its serials too, for `record add`."""
    if kind == REVOKE or "corrects" in desk.form:
        raise BadInput("BAD_FORM", "a status list and a correction are signed here, not as a template")
    if kind != "lot":
        filled = fill_form(desk, kind, entry)
    elif "events" in desk.form:
        raise BadInput("BAD_FORM", "a passport links to signed events: leave them out, or sign here")
    else:
        filled, serials = desk.forms(entry).lot(desk.form, ())
        _keep(folder, Delivery([], {filled.record.to_document()["credentialSubject"]["id"]: serials}))
    document = filled.record.to_document()
    path = folder / f"{local_id(filled.record.envelope.id)}.template.json"
    replace_file(path, canonical(document))
    click.echo(printable(f"{path}: sign it with --method {entry.method.id}"))


def _keep(folder: Path, delivery: Delivery) -> None:
    """Keeps copies of what was signed here, for labels and for whoever asks."""
    folder.mkdir(exist_ok=True)
    for data in delivery.records:
        # A status list ends in a number alone, so its issuer's name goes before it.
        name = "-".join(str(parse(data)["id"]).split("/")[4:])
        replace_file(folder / f"{name}.json", data)
    for lot_id, serials in delivery.serials.items():
        lines = [lot_id, *(serials[at : at + 12].decode("ascii") for at in range(0, len(serials), 12))]
        name = lot_id.partition("://")[2].partition("/")[2].replace("/", "-").lower()
        replace_file(folder / f"{name}.serials.txt", "".join(f"{line}\n" for line in lines).encode("ascii"))


def _read_serials(path: Path) -> tuple[str, bytes]:
    data = read_at_most(path, SERIALS_MAX_BYTES)
    if len(data) > SERIALS_MAX_BYTES or not data.isascii():
        raise BadInput("NO_SERIALS", f"{path.name} is no list of serials")
    lot_id, *lines = data.decode("ascii").split()
    return lot_id, join_serials(lines)


def _lots(records: Sequence[bytes]) -> Iterator[str]:
    for data in records:
        record = Reader(1).read(data).record
        if isinstance(record, LotPassport):
            yield record.lot_id


def _print(admitted: Sequence[Admitted]) -> None:
    for item in admitted:
        click.echo(printable(f"{item.record_id}: log entry {item.index}"))
        for caution in item.cautions:
            click.echo(printable(f"  ! {caution}"))
