"""The frozen values of the storefront's pages: places, workshops, products and lists of them."""

from dataclasses import dataclass
from datetime import date, datetime

from shop.money import Dong
from shop.services.listing import Paged
from shop.services.products.values import Photo, VariantView
from shop.services.signed.values import CertificateView
from shop.services.texts import Text

__all__ = [
    "Fact",
    "Figure",
    "Filters",
    "Home",
    "KeyView",
    "LotView",
    "Page",
    "PlaceRecord",
    "ProductCard",
    "ProductList",
    "ProductPage",
    "Recognition",
    "Source",
    "UnitPeriod",
    "VillageCard",
    "VillagePage",
    "Vouched",
    "WorkshopCard",
    "WorkshopPage",
]


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
    """A product in a list; `stars` only where an OCOP certificate is valid today.

    `level` is the surest one that a certificate of the product gives it today; without one its workshop alone
    speaks for it.
    """

    slug: str
    name: Text
    village_name: str
    craft: Text
    motif: str
    price: Dong
    stock: int
    stars: int | None
    is_listed: bool = True  # whether it has a page
    photo: Photo | None = None  # the first one
    level: str = "self_declared"


@dataclass(frozen=True, slots=True)
class Page(Paged):
    """A page of product cards; `number` counts from 1."""

    items: tuple[ProductCard, ...]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Filters:
    """What a buyer asked of the product list; prices are in dong, None filters nothing.

    Attributes:
        words: what was searched for, as typed; empty for everything.
        sort: `new`, `price`, `-price` or `name`; empty for what fits the words best, else the newest.
    """

    words: str = ""
    village: str | None = None
    craft: str | None = None
    stars: int | None = None
    min_price: int | None = None
    max_price: int | None = None
    in_stock: bool = False
    sort: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class ProductList:
    """The product list with what the filters can be set to: (key, label, how many) triples."""

    page: Page
    filters: Filters
    villages: tuple[tuple[str, str, int], ...]
    crafts: tuple[tuple[str, Text, int], ...]
    stars: tuple[tuple[int, int], ...]
    in_stock: int = 0  # how many of these are there now
    meant: str | None = None  # where nothing was found: nearby words that find something
    mistakes: tuple[str, ...] = ()  # names of filters that could not be read


@dataclass(frozen=True, slots=True)
class LotView:
    """A lot of a product: as printed, how many units, when made, and the path of its page.

    Attributes:
        against: why its passport does not hold, or the recall of some of its units; a reason's code.
        is_taken_back: whether that concerns the whole lot.
    """

    number: str
    units: int
    made_on: date
    path: str  # /01/<gtin>/10/<lot> or /P/<code>/10/<lot>
    sample_label: str | None  # demo only: the whole sealed text of one label
    record_id: str
    expires_on: date | None = None
    is_past_use_by: bool = False
    against: str | None = None
    is_taken_back: bool = False


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
    photos: tuple[Photo, ...] = ()
    variants: tuple[VariantView, ...] = ()

    @property
    def newest_lot(self) -> LotView | None:
        """The newest lot that nobody has taken back, None where there is none."""
        return next((lot for lot in self.lots if not lot.is_taken_back), None)


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
class KeyView:
    """A public key of a workshop.

    Attributes:
        use: `record` or `seal`.
        ended: when and why it was withdrawn, `retired` or `compromised`; None while it is in use.
        log_size: what it signed counts below this index of the log, None where none is named.
    """

    use: str
    custody: str
    method_id: str
    ended: tuple[datetime, str] | None
    log_size: int | None


@dataclass(frozen=True, slots=True)
class Vouched:
    """What somebody else signed about a whole workshop: title, statement, and who, with the level."""

    title: Text
    statement: Text
    record: PlaceRecord


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
    keys: tuple["KeyView", ...]
    makers: tuple[Text, ...]
    vouched: tuple[Vouched, ...] = ()


@dataclass(frozen=True, slots=True)
class Home:
    """What the first page shows."""

    products: tuple[ProductCard, ...]
    villages: tuple[VillageCard, ...]
    figures: tuple[Figure, ...]
    product_count: int
    village_count: int
    sample_path: str | None  # the path of one label, to try
