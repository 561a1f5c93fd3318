"""The shop's rows of a record that was admitted: villages, workshops, certificates, products and lots."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.db.base import document_text
from shop.db.catalogue import Craft, Product, Village, Workshop
from shop.db.lots import Certificate as CertificateRow
from shop.db.lots import Lot, RecordLink
from shop.db.lots import Record as RecordRow
from shop.errors import BadInput
from shop.facts import files
from shop.facts.documents import village_document
from shop.facts.titles import bare_name
from shop.folding import fold
from shop.money import Dong
from shop.services.products.codes import is_named
from shop.services.products.search_words import keep_search_words
from shop.services.signed.rows import local_id
from traceability.clock import day_in_viet_nam
from traceability.evidence import Reader, SignedRecord
from traceability.policy import LEVELS, level_of
from traceability.records.certificate import Certificate
from traceability.records.facility import VillageRecognition, WorkshopRecord
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustList
from traceability.validity import last_day

__all__ = ["EMPTY_TEXTS", "MOTIF", "Offer", "show_record", "show_waiting"]

MOTIF: Final = "wood"  # of a village that the project has no facts about


@dataclass(frozen=True, slots=True)
class Offer:
    """What the shop says of a product, unsigned: slug, names, craft, price in dong, stock, and texts.

    Attributes:
        texts: summary, making, materials, care and so on, as a product's document holds them; may be empty.
    """

    slug: str
    name_vi: str
    name_en: str
    craft: str
    price: int
    stock: int
    texts: Mapping[str, Any]


def show_record(
    session: Session,
    item: SignedRecord,
    *,
    serials: bytes | None,
    offer: Offer | None,
    trust: TrustList,
    now: datetime,
) -> None:
    """Adds or changes the rows that a stored record speaks of. Events, papers and notices have none.

    Args:
        session: of a transaction that writes.
        item: verified and stored.
        serials: of a passport's lot.
        offer: of a passport's product, where the shop does not know it yet.
        trust: tells whose word weighs more, where a place has several records.
        now: aware.

    Raises:
        BadInput: NO_PLACE, when the village or workshop has no row; NO_PRODUCT, when a new product has no
            offer; OTHER_WORKSHOP, when it is another workshop's; LOT_EXISTS; BAD_OFFER.
    """
    match item.record:
        case VillageRecognition():
            _show_village(session, item, item.record, trust)
        case WorkshopRecord():
            _show_workshop(session, item, item.record, trust)
        case Certificate():
            _show_certificate(session, item, item.record)
        case LotPassport() if serials is not None:
            _show_lot(session, item, item.record, serials, offer, now)
    session.flush()


def _show_village(session: Session, item: SignedRecord, record: VillageRecognition, trust: TrustList) -> None:
    slug = local_id(record.facility_id)
    row = session.scalar(select(Village).where(Village.slug == slug))
    if row is not None:
        if _weighs_more(session, item, row.record_id, trust):
            _set(row, _village_columns(item, record))
            keep_search_words(session, Village.id == row.id)
            row.document = document_text({**json.loads(row.document), "recognition": _recognition(record)})
        return
    known = next((one for one in files.villages()["villages"] if one["slug"] == slug), None)
    words = files.words()["villages"][slug] if known is not None else None
    document = village_document(known) if known is not None else _bare_document(record)
    session.add(
        Village(
            **_village_columns(item, record),
            slug=slug,
            craft_vi=record.craft.name,
            craft_en=known["craft_en"] if known is not None else "",
            craft=words["motif"] if words is not None else MOTIF,
            motif=words["motif"] if words is not None else MOTIF,
            position=(session.scalar(select(func.max(Village.position))) or 0) + 1,
            document=document_text({**document, "recognition": _recognition(record)}),
        )
    )


def _village_columns(item: SignedRecord, record: VillageRecognition) -> dict[str, Any]:
    """Gives the columns that the record states; they change with it."""
    present, name = record.units[-1], bare_name(record.name)
    return {
        "name": name,
        "name_folded": fold(name),
        "commune_name": present.name,
        "commune_code": local_id(present.code or ""),
        "record_id": local_id(item.envelope.id),
    }


def _show_workshop(session: Session, item: SignedRecord, record: WorkshopRecord, trust: TrustList) -> None:
    slug = local_id(record.facility_id)
    row = session.scalar(select(Workshop).where(Workshop.slug == slug))
    if row is not None:
        if row.issuer != record.operator_did:
            raise BadInput("OTHER_WORKSHOP", f"{slug} is operated by {row.issuer}")
        if _weighs_more(session, item, row.record_id, trust):
            _set(row, _workshop_columns(session, item, record))
            keep_search_words(session, Workshop.id == row.id)
        return
    session.add(
        Workshop(
            **_workshop_columns(session, item, record),
            slug=slug,
            name_en="",
            place_en="",
            story_vi="",
            story_en="",
            is_fictional=False,
            issuer=record.operator_did,
        )
    )


def _workshop_columns(session: Session, item: SignedRecord, record: WorkshopRecord) -> dict[str, Any]:
    """Gives the columns that the record states; they change with it."""
    village = session.scalar(select(Village.id).where(Village.slug == local_id(record.village_id)))
    if village is None:
        raise BadInput("NO_PLACE", f"{record.village_id} has no record here yet")
    return {
        "name_vi": record.name,
        "village_id": village,
        "legal_form": record.legal_form,
        "site_kind": record.site_kind,
        "is_inside_village": record.is_inside_village,
        "place_vi": record.place,
        "commune_name": record.units[-1].name,
        "record_id": local_id(item.envelope.id),
    }


def _show_certificate(session: Session, item: SignedRecord, record: Certificate) -> None:
    """Lists a certificate under its product, if the shop knows that one; else it stands in chains alone."""
    product = _product(session, record.product_id) if record.product_id is not None else None
    if product is None or session.get(CertificateRow, local_id(item.envelope.id)) is not None:
        return
    # Two workshops may make one product; a paper of the other one is none of this one's.
    workshop = session.get_one(Workshop, product.workshop_id)
    if workshop.slug != local_id(record.facility_id):
        return
    session.add(
        CertificateRow(
            record_id=local_id(item.envelope.id),
            product_id=product.id,
            kind=record.kind,
            stars=record.ocop.stars if record.ocop is not None else None,
            valid_from=day_in_viet_nam(item.envelope.valid_from),
            valid_until=last_day(record),
        )
    )


def _show_lot(
    session: Session,
    item: SignedRecord,
    record: LotPassport,
    serials: bytes,
    offer: Offer | None,
    now: datetime,
) -> None:
    workshop = session.scalar(select(Workshop).where(Workshop.slug == local_id(record.facility_id)))
    if workshop is None:
        raise BadInput("NO_PLACE", f"{record.facility_id} has no record here yet")
    product = _product(session, record.product_id)
    if product is None:
        product = _new_product(session, record, workshop.id, offer, now)
    if product.workshop_id != workshop.id:
        raise BadInput("OTHER_WORKSHOP", f"{record.product_id} is the product of another workshop")
    if is_named(session, product.gtin or product.code or "", without=product.id):
        raise BadInput("BAD_OFFER", f"{record.product_id}: another product has it as its GTIN or code")
    _demand_one_piece(session, product, record)
    row = session.scalar(select(Lot).where(Lot.product_id == product.id, Lot.number == record.lot))
    if row is not None:
        _correct_lot(session, row, item, record, serials)
        return
    _list_with_first_lot(session, product, now)
    session.add(
        Lot(
            product_id=product.id,
            number=record.lot,
            record_id=local_id(item.envelope.id),
            unit_count=record.unit_count,
            made_on=record.made_on,
            serials=serials,
            sample_label=None,
        )
    )


def _demand_one_piece(session: Session, product: Product, record: LotPassport) -> None:
    """Refuses more than one piece, or another lot, of a product that there is only one of."""
    if not json.loads(product.document).get("oneOff"):
        return
    others = session.scalar(
        select(func.count(Lot.id)).where(Lot.product_id == product.id, Lot.number != record.lot)
    )
    if record.unit_count != 1 or others:
        raise BadInput("ONE_PIECE", f"{record.product_id} is one piece, with one lot of one unit")


def _list_with_first_lot(session: Session, product: Product, now: datetime) -> None:
    """Shows a product from its first lot on, unless its workshop wants it hidden: shops show proven goods."""
    if product.is_listed or not json.loads(product.document).get("wantsListing"):
        return
    if session.scalar(select(Lot.id).where(Lot.product_id == product.id).limit(1)) is None:
        product.is_listed, product.listed_at = True, now


def _correct_lot(session: Session, row: Lot, item: SignedRecord, record: LotPassport, serials: bytes) -> None:
    """Puts a passport in the place of a lot's earlier one, if a notice says so; printed labels stay good."""
    new_id = local_id(item.envelope.id)
    about = select(RecordLink.source).where(RecordLink.target == row.record_id, ~RecordLink.names_successor)
    corrected = select(RecordLink.source).where(
        RecordLink.target == new_id, RecordLink.names_successor, RecordLink.source.in_(about)
    )
    if session.scalar(corrected) is None or row.serials != serials:
        raise BadInput("LOT_EXISTS", f"{record.lot_id} has a passport already")
    row.record_id, row.made_on = new_id, record.made_on


