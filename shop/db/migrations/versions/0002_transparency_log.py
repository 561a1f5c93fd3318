"""The tables of the transparency log, and the triggers that let it only grow.

A migration names its types and limits itself and imports nothing of ours: it must do the same in ten years.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEX = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEPT = ("log_entries", "log_checkpoints")  # no row of these ever changes
GROWS = (
    "NEW.level = OLD.level AND NEW.n = OLD.n AND length(NEW.data) >= length(OLD.data)"
    " AND substr(NEW.data, 1, length(OLD.data)) = OLD.data"
)


def upgrade() -> None:
    """Makes the three tables and their triggers."""
    _create_entries()
    _create_tiles()
    _create_checkpoints()
    if op.get_bind().dialect.name == "postgresql":
        _refuse_changes_on_postgresql()
    else:
        _refuse_changes_on_sqlite()


def downgrade() -> None:
    """Drops the log, all entries with it; the triggers go with their tables."""
    for table in ("log_checkpoints", "log_tiles", "log_entries"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION log_refuse_change()")


def _create_entries() -> None:
    op.create_table(
        "log_entries",
        sa.Column("idx", INDEX, autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("idx", name=op.f("pk_log_entries")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_log_entries_entry_id")),
        *_checks(
            "log_entries",
            idx_is_not_negative="idx >= 0",
            entry_id_length="length(entry_id) BETWEEN 1 AND 512",
            leaf_is_a_hash="length(leaf) = 32",
            body_size="length(body) BETWEEN 1 AND 65535",
        ),
    )


def _create_tiles() -> None:
    op.create_table(
        "log_tiles",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "n", name=op.f("pk_log_tiles")),
        *_checks(
            "log_tiles",
            level_range="level BETWEEN 0 AND 63",
            n_is_not_negative="n >= 0",
            data_is_hashes="length(data) BETWEEN 32 AND 8192 AND length(data) % 32 = 0",
        ),
    )


def _create_checkpoints() -> None:
    op.create_table(
        "log_checkpoints",
        sa.Column("size", INDEX, autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_checkpoints")),
        *_checks("log_checkpoints", size_is_not_negative="size >= 0", note_is_given="note <> ''"),
    )


def _refuse_changes_on_sqlite() -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
    for table in KEPT:
        for event in ("UPDATE", "DELETE"):
            op.execute(f"CREATE TRIGGER {table}_refuse_{event.lower()} BEFORE {event} ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER log_tiles_refuse_delete BEFORE DELETE ON log_tiles {refuse}")
    op.execute(
        f"CREATE TRIGGER log_tiles_refuse_update BEFORE UPDATE ON log_tiles WHEN NOT ({GROWS}) {refuse}"
    )


def _refuse_changes_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION log_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'the log is append-only' USING ERRCODE = 'integrity_constraint_violation';"
        " END $$"
    )
    refuse = "EXECUTE FUNCTION log_refuse_change()"
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}"
        )
    op.execute(f"CREATE TRIGGER log_tiles_refuse_delete BEFORE DELETE ON log_tiles FOR EACH ROW {refuse}")
    op.execute(
        "CREATE TRIGGER log_tiles_refuse_update BEFORE UPDATE ON log_tiles"
        f" FOR EACH ROW WHEN (NOT ({GROWS})) {refuse}"
    )
    for table in (*KEPT, "log_tiles"):
        op.execute(
            f"CREATE TRIGGER {table}_refuse_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}"
        )


def _checks(table: str, **rules: str) -> Sequence[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in rules.items()]
