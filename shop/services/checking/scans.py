"""Looking up a scanned code, verifying an uploaded record, and counting scans off the request path."""

import json
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final

from sqlalchemy import Date, Row, bindparam, exists, func, select

from shop.db.catalogue import Product, Village, Workshop
from shop.db.desk import SpoiledUnit
from shop.db.instance import InstanceFact
from shop.db.lots import Lot
from shop.db.scans import Scan
from shop.db.session import Database
from shop.errors import NotFound
from shop.services.checking.guest_reader import GuestReader
from shop.services.checking.pages import FoundLot, SignedLot, VerificationPages
from shop.services.checking.scan_counter import ScanCounter
from shop.services.checking.values import VerificationPage
from shop.services.log.ledger import Ledger
from shop.services.signed.evidence import gather
from shop.services.signed.rows import local_id
from shop.services.storefront.cards import Rows, product_card, select_products
from shop.services.storefront.values import VillageCard, WorkshopCard
from shop.services.texts import Text
from shop.services.uploads.step_files import StepFiles
from traceability.clock import day_in_viet_nam
from traceability.errors import Reason, TraceabilityError
from traceability.evidence import Evidence, Reader
from traceability.labels.code import LabelCode
from traceability.labels.code import parse as parse_label
from traceability.signing.trust import TrustList
from traceability.verdict import CheckStatus, Outcome, Verdict
from traceability.verify import LABEL, verify_label, verify_record

__all__ = ["SAMPLES_FACT", "Scans"]

SAMPLES_FACT: Final = "demo_cases"
REMEMBERED_LOTS: Final = 256
REMEMBERED_FOR_S: Final = 300


