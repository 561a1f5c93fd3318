"""The tables of pictures, voice notes and scans; the files themselves lie in the media folder."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from shop.db.base import Base, is_one_of

__all__ = ["MEDIA_KINDS", "EventMedia", "LetGoMedia", "Media", "ProductPhoto"]

MEDIA_KINDS: Final = ("photo", "voice", "paper")


class Media(Base):
    """One stored file; `name` is its generated name in the media folder.

    A photo of a workshop may be seen by everybody once something public shows it; a paper never.
    """

    __tablename__ = "media"
    __table_args__ = (
        CheckConstraint("name <> ''", name="name_is_given"),
        CheckConstraint(is_one_of("kind", MEDIA_KINDS), name="kind_is_known"),
        CheckConstraint("substr(digest, 1, 3) = 'zQm'", name="digest_is_sha256_multibase"),
        CheckConstraint("size > 0", name="size_is_positive"),
        CheckConstraint("(width IS NULL) = (height IS NULL)", name="both_sides_or_none"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    mimetype: Mapped[str]
    digest: Mapped[str] = mapped_column(index=True)  # digestMultibase of the stored bytes
    size: Mapped[int]  # bytes
    width: Mapped[int | None]  # pixels
    height: Mapped[int | None]
    workshop_id: Mapped[int | None] = mapped_column(ForeignKey("workshops.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]


class ProductPhoto(Base):
    """A photo of a product; the one at the lowest position stands first."""

    __tablename__ = "product_photos"

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    media_id: Mapped[int] = mapped_column(ForeignKey("media.id"), primary_key=True)
    position: Mapped[int]


class EventMedia(Base):
    """A photo or voice note whose digest an event or notice has signed; the file may go, the digest stays."""

    __tablename__ = "event_media"

    record_id: Mapped[str] = mapped_column(ForeignKey("records.id"), primary_key=True)
    media_id: Mapped[int] = mapped_column(ForeignKey("media.id"), primary_key=True)


class LetGoMedia(Base):
    """A file that was taken from where it stood, and since when; it can be wanted back for a while."""

    __tablename__ = "let_go_media"

    media_id: Mapped[int] = mapped_column(ForeignKey("media.id"), primary_key=True)
    at: Mapped[datetime]
