"""The words that products are found by, and an index of them: FTS5 on SQLite, GIN on PostgreSQL.

A migration names its types and limits itself and imports nothing of ours: it must do the same in ten years.
"""

import re
import unicodedata
from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLE = "product_words"
WORD = re.compile(r"[^\W_]+")
# The index keeps no words of its own: `shop.db.search` tells it what changed. No trigger can, because
# trusted_schema is off, and then SQLite lets none write into a virtual table.
ON_SQLITE: Final = (
    f"CREATE VIRTUAL TABLE word_index USING fts5(words, content='{TABLE}', content_rowid='product_id',"
    " tokenize='unicode61 remove_diacritics 0', prefix='2 3')"
)
ON_POSTGRESQL: Final = (
    f"CREATE INDEX ix_{TABLE}_words ON {TABLE} USING gin (array_to_tsvector(string_to_array(words, ' ')))"
)
NAMES: Final = """
    SELECT products.id, products.name_vi, products.name_en, crafts.name_vi, crafts.name_en,
        villages.name, workshops.name_vi, workshops.name_en
    FROM products JOIN crafts ON crafts.key = products.craft
    JOIN workshops ON workshops.id = products.workshop_id
    JOIN villages ON villages.id = workshops.village_id"""


def upgrade() -> None:
    """Makes table and index, and fills them from the names that there are."""
    op.create_table(
        TABLE,
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("product_id", name=op.f(f"pk_{TABLE}")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f(f"fk_{TABLE}_product_id")),
        sa.CheckConstraint("words <> ''", name=op.f(f"ck_{TABLE}_words_are_given")),
    )
    connection = op.get_bind()
    is_sqlite = connection.dialect.name == "sqlite"
    op.execute(ON_SQLITE if is_sqlite else ON_POSTGRESQL)
    found = [
        {"product_id": product_id, "words": words}
        for product_id, *names in connection.execute(sa.text(NAMES)).all()
        if (words := _words(names))
    ]
    if found:
        connection.execute(sa.text(f"INSERT INTO {TABLE} VALUES (:product_id, :words)"), found)  # noqa: S608
    if is_sqlite:
        op.execute("INSERT INTO word_index (word_index) VALUES ('rebuild')")


def downgrade() -> None:
    """Drops both; PostgreSQL's index goes with its table."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE word_index")
    op.drop_table(TABLE)


def _words(names: list[str]) -> str:
    found = (word for name in names for word in WORD.findall(_fold(name)))
    return " ".join(dict.fromkeys(found))


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(char for char in plain if not unicodedata.combining(char)).casefold()
