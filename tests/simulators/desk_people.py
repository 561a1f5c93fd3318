"""People at their desks: accounts in the database, and the actors that services see."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, make_url, select

from shop.db.accounts import Account
from shop.db.catalogue import Workshop
from shop.db.desk import Report, Request
from shop.db.session import Database
from shop.services.access.actors import ARTISAN, ASSOCIATION, INSPECTOR, Actor
from shop.wiring import Services
from tests.conftest import copy_of, services_over, temporary_postgres_database
from tests.simulators.rows import MOMENT

__all__ = [
    "FORM",
    "artisan",
    "clear_desks",
    "inspector",
    "new_artisan",
    "new_form",
    "office",
    "person",
    "shared_services",
]

# A product's form as a person fills it in.
FORM: dict[str, str] = {
    "name_vi": "Bát men tro",
    "name_en": "Ash-glazed bowl",
    "craft": "gom-su",
    "price": "350.000",
    "stock": "12",
    "summary_vi": "Bát ăn cơm, men tro trấu.",
    "height_cm": "7,5",
}


def new_form() -> dict[str, str]:
    """Gives a product's form under a name that no other test uses."""
    return FORM | {"name_vi": f"Bát {uuid.uuid4().hex[:9]}"}


def clear_desks(database: Database) -> None:
    """Takes away what waits at the demo's desks, for tests that count what they ask themselves."""
    with database.write() as session:
        session.execute(delete(Request))
        session.execute(delete(Report))


@contextmanager
def shared_services(engine: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Services]:
    """Gives the services over a copy of the demo that all tests of a module may write to."""
    demo = request.getfixturevalue(f"{engine}_demo")
    copied = copy_of(demo, folder / "shared")
    if engine == "sqlite":
        with services_over(copied) as built:
            yield built
        return
    template = str(make_url(demo.database_url).database)
    server = request.getfixturevalue("postgres_url")
    with (
        temporary_postgres_database(server, template=template) as url,
        services_over(replace(copied, database_url=url)) as built,
    ):
        yield built


def person(database: Database, name: str, role: str, **columns: Any) -> Actor:
    """Makes an account and gives its actor."""
    values = {"workshop_id": None, "issuer": None} | columns
    with database.write() as session:
        account = Account(
            sign_in_name=f"{name}-{uuid.uuid4().hex[:9]}@people.example",
            name=name,
            password_hash=None,
            is_active=True,
            role=role,
            created_at=MOMENT,
            **values,
        )
        session.add(account)
        session.flush()
        return Actor(account.id, role, name, **values)


def artisan(database: Database, workshop: str, name: str = "lan") -> Actor:
    """Gives a member of a workshop."""
    with database.read() as session:
        found = session.scalars(select(Workshop).where(Workshop.slug == workshop)).one()
    return person(database, name, ARTISAN, workshop_id=found.id, issuer=workshop)


def new_artisan(database: Database, name: str = "moi") -> Actor:
    """Gives an artisan who has no workshop yet."""
    return person(database, name, ARTISAN)


def office(database: Database, issuer: str, name: str = "can-bo") -> Actor:
    """Gives somebody who may sign for a commune or an association."""
    return person(database, name, ASSOCIATION, issuer=issuer)


def inspector(database: Database, name: str = "thanh-tra") -> Actor:
    """Gives an inspector."""
    return person(database, name, INSPECTOR, issuer="inspector-1")
