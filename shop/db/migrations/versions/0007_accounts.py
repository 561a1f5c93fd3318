"""Accounts, sessions, invitations, and the trail of who did what, with the triggers that keep it.

A migration names its types and limits itself and imports nothing of ours: it must do the same in ten years.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TRAIL = "audit_entries"
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLES = "'buyer', 'artisan', 'association', 'inspector', 'operator'"
SLUG = "abcdefghijklmnopqrstuvwxyz0123456789-"
SHARED = {
    "role_is_known": f"role IN ({ROLES})",
    "workshop_is_an_artisans": "workshop_id IS NULL OR role = 'artisan'",
    "issuer_is_plain": f"issuer <> '' AND ltrim(issuer, '{SLUG}') = ''",
}


def upgrade() -> None:
    """Makes the tables and the triggers of the trail."""
    _create_accounts()
    _create_sessions()
    _create_invitations()
    _create_trail()
    if op.get_bind().dialect.name == "postgresql":
        _refuse_changes_on_postgresql()
    else:
        _refuse_changes_on_sqlite()


def downgrade() -> None:
    """Drops all accounts and their trail; the triggers go with the table."""
    for table in (TRAIL, "invitations", "sessions", "accounts"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuse_change()")


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        *_texts("sign_in_name name"),
        *_texts("password_hash", nullable=True),
        _yes_or_no("accounts", "is_active"),
        *_texts("role"),
        sa.Column("workshop_id", sa.Integer(), nullable=True),
        *_texts("issuer totp_secret", nullable=True),
        sa.Column("totp_counter", sa.BigInteger(), nullable=True),
        *_instants("created_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("sign_in_name", name=op.f("uq_accounts_sign_in_name")),
        _reference("accounts", "workshop_id", "workshops.id"),
        *_checks(
            "accounts",
            **SHARED,
            sign_in_name_is_given="sign_in_name <> ''",
            name_is_given="name <> ''",
            password_is_hashed="substr(password_hash, 1, 9) = '$argon2id'",  # noqa: S106  # a condition
            totp_counter_is_not_negative="totp_counter >= 0",
        ),
    )
    op.create_index("ix_accounts_workshop_id", "accounts", ["workshop_id"])


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        _yes_or_no("sessions", "is_waiting"),
        *_texts("data"),
        *_instants("created_at expires_at"),
        *_instants("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_sessions")),
        _reference("sessions", "account_id", "accounts.id"),
        *_checks(
            "sessions",
            id_hash_size="length(id_hash) = 32",
            data_is_object="substr(data, 1, 1) = '{'",
            ends_after_start="expires_at > created_at",
        ),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])


def _create_invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        *_texts("role"),
        sa.Column("workshop_id", sa.Integer(), nullable=True),
        *_texts("issuer", nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=True),
        *_instants("created_at expires_at"),
        *_instants("used_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_invitations_secret_hash")),
        _reference("invitations", "workshop_id", "workshops.id"),
        _reference("invitations", "account_id", "accounts.id"),
        _reference("invitations", "made_by", "accounts.id"),
        *_checks(
            "invitations",
            **SHARED,
            secret_hash_size="length(secret_hash) = 32",  # noqa: S106  # a condition
            ends_after_start="expires_at > created_at",
        ),
    )


def _create_trail() -> None:
    op.create_table(
        TRAIL,
        sa.Column("id", NUMBER, nullable=False),
        *_instants("at"),
        sa.Column("account_id", sa.Integer(), nullable=True),
        *_texts("actor action subject detail"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TRAIL}")),
        _reference(TRAIL, "account_id", "accounts.id"),
        *_checks(
            TRAIL,
            actor_is_given="actor <> ''",
            action_is_given="action <> ''",
            detail_is_object="substr(detail, 1, 1) = '{'",
        ),
    )
    op.create_index("ix_audit_entries_subject", TRAIL, ["subject", "id"])
    op.create_index("ix_audit_entries_account_id", TRAIL, ["account_id", "id"])


def _refuse_changes_on_sqlite() -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    for event in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER {TRAIL}_refuse_{event.lower()} BEFORE {event} ON {TRAIL} {refuse}")


def _refuse_changes_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'integrity_constraint_violation';"
        " END $$"
    )
    refuse = "EXECUTE FUNCTION audit_refuse_change()"
    op.execute(
        f"CREATE TRIGGER {TRAIL}_refuse_change BEFORE UPDATE OR DELETE ON {TRAIL} FOR EACH ROW {refuse}"
    )
    op.execute(
        f"CREATE TRIGGER {TRAIL}_refuse_truncate BEFORE TRUNCATE ON {TRAIL} FOR EACH STATEMENT {refuse}"
    )


def _yes_or_no(table: str, column: str) -> sa.Column[Any]:
    kind = sa.Boolean(create_constraint=True, name=op.f(f"ck_{table}_{column}"))
    return sa.Column(column, kind, nullable=False)


def _texts(names: str, *, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names.split()]


def _instants(names: str, *, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger(), nullable=nullable) for name in names.split()]


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _checks(table: str, **rules: str) -> Sequence[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in rules.items()]
