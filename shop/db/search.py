"""The words that products are found by, and an index of them: FTS5 on SQLite, GIN on PostgreSQL."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Integer,
    Select,
    cast,
    column,
    func,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Mapped, Session, mapped_column

from shop.db.base import Base

__all__ = ["CatalogueChange", "ProductWords", "keep_words", "products_with"]

# The index of SQLite, which metadata cannot describe. It keeps no words of its own.
_INDEX: Final = table("word_index", column("rowid"), column("word_index"))
_TAKE_OUT: Final = text(
    "INSERT INTO word_index (word_index, rowid, words) VALUES ('delete', :product_id, :words)"
)
_PUT_IN: Final = text("INSERT INTO word_index (rowid, words) VALUES (:product_id, :words)")


class ProductWords(Base):
    """What a product is found by: folded words of its names, craft, village and workshop, once each."""

    __tablename__ = "product_words"
    __table_args__ = (CheckConstraint("words <> ''", name="words_are_given"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True, autoincrement=False)
    words: Mapped[str]  # parted by single spaces


class CatalogueChange(Base):
    """A mark of a change of what lists count; triggers write it, and the newest is the lists' version."""

    __tablename__ = "catalogue_changes"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)


def keep_words(session: Session, product_id: int, words: Sequence[str]) -> None:
    """Stores what a product is found by, and tells SQLite's index; PostgreSQL sees to its own.

    Args:
        session: of a transaction that writes.
        product_id: of a stored product.
        words: at least one, of letters and digits alone.
    """
    told = " ".join(words)
    row = session.get(ProductWords, product_id)
    if row is not None and row.words == told:
        return
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    if row is None:
        row = ProductWords(product_id=product_id, words=told)
        session.add(row)
    else:
        if is_sqlite:
            session.execute(_TAKE_OUT, {"product_id": product_id, "words": row.words})
        row.words = told
    session.flush()
    if is_sqlite:
        session.execute(_PUT_IN, {"product_id": product_id, "words": told})


def products_with(dialect: str, beginnings: Sequence[str]) -> Select[int]:
    """Gives the select of the ids of products that have a word with each of some beginnings.

    Args:
        dialect: `sqlite` or `postgresql`.
        beginnings: at least one, of letters and digits alone.
    """
    if dialect == "sqlite":
        wanted: ColumnElement[Any] = _INDEX.c.word_index.op("MATCH")(
            " ".join(f'"{one}" *' for one in beginnings)
        )
        return select(_INDEX.c.rowid).where(wanted)
    lexemes = func.array_to_tsvector(func.string_to_array(ProductWords.words, text("' '")))
    asked = cast(" & ".join(f"'{one}':*" for one in beginnings), TSQUERY)
    return select(ProductWords.product_id).where(lexemes.op("@@")(asked))
