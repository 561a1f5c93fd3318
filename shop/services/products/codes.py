"""New slugs and codes of products and workshops, made of their names; each is given once."""

from collections.abc import Callable
from itertools import count
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.catalogue import Product
from shop.errors import BadFields
from shop.folding import fold

__all__ = ["demand_free", "free_slug", "is_named", "new_code", "new_product_slug"]

SLUG_CHARS: Final = 60
CODE_CHARS: Final = 10  # of 14: the others are for a number where the name is taken
CODE_MIN_CHARS: Final = 4


def free_slug(name: str, is_taken: Callable[[str], bool]) -> str:
    """Gives small letters, digits and hyphens of a name; a number follows where others have the same.

    Args:
        name: in any letters; of one without Latin letters nothing is left but the number.
        is_taken: tells whether somebody has a slug.
    """
    words = "".join(char if char.isascii() and char.isalnum() else " " for char in fold(name)).split()
    base = "-".join(words)[:SLUG_CHARS].strip("-") or "x"
    candidates = (base if number == 1 else f"{base}-{number}" for number in count(1))
    return next(slug for slug in candidates if not is_taken(slug))


def new_product_slug(session: Session, name: str) -> str:
    """Gives the slug of a new product."""
    return free_slug(name, lambda slug: _holds(session, Product.slug == slug))


def new_code(session: Session, name: str) -> str:
    """Gives the own code of a new product: capitals of its name, such as `GIOMAYMAU`, and a number."""
    letters = "".join(char for char in fold(name).upper() if char.isascii() and char.isalnum())
    # A code of digits alone could be another workshop's GTIN.
    named = f"X{letters}" if letters.isdigit() else letters
    base = named[:CODE_CHARS].ljust(CODE_MIN_CHARS, "X")
    candidates = (base if number == 1 else f"{base}{number}" for number in count(1))
    return next(code for code in candidates if not _holds(session, Product.code == code))


def demand_free(session: Session, *, gtin: str | None, code: str | None, without: int | None = None) -> None:
    """Checks that no other product has a GTIN or code, nor one's GTIN as the other's code.

    Lots are named by either of them, so that both share one space of names.

    Args:
        session: of any transaction.
        gtin: as typed; None where there is none.
        code: as typed; None where there is none.
        without: the id of the product itself.

    Raises:
        BadFields: TAKEN.
    """
    for name, value in (("gtin", gtin), ("code", code)):
        if value is not None and is_named(session, value, without=without):
            raise BadFields({name: "TAKEN"})


def is_named(session: Session, value: str, *, without: int | None = None) -> bool:
    """Tells whether another product has this as its GTIN or as its code.

    Args:
        session: of any transaction.
        value: a GTIN or code.
        without: the id of the product itself.
    """
    is_its = (Product.gtin == value) | (Product.code == value)
    return _holds(session, is_its, Product.id != (without or 0))


def _holds(session: Session, *conditions: object) -> bool:
    return session.scalar(select(Product.id).where(*conditions).limit(1)) is not None  # type: ignore[arg-type]  # columns' conditions
