"""The frozen values that the services return and the templates show."""

from dataclasses import dataclass
from datetime import date, datetime

from shop.money import Dong
from traceability.errors import Reason
from traceability.verdict import Check, CheckStatus, Verdict

__all__ = [
    "CertificateView",
    "CopiedPaper",
    "Fact",
    "Figure",
    "Filters",
    "Home",
    "LogPosition",
    "LotView",
    "NoticeView",
    "Page",
    "PlaceRecord",
    "ProductCard",
    "ProductList",
    "ProductPage",
    "Recognition",
    "RecordedPlace",
    "Source",
    "Station",
    "Text",
    "UnitPeriod",
    "VerificationPage",
    "VillageCard",
    "VillagePage",
    "WithdrawnPaper",
    "Witnessed",
    "WorkshopCard",
    "WorkshopPage",
]


@dataclass(frozen=True, slots=True)
class Text:
    """One text in the shop's two languages; an empty `en` means that only Vietnamese exists."""

    vi: str
    en: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact comes from: what it is, and its address if it has one."""

    title: Text
    url: str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One dated, sourced fact about a village; `value` is ready to read, with its unit."""

    label: Text
    value: Text
    as_of: Text | None
    confidence: str  # high, medium, low
    note: Text | None
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """One dated statistic of the city or the country, never shown without its date and source."""

    key: str
    label: Text
    value: Text  # with its qualifier and unit, ready to read
    as_of: str
    source: Text


@dataclass(frozen=True, slots=True)
class UnitPeriod:
    """An administrative unit that a place belonged to; `until` is the last day, None for now."""

    name: str
    district: str | None
    province: str
    since: date | None
    until: date | None
    is_split: bool = False


@dataclass(frozen=True, slots=True)
class Recognition:
    """A village's title: what the sources say, with None where they say nothing."""

    type: str | None  # craft_village, traditional_craft_village, traditional_craft
    title: Text | None
    date: Text | None
    decision: str | None
    status: str  # recognised, under_review, withdrawn, unknown


@dataclass(frozen=True, slots=True)
class PlaceRecord:
    """The signed record of a village or workshop: who says it, how sure that is, and what it came after."""

    record_id: str
    signer: str
    level: str  # self_declared, transcribed, attested, certified
    is_sound: bool = True  # no check failed over anything but a revocation or missing evidence
    is_withdrawn: bool = False  # revoked or suspended
    earlier: tuple["PlaceRecord", ...] = ()


@dataclass(frozen=True, slots=True)
class VillageCard:
    """A village in a list."""

    slug: str
    name: str
    craft: Text
    motif: str
    unit: str
    product_count: int


@dataclass(frozen=True, slots=True)
class WorkshopCard:
    """A workshop in a list. Every demo workshop is fictional and says so."""

    slug: str
    name: Text
    village_slug: str
    village_name: str
    is_fictional: bool


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product in a list; `stars` only where an OCOP certificate is valid today."""

    slug: str
    name: Text
    village_name: str
    craft: Text
    motif: str
    price: Dong
    stock: int
    stars: int | None
    is_listed: bool = True  # whether it has a page


@dataclass(frozen=True, slots=True)
class Page:
    """A page of product cards; `number` counts from 1."""

    items: tuple[ProductCard, ...]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Filters:
    """What a buyer asked of the product list; every field may be None."""

    village: str | None = None
    craft: str | None = None
    stars: int | None = None
    min: int | None = None
    max: int | None = None
    sort: str = "new"  # new, price, -price, name
    page: int = 1


@dataclass(frozen=True, slots=True)
class ProductList:
    """The product list with what the filters can be set to: (key, label, how many) triples."""

    page: Page
    filters: Filters
    villages: tuple[tuple[str, str, int], ...]
    crafts: tuple[tuple[str, Text, int], ...]
    stars: tuple[tuple[int, int], ...]
    mistakes: tuple[str, ...] = ()  # names of filters that could not be read


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate that stands on a page, with its state today (and when the lot was issued)."""

    record_id: str
    kind: str  # ocop, artisan_title, ip_right, inspection, environmental
    title: Text
    issuer: str
    stars: int | None
    decision: str | None
    scheme: str | None
    valid_from: date
    valid_until: date | None
    state: str  # valid, expired, not_yet_valid
    state_at_issue: str | None
    is_sound: bool = True
    is_withdrawn: bool = False  # revoked or suspended


@dataclass(frozen=True, slots=True)
class LotView:
    """A lot of a product: as printed, how many units, when made, and the path of its page."""

    number: str
    units: int
    made_on: date
    path: str  # /01/<gtin>/10/<lot> or /P/<code>/10/<lot>
    sample_label: str | None  # demo only: the whole sealed text of one label
    record_id: str
    expires_on: date | None = None
    is_past_use_by: bool = False


@dataclass(frozen=True, slots=True)
class ProductPage:
    """All that a product's page shows."""

    card: ProductCard
    summary: Text
    making: Text
    materials: tuple[Text, ...]
    bought_in: tuple[Text, ...]
    care: Text
    warnings: Text | None
    dimensions: Text | None
    gtin: str | None
    code: str | None
    workshop: WorkshopCard
    village: VillageCard
    lots: tuple[LotView, ...]
    certificates: tuple[CertificateView, ...]
    is_made_outside: bool = False


@dataclass(frozen=True, slots=True)
class VillagePage:
    """All that a village's page shows; unknown things are None and are printed as not known."""

    card: VillageCard
    alt_names: tuple[Text, ...]
    story: Text
    recognition: Recognition
    units: tuple[UnitPeriod, ...]
    point: tuple[float, float] | None  # of the new commune, not of the village
    point_note: Text | None
    founding: Fact | None
    heritage: tuple[Fact, ...]
    network: Fact | None
    facts: tuple[Fact, ...]
    cautions: tuple[Text, ...]
    workshops: tuple[WorkshopCard, ...]
    products: tuple[ProductCard, ...]
    record: PlaceRecord | None


