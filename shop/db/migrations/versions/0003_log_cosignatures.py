"""What witnesses signed under the heads of the log, beside those heads; and records by their issuer.

A migration names its types and limits itself and imports nothing of ours: it must do the same in ten years.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEX = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE = "log_cosignatures"
ISSUERS = "ix_records_issuer"


def upgrade() -> None:
    """Makes the table with its triggers, and the index."""
    op.create_table(
        TABLE,
        sa.Column("size", INDEX, nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("size", "witness", name=op.f(f"pk_{TABLE}")),
        sa.ForeignKeyConstraint(["size"], ["log_checkpoints.size"], name=op.f(f"fk_{TABLE}_size")),
        sa.CheckConstraint("witness <> ''", name=op.f(f"ck_{TABLE}_witness_is_given")),
        sa.CheckConstraint("line <> ''", name=op.f(f"ck_{TABLE}_line_is_given")),
    )
    op.create_index(ISSUERS, "records", ["issuer"])
    if op.get_bind().dialect.name == "postgresql":
        _refuse_changes_on_postgresql()
    else:
        _refuse_changes_on_sqlite()


def downgrade() -> None:
    """Drops cosignatures and index; the heads stay. The triggers go with the table."""
    op.drop_index(ISSUERS, "records")
    op.drop_table(TABLE)


def _refuse_changes_on_sqlite() -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
    for event in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER {TABLE}_refuse_{event.lower()} BEFORE {event} ON {TABLE} {refuse}")


def _refuse_changes_on_postgresql() -> None:
    refuse = "EXECUTE FUNCTION log_refuse_change()"  # made by 0002
    op.execute(
        f"CREATE TRIGGER {TABLE}_refuse_change BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW {refuse}"
    )
    op.execute(
        f"CREATE TRIGGER {TABLE}_refuse_truncate BEFORE TRUNCATE ON {TABLE} FOR EACH STATEMENT {refuse}"
    )
