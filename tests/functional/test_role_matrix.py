"""Nobody reads or changes what another role or workshop has: every page and form, tried by all others."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.app import create_app
from shop.wiring import Services
from tests.conftest import Demo, copy_of, services_over
from tests.simulators.crawler import Form, Site, crawl
from tests.simulators.desks import contents, sign_in, token

pytestmark = pytest.mark.slow

HOMES: Final = {
    "artisan": "/artisan/",
    "artisan2": "/artisan/",
    "association": "/association/",
    "inspector": "/inspector/pocket",
    "admin": "/admin/",
    "buyer": "/account/",
}
# Everybody's own account, and the empty forms that a role has without anything of anybody's in them.
OWN: Final = re.compile(r"/account(/|$)")


@dataclass(frozen=True, slots=True)
class Reached:
    """An application over a demo of its own, and what each person of it reaches."""

    app: Flask
    services: Services
    sites: dict[str, Site]


@pytest.fixture(scope="module")
def reached(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reached]:
    """Crawls the desks of all demo accounts."""
    demo = copy_of(live_demo, tmp_path_factory.mktemp("roles") / "own")
    with services_over(demo) as services:
        app = create_app(demo.settings(), services)
        sites = {name: crawl(sign_in(app, f"{name}@demo.langnghe"), home) for name, home in HOMES.items()}
        yield Reached(app, services, sites)


def _state(services: Services) -> str:
    """Gives a hash over every row but scans."""
    rows = {table: found for table, found in contents(services.database).items() if table != "scans"}
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def _foreign_pages(site: Site, other: Site) -> set[str]:
    """Gives the pages that only the first of two people reaches, without everybody's own."""
    return {page for page in site.pages - other.pages if not OWN.match(page)}


def _foreign_forms(site: Site, other: Site) -> set[Form]:
    actions = {form.action for form in other.forms}
    return {form for form in site.forms if form.action not in actions and not OWN.match(form.action)}


def _not_refused(client: FlaskClient, pages: set[str]) -> dict[str, int]:
    answers = {page: client.get(page).status_code for page in sorted(pages)}
    return {page: status for page, status in answers.items() if status not in (403, 404)}


PAIRS: Final = [(owner, other) for owner in HOMES for other in HOMES if owner != other and owner != "buyer"]


def test_the_crawl_reaches_the_desks(reached: Reached) -> None:
    """Without this the tests below could pass over empty sets."""
    for name, home in HOMES.items():
        assert home in reached.sites[name].pages, name
    assert all(len(reached.sites[name].pages) >= 5 for name in ("admin",))


@pytest.mark.parametrize(("owner", "other"), PAIRS, ids=[f"{a}-by-{b}" for a, b in PAIRS])
def test_others_read_nothing(reached: Reached, owner: str, other: str) -> None:
    pages = _foreign_pages(reached.sites[owner], reached.sites[other])
    assert _not_refused(_enter(reached, other), pages) == {}


def test_a_page_without_a_guard_is_told(live_demo: Demo, tmp_path: Path) -> None:
    """The canary: the same look at an application with one page that forgot to ask who is there."""
    demo = copy_of(live_demo, tmp_path / "own")
    with services_over(demo) as services:
        app = create_app(demo.settings(), services)
        app.add_url_rule("/admin/leak", view_func=lambda: "everything", endpoint="leak")
        client = sign_in(app, "buyer@demo.langnghe")
        assert _not_refused(client, {"/admin/leak", "/admin/people"}) == {"/admin/leak": 200}


@pytest.mark.parametrize(("owner", "other"), PAIRS, ids=[f"{a}-by-{b}" for a, b in PAIRS])
def test_others_change_nothing(reached: Reached, owner: str, other: str) -> None:
    forms = _foreign_forms(reached.sites[owner], reached.sites[other])
    client = _enter(reached, other)
    own = token(client)
    before = _state(reached.services)
    answers = {form.action: _send(client, form, own) for form in forms}
    assert {action: status for action, status in answers.items() if status not in (403, 404)} == {}
    assert _state(reached.services) == before


@pytest.mark.parametrize("owner", HOMES)
def test_nobody_reads_or_changes_anything_signed_out(reached: Reached, owner: str) -> None:
    site, client = reached.sites[owner], reached.app.test_client()
    before = _state(reached.services)
    pages = {page: client.get(page) for page in sorted(site.pages)}
    open_ones = [page for page, answer in pages.items() if answer.status_code not in (303, 401, 403, 404)]
    assert open_ones == []
    for form in site.forms:
        assert _send(client, form, "") in (303, 400, 401, 403, 404), form.action
    assert _state(reached.services) == before


@pytest.mark.parametrize("owner", HOMES)
@pytest.mark.parametrize("kind", ["none", "wrong", "another"])
def test_no_form_works_without_its_own_token(reached: Reached, owner: str, kind: str) -> None:
    client = _enter(reached, owner)
    other = next(name for name in HOMES if name != owner)
    sent = {"none": "", "wrong": "x" * 60, "another": token(_enter(reached, other))}[kind]
    before = _state(reached.services)
    answers = {form.action: _send(client, form, sent) for form in reached.sites[owner].forms}
    assert {action: status for action, status in answers.items() if status not in (400, 403)} == {}
    assert _state(reached.services) == before


def _enter(reached: Reached, name: str) -> FlaskClient:
    return sign_in(reached.app, f"{name}@demo.langnghe")


def _send(client: FlaskClient, form: Form, sent: str) -> int:
    data = dict(form.fields) | ({"csrf_token": sent} if sent else {})
    return client.post(form.action, data=data).status_code