@dataclass(frozen=True, slots=True)
class WorkshopPage:
    """All that a workshop's page shows."""

    card: WorkshopCard
    story: Text
    legal_form: str  # household_business, cooperative, enterprise
    site_kind: str  # home, village, cluster
    is_inside_village: bool
    place: Text
    unit: str
    products: tuple[ProductCard, ...]
    record: PlaceRecord
    keys: tuple[tuple[str, str, str], ...]  # (use, custody, method id)
    makers: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Home:
    """What the first page shows."""

    products: tuple[ProductCard, ...]
    villages: tuple[VillageCard, ...]
    figures: tuple[Figure, ...]
    product_count: int
    village_count: int
    sample_path: str | None  # the path of one label, to try


@dataclass(frozen=True, slots=True)
class Station:
    """One station of an origin chain: what, where, who says so, how sure that is.

    `when` is what the record says of itself, `signed_on` the day in its proof; the two may differ.
    """

    kind: str  # passport, certificate, workshop, village, or an event kind such as made
    title: Text
    detail: Text | None
    when: date | None
    signed_on: date
    place: Text | None
    place_now: str | None  # where the commune has another name today
    signer: str
    role: str
    level: str  # self_declared, transcribed, attested, inspected, certified
    custody: str  # server, holder
    record_id: str
    record_path: str
    notes: tuple[Text, ...] = ()
    is_sound: bool = True
    is_withdrawn: bool = False  # revoked, suspended or recalled


@dataclass(frozen=True, slots=True)
class NoticeView:
    """What an entitled body said later about a record."""

    action: str  # revoke, suspend, recall, finding, correction
    about: Text
    reason: Text
    serials: tuple[str, ...]  # the units concerned; empty means all
    signer: str
    signed_on: date
    record_id: str
    successor_id: str | None  # of a correction: the record that takes the place
    about_url: str = ""
    lot: str | None = None  # where it is about a lot's passport


@dataclass(frozen=True, slots=True)
class WithdrawnPaper:
    """A linked record that was revoked or suspended, while the record that leads to it was not.

    Attributes:
        subject: its URL, as checks name it.
        notice: who said so and when; None where its issuer's status list says it, which names no day.
    """

    subject: str
    title: Text
    issuer: str
    is_suspended: bool
    notice: NoticeView | None


@dataclass(frozen=True, slots=True)
class CopiedPaper:
    """What an association copied from a paper; the body that the paper names has signed nothing here.

    Attributes:
        scan_digest: its first characters, to compare by eye.
    """

    record_id: str
    title: Text
    claim: str
    paper_issuer: str
    decision: str | None
    paper_date: date | None
    scan_digest: str
    copied_by: str
    signed_on: date
    is_sound: bool = True
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Witnessed:
    """Who cosigned a head of the log, and when by its own clock."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LogPosition:
    """Where a record stands in the log.

    Attributes:
        index: from 0.
        size: number of entries under the head that proves it.
        witnesses: of that head; the record was logged before the earliest of them signed.
        issuer: the last part of the issuer's DID.
    """

    index: int
    size: int
    witnesses: tuple[Witnessed, ...]
    issuer: str


@dataclass(frozen=True, slots=True)
class RecordedPlace:
    """The place that a record is about; `kind` is `village` or `workshop`."""

    kind: str
    slug: str
    name: str
    has_page: bool


@dataclass(frozen=True, slots=True)
class VerificationPage:
    """All that a verification page shows: the verdict, the thing, and its origin chain."""

    verdict: Verdict
    code: str | None  # the text that was checked, in capitals
    product: ProductCard | None
    village: VillageCard | None
    workshop: WorkshopCard | None
    lot: str | None
    serial: str | None
    units: int | None
    record_id: str | None
    issued_at: datetime | None
    voucher: str | None  # who signed the passport
    stations: tuple[Station, ...]
    certificates: tuple[CertificateView, ...]
    checks: int | None  # how often this code was looked at before, None where not counted
    checked_at: datetime
    roots_fingerprint: str
    is_record: bool = False  # a record was given, not a label
    title: Text | None = None  # the record's own name
    place: RecordedPlace | None = None  # that the record is about
    notice: NoticeView | None = None  # where the record says something about another one
    body: str | None = None  # a record's text, indented for reading
    is_made_outside: bool = False  # the workshop's site lies outside its village
    expires_on: date | None = None
    is_past_use_by: bool = False
    notices: tuple[NoticeView, ...] = ()
    withdrawn: tuple[WithdrawnPaper, ...] = ()
    papers: tuple[CopiedPaper, ...] = ()
    log: LogPosition | None = None  # None where no receipt proves a place

    @property
    def because(self) -> tuple[Check, ...]:
        """The checks that speak against the thing itself, each reason once.

        A linked paper that was taken back stands in `withdrawn`. Under an address that is not ours the other
        findings say nothing.
        """
        told = {paper.subject for paper in self.withdrawn}
        against: dict[Reason, Check] = {}
        for check in self.verdict.checks:
            is_papers = check.subject in told and check.reason in (Reason.REVOKED, Reason.SUSPENDED)
            if check.status in (CheckStatus.FAILED, CheckStatus.CAUTION) and check.reason and not is_papers:
                against.setdefault(check.reason, check)
        host = against.get(Reason.HOST_NOT_TRUSTED)
        return (host,) if host is not None else tuple(against.values())
