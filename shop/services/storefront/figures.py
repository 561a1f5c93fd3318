"""Dated figures of the city, each with its source; figures of low confidence are never shown."""

from functools import cache
from typing import Final

from shop.facts import files
from shop.services.storefront.values import Figure
from shop.services.texts import Text

__all__ = ["FIGURES_REGION", "home_figures"]

FIGURES_REGION: Final = "Thành phố Hà Nội"  # whose figures they are; no other region has any here

# What the first page says about the city; the newest figure of each key that is well sourced.
HOME_KEYS: Final = ("hanoi_villages_with_craft", "recognised_total", "ocop_products_from_craft_villages")


@cache
def home_figures() -> tuple[Figure, ...]:
    """Gives the newest well-sourced figure of each key of the first page."""
    common = files.words()["common"]
    figures = []
    for key in HOME_KEYS:
        known = [
            item
            for item in files.statistics()["records"]
            if item["key"] == key and item["confidence"] == "high" and item["kind"] == "actual"
        ]
        if known:
            newest = max(known, key=lambda item: item["as_of"])
            figures.append(_figure(newest, common))
    return tuple(figures)


def _figure(item: dict, common: dict) -> Figure:  # type: ignore[type-arg]  # JSON of our own data file
    value, source = f"{item['value']:,}", item["source"]
    qualifier = common["qualifiers"][item["qualifier"]]
    is_exact = item["qualifier"] == "exact"
    vi, en = value.replace(",", "."), value
    return Figure(
        key=item["key"],
        label=Text(item["label_vi"], item["label_en"]),
        value=Text(
            vi if is_exact else f"{qualifier['vi']} {vi}", en if is_exact else f"{qualifier['en']} {en}"
        ),
        as_of=item["as_of"],
        source=Text(source["title_vi"], source["title_en"]),
    )
