"""Marks the links of corrections to the record that takes the place of the one that they are about.

The marks are read off the stored notices. A migration names its types and limits itself and imports nothing
of ours: it must do the same in ten years.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLE = "record_links"
KEPT = "kept_links"


def upgrade() -> None:
    """Makes the table anew with the mark, and sets it where a stored correction says so."""
    kind = sa.Boolean(create_constraint=True, name=op.f(f"ck_{TABLE}_names_successor"))
    _make_anew(sa.Column("names_successor", kind, server_default=sa.false(), nullable=False))
    _mark_successors()


def downgrade() -> None:
    """Makes the table anew without the mark."""
    _make_anew()


def _make_anew(*more: "sa.Column[bool]") -> None:
    """SQLite adds no column before the constraints of a table, so both databases get a new one."""
    op.execute(f"CREATE TEMPORARY TABLE {KEPT} AS SELECT source, target FROM {TABLE}")  # noqa: S608
    op.drop_table(TABLE)
    op.create_table(
        TABLE,
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        *more,
        sa.PrimaryKeyConstraint("source", "target", name=op.f(f"pk_{TABLE}")),
        sa.ForeignKeyConstraint(["source"], ["records.id"], name=op.f(f"fk_{TABLE}_source")),
        sa.ForeignKeyConstraint(["target"], ["records.id"], name=op.f(f"fk_{TABLE}_target")),
        sa.CheckConstraint("source <> target", name=op.f(f"ck_{TABLE}_not_to_itself")),
    )
    op.create_index(f"ix_{TABLE}_target", TABLE, ["target"])
    op.execute(f"INSERT INTO {TABLE} (source, target) SELECT source, target FROM {KEPT}")  # noqa: S608
    op.drop_table(KEPT)


def _mark_successors() -> None:
    connection = op.get_bind()
    notices = connection.execute(sa.text("SELECT id, body FROM records WHERE type = 'Notice'")).all()
    mark = sa.text(
        f"UPDATE {TABLE} SET names_successor = true WHERE source = :source"  # noqa: S608
        " AND target IN (SELECT id FROM records WHERE url = :url)"
    )
    for source, body in notices:
        url = _superseding(body)
        if url is not None:
            connection.execute(mark, {"source": source, "url": url})


def _superseding(body: bytes) -> str | None:
    """Gives what a notice names in its subject's place; None for what does not read, which fsck names."""
    try:
        origin = json.loads(bytes(body))["credentialSubject"]["ln:origin"]
        found = origin.get("supersedes")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if isinstance(found, str) and found != origin.get("about") else None
