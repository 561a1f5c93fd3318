"""People of the demo as services see them."""

from sqlalchemy import select

from shop.db.accounts import Account
from shop.services.access.actors import Actor
from shop.services.access.sessions import actor_of
from shop.wiring import Services

__all__ = ["person"]


def person(services: Services, name: str) -> Actor:
    """Gives the actor of a demo account, such as `admin` or `artisan2`."""
    wanted = select(Account).where(Account.sign_in_name == f"{name}@demo.langnghe")
    with services.database.read() as session:
        return actor_of(session.scalars(wanted).one())
