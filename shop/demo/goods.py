"""Signs the demo's goods: certificates, the events of each lot, its passport, and one sealed sample label."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from shop.demo.scribe import Scribe
from traceability.clock import VIET_NAM_TIME
from traceability.evidence import Reader, SignedRecord
from traceability.issue import issue_labels, new_serials
from traceability.labels.code import LabelCode
from traceability.records.canonical import digest_multibase
from traceability.records.certificate import Certificate, OcopResult
from traceability.records.event import EVENT_KINDS, Quantity, TraceEvent
from traceability.records.passport import BoughtIn, LotPassport, Maker, Material
from traceability.records.terms import Classification, Party

__all__ = [
    "COUNCIL",
    "INSPECTOR",
    "DemoMaker",
    "Goods",
    "IssuedLot",
    "issue_certificates",
    "issue_lot",
    "relabel",
]

COUNCIL: Final = "ocop-ha-noi"
INSPECTOR: Final = "inspector-1"
OCOP_MONTHS: Final = 36
_SCHEMES: Final = {
    "ocop": ("ocop", "Bộ tiêu chí đánh giá, phân hạng sản phẩm OCOP"),
    "inspection": ("inspection", "Kiểm tra tại cơ sở (mẫu)"),
}


@dataclass(frozen=True, slots=True)
class DemoMaker:
    """A fictional maker, with the salt that the shop keeps beside the name."""

    pseudonym: str
    name: dict[str, str]
    salt: bytes

    def to_signed(self) -> Maker:
        """Gives what may be signed: the pseudonym and a commitment to the name."""
        return Maker(self.pseudonym, digest_multibase(self.salt + self.name["vi"].encode("utf-8")))


@dataclass(frozen=True, slots=True)
class Goods:
    """One product of the catalogue with the workshop that makes it, as the signer needs them."""

    product: dict[str, Any]
    workshop: SignedRecord
    workshop_slug: str
    suppliers: Mapping[str, str]  # supplier id -> Vietnamese name
    maker: DemoMaker

    @property
    def path(self) -> str:
        """`01/<gtin>` or `P/<code>`."""
        product = self.product
        return f"01/{product['gtin']}" if product["gtin"] else f"P/{product['code']}"


@dataclass(frozen=True, slots=True)
class IssuedLot:
    """A lot as it was issued: its passport, serials, and one label to show in the demo."""

    lot_id: str
    number: str
    passport: SignedRecord
    made_on: date
    serials: bytes
    sample_label: LabelCode


def issue_certificates(scribe: Scribe, goods: Goods) -> list[tuple[dict[str, Any], SignedRecord]]:
    """The council and the inspector sign what the catalogue gives a product."""
    return [
        (value, _issue_certificate(scribe, goods, value, number))
        for number, value in enumerate(goods.product["certificates"], start=1)
    ]


def issue_lot(
    scribe: Scribe, goods: Goods, lot: dict[str, Any], certificates: Sequence[SignedRecord]
) -> IssuedLot:
    """The workshop signs the events of a lot and then its passport, and seals one label."""
    lot_id = scribe.url(f"{goods.path}/10/{lot['number']}")
    events = [
        _issue_event(scribe, goods, lot_id, lot, event, number)
        for number, event in enumerate(lot["events"], start=1)
    ]
    serials = new_serials(lot["units"], secrets.token_bytes)
    passport = _issue_passport(scribe, goods, lot, [goods.workshop, *events, *certificates], serials)
    made_on = _day(scribe, lot["made_days_ago"])
    label = _seal(scribe, goods, lot["number"], serials, passport)
    return IssuedLot(lot_id, lot["number"], passport, made_on, serials, label)


def relabel(scribe: Scribe, goods: Goods, lot: IssuedLot, passport: SignedRecord) -> IssuedLot:
    """Gives a lot under another passport, with a label that was sealed for that one."""
    label = _seal(scribe, goods, lot.number, lot.serials, passport)
    return replace(lot, passport=passport, sample_label=label)


def _seal(scribe: Scribe, goods: Goods, number: str, serials: bytes, passport: SignedRecord) -> LabelCode:
    """Gives the label of the lot's first serial."""
    product = goods.product
    code = LabelCode(scribe.host.upper(), gtin=product["gtin"], code=product["code"], lot=number)
    seal_key = scribe.keys[f"{goods.workshop_slug}#seal"]
    labels = issue_labels(code, serials=[serials[:12]], passport=passport, key=seal_key, now=scribe.now)
    return next(labels)