def _new_product(
    session: Session, record: LotPassport, workshop_id: int, offer: Offer | None, now: datetime
) -> Product:
    if offer is None:
        raise BadInput("NO_PRODUCT", f"{record.product_id} is not known here, and nothing is said of it")
    crafts = files.crafts()
    if offer.craft not in crafts or offer.price < 1 or offer.stock < 0:
        raise BadInput("BAD_OFFER", f"{offer.slug}: craft, price or stock cannot be taken")
    if session.scalar(select(Product.id).where(Product.slug == offer.slug)) is not None:
        raise BadInput("BAD_OFFER", f"{offer.slug} is the slug of another product")
    if session.get(Craft, offer.craft) is None:
        name = crafts[offer.craft]
        session.add(Craft(key=offer.craft, name_vi=name["vi"], name_en=name["en"]))
        session.flush()
    motif = session.scalar(
        select(Village.motif)
        .join(Workshop, Workshop.village_id == Village.id)
        .where(Workshop.id == workshop_id)
    )
    product = Product(
        slug=offer.slug,
        workshop_id=workshop_id,
        name_vi=offer.name_vi,
        name_en=offer.name_en,
        name_folded=fold(offer.name_vi),
        craft=offer.craft,
        motif=motif or MOTIF,
        gtin=record.gtin,
        code=None if record.gtin is not None else local_id(record.product_id),
        price=Dong(offer.price),
        stock=offer.stock,
        document=document_text({**EMPTY_TEXTS, **offer.texts}),
        listed_at=now,
        is_listed=True,
    )
    session.add(product)
    session.flush()
    keep_search_words(session, Product.id == product.id)
    show_waiting(session, record.product_id)
    return product


