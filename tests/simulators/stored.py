"""The simulated village in a database, log and heads included, and what `fsck` finds in such a log."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from shop.audit.log import check_heads, compare_head, read_log
from shop.db.catalogue import Craft, Product, Workshop
from shop.db.catalogue import Village as VillageRow
from shop.db.ledger_store import join_log
from shop.db.log_heads import add_cosignatures
from shop.db.lots import Certificate, Lot
from shop.db.session import Database
from shop.money import Dong
from shop.services.signed.rows import store_records, store_trust_list
from tests.simulators.village import Village
from traceability.clock import day_in_viet_nam
from traceability.ledger.audit import Fault
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.heads import SignedHead
from traceability.ledger.note import Note, Signature
from traceability.records.passport import LotPassport
from traceability.validity import last_day

__all__ = ["log_faults", "store_head", "store_village"]


def log_faults(session: Session, kept: Checkpoint | None = None) -> list[Fault]:
    """Gives what is wrong with the log alone, and where a head was kept outside, against that."""
    faults: list[Fault] = []
    logged = read_log(session, faults)
    faults += check_heads(session, logged, None)
    if kept is not None:
        faults += compare_head(kept, logged, "kept")
    return faults


def store_village(database: Database) -> Village:
    """Stores a whole small village: trust list, records, log, head, cosignature, and the shop's rows."""
    village = Village().issue_all()
    with database.write() as session:
        store_trust_list(session, village.trust, village.trust_note())
        store_records(session, list(village.records.values()))
        _store_shop(session, village)
    store_head(database, village)
    return village


def store_head(database: Database, village: Village) -> SignedHead:
    """Signs what is in the log with the village's log key, has it cosigned, and stores both."""
    with database.write() as session:
        log = join_log(session)
        note = village.head(log.leaves(0, log.size()))
        head = SignedHead(_bare(note, note.signatures[:1]), village.now)
        log.add_head(head)
        add_cosignatures(session, log.size(), note.signatures[1:], received_at=village.now)
    return head


def _bare(note: Note, lines: Sequence[Signature]) -> Note:
    return Note(note.text, tuple(lines))


def _store_shop(session: Session, village: Village) -> None:
    stars = village.records["certificate"]
    passport = village.records["passport"].record
    assert isinstance(passport, LotPassport)
    session.add(Craft(key="gom-su", name_vi="Gốm sứ", name_en="Pottery"))
    session.add(
        VillageRow(
            id=1, slug="lang-mau", name="Mẫu", name_folded="mau", craft_vi="Gốm",
            craft_en="Pottery",
            craft="gom-su", motif="ceramics", position=0, commune_name="Xã Mẫu", commune_code="00577",
            document="{}", record_id="village",
        )
    )  # fmt: skip
    session.flush()
    session.add(
        Workshop(
            id=1, slug="xuong-mau", name_vi="Xưởng mẫu", name_en="Sample workshop", village_id=1,
            legal_form="household_business", site_kind="home", is_inside_village=True, place_vi="Làng Mẫu",
            place_en="Sample village", commune_name="Xã Mẫu", story_vi="", story_en="", is_fictional=True,
            issuer=passport.producer.did, record_id="workshop",
        )
    )  # fmt: skip
    session.flush()
    session.add(
        Product(
            id=1, slug="binh-mau", workshop_id=1, name_vi="Bình mẫu", name_en="Sample vase",
            name_folded="binh mau", craft="gom-su", motif="ceramics", gtin=passport.gtin, code=None,
            price=Dong(100_000), stock=1, document="{}", listed_at=village.now - timedelta(days=1),
            is_listed=True,
        )
    )  # fmt: skip
    session.flush()
    session.add(
        Lot(
            id=1, product_id=1, number=passport.lot, record_id="passport", unit_count=passport.unit_count,
            made_on=passport.made_on, serials=village.serials, sample_label=village.labels()[0].to_uri(),
        )
    )  # fmt: skip
    session.add(
        Certificate(
            record_id="certificate", product_id=1, kind="ocop", stars=4,
            valid_from=day_in_viet_nam(stars.envelope.valid_from),
            valid_until=last_day(stars.record),  # type: ignore[arg-type]  # it is a Certificate
        )
    )  # fmt: skip