def _issue_certificate(scribe: Scribe, goods: Goods, value: dict[str, Any], number: int) -> SignedRecord:
    kind, product = value["kind"], goods.product
    issuer = COUNCIL if kind == "ocop" else INSPECTOR
    since = scribe.now - timedelta(days=value["starts_days_ago"])
    scheme, scheme_name = _SCHEMES[kind]
    title = _certificate_title(value)
    finding = value.get("finding")
    record = Certificate(
        envelope=scribe.envelope(
            Certificate,
            f"{kind}-{product['slug']}-{number}",
            issuer=issuer,
            name=f"{title['vi']} – {product['name']['vi']}",
            valid_from=since,
            valid_until=_months_later(since, OCOP_MONTHS)
            if kind == "ocop"
            else since + timedelta(days=value["valid_days"]),
            linked=[goods.workshop],
        ),
        kind=kind,
        title=title["vi"],
        issued_to=_producer(goods),
        scheme_id=scribe.url(f"schemes/{scheme}"),
        scheme_name=scheme_name,
        scheme_version=_ocop_scheme(since.date()) if kind == "ocop" else "mẫu",
        assessed_on=(min(since, scribe.now) - timedelta(days=7)).date(),
        facility_id=scribe.url(f"workshops/{goods.workshop_slug}"),
        facility_name=_producer(goods).name,
        product_id=scribe.url(goods.path),
        product_name=product["name"]["vi"],
        ocop=OcopResult(value["stars"], value["score"]) if kind == "ocop" else None,
        finding=finding["vi"] if finding else None,
    )
    english = {"name": f"{title['en']} – {product['name']['en']}", "title": title["en"]}
    return scribe.issue(record, issuer=issuer, linked=[goods.workshop], english=english)


def _certificate_title(value: dict[str, Any]) -> dict[str, str]:
    if value["kind"] != "ocop":
        return dict(value["name"])
    return {"vi": f"OCOP {value['stars']} sao", "en": f"OCOP {value['stars']} stars"}


def _ocop_scheme(start: date) -> str:
    """Gives the rule set of a day: Decision 1489 amended 148 from 2025-07-06."""
    return "148/2023+1489/2025" if start >= date(2025, 7, 6) else "148/2023"


def _issue_event(
    scribe: Scribe, goods: Goods, lot_id: str, lot: dict[str, Any], value: dict[str, Any], number: int
) -> SignedRecord:
    kind = value["kind"]
    inputs = [_quantity(scribe, goods, lot_id, item) for item in value["inputs"]]
    outputs = [_quantity(scribe, goods, lot_id, item) for item in value["outputs"]]
    if EVENT_KINDS[kind].action is not None:
        inputs, outputs = [], outputs or inputs
    record_id = f"event-{goods.path.rpartition('/')[2].lower()}-{lot['number'].lower()}-{number}"
    shown = scribe.shown.get(record_id)
    record = TraceEvent(
        envelope=scribe.envelope(
            TraceEvent,
            record_id,
            issuer=goods.workshop_slug,
            name=value["name"]["vi"],
            valid_from=_moment(scribe, value["days_ago"], hour=7 + number),
            linked=[goods.workshop],
        ),
        kind=kind,
        time=_moment(scribe, value["days_ago"], hour=7 + number),
        detail=value["detail"]["vi"],
        place_id=scribe.url(f"workshops/{goods.workshop_slug}"),
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        evidence=(shown.digest,) if shown is not None else (),
    )
    english = {"name": value["name"]["en"], "detail": value["detail"]["en"]}
    return scribe.issue(record, issuer=goods.workshop_slug, linked=[goods.workshop], english=english)


