"""Accounts through the pages: in and out, cookies, tries, second factors, invitations, ways back."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from passlib import totp
from sqlalchemy import text

from shop.app import create_app
from shop.cli import main
from shop.services.access.invitations import Joining
from shop.services.access.sample_accounts import SAMPLE_ACCOUNTS, SAMPLE_PASSWORD
from shop.web.access import safe_path
from shop.web.sessions import STAMP_EVERY
from shop.wiring import Services
from tests.conftest import VECTORS, Demo, copy_of, count_statements, services_over
from tests.simulators.desks import CountingPasswords, contents, cookie, send, sign_in, token
from tests.simulators.exports import environment

ARTISAN, OTHER, INSPECTOR = "artisan@demo.langnghe", "artisan2@demo.langnghe", "inspector@demo.langnghe"
REDIRECTS = VECTORS / "security" / "generated" / "open_redirect_next.jsonl"


@pytest.fixture(scope="module")
def demo_copy(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A demo that these tests may write to."""
    return copy_of(live_demo, tmp_path_factory.mktemp("accounts") / "own")


@pytest.fixture(scope="module")
def own(demo_copy: Demo) -> Iterator[Services]:
    """Its services."""
    with services_over(demo_copy) as built:
        yield built


@pytest.fixture
def desk(demo_copy: Demo, own: Services) -> Flask:
    """The application over them; each test has its own counters of tries."""
    return create_app(demo_copy.settings(), own)


def wrong(client: FlaskClient, name: str, **options: Any) -> int:
    return client.post("/account/sign-in", data={"name": name, "password": "x"}, **options).status_code


# --- In and out ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "role"), SAMPLE_ACCOUNTS)
def test_each_sample_account_signs_in_and_out(desk: Flask, name: str, role: str) -> None:
    client = sign_in(desk, name)
    page = client.get("/account/")
    assert page.status_code == 200
    assert send(client, "/account/sign-out").location == "/account/sign-in"
    assert cookie(client) is None
    assert client.get("/account/").location == "/account/sign-in?next=/account/"


def test_the_sign_in_page_shows_the_sample_accounts_in_the_demo_alone(desk: Flask) -> None:
    page = desk.test_client().get("/account/sign-in").text
    assert all(name in page for name, _ in SAMPLE_ACCOUNTS)
    assert SAMPLE_PASSWORD in page


def test_a_cookie_that_was_stolen_is_worth_nothing_after_sign_out(desk: Flask) -> None:
    client, thief = sign_in(desk, ARTISAN), desk.test_client()
    stolen = cookie(client) or ""
    thief.set_cookie("langnghe", stolen)
    assert thief.get("/account/").status_code == 200
    send(client, "/account/sign-out")
    assert thief.get("/account/").status_code == 303


def test_a_cookie_that_was_planted_before_sign_in_is_not_the_session_after(desk: Flask) -> None:
    attacker = sign_in(desk, OTHER)
    planted = cookie(attacker) or ""
    victim = desk.test_client()
    victim.set_cookie("langnghe", planted)
    data = {"name": ARTISAN, "password": SAMPLE_PASSWORD, "csrf_token": token(victim)}
    assert victim.post("/account/sign-in", data=data).status_code == 303
    assert cookie(victim) != planted
    assert attacker.get("/account/").status_code == 303


def test_leaving_everywhere_ends_the_other_browsers_too(desk: Flask) -> None:
    one, two = sign_in(desk, ARTISAN), sign_in(desk, ARTISAN)
    send(one, "/account/sign-out", everywhere="1")
    assert two.get("/account/").status_code == 303


@pytest.mark.parametrize("value", ["", "x", "x.y.z", "\x00", "a" * 5_000, "..", "é"])
def test_a_cookie_that_is_none_of_ours_is_nobody(desk: Flask, own: Services, value: str) -> None:
    client = desk.test_client()
    with count_statements(own.database) as statements:
        answer = client.get("/account/", headers={"Cookie": f"langnghe={value}; langnghe-notes={value}"})
    assert answer.status_code == 303
    assert statements == []


