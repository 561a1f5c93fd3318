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
from shop.demo.accounts import ASSOCIATION_SLUG, make_sample_accounts
from shop.demo.folders import (
    BUNDLE,
    KEYS,
    LOG,
    begin_log,
    demo_passphrase,
    drop,
    put_in_place,
    stage,
)
from shop.demo.goods import COUNCIL, INSPECTOR, DemoMaker, Goods, issue_certificates, issue_lot
from shop.demo.illustrations import keep_illustrations
from shop.demo.mishaps import STOLEN_FROM, forge_with_stolen_key, issue_mishaps
from shop.demo.parties import Party, make_parties, replace_stolen_key
from shop.demo.places import PROVINCE, issue_village, issue_workshop
from shop.demo.public_files import (
    remember_roots,
    remembered_trust,
    restore_public_files,
    write_roots,
)
from shop.demo.scribe import Scribe
from shop.demo.waiting import make_sample_requests
from shop.facts import files
from shop.media import MediaStore
from shop.passwords import Passwords
from shop.services.log.ledger import Ledger
from shop.services.log.setup import HEADS, open_ledger
from shop.services.signed.rows import store_records, store_trust_list
from shop.services.workshops.services import MEDIA
from traceability.policy import log_policy
from traceability.roots import ROOTS_FILE

__all__ = ["DEMO_FACT", "build_demo"]

DEMO_FACT: Final = "demo_built_at"
BUILD_WAIT_S: Final = 60
BUILD_LOCK: Final = 0x64656D6F  # the advisory lock of demo builds; any number of our own does ("demo")


def build_demo(
    database: Database,
    *,
    host: str,
    folder: Path,
    passphrase: str | None,
    now: datetime,
    heads: Path | None = None,
    passwords: Passwords | None = None,
) -> bool:
    """Makes the demo's data, unless it is there already; True when it was made now.

    Args:
        database: migrated.
        host: the identity host, which everything is signed under.
        folder: the data folder; gets `keys/`, `passphrase`, `roots.txt`, `log/` and `bundle/`.
        passphrase: for the key files; None writes one to `passphrase`, readable by the owner alone.
        now: the moment of every signature.
        heads: where the last signed head of the log is remembered; None is `heads/` in the data folder.
        passwords: how the accounts' password is hashed; None is as settings say by default.

    Raises:
        ConfigurationError: FOREIGN_FILES, where a folder holds what somebody else made; NO_LOG, when the
            demo that is there was made before there was a log.
        OSError: the data folder cannot be written.
    """
    now, heads = now.replace(microsecond=0), heads or folder / HEADS
    with database.write() as session:
        _wait_for_other_builds(session)
        is_new = session.get(InstanceFact, DEMO_FACT) is None
        if is_new:
            _sign_and_store(session, host=host, folder=folder, heads=heads, passphrase=passphrase, now=now)
        make_sample_accounts(session, passwords=passwords or Passwords(), now=now)
        if is_new:
            make_sample_requests(session, MediaStore(folder / MEDIA), now=now)
    _sign_first_head(database, host=host, folder=folder, heads=heads, passphrase=passphrase, now=now)
    if is_new:
        restore_public_files(database, folder=folder)
    return is_new


def _sign_and_store(
    session: Session, *, host: str, folder: Path, heads: Path, passphrase: str | None, now: datetime
) -> None:
    """Signs everything, stores and logs it, and puts keys and roots in place; the commit comes after."""
    part = stage(folder, KEYS, BUNDLE, LOG, ROOTS_FILE)
    key = demo_passphrase(folder, passphrase)
    parties = make_parties(_parties(host), host=host, folder=part / KEYS, passphrase=key, now=now)
    scribe = Scribe(host, parties.keys, now, shown=keep_illustrations(folder / MEDIA))
    issued = _issue_everything(scribe)
    mishaps = issue_mishaps(scribe, issued.goods)
    store_trust_list(session, parties.trust, parties.trust_note)
    log_size = 1 + len(_log(session, scribe))
    # From here on a thief signs, until a new trust list tells where in the log the theft was found.
    mishaps.append(forge_with_stolen_key(scribe, issued.goods))
    _log(session, scribe)
    parties = replace_stolen_key(
        parties, STOLEN_FROM, log_size=log_size, folder=part / KEYS, passphrase=key, now=now
    )
    scribe.keys = parties.keys
    store_trust_list(session, parties.trust, parties.trust_note)
    store_records(session, scribe.issue_status_lists())
    rows.store_shop(session, scribe, issued, mishaps)
    remember_roots(session, parties.roots)
    session.add(InstanceFact(key=DEMO_FACT, value=now.isoformat()))
    session.flush()
    write_roots(part, parties.roots)
    # If the commit fails, the next build replaces what it finds in place.
    begin_log(folder, heads)
    drop(folder, BUNDLE)
    put_in_place(part, KEYS, ROOTS_FILE)


def _log(session: Session, scribe: Scribe) -> tuple[int, ...]:
    """Stores and logs all that was issued so far; what is there already stays as it is."""
    return store_records(session, list(scribe.issued.values()), translations=scribe.translations)


def _sign_first_head(
    database: Database, *, host: str, folder: Path, heads: Path, passphrase: str | None, now: datetime
) -> None:
    """Signs, has cosigned and publishes what was committed; after a crash the next start comes here again."""
    trust = remembered_trust(database)
    if trust is None or Ledger(database, policy=log_policy(trust), signing=None).latest() is not None:
        return
    key = demo_passphrase(folder, passphrase)
    ledger = open_ledger(
        database, trust, host=host, keys=folder / KEYS, folder=folder / LOG, heads=heads, passphrase=key
    )
    if ledger.signs:
        ledger.checkpoint(now)
        ledger.publish()


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
        issued.goods[product["slug"]] = goods
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
    everywhere = tuple(f"https://{host}/villages/{slug}" for slug in villages)
    yield Party(ASSOCIATION_SLUG, "Hiệp hội làng nghề mẫu", "association", everywhere)
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
