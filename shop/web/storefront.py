"""For buyers: home, products, villages, workshops, and what it all means."""

from dataclasses import replace
from typing import Final

from flask import Blueprint, render_template, request

from shop.errors import BadInput
from shop.money import read_price
from shop.services.storefront.values import Filters
from shop.web.current import now, services

__all__ = ["blueprint"]

blueprint = Blueprint("storefront", __name__)

SORTS: Final = frozenset({"price", "-price", "name"})
WORDS_MAX_CHARS: Final = 200
LARGEST: Final = 10**9
_GROUPING: Final = str.maketrans("", "", "., \N{NO-BREAK SPACE}₫đ")


@blueprint.get("/")
def home() -> str:
    """The first page."""
    found, roles = services().catalogue.home(now=now()), services().records.roles
    return render_template("storefront/home.html", home=found, roles=roles)


@blueprint.get("/search", endpoint="search")
@blueprint.get("/products")
def products() -> str:
    """The product list with its filters; a search is one of them."""
    filters, mistakes = _filters()
    listed = replace(services().catalogue.products(filters, now=now()), mistakes=mistakes)
    return render_template("storefront/products.html", listing=listed)


@blueprint.get("/products/<slug>")
def product(slug: str) -> str:
    """One product."""
    return render_template("storefront/product.html", page=services().catalogue.product(slug, now=now()))


@blueprint.get("/villages")
def villages() -> str:
    """All villages."""
    return render_template("storefront/villages.html", villages=services().places.villages())


@blueprint.get("/villages/<slug>")
def village(slug: str) -> str:
    """One village."""
    return render_template("storefront/village.html", page=services().places.village(slug, now=now()))


@blueprint.get("/workshops/<slug>")
def workshop(slug: str) -> str:
    """One workshop."""
    return render_template("storefront/workshop.html", page=services().places.workshop(slug, now=now()))


@blueprint.get("/about")
def about() -> str:
    """What a signature proves, what it does not, and how to check without us."""
    head = services().log_pages.head()
    return render_template(
        "storefront/about.html",
        roots_fingerprint=services().records.roots_fingerprint,
        has_outside_witness=head is not None and bool(head.outside),
    )


def _filters() -> tuple[Filters, tuple[str, ...]]:
    """Reads the filters; one that cannot be read is left out and named, because a list is no error page."""
    asked = request.args
    stars = _number(asked.get("stars"), largest=5)
    prices = {name: _price(asked.get(name)) for name in ("min", "max")}
    mistakes = [name for name, price in prices.items() if price is None and asked.get(name, "").strip()]
    if not mistakes and None not in prices.values() and prices["min"] > prices["max"]:  # type: ignore[operator]  # neither is None
        mistakes = ["range"]
    words = " ".join(asked.get("q", "")[:WORDS_MAX_CHARS].split())
    words = words if words.isprintable() else ""
    filters = Filters(
        words=words,
        village=_word(asked.get("village")),
        craft=_word(asked.get("craft")),
        stars=stars if stars else None,
        min_price=prices["min"],
        max_price=prices["max"],
        in_stock=bool(asked.get("in_stock")),
        sort=asked["sort"] if asked.get("sort") in (SORTS | {"new"} if words else SORTS) else "",
        page=_number(asked.get("page"), largest=100_000) or 1,
    )
    return filters, tuple(mistakes)


def _word(text: str | None) -> str | None:
    """Gives a word to look for; one with control characters, which PostgreSQL refuses, is left out."""
    return text[:80] if text and text.isprintable() else None


def _price(text: str | None) -> int | None:
    """Gives an amount as people type prices: whole Dong, or with words as the artisan's form takes them."""
    if (plain := _number(text, largest=LARGEST)) is not None:
        return plain
    try:
        return min(read_price(text or "").amount, LARGEST)
    except BadInput:
        return None


def _number(text: str | None, *, largest: int) -> int | None:
    """Gives a whole number of ASCII digits; thousands may be grouped as people write prices."""
    digits = (text or "").translate(_GROUPING)
    if not digits.isascii() or not digits.isdigit() or len(digits) > len(str(largest)):
        return None
    return min(int(digits), largest)
