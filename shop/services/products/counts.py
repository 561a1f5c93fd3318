"""How many products there are for each value that a buyer may filter by, under all the other filters."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.db.catalogue import Craft, Product, Village, Workshop
from shop.services.storefront.cards import Rows, stars_today
from shop.services.storefront.values import Filters
from shop.services.texts import Text

__all__ = ["Counts", "Group", "select_groups"]

_NONE: Final = 0


@dataclass(frozen=True, slots=True)
class Group:
    """How many products share all that can be filtered by groups; `stars` is 0 for none valid today."""

    village: str
    village_name: str
    village_folded: str
    craft: str
    craft_vi: str
    craft_en: str
    stars: int
    in_stock: bool
    number: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What changing one filter would give: its values are counted under all the others."""

    filters: Filters
    groups: Sequence[Group]

    def total(self) -> int:
        """Gives how many fit all filters."""
        return sum(group.number for group in self._fitting())

    def villages(self) -> tuple[tuple[str, str, int], ...]:
        """Gives (slug, name, how many), in the order of their names."""
        found = Counter[tuple[str, str, str]]()
        for group in self._fitting(without="village"):
            found[group.village_folded, group.village, group.village_name] += group.number
        return tuple((slug, name, number) for (_, slug, name), number in sorted(found.items()))

    def crafts(self) -> tuple[tuple[str, Text, int], ...]:
        """Gives (key, name, how many), in the order of their keys."""
        found = Counter[tuple[str, str, str]]()
        for group in self._fitting(without="craft"):
            found[group.craft, group.craft_vi, group.craft_en] += group.number
        return tuple((key, Text(vi, en), number) for (key, vi, en), number in sorted(found.items()))

    def stars(self) -> tuple[tuple[int, int], ...]:
        """Gives (stars, how many), most stars first."""
        found = Counter[int]()
        for group in self._fitting(without="stars"):
            found[group.stars] += group.number
        return tuple((stars, number) for stars, number in sorted(found.items(), reverse=True) if stars)

    def in_stock(self) -> int:
        """Gives how many are there now."""
        return sum(group.number for group in self._fitting(without="in_stock") if group.in_stock)

    def _fitting(self, without: str = "") -> Iterable[Group]:
        asked = {
            "village": self.filters.village,
            "craft": self.filters.craft,
            "stars": self.filters.stars,
            "in_stock": self.filters.in_stock or None,
        }
        wanted = [(name, value) for name, value in asked.items() if value is not None and name != without]
        return [
            group for group in self.groups if all(getattr(group, name) == value for name, value in wanted)
        ]


def select_groups(session: Session, products: Rows, today: date) -> tuple[Group, ...]:
    """Counts products in groups.

    Args:
        session: that reads.
        products: a select of ids of products.
        today: the day that stars must be valid on.
    """
    valid, in_stock = stars_today(today), Product.stock > 0
    groups = (
        Village.slug,
        Village.name,
        Village.name_folded,
        Craft.key,
        Craft.name_vi,
        Craft.name_en,
        func.coalesce(valid.c.stars, _NONE),
        in_stock,
    )
    counted = (
        select(*groups, func.count())
        .select_from(Product)
        .join(Workshop, Workshop.id == Product.workshop_id)
        .join(Village, Village.id == Workshop.village_id)
        .join(Craft, Craft.key == Product.craft)
        .outerjoin(valid, valid.c.product_id == Product.id)
        .where(Product.id.in_(products))
        .group_by(*groups)
    )
    return tuple(Group(*row) for row in session.execute(counted))
