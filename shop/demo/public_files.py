"""What a stranger needs to verify the demo offline: the bundle, and the roots that this shop pins."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.catalogue import Product
from shop.db.instance import InstanceFact
from shop.db.lots import Lot, Record
from shop.db.lots import TrustList as TrustListRow
from shop.db.session import Database
from shop.db.status_lists import newest_status_lists
from shop.demo.folders import BUNDLE, put_in_place, stage
from shop.errors import ConfigurationError
from shop.services.log.ledger import Ledger
from traceability.bundle import write_bundle
from traceability.labels.code import LabelCode
from traceability.policy import log_policy, open_trust_list
from traceability.roots import ROOTS_FILE, parse_roots
from traceability.signing.trust import TrustList

__all__ = ["remember_roots", "remembered_trust", "restore_public_files", "write_roots"]

ROOTS_FACT: Final = "demo_roots"


def write_roots(part: Path, roots: Sequence[str]) -> None:
    """Writes `roots.txt`: vkey lines."""
    (part / ROOTS_FILE).write_text("".join(f"{vkey}\n" for vkey in roots), encoding="utf-8")


def remember_roots(session: Session, roots: Sequence[str]) -> None:
    """Stores the demo's roots beside its records.

    For the demo alone: roots that come from the same database as the trust list prove nothing about it.
    """
    session.add(InstanceFact(key=ROOTS_FACT, value="\n".join(roots)))


def remembered_trust(database: Database) -> TrustList | None:
    """Gives the demo's trust list, opened with the roots beside it; None where this is no demo.

    Raises:
        ConfigurationError: NO_LOG, when the demo was made before there was a log.
    """
    with database.read() as session:
        roots, note = _roots_and_note(session)
    if not roots:
        return None
    trust = open_trust_list(note, parse_roots("".join(f"{vkey}\n" for vkey in roots).encode()))
    if trust.log_policy is None:
        raise ConfigurationError(
            "NO_LOG",
            "this demo was made by an earlier version, which had no log: set another LANGNGHE_DATA_DIR"
            " (and DATABASE_URL, where that is set), and it is made anew there",
        )
    return trust


def restore_public_files(database: Database, *, folder: Path) -> tuple[str, ...]:
    """Writes the demo's `roots.txt` and `bundle/` where they are missing, with receipts of the newest head.

    Returns:
        The names of what was missing.

    Raises:
        ConfigurationError: FOREIGN_FILES; NO_LOG.
        OSError: the folder cannot be written.
    """
    missing = tuple(name for name in (BUNDLE, ROOTS_FILE) if not (folder / name).exists())
    trust = remembered_trust(database) if missing else None
    if trust is None:
        return ()
    with database.read() as session:
        roots, note = _roots_and_note(session)
        lots = session.execute(
            select(Lot.number, Product.gtin, Product.code, Lot.serials).join(
                Product, Product.id == Lot.product_id
            )
        ).all()
        records = {url: body for url, body in session.execute(select(Record.url, Record.body))}
        lists = {row.url: row for row in session.scalars(newest_status_lists())}
    part = stage(folder, *missing)
    write_roots(part, roots)
    write_bundle(
        part / BUNDLE,
        trust_note=note,
        roots=roots,
        records=records,
        serials={_lot_uri(trust, number, gtin, code): serials for number, gtin, code, serials in lots},
        receipts=Ledger(database, policy=log_policy(trust), signing=None).receipts(
            [*records, *(f"{url}#{row.version}" for url, row in lists.items())]
        ),
        status_lists={url: row.body for url, row in lists.items()},
    )
    put_in_place(part, *missing)
    return missing


def _lot_uri(trust: TrustList, number: str, gtin: str | None, code: str | None) -> str:
    return LabelCode(trust.hosts[0].name.upper(), gtin=gtin, code=code, lot=number).lot_uri or ""


def _roots_and_note(session: Session) -> tuple[list[str], bytes]:
    """Gives the remembered roots, none where this is no demo, and the newest trust list's note."""
    fact = session.get(InstanceFact, ROOTS_FACT)
    note = session.scalars(select(TrustListRow.note).order_by(TrustListRow.sequence.desc())).first() or ""
    return (fact.value.split("\n") if fact is not None else [], note.encode("utf-8"))
