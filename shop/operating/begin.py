"""`langnghe init`: asks what an empty instance needs, makes it, and says what comes next."""

import re
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Final

import click

from shop.config import Settings, load_settings
from shop.errors import ConfigurationError
from shop.facts.files import villages
from shop.operating.founding import Founding, NewWorkshop, found
from shop.operating.one_line import in_one_line
from shop.wiring import open_migrated
from traceability.cli import printable
from traceability.cli.sources import passphrase

__all__ = ["init"]

_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?", re.ASCII)
_NEXT: Final = """
What the three root holders do, each on a machine of their own that stays offline:
  langnghe key new root-1.pem --name {host}/root-1      (root-2, root-3; the vkey line goes to everybody)
Write the three vkey lines into {folder}/roots.txt, and print its fingerprint on paper.
  langnghe trust sign trust-draft.json --key root-1.pem --out signed-1.txt
  langnghe trust sign signed-1.txt --key root-2.pem --out trust.txt
Then here:
  langnghe trust publish trust.txt
  langnghe account invite --role operator
prints the address at which the first operator makes her account, once.
Pages name no operator. LANGNGHE_OPERATOR_PUBLIC=1 prints name and contact at the foot of every page.
"""


@click.command()
@click.option("--association", help="Slug of the association in addresses, such as hiep-hoi-lang-mau.")
@click.option("--association-name", help="Its name as pages and the trust list print it.")
@click.option("--village", "village_slugs", multiple=True, help="Slug of a village that it speaks for.")
@click.option(
    "--workshop", "workshops", multiple=True, metavar="SLUG=NAME", help="Make this workshop's keys here."
)
@click.option("--operator", help="Who runs this instance; kept here, never signed.")
@click.option("--contact", help="How to reach them; kept here, never signed.")
@in_one_line
def init(
    *,
    association: str | None,
    association_name: str | None,
    village_slugs: tuple[str, ...],
    workshops: tuple[str, ...],
    operator: str | None,
    contact: str | None,
) -> None:
    """Make an empty production instance: its keys and the draft of its trust list. No demo data, no province.

    What is not given is asked for. A second call makes what is missing and overwrites nothing.
    """
    settings = _production()
    asked = Founding(
        host=settings.identity_host,
        association=(
            _slug(association or _ask("Slug of the association")),
            association_name or _ask("Name of the association"),
        ),
        villages=tuple(map(_slug, village_slugs or (_ask_village(),))),
        workshops=tuple(map(_workshop, workshops)),
        operator=(operator or _ask("Name of the operator"), contact or _ask("Contact of the operator")),
    )
    secret = passphrase(confirm=True)
    with closing(open_migrated(settings)) as database:
        found(
            asked,
            database=database,
            folder=settings.data_dir,
            passphrase=secret,
            now=datetime.now(UTC).replace(microsecond=0),
            say=lambda line: click.echo(printable(line)),
        )
    click.echo(_NEXT.format(host=asked.host, folder=settings.data_dir))


def _production() -> Settings:
    settings = load_settings()
    if settings.is_demo:
        raise ConfigurationError(
            "BAD_SETTING",
            "an instance of one's own needs LANGNGHE_MODE=production, and an https PUBLIC_BASE_URL",
        )
    return settings


def _ask(text: str) -> str:
    answer: Any = click.prompt(text, err=True)
    return str(answer).strip()


def _ask_village() -> str:
    known = {village["slug"]: village["name_vi"] for village in villages()["villages"]}
    click.echo(", ".join(f"{slug} ({name})" for slug, name in known.items()), err=True)
    return _ask("Slug of the village, one of these or a new one")


def _slug(text: str) -> str:
    if not _SLUG.fullmatch(text):
        raise ConfigurationError(
            "BAD_SETTING", f"{text[:80]!r} is no slug: small letters, digits and hyphens"
        )
    return text


def _workshop(text: str) -> NewWorkshop:
    slug, separator, name = text.partition("=")
    if not separator or not name.strip():
        raise ConfigurationError("BAD_SETTING", f"{text[:80]!r} is not SLUG=NAME")
    return NewWorkshop(_slug(slug), name.strip())
