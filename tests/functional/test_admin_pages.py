"""The operator's pages: what they do when they are used as their words say."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from shop.app import create_app
from shop.web.current import EXTENSION
from shop.wiring import Services
from tests.conftest import Demo, copy_of, services_over
from tests.simulators.desks import send, sign_in, token
from tests.simulators.root_holders import sign_as_roots
from tests.simulators.staff import person
from traceability.ceremony import read_draft, text_fingerprint

ADMIN = "admin@demo.langnghe"


@pytest.fixture
def own(live_demo: Demo, tmp_path: Path) -> Iterator[tuple[Flask, Demo]]:
    """An application over a demo of its own, which was signed just now."""
    demo = copy_of(live_demo, tmp_path / "own")
    with services_over(demo) as services:
        yield create_app(demo.settings(), services), demo


def test_the_file_of_a_draft_has_the_fingerprint_that_was_shown(own: tuple[Flask, Demo]) -> None:
    client = sign_in(own[0], ADMIN)
    shown = send(client, "/admin/trust/draft").text
    at = re.search(r'name="at" value="(\d+)"', shown)
    assert at is not None
    file = send(client, "/admin/trust/draft", **{"as": "file", "at": at[1]})
    assert text_fingerprint(read_draft(file.data)) in shown


def test_a_moment_that_was_never_shown_is_not_taken(own: tuple[Flask, Demo]) -> None:
    client = sign_in(own[0], ADMIN)
    draft = read_draft(send(client, "/admin/trust/draft", **{"as": "file", "at": "4102444800"}).data)
    assert draft.issued.year < 2100


def test_a_signed_list_is_put_in_force_by_its_page(own: tuple[Flask, Demo]) -> None:
    app, demo = own
    client = sign_in(app, ADMIN)
    draft = read_draft(send(client, "/admin/trust/draft", **{"as": "file"}).data)
    note = (io.BytesIO(sign_as_roots(draft, demo)), "trust.txt")
    answer = client.post("/admin/trust/publish", data={"csrf_token": token(client), "note": note})
    assert answer.status_code == 303
    assert f'"sequence":{draft.sequence},' in client.get("/trust").text


def test_a_list_of_one_root_says_what_is_missing(own: tuple[Flask, Demo]) -> None:
    app, demo = own
    client = sign_in(app, ADMIN)
    draft = read_draft(send(client, "/admin/trust/draft", **{"as": "file"}).data)
    note = (io.BytesIO(sign_as_roots(draft, demo, roots=(1,))), "trust.txt")
    answer = client.post("/admin/trust/publish", data={"csrf_token": token(client), "note": note})
    assert answer.status_code == 422
    assert "KEY_UNKNOWN" in answer.text


def test_a_visitors_report_is_answered_at_the_desk(own: tuple[Flask, Demo]) -> None:
    visitor = own[0].test_client()
    sent = visitor.post("/report", data={"about": "lot-1", "words": "Tem <b>lạ</b>", "contact": "0900"})
    case_number = re.search(r"<strong>([2-9A-Z]{10})</strong>", sent.text)
    assert case_number is not None
    client = sign_in(own[0], ADMIN)
    page = client.get("/admin/reports").text
    assert case_number[1] in page
    assert "Tem &lt;b&gt;lạ&lt;/b&gt;" in page
    close = re.search(r'action="([^"]+/close)"', page.split("Tem &lt;b&gt;lạ")[1])
    assert close is not None
    assert send(client, close[1], answer="Đã hỏi xưởng").status_code == 303
    closed = client.get("/admin/reports?state=closed").text
    assert case_number[1] in closed
    assert "0900" not in closed


def test_a_robot_that_fills_the_hidden_field_reports_nothing(own: tuple[Flask, Demo]) -> None:
    own[0].test_client().post("/report", data={"words": "mua ngay", "website": "http://x"})
    assert "mua ngay" not in sign_in(own[0], ADMIN).get("/admin/reports").text


# --- Tables -----------------------------------------------------------------------------------------

PERSONAL = ("people", "invitations", "trail", "reports")
PUBLIC = ("certificates", "keys", "log")


def _table(answer: TestResponse) -> list[list[str]]:
    assert answer.status_code == 200
    assert answer.data.startswith(codecs.BOM_UTF8)
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_every_list_is_a_table_and_one_with_people_is_noted(own: tuple[Flask, Demo]) -> None:
    client = sign_in(own[0], ADMIN)
    before = client.get("/admin/trail?q=table+export").text.count("<li>")
    for name in PUBLIC:
        assert len(_table(client.get(f"/admin/tables/{name}.csv"))) > 1, name
        assert send(client, f"/admin/tables/{name}.csv").status_code == 404
    for name in PERSONAL:
        answer = send(client, f"/admin/tables/{name}.csv")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}.csv"'
        assert all(len(row) == len(_table(answer)[0]) for row in _table(answer))
        assert client.get(f"/admin/tables/{name}.csv").status_code == 405
    assert client.get("/admin/trail?q=table+export").text.count("<li>") == before + len(PERSONAL)
    assert client.get("/admin/tables/x.csv").status_code == 404


def test_a_table_holds_what_its_page_shows(own: tuple[Flask, Demo]) -> None:
    client = sign_in(own[0], ADMIN)
    found = _table(send(client, "/admin/tables/people.csv?q=artisan2%40&role=artisan"))
    assert [row[1] for row in found[1:]] == ["artisan2@demo.langnghe"]
    page = client.get("/admin/people?q=artisan2%40&name=x&endpoint=x").text
    assert "/admin/tables/people.csv?q=artisan2" in page
    ended = _table(client.get("/admin/tables/keys.csv?state=ended"))
    assert all(row[6] for row in ended[1:])


def test_a_formula_in_a_report_stays_text(own: tuple[Flask, Demo]) -> None:
    words = '=HYPERLINK("http://x","y")'
    own[0].test_client().post("/report", data={"about": "lot-1", "words": words, "contact": "+84 900"})
    rows = _table(send(sign_in(own[0], ADMIN), "/admin/tables/reports.csv"))
    assert [row[3:5] for row in rows if "HYPERLINK" in row[3]] == [["'" + words, "'+84 900"]]


@pytest.mark.parametrize("name", ["artisan", "inspector", "association", "buyer"])
def test_nobody_else_gets_a_table(app: Flask, name: str) -> None:
    client = sign_in(app, f"{name}@demo.langnghe")
    own = token(client)
    for table in (*PERSONAL, *PUBLIC):
        assert client.get(f"/admin/tables/{table}.csv").status_code == 403
        assert client.post(f"/admin/tables/{table}.csv", data={"csrf_token": own}).status_code == 403


@pytest.mark.parametrize("path", ["invitations", "keys", "log", "trail", "people"])
def test_a_list_is_searched(app: Flask, path: str) -> None:
    client = sign_in(app, ADMIN)
    assert client.get(f"/admin/{path}?page=99&state=x").status_code == 200
    assert client.get(f"/admin/{path}?endpoint=x&_method=y&name=z").status_code == 200
    nothing = client.get(f"/admin/{path}?q=khong-co-gi-nhu-the%25").text
    assert 'class="empty"' in nothing


# --- A person -----------------------------------------------------------------------------------------


def _number(services: Services, name: str) -> int:
    return person(services, name).account_id


def test_a_place_is_changed_after_it_was_asked_twice(own: tuple[Flask, Demo]) -> None:
    app, _ = own
    services = app.extensions[EXTENSION]
    number = _number(services, "buyer")
    buyer, client = sign_in(app, "buyer@demo.langnghe"), sign_in(app, ADMIN)
    path, wanted = f"/admin/people/{number}/place", {"role": "inspector", "issuer": "inspector-1"}
    asked = send(client, path, **wanted)
    assert 'name="sure" value="yes"' in asked.text
    assert person(services, "buyer").role == "buyer"
    assert send(client, path, sure="yes", **wanted).status_code == 303
    moved = person(services, "buyer")
    assert (moved.role, moved.issuer) == ("inspector", "inspector-1")
    assert buyer.get("/account/").status_code == 303
    trail = client.get(f"/admin/trail?subject=account:{number}").text
    assert "Đổi vai của một người" in trail


def test_a_wrong_place_is_told_on_her_page(own: tuple[Flask, Demo]) -> None:
    client, number = sign_in(own[0], ADMIN), _number(own[0].extensions[EXTENSION], "artisan")
    wanted = {"role": "artisan", "issuer": "inspector-1", "sure": "yes"}
    answer = send(client, f"/admin/people/{number}/place", **wanted)
    assert (answer.status_code, "Thợ chỉ ký thay cho xưởng của mình" in answer.text) == (422, True)


@pytest.mark.parametrize("deed", ["place", "open", "sessions", "second-factor", "recovery"])
def test_nobody_changes_her_own_account_here(own: tuple[Flask, Demo], deed: str) -> None:
    client, number = sign_in(own[0], ADMIN), _number(own[0].extensions[EXTENSION], "admin")
    assert f"/admin/people/{number}/{deed}" not in client.get(f"/admin/people/{number}/").text
    form = {"role": "buyer", "reason": "x", "open": "0", "sure": "yes"}
    assert send(client, f"/admin/people/{number}/{deed}", **form).status_code == 422
    assert person(own[0].extensions[EXTENSION], "admin").role == "operator"


def test_a_closed_account_is_opened_again_by_its_page(own: tuple[Flask, Demo]) -> None:
    client, number = sign_in(own[0], ADMIN), _number(own[0].extensions[EXTENSION], "buyer")
    path = f"/admin/people/{number}/open"
    assert send(client, path, open="0").status_code == 200
    assert "Đóng tài khoản…" in client.get(f"/admin/people/{number}/").text
    assert send(client, path, open="0", sure="yes").status_code == 303
    assert "Mở lại…" in client.get(f"/admin/people/{number}/").text
    assert send(client, path, open="1", sure="yes").status_code == 303


def test_a_recovery_is_asked_twice(own: tuple[Flask, Demo]) -> None:
    client, number = sign_in(own[0], ADMIN), _number(own[0].extensions[EXTENSION], "buyer")
    path = f"/admin/people/{number}/recovery"
    asked = send(client, path)
    assert (asked.status_code, 'name="sure" value="yes"' in asked.text, path in asked.text) == (
        200,
        True,
        True,
    )
    made = send(client, path, sure="yes")
    assert (made.status_code, "/account/" in made.headers["Location"]) == (303, True)


def test_the_page_of_nobody_is_not_found(app: Flask) -> None:
    assert sign_in(app, ADMIN).get("/admin/people/9999/").status_code == 404


def test_an_invitation_is_taken_back_after_a_second_question(own: tuple[Flask, Demo]) -> None:
    client = sign_in(own[0], ADMIN)
    card = send(client, "/admin/invitations/new", role="buyer", workshop="", issuer="").location
    back = re.search(r'action="([^"]+/take-back)"', client.get("/admin/invitations?state=open").text)
    assert back is not None
    assert send(client, back[1]).status_code == 200
    assert client.get(card).status_code == 200
    assert send(client, back[1], sure="yes").status_code == 303
    assert client.get(card).status_code == 404


def test_no_inspector_is_made_without_an_office(own: tuple[Flask, Demo]) -> None:
    client = sign_in(own[0], ADMIN)
    buyer = person(own[0].extensions[EXTENSION], "buyer").account_id
    refused = send(client, f"/admin/people/{buyer}/place", role="inspector", workshop="", issuer="")
    assert refused.status_code == 422
    assert "Vai này ký nhân danh một cơ quan" in refused.text
