"""Labels that were spoiled: marked by serial or by their number on the sheet, and unmarked again."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shop.db.catalogue import Product
from shop.db.desk import Draft, SpoiledUnit
from shop.db.lots import SERIAL_CHARS, Lot, Record
from shop.db.session import Database
from shop.errors import BadInput
from shop.services.access.actors import Actor
from shop.services.access.audit_trail import note
from shop.services.keys.makers import find_maker
from shop.services.lots.drafted import LOT_DRAFT
from shop.services.lots.earlier import find_lot

__all__ = ["Marked", "SpoiledLabels", "label_numbers", "read_labels"]

TYPED_MAX_CHARS: Final = 4_000
_RANGE: Final = re.compile(r"([0-9]{1,5})(?:\s*[-–]\s*([0-9]{1,5}))?", re.ASCII)
_LIKE: Final = str.maketrans("OIL", "011")  # Crockford's alphabet has none of these letters


@dataclass(frozen=True, slots=True)
class Marked:
    """What a mark did.

    Attributes:
        serials: those that were not marked before, so that they can be unmarked.
        taken: from the stock, in pieces.
    """

    serials: tuple[str, ...]
    taken: int


@dataclass(frozen=True, slots=True)
class SpoiledLabels:
    """Marks the labels of the workshop's own lots."""

    database: Database

    def mark(self, actor: Actor, lot_id: int, typed: str, *, now: datetime) -> Marked:
        """Marks labels as spoiled: no piece carries them.

        The stock is less by as many, if the lot was added to it and it has as many.

        Args:
            actor: an artisan.
            lot_id: of a lot.
            typed: serials, or numbers of labels such as `13` and `20-24`, between commas or on lines.
            now: aware.

        Raises:
            NotFound: NO_LOT, also where it is another workshop's.
            BadInput: NO_LABEL; the message names what is no label of the lot.
        """
        with self.database.write() as session:
            lot, product = find_lot(session, find_maker(session, actor), lot_id)
            serials = read_labels(typed, lot.serials)
            stock = session.get_one(Product, product.id, with_for_update=True, populate_existing=True)
            known = set(session.scalars(select(SpoiledUnit.serial).where(SpoiledUnit.lot_id == lot_id)))
            new = tuple(serial for serial in serials if serial not in known)
            session.add_all(
                SpoiledUnit(lot_id=lot_id, serial=serial, account_id=actor.account_id, marked_at=now)
                for serial in new
            )
            # A smaller stock is no count of this lot's pieces, so that nothing is known to be taken from it.
            is_counted = stock.stock >= len(new) and _was_stocked(session, lot, product)
            taken = len(new) if is_counted else 0
            stock.stock -= taken
            note(session, actor, "label spoil", lot.record_id, at=now, labels=len(new), stock=-taken)
        return Marked(new, taken)

    def unmark(self, actor: Actor, lot_id: int, serials: Sequence[str], *, now: datetime) -> int:
        """Takes marks away, and gives how many there were.

        Stock stays: whether a mark took a piece from it is not kept, and pieces may have been sold since.

        Raises:
            NotFound: NO_LOT.
        """
        with self.database.write() as session:
            lot, _ = find_lot(session, find_maker(session, actor), lot_id)
            gone = _unmark(session, lot_id, serials)
            note(session, actor, "label unspoil", lot.record_id, at=now, labels=gone)
        return gone


def read_labels(typed: str, serials: bytes) -> tuple[str, ...]:
    """Gives the serials of the labels that somebody typed.

    Args:
        typed: serials with or without spaces, in any case; or numbers of labels from 1, and ranges of them.
        serials: of the lot, as its row has them: the order of labels on a sheet.

    Raises:
        BadInput: NO_LABEL.
    """
    all_of_them = [
        serials[at : at + SERIAL_CHARS].decode("ascii") for at in range(0, len(serials), SERIAL_CHARS)
    ]
    known = set(all_of_them)
    # Each label once, in the order typed: many ranges over one another take no more memory than the lot.
    found: dict[str, None] = {}
    for word in _words(typed[:TYPED_MAX_CHARS]):
        numbers = _RANGE.fullmatch(word)
        serial = re.sub(r"[\s-]", "", word).upper().translate(_LIKE)
        if serial in known:
            found[serial] = None
        elif numbers is not None and 1 <= int(numbers[1]) <= int(numbers[2] or numbers[1]) <= len(known):
            chosen = islice(all_of_them, int(numbers[1]) - 1, int(numbers[2] or numbers[1]))
            found.update(dict.fromkeys(chosen))
        else:
            raise BadInput("NO_LABEL", f"{word[:40]}: no label of this lot; it has {len(known)}")
        if len(found) == len(known):
            break
    if not found:
        raise BadInput("NO_LABEL", f"a serial, or a number from 1 to {len(known)}, expected")
    return tuple(found)


def label_numbers(wanted: Sequence[str], serials: bytes) -> tuple[int, ...]:
    """Gives the numbers that labels show, from 1, by their serials; 0 for what is no label of the lot."""
    number_of = {
        serials[at : at + SERIAL_CHARS].decode("ascii"): at // SERIAL_CHARS + 1
        for at in range(0, len(serials), SERIAL_CHARS)
    }
    return tuple(number_of.get(serial, 0) for serial in wanted)


def _was_stocked(session: Session, lot: Lot, product: Product) -> bool:
    """Tells whether the lot was added to the stock when it was signed, as the draft says that became it."""
    of_lots = (Draft.workshop_id == product.workshop_id, Draft.kind == LOT_DRAFT)
    signed = select(Draft.document).join(Record, Record.id == Draft.became)
    for text in session.scalars(signed.where(*of_lots)):
        draft = json.loads(text)
        if draft["product"] == product.slug and draft["fields"].get("lot") == lot.number:
            return bool(draft["fields"].get("addStock"))
    return False


def _words(typed: str) -> Iterator[str]:
    """Gives what stands between commas or line ends; numbers may stand between spaces, too."""
    for part in re.split(r"[,;\n\r]+", typed):
        words = part.split()
        if len(words) > 1 and all(_RANGE.fullmatch(word) for word in words):
            yield from words
        elif words:
            yield " ".join(words)


def _unmark(session: Session, lot_id: int, serials: Sequence[str]) -> int:
    wanted = delete(SpoiledUnit).where(SpoiledUnit.lot_id == lot_id, SpoiledUnit.serial.in_(serials))
    return len(session.scalars(wanted.returning(SpoiledUnit.serial)).all())
