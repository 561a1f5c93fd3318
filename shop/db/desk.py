"""The tables of the desks: drafts, requests, enrolled keys, reports, spoiled labels, private facts."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.db.base import Base, is_one_of
from shop.db.lots import SERIAL_CHARS

__all__ = [
    "DRAFT_KINDS",
    "ENROLMENT_STATES",
    "REPORT_STATES",
    "REQUEST_KINDS",
    "REQUEST_STATES",
    "Draft",
    "KeyEnrolment",
    "KeyNonce",
    "PrivateFact",
    "Report",
    "Request",
    "SpoiledUnit",
]

DRAFT_KINDS: Final = ("workshop", "product", "lot", "correction")
REQUEST_KINDS: Final = ("workshop", "attestation", "transcription", "inspection")
REQUEST_STATES: Final = ("open", "done", "refused", "withdrawn")
ENROLMENT_STATES: Final = ("waiting", "listed", "refused", "withdrawn")
REPORT_STATES: Final = ("open", "closed")


class Draft(Base):
    """What somebody began to fill in; `token` makes it what it becomes at most once."""

    __tablename__ = "drafts"
    __table_args__ = (
        CheckConstraint(is_one_of("kind", DRAFT_KINDS), name="kind_is_known"),
        CheckConstraint("substr(document, 1, 1) = '{'", name="document_is_object"),
        CheckConstraint("length(token) >= 16", name="token_is_long"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"), index=True)
    kind: Mapped[str]
    document: Mapped[str]  # what was typed so far, one JSON object
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    became: Mapped[str | None]  # the local id of the record, or the slug, that was made of it


class Request(Base):
    """Somebody asks an issuer to sign: a workshop's record, an attestation, a paper, an inspection."""

    __tablename__ = "requests"
    __table_args__ = (
        CheckConstraint(is_one_of("kind", REQUEST_KINDS), name="kind_is_known"),
        CheckConstraint(is_one_of("state", REQUEST_STATES), name="state_is_known"),
        CheckConstraint("substr(document, 1, 1) = '{'", name="document_is_object"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_or_open"),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="refusal_has_reason"),
        Index("ix_requests_issuer_state", "issuer", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)  # who asks
    workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"), index=True)
    issuer: Mapped[str]  # slug of who is asked to sign
    about: Mapped[str | None]  # local id of the record that it is about
    document: Mapped[str]  # what is asked for, one JSON object
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))  # the scan of a paper
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    reason: Mapped[str | None]  # of a refusal, in the words of who refused
    record_id: Mapped[str | None] = mapped_column(ForeignKey("records.id"))  # what was signed


class KeyEnrolment(Base):
    """A key that somebody made on her own device and proved to hold; the trust list alone makes it count."""

    __tablename__ = "key_enrolments"
    __table_args__ = (
        CheckConstraint(is_one_of("state", ENROLMENT_STATES), name="state_is_known"),
        CheckConstraint(is_one_of("use", ("record",)), name="use_is_known"),
        CheckConstraint("substr(public_key, 1, 4) = 'z6Mk'", name="public_key_is_ed25519"),
        CheckConstraint("length(proof) = 64", name="proof_is_a_signature"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    issuer: Mapped[str]  # slug
    use: Mapped[str]
    public_key: Mapped[str] = mapped_column(unique=True)  # publicKeyMultibase
    proof: Mapped[bytes]  # by that key, over host, issuer, account and the server's nonce
    created_at: Mapped[datetime]
    state: Mapped[str]
    decided_at: Mapped[datetime | None]


class KeyNonce(Base):
    """The nonce that the proof of an enrolled key is over; it takes in no other key."""

    __tablename__ = "key_nonces"

    nonce: Mapped[str] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("key_enrolments.id"))


class Report(Base):
    """What a visitor found odd about a label or a record; the contact is deleted when it is closed."""

    __tablename__ = "reports"
    __table_args__ = (
        CheckConstraint(is_one_of("state", REPORT_STATES), name="state_is_known"),
        CheckConstraint("length(words) BETWEEN 1 AND 2000", name="words_are_given"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_or_open"),
        CheckConstraint("state = 'open' OR contact IS NULL", name="contact_goes_at_the_end"),
        Index("ix_reports_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_number: Mapped[str] = mapped_column(unique=True)  # unguessable, told to who reports
    subject: Mapped[str]  # the label's text or the record's local id
    words: Mapped[str]
    contact: Mapped[str | None]
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    reported_at: Mapped[datetime]
    state: Mapped[str]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    answer: Mapped[str | None]


class SpoiledUnit(Base):
    """A label that was spoiled in printing or sticking, so that its serial is on no piece."""

    __tablename__ = "spoiled_units"
    __table_args__ = (CheckConstraint(f"length(serial) = {SERIAL_CHARS}", name="serial_length"),)

    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    serial: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    marked_at: Mapped[datetime]


class PrivateFact(Base):
    """What is known of a workshop and stands in no signed or public byte, such as its tax code.

    The record carries at most SHA-256 of salt and value. Deleting the row makes that say nothing.
    """

    __tablename__ = "private_facts"
    __table_args__ = (
        UniqueConstraint("workshop_id", "kind"),
        CheckConstraint(is_one_of("kind", ("tax_code",)), name="kind_is_known"),
        CheckConstraint("value <> ''", name="value_is_given"),
        CheckConstraint("length(salt) = 16", name="salt_size"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"))
    kind: Mapped[str]
    value: Mapped[str]
    salt: Mapped[bytes]
    entered_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    entered_at: Mapped[datetime]
