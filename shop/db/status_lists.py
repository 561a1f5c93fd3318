"""The table of status lists: every version that an issuer signed, the newest of which counts.

Triggers on both databases refuse to change or delete a version (migration 0004).
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Select, func, select
from sqlalchemy.orm import Mapped, mapped_column

from shop.db.base import Base
from traceability.limits import JSON_MAX_BYTES

__all__ = ["StatusListVersion", "newest_status_lists"]


class StatusListVersion(Base):
    """One version of a status list, as it was signed."""

    __tablename__ = "status_lists"
    __table_args__ = (
        CheckConstraint("substr(url, 1, 8) = 'https://'", name="url_is_https"),
        CheckConstraint("version > 0", name="version_is_positive"),
        CheckConstraint("substr(issuer, 1, 4) = 'did:'", name="issuer_is_did"),
        CheckConstraint("substr(digest, 1, 3) = 'zQm'", name="digest_is_sha256_multibase"),
        CheckConstraint(f"length(body) BETWEEN 1 AND {JSON_MAX_BYTES}", name="body_size"),
        CheckConstraint("valid_until > issued_at", name="ends_after_start"),
    )

    url: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    issuer: Mapped[str] = mapped_column(index=True)
    digest: Mapped[str] = mapped_column(unique=True)  # digestMultibase of body
    issued_at: Mapped[datetime]
    valid_until: Mapped[datetime]
    body: Mapped[bytes]  # the exact JCS bytes of the signed list, as served


def newest_status_lists() -> Select[StatusListVersion]:
    """Gives the select of the newest version of every list; a caller adds which lists are wanted."""
    newest = (
        select(StatusListVersion.url, func.max(StatusListVersion.version).label("version"))
        .group_by(StatusListVersion.url)
        .subquery("newest")
    )
    return select(StatusListVersion).join(
        newest, (StatusListVersion.url == newest.c.url) & (StatusListVersion.version == newest.c.version)
    )
