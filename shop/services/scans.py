"""Looking up a scanned code, verifying an uploaded record, and counting scans off the request path."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from shop.db.catalogue import Product, Village, Workshop
from shop.db.lots import Lot, Record, chain_records
from shop.db.scans import Scan
from shop.db.session import Database
from shop.errors import NotFound
from shop.services.cards import product_card, select_products, village_card, workshop_card
from shop.services.certificates import certificate_view
from shop.services.scan_counter import ScanCounter
from shop.services.stations import stations
from shop.services.values import ProductCard, VerificationPage, VillageCard, WorkshopCard
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


@dataclass(frozen=True, slots=True)
class _Found:
    """What the database holds of one lot."""

    lot: Lot
    card: ProductCard
    workshop: WorkshopCard
    village: VillageCard
    records: list[Record]
    checks: int | None


class Scans:
    """Verification for the shop's visitors. A look-up reads; the scan goes to the counter's queue."""

    def __init__(self, database: Database, *, reader: Reader, trust: TrustList, counter: ScanCounter) -> None:
        self._database, self._reader, self._trust = database, reader, trust
        self.counter = counter

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
        found = None
        if code.lot is not None:
            with self._database.read() as session:
                found = _find(session, code, now)
        verdict = verify_label(text, trust=self._trust, evidence=self._evidence(code, found), at=now)
        if found is None:
            return _bare_page(verdict, code=code.to_uri())
        if code.serial is not None and self._has_serial(found.lot, code.serial):
            self.counter.count(found.lot.id, code.serial, at=now)
        return self._page(verdict, found.records, now, found=found, code=code)

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
        return self._page(verdict, list(records.values()), now)

    def _evidence(self, code: LabelCode, found: _Found | None) -> Evidence:
        if found is None or code.lot_uri is None:
            return Evidence(reader=self._reader)
        bodies = {record.url: record.body for record in found.records}
        passport = next(record.body for record in found.records if record.id == found.lot.record_id)
        return Evidence(bodies, {code.lot_uri: passport}, {code.lot_uri: found.lot.serials}, self._reader)

    def _has_serial(self, lot: Lot, serial: str) -> bool:
        return serial.encode("ascii") in self._reader.serials(lot.serials).members

    def _page(
        self,
        verdict: Verdict,
        records: list[Record],
        now: datetime,
        *,
        found: _Found | None = None,
        code: LabelCode | None = None,
    ) -> VerificationPage:
        chain = verdict.chain
        if chain is None:
            return _bare_page(verdict, code=code.to_uri() if code else None)
        translations = {record.url: record.translation for record in records}
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


def _find(session: Session, code: LabelCode, now: datetime) -> _Found | None:
    """Loads a lot with all that its page shows, in four statements."""
    row = session.execute(
        select(Lot, Product, Workshop, Village)
        .join(Product, Product.id == Lot.product_id)
        .join(Workshop, Workshop.id == Product.workshop_id)
        .join(Village, Village.id == Workshop.village_id)
        .where(_names(code), Lot.number == code.lot)
        .options(undefer(Lot.serials))
    ).one_or_none()
    if row is None:
        return None
    lot, product, workshop, village = row._tuple()
    card = session.execute(select_products(now.date()).where(Product.id == product.id)).one()
    checks = None
    if code.serial is not None:
        counted = select(func.coalesce(func.sum(Scan.count), 0))
        checks = session.scalar(counted.where(Scan.lot_id == lot.id, Scan.serial == code.serial))
    return _Found(
        lot=lot,
        card=product_card(card),
        workshop=workshop_card(workshop, village),
        village=village_card(village, 0),
        records=chain_records(session, lot.record_id),
        checks=checks,
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