class Scans:
    """Verification for the shop's visitors. A look-up reads; the scan goes to the counter's queue."""

    def __init__(
        self,
        database: Database,
        *,
        reader: Reader,
        trust: TrustList,
        counter: ScanCounter,
        roots_fingerprint: str,
        ledger: Ledger,
        files: StepFiles,
    ) -> None:
        self._database, self._reader, self._trust, self._ledger = database, reader, trust, ledger
        self._pages = VerificationPages(
            trust, roots_fingerprint=roots_fingerprint, files=files, own_witness=ledger.own_witness
        )
        self.counter = counter
        self._signed = lru_cache(REMEMBERED_LOTS)(self._load_signed)

    def sample_paths(self) -> dict[str, str]:
        """Gives the paths of sample labels by the case that each shows; none where this is no demo."""
        good = select(Lot.sample_label).where(Lot.sample_label.is_not(None)).order_by(Lot.id).limit(1)
        with self._database.read() as session:
            fact = session.get(InstanceFact, SAMPLES_FACT)
            intact = session.scalar(good) if fact is not None else None
        if fact is None or intact is None:
            return {}
        labels = {"intact": intact, **json.loads(fact.value)}
        return {case: parse_label(label).path for case, label in labels.items()}

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

    def look_up(self, text: str, *, now: datetime, is_scan: bool = True) -> VerificationPage:
        """Verifies a label's text with what the database holds, and counts the scan of a sealed label.

        Args:
            text: the code in any letter case; any text gives a page.
            now: aware time, read once by the caller.
            is_scan: whether somebody looks at the page; if not, nothing is counted.
        """
        try:
            code = parse_label(text)
        except TraceabilityError:
            verdict = verify_label(text, trust=self._trust, evidence=Evidence(), at=now)
            return self._pages.bare(verdict, now)
        found = self._find(code, now) if code.lot is not None and self._is_ours(code) else None
        evidence = self._evidence(code, found)
        verdict = verify_label(text, trust=self._trust, evidence=evidence, at=now)
        if found is None or Reason.HOST_NOT_TRUSTED in verdict.reasons:
            return self._pages.bare(verdict, now, code=code)
        # Only a seal that fits says that somebody has the label, or a copy of it, in hand: serials can be
        # typed by anybody who has seen one.
        if is_scan and code.serial is not None and code.seal is not None and _has_passed(verdict, LABEL):
            self.counter.count(found.lot_id, code.serial, at=now)
        newest = None
        if verdict.outcome is Outcome.CAUTION and Reason.SUPERSEDED in verdict.reasons:
            # Without its seal the same code is judged by the passport that took the place of the sealed one.
            newest = verify_label(code.unsealed_uri, trust=self._trust, evidence=evidence, at=now)
        return self._pages.of_label(verdict, now, code=code, found=found, newest=newest)

    def _is_ours(self, code: LabelCode) -> bool:
        """Tells whether labels with this host were ever ours; of others nothing is looked up."""
        return any(host.name == code.host.lower() for host in self._trust.hosts)

    def check_record(self, data: bytes, *, now: datetime) -> VerificationPage:
        """Verifies the bytes of a record that somebody holds, with our records as linked evidence."""
        try:
            envelope = Reader(1).read(data).envelope
        except TraceabilityError:
            verdict = verify_record(data, trust=self._trust, evidence=Evidence(), at=now)
            return self._pages.bare(verdict, now, is_record=True)
        ids = {url.rpartition("/")[2] for url in (envelope.id, *(link.url for link in envelope.links))}
        signed = gather(self._database, self._ledger, self._reader, *sorted(ids))
        ours = (*signed.bodies.values(), *signed.status_lists.values())
        evidence = signed.evidence(GuestReader(self._reader, ours=ours))
        verdict = verify_record(data, trust=self._trust, evidence=evidence, at=now)
        return self._pages.of_record(verdict, now, signed=signed, is_ours=data in ours)

    def _find(self, code: LabelCode, now: datetime) -> FoundLot | None:
        """Loads a lot with all that its page shows, in one statement; in more if not seen of late."""
        values = {
            "today": day_in_viet_nam(now),
            "product": code.gtin or code.code,
            "lot": code.lot,
            "serial": code.serial,
        }
        with self._database.read_rows() as connection:
            row = connection.execute(_lot_statement(code.gtin is not None), values).one_or_none()
        if row is None:
            return None
        # What can be said of a lot changes with the log's head alone, and translations now and then.
        head = self._ledger.latest()
        period = int(now.timestamp()) // REMEMBERED_FOR_S
        signed = self._signed(row.lot_id, row.record_id, head.size if head is not None else 0, period)
        return _read_found(row, signed)

    def _load_signed(self, lot_id: int, record_id: str, size: int, period: int) -> SignedLot:
        signed = gather(self._database, self._ledger, self._reader, record_id, lot_id=lot_id)
        passport = next(body for url, body in signed.bodies.items() if local_id(url) == record_id)
        return SignedLot(passport, signed)

    def _evidence(self, code: LabelCode, found: FoundLot | None) -> Evidence:
        if found is None or code.lot_uri is None:
            return Evidence(reader=self._reader)
        lot = found.signed
        return lot.signed.evidence(self._reader, lot=code.lot_uri, passport=lot.passport)


def _names(code: LabelCode) -> Any:
    """Gives the condition that finds the product of a code."""
    return Product.gtin == code.gtin if code.gtin is not None else Product.code == code.code


@cache
def _lot_statement(has_gtin: bool) -> Rows:
    """Gives the select of a lot and of what is told of a serial; building it is slow, so once."""
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
            exists()
            .where(SpoiledUnit.lot_id == Lot.id, SpoiledUnit.serial == bindparam("serial"))
            .label("is_spoiled"),
        )
        .join(Lot, Lot.product_id == Product.id)
        .where(product == bindparam("product"), Lot.number == bindparam("lot"))
    )


def _read_found(row: Row[Any], signed: SignedLot) -> FoundLot:
    return FoundLot(
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
        is_spoiled=row.is_spoiled,
    )


def _has_passed(verdict: Verdict, step: str) -> bool:
    return any(check.id == step and check.status is CheckStatus.PASSED for check in verdict.checks)
