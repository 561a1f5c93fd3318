"""`langnghe issue` and `record add`: a form becomes a signed record, signed records become logged."""

import contextlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from shop.config import load_settings
from shop.db.instance import InstanceFact
from shop.db.lots import Record
from shop.db.status_lists import StatusListVersion, newest_status_lists
from shop.errors import BadInput
from shop.operating.form_members import offer_of
from shop.operating.forms import Filled, Forms
from shop.operating.founding import ASSOCIATION_FACT, KEYS
from shop.operating.one_line import in_one_line
from shop.operating.status_places import StatusPlaces
from shop.services.admission import Admission, Admitted, Delivery, used_status
from shop.services.shown_rows import Offer
from shop.services.signed_rows import local_id
from shop.services.status_renewal import STATUS_LIST_PERIOD
from shop.wiring import Services, build_services
from traceability.bundle import read_at_most
from traceability.cli import printable
from traceability.cli.sources import open_signer
from traceability.evidence import Reader, SignedRecord, join_serials
from traceability.issue import SigningKey, issue_record, issue_status_list
from traceability.ledger.files import replace_file
from traceability.limits import JSON_MAX_BYTES, STATUS_LIST_BITS
from traceability.records.canonical import Document, canonical, parse
from traceability.records.members import text
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustKey

__all__ = ["add", "issue"]

ISSUED: Final = "issued"  # in the data folder: copies of what was signed here
SERIALS_MAX_BYTES: Final = 700_000
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_KINDS: Final = click.Choice(["transcription", "village", "workshop", "lot"])


@dataclass(frozen=True, slots=True)
class _Desk:
    """One call of `issue`: the instance, the form, and the key that signs."""

    services: Services
    data_dir: Path
    form: Document
    folder: Path
    now: datetime

    def forms(self, entry: TrustKey) -> Forms:
        did = entry.method.controller
        with self.services.database.read() as session:
            places = StatusPlaces(used_status(session, did), secrets.randbelow)
        host = self.services.settings.identity_host
        return Forms(host, entry, self._find, places, secrets.token_bytes, self.now)

    def entry(self, slug: str) -> TrustKey:
        """Gives the record key of an issuer from the trust list."""
        did = f"did:web:{self.services.settings.identity_host}:issuers:{slug}"
        keys = [
            key
            for key in self.services.records.trust.keys_of(did)
            if key.use == "record" and key.revoked is None
        ]
        if not keys:
            raise BadInput("NO_ISSUER", f"the trust list has no record key of {slug}")
        return keys[-1]

    def issuer(self, kind: str) -> str:
        """Gives the slug of whoever signs: the form's, else the workshop of a lot, else the association."""
        if "issuer" in self.form:
            return text(self.form, "issuer")
        if kind == "lot":
            record = self._find(text(self.form, "workshop")).record
            return str(getattr(record, "operator_did", "")).rpartition(":")[2]
        with self.services.database.read() as session:
            fact = session.get(InstanceFact, ASSOCIATION_FACT)
        if fact is None:
            raise BadInput("NO_ISSUER", "the form names no issuer, and this instance has no association")
        return fact.value

    def _find(self, record_id: str) -> SignedRecord:
        with self.services.database.read() as session:
            row = session.get(Record, record_id)
        if row is None:
            raise BadInput("NO_RECORD", f"there is no record {record_id[:80]!r}")
        return Reader(1).read(row.body)


