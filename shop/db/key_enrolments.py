"""The table of keys that people hold themselves and that wait for the next trust list."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.db.base import Base, is_one_of

__all__ = ["ENROLMENT_STATES", "KeyEnrolment"]

ENROLMENT_STATES: Final = ("waiting", "listed", "refused", "withdrawn")


class KeyEnrolment(Base):
    """One public key with the proof that whoever sent it has the private half."""

    __tablename__ = "key_enrolments"
    __table_args__ = (
        CheckConstraint(is_one_of("state", ENROLMENT_STATES), name="state_is_known"),
        CheckConstraint(is_one_of("use", ("record",)), name="use_is_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(index=True)
    issuer: Mapped[str]  # the slug at the end of its DID
    use: Mapped[str]
    public_key_multibase: Mapped[str] = mapped_column(unique=True)
    proof: Mapped[bytes]  # the text that was signed, then 64 bytes of signature
    created_at: Mapped[datetime]
    state: Mapped[str]
