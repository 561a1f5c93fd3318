"""The table of status lists, whose versions are kept for ever as they were signed.

A migration names its types and limits itself and imports nothing of ours: it must do the same in ten years.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLE = "status_lists"


def upgrade() -> None:
    """Makes the table and its triggers."""
    op.create_table(
        TABLE,
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("url", "version", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("digest", name=op.f(f"uq_{TABLE}_digest")),
        sa.CheckConstraint("substr(url, 1, 8) = 'https://'", name=op.f(f"ck_{TABLE}_url_is_https")),
        sa.CheckConstraint("version > 0", name=op.f(f"ck_{TABLE}_version_is_positive")),
        sa.CheckConstraint("substr(issuer, 1, 4) = 'did:'", name=op.f(f"ck_{TABLE}_issuer_is_did")),
        sa.CheckConstraint(
            "substr(digest, 1, 3) = 'zQm'", name=op.f(f"ck_{TABLE}_digest_is_sha256_multibase")
        ),
        sa.CheckConstraint("length(body) BETWEEN 1 AND 65536", name=op.f(f"ck_{TABLE}_body_size")),
        sa.CheckConstraint("valid_until > issued_at", name=op.f(f"ck_{TABLE}_ends_after_start")),
    )
    op.create_index(op.f(f"ix_{TABLE}_issuer"), TABLE, ["issuer"])
    if op.get_bind().dialect.name == "postgresql":
        _refuse_changes_on_postgresql()
    else:
        _refuse_changes_on_sqlite()


def downgrade() -> None:
    """Drops the lists; the triggers go with the table."""
    op.drop_table(TABLE)


def _refuse_changes_on_sqlite() -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'signed lists are append-only'); END"
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
