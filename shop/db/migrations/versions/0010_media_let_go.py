"""Gives a table to files that were let go of, with the moment from which they can be wanted back.

A migration names its types and limits itself and imports nothing of ours: it must do the same in ten years.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLE = "let_go_media"


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        TABLE,
        sa.Column("media_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("media_id", name=op.f(f"pk_{TABLE}")),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name=op.f(f"fk_{TABLE}_media_id")),
    )


def downgrade() -> None:
    """Drops the table; the files stay."""
    op.drop_table(TABLE)
