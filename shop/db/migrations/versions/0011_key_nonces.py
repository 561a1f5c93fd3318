"""Makes the table of the nonces that enrolled keys used up.

A migration names its types and limits itself and imports nothing of ours: it must do the same in ten years.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLE = "key_nonces"


def upgrade() -> None:
    """Makes the table; of keys that were handed in before, nobody kept the nonce."""
    op.create_table(
        TABLE,
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f(f"pk_{TABLE}")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["key_enrolments.id"], name=op.f(f"fk_{TABLE}_enrolment_id")
        ),
    )


def downgrade() -> None:
    """Drops the table; the keys stay."""
    op.drop_table(TABLE)
