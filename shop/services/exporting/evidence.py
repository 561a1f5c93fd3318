"""The signed record as files: a bundle that `langnghe` reads, and scripts that a page may load from disk.

A page that was opened from a file may not fetch, but it may load classic scripts. So each record, lot and
status list stands in a script of its own, which hands its data to the checker and does nothing else.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased, undefer

from shop.db.catalogue import Product
from shop.db.ledger_store import SqlLedger
from shop.db.lots import Lot, Record, RecordLink
from shop.db.session import Database
from shop.db.signed import load_signed
from shop.db.status_lists import StatusListVersion
from shop.services.signed.rows import local_id
from traceability.bundle_files import bundle_files
from traceability.ledger.heads import SignedHead
from traceability.ledger.log import prove_entries
from traceability.ledger.merkle import leaf_hash
from traceability.records.canonical import sha256
from traceability.records.event import TraceEvent
from traceability.records.notice import Notice
from traceability.records.passport import LotPassport

__all__ = ["ExportEvidence", "ExportedLot", "evidence_script"]

AT_ONCE: Final = 500
SERIAL_CHARS: Final = 12

File = tuple[str, bytes]
Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ExportedLot:
    """One lot of the export: the path of its label without a serial, and the name of its script."""

    path: str
    name: str


def evidence_script(name: str, payload: Mapping[str, Any]) -> File:
    """Gives the script that hands `payload` to the checker under a name.

    It has one spelling: base64 has no escapes, the digest is of the base64 text, and nothing follows the last
    bracket. So a script with a flipped bit is broken, of another name, or of another digest.
    """
    text = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    packed = b64encode(text.encode()).decode("ascii")
    digest = sha256(packed.encode()).hex()
    return f"evidence/{name}.js", f'langnghe.evidence("{name}","{digest}","{packed}")'.encode("ascii")


class ExportEvidence:
    """Every record that stands under one head of the log, and every lot whose passport does.

    Args:
        database: open.
        head: trusted; records behind it are left out, because nobody could prove them yet.
        host: the identity host.
        trust_note: the signed trust list.
        roots: vkeys.
    """

    def __init__(
        self, database: Database, head: SignedHead, *, host: str, trust_note: bytes, roots: Sequence[str]
    ) -> None:
        self._database, self._head, self._host = database, head, host
        self._trust_note, self._roots = trust_note, roots
        with database.read() as session:
            rows = session.execute(select(Record.url, Record.id).order_by(Record.id))
            urls = {row.url: row.id for row in rows}
            self._ids = {urls[url] for url in self._logged(session, urls)}
            self._lists = self._newest_lists(session)
        self.left_out = len(urls) - len(self._ids)

    def payloads(self, made_at: str) -> Iterator[tuple[str, Payload]]:
        """Gives the name and the data of everything that the checker may ask for, trust list and head first.

        Args:
            made_at: the moment of the copy, as records spell it.
        """
        yield "trust", self._trust_payload(made_at)
        for part in self._record_parts():
            yield from part.items()
        yield from self._list_payloads()
        for _, name, payload in self._lot_payloads():
            yield name, payload

    def records(self) -> Iterator[File]:
        """Gives the files of the records, each with its receipt, and the trust list with the roots."""
        yield from self._bundle({}, {})
        for part in self._record_parts():
            bodies = {payload["id"]: payload["record"].encode() for payload in part.values()}
            receipts = {payload["id"]: payload["receipt"].encode() for payload in part.values()}
            yield from self._bundle(bodies, receipts)
            for name, payload in part.items():
                yield evidence_script(name, payload)

    def status_lists(self) -> Iterator[File]:
        """Gives the files of the newest status lists, each with its receipt."""
        for name, payload in self._list_payloads():
            receipts = {payload["entry"]: payload["receipt"].encode()}
            yield from self._bundle({}, receipts, {payload["id"]: payload["list"].encode()})
            yield evidence_script(name, payload)

    def lots(self) -> Iterator[tuple[ExportedLot, File]]:
        """Gives every lot with its script: its passport, and its serials as hashes only.

        Serials are not public: whoever has one can ask for it, nobody can read them off the export.
        """
        for lot, name, payload in self._lot_payloads():
            yield lot, evidence_script(name, payload)

    def trust(self, made_at: str) -> File:
        """Gives the script with the trust list, its roots, and the head that everything stands under."""
        return evidence_script("trust", self._trust_payload(made_at))

    def _trust_payload(self, made_at: str) -> Payload:
        return {
            "trust": self._trust_note.decode(),
            "roots": "".join(f"{vkey}\n" for vkey in self._roots),
            "checkpoint": self._head.note.to_bytes().decode(),
            "madeAt": made_at,
        }

    def _record_parts(self) -> Iterator[dict[str, Payload]]:
        """Gives the data of some records at a time, by name."""
        for ids in _parts(sorted(self._ids)):
            with self._database.read() as session:
                chosen = select(Record.id, Record.url, Record.body).where(Record.id.in_(ids))
                rows = session.execute(chosen.order_by(Record.id)).all()
                proven = prove_entries(SqlLedger(session), [row.url for row in rows], self._head)
                needs = self._needs(session, ids)
            yield {
                f"record/{row.id}": {
                    "id": row.url,
                    "record": row.body.decode(),
                    "receipt": proven[row.url].to_bytes().decode(),
                    "needs": needs[row.id] + self._lists_of(row.body),
                }
                for row in rows
            }

    def _list_payloads(self) -> Iterator[tuple[str, Payload]]:
        for url, version in self._lists.items():
            with self._database.read() as session:
                row = session.get_one(StatusListVersion, (url, version))
                entry_id = f"{url}#{version}"
                receipt = prove_entries(SqlLedger(session), [entry_id], self._head)[entry_id].to_bytes()
            lists = {"id": url, "list": row.body.decode(), "entry": entry_id, "receipt": receipt.decode()}
            yield _list_name(url), {**lists, "needs": []}

    def _lot_payloads(self) -> Iterator[tuple[ExportedLot, str, Payload]]:
        chosen = select(Lot, Product.gtin, Product.code).join(Product).order_by(Lot.id)
        with self._database.read() as session:
            ids = session.scalars(select(Lot.id).where(Lot.record_id.in_(self._ids)).order_by(Lot.id)).all()
        for lot_id in ids:
            with self._database.read() as session:
                row = session.execute(chosen.where(Lot.id == lot_id).options(undefer(Lot.serials))).one()
                chain = [local_id(url) for url in load_signed(session, row.Lot.record_id).bodies]
                yield self._lot(row.Lot, f"01/{row.gtin}" if row.gtin else f"P/{row.code}", chain)

    def _bundle(
        self,
        records: Mapping[str, bytes],
        receipts: Mapping[str, bytes],
        status_lists: Mapping[str, bytes] | None = None,
    ) -> Iterator[File]:
        """Gives the files by which `langnghe` reads the export as a bundle."""
        note, roots = self._trust_note, self._roots
        files = bundle_files(
            trust_note=note,
            roots=roots,
            records=records,
            serials={},
            receipts=receipts,
            status_lists=status_lists,
        )
        yield from files.items()

    def _lot(self, lot: Lot, product: str, chain: list[str]) -> tuple[ExportedLot, str, Payload]:
        path = f"{product}/10/{lot.number}"
        name = f"lot/{path.replace('/', '_')}"
        starts = range(0, len(lot.serials), SERIAL_CHARS)
        leaves = b"".join(leaf_hash(lot.serials[start : start + SERIAL_CHARS]) for start in starts)
        payload: Payload = {
            "lot": f"https://{self._host}/{path}",
            "passport": f"https://{self._host}/records/{lot.record_id}",
            "leaves": b64encode(leaves).decode("ascii"),
            "needs": [f"record/{one}" for one in chain if one in self._ids],
        }
        return ExportedLot(path, name), name, payload

    def _needs(self, session: Session, ids: Sequence[str]) -> dict[str, list[str]]:
        """Gives for each record what it links to, and the notices and later events that link to it."""
        source, target = aliased(Record), aliased(Record)
        is_later = or_(
            source.type == Notice.KIND,
            and_(source.type == TraceEvent.KIND, target.type == LotPassport.KIND),
        )
        links = session.execute(
            select(RecordLink.source, RecordLink.target, is_later)
            .join(source, source.id == RecordLink.source)
            .join(target, target.id == RecordLink.target)
            .where(or_(RecordLink.source.in_(ids), and_(RecordLink.target.in_(ids), is_later)))
        )
        found: dict[str, set[str]] = {one: set() for one in ids}
        for one, other, is_later_one in links:
            if one in found and other in self._ids:
                found[one].add(other)
            if is_later_one and other in found and one in self._ids:
                found[other].add(one)
        return {one: [f"record/{other}" for other in sorted(needed)] for one, needed in found.items()}

    def _logged(self, session: Session, entry_ids: Iterable[str]) -> list[str]:
        """Gives those of the entries that stand under the head, in the same order."""
        log, size = SqlLedger(session), self._head.checkpoint.size
        places = {one: place for part in _parts(entry_ids) for one, place in log.positions(part).items()}
        return [one for one in entry_ids if one in places and places[one].index < size]

    def _newest_lists(self, session: Session) -> dict[str, int]:
        """Gives the newest version of each status list that stands under the head, by URL."""
        rows = session.execute(
            select(StatusListVersion.url, StatusListVersion.version).order_by(
                StatusListVersion.url, StatusListVersion.version
            )
        )
        entries = {f"{row.url}#{row.version}": (row.url, row.version) for row in rows}
        return dict(entries[one] for one in self._logged(session, entries))

    def _lists_of(self, body: bytes) -> list[str]:
        """Gives the names of the lists where a record's status stands, as far as they are exported."""
        status = json.loads(body).get("credentialStatus", [])
        entries = status if isinstance(status, list) else [status]
        urls = dict.fromkeys(entry["statusListCredential"] for entry in entries)
        return [_list_name(url) for url in urls if url in self._lists]


def _list_name(url: str) -> str:
    """Gives `status/<issuer>_<number>`."""
    return "status/" + "_".join(url.rsplit("/", 2)[1:])


def _parts(items: Iterable[str]) -> Iterator[tuple[str, ...]]:
    rest = iter(items)
    while part := tuple(islice(rest, AT_ONCE)):
        yield part
