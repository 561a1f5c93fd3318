"""Forms: whoever is signed in proves that a page of ours sent them, on every route that changes anything."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter, Rule

from shop.app import create_app
from shop.web.guards import OPEN_FORMS
from shop.wiring import Services
from tests.conftest import Demo, copy_of, services_over
from tests.simulators.desks import contents, send, sign_in, token

ROLES = ("artisan", "association", "inspector", "admin", "buyer")
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture(scope="module")
def own(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with services_over(copy_of(live_demo, tmp_path_factory.mktemp("csrf") / "own")) as built:
        yield built


@pytest.fixture(scope="module")
def desk(own: Services) -> Flask:
    return create_app(own.settings, own)


@pytest.fixture(scope="module")
def browsers(desk: Flask) -> dict[str, FlaskClient]:
    return {role: sign_in(desk, f"{role}@demo.langnghe") for role in ROLES}


def address(rule: Rule) -> str:
    """Gives an address of a rule, with something in every gap."""
    gaps = {name: 1 if isinstance(kind, IntegerConverter) else "x" for name, kind in rule._converters.items()}
    built = rule.build(gaps)
    assert built is not None
    return str(built[1])


def unsafe_routes(app: Flask) -> list[tuple[str, str]]:
    return sorted(
        (method, address(rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) & UNSAFE
        if rule.endpoint not in OPEN_FORMS
    )


def test_no_form_is_taken_without_the_token_of_its_own_session(
    desk: Flask, own: Services, browsers: dict[str, FlaskClient]
) -> None:
    routes = unsafe_routes(desk)
    assert len(routes) >= 8
    others = {role: token(browsers["buyer" if role != "buyer" else "artisan"]) for role in ROLES}
    before = contents(own.database)
    for role, client in browsers.items():
        for method, path in routes:
            for forged in (None, "", "x", others[role]):
                data = {} if forged is None else {"csrf_token": forged}
                answer = client.open(path, method=method, data=data)
                assert answer.status_code in {400, 403}, (role, method, path, forged)
                headers = {} if forged is None else {"X-CSRFToken": forged}
                assert client.open(path, method=method, headers=headers).status_code in {400, 403}
    assert contents(own.database) == before


def test_no_form_of_a_stranger_changes_anything(desk: Flask, own: Services) -> None:
    before = contents(own.database)
    for method, path in unsafe_routes(desk):
        answer = desk.test_client().open(path, method=method, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403, path
        if path != "/account/sign-in":  # which notes that it refused
            assert desk.test_client().open(path, method=method).status_code in {303, 400, 403, 404}, path
    assert contents(own.database) == before


def test_a_token_may_come_in_a_header(desk: Flask) -> None:
    client = sign_in(desk, "buyer@demo.langnghe")
    answer = client.post("/account/sign-out", headers={"X-CSRFToken": token(client)})
    assert answer.status_code == 303


def test_a_token_of_an_ended_session_is_worth_nothing(desk: Flask) -> None:
    client = sign_in(desk, "buyer@demo.langnghe")
    old = token(client)
    send(client, "/account/sign-out")
    client = sign_in(desk, "buyer@demo.langnghe")
    assert client.post("/account/sign-out", data={"csrf_token": old}).status_code == 400


def test_checking_a_code_needs_no_token(desk: Flask, browsers: dict[str, FlaskClient]) -> None:
    assert browsers["artisan"].post("/verify", data={"code": "x"}).status_code == 422
