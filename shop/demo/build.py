"""Builds the demo once: keys, trust list, records, rows, and the bundle that verifies without us."""

import secrets
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from shop.db.instance import InstanceFact
from shop.db.session import Database
from shop.demo import content, rows
from shop.demo.goods import COUNCIL, INSPECTOR, Goods, issue_certificates, issue_lot
from shop.demo.parties import Parties, Party, make_parties
from shop.demo.places import PROVINCE, issue_village, issue_workshop
from shop.demo.scribe import Scribe
from shop.facts import files
from traceability.bundle import write_bundle

__all__ = ["DEMO_FACT", "build_demo"]

DEMO_FACT: Final = "demo_built_at"


def build_demo(database: Database, *, host: str, folder: Path, passphrase: str | None, now: datetime) -> bool:
    """Makes the demo's data, unless it is there already; True when it was made now.

    Args:
        database: migrated.
        host: the identity host, which everything is signed under.
        folder: the data folder; gets `keys/`, `passphrase`, `roots.txt` and `bundle/`.
        passphrase: for the key files; None writes one to `passphrase`, readable by the owner alone.
        now: the moment of every signature.
    """
    with database.write() as session:
        if session.get(InstanceFact, DEMO_FACT) is not None:
            return False
        now = now.replace(microsecond=0)
        parties = make_parties(
            _parties(host),
            host=host,
            folder=_fresh_keys(folder),
            passphrase=_passphrase(folder, passphrase),
            now=now,
        )
        scribe = Scribe(host, parties.keys, now)
        issued = _issue_everything(scribe)
        rows.store_records(session, scribe)
        rows.store_shop(session, scribe, issued)
        rows.store_trust_list(session, parties)
        session.add(InstanceFact(key=DEMO_FACT, value=now.isoformat()))
        _write_public_files(folder, parties, scribe, issued)
    return True


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
    issued = rows.Issued()
    for product in catalogue["products"]:
        goods = Goods(product, workshops[product["workshop"]], product["workshop"], suppliers)
        certificates = issue_certificates(scribe, goods)
        issued.certificates[product["slug"]] = certificates
        signed = [item for _, item in certificates]
        issued.lots[product["slug"]] = [issue_lot(scribe, goods, lot, signed) for lot in product["lots"]]
    return issued


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


def _fresh_keys(folder: Path) -> Path:
    """Gives an empty folder for keys; one that a broken start left behind signed nothing that was kept."""
    keys = folder / "keys"
    if keys.exists():
        shutil.rmtree(keys)
    keys.mkdir(parents=True, mode=0o700)
    return keys


def _passphrase(folder: Path, given: str | None) -> bytes:
    if given is not None:
        return given.encode()
    path = folder / "passphrase"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24) + "\n", encoding="ascii")
    return path.read_text(encoding="ascii").strip().encode()


def _write_public_files(folder: Path, parties: Parties, scribe: Scribe, issued: rows.Issued) -> None:
    """Writes what a stranger needs to verify the demo offline, and the pinned roots of this shop."""
    (folder / "roots.txt").write_text("".join(f"{vkey}\n" for vkey in parties.roots), encoding="utf-8")
    shutil.rmtree(folder / "bundle", ignore_errors=True)
    lots = [lot for many in issued.lots.values() for lot in many]
    write_bundle(
        folder / "bundle",
        trust_note=parties.trust_note,
        roots=parties.roots,
        records={item.envelope.id: item.data for item in scribe.issued.values()},
        serials={lot.lot_id: lot.serials for lot in lots},
    )
