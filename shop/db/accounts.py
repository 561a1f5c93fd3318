"""The tables of accounts, their sessions, invitations to them, and the trail of who did what.

Secrets of sessions and invitations are kept as their SHA-256 alone, so that a copy of the database opens
nobody's desk. Triggers on both databases refuse to change or delete an entry of the trail (migration 0007).
"""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from shop.db.base import SLUG_CHARACTERS, Base, holds_only, is_one_of

__all__ = ["Account", "AuditEntry", "Invitation", "LoginSession"]

ROLES: Final = ("buyer", "artisan", "association", "inspector", "operator")
HASH_BYTES: Final = 32

_ROLE_IS_KNOWN: Final = is_one_of("role", ROLES)
_ONLY_ARTISANS: Final = "workshop_id IS NULL OR role = 'artisan'"


class Account(Base):
    """A person who may sign in; a row is never deleted, so that the trail always names somebody."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("sign_in_name <> ''", name="sign_in_name_is_given"),
        CheckConstraint("name <> ''", name="name_is_given"),
        CheckConstraint(_ROLE_IS_KNOWN, name="role_is_known"),
        CheckConstraint(_ONLY_ARTISANS, name="workshop_is_an_artisans"),
        CheckConstraint(holds_only("issuer", SLUG_CHARACTERS), name="issuer_is_plain"),
        CheckConstraint("substr(password_hash, 1, 9) = '$argon2id'", name="password_is_hashed"),
        CheckConstraint("totp_counter >= 0", name="totp_counter_is_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sign_in_name: Mapped[str] = mapped_column(unique=True)  # E.164, or an e-mail address in small letters
    name: Mapped[str]
    password_hash: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="is_active"))
    role: Mapped[str]
    workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"), index=True)
    issuer: Mapped[str | None]  # slug of the issuer that she may sign for
    totp_secret: Mapped[str | None]  # encrypted under the instance's SECRET_KEY
    totp_counter: Mapped[int | None] = mapped_column(BigInteger)  # of the last code used: none counts twice
    created_at: Mapped[datetime]


class LoginSession(Base):
    """One browser's session. `is_waiting` says that the second factor is still to come."""

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint(f"length(id_hash) = {HASH_BYTES}", name="id_hash_size"),
        CheckConstraint("substr(data, 1, 1) = '{'", name="data_is_object"),
        CheckConstraint("expires_at > created_at", name="ends_after_start"),
        Index("ix_sessions_account_id", "account_id"),
        Index("ix_sessions_expires_at", "expires_at"),
    )

    id_hash: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    is_waiting: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="is_waiting"))
    data: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Invitation(Base):
    """One printed invitation; with `account_id` it lets that person back in."""

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint(f"length(secret_hash) = {HASH_BYTES}", name="secret_hash_size"),
        CheckConstraint(_ROLE_IS_KNOWN, name="role_is_known"),
        CheckConstraint(_ONLY_ARTISANS, name="workshop_is_an_artisans"),
        CheckConstraint(holds_only("issuer", SLUG_CHARACTERS), name="issuer_is_plain"),
        CheckConstraint("expires_at > created_at", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    role: Mapped[str]
    workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"))
    issuer: Mapped[str | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))  # None: the command line
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AuditEntry(Base):
    """Who did what to which thing, and when. Append-only."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        CheckConstraint("actor <> ''", name="actor_is_given"),
        CheckConstraint("action <> ''", name="action_is_given"),
        CheckConstraint("substr(detail, 1, 1) = '{'", name="detail_is_object"),
        Index("ix_audit_entries_subject", "subject", "id"),
        Index("ix_audit_entries_account_id", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True)
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor: Mapped[str]  # her name as it was then
    action: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[str]
