"""What this installation settled once and keeps, such as the host that it signs under."""

from typing import Final

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.db.base import Base

__all__ = ["ASSOCIATION_FACT", "OPERATOR_FACTS", "InstanceFact"]

ASSOCIATION_FACT: Final = "association"  # the slug of the one that founded a production instance

OPERATOR_FACTS: Final = ("operator_name", "operator_contact")


class InstanceFact(Base):
    """One settled fact, e.g. `identity_host`, frozen at the first start."""

    __tablename__ = "instance_facts"
    __table_args__ = (CheckConstraint("key <> ''", name="key_is_given"),)

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
