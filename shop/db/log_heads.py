"""The signed heads of the log together with what witnesses signed under them, newest first."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from shop.db.base import Instant
from shop.db.log import LogCheckpoint, LogCosignature
from traceability.ledger import note as notes
from traceability.ledger.heads import SignedHead
from traceability.ledger.note import Note, Signature

__all__ = ["add_cosignatures", "heads_newest_first"]

HEADS_A_QUERY: Final = 32

# Both databases spell it so; two processes may bring the line of one witness at once.
ADD_LINE: Final = text(
    "INSERT INTO log_cosignatures (size, witness, line, received_at)"
    " VALUES (:size, :witness, :line, :received_at) ON CONFLICT (size, witness) DO NOTHING"
).bindparams(bindparam("received_at", type_=Instant()))


def add_cosignatures(
    session: Session, size: int, lines: Sequence[Signature], *, received_at: datetime
) -> None:
    """Keeps the lines of witnesses under the head of a size; of each witness its first one.

    Args:
        session: of a transaction that writes.
        size: of a kept head.
        lines: checked by the caller.
        received_at: aware.
    """
    rows = [
        {
            "size": size,
            "witness": f"{line.name} {line.key_id.hex()}",
            "line": _write(line),
            "received_at": received_at,
        }
        for line in lines
    ]
    if rows:
        session.execute(ADD_LINE, rows)


def heads_newest_first(session: Session, *, above: int = -1) -> Iterator[SignedHead]:
    """Gives the heads of more than `above` entries, each with the lines of its witnesses.

    Usually one look-up: it reads on only while its reader asks for older heads.
    """
    below: int | None = None
    while True:
        chosen = select(LogCheckpoint.size).where(LogCheckpoint.size > above)
        chosen = chosen if below is None else chosen.where(LogCheckpoint.size < below)
        chosen = chosen.order_by(LogCheckpoint.size.desc()).limit(HEADS_A_QUERY)
        rows = session.execute(
            select(LogCheckpoint.size, LogCheckpoint.note, LogCheckpoint.signed_at, LogCosignature.line)
            .outerjoin(LogCosignature, LogCosignature.size == LogCheckpoint.size)
            .where(LogCheckpoint.size.in_(chosen.scalar_subquery()))
            .order_by(LogCheckpoint.size.desc(), LogCosignature.witness)
        ).all()
        if not rows:
            return
        below = rows[-1].size
        for size in dict.fromkeys(row.size for row in rows):
            own = [row for row in rows if row.size == size]
            whole = own[0].note + "".join(row.line for row in own if row.line is not None)
            yield SignedHead(notes.parse(whole.encode()), own[0].signed_at)


def _write(line: Signature) -> str:
    """Gives the line as it stands in a note, with its newline."""
    return Note("\n", (line,)).to_bytes().decode().removeprefix("\n\n")
