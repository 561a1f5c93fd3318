"""A tax code over the pages: shown once to an inspector who says why; the workshop reads who looked."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.app import create_app
from shop.wiring import Services
from tests.conftest import Demo, copy_of, services_over
from tests.simulators import desks as browser

CODE = "001099012345"
PAGE = "/inspector/tax-codes/xuong-mau-1"
WHY = "Đợt kiểm tra quý 4, làng gốm"
OTHERS = ("artisan", "artisan2", "association", "admin", "buyer")


@pytest.fixture(scope="module")
def services(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The services over a demo that the tests may write to, where one workshop has told its code."""
    demo = copy_of(live_demo, tmp_path_factory.mktemp("tax") / "own")
    with services_over(demo) as built:
        app = create_app(demo.settings(), built)
        sent = browser.send(enter(app, "artisan"), "/artisan/workshop/tax-code", tax_code=CODE)
        assert sent.status_code == 303
        yield built


@pytest.fixture
def app(services: Services) -> Flask:
    """A fresh application, with limits that nobody has used up."""
    return create_app(services.settings, services)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return enter(app, "inspector")


def enter(app: Flask, name: str) -> FlaskClient:
    return browser.sign_in(app, f"{name}@demo.langnghe")


def looks(services: Services) -> int:
    rows = browser.contents(services.database)["audit_entries"]
    return sum("tax code read" in row for row in rows)


def test_code_is_shown_in_one_answer_that_nothing_keeps(client: FlaskClient, services: Services) -> None:
    listed = client.get("/inspector/tax-codes/?q=xuong+mau+1").text
    assert f'href="{PAGE}"' in listed
    before = looks(services)
    answer = browser.send(client, PAGE, reason=WHY)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert CODE in answer.text
    assert looks(services) == before + 1
    for path in (PAGE, "/inspector/tax-codes/", "/account/", "/inspector/requests/"):
        assert CODE not in client.get(path).text


def test_reading_the_pages_notes_and_tells_nothing(client: FlaskClient, services: Services) -> None:
    before = browser.contents(services.database)["audit_entries"]
    for path in ("/inspector/tax-codes/", f"{PAGE}?reason=x", f"{PAGE}?lang=en"):
        answer = client.get(path)
        assert (answer.status_code, CODE in answer.text) == (200, False)
    assert browser.contents(services.database)["audit_entries"] == before


def test_look_without_a_reason_shows_the_form_again(client: FlaskClient, services: Services) -> None:
    before = looks(services)
    answer = browser.send(client, PAGE, reason=f"số {CODE}")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert looks(services) == before


@pytest.mark.parametrize("name", OTHERS)
def test_nobody_else_gets_it(app: Flask, services: Services, name: str) -> None:
    other, before = enter(app, name), looks(services)
    for path in ("/inspector/tax-codes/", PAGE):
        assert other.get(path).status_code == 403
    answer = browser.send(other, PAGE, reason=WHY)
    assert (answer.status_code, CODE in answer.text) == (403, False)
    assert looks(services) == before


def test_signed_out_or_without_token_there_is_no_look(
    app: Flask, client: FlaskClient, services: Services
) -> None:
    before = looks(services)
    assert client.post(PAGE, data={"reason": WHY}).status_code == 400
    assert app.test_client().post(PAGE, data={"reason": WHY}).status_code == 303
    assert looks(services) == before


def test_workshop_that_is_not_there_is_not_found(client: FlaskClient) -> None:
    assert client.get("/inspector/tax-codes/khong-co").status_code == 404
    assert browser.send(client, "/inspector/tax-codes/khong-co", reason=WHY).status_code == 404


def test_workshop_reads_who_looked_and_why(app: Flask, client: FlaskClient) -> None:
    browser.send(client, PAGE, reason="Đối chiếu <b>hồ sơ</b> thuế")
    trail = enter(app, "artisan").get("/artisan/trail").text
    assert "kiểm tra viên xem mã số thuế" in trail
    assert "Đối chiếu &lt;b&gt;hồ sơ&lt;/b&gt; thuế" in trail
    assert "Đối chiếu" not in enter(app, "artisan2").get("/artisan/trail").text
    assert CODE not in re.sub(r"\s", "", enter(app, "admin").get("/admin/trail").text)


def test_eleventh_look_in_an_hour_is_refused(client: FlaskClient, services: Services) -> None:
    before = looks(services)
    answers = [browser.send(client, PAGE, reason=WHY).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    assert looks(services) == before + 10
