"""Builds the demo once: keys, trust list, records, rows, and the bundle that verifies without us."""

import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from shop.db.instance import InstanceFact
from shop.db.session import Database
from shop.demo import content, rows
from shop.demo.folders import BUNDLE, KEYS, put_in_place, stage
from shop.demo.goods import COUNCIL, INSPECTOR, DemoMaker, Goods, issue_certificates, issue_lot
from shop.demo.parties import Parties, Party, make_parties
from shop.demo.places import PROVINCE, issue_village, issue_workshop
from shop.demo.public_files import remember_roots, write_public_files
from shop.demo.scribe import Scribe
from shop.facts import files
from traceability.roots import ROOTS_FILE

__all__ = ["DEMO_FACT", "build_demo"]

DEMO_FACT: Final = "demo_built_at"
BUILD_WAIT_S: Final = 60
BUILD_LOCK: Final = 0x64656D6F  # the advisory lock of demo builds; any number of our own does ("demo")


def build_demo(database: Database, *, host: str, folder: Path, passphrase: str | None, now: datetime) -> bool:
    """Makes the demo's data, unless it is there already; True when it was made now.

    Args:
        database: migrated.
        host: the identity host, which everything is signed under.
        folder: the data folder; gets `keys/`, `passphrase`, `roots.txt` and `bundle/`.
        passphrase: for the key files; None writes one to `passphrase`, readable by the owner alone.
        now: the moment of every signature.

    Raises:
        ConfigurationError: FOREIGN_FILES, where the data folder holds keys or a bundle of somebody else.
        OSError: the data folder cannot be written.
    """
    with database.write() as session:
        _wait_for_other_builds(session)
        if session.get(InstanceFact, DEMO_FACT) is not None:
            return False
        now, part = now.replace(microsecond=0), stage(folder, KEYS, BUNDLE, ROOTS_FILE)
        parties = make_parties(
            _parties(host),
            host=host,
            folder=part / KEYS,
            passphrase=_passphrase(folder, passphrase),
            now=now,
        )
        scribe = Scribe(host, parties.keys, now)
        issued = _issue_everything(scribe)
        rows.store_records(session, scribe)
        rows.store_shop(session, scribe, issued)
        rows.store_trust_list(session, parties)
        remember_roots(session, parties.roots)
        session.add(InstanceFact(key=DEMO_FACT, value=now.isoformat()))
        session.flush()
        _write_public_files(part, parties, scribe, issued)
        # Only the commit comes after this; if it fails, the next build replaces what it finds in place.
        put_in_place(part, KEYS, BUNDLE, ROOTS_FILE)
    return True


def _wait_for_other_builds(session: Session) -> None:
    """Takes PostgreSQL's lock of demo builds till the end of the transaction; SQLite has the gate for it.

    Without it a second build would clear away the key files of the first while that one still signs.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL statement_timeout = 0"))
        session.execute(text(f"SET LOCAL lock_timeout = '{BUILD_WAIT_S}s'"))
        session.execute(text(f"SELECT pg_advisory_xact_lock({BUILD_LOCK})"))


def _issue_everything(scribe: Scribe) -> rows.Issued:
    """Signs village by village, workshop by workshop, product by product: links point backwards."""
    catalogue, words = content.catalogue(), files.words()["villages"]
    villages = {village["slug"]: village for village in files.villages()["villages"]}
    recognitions = {slug: issue_village(scribe, village, words[slug]) for slug, village in villages.items()}
    workshops = {
        workshop["slug"]: issue_workshop(
            scribe, workshop, villages[workshop["village"]], recognitions[workshop["village"]]
        )
        for workshop in catalogue["workshops"]
    }
    suppliers = {supplier["id"]: supplier["name"]["vi"] for supplier in catalogue["suppliers"]}
    issued = rows.Issued(makers={workshop["slug"]: _maker(workshop) for workshop in catalogue["workshops"]})
    for product in catalogue["products"]:
        slug = product["workshop"]
        goods = Goods(product, workshops[slug], slug, suppliers, issued.makers[slug])
        certificates = issue_certificates(scribe, goods)
        issued.certificates[product["slug"]] = certificates
        signed = [item for _, item in certificates]
        issued.lots[product["slug"]] = [issue_lot(scribe, goods, lot, signed) for lot in product["lots"]]
    return issued


def _maker(workshop: dict[str, Any]) -> DemoMaker:
    """Gives a workshop's maker a pseudonym that says nothing, and a salt of their own."""
    return DemoMaker(f"m-{secrets.token_hex(6)}", workshop["maker"], secrets.token_bytes(16))


def _parties(host: str) -> Iterator[Party]:
    """Gives every party of the demo, each marked as a sample by its name."""
    villages = {village["slug"]: village for village in files.villages()["villages"]}
    yield Party(PROVINCE, "Ủy ban nhân dân thành phố Hà Nội (mẫu)", "province", ("vn:01",))
    yield Party(COUNCIL, "Hội đồng OCOP thành phố Hà Nội (mẫu)", "ocop_council", ("vn:01",))
    yield Party(INSPECTOR, "Cơ quan kiểm tra mẫu", "inspector", ("vn:01",))
    communes = {}
    for workshop in content.catalogue()["workshops"]:
        unit = villages[workshop["village"]]["admin"]["from_2025_07_01"]
        communes[unit["code"]] = unit["unit"]
    for code, name in communes.items():
        spoken = name[0].lower() + name[1:]
        yield Party(f"commune-{code}", f"Ủy ban nhân dân {spoken} (mẫu)", "commune", (f"vn:01/{code}",))
    for workshop in content.catalogue()["workshops"]:
        scope = (f"https://{host}/workshops/{workshop['slug']}",)
        yield Party(workshop["slug"], workshop["name"]["vi"], "workshop", scope, ("record", "seal"))


def _passphrase(folder: Path, given: str | None) -> bytes:
    if given is not None:
        return given.encode()
    path = folder / "passphrase"
    # An empty file is what a start leaves that broke off between these two lines.
    if not path.exists() or not path.stat().st_size:
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24) + "\n", encoding="ascii")
    return path.read_text(encoding="ascii").strip().encode()


def _write_public_files(part: Path, parties: Parties, scribe: Scribe, issued: rows.Issued) -> None:
    write_public_files(
        part,
        trust_note=parties.trust_note,
        roots=parties.roots,
        records={item.envelope.id: item.data for item in scribe.issued.values()},
        serials={lot.lot_id: lot.serials for lots in issued.lots.values() for lot in lots},
    )
