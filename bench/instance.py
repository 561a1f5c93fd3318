"""The demo that everything is measured over: built afresh in a folder that goes away."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select

from shop.config import DEMO_HOST, Settings, load_settings
from shop.db.lots import SERIAL_CHARS, Lot, Record
from shop.demo.build import build_demo
from shop.wiring import open_migrated
from traceability.evidence import Reader
from traceability.issue import SigningKey, issue_labels
from traceability.labels.code import LabelCode
from traceability.labels.code import parse as parse_code
from traceability.policy import open_trust_list
from traceability.roots import parse_roots
from traceability.signing.keys import load_signer
from traceability.signing.trust import TrustList

__all__ = ["Instance", "make_instance", "settings_for"]

PASSPHRASE: Final = "bench"


@dataclass(frozen=True, slots=True)
class Instance:
    """A built demo.

    Attributes:
        now: the moment of every signature.
        records: the signed bytes of every record.
        labels: the sealed text of one label of each lot.
        units: the paths of the sealed labels of all units of all lots, in no order.
    """

    folder: Path
    now: datetime
    trust: TrustList
    records: tuple[bytes, ...]
    labels: tuple[str, ...]
    units: tuple[str, ...]


def settings_for(folder: Path, port: int) -> Settings:
    """Gives settings for a folder that read nothing else from the environment."""
    return load_settings(
        LANGNGHE_DATA_DIR=folder,
        DATABASE_URL=f"sqlite:///{folder / 'langnghe.sqlite3'}",
        PUBLIC_BASE_URL=f"http://127.0.0.1:{port}",
        IDENTITY_HOST=DEMO_HOST,
        LANGNGHE_MODE="demo",
        LANGNGHE_KEY_PASSPHRASE=PASSPHRASE,
        PORT=port,
        LAN=False,
    )


def make_instance(folder: Path) -> Instance:
    """Builds a demo in an empty folder."""
    now = datetime.now(UTC).replace(microsecond=0)
    database = open_migrated(settings_for(folder, 8000))
    build_demo(database, host=DEMO_HOST, folder=folder, passphrase=PASSPHRASE, now=now)
    with database.read() as session:
        records = tuple(session.scalars(select(Record.body)))
        labels = tuple(text for text in session.scalars(select(Lot.sample_label)) if text)
        lots = [
            (parse_code(lot.sample_label), lot.serials, body)
            for lot, body in session.execute(
                select(Lot, Record.body).join(Record, Record.id == Lot.record_id)
            )
            if lot.sample_label  # not every lot of the demo has labels
        ]
    database.close()
    note = (folder / "bundle" / "trust.txt").read_bytes()
    trust = open_trust_list(note, parse_roots((folder / "roots.txt").read_bytes()))
    units = [path for lot in lots for path in _seal_all(*lot, trust=trust, folder=folder, now=now)]
    random.Random(7).shuffle(units)
    return Instance(folder, now, trust, records, labels, tuple(units))


def _seal_all(
    sample: LabelCode, serials: bytes, body: bytes, *, trust: TrustList, folder: Path, now: datetime
) -> Iterator[str]:
    """Seals every unit of a lot with the workshop's own key, as the workshop would print them."""
    passport = Reader(16).read(body)
    did = passport.envelope.issuer.did
    entry = next(key for key in trust.keys_of(did) if key.use == "seal")
    pem = folder / "keys" / f"{did.rpartition(':')[2]}.seal.pem"
    key = SigningKey(load_signer(f"file:{pem}", PASSPHRASE.encode()), entry)
    lot = replace(sample, seal=None, serial=None)
    items = [serials[start : start + SERIAL_CHARS] for start in range(0, len(serials), SERIAL_CHARS)]
    for code in issue_labels(lot, serials=items, passport=passport, key=key, now=now):
        yield code.path
