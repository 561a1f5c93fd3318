"""A table of steps at the artisan's desk: looked at, then drafts; each mistake by its row and column."""

import html
import io
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from shop.app import create_app
from shop.csv_tables import read_table, write_table
from shop.db.desk import Draft
from shop.db.lots import Record
from shop.services.lots.step_columns import STEP_COLUMNS
from shop.wiring import Services
from tests.conftest import Demo, copy_of, services_over
from tests.simulators.desks import contents, sign_in
from tests.simulators.desks import token as csrf_token

BASE = "/artisan/lots/import"
CODE = "09520000000011"  # of the demo's vase
HEADINGS = "Mã sản phẩm;Lô;Việc;Tên bước;Làm thế nào;Lúc;Dùng;Ra;Số tem;Vật liệu\n"
LOT = (
    f"{CODE};{{lot}};Nhận vật liệu;Nhận đất;Đất mới.;20/05/2026 08:00;;Đất mẫu: 20 kg;12;"
    "Đất mẫu (Đồi mẫu) [VN 2508]\n"
    f"{CODE};{{lot}};Làm;Chuốt;Trên bàn xoay.;22/05/2026 09:00;Đất mẫu;;;\n"
)


@pytest.fixture(scope="module")
def own(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Services]]:
    """An application over a demo of its own."""
    demo = copy_of(live_demo, tmp_path_factory.mktemp("tables") / "own")
    with services_over(demo) as services:
        yield create_app(demo.settings(), services), services


@pytest.fixture
def artisan(own: tuple[Flask, Services]) -> FlaskClient:
    return sign_in(own[0], "artisan@demo.langnghe")


@pytest.fixture
def services(own: tuple[Flask, Services]) -> Services:
    return own[1]


def send(client: FlaskClient, data: str | bytes, path: str = BASE) -> TestResponse:
    file = (io.BytesIO(data if isinstance(data, bytes) else data.encode()), "t.csv")
    return client.post(path, data={"csrf_token": csrf_token(client), "table": file})


def take(client: FlaskClient, token: str) -> TestResponse:
    return client.post(f"{BASE}/take", data={"csrf_token": csrf_token(client), "token": token})


def waiting(answer: TestResponse) -> str:
    found = re.search(r'name="token" value="([^"]+)"', answer.text)
    assert found is not None, answer.text
    return found[1]


def counted(services: Services) -> tuple[int, int]:
    with services.database.read() as session:
        records = session.scalar(select(func.count(Record.id))) or 0
        drafts = session.scalar(select(func.count(Draft.id)).where(Draft.kind == "lot")) or 0
    return records, drafts


def test_a_table_is_looked_at_taken_once_previewed_and_signed(
    artisan: FlaskClient, services: Services
) -> None:
    page = artisan.get("/artisan/lots/")
    assert BASE in page.text
    before = counted(services)
    answer = send(artisan, HEADINGS + LOT.format(lot="BANG-1"))
    assert answer.status_code == 200
    assert "1 lô sẽ thành bản nháp" in answer.text
    assert counted(services) == before
    taken = take(artisan, waiting(answer))
    assert (taken.status_code, taken.location) == (303, "/artisan/lots/")
    assert take(artisan, waiting(answer)).status_code == 404
    assert counted(services) == (before[0], before[1] + 1)
    shelf = artisan.get("/artisan/lots/").text
    assert "lô BANG-1" in shelf
    draft = re.findall(r'href="(/artisan/lots/drafts/[^"]+)"', shelf)[0]
    preview = artisan.get(f"{draft}/preview").text
    assert "Trên bàn xoay." in preview
    seen = re.search(r'name="seen" value="([^"]+)"', preview)
    assert seen is not None
    sent = {"csrf_token": csrf_token(artisan), "seen": seen[1]}
    assert re.fullmatch(r"/artisan/lots/\d+", artisan.post(f"{draft}/issue", data=sent).location)
    assert "Trên bàn xoay." in artisan.get("/artisan/lots/steps.csv").text


