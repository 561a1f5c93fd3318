"""Stores the shop's rows of the demo, which point to the records that it signed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from shop.db.base import document_text
from shop.db.catalogue import Craft, Maker, Product, Village, Workshop
from shop.db.instance import InstanceFact
from shop.db.lots import SERIAL_CHARS, Lot
from shop.db.lots import Certificate as CertificateRow
from shop.db.media import EventMedia
from shop.demo import content
from shop.demo.goods import DemoMaker, Goods, IssuedLot
from shop.demo.mishaps import Mishap
from shop.demo.scribe import Scribe
from shop.facts import files
from shop.facts.documents import village_document
from shop.folding import fold
from shop.money import Dong
from shop.services.checking.scans import SAMPLES_FACT
from shop.services.products.search_words import keep_search_words
from shop.services.signed.rows import local_id
from shop.services.uploads.rows import add_media
from traceability.clock import day_in_viet_nam
from traceability.evidence import SignedRecord
from traceability.records.certificate import Certificate
from traceability.validity import last_day

__all__ = ["Issued", "store_shop"]


@dataclass
class Issued:
    """What was signed for each product, by its slug, and the makers that it names, by workshop."""

    makers: dict[str, DemoMaker]
    goods: dict[str, Goods] = field(default_factory=dict)
    certificates: dict[str, list[tuple[dict[str, Any], SignedRecord]]] = field(default_factory=dict)
    lots: dict[str, list[IssuedLot]] = field(default_factory=dict)


def store_shop(session: Session, scribe: Scribe, issued: Issued, mishaps: Sequence[Mishap]) -> None:
    """Stores crafts, villages, workshops, makers, products, certificates, lots, and what went wrong."""
    catalogue = content.catalogue()
    places = {workshop["slug"]: workshop["village"] for workshop in catalogue["workshops"]}
    villages = _villages(places)
    session.add_all(villages.values())
    session.add_all(
        Craft(key=key, name_vi=name["vi"], name_en=name["en"]) for key, name in files.crafts().items()
    )
    session.flush()
    units = {village["slug"]: village["admin"]["from_2025_07_01"] for village in files.villages()["villages"]}
    workshops = {
        item["slug"]: _workshop(scribe, item, villages[item["village"]].id, units[item["village"]])
        for item in catalogue["workshops"]
    }
    session.add_all(workshops.values())
    session.flush()
    session.add_all(
        Maker(
            pseudonym=maker.pseudonym,
            workshop_id=workshops[slug].id,
            name_vi=maker.name["vi"],
            name_en=maker.name["en"],
            salt=maker.salt,
        )
        for slug, maker in issued.makers.items()
    )
    for age, item in enumerate(_mixed(catalogue["products"])):
        product = _product(scribe, item, workshops[item["workshop"]].id, age)
        session.add(product)
        session.flush()
        session.add_all(_certificate(product.id, *pair) for pair in issued.certificates[item["slug"]])
        session.add_all(_lot(product.id, lot) for lot in issued.lots[item["slug"]])
    session.flush()
    _store_shown(session, scribe, {slug: workshop.id for slug, workshop in workshops.items()})
    _store_mishaps(session, scribe, mishaps, {slug: workshop.id for slug, workshop in workshops.items()})


def _store_shown(session: Session, scribe: Scribe, workshops: Mapping[str, int]) -> None:
    """Stores whose the pictures of steps are, and which events have signed their digests."""
    for record_id, picture in scribe.shown.items():
        slug = scribe.issued[record_id].envelope.issuer.did.rpartition(":")[2]
        media_id = add_media(session, picture, account_id=None, workshop_id=workshops[slug], now=scribe.now)
        session.add(EventMedia(record_id=record_id, media_id=media_id))
    session.flush()


def _store_mishaps(
    session: Session, scribe: Scribe, mishaps: Sequence[Mishap], workshops: Mapping[str, int]
) -> None:
    """Stores the lots of the cases under products that the shop does not list, and their labels."""
    for mishap in mishaps:
        product = _product(scribe, mishap.product, workshops[mishap.product["workshop"]], 0)
        product.is_listed = False
        session.add(product)
        session.flush()
        lot = _lot(product.id, mishap.lot)
        lot.sample_label = None  # the labels of the cases stand by themselves
        session.add(lot)
    keep_search_words(session)
    cases = {mishap.name: mishap.label.to_uri() for mishap in mishaps}
    session.add(InstanceFact(key=SAMPLES_FACT, value=document_text(cases)))
    session.flush()


def _mixed(products: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Gives the products in turns, one of each craft after the other, so that the newest are of many."""
    turns: Counter[str] = Counter()
    keyed = []
    for product in products:
        turns[product["craft"]["key"]] += 1
        keyed.append((turns[product["craft"]["key"]], product))
    return [product for _, product in sorted(keyed, key=lambda pair: pair[0])]


