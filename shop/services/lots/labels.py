"""Labels of a signed lot: which of them, in which form, sealed and drawn as one file for a printer."""

import re
import tempfile
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final, cast

from sqlalchemy import select

from shop.db.desk import SpoiledUnit
from shop.db.lots import SERIAL_CHARS, Record
from shop.db.session import Database
from shop.errors import BadInput
from shop.services.access.actors import Actor
from shop.services.access.audit_trail import note
from shop.services.keys.keyring import Keyring
from shop.services.keys.makers import find_maker
from shop.services.lots.earlier import find_lot
from traceability.errors import TraceabilityError
from traceability.evidence import Reader, SignedRecord
from traceability.issue import issue_labels
from traceability.labels.code import LabelCode, parse
from traceability.labels.presets import PRESETS, SheetPreset
from traceability.labels.printing import PrintFile, draw_labels
from traceability.labels.wording import LabelWords
from traceability.records.passport import LotPassport

__all__ = [
    "LABELS_A_FILE",
    "LabelDesk",
    "LabelFile",
    "LabelOrder",
    "LabelPreset",
    "PrintedWords",
    "label_presets",
]

LABELS_A_FILE: Final = 2_000
IN_MEMORY_BYTES: Final = 4_000_000  # larger files wait on the disk until they are sent
_MIMETYPES: Final = {
    PrintFile.PDF: "application/pdf",
    PrintFile.PNG_ZIP: "application/zip",
    PrintFile.TSPL: "application/octet-stream",
}
_NUMBER: Final = re.compile(r"[0-9]{1,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LabelPreset:
    """A form of labels to choose.

    Attributes:
        name: as `presets` has it.
        per_page: labels of a sheet; 0 for a roll.
        kinds: of files that it can be drawn as.
    """

    name: str
    width_mm: float
    height_mm: float
    per_page: int
    dpi: int
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelOrder:
    """What was asked for, as typed: numbers of labels count from 1, an empty text asks for all."""

    preset: str
    kind: str = "pdf"
    first: str = ""
    last: str = ""
    skip: str = ""


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A file for a printer; whoever sends it closes it."""

    name: str
    mimetype: str
    count: int
    file: BinaryIO


@dataclass(frozen=True, slots=True)
class PrintedWords:
    """What an instance prints on all labels.

    Attributes:
        note: small type for every label, such as that these are demo data; may be empty.
        checker: address of the independent checker, for tags; may be empty.
    """

    note: str = ""
    checker: str = ""


@dataclass(frozen=True, slots=True)
class LabelDesk:
    """Prints labels of the workshop's own lots."""

    database: Database
    keyring: Keyring
    printed: PrintedWords

    def draw(self, actor: Actor, lot_id: int, order: LabelOrder, *, now: datetime) -> LabelFile:
        """Seals labels as of today and draws them, those marked as spoiled left out; the trail notes it.

        Args:
            actor: an artisan.
            lot_id: of a lot.
            order: as typed.
            now: aware.

        Raises:
            NotFound: NO_LOT, also where it is another workshop's.
            BadInput: BAD_LABELS, the message begins with the field; NO_KEY, without a seal key here.
        """
        with self.database.read() as session:
            maker = find_maker(session, actor)
            lot, product = find_lot(session, maker, lot_id)
            passport = Reader(1).read(session.get_one(Record, lot.record_id).body)
            serials = lot.serials
            spoiled = session.scalars(select(SpoiledUnit.serial).where(SpoiledUnit.lot_id == lot_id)).all()
        key = self.keyring.key(maker.did, "seal", now=now)
        if key is None:
            raise BadInput("NO_KEY", f"no seal key of {maker.slug} is here and in force")
        first, last = _range(order, lot.unit_count)
        numbers = _whole_ones(range(first, last + 1), serials, spoiled=set(spoiled))
        codes = issue_labels(
            parse(_lot_uri(passport)),
            serials=(_serial(serials, number) for number in numbers),
            passport=passport,
            key=key,
            now=now,
        )
        drawn = _draw(codes, self._words(passport), order, numbers)
        with self.database.write() as session:
            told = {"first": first, "last": last, "preset": order.preset}
            note(session, actor, "label print", lot.record_id, at=now, **told)
        kind = _kind(order)
        name = f"{product.slug}-{lot.number.lower()}-{order.preset}.{kind.value}"
        return LabelFile(name, _MIMETYPES[kind], len(numbers), drawn)

    def _words(self, passport: SignedRecord) -> LabelWords:
        name = getattr(passport.record, "product_name", "")
        return LabelWords(name, self.printed.note, self.printed.checker)


def _lot_uri(passport: SignedRecord) -> str:
    if not isinstance(passport.record, LotPassport):
        raise BadInput("BAD_LABELS", "preset: a lot without a passport has no labels")
    return passport.record.lot_id


def _draw(
    codes: Iterator[LabelCode], words: LabelWords, order: LabelOrder, numbers: Sequence[int]
) -> BinaryIO:
    """Gives the drawn file, at its beginning; each label shows its number."""
    kind, skip = _kind(order), _skip(order)
    file = cast(BinaryIO, tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES))
    try:
        draw_labels(
            codes,
            words,
            preset=PRESETS[order.preset],
            kind=kind,
            file=file,
            skip_first=skip,
            numbers=numbers,
        )
    except TraceabilityError as error:
        file.close()
        raise BadInput("BAD_LABELS", f"preset: {error}") from error
    file.seek(0)
    return file


