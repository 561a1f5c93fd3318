"""Artisans with accounts, for tests of the desks: rows alone, nobody signs in."""

from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import select

from shop.db.accounts import Account
from shop.db.catalogue import Workshop
from shop.db.session import Database
from shop.services.actors import ARTISAN, Actor

__all__ = ["add_artisan"]


def add_artisan(database: Database, workshop: str) -> Actor:
    """Adds the account of an artisan of a workshop, by its slug, and gives her as services see her."""
    with database.write() as session:
        row = session.scalars(select(Workshop).where(Workshop.slug == workshop)).one()
        account = Account(
            sign_in_name=f"{uuid4().hex}@mau.example", name="Thợ mẫu", password_hash=None, is_active=True,
            role=ARTISAN, workshop_id=row.id, issuer=workshop, totp_secret=None, totp_counter=None,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        session.add(account)
        session.flush()
        return Actor(account.id, ARTISAN, account.name, workshop_id=row.id, issuer=workshop)
