"""The inspector's report: what she signed with keys of hers and sent, as a page and as a PDF."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.app import create_app
from shop.errors import BadInput, Forbidden
from shop.services.access.actors import Actor
from shop.services.inspecting.finding_list import FindingReport, Span
from tests.conftest import Demo, copy_of, services_over
from tests.simulators.desk_people import artisan, inspector
from tests.simulators.desks import contents, sign_in
from tests.simulators.field import Field, field_over, hand_in
from tests.simulators.printed import opened
from traceability.clock import day_in_viet_nam
from traceability.signing.keys import Ed25519Signer

COPY = "Nghi tem bị sao chép: mực nhòe, giấy mỏng"
OTHERS = "Không khớp mô tả: lời của người khác"
LONG_AGO = "from=2020-01-01&to=2020-02-01"


@pytest.fixture(scope="module")
def field(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    """An inspector who has sent two findings, and a colleague of her office who has sent one."""
    demo = copy_of(live_demo, tmp_path_factory.mktemp("report") / "own")
    with services_over(demo) as services:
        made = field_over(services, demo)
        serial = made.services.database
        made.take(made.signed(reason="Khớp mô tả"))
        made.take(made.signed(lot=1, reason=COPY))
        other = inspector(serial, "dong-nghiep")
        signer = made.keys["phone-2"].signer
        assert isinstance(signer, Ed25519Signer)
        hand_in(made.services, other, signer, made.now)
        made.take(made.signed("phone-2", reason=OTHERS), other)
        yield made


@pytest.fixture(scope="module")
def app(field: Field) -> Flask:
    return create_app(field.services.settings, field.services)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return sign_in(app, "inspector@demo.langnghe")


def report_of(field: Field, actor: Actor, **other: str) -> FindingReport:
    today = day_in_viet_nam(field.now)
    return field.services.desks.finding_list.report(actor, Span(today, today), **other)


def days(field: Field) -> str:
    today = day_in_viet_nam(field.now)
    return f"from={today}&to={today}"


def words_of(data: bytes) -> str:
    pages = (page.get_textpage().get_text_range() for page in opened(data))
    return " ".join(" ".join(pages).split())


def test_report_holds_what_she_signed_and_nobody_elses(field: Field) -> None:
    mine = report_of(field, field.actor)
    assert [one.kind for one in mine.findings] == ["genuine", "copy"]
    assert [one.name for one in mine.keys] == ["phone-1"]
    assert {one.lot for one in mine.findings} == {
        item.document["credentialSubject"]["batchNumber"] for item in field.passports[:2]
    }
    assert all(one.index is not None and one.workshop is not None for one in mine.findings)
    stranger = inspector(field.services.database, "moi")
    assert (report_of(field, stranger).findings, report_of(field, stranger).keys) == ((), ())


def test_report_is_for_inspectors_of_an_office(field: Field) -> None:
    with pytest.raises(Forbidden):
        report_of(field, artisan(field.services.database, "xuong-mau-1"))
    nobody = Actor(field.actor.account_id, "inspector", "x")
    with pytest.raises(BadInput, match="signs for nobody"):
        report_of(field, nobody)


def test_workshop_and_days_narrow_it(field: Field) -> None:
    whole = report_of(field, field.actor)
    for slug, name in whole.workshops:
        part = report_of(field, field.actor, workshop=slug)
        assert {one.workshop for one in part.findings} == {(slug, name)} == {part.workshop}
    assert report_of(field, field.actor, workshop="khong-co").findings == ()


def test_more_than_a_report_holds_is_refused(field: Field) -> None:
    today = day_in_viet_nam(field.now)
    short = replace(field.services.desks.finding_list, most=1)
    with pytest.raises(BadInput, match="at most 1 findings"):
        short.report(field.actor, Span(today, today))


def test_page_shows_them_and_changes_nothing(field: Field, client: FlaskClient) -> None:
    before = contents(field.services.database)
    page = client.get(f"/inspector/report?{days(field)}").text
    assert COPY in page
    assert OTHERS not in page
    assert f"/inspector/report.pdf?{days(field).replace('&', '&amp;')}" in page
    after = contents(field.services.database)
    assert {name for name in after if after[name] != before[name]} <= {"sessions"}


def test_pdf_says_who_signed_what_and_what_it_does_not_prove(field: Field, client: FlaskClient) -> None:
    answer = client.get(f"/inspector/report.pdf?{days(field)}")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/pdf", "no-store")
    words = words_of(answer.data)
    mine = report_of(field, field.actor)
    public_key = field.keys["phone-1"].signer.public_key.multibase
    expected = (COPY, mine.name, mine.did, "Khóa phone-1", "Dữ liệu mẫu / Demo data", "Trang 1 / ")
    assert all(part is not None and part in words for part in expected)
    assert public_key in words.replace(" ", "")
    for one in mine.findings:
        assert one.url in words
        assert f"mục {one.index}" in words
        assert one.workshop is not None
        assert one.workshop[1] in words
    assert "Chữ ký không cho biết món đồ có đúng là món đồ trong hồ sơ" in words
    assert OTHERS not in words
    assert client.get(f"/inspector/report.pdf?{days(field)}").data == answer.data


def test_days_without_findings_say_so(client: FlaskClient) -> None:
    page = client.get(f"/inspector/report?{LONG_AGO}").text
    assert "không có lời nào đã ký và đã gửi" in page
    assert "report.pdf" not in page
    assert "không có lời nào đã ký và đã gửi" in words_of(
        client.get(f"/inspector/report.pdf?{LONG_AGO}").data
    )


@pytest.mark.parametrize(
    "asked",
    [
        "from=x&to=2026-99-99",
        "from=0001-01-01&to=9999-12-31",
        "workshop=%F0%9F%8D%95",
        "page=99999",
        "to=1900-01-01",
    ],
    ids=["no-days", "ends", "odd-workshop", "far-page", "before"],
)
def test_odd_questions_are_answered(client: FlaskClient, asked: str) -> None:
    assert client.get(f"/inspector/report?{asked}").status_code == 200
    assert client.get(f"/inspector/report.pdf?{asked}").status_code == 200


@pytest.mark.parametrize("path", ["report", "report.pdf"])
def test_other_roles_get_nothing(app: Flask, path: str) -> None:
    assert app.test_client().get(f"/inspector/{path}").status_code == 303
    for name in ("artisan", "association", "admin", "buyer"):
        assert sign_in(app, f"{name}@demo.langnghe").get(f"/inspector/{path}").status_code == 403


def test_english_report_keeps_the_signed_words(field: Field, client: FlaskClient) -> None:
    page = client.get(f"/inspector/report?{days(field)}&lang=en").text
    assert re.search(r'<p lang="vi">' + re.escape(COPY), page)
    assert COPY in words_of(client.get(f"/inspector/report.pdf?{days(field)}&lang=en").data)