def label_presets() -> tuple[LabelPreset, ...]:
    """Gives the forms of labels, sheets first."""
    return tuple(
        LabelPreset(
            name=preset.name,
            width_mm=preset.form.width_mm,
            height_mm=preset.form.height_mm,
            per_page=preset.labels_per_page if isinstance(preset, SheetPreset) else 0,
            dpi=300 if isinstance(preset, SheetPreset) else preset.dpi,
            kinds=("pdf",) if isinstance(preset, SheetPreset) else tuple(kind.value for kind in PrintFile),
        )
        for preset in PRESETS.values()
    )


def _range(order: LabelOrder, count: int) -> tuple[int, int]:
    """Gives the numbers of the first and last label, both counted from 1."""
    first, last = _whole(order.first, "first", 1), _whole(order.last, "last", count)
    if not 1 <= first <= count:
        raise BadInput("BAD_LABELS", f"first: a number from 1 to {count} expected")
    if not first <= last <= count:
        raise BadInput("BAD_LABELS", f"last: a number from {first} to {count} expected")
    if last - first >= LABELS_A_FILE:
        raise BadInput("BAD_LABELS", f"last: at most {LABELS_A_FILE} labels a file expected")
    return first, last


def _whole(typed: str, name: str, otherwise: int) -> int:
    if not typed:
        return otherwise
    if not _NUMBER.fullmatch(typed):
        raise BadInput("BAD_LABELS", f"{name}: a whole number expected")
    return int(typed)


def _kind(order: LabelOrder) -> PrintFile:
    preset = PRESETS.get(order.preset)
    if preset is None:
        raise BadInput("BAD_LABELS", f"preset: there is no {order.preset[:40]!r}")
    try:
        kind = PrintFile(order.kind or PrintFile.PDF)
    except ValueError as error:
        raise BadInput("BAD_LABELS", "kind: pdf, zip or tspl expected") from error
    # Another file than was asked for would only be noticed at the printer.
    if isinstance(preset, SheetPreset) and kind is not PrintFile.PDF:
        raise BadInput("BAD_LABELS", f"kind: pdf expected for sheets, got {kind.value}")
    return kind


def _skip(order: LabelOrder) -> int:
    """Gives the places of the first sheet that are used up; a roll has none."""
    preset = PRESETS[order.preset]
    skip = _whole(order.skip, "skip", 0) if isinstance(preset, SheetPreset) else 0
    if isinstance(preset, SheetPreset) and skip >= preset.labels_per_page:
        raise BadInput("BAD_LABELS", f"skip: a number under {preset.labels_per_page} expected")
    return skip


def _whole_ones(numbers: range, serials: bytes, *, spoiled: Set[str]) -> Sequence[int]:
    """Gives the numbers of labels that were not marked as spoiled: such a label is not to be there twice."""
    kept = [number for number in numbers if _serial(serials, number).decode("ascii") not in spoiled]
    if not kept:
        raise BadInput("BAD_LABELS", "first: a label expected that was not marked as spoiled")
    return kept


def _serial(serials: bytes, number: int) -> bytes:
    return serials[(number - 1) * SERIAL_CHARS : number * SERIAL_CHARS]
