"""The application for a workshop as pages: kept, sent, refused with a reason, corrected, seen, signed."""

import io
import re
import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from shop.app import create_app
from shop.db.accounts import Account
from shop.db.catalogue import Village, Workshop
from shop.db.lots import Record
from shop.services.access.actors import ARTISAN
from shop.services.access.sample_accounts import SAMPLE_PASSWORD
from shop.wiring import Services
from tests.conftest import CHEAP, Demo, copy_of, services_over
from tests.simulators.desks import send, sign_in, token
from tests.simulators.rows import MOMENT

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
COPY = {"title": "Giấy đăng ký", "claim": "Xưởng có đăng ký.", "paper_issuer": "UBND xã mẫu"}
QUEUE = "/association/applications"


@pytest.fixture(scope="module")
def site(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application over a demo that all tests here write to."""
    demo = copy_of(live_demo, tmp_path_factory.mktemp("applications") / "own")
    with services_over(demo) as services:
        yield create_app(demo.settings(), services)


@pytest.fixture
def services(site: Flask) -> Services:
    found: Services = site.extensions["langnghe"]
    return found


@pytest.fixture
def hoa(site: Flask, services: Services) -> FlaskClient:
    """An artisan who has no workshop yet."""
    name = f"{uuid.uuid4().hex[:9]}@people.example"
    with services.database.write() as session:
        hashed = CHEAP.hash(SAMPLE_PASSWORD)
        session.add(
            Account(
                sign_in_name=name, name="Hoa", password_hash=hashed, is_active=True, role=ARTISAN,
                workshop_id=None, issuer=None, created_at=MOMENT,
            )
        )  # fmt: skip
    return sign_in(site, name)


@pytest.fixture
def commune(site: Flask) -> FlaskClient:
    return sign_in(site, "commune@demo.langnghe")


@pytest.fixture
def association(site: Flask) -> FlaskClient:
    return sign_in(site, "association@demo.langnghe")


def form(**changes: str) -> dict[str, str]:
    """Gives an application under a name that no other test uses."""
    return {
        "name_vi": f"Xưởng gốm {uuid.uuid4().hex[:9]}", "village": "bat-trang", "craft": "gom-su",
        "legal_form": "household_business", "site_kind": "home", "place": "Xóm 3",
        "story_vi": "Lò <b>bầu</b> của ông bà.", "phone": "0912 345 678",
    } | changes  # fmt: skip


def apply(visitor: FlaskClient, texts: dict[str, str], *, paper: bytes | None = None) -> TestResponse:
    file = {"paper_file": (io.BytesIO(paper), "giay.pdf")} if paper else {}
    data = {"csrf_token": token(visitor), **texts, **file}
    return visitor.post("/artisan/apply", data=data, content_type="multipart/form-data")


def find(office: FlaskClient, name: str) -> str:
    """Gives the address of an application on an office's list."""
    found = re.search(rf'href="({QUEUE}/[0-9]+)">{re.escape(name)}<', office.get(f"{QUEUE}/").text)
    assert found is not None, name
    return found[1]


def signed(services: Services) -> int:
    with services.database.read() as session:
        return session.scalar(select(func.count()).select_from(Record)) or 0


def copied_village(services: Services) -> str:
    """Gives a village whose commune has no key, so that the association is asked."""
    with services.database.read() as session:
        villages = session.execute(select(Village.slug, Village.commune_code).order_by(Village.id)).all()
        busy = set(
            session.scalars(select(Village.commune_code).join(Workshop, Workshop.village_id == Village.id))
        )
    return str(next(slug for slug, code in villages if code not in busy))


def test_what_was_typed_is_kept_until_it_is_sent(hoa: FlaskClient) -> None:
    texts = form()
    assert send(hoa, "/artisan/apply/draft", **texts | {"place": ""}).json == {"saved": True}
    assert f'value="{texts["name_vi"]}"' in hoa.get("/artisan/apply").text
    assert apply(hoa, texts | {"place": ""}).status_code == 422
    assert apply(hoa, texts).status_code == 303
    assert "Đơn của bạn đang chờ" in hoa.get("/artisan/").text
    late = send(hoa, "/artisan/apply/draft", **texts)
    assert late.status_code == 400


def test_the_commune_looks_signs_once_and_the_workshop_stands(
    services: Services, hoa: FlaskClient, commune: FlaskClient
) -> None:
    texts = form()
    apply(hoa, texts)
    path = find(commune, texts["name_vi"])
    page = commune.get(path).text
    assert "Lò &lt;b&gt;bầu&lt;/b&gt;" in page
    assert "+84912345678" in page
    before = signed(services)
    shown = send(commune, f"{path}/preview")
    assert 'class="level level-attested"' in shown.text
    assert signed(services) == before
    assert send(commune, f"{path}/sign").status_code == 303
    assert send(commune, f"{path}/sign").status_code == 303
    assert signed(services) == before + 1
    done = commune.get(path).text
    assert "Xem bản ký" in done
    assert "+84912345678" not in done
    assert texts["name_vi"] not in commune.get(f"{QUEUE}/").text
    assert texts["name_vi"] in hoa.get("/artisan/workshop").text
    assert "đã ký cho xưởng ngày" in hoa.get("/artisan/").text
    record = re.search(r"record=(workshop-[a-z0-9-]+)", done)
    assert record is not None
    public = commune.get(f"/workshops/{record[1].removeprefix('workshop-')}").text
    assert texts["name_vi"] in public
    assert 'class="level level-attested"' in public


def test_a_refusal_is_read_mended_and_then_signed(hoa: FlaskClient, commune: FlaskClient) -> None:
    texts = form()
    apply(hoa, texts)
    first = find(commune, texts["name_vi"])
    missing = send(commune, f"{first}/refuse", reason=" ")
    assert (missing.status_code, "<details open>" in missing.text) == (422, True)
    assert send(commune, f"{first}/refuse", reason="Ghi rõ thôn nào.").status_code == 303
    assert "Ghi rõ thôn nào." in hoa.get("/artisan/").text
    again = hoa.get("/artisan/apply").text
    assert f'value="{texts["name_vi"]}"' in again
    assert apply(hoa, texts | {"place": "Thôn 2, xóm 3"}).status_code == 303
    second = find(commune, texts["name_vi"])
    assert second != first
    assert "Thôn 2, xóm 3" in commune.get(second).text
    late = send(commune, f"{first}/sign")
    assert (late.status_code, "đã được trả lời hoặc đã rút lại" in late.text) == (422, True)
    assert send(commune, f"{second}/sign").status_code == 303


def test_an_association_signs_over_the_paper_it_copies(
    services: Services, hoa: FlaskClient, association: FlaskClient
) -> None:
    texts = form(village=copied_village(services))
    apply(hoa, texts, paper=PDF)
    path = find(association, texts["name_vi"])
    with association.get(f"{path}/paper") as scan:
        assert scan.data == PDF
        assert scan.headers["Content-Disposition"].startswith("attachment")
        assert scan.headers["Cache-Control"] == "private, no-store"
    wrong = send(association, f"{path}/preview", **COPY | {"claim": ""})
    assert (wrong.status_code, 'id="claim-wrong"' in wrong.text, "UBND xã mẫu" in wrong.text) == (
        422,
        True,
        True,
    )
    before = signed(services)
    shown = send(association, f"{path}/preview", **COPY)
    assert 'class="level level-transcribed"' in shown.text
    assert signed(services) == before
    assert send(association, f"{path}/sign", **COPY).status_code == 303
    assert signed(services) == before + 2
    record = re.search(r"record=workshop-([a-z0-9-]+)", association.get(path).text)
    assert record is not None
    assert 'class="level level-transcribed"' in association.get(f"/workshops/{record[1]}").text


def test_an_association_signs_nothing_without_a_paper(
    services: Services, hoa: FlaskClient, association: FlaskClient
) -> None:
    texts = form(village=copied_village(services))
    apply(hoa, texts)
    path, before = find(association, texts["name_vi"]), signed(services)
    assert f'action="{path}/preview"' not in association.get(path).text
    assert send(association, f"{path}/sign", **COPY).status_code == 422
    assert association.get(f"{path}/paper").status_code == 404
    assert signed(services) == before


@pytest.mark.parametrize(("name", "status"), [("association", 404), ("inspector", 403), ("artisan", 403)])
def test_anothers_application_is_not_there(
    site: Flask, hoa: FlaskClient, commune: FlaskClient, name: str, status: int
) -> None:
    texts = form()
    apply(hoa, texts, paper=PDF)
    path, stranger = find(commune, texts["name_vi"]), sign_in(site, f"{name}@demo.langnghe")
    answers = [stranger.get(path), stranger.get(f"{path}/paper")]
    answers += [send(stranger, f"{path}/{one}", reason="Không.") for one in ("preview", "sign", "refuse")]
    assert {answer.status_code for answer in answers} == {status}
    assert texts["name_vi"] not in stranger.get(f"{QUEUE}/").text


def test_nobody_else_takes_an_application_back(site: Flask, hoa: FlaskClient, commune: FlaskClient) -> None:
    texts = form()
    apply(hoa, texts)
    number = find(commune, texts["name_vi"]).rpartition("/")[2]
    stranger = sign_in(site, "newcomer@demo.langnghe")
    assert send(stranger, f"/artisan/apply/{number}/withdraw").status_code == 404
    assert texts["name_vi"] in commune.get(f"{QUEUE}/").text


def test_who_sends_twice_waits_once(hoa: FlaskClient, commune: FlaskClient) -> None:
    texts = form()
    assert [apply(hoa, texts).status_code for _ in range(2)] == [303, 303]
    assert commune.get(f"{QUEUE}/").text.count(texts["name_vi"]) == 1


def test_what_was_taken_back_meanwhile_is_not_signed(
    services: Services, hoa: FlaskClient, commune: FlaskClient
) -> None:
    texts = form()
    apply(hoa, texts)
    path, before = find(commune, texts["name_vi"]), signed(services)
    assert send(commune, f"{path}/preview").status_code == 200
    assert send(hoa, f"/artisan/apply/{path.rpartition('/')[2]}/withdraw").status_code == 303
    late = send(commune, f"{path}/sign")
    assert (late.status_code, signed(services)) == (422, before)
    assert send(commune, f"{path}/refuse", reason="Muộn.").status_code == 422


def test_an_answered_application_is_not_taken_back(hoa: FlaskClient, commune: FlaskClient) -> None:
    texts = form()
    apply(hoa, texts)
    path = find(commune, texts["name_vi"])
    send(commune, f"{path}/refuse", reason="Chưa rõ nơi làm.")
    answer = send(hoa, f"/artisan/apply/{path.rpartition('/')[2]}/withdraw")
    assert answer.status_code == 303
    assert "Đơn này đã được trả lời rồi." in hoa.get("/artisan/").text


def test_a_name_that_another_got_meanwhile_is_told(
    hoa: FlaskClient, site: Flask, commune: FlaskClient
) -> None:
    """The demo's own application waits; somebody else is signed under its name before it."""
    theirs = re.findall(rf'href="{QUEUE}/[0-9]+">([^<]+)<', commune.get(f"{QUEUE}/").text)
    assert "Xưởng mẫu đang xin lập" in theirs
    first = find(commune, "Xưởng mẫu đang xin lập")
    apply(hoa, form(name_vi="Xưởng mẫu đang xin lập"))
    second = find(commune, "Xưởng mẫu đang xin lập")
    assert send(commune, f"{second}/sign").status_code == 303
    late = send(commune, f"{first}/sign")
    assert (late.status_code, "Đã có xưởng tên này" in late.text) == (422, True)