def test_a_cookie_whose_token_was_changed_is_nobody(desk: Flask) -> None:
    client = sign_in(desk, ARTISAN)
    signed = cookie(client) or ""
    client.set_cookie("langnghe", ("A" if signed[0] != "A" else "B") + signed[1:])
    assert client.get("/account/").status_code == 303


def test_who_stays_away_too_long_is_out(desk: Flask) -> None:
    client = sign_in(desk, INSPECTOR)
    interface: Any = desk.session_interface
    value, _, _ = (cookie(client) or "").partition(".")

    def dated(age: timedelta) -> None:
        old = type(interface._signer)("only-for-tests-only-for-tests-only", salt="session")
        old.get_timestamp = lambda: int((datetime.now(UTC) - age).timestamp())
        client.set_cookie("langnghe", old.sign(value).decode())

    dated(STAMP_EVERY + timedelta(minutes=1))
    before = cookie(client)
    assert client.get("/account/").status_code == 200
    assert cookie(client) != before
    dated(timedelta(hours=3))
    assert client.get("/account/").status_code == 303


# --- Cookies and pages --------------------------------------------------------------------------------


def test_the_cookie_is_bound_to_the_host_over_https(demo_copy: Demo, own: Services) -> None:
    settings = demo_copy.settings(PUBLIC_BASE_URL="https://demo.langnghe.example")
    app = create_app(settings, replace(own, settings=settings))
    client = app.test_client()
    answer = client.post(
        "/account/sign-in",
        data={"name": ARTISAN, "password": SAMPLE_PASSWORD},
        base_url="https://demo.langnghe.example",
    )
    sent = answer.headers["Set-Cookie"]
    assert sent.startswith("__Host-langnghe=")
    for attribute in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert attribute in sent
    assert "Domain" not in sent


def test_the_cookie_is_out_of_reach_of_scripts_over_http(desk: Flask) -> None:
    answer = desk.test_client().post("/account/sign-in", data={"name": ARTISAN, "password": SAMPLE_PASSWORD})
    assert re.match(r"langnghe=[^;]+; .*HttpOnly; Path=/; SameSite=Lax$", answer.headers["Set-Cookie"])


def test_public_pages_ask_for_no_session_and_set_no_cookie(desk: Flask, own: Services) -> None:
    client = sign_in(desk, ARTISAN)
    client.get("/products")
    with count_statements(own.database) as statements:
        answers = [client.get(path) for path in ("/", "/products", "/about", "/verify")]
    assert not any("sessions" in statement for statement in statements)
    for answer in answers:
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers["Vary"]


def test_a_desk_page_asks_for_its_session_once_and_is_never_kept(desk: Flask, own: Services) -> None:
    client = sign_in(desk, ARTISAN)
    client.get("/account/")
    with count_statements(own.database) as statements:
        answer = client.get("/account/password")
    assert len([one for one in statements if "sessions" in one]) == 1
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Cookie" in answer.headers["Vary"]


def test_looking_writes_nothing(desk: Flask, own: Services) -> None:
    client = sign_in(desk, ARTISAN)
    send(client, "/account/second-factor/new", password="x")  # leaves a message for the next page
    made = own.invitations.make(None, "buyer", now=datetime.now(UTC))
    before = contents(own.database)
    for visitor in (client, desk.test_client()):
        for path in ("", "sign-in", "password", "second-factor", "second-factor/set-up"):
            visitor.get(f"/account/{path}")
        for page in ("", "/card"):
            assert visitor.get(f"/account/join/{made.secret}{page}").status_code == 200
    assert contents(own.database) == before


PAGES = (
    "/account/sign-in",
    "/account/",
    "/account/password",
    "/account/join/{secret}",
    "/account/join/{secret}/card",
)


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_page_has_its_headers_and_no_script_inside(desk: Flask, own: Services, lang: str) -> None:
    secret = own.invitations.make(None, "artisan", workshop="xuong-mau-1", now=datetime.now(UTC)).secret
    client = sign_in(desk, ARTISAN)
    for path in PAGES:
        visitor = desk.test_client() if path == "/account/sign-in" else client
        answer = visitor.get(f"{path.format(secret=secret)}?lang={lang}")
        assert answer.status_code == 200, path
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert f'<html lang="{lang}">' in answer.text
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=", answer.text)


