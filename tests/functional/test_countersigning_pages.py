"""Counter-signing at the desks: from an artisan's request to a record that stands on the product's page."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shop.app import create_app
from tests.conftest import Demo, copy_of, services_over
from tests.simulators import desks as browser

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
ANSWER = {"title": "Xác nhận nơi làm ra", "finding": "Nung lò bầu, <b>tại xưởng</b>.", "basis": "Xem tận nơi"}

DAY = "2026-05-02"  # before the demo's now


@pytest.fixture(scope="module")
def desks(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application over a demo that the tests may write to."""
    demo = copy_of(live_demo, tmp_path_factory.mktemp("counter") / "own")
    with services_over(demo) as services:
        yield create_app(demo.settings(), services)


def sign_in(app: Flask, name: str) -> FlaskClient:
    return browser.sign_in(app, f"{name}@demo.langnghe")


def send(client: FlaskClient, path: str, **fields: object) -> TestResponse:
    return client.post(path, data={"csrf_token": browser.token(client), **fields})


def seen_on(preview: TestResponse) -> str:
    """Gives what names the shown text."""
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', preview.text)
    assert found is not None
    return found.group(1)


def asked(desks: Flask, kind: str, **fields: object) -> str:
    """Asks as the artisan and gives the request's number."""
    artisan = sign_in(desks, "artisan")
    form = artisan.get(f"/artisan/requests/new/{kind}").text
    thing = re.findall(r'<option value="([a-z0-9-]+)"', form.split('id="product"')[1])[0]
    answer = send(artisan, f"/artisan/requests/new/{kind}", words="Nhờ xem.", product=thing, **fields)
    assert answer.status_code == 303, answer.text
    return answer.location.rpartition("/")[2]


def test_an_attestation_goes_from_the_artisan_to_the_products_page(desks: Flask) -> None:
    number = asked(desks, "attestation", office="hiep-hoi-mau")
    office = sign_in(desks, "association")
    path = f"/association/requests/{number}"
    assert path in office.get("/association/").text
    fields = {**ANSWER, "assessed_on": DAY}
    shown = send(office, f"{path}/preview", **fields)
    assert shown.status_code == 200
    assert "&lt;b&gt;tại xưởng&lt;/b&gt;" in shown.text
    assert 'class="level level-attested"' in shown.text
    fields["seen"] = seen_on(shown)
    other = send(office, f"{path}/sign", **{**fields, "finding": "Đổi sau khi xem."})
    assert other.status_code == 422
    assert "Đề nghị đã đổi từ lúc bạn xem" in other.text
    assert "Đổi sau khi xem." in other.text
    assert seen_on(other) != fields["seen"]
    assert send(office, f"{path}/sign", **fields).status_code == 303
    assert send(office, f"{path}/sign", **fields).status_code == 303
    assert (
        len(re.findall(rf'record=attestation-[a-z0-9-]*{number}"', office.get("/association/signed").text))
        == 1
    )
    view = sign_in(desks, "artisan").get(f"/artisan/requests/{number}").text
    record = re.search(r"/verify\?record=(attestation-[a-z0-9-]+)", view)
    assert record is not None
    client = desks.test_client()
    assert client.get(f"/verify?record={record.group(1)}").status_code == 200
    product = re.search(r'href="(/products/[a-z0-9-]+)"', office.get(path).text)
    assert product is not None
    page = client.get(product.group(1)).text.split('<ul class="plain certificates">')[1]
    assert 'class="level level-attested"' in page
    assert "Nung lò bầu" in page


def test_what_is_attested_of_the_workshop_stands_on_its_page(desks: Flask) -> None:
    office = sign_in(desks, "association")
    page = office.get("/association/new/attestation").text
    slug = re.findall(r'<option value="([a-z0-9-]+)"', page)[0]
    made = send(office, "/association/new/attestation", words="Tự xem.", workshop=slug)
    fields = {**ANSWER, "finding": "Xưởng có hai lò.", "assessed_on": DAY}
    fields["seen"] = seen_on(send(office, f"{made.location}/preview", **fields))
    assert send(office, f"{made.location}/sign", **fields).status_code == 303
    shown = desks.test_client().get(f"/workshops/{slug}").text
    assert "Xưởng có hai lò." in shown
    assert 'class="level level-attested"' in shown.split("Xưởng có hai lò.")[1]


