"""The tables of the transparency log: entries, tiles, signed heads, and what witnesses signed under them.

Triggers on both databases refuse to change or delete an entry, a head or a cosignature, and let a tile only
grow (migrations 0002 and 0003). `ledger_store` is what reads and writes them.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Integer
from sqlalchemy.orm import Mapped, mapped_column

from shop.db.base import Base
from traceability.ledger.merkle import HASH_BYTES
from traceability.ledger.tiles import FULL_TILE_BYTES
from traceability.limits import LOG_ENTRY_ID_MAX_CHARS, LOG_ENTRY_MAX_BYTES

__all__ = ["LogCheckpoint", "LogCosignature", "LogEntry", "LogTile"]

# As INTEGER, SQLite's own row number is the key, and no second tree has to be kept.
INDEX = BigInteger().with_variant(Integer(), "sqlite")


class LogEntry(Base):
    """One entry of the log."""

    __tablename__ = "log_entries"
    __table_args__ = (
        CheckConstraint("idx >= 0", name="idx_is_not_negative"),
        CheckConstraint(f"length(entry_id) BETWEEN 1 AND {LOG_ENTRY_ID_MAX_CHARS}", name="entry_id_length"),
        CheckConstraint(f"length(leaf) = {HASH_BYTES}", name="leaf_is_a_hash"),
        CheckConstraint(f"length(body) BETWEEN 1 AND {LOG_ENTRY_MAX_BYTES}", name="body_size"),
    )

    idx: Mapped[int] = mapped_column(INDEX, primary_key=True, autoincrement=False)
    entry_id: Mapped[str] = mapped_column(unique=True)
    leaf: Mapped[bytes]
    body: Mapped[bytes]


class LogTile(Base):
    """One tile of hashes; the last one of each level is partial and grows."""

    __tablename__ = "log_tiles"
    __table_args__ = (
        CheckConstraint("level BETWEEN 0 AND 63", name="level_range"),
        CheckConstraint("n >= 0", name="n_is_not_negative"),
        CheckConstraint(
            f"length(data) BETWEEN {HASH_BYTES} AND {FULL_TILE_BYTES} AND length(data) % {HASH_BYTES} = 0",
            name="data_is_hashes",
        ),
    )

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    data: Mapped[bytes]


class LogCheckpoint(Base):
    """One signed head, as it was signed."""

    __tablename__ = "log_checkpoints"
    __table_args__ = (
        CheckConstraint("size >= 0", name="size_is_not_negative"),
        CheckConstraint("note <> ''", name="note_is_given"),
    )

    size: Mapped[int] = mapped_column(INDEX, primary_key=True, autoincrement=False)
    note: Mapped[str]
    signed_at: Mapped[datetime]


class LogCosignature(Base):
    """The line of one witness under one head, as it is to stand in the note."""

    __tablename__ = "log_cosignatures"
    __table_args__ = (
        CheckConstraint("witness <> ''", name="witness_is_given"),
        CheckConstraint("line <> ''", name="line_is_given"),
    )

    size: Mapped[int] = mapped_column(
        INDEX, ForeignKey("log_checkpoints.size"), primary_key=True, autoincrement=False
    )
    witness: Mapped[str] = mapped_column(primary_key=True)  # name and key id: a witness may change its key
    line: Mapped[str]
    received_at: Mapped[datetime]
