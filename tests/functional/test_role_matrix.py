"""Nobody reads or changes what another role or workshop has: each route of the desks, tried by all others."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, Rule

from shop.app import create_app
from shop.wiring import Services
from tests.conftest import Demo, copy_of, services_over
from tests.simulators.busy_desks import BEGUN, fill
from tests.simulators.crawler import DESKS, Form, Site, crawl
from tests.simulators.desks import contents, sign_in, token
from tests.simulators.field import Field, field_over
from tests.simulators.pictures import photo, plain
from traceability.records.canonical import digest_multibase

pytestmark = pytest.mark.slow

HOMES: Final = {
    "artisan": "/artisan/",
    "artisan2": "/artisan/",
    "newcomer": "/artisan/",
    "association": "/association/",
    "commune": "/association/",
    "inspector": "/inspector/pocket",
    "admin": "/admin/",
    "buyer": "/account/",
}
ROLES: Final = {"artisan2": "artisan", "newcomer": "artisan", "commune": "association"}
# Everybody's own account, and the empty forms that a role has without anything of anybody's in them.
OWN: Final = re.compile(r"/account(/|$)")
# The address of a form whose token is the visitor's own: under anybody else's it is an empty form.
EMPTY: Final = re.compile(r"/artisan/new-product/")
# Scripts that are the same for everybody.
OPEN_FILES: Final = {"pocket.script", "pocket.worker", "pocket.manifest"}

# What only scripts send, and that in JSON; without it a stranger would be told of that alone.
SCRIPTED: Final = re.compile(r"/sign/[a-z]+$")
NOTHING: Final = {"seen": "", "records": []}

# What no signed-in person finds on her desk, and why.
UNVISITED: Final = {
    "account.sign_in": "for nobody who is signed in",
    "account.enter": "for nobody who is signed in",
    "account.second_factor": "for who is half signed in; test_accounts",
    "account.show_code": "for who is half signed in; test_accounts",
    "account.set_up": "where a second factor is demanded; test_accounts",
    "account.finish_set_up": "where a second factor is demanded; test_accounts",
    "account.drop_second_factor": "for who has a second factor; test_accounts",
    "account.join": "for whoever holds the sheet; test_invitations",
    "account.accept": "for whoever holds the sheet; test_invitations",
    "account.card": "for whoever holds the sheet; test_invitations",
    "association.signed_photo": "of findings, which associations do not sign; inspections has the same",
}


# One address of each route, by endpoint and method, as its rule and the values in it.
Visits = dict[tuple[str, str], tuple[Rule, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Reached:
    """An application over a demo of its own, and what each person of it reaches."""

    app: Flask
    services: Services
    sites: dict[str, Site]


@pytest.fixture(scope="module")
def reached(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reached]:
    """Crawls the desks of all demo accounts, and adds the addresses that only scripts and previews use."""
    demo = copy_of(live_demo, tmp_path_factory.mktemp("roles") / "own")
    with services_over(demo) as services:
        field = field_over(services, demo)
        app = create_app(demo.settings(), field.services)
        begun, finding, sites = fill(app), _pictured_finding(field), {}
        for name, home in HOMES.items():
            client = sign_in(app, f"{name}@demo.langnghe")
            sites[name] = crawl(client, home, *([begun] if name == "artisan" else []))
            _add_unlinked(app, client, sites[name])
        for sent in ("photo", "settles/1"):
            sites["inspector"].forms.add(Form(f"/inspector/findings/{finding}/{sent}", ()))
        yield Reached(app, field.services, sites)


def _pictured_finding(field: Field) -> str:
    """Lets the inspector sign a finding with a photo on her phone, and gives its local id."""
    seen = plain(photo())
    item = field.signed(reason="Không khớp mô tả: men khác màu", evidence=(digest_multibase(seen),))
    record_id = field.take(item).record_id
    field.services.desks.findings.take_photo(field.actor, record_id, seen, now=field.now)
    return record_id


# --- Which routes there are, and which of them were visited ---------------------------------------


def _routes(app: Flask) -> dict[tuple[str, str], Rule]:
    """Gives the rules of the desks by endpoint and method."""
    rules = [rule for rule in app.url_map.iter_rules() if DESKS.match(rule.rule)]
    return {
        (rule.endpoint, method): rule
        for rule in rules
        for method in ("GET", "POST")
        if method in rule.methods
    }


def _matched(adapter: MapAdapter, address: str, method: str) -> tuple[Rule, dict[str, Any]] | None:
    try:
        return adapter.match(urlsplit(address).path, method=method, return_rule=True)
    except HTTPException:
        return None


def _visits(app: Flask, site: Site) -> Visits:
    """Gives one visited address of each route, as its rule and values."""
    adapter, found = app.url_map.bind("localhost"), {}
    addresses = [(page, "GET") for page in site.pages] + [(form.action, "POST") for form in site.forms]
    for address, method in sorted(addresses):
        match = _matched(adapter, address, method)
        if match is not None and DESKS.match(match[0].rule):
            found[match[0].endpoint, method] = match
    return found


def _stem(rule: Rule) -> str:
    """Gives a rule up to the end of its last value: what lies under it is about the same thing."""
    return rule.rule.rpartition(">")[0]


def _values_for(rule: Rule, visits: Visits) -> dict[str, Any] | None:
    """Gives values of a rule from what was visited beside or under it, None where nothing was."""
    # A rule without a value is of the desk that its first folder names.
    stem = _stem(rule) or rule.rule[: rule.rule.index("/", 1)]
    for other, values in visits.values():
        if other.rule.startswith(stem):
            return {name: values[name] for name in rule.arguments}
    return None


def _add_unlinked(app: Flask, client: FlaskClient, site: Site) -> None:
    """Adds the addresses that no link or plain form names, beside those that one does."""
    adapter, visits = app.url_map.bind("localhost"), _visits(app, site)
    for (endpoint, method), rule in _routes(app).items():
        if (endpoint, method) in visits or endpoint in UNVISITED:
            continue
        values = _values_for(rule, visits)
        if values is None:
            continue
        address = adapter.build(endpoint, values, method=method)
        if method == "POST":
            site.forms.add(Form(address, ()))
        elif _get(client, address) not in (401, 403, 404, 405):
            site.pages.add(address)


def test_every_route_of_the_desks_is_visited(reached: Reached) -> None:
    """Without this the tests below could pass over empty sets."""
    visited = {route for site in reached.sites.values() for route in _visits(reached.app, site)}
    missing = {endpoint for endpoint, method in set(_routes(reached.app)) - visited}
    assert missing == set(UNVISITED)


# --- Everything of everybody, tried by all others ---------------------------------------------------


def _state(services: Services) -> str:
    """Gives a hash over every row but scans."""
    rows = {table: found for table, found in contents(services.database).items() if table != "scans"}
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def _foreign(reached: Reached, method: str, other: str) -> dict[str, Form]:
    """Gives what others reach and one person does not, by address.

    Between two of one role only what has a value in its address is anybody's.
    """
    found = {
        form.action: form
        for owner in HOMES
        for form in _things(reached.sites[owner], method)
        if _is_somebodys(reached.app, form.action, method, is_same_role=_role(owner) == _role(other))
    }
    for form in _things(reached.sites[other], method):
        found.pop(form.action, None)
    return found


def _is_somebodys(app: Flask, address: str, method: str, *, is_same_role: bool) -> bool:
    match = _matched(app.url_map.bind("localhost"), address, method)
    if OWN.match(address) or (match is not None and match[0].endpoint in OPEN_FILES):
        return False
    has_value = match is not None and bool(set(match[1]) - {"kind"})
    return not is_same_role or (has_value and not EMPTY.match(address))


def _role(name: str) -> str:
    return ROLES.get(name, name)


def _things(site: Site, method: str) -> set[Form]:
    return site.forms if method == "POST" else {Form(page, ()) for page in site.pages}


@pytest.mark.parametrize("other", HOMES)
def test_others_read_nothing(reached: Reached, other: str) -> None:
    assert _not_refused(_enter(reached, other), set(_foreign(reached, "GET", other))) == {}


def test_a_page_without_a_guard_is_told(live_demo: Demo, tmp_path: Path) -> None:
    """The canary: the same look at an application with one page that forgot to ask who is there."""
    demo = copy_of(live_demo, tmp_path / "own")
    with services_over(demo) as services:
        app = create_app(demo.settings(), services)
        app.add_url_rule("/admin/leak", view_func=lambda: "everything", endpoint="leak")
        client = sign_in(app, "buyer@demo.langnghe")
        assert _not_refused(client, {"/admin/leak", "/admin/people"}) == {"/admin/leak": 200}


@pytest.mark.parametrize("other", HOMES)
def test_others_change_nothing(reached: Reached, other: str) -> None:
    forms, client = _foreign(reached, "POST", other), _enter(reached, other)
    own, before = token(client), _state(reached.services)
    answers = {action: _send(client, form, own) for action, form in forms.items()}
    assert {action: status for action, status in answers.items() if status not in (403, 404)} == {}
    assert _state(reached.services) == before


def test_a_strangers_token_is_an_empty_form(reached: Reached) -> None:
    (draft,) = [page for page in reached.sites["artisan"].pages if EMPTY.match(page)]
    assert BEGUN in _enter(reached, "artisan").get(draft).text
    assert BEGUN not in _enter(reached, "artisan2").get(draft).text


@pytest.mark.parametrize("owner", HOMES)
def test_nobody_reads_or_changes_anything_signed_out(reached: Reached, owner: str) -> None:
    site, client = reached.sites[owner], reached.app.test_client()
    adapter, before = reached.app.url_map.bind("localhost"), _state(reached.services)
    pages = {page: _get(client, page) for page in sorted(site.pages)}
    open_ones = [page for page, status in pages.items() if status not in (303, 401, 403, 404)]
    endpoints = {match[0].endpoint for page in open_ones if (match := _matched(adapter, page, "GET"))}
    assert endpoints <= OPEN_FILES, open_ones
    for form in site.forms:
        assert _send(client, form, "") in (303, 400, 401, 403, 404), form.action
    assert _state(reached.services) == before


@pytest.mark.parametrize("owner", HOMES)
def test_no_form_works_without_its_own_token(reached: Reached, owner: str) -> None:
    client = _enter(reached, owner)
    another = token(_enter(reached, next(name for name in HOMES if name != owner)))
    before = _state(reached.services)
    for sent in ("", "x" * 60, another):
        answers = {form.action: _send(client, form, sent) for form in reached.sites[owner].forms}
        assert {action: status for action, status in answers.items() if status not in (400, 403)} == {}
    assert _state(reached.services) == before


def _not_refused(client: FlaskClient, pages: set[str]) -> dict[str, int]:
    answers = {page: _get(client, page) for page in sorted(pages)}
    return {page: status for page, status in answers.items() if status not in (403, 404)}


def _enter(reached: Reached, name: str) -> FlaskClient:
    return sign_in(reached.app, f"{name}@demo.langnghe")


def _get(client: FlaskClient, page: str) -> int:
    with client.get(page) as answer:
        return answer.status_code


def _send(client: FlaskClient, form: Form, sent: str) -> int:
    if SCRIPTED.search(form.action):
        return client.post(form.action, json=NOTHING, headers={"X-CSRFToken": sent}).status_code
    data = dict(form.fields) | ({"csrf_token": sent} if sent else {})
    return client.post(form.action, data=data).status_code