def _issue_passport(
    scribe: Scribe, goods: Goods, lot: dict[str, Any], linked: Sequence[SignedRecord], serials: bytes
) -> SignedRecord:
    product, made_on = goods.product, _day(scribe, lot["made_days_ago"])
    shelf_life = product["shelf_life_days"]
    record = LotPassport(
        envelope=scribe.envelope(
            LotPassport,
            f"lot-{goods.path.rpartition('/')[2].lower()}-{lot['number'].lower()}",
            issuer=goods.workshop_slug,
            name=f"Hộ chiếu lô {lot['number']} – {product['name']['vi']}",
            valid_from=scribe.now - timedelta(days=lot["issued_days_ago"]),
            linked=linked,
        ),
        lot_id=scribe.url(f"{goods.path}/10/{lot['number']}"),
        product_name=product["name"]["vi"],
        lot=lot["number"],
        category=Classification(product["hs"]["code"], product["hs"]["name"]),
        producer=_producer(goods),
        facility_id=scribe.url(f"workshops/{goods.workshop_slug}"),
        facility_name=_producer(goods).name,
        made_on=made_on,
        unit_count=lot["units"],
        serial_root=Reader(16).serials(serials).root.hex(),
        materials=tuple(_material(item) for item in product["materials"]),
        bought_in=tuple(_bought_in(goods, item) for item in lot.get("bought_in", product["bought_in"])),
        gtin=product["gtin"],
        expires_on=made_on + timedelta(days=shelf_life) if shelf_life is not None else None,
        warnings=product["warnings"]["vi"] if product["warnings"] else None,
        makers=(goods.maker.to_signed(),),
    )
    english = {"name": f"Passport of lot {lot['number']} – {product['name']['en']}"}
    if product["warnings"]:
        english["warnings"] = product["warnings"]["en"]
    return scribe.issue(record, issuer=goods.workshop_slug, linked=linked, english=english)


def _producer(goods: Goods) -> Party:
    record = goods.workshop.record
    return Party(record.operator_did, record.name)  # type: ignore[union-attr]  # Goods holds a WorkshopRecord


def _material(value: dict[str, Any]) -> Material:
    hs = Classification(value["hs"]["code"], value["hs"]["name"])
    return Material(value["name"]["vi"], value["origin"]["vi"], value["country"], value["percent"], hs)


def _bought_in(goods: Goods, value: dict[str, Any]) -> BoughtIn:
    return BoughtIn(value["name"]["vi"], goods.suppliers[value["supplier"]], value["country"])


def _quantity(scribe: Scribe, goods: Goods, lot_id: str, value: dict[str, Any]) -> Quantity:
    """Gives a quantity; finished goods carry the lot's id, every other thing an id of the workshop's."""
    name = value["name"]["vi"]
    own = hashlib.sha256(name.encode()).hexdigest()[:12]
    is_product = name == goods.product["name"]["vi"] and value["uom"] == "H87"
    return Quantity(
        id=lot_id if is_product else scribe.url(f"workshops/{goods.workshop_slug}/things/{own}"),
        name=name,
        amount=value["quantity"],
        uom=value["uom"],
        supplier=goods.suppliers[value["supplier"]] if value.get("supplier") else None,
        is_bought_in=value["is_bought_in"],
    )


def _day(scribe: Scribe, days_ago: int) -> date:
    return (scribe.now.astimezone(VIET_NAM_TIME) - timedelta(days=days_ago)).date()


def _moment(scribe: Scribe, days_ago: int, *, hour: int) -> datetime:
    """Gives a working hour of a day, never later than the moment of signing."""
    local = datetime.combine(_day(scribe, days_ago), time(min(hour, 17), 30), VIET_NAM_TIME)
    return min(local, scribe.now).astimezone(scribe.now.tzinfo)


def _months_later(start: datetime, months: int) -> datetime:
    """Gives the same day so many months later, or the month's last day where there is no such day."""
    year, month = divmod(start.month - 1 + months, 12)
    for day in range(start.day, 27, -1):
        try:
            return start.replace(year=start.year + year, month=month + 1, day=day)
        except ValueError:
            continue
    return start.replace(year=start.year + year, month=month + 1)
