"""`langnghe label sheet`: the labels of a whole lot, sealed and drawn for a printer."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePath
from tempfile import NamedTemporaryFile
from typing import BinaryIO, Final, cast

import click

from traceability.bundle_files import SERIALS_MAX_BYTES, parse_serials
from traceability.cli import Failure
from traceability.cli.sources import open_signer, read_input, utc_now
from traceability.errors import Reason, Refused
from traceability.evidence import Reader, SignedRecord
from traceability.labels import seal
from traceability.labels.code import SERIAL_LENGTH, LabelCode
from traceability.labels.code import parse as parse_label
from traceability.labels.presets import PRESETS, SheetPreset, find_preset
from traceability.labels.printing import PrintFile, draw_labels
from traceability.labels.wording import LabelWords
from traceability.limits import JSON_MAX_BYTES
from traceability.records.passport import LotPassport
from traceability.signing.keys import Ed25519Signer

__all__ = ["sheet"]

_FOR_ROLLS: Final = {f".{kind}": kind for kind in PrintFile}


@click.command()
@click.argument("passport_file", metavar="PASSPORT")
@click.option("--serials", "serials_file", required=True, help="The lot's id, then its serials, one a line.")
@click.option(
    "--seal-key", required=True, help="The workshop's private seal key: file:PATH, a path, or env:NAME."
)
@click.option("--preset", "preset_name", required=True, help=f"One of {', '.join(PRESETS)}.")
@click.option("--out", "out_file", required=True, help="File to write: .pdf; for a roll also .zip or .tspl.")
@click.option("--note", default="", help="Small type for every label.")
@click.option("--checker", default="", help="Address of the independent checker, for tags.")
@click.option("--skip-first", type=int, default=0, help="Places of the first page that are used up.")
def sheet(
    passport_file: str,
    *,
    serials_file: str,
    seal_key: str,
    preset_name: str,
    out_file: str,
    note: str,
    checker: str,
    skip_first: int,
) -> None:
    """Seal the codes of a whole lot as of today, and draw them as labels in one file."""
    preset = find_preset(preset_name)
    kind = _kind(out_file, is_sheet=isinstance(preset, SheetPreset))
    signed, passport = _passport(passport_file)
    serials = _serials(serials_file, passport)
    words = LabelWords(passport.product_name, note, checker)
    codes = _codes(signed, passport, serials, open_signer(seal_key))
    try:
        with (
            _whole_file(out_file) as file,
            click.progressbar(
                codes, length=len(serials), file=sys.stderr, show_pos=True, hidden=not sys.stderr.isatty()
            ) as progress,
        ):
            count = draw_labels(progress, words, preset=preset, kind=kind, file=file, skip_first=skip_first)
    except OSError as error:
        raise Failure(f"{out_file}: {error.strerror or error}") from error
    click.echo(f"{count} labels", err=True)


@contextmanager
def _whole_file(name: str) -> Iterator[BinaryIO]:
    """Gives a file that takes its name only when all was written: half a lot of labels is none."""
    if name == "-":
        yield sys.stdout.buffer
        return
    path = Path(name)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            yield cast(BinaryIO, file)
            file.close()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink()
            raise


def _kind(out_file: str, *, is_sheet: bool) -> PrintFile:
    ending = PurePath(out_file).suffix.lower()
    if out_file == "-" or ending == ".pdf":
        return PrintFile.PDF
    if is_sheet or ending not in _FOR_ROLLS:
        endings = ".pdf" if is_sheet else ", ".join(_FOR_ROLLS)
        raise click.UsageError(f"--out: expected a file that ends in {endings}")
    return _FOR_ROLLS[ending]


def _passport(name: str) -> tuple[SignedRecord, LotPassport]:
    signed = Reader(1).read(read_input(name, JSON_MAX_BYTES))
    if not isinstance(signed.record, LotPassport):
        raise Refused(Reason.BAD_VALUE, f"a lot's passport is expected, got a {signed.record.KIND}")
    return signed, signed.record


def _serials(name: str, passport: LotPassport) -> tuple[str, ...]:
    """Gives the serials that the passport was signed for: labels with others would not verify."""
    lot_id, data = parse_serials(read_input(name, SERIALS_MAX_BYTES))
    if lot_id != passport.lot_id:
        raise Refused(Reason.SUBJECT_MISMATCH, "the serials are not of the lot that the passport names")
    if Reader(16).serials(data).root.hex() != passport.serial_root:
        raise Refused(Reason.SERIALS_MISSING, "the serials are not the ones that the passport was signed for")
    return tuple(data[at : at + SERIAL_LENGTH].decode("ascii") for at in range(0, len(data), SERIAL_LENGTH))


def _codes(
    signed: SignedRecord, passport: LotPassport, serials: tuple[str, ...], signer: Ed25519Signer
) -> Iterator[LabelCode]:
    lot, day = parse_label(passport.lot_id), utc_now().date()
    for serial in serials:
        code = replace(lot, serial=serial)
        yield seal.attach(
            code, kid=signer.public_key.kid, day=day, record_digest=signed.sha256, sign=signer.sign
        )