@click.command()
@click.argument("kind", type=_KINDS)
@click.argument("form", type=_FILE)
@click.option("--key", "key_uri", help="The issuer's private key; keys/<issuer>.record.pem if left out.")
@click.option(
    "--unsigned",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Write the template there for `record sign` on another machine; nothing is signed here.",
)
@in_one_line
def issue(*, kind: str, form: Path, key_uri: str | None, unsigned: Path | None) -> None:
    """Fill FORM up to a record of KIND, sign it, verify it, log it and show it."""
    settings = load_settings()
    now = datetime.now(UTC).replace(microsecond=0)
    document = parse(read_at_most(form, JSON_MAX_BYTES))
    with _services() as services:
        desk = _Desk(services, settings.data_dir, document, form.parent, now)
        with _bad_form_is_ours(form):
            slug = desk.issuer(kind)
            entry = desk.entry(slug)
            if unsigned is not None:
                _write_template(desk, kind, entry, unsigned)
                return
            key = SigningKey(
                open_signer(key_uri or str(settings.data_dir / KEYS / f"{slug}.record.pem")), entry
            )
            delivery = _with_first_list(desk, key, _sign(desk, kind, key))
        admitted = _admission(services).admit(delivery, now=now)
        _keep(settings.data_dir / ISSUED, delivery)
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
            with _bad_form_is_ours(file):
                form = parse(read_at_most(file, JSON_MAX_BYTES))
                offers |= {lot_id: offer_of(form) for lot_id in _lots(records)}
        admitted = _admission(services).admit(Delivery(records, serials, offers), now=now)
    _print(admitted)


@contextlib.contextmanager
def _services() -> Iterator[Services]:
    with closing(build_services(load_settings(), scans_wait_s=None)) as services:
        yield services


@contextlib.contextmanager
def _bad_form_is_ours(form: Path) -> Iterator[None]:
    """Names the form in what is wrong with it."""
    try:
        yield
    except ValueError as error:  # a day or a path that cannot be read
        raise BadInput("BAD_FORM", f"{form.name}: {error}") from error


def _admission(services: Services) -> Admission:
    host = services.settings.identity_host
    return Admission(services.database, trust=services.records.trust, ledger=services.ledger, host=host)


def _fill(desk: _Desk, kind: str, entry: TrustKey) -> Filled:
    forms = desk.forms(entry)
    match kind:
        case "transcription":
            return forms.transcription(desk.form, desk.folder)
        case "village":
            return forms.village(desk.form)
        case _:
            return forms.workshop(desk.form)


def _sign(desk: _Desk, kind: str, key: SigningKey) -> Delivery:
    if kind != "lot":
        filled = _fill(desk, kind, key.entry)
        return Delivery([_issue(filled, key, desk.now).data])
    forms = desk.forms(key.entry)
    events = [_issue(event, key, desk.now) for event in forms.events(desk.form)]
    filled, serials = forms.lot(desk.form, events)
    passport = _issue(filled, key, desk.now)
    lot_id = passport.document["credentialSubject"]["id"]
    records = [item.data for item in (*events, passport)]
    return Delivery(records, {lot_id: serials}, {lot_id: offer_of(desk.form)})


def _with_first_list(desk: _Desk, key: SigningKey, delivery: Delivery) -> Delivery:
    """Adds the issuer's first status list, without which no record of theirs is ever called verified."""
    slug = key.entry.method.controller.rpartition(":")[2]
    url = f"https://{desk.services.settings.identity_host}/status/{slug}/1"
    with desk.services.database.read() as session:
        if session.scalar(newest_status_lists().where(StatusListVersion.url == url)) is not None:
            return delivery
    first = issue_status_list(
        url,
        bytes(STATUS_LIST_BITS // 8),
        purpose="revocation",
        key=key,
        previous=None,
        now=desk.now,
        period=STATUS_LIST_PERIOD,
    )
    return replace(delivery, records=[*delivery.records, first.data])


def _issue(filled: Filled, key: SigningKey, now: datetime) -> SignedRecord:
    return issue_record(filled.record, key=key, linked=filled.linked, now=now)


def _write_template(desk: _Desk, kind: str, entry: TrustKey, folder: Path) -> None:
    """Writes an unsigned record; of a lot its serials too, for `record add`."""
    if kind != "lot":
        filled = _fill(desk, kind, entry)
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
