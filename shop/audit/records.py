"""Signed records and trust lists, and the rows that were read off them, compared with their bytes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy.orm import Session

from shop.audit.log import LoggedEntries
from shop.audit.rows import Row, read_rows
from shop.db.base import EPOCH, MILLISECOND
from shop.db.lots import SERIAL_CHARS
from traceability.clock import day_in_viet_nam
from traceability.entry import TRUST_LIST, record_entry, trust_list_entry
from traceability.errors import NotVerified, Reason, TraceabilityError
from traceability.evidence import Reader, SignedRecord
from traceability.labels import seal
from traceability.labels.code import parse as parse_label
from traceability.ledger import note as notes
from traceability.ledger.audit import Fault
from traceability.ledger.merkle import leaf_hash
from traceability.ledger.note import Verifier
from traceability.limits import TRUST_LIST_MAX_BYTES
from traceability.policy import check_succession, open_trust_list
from traceability.records.canonical import canonical
from traceability.records.certificate import Certificate
from traceability.records.facility import VillageRecognition, WorkshopRecord
from traceability.records.notice import Notice
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustList
from traceability.validity import last_day

__all__ = ["check_places", "check_records", "check_trust_lists"]

Records = Mapping[str, SignedRecord]
NOT_STORED: Final = frozenset(
    {TRUST_LIST, "StatusList", "Incident", ""}
)  # entries without a row in `records`


def check_trust_lists(
    session: Session, logged: LoggedEntries, roots: Sequence[Verifier], faults: list[Fault]
) -> TrustList | None:
    """Checks every trust list and that each follows the one before; gives the newest that opens."""
    newest: TrustList | None = None
    found = set[str]()
    for row in read_rows(session, "trust_lists"):
        where = f"trust list {row['sequence']}"
        try:
            data = row["note"].encode("utf-8")
            trust = open_trust_list(data, roots)
            entry = trust_list_entry(trust, notes.parse(data, max_bytes=TRUST_LIST_MAX_BYTES))
            found.add(entry.id)
            if trust.sequence != row["sequence"] or _instant(trust.issued) != row["published_at"]:
                raise ValueError("the row and the list differ in number or time")
            if newest is not None:
                check_succession(newest, trust)
            faults += _check_logged(where, entry.id, leaf_hash(entry.body), logged)
            newest = trust
        except (TraceabilityError, ValueError) as error:
            faults.append(_fault(where, error))
    for name, (index, _) in logged.places.items():
        if logged.kinds[name] == TRUST_LIST and name not in found:
            faults.append(
                Fault(f"entry {index}", Reason.BAD_LOG, f"no sound trust list {_shown(name)} is stored")
            )
    return newest


def check_records(
    session: Session,
    logged: LoggedEntries,
    trust: TrustList | None,
    faults: list[Fault],
    tick: Callable[[], None],
) -> dict[str, SignedRecord]:
    """Reads every record again: digest, row, proof, entry in the log, links; gives them by local id."""
    reader, found = Reader(1), dict[str, SignedRecord]()
    for row in read_rows(session, "records"):
        tick()
        where = f"record {_shown(row['id'])}{_index(logged, row['url'])}"
        try:
            item = reader.read(row["body"])
            _compare_row(row, item)
            if trust is not None:
                reader.prove(row["body"], trust.key(item.claim.method_id).method.key)
        except (TraceabilityError, ValueError) as error:
            faults.append(_fault(where, error))
            continue
        found[row["id"]] = item
        faults += _check_logged(where, item.envelope.id, leaf_hash(record_entry(item).body), logged)
    faults += _check_entries_have_records(logged, found)
    faults += _check_links(session, found)
    return found


def check_places(session: Session, records: Records, trust: TrustList | None) -> Iterator[Fault]:
    """Compares lots, certificates, workshops and villages with the records that they were read off."""
    products = {row["id"]: row for row in read_rows(session, "products")}
    for row in read_rows(session, "lots"):
        yield from _judge(f"lot {_shown(row['number'])}", partial(_lot, row, records, products, trust))
    for row in read_rows(session, "certificates"):
        where = f"certificate {_shown(row['record_id'])}"
        yield from _judge(where, partial(_certificate, row, records, products))
    for row in read_rows(session, "workshops"):
        yield from _judge(f"workshop {_shown(row['slug'])}", partial(_workshop, row, records))
    for row in read_rows(session, "villages"):
        if row["record_id"] is not None:
            yield from _judge(f"village {_shown(row['slug'])}", partial(_village, row, records))


def _compare_row(row: Row, item: SignedRecord) -> None:
    envelope = item.envelope
    expected = {
        "body": canonical(item.document),
        "digest": item.digest,
        "url": envelope.id,
        "id": envelope.id.rpartition("/")[2],
        "type": item.record.KIND,
        "issuer": envelope.issuer.did,
        "issued_at": _instant(item.claim.created),
    }
    for name, value in expected.items():
        if row[name] != value:
            raise ValueError(f"the column {name} is not what the record says")


def _check_logged(where: str, entry_id: str, leaf: bytes, logged: LoggedEntries) -> Iterator[Fault]:
    place = logged.places.get(entry_id)
    if place is None:
        yield Fault(where, Reason.NOT_LOGGED, "the log has no entry of it")
    elif place[1] != leaf:
        yield Fault(where, Reason.LOG_CONFLICT, f"entry {place[0]} was logged for other bytes")


def _check_entries_have_records(logged: LoggedEntries, found: Records) -> Iterator[Fault]:
    urls = {item.envelope.id for item in found.values()}
    for name, (index, _) in logged.places.items():
        if logged.kinds[name] not in NOT_STORED and name not in urls:
            yield Fault(f"entry {index}", Reason.BAD_LOG, f"no sound record of {_shown(name)} is stored")


def _check_links(session: Session, found: Records) -> Iterator[Fault]:
    ids = {item.envelope.id: record_id for record_id, item in found.items()}
    expected = {
        (record_id, ids[link.url]): int(_names_successor(item, link.url))
        for record_id, item in found.items()
        for link in item.envelope.links
        if link.url in ids
    }
    rows = {(row["source"], row["target"]): row for row in read_rows(session, "record_links")}
    for source, target in sorted(rows.keys() & expected.keys()):
        if rows[source, target]["names_successor"] != expected[source, target]:
            where, detail = (
                f"link {_shown(source)} > {_shown(target)}",
                "its mark is not what the record says",
            )
            yield Fault(where, Reason.BAD_LOG, detail)
    stored = rows.keys()
    for source, target in sorted(stored ^ expected.keys()):
        if source in found and (target in found or (source, target) in stored):
            state = "is missing" if (source, target) in expected else "is not in the record"
            yield Fault(
                f"link {_shown(source)} > {_shown(target)}", Reason.BAD_LOG, f"the row of the link {state}"
            )
        elif (source, target) in stored and source not in found:
            yield Fault(
                f"link {_shown(source)} > {_shown(target)}", Reason.BAD_LOG, "it links from nothing sound"
            )


def _names_successor(item: SignedRecord, url: str) -> bool:
    return isinstance(item.record, Notice) and item.record.names_successor(url)


def _lot(row: Row, records: Records, products: Mapping[int, Row], trust: TrustList | None) -> None:
    item, record = _record(records, row["record_id"], LotPassport)
    product = products[row["product_id"]]
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
    if record.product_id.rpartition("/")[2] not in (product["gtin"], product["code"]):
        raise ValueError("the lot stands under another product")
    if row["sample_label"] is not None:
        _sample(row["sample_label"], item, record, serials, trust)


def _sample(
    text: str, item: SignedRecord, record: LotPassport, serials: bytes, trust: TrustList | None
) -> None:
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


def _certificate(row: Row, records: Records, products: Mapping[int, Row]) -> None:
    item, record = _record(records, row["record_id"], Certificate)
    until = last_day(record)
    expected = {
        "kind": record.kind,
        "stars": record.ocop.stars if record.ocop is not None else None,
        "valid_from": day_in_viet_nam(item.envelope.valid_from).isoformat(),
        "valid_until": until.isoformat() if until is not None else None,
    }
    for name, value in expected.items():
        if row[name] != value:
            raise ValueError(f"the column {name} is not what the certificate says")
    product = products[row["product_id"]]
    if record.product_id is not None and record.product_id.rpartition("/")[2] not in (
        product["gtin"],
        product["code"],
    ):
        raise ValueError("the certificate stands under another product")


def _workshop(row: Row, records: Records) -> None:
    _, record = _record(records, row["record_id"], WorkshopRecord)
    if record.operator_did != row["issuer"] or record.facility_id.rpartition("/")[2] != row["slug"]:
        raise ValueError("the record is of another workshop")


def _village(row: Row, records: Records) -> None:
    _, record = _record(records, row["record_id"], VillageRecognition)
    if record.facility_id.rpartition("/")[2] != row["slug"]:
        raise ValueError("the record is of another village")


def _record(records: Records, record_id: str, kind: type[Any]) -> tuple[SignedRecord, Any]:
    item = records.get(record_id)
    if item is None or not isinstance(item.record, kind):
        raise ValueError(f"there is no sound {kind.KIND} {_shown(record_id)}")
    return item, item.record


def _judge(where: str, compare: Callable[[], None]) -> Iterator[Fault]:
    try:
        compare()
    except (TraceabilityError, ValueError, KeyError) as error:
        yield _fault(where, error)


def _fault(where: str, error: Exception) -> Fault:
    if isinstance(error, KeyError):
        return Fault(where, Reason.BAD_LOG, "its product is not there")
    code = error.code if isinstance(error, TraceabilityError) else Reason.BAD_LOG
    return Fault(where, code, _shown(str(error)))


def _index(logged: LoggedEntries, url: Any) -> str:
    place = logged.places.get(url)
    return f" (entry {place[0]})" if place is not None else ""


def _instant(moment: datetime) -> int:
    return (moment - EPOCH) // MILLISECOND


def _shown(text: Any) -> str:
    """Gives text that can be printed, whatever bytes it was read from."""
    return str(text).encode("utf-8", "backslashreplace").decode("utf-8")