def test_mistakes_name_row_column_and_what_was_expected(artisan: FlaskClient, services: Services) -> None:
    wrong = LOT.format(lot="BANG-2").replace("22/05/2026 09:00", "hôm qua").replace("20 kg", "hai mươi")
    before = counted(services)
    answer = send(artisan, HEADINGS + wrong + "KHAC99;L1;Bán;Bán;;2026-05-30 08:00;;;;\n")
    told = [
        " ".join(html.unescape(re.sub("<[^>]+>", "", item)).split())
        for item in re.findall(r"<li>(Dòng .+?)</li>", answer.text, re.DOTALL)
    ]
    assert answer.status_code == 422
    assert [text.partition(": ")[0] for text in told] == [
        "Dòng 2, Ra",
        "Dòng 3, Lúc",
        "Dòng 4, Mã sản phẩm",
    ]
    assert "Ghi như: Đất sét: 20 kg" in told[0]
    assert "22/11/2026 08:00" in told[1]
    assert "Xưởng không có sản phẩm này" in told[2]
    assert 'name="token"' not in answer.text
    assert counted(services) == before


def test_an_exported_file_is_left_alone_and_said_so(artisan: FlaskClient, services: Services) -> None:
    table = artisan.get("/artisan/lots/steps.csv").data
    rows = [dict(row.cells) for row in read_table(table, STEP_COLUMNS).rows]
    before = counted(services)
    answer = send(artisan, table)
    assert answer.status_code == 200
    assert "Không có gì để nhập" in answer.text
    assert answer.text.count("đã ký, để nguyên") == min(len(rows), 200)
    rows[0]["detail"] = "Khác."
    changed = send(artisan, write_table(STEP_COLUMNS, rows))
    assert "khác với bản đã ký" in changed.text
    assert "Đính chính" in changed.text
    assert counted(services) == before


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "Thiếu cột"),
        (b"\xff\xff\x00", "không phải là bảng CSV"),
        ("Lô;Việc\nA;B\n".encode(), "Thiếu cột"),
        (HEADINGS.replace("Làm thế nào", "Lô").encode(), "hai cột trùng tên"),
        ((HEADINGS + "A;B\n" * 5_001).encode(), "Bảng lớn quá"),
    ],
    ids=["nothing", "not text", "columns", "twice", "large"],
)
def test_a_file_that_is_no_table_says_why(artisan: FlaskClient, data: bytes, told: str) -> None:
    answer = send(artisan, data)
    assert answer.status_code == 422
    assert told in answer.text


def test_empty_states_and_the_empty_table(artisan: FlaskClient) -> None:
    assert "Cách ghi từng cột" in artisan.get(BASE).text
    empty = artisan.get("/artisan/lots/steps-empty.csv")
    assert read_table(empty.data, STEP_COLUMNS).rows == ()
    answer = send(artisan, empty.data)
    assert answer.status_code == 200
    assert "chưa có dòng nào" in answer.text


def test_formulas_and_markup_come_back_as_text(artisan: FlaskClient) -> None:
    evil = "=HYPERLINK('http')<script>alert(1)</script>"
    answer = send(artisan, HEADINGS + LOT.format(lot="BANG-3").replace("Trên bàn xoay.", evil))
    assert "<script>alert" not in answer.text
    take(artisan, waiting(answer))
    shelf = artisan.get("/artisan/lots/").text
    draft = re.findall(r'href="(/artisan/lots/drafts/[^"]+)"', shelf)[0]
    page = artisan.get(draft).text
    assert "<script>alert" not in page
    assert evil in html.unescape(page)


def test_nobody_else_gets_in_and_nothing_is_written_without_the_token(
    artisan: FlaskClient, own: tuple[Flask, Services]
) -> None:
    token = waiting(send(artisan, HEADINGS + LOT.format(lot="BANG-4")))
    stranger = sign_in(own[0], "artisan2@demo.langnghe")
    buyer = sign_in(own[0], "buyer@demo.langnghe")
    visitor = own[0].test_client()
    before = contents(own[1].database)
    assert take(stranger, token).status_code == 404
    assert take(buyer, token).status_code == 403
    assert buyer.get(BASE).status_code == 403
    assert visitor.get(BASE).status_code == 303
    assert artisan.post(f"{BASE}/take", data={"token": token}).status_code == 400
    assert artisan.post(BASE, data={"table": (io.BytesIO(b"x"), "t.csv")}).status_code == 400
    theirs = send(stranger, HEADINGS + LOT.format(lot="BANG-4"))
    assert "Xưởng không có sản phẩm này" in theirs.text
    after = contents(own[1].database)
    assert {name for name in after if after[name] != before[name]} <= {"sessions"}


def test_pages_are_there_in_english_too(artisan: FlaskClient) -> None:
    answer = artisan.get(f"{BASE}?lang=en")
    assert answer.status_code == 200
    assert artisan.get("/artisan/lots/steps-empty.csv").data
