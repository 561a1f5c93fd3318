"""`langnghe label`: make one code, and check codes offline against a bundle."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from traceability.bundle import read_bundle
from traceability.bundle_files import TRUST_FILE
from traceability.cli import Failure, LazyGroup
from traceability.cli.output import Judged, Printer, judge_all, require_trust
from traceability.cli.sources import (
    FOLDER,
    INSTANT,
    ROOT_OPTION,
    find_roots,
    open_signer,
    read_input,
    utc_now,
    warn_skipped,
    write_output,
)
from traceability.errors import Reason, Refused, TraceabilityError
from traceability.evidence import Evidence, Reader
from traceability.labels import qr, seal
from traceability.labels.code import LabelCode
from traceability.labels.read import read_labels
from traceability.limits import JSON_MAX_BYTES, LABEL_MAX_CHARS, PICTURE_MAX_BYTES
from traceability.signing.trust import TrustList
from traceability.verify import verify_label

__all__ = ["label"]

LIST_MAX_BYTES: Final = 67_108_864  # about 300,000 sealed codes, six full lots


@click.group(cls=LazyGroup, lazy={"sheet": "traceability.cli.label_sheet:sheet"})
def label() -> None:
    """Make one label code, or the labels of a lot; check codes and pictures of codes offline."""


@label.command()
@click.option("--host", required=True, help="Host of the link, such as ocop.example.")
@click.option("--gtin", help="14 digits, where the workshop has a GS1 licence.")
@click.option("--code", "own_code", help="The workshop's own product code: 4 to 14 of A-Z 0-9.")
@click.option("--lot", help="Lot number.")
@click.option("--serial", help="Serial of the unit.")
@click.option("--passport", "passport_file", help="The lot's passport, to seal the code for.")
@click.option("--seal-key", help="The workshop's private seal key: file:PATH, a path, or env:NAME.")
@click.option("--svg", "svg_file", help="Write the code as SVG (- for stdout).")
@click.option("--png", "png_file", help="Write the code as PNG (- for stdout).")
def new(
    *,
    host: str,
    gtin: str | None,
    own_code: str | None,
    lot: str | None,
    serial: str | None,
    passport_file: str | None,
    seal_key: str | None,
    svg_file: str | None,
    png_file: str | None,
) -> None:
    """Make one code: its text, or its picture. With --passport and --seal-key it is sealed, as of today."""
    if (gtin is None) == (own_code is None):
        raise click.UsageError("give --gtin or --code, one of the two")
    if (passport_file is None) != (seal_key is None):
        raise click.UsageError("--passport and --seal-key go together")
    parts = {"host": host, "gtin": gtin, "code": own_code, "lot": lot, "serial": serial}
    if not all(value.isascii() for value in parts.values() if value is not None):
        raise Refused(Reason.BAD_VALUE, "a label code is ASCII")
    code = LabelCode(**{name: value.upper() for name, value in parts.items() if value is not None})
    if passport_file is not None and seal_key is not None:
        code = _sealed(code, passport_file, seal_key)
    text = code.to_uri()
    if svg_file is not None:
        write_output(svg_file, qr.svg(text, title=f"QR {code.unsealed_uri}").encode())
    if png_file is not None:
        write_output(png_file, qr.png(text))
    if svg_file is None and png_file is None:
        click.echo(text)


@label.command()
@click.argument("inputs", nargs=-1, metavar="TEXT_OR_IMAGE...")
@click.option(
    "--bundle", "folder", type=FOLDER, required=True, help="Folder with trust list, records, serials."
)
@click.option("--file", "list_file", help="A file of codes, one a line (- for stdin).")
@ROOT_OPTION
@click.option("--at", type=INSTANT, help="Time that validity is judged at, RFC 3339; now if left out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    inputs: tuple[str, ...],
    folder: Path,
    list_file: str | None,
    roots: tuple[str, ...],
    at: datetime | None,
    as_json: bool,
) -> None:
    """Check codes offline. An argument that is a file is read as a picture, any other as a code."""
    if not inputs and list_file is None:
        raise click.UsageError("give a code, a picture, or --file")
    at, lines = at or utc_now(), _read_lines(list_file) if list_file is not None else []
    data, evidence = read_bundle(folder, on_skip=warn_skipped)
    found = find_roots(roots, folder)
    trust = require_trust(str(folder / TRUST_FILE), data, found.keys, as_json=as_json)
    printer = Printer(as_json=as_json, is_brief=bool(lines), trust=trust)
    judge = _label_judge(trust, evidence, at)
    # Lines of a list are always codes; an argument is a picture where a file of that name is.
    items = [(text, _is_file(text)) for text in inputs] + [(line, False) for line in lines]
    judge_all(items, judge, printer)
    printer.show_sum()
    ctx.exit(printer.exit_code)


def _label_judge(
    trust: TrustList, evidence: Evidence, at: datetime
) -> Callable[[tuple[str, bool]], Sequence[Judged]]:
    def judge(item: tuple[str, bool]) -> Sequence[Judged]:
        name, is_picture = item
        try:
            texts = _read_picture(name) if is_picture else (name,)
        except TraceabilityError as error:
            return [Judged(name, error=str(error), code=error.code)]
        except Failure as error:
            return [Judged(name, error=error.message.removeprefix(f"{name}: "))]
        if len(texts) > 1:
            names = [f"{name}: {text[:LABEL_MAX_CHARS]}" for text in texts]
        else:
            names = [name]
        return [
            Judged(shown, verify_label(text, trust=trust, evidence=evidence, at=at))
            for shown, text in zip(names, texts, strict=True)
        ]

    return judge


def _read_picture(name: str) -> tuple[str, ...]:
    texts = read_labels(read_input(name, PICTURE_MAX_BYTES))
    if not texts:
        raise Refused(Reason.UNREADABLE_PICTURE, "no code was found in the picture")
    return texts


def _read_lines(name: str) -> list[str]:
    """Gives the lines of a list that are not empty.

    Raises:
        Failure: where it cannot be read, is too large or holds no code.
    """
    data = read_input(name, LIST_MAX_BYTES)
    if len(data) > LIST_MAX_BYTES:
        raise Failure(f"{name}: {Reason.TOO_LARGE}: at most {LIST_MAX_BYTES} bytes are read")
    lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines()]
    if not any(lines):
        raise Failure(f"{name}: no code in the list")
    return [line for line in lines if line]


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long for a path, or a zero byte
        return False


def _sealed(code: LabelCode, passport_file: str, seal_key: str) -> LabelCode:
    """Seals a code for a passport of the same lot. Whether the serial is the lot's is not known here."""
    passport = Reader(1).read(read_input(passport_file, JSON_MAX_BYTES))
    subject = passport.document["credentialSubject"]
    if passport.record.KIND != "LotPassport" or subject["id"] != code.lot_uri:
        raise Refused(Reason.SUBJECT_MISMATCH, "the passport is not of the lot that the code names")
    signer = open_signer(seal_key)
    click.echo("note: whether the serial stands in the lot was not checked", err=True)
    return seal.attach(
        code,
        kid=signer.public_key.kid,
        day=utc_now().date(),
        record_digest=passport.sha256,
        sign=signer.sign,
    )