def test_messages_are_words_that_no_visitor_can_forge(desk: Flask) -> None:
    client = desk.test_client()
    client.set_cookie("langnghe-notes", "W1siIiwiaGkiXV0.x")
    assert 'class="told' not in client.get("/account/sign-in").text


# --- Tries --------------------------------------------------------------------------------------------


@pytest.fixture
def counted(demo_copy: Demo, own: Services) -> tuple[Flask, CountingPasswords]:
    """An application that counts how often a password reaches a hash."""
    passwords = CountingPasswords()
    accounts = replace(own.accounts, passwords=passwords)
    return create_app(demo_copy.settings(), replace(own, accounts=accounts)), passwords


def test_of_1000_wrong_tries_ten_reach_the_hash(counted: tuple[Flask, CountingPasswords]) -> None:
    app, passwords = counted
    client = app.test_client()
    names = (ARTISAN, ARTISAN.upper(), f" {ARTISAN}")
    statuses = [wrong(client, names[number % 3]) for number in range(1_000)]
    assert statuses == [422] * 10 + [429] * 990
    assert len(passwords.tries) == 10


def test_one_account_has_ten_tries_from_wherever_they_come(counted: tuple[Flask, CountingPasswords]) -> None:
    app, passwords = counted
    spellings = ("0912345678", "+84 912 345 678", "(0912) 345-678", "84912345678")
    for number in range(60):
        address = {"REMOTE_ADDR": f"192.0.2.{number}"}
        wrong(app.test_client(), spellings[number % 4], environ_base=address)
    assert len(passwords.tries) == 10


def test_one_address_has_ten_tries_at_whatever_account(counted: tuple[Flask, CountingPasswords]) -> None:
    app, passwords = counted
    for number in range(60):
        address = {"REMOTE_ADDR": f"2001:db8::{number:x}"}  # one household's network
        wrong(app.test_client(), f"nr{number}@example.vn", environ_base=address)
    assert len(passwords.tries) == 10