def show_waiting(session: Session, product_id: str) -> None:
    """Lists the certificates that came before their product: each is signed before the first lot.

    Args:
        session: of a transaction that writes.
        product_id: the product's address under the identity host.
    """
    certificates = session.scalars(select(RecordRow.body).where(RecordRow.type == Certificate.KIND))
    for item in map(Reader(1).read, certificates.all()):
        if isinstance(item.record, Certificate) and item.record.product_id == product_id:
            _show_certificate(session, item, item.record)


def _set(row: Village | Workshop, columns: Mapping[str, Any]) -> None:
    for name, value in columns.items():
        setattr(row, name, value)


def _product(session: Session, product_id: str) -> Product | None:
    code = local_id(product_id)
    column = Product.gtin if "/01/" in product_id else Product.code
    return session.scalar(select(Product).where(column == code))


def _weighs_more(session: Session, item: SignedRecord, other_id: str | None, trust: TrustList) -> bool:
    """Tells whether a record takes another's place on pages: a stronger level, or as strong and newer."""
    other = session.get(RecordRow, other_id) if other_id is not None else None
    return other is None or _weight(item, trust) >= _weight(Reader(1).read(other.body), trust)


def _weight(item: SignedRecord, trust: TrustList) -> tuple[int, datetime]:
    role = trust.key(item.claim.method_id).role
    return LEVELS.index(level_of(item.record, role)), item.claim.created


def _recognition(record: VillageRecognition) -> dict[str, Any]:
    """Gives what the signed record says of the title; its words are Vietnamese only."""
    known = record.recognition
    return {
        "type": known.type,
        "title": _vi(known.title),
        "date": _vi(known.granted),
        "decision": known.decision,
        "status": known.status,
    }


def _bare_document(record: VillageRecognition) -> dict[str, Any]:
    """Gives the page of a village that the project has no facts about: what was signed, and nothing else."""
    units = [
        {
            "name": unit.name,
            "district": unit.district,
            "province": record.region,
            "since": unit.since.isoformat() if unit.since else None,
            "until": unit.until.isoformat() if unit.until else None,
            "is_split": False,
        }
        for unit in record.units
    ]
    return {
        "story": {"vi": "", "en": ""}, "alt_names": [], "units": units, "point": None, "point_note": None,
        "founding": None, "heritage": [], "network": None, "facts": [], "cautions": [],
    }  # fmt: skip


EMPTY_TEXTS: Final[dict[str, Any]] = {
    "summary": {"vi": "", "en": ""}, "making": {"vi": "", "en": ""}, "materials": [], "bought_in": [],
    "care": {"vi": "", "en": ""}, "warnings": None, "dimensions": None,
}  # fmt: skip


def _vi(text: str | None) -> dict[str, str] | None:
    return {"vi": text, "en": ""} if text is not None else None