def test_an_office_states_in_its_own_words_what_it_attests(desks: Flask) -> None:
    """Nothing that the asker wrote, and no basis and no day, is there to be signed with two taps."""
    path = f"/association/requests/{asked(desks, 'attestation', office='hiep-hoi-mau')}"
    office = sign_in(desks, "association")
    page = office.get(path).text
    assert re.search(r"<blockquote[^>]*>Nhờ xem\.</blockquote>", page)
    assert re.search(r'<textarea id="finding"[^>]*required[^>]*></textarea>', page)
    for name in ("basis", "assessed_on"):
        typed = re.search(rf'<input [^>]*name="{name}"[^>]*>', page)
        assert typed is not None
        assert "value=" not in typed.group(0)
        assert "required" in typed.group(0)
    refused = send(office, f"{path}/preview", title=ANSWER["title"])
    assert refused.status_code == 422
    assert [name for name in ("finding", "basis", "assessed_on") if f'id="{name}-wrong"' in refused.text] == [
        "finding", "basis", "assessed_on",
    ]  # fmt: skip
    again = send(office, f"{path}/sign", **ANSWER, assessed_on=DAY, then="edit").text
    assert "Xem tận nơi" in again
    assert "… đang chờ" in again


def test_what_is_missing_is_told_at_its_field(desks: Flask) -> None:
    path = f"/association/requests/{asked(desks, 'attestation', office='hiep-hoi-mau')}"
    office = sign_in(desks, "association")
    answer = send(office, f"{path}/preview", **{**ANSWER, "finding": ""}, assessed_on="2026-01-01")
    assert answer.status_code == 422
    assert 'id="finding-wrong"' in answer.text
    assert "Xem tận nơi" in answer.text


def test_a_refusal_reaches_the_artisan(desks: Flask) -> None:
    number = asked(desks, "inspection", office="inspector-1")
    inspector = sign_in(desks, "inspector")
    path = f"/inspector/requests/{number}"
    assert send(inspector, f"{path}/refuse", reason="").status_code == 422
    assert send(inspector, f"{path}/refuse", reason="Tuần này chưa đi được.").status_code == 303
    assert "Tuần này chưa đi được." in sign_in(desks, "artisan").get(f"/artisan/requests/{number}").text


def test_a_scan_is_seen_by_those_two_alone(desks: Flask) -> None:
    paper = {"title": "Giấy đăng ký", "paper_issuer": "UBND xã mẫu", "office": "hiep-hoi-mau"}
    number = asked(desks, "transcription", **paper, paper_file=(io.BytesIO(PDF), "giay.pdf"))
    page = sign_in(desks, "association").get(f"/association/requests/{number}").text
    scan = re.search(r"/association/requests/[0-9]+/files/([0-9a-f]{32}\.pdf)", page)
    assert scan is not None
    answer = sign_in(desks, "association").get(scan.group(0))
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "private, no-store"
    for name, path, status in (
        ("artisan", f"/artisan/requests/{number}/paper", 200),
        ("artisan2", f"/artisan/requests/{number}/paper", 404),
        ("artisan2", f"/artisan/requests/{number}", 404),
        ("inspector", f"/inspector/requests/{number}/files/{scan.group(1)}", 404),
        ("inspector", scan.group(0), 403),
        ("buyer", scan.group(0), 403),
    ):
        assert sign_in(desks, name).get(path).status_code == status, (name, path)


def test_a_desk_offers_what_its_office_may_sign(desks: Flask) -> None:
    for name, kinds in (("association", {"attestation", "transcription"}), ("commune", {"attestation"})):
        page = sign_in(desks, name).get("/association/").text
        assert set(re.findall(r"/association/new/([a-z]+)", page)) == kinds


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("artisan", "/artisan/requests/new/ocop"),
        ("association", "/association/new/inspection"),
        ("inspector", "/inspector/requests/new/attestation"),
        ("association", "/association/requests/999"),
    ],
)
def test_what_a_desk_does_not_do_is_not_there(desks: Flask, name: str, path: str) -> None:
    assert sign_in(desks, name).get(path).status_code == 404


def test_every_level_has_a_word_and_a_mark_of_its_own() -> None:
    """Colour says nothing: the mark's filling grows by quarters, and the word stands beside it."""
    style = (Path(__file__).parents[2] / "shop/static/css/site.css").read_text("utf-8")
    shapes = re.findall(r"\.level-(\w+) i \{ background: ([^}]*)\}", style)
    assert [name for name, _ in shapes] == ["transcribed", "attested", "inspected", "certified"]
    assert len({shape for _, shape in shapes}) == 4
    assert not re.search(r"\.level(-\w+)?( i)? \{[^}]*[^-]color: var", style)
