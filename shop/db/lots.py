"""The tables of signed records, and of the lots and certificates that are read off them.

A record's bytes are kept as they were signed. Triggers on both databases refuse to delete a record or to
change anything of it but its unsigned translation (migration 0001).
"""

from datetime import date, datetime
from typing import Final

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from shop.db.base import Base, is_one_of
from traceability.limits import JSON_MAX_BYTES

__all__ = [
    "CERTIFICATE_KINDS",
    "SERIAL_CHARS",
    "Certificate",
    "Lot",
    "Record",
    "RecordLink",
    "TrustList",
]

CERTIFICATE_KINDS: Final = (
    "ocop",
    "artisan_title",
    "ip_right",
    "inspection",
    "environmental",
    "attestation",
)
SERIAL_CHARS: Final = 12  # Crockford base 32, one byte each


class Record(Base):
    """One signed record. Append-only; `id` is its local id, the part of the URL after `/records/`."""

    __tablename__ = "records"
    __table_args__ = (
        CheckConstraint("id <> ''", name="id_is_given"),
        CheckConstraint("substr(url, 1, 8) = 'https://'", name="url_is_https"),
        CheckConstraint("substr(digest, 1, 3) = 'zQm'", name="digest_is_sha256_multibase"),
        CheckConstraint("type <> ''", name="type_is_given"),
        CheckConstraint("substr(issuer, 1, 4) = 'did:'", name="issuer_is_did"),
        CheckConstraint(f"length(body) BETWEEN 1 AND {JSON_MAX_BYTES}", name="body_size"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str] = mapped_column(unique=True)  # digestMultibase of body
    type: Mapped[str]
    issuer: Mapped[str] = mapped_column(index=True)  # "what is issued in my name?"
    issued_at: Mapped[datetime]
    body: Mapped[bytes]  # the exact JCS bytes of the signed record, as served
    translation: Mapped[str | None]  # JSON object: English texts, not signed


class RecordLink(Base):
    """One link of a record (`source`) to an earlier one (`target`)."""

    __tablename__ = "record_links"
    __table_args__ = (CheckConstraint("source <> target", name="not_to_itself"),)

    source: Mapped[str] = mapped_column(ForeignKey("records.id"), primary_key=True)
    target: Mapped[str] = mapped_column(ForeignKey("records.id"), primary_key=True, index=True)
    # A correction is about one record and names another that takes its place; the link to that one is marked.
    # Unmarked is the safe side: a notice counts as one about the target.
    names_successor: Mapped[bool] = mapped_column(
        Boolean(create_constraint=True, name="names_successor"), default=False, server_default=false()
    )


class TrustList(Base):
    """One trust list as it was published: the whole signed note. Append-only (migration 0006)."""

    __tablename__ = "trust_lists"
    __table_args__ = (
        CheckConstraint("sequence > 0", name="sequence_is_positive"),
        CheckConstraint("note <> ''", name="note_is_given"),
    )

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    note: Mapped[str]
    published_at: Mapped[datetime]


class Certificate(Base):
    """What the filters need of a signed certificate. The record decides; this row can be rebuilt from it."""

    __tablename__ = "certificates"
    __table_args__ = (
        CheckConstraint(is_one_of("kind", CERTIFICATE_KINDS), name="kind_is_known"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars_are_1_to_5"),
        CheckConstraint("stars IS NULL OR kind = 'ocop'", name="stars_are_ocop"),
        CheckConstraint("valid_until >= valid_from", name="ends_after_start"),
    )

    record_id: Mapped[str] = mapped_column(ForeignKey("records.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), index=True)
    kind: Mapped[str]
    stars: Mapped[int | None]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]  # the last valid day; None: no end


class Lot(Base):
    """One lot of a product, with the serials of all its units."""

    __tablename__ = "lots"
    __table_args__ = (
        UniqueConstraint("product_id", "number"),
        CheckConstraint("length(number) BETWEEN 1 AND 20", name="number_length"),
        CheckConstraint("unit_count > 0", name="unit_count_is_positive"),
        CheckConstraint(f"length(serials) = {SERIAL_CHARS} * unit_count", name="serials_match_unit_count"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    number: Mapped[str]  # as printed; at most 20 characters (GS1 AI 10)
    record_id: Mapped[str] = mapped_column(ForeignKey("records.id"), unique=True)
    unit_count: Mapped[int]
    made_on: Mapped[date]
    # 12 ASCII bytes a unit, sorted, with nothing between: up to 600 kB, so read only when asked for.
    serials: Mapped[bytes] = mapped_column(deferred=True)
    sample_label: Mapped[str | None]  # demo only: the whole sealed text of one label
