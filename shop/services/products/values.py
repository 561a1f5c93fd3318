"""What a product may have beside its words: photographs and variants."""

from dataclasses import dataclass

from shop.media import media_size_name
from shop.money import Dong
from shop.services.texts import Text

__all__ = ["Photo", "VariantView"]


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph by the name of its largest size, whose sides these are, in pixels."""

    name: str
    width: int
    height: int

    def sized(self, width: int) -> "Photo":
        """Gives one of its smaller sizes: at most twice as high as it is wide, and never enlarged.

        Args:
            width: one of `PHOTO_WIDTHS`, in pixels.
        """
        scale = min(1.0, width / self.width, 2 * width / self.height)
        sides = (max(1, round(side * scale)) for side in (self.width, self.height))
        return Photo(media_size_name(self.name, width), *sides)


@dataclass(frozen=True, slots=True)
class VariantView:
    """A variant of a product."""

    id: int
    name: Text
    price: Dong
    stock: int
    is_listed: bool
