"""What protects every answer: headers, hosts, the origin of forms, cookies, redirects."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import NotFound
from werkzeug.test import encode_multipart

from shop.app import create_app
from shop.web.security import FORMS_AT_ONCE
from tests.conftest import VECTORS, Demo, services_over

HTML = ("/", "/products", "/villages", "/about", "/verify", "/nowhere", "/products/binh-hoa-men-lam")
OTHERS = ("/trust", "/records/village-bat-trang", "/healthz", "/static/css/site.css", "/sitemap.xml")
REDIRECTS = VECTORS / "security" / "generated" / "open_redirect_oracle.jsonl"


@pytest.fixture(scope="module")
def https_app(live_demo: Demo) -> Iterator[Flask]:
    with services_over(live_demo) as built:
        yield create_app(live_demo.settings(PUBLIC_BASE_URL="https://demo.langnghe.example"), built)


@pytest.mark.parametrize("path", [*HTML, *OTHERS])
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as response:
        headers = response.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Permissions-Policy" in headers


@pytest.mark.parametrize("path", HTML)
def test_language_of_a_kept_page_depends_on_the_browser(client: FlaskClient, path: str) -> None:
    assert "Accept-Language" in client.get(path).headers["Vary"]


def test_transport_security_is_demanded_over_https_only(client: FlaskClient, https_app: Flask) -> None:
    assert "Strict-Transport-Security" not in client.get("/").headers
    assert "max-age=31536000" in https_app.test_client().get("/").headers["Strict-Transport-Security"]


@pytest.mark.parametrize("path", [*HTML, *OTHERS])
def test_reading_sets_no_cookie(client: FlaskClient, path: str) -> None:
    with client.get(path) as response:
        assert "Set-Cookie" not in response.headers


def test_verification_page_sets_no_cookie_and_is_not_kept(client: FlaskClient, labels: list[str]) -> None:
    headers = client.get("/" + labels[0].split("/", 3)[3]).headers
    assert "Set-Cookie" not in headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "127.0.0.1:99999",
        "127.0.0.1:port",
        "user@127.0.0.1",
        "",
        "a b",
        "[::1]",
        "[::1",
        "\xff",
    ],
)
@pytest.mark.parametrize("path", ["/", "/static/css/site.css", "/records/x", "/nowhere", "/%00", "/\n"])
def test_foreign_host_is_refused(client: FlaskClient, host: str, path: str) -> None:
    response = client.get(path, headers={"Host": host})
    assert response.status_code == 400
    assert b"evil.example" not in response.data
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


def test_form_of_a_foreign_host_is_refused(client: FlaskClient) -> None:
    headers = {"Host": "evil.example", "Origin": "http://evil.example"}
    assert client.post("/verify", data={"code": "x"}, headers=headers).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "demo.langnghe.example"])
def test_own_host_is_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Original-Host", "X-Forwarded-Server", "Forwarded"])
def test_forwarded_hosts_do_nothing(client: FlaskClient, name: str, labels: list[str]) -> None:
    for path in ("/", "/sitemap.xml", "/" + labels[0].split("/", 3)[3]):
        response = client.get(
            path, headers={name: "host=evil.example" if name == "Forwarded" else "evil.example"}
        )
        assert response.status_code == 200
        assert b"evil.example" not in response.data


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://[::1"},
        {"Origin": "\xff"},
        {"Origin": "http://localhost:9999"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
    ids=str,
)
def test_form_of_another_site_is_refused(client: FlaskClient, headers: dict[str, str]) -> None:
    response = client.post("/verify", data={"code": "x"}, headers=headers)
    assert response.status_code == 403
    assert "<h1>" in response.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
    ],
    ids=str,
)
def test_own_form_is_taken(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post("/verify", data={"code": "x"}, headers=headers).status_code == 422


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/", "/products", "/records/village-bat-trang", "/trust"])
def test_other_methods_are_refused(client: FlaskClient, path: str, method: str) -> None:
    response = client.open(path, method=method)
    assert response.status_code == 405
    assert {"GET", "HEAD"} <= set(response.headers["Allow"].split(", "))
    assert "<h1>" in response.text


@pytest.mark.parametrize("character", ["%00", "%0a", "%0d", "%1b", "%7f", "%c2%85", "%e2%80%ae"])
@pytest.mark.parametrize(
    "path",
    [
        "/records/{}",
        "/records/{}.zip",
        "/records/{}.receipt",
        "/products/{}",
        "/villages/a{}",
        "/P/{}",
        "/labels/{}.png",
    ],
)
def test_character_that_does_not_show_is_in_no_path(client: FlaskClient, path: str, character: str) -> None:
    assert client.get(path.format(character)).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/products?craft=a%00", "/products?%00=a", "/verify?record=%00", "/report?about=%00", "/log?issuer=%00"],
)
def test_zero_byte_is_in_no_query(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 400


@pytest.mark.parametrize("fields", [{"words": "a\0b"}, {"words": "ab", "about": "x\0"}, {"\0": "x"}])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_zero_byte_is_in_no_form(client: FlaskClient, fields: dict[str, str], kind: str) -> None:
    assert client.post("/report", data=fields, content_type=kind).status_code == 400


def test_words_without_a_zero_byte_are_taken(client: FlaskClient) -> None:
    assert client.post("/verify", data={"code": "x\n"}).status_code == 422


@pytest.mark.parametrize("number", [2**31, 10**40, "9" * 5_000])
def test_number_that_no_row_has_is_not_found(app: Flask, number: object) -> None:
    """PostgreSQL refuses a number that its column does not hold."""
    with app.test_request_context(f"/artisan/lots/{number}") as context:
        assert isinstance(context.request.routing_exception, NotFound)
    with app.test_request_context(f"/artisan/lots/{2**31 - 1}") as context:
        assert context.request.view_args == {"lot_id": 2**31 - 1}


def test_path_of_the_application_is_never_the_clients(client: FlaskClient) -> None:
    """Some servers let a header say where the application stands; a redirect must not repeat it."""
    code = "/01/09520000000011/10/L1"
    response = client.get("/verify", query_string={"code": code}, environ_overrides={"SCRIPT_NAME": "//evil"})
    assert response.headers["Location"] == code


def test_few_forms_are_taken_at_once(live_demo: Demo) -> None:
    """Slow senders must leave threads for those who only read."""
    with services_over(live_demo) as built:
        app = create_app(live_demo.settings(), built)
        with ExitStack() as senders:
            for _ in range(FORMS_AT_ONCE):
                senders.enter_context(app.test_request_context("/verify", method="POST"))
                assert app.preprocess_request() is None
            refused = app.test_client().post("/verify", data={"code": "x"})
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
            assert app.test_client().get("/verify").status_code == 200
        assert app.test_client().post("/verify", data={"code": "x"}).status_code == 422


@given(st.text(max_size=60), st.sampled_from(["", ".zip", ".receipt"]))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_record_path_breaks_the_shop(client: FlaskClient, name: str, ending: str) -> None:
    path = "/records/" + quote(name, safe="", errors="replace") + ending
    assert client.get(path).status_code in {200, 308, 404}


def test_too_large_an_upload_is_refused(client: FlaskClient) -> None:
    boundary, body = encode_multipart({"file": FileStorage(BytesIO(b"x" * 7_000_000), "big.png")})
    response = client.post("/verify", data=body, content_type=f'multipart/form-data; boundary="{boundary}"')
    assert response.status_code == 413
    assert "<h1>" in response.text


def test_too_large_a_text_is_refused(client: FlaskClient) -> None:
    boundary, form = encode_multipart({"code": "A" * 600_000})
    assert (
        client.post(
            "/verify", data=form, content_type=f'multipart/form-data; boundary="{boundary}"'
        ).status_code
        == 413
    )


def test_too_many_parts_are_refused(client: FlaskClient) -> None:
    response = client.post(
        "/verify", data={f"f{number}": "x" for number in range(50)}, content_type="multipart/form-data"
    )
    assert response.status_code in {400, 413}


def _redirects() -> list[Any]:
    if not REDIRECTS.exists():
        return []
    return [json.loads(line) for line in REDIRECTS.read_text(encoding="utf-8").splitlines()]


def test_no_text_leads_off_the_site(client: FlaskClient) -> None:
    """Whatever is pasted, a redirect stays on a path of ours."""
    cases = _redirects()
    if not cases:
        pytest.skip("the shared vectors are not here")
    for case in cases:
        value = case if isinstance(case, str) else str(next(iter(case.values())))
        for response in (
            client.post("/verify", data={"code": value}),
            client.get("/verify", query_string={"code": value}),
            client.get("/verify", query_string={"next": value, "lang": value}),
        ):
            location = response.headers.get("Location", "/")
            assert location.startswith("/")
            assert not location.startswith(("//", "/\\"))


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x=1", "/01/\r\nX: y", "\n", "%0d%0aX-Evil:1"])
def test_line_breaks_never_reach_a_header(client: FlaskClient, value: str) -> None:
    for response in (
        client.post("/verify", data={"code": value}),
        client.get("/products", query_string={"lang": value, "village": value}),
        client.get("/records/" + value.replace("\r", "%0d").replace("\n", "%0a")),
    ):
        assert "X-Evil" not in response.headers
        assert "Set-Cookie" not in response.headers
        assert "X" not in response.headers


def test_debugger_is_off(client: FlaskClient) -> None:
    assert not client.application.debug
    assert client.get("/console").status_code == 404
    assert client.get("/?__debugger__=yes&cmd=resource&f=style.css").mimetype == "text/html"
