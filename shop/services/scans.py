"""Looking up a scanned code, verifying an uploaded record, and counting scans off the request path."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final

from sqlalchemy import Date, Row, bindparam, func, select
from sqlalchemy.orm import undefer

from shop.db.catalogue import Product, Village, Workshop
from shop.db.lots import Lot, chain_records
from shop.db.scans import Scan
from shop.db.session import Database
from shop.errors import NotFound
from shop.services.cards import Rows, product_card, select_products
from shop.services.certificates import certificate_view
from shop.services.scan_counter import ScanCounter
from shop.services.stations import stations
from shop.services.values import ProductCard, Text, VerificationPage, VillageCard, WorkshopCard
from traceability.errors import TraceabilityError
from traceability.evidence import Evidence, Reader
from traceability.labels.code import LabelCode
from traceability.labels.code import parse as parse_label
from traceability.records.certificate import Certificate
from traceability.records.passport import LotPassport
from traceability.signing.trust import TrustList
from traceability.verdict import CheckStatus, Verdict
from traceability.verify import verify_label, verify_record

__all__ = ["Scans"]

REMEMBERED_LOTS: Final = 256
REMEMBERED_FOR_S: Final = 300


@dataclass(frozen=True, slots=True)
class _Signed:
    """What a lot's passport fixed for good: the records that it links to, and its serials.

    Attributes:
        bodies: signed bytes by record URL.
        translations: unsigned English texts by record URL; the only part that may change.
    """

    passport: bytes
    serials: bytes
    bodies: Mapping[str, bytes]
    translations: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class _Found:
    """What the database holds of one lot."""

    lot_id: int
    card: ProductCard
    workshop: WorkshopCard
    village: VillageCard
    signed: _Signed
    checks: int


class Scans:
    """Verification for the shop's visitors. A look-up reads; the scan goes to the counter's queue."""

    def __init__(self, database: Database, *, reader: Reader, trust: TrustList, counter: ScanCounter) -> None:
        self._database, self._reader, self._trust = database, reader, trust
        self.counter = counter
        self._signed = lru_cache(REMEMBERED_LOTS)(self._load_signed)

    def product_slug(self, code: LabelCode) -> str:
        """Gives the slug of the product that a code without a lot names.

        Raises:
            NotFound: NO_PRODUCT.
        """
        with self._database.read() as session:
            slug = session.scalar(select(Product.slug).where(_names(code)))
        if slug is None:
            raise NotFound("NO_PRODUCT", "no product has this code")
        return slug

    def look_up(self, text: str, *, now: datetime) -> VerificationPage:
        """Verifies a label's text with what the database holds, and counts the scan of a known serial.

        Args:
            text: the code in any letter case; any text gives a page.
            now: aware time, read once by the caller.
        """
        try:
            code = parse_label(text)
        except TraceabilityError:
            return _bare_page(verify_label(text, trust=self._trust, evidence=Evidence(), at=now))
        found = self._find(code, now) if code.lot is not None else None
        verdict = verify_label(text, trust=self._trust, evidence=self._evidence(code, found), at=now)
        if found is None:
            return _bare_page(verdict, code=code.to_uri())
        if code.serial is not None and self._has_serial(found.signed, code.serial):
            self.counter.count(found.lot_id, code.serial, at=now)
        return self._page(verdict, found.signed.translations, now, found=found, code=code)

    def check_record(self, data: bytes, *, now: datetime) -> VerificationPage:
        """Verifies the bytes of a record that somebody holds, with our records as linked evidence."""
        try:
            envelope = self._reader.read(data).envelope
        except TraceabilityError:
            return _bare_page(verify_record(data, trust=self._trust, evidence=Evidence(), at=now))
        with self._database.read() as session:
            records = {
                record.url: record
                for url in (envelope.id, *(link.url for link in envelope.links))
                for record in chain_records(session, url.rpartition("/")[2])
            }
        evidence = Evidence({url: record.body for url, record in records.items()}, reader=self._reader)
        verdict = verify_record(data, trust=self._trust, evidence=evidence, at=now)
        return self._page(verdict, {url: record.translation for url, record in records.items()}, now)

    def _find(self, code: LabelCode, now: datetime) -> _Found | None:
        """Loads a lot with all that its page shows, in one statement; in three if it was not seen of late."""
        values = {
            "today": now.date(),
            "product": code.gtin or code.code,
            "lot": code.lot,
            "serial": code.serial,
        }
        with self._database.read() as session:
            row = session.execute(_lot_statement(code.gtin is not None), values).one_or_none()
        if row is None:
            return None
        # The number of the period is part of what is remembered, so that a corrected translation shows.
        signed = self._signed(row.lot_id, row.record_id, int(now.timestamp()) // REMEMBERED_FOR_S)
        return _read_found(row, signed)

    def _load_signed(self, lot_id: int, record_id: str, period: int) -> _Signed:
        with self._database.read() as session:
            records = chain_records(session, record_id)
            lot = session.execute(select(Lot).where(Lot.id == lot_id).options(undefer(Lot.serials)))
            serials = lot.scalar_one().serials
        return _Signed(
            passport=next(record.body for record in records if record.id == record_id),
            serials=serials,
            bodies={record.url: record.body for record in records},
            translations={record.url: record.translation for record in records},
        )

    def _evidence(self, code: LabelCode, found: _Found | None) -> Evidence:
        if found is None or code.lot_uri is None:
            return Evidence(reader=self._reader)
        signed, lot = found.signed, code.lot_uri
        return Evidence(signed.bodies, {lot: signed.passport}, {lot: signed.serials}, self._reader)

    def _has_serial(self, signed: _Signed, serial: str) -> bool:
        return serial.encode("ascii") in self._reader.serials(signed.serials).members

    def _page(
        self,
        verdict: Verdict,
        translations: Mapping[str, str | None],
        now: datetime,
        *,
        found: _Found | None = None,
        code: LabelCode | None = None,
    ) -> VerificationPage:
        chain = verdict.chain
        if chain is None:
            return _bare_page(verdict, code=code.to_uri() if code else None)
        start = chain.records[0]
        passport = start.record if isinstance(start.record, LotPassport) else None
        return VerificationPage(
            verdict=verdict,
            code=code.to_uri() if code else None,
            product=found.card if found else None,
            village=found.village if found else None,
            workshop=found.workshop if found else None,
            lot=passport.lot if passport else None,
            serial=code.serial if code else None,
            units=passport.unit_count if passport else None,
            record_id=start.envelope.id.rpartition("/")[2],
            issued_at=start.claim.created,
            voucher=start.envelope.issuer.name,
            stations=stations(
                chain, trust=self._trust, translations=translations, unsound=_failed_subjects(verdict)
            ),
            certificates=tuple(
                certificate_view(
                    item, translations.get(item.envelope.id), now=now, issued=start.envelope.valid_from
                )
                for item, _ in chain.of_kind(Certificate)
            ),
            checks=found.checks if found and code and code.serial else None,
        )


def _names(code: LabelCode) -> Any:
    """Gives the condition that finds the product of a code."""
    return Product.gtin == code.gtin if code.gtin is not None else Product.code == code.code


@cache
def _lot_statement(has_gtin: bool) -> Rows:
    """Gives the select of a lot and how often a serial was looked at; building it is slow, so once."""
    product = Product.gtin if has_gtin else Product.code
    counted = select(func.coalesce(func.sum(Scan.count), 0))
    return (
        select_products(bindparam("today", type_=Date), only_listed=False)
        .add_columns(
            Lot.id.label("lot_id"),
            Lot.record_id,
            Workshop.slug.label("workshop_slug"),
            Workshop.name_vi.label("workshop_vi"),
            Workshop.name_en.label("workshop_en"),
            Workshop.is_fictional,
            Village.slug.label("village_slug"),
            Village.craft_vi.label("village_craft_vi"),
            Village.craft_en.label("village_craft_en"),
            Village.motif.label("village_motif"),
            Village.commune_name,
            counted.where(Scan.lot_id == Lot.id, Scan.serial == bindparam("serial"))
            .scalar_subquery()
            .label("checks"),
        )
        .join(Lot, Lot.product_id == Product.id)
        .where(product == bindparam("product"), Lot.number == bindparam("lot"))
    )


def _read_found(row: Row[Any], signed: _Signed) -> _Found:
    return _Found(
        lot_id=row.lot_id,
        card=product_card(row),
        workshop=WorkshopCard(
            slug=row.workshop_slug,
            name=Text(row.workshop_vi, row.workshop_en),
            village_slug=row.village_slug,
            village_name=row.village_name,
            is_fictional=row.is_fictional,
        ),
        village=VillageCard(
            slug=row.village_slug,
            name=row.village_name,
            craft=Text(row.village_craft_vi, row.village_craft_en),
            motif=row.village_motif,
            unit=row.commune_name,
            product_count=0,
        ),
        signed=signed,
        checks=row.checks,
    )


def _failed_subjects(verdict: Verdict) -> frozenset[str]:
    failed = (check.subject for check in verdict.checks if check.status is CheckStatus.FAILED)
    return frozenset(subject for subject in failed if subject)


def _bare_page(verdict: Verdict, *, code: str | None = None) -> VerificationPage:
    """Gives the page of a verdict about something that is not in the database."""
    return VerificationPage(
        verdict=verdict,
        code=code,
        product=None,
        village=None,
        workshop=None,
        lot=verdict.code.lot if verdict.code else None,
        serial=verdict.code.serial if verdict.code else None,
        units=None,
        record_id=None,
        issued_at=None,
        voucher=None,
        stations=(),
        certificates=(),
        checks=None,
    )
