"""Text without accents, for search and sorting: đ is folded by hand, since Unicode does not decompose it."""

import unicodedata

__all__ = ["fold"]


def fold(text: str) -> str:
    """Gives the lower-case letters of a Vietnamese text without any accents: `Đồ gỗ` becomes `do go`."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold()
