"""The rows that were read off signed records: lots, certificates, workshops, villages, and who makes what."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from shop.audit.log import LoggedEntries
from shop.audit.records import Records, shown
from shop.audit.rows import Row, read_rows
from shop.db.lots import SERIAL_CHARS
from shop.facts.titles import bare_name
from traceability.clock import day_in_viet_nam
from traceability.errors import NotVerified, Reason, TraceabilityError
from traceability.evidence import Reader, SignedRecord
from traceability.labels import seal
from traceability.labels.code import parse as parse_label
from traceability.ledger.audit import Fault
from traceability.records.certificate import Certificate
from traceability.records.facility import VillageRecognition, WorkshopRecord
from traceability.records.notice import Notice
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustList
from traceability.validity import last_day

__all__ = ["check_places"]


@dataclass(slots=True)
class _Shop:
    """What rows are compared with.

    Attributes:
        records: sound records by local id.
        trust: whose keys seal labels.
        replaced: local ids of passports that another one has taken the place of.
        products: rows by number.
        workshops: rows by number.
        villages: slugs by number.
    """

    records: Records
    trust: TrustList | None
    replaced: frozenset[str]
    products: dict[int, Row] = field(default_factory=dict)
    workshops: dict[int, Row] = field(default_factory=dict)
    villages: dict[int, str] = field(default_factory=dict)


def check_places(
    session: Session, logged: LoggedEntries, records: Records, trust: TrustList | None
) -> Iterator[Fault]:
    """Compares lots, certificates, workshops and villages with the records that they were read off.

    They decide whose name stands beside a green band, so none may be missing either.
    """
    shop = _Shop(records, trust, _replaced(records, logged))
    for row in read_rows(session, "villages"):
        shop.villages[row["id"]] = row["slug"]
        if row["record_id"] is not None:
            yield from _judge(f"village {shown(row['slug'])}", partial(_village, row, records))
    for row in read_rows(session, "workshops"):
        shop.workshops[row["id"]] = row
        yield from _judge(f"workshop {shown(row['slug'])}", partial(_workshop, row, shop))
    shop.products = {row["id"]: row for row in read_rows(session, "products")}
    for row in read_rows(session, "lots"):
        yield from _judge(f"lot {shown(row['number'])}", partial(_lot, row, shop))
    for row in read_rows(session, "certificates"):
        yield from _judge(f"certificate {shown(row['record_id'])}", partial(_certificate, row, shop))
    yield from _missing(session, shop)


def _missing(session: Session, shop: _Shop) -> Iterator[Fault]:
    """Names the records that should have a row and have none."""
    lots = {row["record_id"] for row in read_rows(session, "lots", without=("serials",))}
    certificates = {row["record_id"] for row in read_rows(session, "certificates")}
    places = {row["slug"] for row in read_rows(session, "villages") if row["record_id"] is not None}
    workshops = {row["slug"] for row in shop.workshops.values()}
    listed = {
        (row["gtin"] or row["code"], shop.workshops[row["workshop_id"]]["slug"])
        for row in shop.products.values()
        if row["is_listed"] and row["workshop_id"] in shop.workshops
    }
    for record_id, item in shop.records.items():
        match item.record:
            case LotPassport():
                is_there = record_id in lots or record_id in shop.replaced
            case Certificate():
                of = (_last(item.record.product_id), _last(item.record.facility_id))
                is_there = record_id in certificates or of not in listed
            case WorkshopRecord():
                is_there = _last(item.record.facility_id) in workshops
            case VillageRecognition():
                is_there = _last(item.record.facility_id) in places
            case _:
                continue
        if not is_there:
            yield Fault(f"record {shown(record_id)}", Reason.BAD_LOG, f"no row shows this {item.record.KIND}")


def _replaced(records: Records, logged: LoggedEntries) -> frozenset[str]:
    """Gives the passports that a correction says another one of their lot takes the place of.

    Only one that was logged later does, or two passports could replace each other.
    """
    by_url = {item.envelope.id: item for item in records.values()}
    found = set()
    for item in records.values():
        if not isinstance(item.record, Notice) or item.record.supersedes is None:
            continue
        earlier, later = by_url.get(item.record.about), by_url.get(item.record.supersedes)
        if earlier is not None and later is not None and _takes_place(later, earlier, logged):
            found.add(_last(earlier.envelope.id))
    return frozenset(found)


def _takes_place(later: SignedRecord, earlier: SignedRecord, logged: LoggedEntries) -> bool:
    if not isinstance(later.record, LotPassport) or not isinstance(earlier.record, LotPassport):
        return False
    urls = (earlier.envelope.id, later.envelope.id)
    before, after = (logged.places.get(url, (-1, b""))[0] for url in urls)
    return later.record.lot_id == earlier.record.lot_id and before < after


def _lot(row: Row, shop: _Shop) -> None:
    _, record = _record(shop.records, row["record_id"], LotPassport)
    product = shop.products[row["product_id"]]
    serials: bytes = row["serials"]
    if (record.lot, record.unit_count, record.made_on.isoformat()) != (
        row["number"],
        row["unit_count"],
        row["made_on"],
    ):
        raise ValueError("number, units or day are not the passport's")
    if (
        len(serials) != SERIAL_CHARS * record.unit_count
        or Reader(16).serials(serials).root.hex() != record.serial_root
    ):
        raise ValueError("the serials are not those that were signed for")
    if _last(record.product_id) not in (product["gtin"], product["code"]):
        raise ValueError("the lot stands under another product")
    if _last(record.facility_id) != shop.workshops[product["workshop_id"]]["slug"]:
        raise ValueError("its product stands under another workshop than the passport names")
    if row["record_id"] in shop.replaced:
        raise ValueError("another passport has taken the place of this one")
    if row["sample_label"] is not None:
        _sample(row["sample_label"], record, serials, shop.trust)


def _sample(text: str, record: LotPassport, serials: bytes, trust: TrustList | None) -> None:
    code = parse_label(text)
    serial = (code.serial or "").encode()
    if code.lot_uri != record.lot_id or serial not in Reader(16).serials(serials).members:
        raise ValueError("the sample label is of another lot")
    if code.to_uri() != text or code.seal is None or trust is None:
        raise ValueError("the sample label is spelled otherwise, or carries no seal")
    signed = seal.parse(code.seal)
    for key in trust.seal_keys(signed.kid):
        try:
            key.method.key.verify(signed.signature, signed.message(code))
            return
        except NotVerified:
            continue
    raise ValueError("the sample label's seal does not fit")


def _certificate(row: Row, shop: _Shop) -> None:
    item, record = _record(shop.records, row["record_id"], Certificate)
    until = last_day(record)
    expected = {
        "kind": record.kind,
        "stars": record.ocop.stars if record.ocop is not None else None,
        "valid_from": day_in_viet_nam(item.envelope.valid_from).isoformat(),
        "valid_until": until.isoformat() if until is not None else None,
    }
    _compare(row, expected)
    product = shop.products[row["product_id"]]
    if record.product_id is not None and _last(record.product_id) not in (product["gtin"], product["code"]):
        raise ValueError("the certificate stands under another product")
    if _last(record.facility_id) != shop.workshops[product["workshop_id"]]["slug"]:
        raise ValueError("its product stands under another workshop than the certificate names")


def _workshop(row: Row, shop: _Shop) -> None:
    _, record = _record(shop.records, row["record_id"], WorkshopRecord)
    expected = {
        "issuer": record.operator_did,
        "slug": _last(record.facility_id),
        "name_vi": record.name,
        "legal_form": record.legal_form,
        "site_kind": record.site_kind,
        "is_inside_village": int(record.is_inside_village),
        "place_vi": record.place,
        "commune_name": record.units[-1].name,
    }
    _compare(row, expected)
    if _last(record.village_id) != shop.villages.get(row["village_id"]):
        raise ValueError("it stands under another village than the record names")


def _village(row: Row, records: Records) -> None:
    _, record = _record(records, row["record_id"], VillageRecognition)
    present = record.units[-1]
    expected = {
        "slug": _last(record.facility_id),
        "name": bare_name(record.name),
        "commune_name": present.name,
        "commune_code": _last(present.code or ""),
    }
    _compare(row, expected)


def _compare(row: Row, expected: Mapping[str, Any]) -> None:
    for name, value in expected.items():
        if row[name] != value:
            raise ValueError(f"the column {name} is not what the record says")


def _record(records: Records, record_id: str, kind: type[Any]) -> tuple[SignedRecord, Any]:
    item = records.get(record_id)
    if item is None or not isinstance(item.record, kind):
        raise ValueError(f"there is no sound {kind.KIND} {shown(record_id)}")
    return item, item.record


def _judge(where: str, compare: Callable[[], None]) -> Iterator[Fault]:
    try:
        compare()
    except KeyError:
        yield Fault(where, Reason.BAD_LOG, "its product or workshop is not there")
    except (TraceabilityError, ValueError) as error:
        code = error.code if isinstance(error, TraceabilityError) else Reason.BAD_LOG
        yield Fault(where, code, shown(str(error)))


def _last(url: str | None) -> str:
    return (url or "").rpartition("/")[2]
