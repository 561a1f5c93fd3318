"""The demo's accounts: their names, their one password, and the check that production has none of them."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.accounts import Account
from shop.errors import ConfigurationError
from shop.services.access.actors import ARTISAN, ASSOCIATION, BUYER, INSPECTOR, OPERATOR

__all__ = ["SAMPLE_ACCOUNTS", "SAMPLE_PASSWORD", "refuse_sample_accounts"]

SAMPLE_PASSWORD: Final = "langnghe-demo"  # noqa: S105  # shown on the demo's sign-in page
SAMPLE_ACCOUNTS: Final = (
    ("artisan@demo.langnghe", ARTISAN),
    ("artisan2@demo.langnghe", ARTISAN),
    ("newcomer@demo.langnghe", ARTISAN),
    ("association@demo.langnghe", ASSOCIATION),
    ("commune@demo.langnghe", ASSOCIATION),
    ("inspector@demo.langnghe", INSPECTOR),
    ("admin@demo.langnghe", OPERATOR),
    ("buyer@demo.langnghe", BUYER),
)


def refuse_sample_accounts(session: Session) -> None:
    """Checks that an instance has none of these accounts, whose password everybody knows.

    Raises:
        ConfigurationError: DEMO_ACCOUNTS.
    """
    names = [name for name, _ in SAMPLE_ACCOUNTS]
    found = session.scalar(select(Account.sign_in_name).where(Account.sign_in_name.in_(names)).limit(1))
    if found is not None:
        raise ConfigurationError(
            "DEMO_ACCOUNTS", f"{found} is an account of the demo, and its password is public"
        )