def test_a_flood_against_one_account_keeps_no_other_out(counted: tuple[Flask, CountingPasswords]) -> None:
    app, _ = counted
    for _ in range(30):
        wrong(app.test_client(), OTHER, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    sign_in(app, ARTISAN)


def test_an_address_uses_up_no_more_than_its_own_tries(counted: tuple[Flask, CountingPasswords]) -> None:
    """Nine wrong tries from elsewhere, and hundreds more that were refused, still leave the owner her one."""
    app, _ = counted
    for _ in range(9):
        wrong(app.test_client(), "nobody@example.vn", environ_base={"REMOTE_ADDR": "192.0.2.1"})
    for _ in range(200):
        wrong(app.test_client(), ARTISAN, environ_base={"REMOTE_ADDR": "192.0.2.1"})
    sign_in(app, ARTISAN)


def test_right_tries_are_not_limited(desk: Flask) -> None:
    for _ in range(15):
        sign_in(desk, ARTISAN)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP"])
def test_a_forwarded_address_resets_nothing(counted: tuple[Flask, CountingPasswords], header: str) -> None:
    app, passwords = counted
    for number in range(30):
        wrong(app.test_client(), f"nr{number}@example.vn", headers={header: f"192.0.2.{number}"})
    assert len(passwords.tries) == 10


def test_behind_a_known_proxy_each_visitor_has_an_address(demo_copy: Demo, own: Services) -> None:
    app = create_app(demo_copy.settings(LANGNGHE_PROXIES=1), own)
    forged = [f"198.51.100.{number}, 192.0.2.7" for number in range(12)]
    statuses = [
        wrong(app.test_client(), f"nr{number}@example.vn", headers={"X-Forwarded-For": value})
        for number, value in enumerate(forged)
    ]
    assert statuses == [422] * 10 + [429] * 2
    assert wrong(app.test_client(), "lan@example.vn", headers={"X-Forwarded-For": "192.0.2.8"}) == 422


def test_a_household_reports_five_times_an_hour_and_all_together_200(desk: Flask) -> None:
    def send_from(address: str) -> int:
        # A robot's report is counted as any other, and nothing is stored of it.
        options = {"data": {"website": "x"}, "environ_overrides": {"REMOTE_ADDR": address}}
        return desk.test_client().post("/report", **options).status_code

    household = [send_from(f"2001:db8:1:1::{number:x}") for number in range(1, 7)]
    assert household == [200] * 5 + [429]
    assert {send_from(f"10.0.{number}.1") for number in range(195)} == {200}
    assert send_from("10.1.0.1") == 429


def test_too_many_tries_are_a_page_that_says_when_to_come_back(desk: Flask) -> None:
    for _ in range(10):
        wrong(desk.test_client(), OTHER)
    answer = desk.test_client().post("/account/sign-in", data={"name": OTHER, "password": "x"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "300")
    assert 'href="/account/sign-in?lang=en"' in answer.text


def test_an_error_behind_an_address_for_forms_alone_leads_to_the_first_page(desk: Flask) -> None:
    answer = desk.test_client().post("/account/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert 'class="switch" rel="nofollow" href="/?lang=en"' in answer.text


def test_a_wrong_password_is_told_in_the_words_of_the_fields(desk: Flask) -> None:
    data = {"name": "nobody@people.example", "password": "x"}
    page = desk.test_client().post("/account/sign-in", data=data).text
    assert '<label for="name">Số điện thoại hoặc thư điện tử</label>' in page
    assert "Số điện thoại hoặc thư điện tử này và mật khẩu không khớp nhau" in page


def test_an_unknown_name_and_a_wrong_password_are_answered_alike(desk: Flask) -> None:
    def page(name: str) -> str:
        data = {"name": name, "password": "x"}
        text = desk.test_client().post("/account/sign-in", data=data).text
        return text.partition("<section")[0].replace(name, "")

    assert page("buyer@demo.langnghe") == page("nobody@demo.langnghe")


# --- The second factor --------------------------------------------------------------------------------


@pytest.fixture
def strict(demo_copy: Demo, tmp_path: Any) -> Iterator[Flask]:
    """The demo with second factors, as production has them."""
    mine = copy_of(demo_copy, tmp_path / "strict")
    settings = mine.settings(LANGNGHE_SECOND_FACTOR=True)
    with services_over(mine) as built:
        accounts = replace(built.accounts, demands_second_factor=True)
        yield create_app(settings, replace(built, settings=settings, accounts=accounts))


def shown(client: FlaskClient) -> totp.TOTP:
    """Reads the secret from the page that shows it."""
    found = re.search(
        r'<code class="command">([A-Z2-7-]+)</code>', client.get("/account/second-factor/set-up").text
    )
    assert found is not None
    return totp.TOTP(key=found[1].replace("-", ""), format="base32")


def test_an_inspector_sets_up_a_second_factor_and_shows_a_code_each_time(strict: Flask) -> None:
    client = strict.test_client()
    data = {"name": INSPECTOR, "password": SAMPLE_PASSWORD}
    assert client.post("/account/sign-in", data=data).location == "/account/second-factor/set-up"
    waiting = cookie(client)
    assert client.get("/account/").status_code == 303
    code = shown(client)
    page = "/account/second-factor/set-up"
    assert send(client, page, page, code="000000").status_code == 422
    first = code.generate().token
    assert send(client, page, page, code=first).status_code == 303
    assert cookie(client) != waiting
    assert client.get("/account/").status_code == 200

    again = strict.test_client()
    assert again.post("/account/sign-in", data=data).location == "/account/second-factor"
    assert again.get("/account/").status_code == 303
    page = "/account/second-factor"
    assert send(again, page, page, code=first).status_code == 422
    later = code.generate(time=datetime.now(UTC) + timedelta(seconds=30)).token
    assert send(again, page, page, code=f" {later[:3]} {later[3:]} ").status_code == 303
    assert again.get("/account/").status_code == 200


def test_a_second_factor_cannot_be_guessed(strict: Flask) -> None:
    client, page = strict.test_client(), "/account/second-factor/set-up"
    client.post("/account/sign-in", data={"name": INSPECTOR, "password": SAMPLE_PASSWORD})
    statuses = [send(client, page, page, code=f"{number:06}").status_code for number in range(8)]
    assert statuses == [422] * 5 + [429] * 3


def test_what_is_no_code_is_no_code(strict: Flask) -> None:
    guards = strict.extensions["langnghe.guards"]
    secret = guards.new_secret()
    for code in ("", "12345", "1234567", "abcdef", "１２３４５６", "12345６", "-12345", "1e5   ", "\ud800"):
        assert guards.check_code(code, secret) is None


def test_an_artisan_may_take_a_second_factor_and_give_it_back(strict: Flask) -> None:
    client = sign_in(strict, ARTISAN)
    assert send(client, "/account/second-factor/new", password="wrong").location == "/account/"
    assert send(client, "/account/second-factor/new", password=SAMPLE_PASSWORD).status_code == 303
    code, page = shown(client), "/account/second-factor/set-up"
    assert send(client, page, page, code=code.generate().token).status_code == 303
    assert send(client, "/account/second-factor/off", password="wrong").status_code == 303
    assert (
        strict.test_client()
        .post("/account/sign-in", data={"name": ARTISAN, "password": SAMPLE_PASSWORD})
        .location
        == "/account/second-factor"
    )
    send(client, "/account/second-factor/off", password=SAMPLE_PASSWORD)
    sign_in(strict, ARTISAN)


def test_secrets_of_second_factors_are_encrypted_where_they_lie(strict: Flask) -> None:
    client = sign_in(strict, ARTISAN)
    send(client, "/account/second-factor/new", password=SAMPLE_PASSWORD)
    code = shown(client)
    page = "/account/second-factor/set-up"
    send(client, page, page, code=code.generate().token)
    database = strict.extensions["langnghe"].database
    assert code.base32_key not in repr(contents(database))


# --- Invitations and passwords ------------------------------------------------------------------------


def test_an_invitation_leads_from_paper_to_a_desk(desk: Flask, own: Services) -> None:
    made = own.invitations.make(None, "artisan", workshop="xuong-mau-1", now=datetime.now(UTC))
    client, page = desk.test_client(), f"/account/join/{made.secret}"
    card = client.get(f"{page}/card").text
    assert f"http://127.0.0.1:8000{page}" in card
    assert "<svg" in card
    typed = {"person": "Nguyễn Thị Lan", "name": "0987654321", "password": "một câu dễ nhớ"}
    assert client.post(page, data=typed | {"name": "Lan"}).status_code == 422
    assert client.post(page, data=typed).status_code == 303
    assert "Nguyễn Thị Lan" in client.get("/account/").text
    assert client.get(page).status_code == 404
    assert desk.test_client().post(page, data=typed).status_code == 404
    sign_in(desk, "0987 654 321", password="một câu dễ nhớ")


def test_an_invitation_gives_only_what_it_was_made_for(desk: Flask, own: Services) -> None:
    made = own.invitations.make(None, "buyer", now=datetime.now(UTC))
    extra = {"role": "operator", "is_admin": "1", "workshop_id": "1", "issuer": "province", "account_id": "1"}
    typed = {"person": "Kẻ gian", "name": "ke-gian@example.vn", "password": "một câu dễ nhớ"}
    client = desk.test_client()
    assert client.post(f"/account/join/{made.secret}", data=typed | extra).status_code == 303
    with own.database.read() as session:
        rows = session.execute(
            text("SELECT role, workshop_id, issuer FROM accounts WHERE sign_in_name = 'ke-gian@example.vn'")
        ).all()
    assert [tuple(row) for row in rows] == [("buyer", None, None)]


@pytest.mark.parametrize("secret", ["x", "..", "%2e%2e", "a" * 3_000, "%00", "é"])
def test_no_other_address_is_an_invitation(desk: Flask, secret: str) -> None:
    client = desk.test_client()
    for method in (client.get, client.post):
        assert method(f"/account/join/{secret}").status_code == 404


def test_a_new_password_ends_the_other_browsers(desk: Flask, own: Services) -> None:
    made = own.invitations.make(None, "buyer", now=datetime.now(UTC))
    typed = Joining("Người mua", "mua@example.vn", "một câu dễ nhớ")
    own.invitations.accept(made.secret, typed, now=datetime.now(UTC), new_secret=str)
    one, two = (sign_in(desk, typed.name, password=typed.password) for _ in range(2))
    assert send(one, "/account/password", old="x", new="một câu khác hẳn").status_code == 422
    assert send(one, "/account/password", old=typed.password, new="ngắn").status_code == 422
    assert send(one, "/account/password", old=typed.password, new="một câu khác hẳn").status_code == 303
    assert one.get("/account/").status_code == 200
    assert two.get("/account/").status_code == 303


def test_the_command_line_invites_and_recovers(demo_copy: Demo, desk: Flask) -> None:
    """The address is all of standard output, so that a script may take it."""
    for arguments, page in (
        (["invite", "--role", "operator"], 'name="person"'),
        (["recover", OTHER], "Thợ mẫu"),
    ):
        result = CliRunner().invoke(main, ["account", *arguments], env=environment(demo_copy))
        assert result.exit_code == 0, result.output
        path = result.stdout.strip().removeprefix("http://127.0.0.1:8000")
        assert page in desk.test_client().get(path).text


@pytest.mark.parametrize(
    "arguments",
    [
        ["invite", "--role", "admin"],
        ["invite", "--role", "artisan", "--workshop", "nowhere"],
        ["invite", "--role", "inspector", "--issuer", "KHÔNG PHẢI"],
        ["recover", "nobody@example.vn"],
        ["recover", "x"],
    ],
)
def test_the_command_line_refuses_in_one_line(demo_copy: Demo, arguments: list[str]) -> None:
    result = CliRunner().invoke(main, ["account", *arguments], env=environment(demo_copy))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output


# --- The way back -------------------------------------------------------------------------------------


def off_site() -> list[str]:
    if not REDIRECTS.exists():
        pytest.skip("the shared vectors are not here")
    return [json.loads(line) for line in REDIRECTS.read_text(encoding="utf-8").splitlines()]


def test_no_way_back_leads_off_the_site(desk: Flask) -> None:
    values = [
        *off_site(),
        "//evil.example",
        "/../x",
        "/\\evil.example",
        "https://evil.example",
        "/a\nb",
        "javascript:x",
    ]
    for value in values:
        client = desk.test_client()
        data = {"name": ARTISAN, "password": SAMPLE_PASSWORD, "next": value}
        location = client.post("/account/sign-in", data=data).location
        parts = urlsplit(urljoin("http://127.0.0.1:8000", location))
        assert (parts.scheme, parts.netloc) == ("http", "127.0.0.1:8000"), value
        assert re.match(r"/(?![/\\])[!-~]*$", location), value


@pytest.mark.parametrize(
    "path", ["/account/password", "/products?page=2&lang=en", "/", "/a-b_c.d~e/%C3%A9?x=1"]
)
def test_a_way_back_on_the_site_is_taken(desk: Flask, path: str) -> None:
    assert safe_path(path) == path
    data = {"name": ARTISAN, "password": SAMPLE_PASSWORD, "next": path}
    assert desk.test_client().post("/account/sign-in", data=data).location == path


def test_who_is_signed_out_is_led_to_the_form_and_back(desk: Flask) -> None:
    client = desk.test_client()
    asked = client.get("/account/password?lang=en")
    assert asked.location == "/account/sign-in?next=/account/password?lang%3Den&lang=en"
    assert client.post("/account/password").location == "/account/sign-in"
