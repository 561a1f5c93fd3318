"""Triggers that keep trust lists as they were published.

A migration names its types and limits itself and imports nothing of ours: it must do the same in ten years.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLE = "trust_lists"


def upgrade() -> None:
    """Makes the triggers."""
    if op.get_bind().dialect.name == "postgresql":
        _refuse_changes_on_postgresql()
    else:
        _refuse_changes_on_sqlite()


def downgrade() -> None:
    """Drops the triggers."""
    if op.get_bind().dialect.name == "postgresql":
        for name in ("change", "truncate"):
            op.execute(f"DROP TRIGGER {TABLE}_refuse_{name} ON {TABLE}")
        return
    for name in ("update", "delete"):
        op.execute(f"DROP TRIGGER {TABLE}_refuse_{name}")


def _refuse_changes_on_sqlite() -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'trust lists are append-only'); END"
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
