"""`langnghe account invite`, `account recover`: the first operator's way in, and the last one's way back."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import click

from shop.config import Settings, load_settings
from shop.operating.one_line import in_one_line
from shop.passwords import Passwords
from shop.services.access.accounts import Accounts
from shop.services.access.actors import ROLES
from shop.services.access.invitations import Invitations, NewInvitation
from shop.wiring import open_migrated
from traceability.cli import LazyGroup
from traceability.clock import VIET_NAM_TIME

__all__ = ["account"]


@click.group(cls=LazyGroup)
def account() -> None:
    """Accounts of this instance: printed invitations, to begin with and to come back by."""


@account.command()
@click.option("--role", required=True, type=click.Choice(ROLES), help="What the person will be here.")
@click.option("--workshop", metavar="SLUG", help="The artisan's workshop.")
@click.option(
    "--issuer", metavar="SLUG", help="Whose records the person may sign; a workshop's own if left out."
)
@in_one_line
def invite(*, role: str, workshop: str | None, issuer: str | None) -> None:
    """Print the address of an invitation to a new account; it opens once, within 14 days.

    Whoever has the address can use it. Its page ends in /card as a sheet to print, with a QR code.
    """
    settings, now = load_settings(), datetime.now(UTC)
    with _invitations(settings) as invitations:
        _print(settings, invitations.make(None, role, workshop=workshop, issuer=issuer, now=now))


@account.command()
@click.argument("name", metavar="NAME")
@in_one_line
def recover(*, name: str) -> None:
    """Print the address by which the person with the sign-in name NAME sets a new password; for 30 minutes.

    It takes the second factor away with the old password, and ends all her sessions once it is used.
    """
    settings, now = load_settings(), datetime.now(UTC)
    with _invitations(settings) as invitations:
        _print(settings, invitations.make_recovery(None, invitations.accounts.number_of(name), now=now))


@contextmanager
def _invitations(settings: Settings) -> Iterator[Invitations]:
    with closing(open_migrated(settings)) as database:
        passwords = Passwords(settings.password_memory_kib)
        yield Invitations(database, Accounts(database, passwords, settings.demands_second_factor))


def _print(settings: Settings, made: NewInvitation) -> None:
    until = made.expires_at.astimezone(VIET_NAM_TIME)
    click.echo(f"{settings.public_base_url}/account/join/{made.secret}")
    click.echo(f"for one {made.role}, once, until {until:%Y-%m-%d %H:%M} in Viet Nam", err=True)