def _villages(places: dict[str, str]) -> dict[str, Village]:
    crafts = _village_crafts(places)
    found = {}
    for position, village in enumerate(files.villages()["villages"]):
        slug, unit = village["slug"], village["admin"]["from_2025_07_01"]
        motif = files.words()["villages"][slug]["motif"]
        found[slug] = Village(
            slug=slug,
            name=files.village_name(village),
            name_folded=fold(files.village_name(village)),
            craft_vi=village["craft_vi"],
            craft_en=village["craft_en"],
            craft=crafts.get(slug, motif),
            motif=motif,
            position=position,
            commune_name=unit["unit"],
            commune_code=unit["code"],
            document=document_text(village_document(village)),
            record_id=f"village-{slug}",
        )
    return found


def _village_crafts(places: dict[str, str]) -> dict[str, str]:
    """Gives each village the craft that most of its products are of."""
    counts: dict[str, Counter[str]] = {}
    for product in content.catalogue()["products"]:
        counts.setdefault(places[product["workshop"]], Counter())[product["craft"]["key"]] += 1
    return {slug: count.most_common(1)[0][0] for slug, count in counts.items()}


def _workshop(scribe: Scribe, item: dict[str, Any], village_id: int, unit: dict[str, Any]) -> Workshop:
    site = item["site"]
    return Workshop(
        slug=item["slug"],
        name_vi=item["name"]["vi"],
        name_en=item["name"]["en"],
        village_id=village_id,
        legal_form=item["legal_form"],
        site_kind=site["kind"],
        is_inside_village=site["inside_village"],
        place_vi=site["place"]["vi"],
        place_en=site["place"]["en"],
        commune_name=site["unit"]["name"] if site["unit"] else unit["unit"],
        story_vi=item["story"]["vi"],
        story_en=item["story"]["en"],
        is_fictional=True,
        issuer=scribe.did(item["slug"]),
        record_id=f"workshop-{item['slug']}",
    )


def _product(scribe: Scribe, item: dict[str, Any], workshop_id: int, age: int) -> Product:
    shown = ("summary", "making", "materials", "bought_in", "care", "warnings", "dimensions")
    return Product(
        slug=item["slug"],
        workshop_id=workshop_id,
        name_vi=item["name"]["vi"],
        name_en=item["name"]["en"],
        name_folded=fold(item["name"]["vi"]),
        craft=item["craft"]["key"],
        motif=item["motif"],
        gtin=item["gtin"],
        code=item["code"],
        price=Dong(item["price"]),
        stock=item["stock"],
        document=document_text({name: item[name] for name in shown}),
        listed_at=scribe.now - timedelta(hours=age),
        is_listed=True,
    )


def _certificate(product_id: int, item: dict[str, Any], signed: SignedRecord) -> CertificateRow:
    """Gives the row that the filters use: whole days in Viet Nam, as pages print them."""
    record = signed.record
    return CertificateRow(
        record_id=local_id(signed.envelope.id),
        product_id=product_id,
        kind=item["kind"],
        stars=item.get("stars"),
        valid_from=day_in_viet_nam(signed.envelope.valid_from),
        valid_until=last_day(record) if isinstance(record, Certificate) else None,
    )


def _lot(product_id: int, lot: IssuedLot) -> Lot:
    return Lot(
        product_id=product_id,
        number=lot.number,
        record_id=local_id(lot.passport.envelope.id),
        unit_count=len(lot.serials) // SERIAL_CHARS,
        made_on=lot.made_on,
        serials=lot.serials,
        sample_label=lot.sample_label.to_uri(),
    )
