"""The operator's pages: what they do when they are used as their words say."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from shop.app import create_app
from tests.conftest import Demo, copy_of, services_over
from tests.simulators.desks import send, sign_in, token
from tests.simulators.root_holders import sign_as_roots
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


def test_the_table_of_people_guards_formulas(own: tuple[Flask, Demo]) -> None:
    answer = sign_in(own[0], ADMIN).get("/admin/people.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="people.csv"'
    assert not any(
        cell.startswith(tuple("=+-@")) for line in answer.text.splitlines() for cell in line.split('","')
    )
