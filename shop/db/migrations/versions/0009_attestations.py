"""Lets the table of certificates hold attestations, too.

A migration names its types and limits itself and imports nothing of ours: it must do the same in ten years.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLE = "certificates"
KEPT = "kept_certificates"
COLUMNS = "record_id, product_id, kind, stars, valid_from, valid_until"
EARLIER = "'ocop', 'artisan_title', 'ip_right', 'inspection', 'environmental'"


def upgrade() -> None:
    """Makes the table anew with one more kind."""
    _make_anew(f"{EARLIER}, 'attestation'")


def downgrade() -> None:
    """Makes the table anew without attestations; their signed records stay."""
    op.execute(f"DELETE FROM {TABLE} WHERE kind = 'attestation'")  # noqa: S608
    _make_anew(EARLIER)


def _make_anew(kinds: str) -> None:
    """SQLite changes no constraint of a table, so both databases get a new one."""
    op.execute(f"CREATE TEMPORARY TABLE {KEPT} AS SELECT {COLUMNS} FROM {TABLE}")  # noqa: S608
    op.drop_table(TABLE)
    op.create_table(
        TABLE,
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("record_id", name=op.f(f"pk_{TABLE}")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f(f"fk_{TABLE}_record_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f(f"fk_{TABLE}_product_id")),
        sa.CheckConstraint(f"kind IN ({kinds})", name=op.f(f"ck_{TABLE}_kind_is_known")),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f(f"ck_{TABLE}_stars_are_1_to_5")),
        sa.CheckConstraint("stars IS NULL OR kind = 'ocop'", name=op.f(f"ck_{TABLE}_stars_are_ocop")),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f(f"ck_{TABLE}_ends_after_start")),
    )
    op.create_index(f"ix_{TABLE}_product_id", TABLE, ["product_id"])
    op.execute(f"INSERT INTO {TABLE} ({COLUMNS}) SELECT {COLUMNS} FROM {KEPT}")  # noqa: S608
    op.drop_table(KEPT)
