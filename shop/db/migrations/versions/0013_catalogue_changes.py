"""Marks every change that moves a product from one count of a list to another, so that counts can be kept.

A migration names its types and limits itself and imports nothing of ours: it must do the same in ten years.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLE = "catalogue_changes"
KEPT = 1_000
# Stock counts only where it ends or begins: a sale of one among many moves nothing.
COUNTED: Final = ("is_listed", "craft", "workshop_id", "price", "name_folded", "listed_at", "stock > 0")
WATCHED: Final = (
    ("products", "INSERT"),
    ("products", "UPDATE"),
    ("product_words", "UPDATE"),
    ("certificates", "INSERT"),
    ("certificates", "UPDATE"),
    ("certificates", "DELETE"),
    ("villages", "UPDATE"),
)


def upgrade() -> None:
    """Makes the table and the triggers that write into it."""
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _watch_on_postgresql()
    else:
        _watch_on_sqlite()


def downgrade() -> None:
    """Drops both."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table, event in WATCHED:
        on_table = f" ON {table}" if is_postgresql else ""
        op.execute(f"DROP TRIGGER {_name(table, event)}{on_table}")
    if is_postgresql:
        op.execute("DROP FUNCTION mark_catalogue_change()")
    op.drop_table(TABLE)


def _watch_on_sqlite() -> None:
    for table, event in WATCHED:
        when = f" WHEN {_moved('IS NOT')}" if (table, event) == ("products", "UPDATE") else ""
        op.execute(
            f"CREATE TRIGGER {_name(table, event)} AFTER {event} ON {table}{when} BEGIN"  # noqa: S608
            f" INSERT INTO {TABLE} (id) SELECT coalesce(max(id), 0) + 1 FROM {TABLE};"
            f" DELETE FROM {TABLE} WHERE id <= (SELECT max(id) FROM {TABLE}) - {KEPT}; END"
        )


def _watch_on_postgresql() -> None:
    # Old marks go seldom, or every writer would wait for the one that deletes the same.
    op.execute(
        "CREATE FUNCTION mark_catalogue_change() RETURNS trigger LANGUAGE plpgsql AS $$"  # noqa: S608
        " DECLARE mark bigint; BEGIN"
        f" INSERT INTO {TABLE} DEFAULT VALUES RETURNING id INTO mark;"
        f" IF mark % {KEPT} = 0 THEN DELETE FROM {TABLE} WHERE id <= mark - {KEPT}; END IF;"
        " RETURN NULL; END $$"
    )
    for table, event in WATCHED:
        when = f" WHEN ({_moved('IS DISTINCT FROM')})" if (table, event) == ("products", "UPDATE") else ""
        op.execute(
            f"CREATE TRIGGER {_name(table, event)} AFTER {event} ON {table} FOR EACH ROW{when}"
            " EXECUTE FUNCTION mark_catalogue_change()"
        )


def _moved(differs: str) -> str:
    sides = [", ".join(f"{row}.{column}" for column in COUNTED) for row in ("old", "new")]
    return f"({sides[0]}) {differs} ({sides[1]})"


def _name(table: str, event: str) -> str:
    return f"{table}_mark_{event.lower()}"
