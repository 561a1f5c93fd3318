"""What a product may have beside its words: photographs and variants."""

from dataclasses import dataclass

from shop.money import Dong

__all__ = ["Photo", "VariantView"]


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph by the name of its largest size, whose sides these are, in pixels."""

    name: str
    width: int
    height: int

    def at(self, width: int) -> tuple[int, int]:
        """Gives the sides of a smaller size, at most twice as high as it is wide, and never enlarged."""
        scale = min(1.0, width / self.width, 2 * width / self.height)
        return max(1, round(self.width * scale)), max(1, round(self.height * scale))


@dataclass(frozen=True, slots=True)
class VariantView:
    """A variant of a product; `name_en` is empty where only Vietnamese exists."""

    id: int
    name_vi: str
    name_en: str
    price: Dong
    stock: int
    is_listed: bool
