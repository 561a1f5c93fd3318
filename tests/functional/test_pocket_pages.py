"""What the inspector's page asks for over HTTP: who gets it, in which form, and what is declined in words."""

import gzip
import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.services.access.actors import ARTISAN, INSPECTOR
from shop.services.access.sample_accounts import SAMPLE_ACCOUNTS
from tests.simulators.desks import sign_in
from traceability.labels import qr

MACHINES = ("me", "bundle", "consistency?from=1&to=2")


def name_of(role: str) -> str:
    return next(name for name, one in SAMPLE_ACCOUNTS if one == role)


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    """The demo's inspector."""
    return sign_in(app, name_of(INSPECTOR))


@pytest.fixture
def token(client: FlaskClient) -> str:
    answer = client.get("/inspector/me")
    assert answer.json is not None
    return str(answer.json["csrf"])


def test_the_page_allows_what_reading_codes_needs_and_no_more(client: FlaskClient) -> None:
    policy = client.get("/inspector/pocket").headers["Content-Security-Policy"]
    assert "script-src 'self' 'wasm-unsafe-eval';" in policy
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy
    assert "wasm" not in client.get("/verify").headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["", "pocket.js", "sw.js"])
def test_what_the_phone_asks_for_is_there(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/inspector/{path}", follow_redirects=True)
    assert (answer.status_code, len(answer.data) > 1_000) == (200, True)


def test_the_page_that_is_kept_names_nobody(client: FlaskClient) -> None:
    text = client.get("/inspector/pocket").text
    assert "csrf" not in text
    assert "Kiểm tra viên mẫu" not in text
    assert "<noscript>" in text


def test_the_worker_keeps_what_the_page_is_made_of(client: FlaskClient) -> None:
    answer = client.get("/inspector/sw.js")
    assert answer.headers["Service-Worker-Allowed"] == "/inspector/"
    kept = json.loads(re.findall(r"const ASSETS = (.*);", answer.text)[0])
    page = client.get("/inspector/pocket?lang=en").text
    for address in re.findall(r'(?:src|href)="((?:/static|/inspector/pocket\.js)[^"]*)"', page):
        assert address.replace("&amp;", "&") in kept
    assert all(client.get(address, buffered=True).status_code == 200 for address in kept)


def test_a_copy_is_packed_and_asked_for_again(client: FlaskClient) -> None:
    answer = client.get("/inspector/bundle")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(answer.data))["v"] == 1
    assert "private" in answer.headers["Cache-Control"]
    again = client.get("/inspector/bundle", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("path", ["pocket", *MACHINES])
def test_nobody_else_gets_anything(app: Flask, path: str) -> None:
    assert app.test_client().get(f"/inspector/{path}").status_code == 303
    assert sign_in(app, name_of(ARTISAN)).get(f"/inspector/{path}").status_code == 403


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("findings", b"{}", "BAD_RECORD"),
        ("findings", b"\xff", "NOT_JSON"),
        ("key", b"[]", "BAD_FORM"),
        pytest.param("key", b'{"use":' * 60_000, "BAD_FORM", id="key nested"),
        pytest.param("findings", b'{"id":' * 10_000, "TOO_DEEP", id="finding nested"),
        ("key", b'{"use":"record","publicKey":"z6Mk","signature":"z1","nonce":"1.a"}', "BAD_RECORD"),
        ("key", rb'{"use":"record","publicKey":"z6Mk","signature":"z1","nonce":"1\u0000"}', "ZERO_BYTE"),
        ("key", b'{"use":"\x00"}', "ZERO_BYTE"),
        ("findings", rb'{"id":"https://x/records/\\\u0000"}', "ZERO_BYTE"),
        ("findings", rb'{"id":"https://x/records/\\u0000"}', "BAD_RECORD"),
        ("labels", b"no picture", "UNREADABLE_PICTURE"),
        ("labels", b"no picture\x00", "UNREADABLE_PICTURE"),
    ],
)
def test_what_is_declined_is_told_as_json(
    client: FlaskClient, token: str, path: str, body: bytes, code: str
) -> None:
    kind = "application/json" if path == "key" else "application/octet-stream"
    answer = client.post(f"/inspector/{path}", data=body, content_type=kind, headers={"X-CSRFToken": token})
    assert answer.status_code == 400
    assert answer.json is not None
    assert (answer.json["code"] == code, bool(answer.json["message"])) == (True, True), answer.json


@pytest.mark.parametrize("path", ["findings", "findings/x/photo", "findings/x/settles/1", "key", "labels"])
def test_nothing_is_taken_without_the_token(client: FlaskClient, path: str) -> None:
    answer = client.post(f"/inspector/{path}", data=b"{}", content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (400, "text/html")


@pytest.mark.parametrize(
    "sizes", ["", "from=a&to=2", "from=1", "from=-1&to=2", "from=9&to=1", "from=1&to=99999999"]
)
def test_odd_sizes_are_declined(client: FlaskClient, sizes: str) -> None:
    answer = client.get(f"/inspector/consistency?{sizes}")
    assert answer.json is not None
    assert (answer.status_code, answer.json["code"]) == (400, "BAD_SIZES")


def test_a_picture_is_read_for_a_browser_that_cannot(
    client: FlaskClient, token: str, labels: list[str]
) -> None:
    answer = client.post("/inspector/labels", data=qr.png(labels[0]), headers={"X-CSRFToken": token})
    assert answer.json == {"texts": [labels[0]]}
