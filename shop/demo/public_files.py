"""What a stranger needs to verify the demo offline: the bundle, and the roots that this shop pins."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.instance import InstanceFact
from shop.db.lots import Lot, Record, TrustList
from shop.db.session import Database
from shop.demo.folders import BUNDLE, put_in_place, stage
from traceability.bundle import write_bundle
from traceability.labels.code import parse as parse_label
from traceability.roots import ROOTS_FILE

__all__ = ["remember_roots", "restore_public_files", "write_public_files"]

ROOTS_FACT: Final = "demo_roots"


def write_public_files(
    part: Path,
    *,
    trust_note: bytes,
    roots: Sequence[str],
    records: Mapping[str, bytes],
    serials: Mapping[str, bytes],
) -> None:
    """Writes `roots.txt` and `bundle/`; the arguments are those of `write_bundle`."""
    (part / ROOTS_FILE).write_text("".join(f"{vkey}\n" for vkey in roots), encoding="utf-8")
    write_bundle(part / BUNDLE, trust_note=trust_note, roots=roots, records=records, serials=serials)


def remember_roots(session: Session, roots: Sequence[str]) -> None:
    """Stores the demo's roots beside its records.

    For the demo alone: roots that come from the same database as the trust list prove nothing about it.
    """
    session.add(InstanceFact(key=ROOTS_FACT, value="\n".join(roots)))


def restore_public_files(database: Database, *, folder: Path) -> tuple[str, ...]:
    """Writes the demo's `roots.txt` and `bundle/` again where they are missing.

    Returns:
        The names of what was missing.

    Raises:
        ConfigurationError: FOREIGN_FILES.
        OSError: the folder cannot be written.
    """
    missing = tuple(name for name in (BUNDLE, ROOTS_FILE) if not (folder / name).exists())
    if not missing:
        return ()
    with database.read() as session:
        fact = session.get(InstanceFact, ROOTS_FACT)
        if fact is None:
            return ()
        note = session.scalars(select(TrustList.note).order_by(TrustList.sequence.desc())).first() or ""
        lots = session.execute(select(Lot.sample_label, Lot.serials)).all()
        records = {url: body for url, body in session.execute(select(Record.url, Record.body))}
    part = stage(folder, *missing)
    write_public_files(
        part,
        trust_note=note.encode("utf-8"),
        roots=fact.value.split("\n"),
        records=records,
        serials={parse_label(label or "").lot_uri or "": serials for label, serials in lots},
    )
    put_in_place(part, *missing)
    return missing
