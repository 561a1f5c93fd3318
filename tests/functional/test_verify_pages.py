"""Verification pages and the form: every way a code, a picture or a record may come in."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select, text
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from shop.app import create_app
from shop.config import DEMO_HOST
from shop.db.lots import Lot
from shop.wiring import Services
from tests.conftest import VECTORS, Demo, copy_of, count_page_statements, count_statements, services_over
from traceability.labels import qr
from traceability.labels.code import LabelCode
from traceability.labels.code import parse as parse_label

GREEN = ("Hồ sơ còn nguyên vẹn", "is-verified")
RED = "is-invalid"
SECURITY = VECTORS / "security"
Upload = Callable[[bytes, str], TestResponse]


@pytest.fixture
def services(client: FlaskClient) -> Services:
    found: Services = client.application.extensions["langnghe"]
    return found


@pytest.fixture
def upload(client: FlaskClient) -> Upload:
    """Posts one file to the form."""

    def post(data: bytes, name: str) -> TestResponse:
        # Encoded here, because the client itself leaves the temporary file of a large body open.
        boundary, body = encode_multipart({"file": FileStorage(BytesIO(data), name)})
        return client.post("/verify", data=body, content_type=f'multipart/form-data; boundary="{boundary}"')

    return post


def is_green(response: TestResponse) -> bool:
    return all(word in response.text for word in GREEN)


def picture(*texts: str, form: str = "PNG") -> bytes:
    """Gives the QR codes of some texts side by side."""
    drawn = [Image.open(BytesIO(qr.png(each))).convert("L") for each in texts]
    canvas = Image.new("L", (sum(one.width for one in drawn), max(one.height for one in drawn)), 255)
    left = 0
    for one in drawn:
        canvas.paste(one, (left, 0))
        left += one.width
    output = BytesIO()
    canvas.save(output, form, quality=90)
    return output.getvalue()


# --- The page of a code -------------------------------------------------------------------------------


def test_sealed_label_opens_a_green_page(client: FlaskClient, label: LabelCode) -> None:
    response = client.get(label.path)
    assert response.status_code == 200
    assert is_green(response)
    assert "Bát Tràng" in response.text
    assert label.serial is not None
    assert label.serial in response.text


@pytest.mark.parametrize("spell", [str.lower, str.swapcase, lambda path: path + "/"])
def test_any_spelling_of_the_path_opens_the_page(
    client: FlaskClient, label: LabelCode, spell: Callable[[str], str]
) -> None:
    response = client.get(spell(label.path), follow_redirects=True)
    assert response.status_code == 200
    assert is_green(response)


def test_label_without_its_seal_opens_the_page(client: FlaskClient, label: LabelCode) -> None:
    response = client.get(label.without_seal().path)
    assert is_green(response)
    assert "Không có dấu của tem" in response.text


def test_product_code_instead_of_a_gtin_opens_the_page(client: FlaskClient, labels: list[str]) -> None:
    codes = [code for code in map(parse_label, labels) if code.code is not None]
    assert codes
    for form in (codes[0], codes[0].without_seal()):
        response = client.get(form.path)
        assert response.status_code == 200
        assert form.path.startswith(("/S/", "/P/"))
        assert RED not in response.text


def test_lot_opens_a_page_without_a_serial(client: FlaskClient, label: LabelCode) -> None:
    response = client.get(replace(label, seal=None, serial=None).path)
    assert is_green(response)
    assert "cả một lô" in response.text


def test_product_code_alone_leads_to_the_product(client: FlaskClient, label: LabelCode) -> None:
    response = client.get(replace(label, seal=None, serial=None, lot=None).path)
    assert response.status_code == 302
    assert response.headers["Location"] == "/products/binh-hoa-men-lam"


def test_page_speaks_english_on_demand(client: FlaskClient, label: LabelCode) -> None:
    page = client.get(f"{label.path}?lang=en").text
    assert '<html lang="en">' in page
    assert "is-verified" in page
    assert "Hồ sơ còn nguyên vẹn" not in page


def test_unknown_lot_is_not_found_and_not_green(client: FlaskClient, label: LabelCode) -> None:
    response = client.get(replace(label, seal=None, lot="NO-SUCH").path)
    assert response.status_code == 404
    assert "is-unknown" in response.text


def test_sealed_code_of_an_unknown_lot_is_not_green(client: FlaskClient, label: LabelCode) -> None:
    response = client.get(replace(label, lot="NO-SUCH").path)
    assert response.status_code in {200, 404}
    assert not is_green(response)
    assert RED in response.text


@pytest.mark.parametrize(
    "path",
    [
        "/01/123",
        "/01/09520000000012",
        "/01/09520000000011/21/ABC",
        "/01/09520000000011/10/" + "A" * 30,
        "/01/09520000000011/10/A/99/B",
        "/01/09520000000011/10/%C3%A2",
        "/01/09520000000011/10/A%20B",
        "/S/AAAA/01/09520000000011/10/A/21/B",
        "/P/ab",
        "/P/toolongforaproductcode",
        "/P/GOM01/10/A/21/" + "B" * 500,
    ],
)
def test_code_that_is_none_is_a_bad_request(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 400
    assert not is_green(response)


def test_altered_seal_opens_a_red_page(client: FlaskClient, label: LabelCode) -> None:
    seal = label.seal or ""
    changed = replace(label, seal=seal[:70] + ("C" if seal[70] != "C" else "D") + seal[71:])
    response = client.get(changed.path)
    assert response.status_code == 200
    assert RED in response.text
    assert not is_green(response)


def test_seal_moved_to_a_neighbour_opens_a_red_page(
    client: FlaskClient, services: Services, label: LabelCode
) -> None:
    with services.database.read() as session:
        serials = session.scalars(select(Lot.serials).where(Lot.sample_label == label.to_uri())).one()
    other = next(
        serial
        for serial in (serials[start : start + 12].decode() for start in range(0, len(serials), 12))
        if serial != label.serial
    )
    response = client.get(replace(label, serial=other).path)
    assert RED in response.text
    assert is_green(client.get(replace(label, seal=None, serial=other).path))


def test_red_page_proves_nothing_and_says_so(client: FlaskClient, label: LabelCode) -> None:
    page = client.get(replace(label, seal=None, serial="ZZZZZZZZZZZZ").path).text
    assert "Chưa có gì ở đây được chứng tỏ" in page


def test_page_says_what_was_not_proven(client: FlaskClient, label: LabelCode) -> None:
    page = client.get(label.path).text
    assert "Điều chưa được kiểm tra" in page
    assert "tem có thể bị chụp lại" in page


def test_machine_gets_the_verdict_as_json(client: FlaskClient, label: LabelCode) -> None:
    response = client.get(label.path, headers={"Accept": "application/json"})
    assert response.mimetype == "application/json"
    verdict: Any = response.json
    assert verdict["outcome"] == "verified"
    assert verdict["input"] == label.to_uri()
    assert verdict["reasons"] == []
    assert {"id", "status", "reason", "detail"} <= set(verdict["checks"][0])
    assert "Accept" in response.headers["Vary"]


@pytest.mark.parametrize(
    "accepted", ["*/*", "text/html", "text/html,application/xhtml+xml,*/*;q=0.8", "image/png", ""]
)
def test_browser_gets_the_page(client: FlaskClient, label: LabelCode, accepted: str) -> None:
    assert client.get(label.path, headers={"Accept": accepted}).mimetype == "text/html"


def test_json_of_a_code_that_is_none_names_the_reason(client: FlaskClient) -> None:
    response = client.get("/01/123", headers={"Accept": "application/json"})
    assert response.status_code == 400
    verdict: Any = response.json
    assert (verdict["outcome"], verdict["reasons"]) == ("invalid", ["BAD_LABEL"])


def test_page_takes_at_most_five_statements(
    client: FlaskClient, services: Services, label: LabelCode
) -> None:
    with count_page_statements(services.database) as statements:
        client.get(label.path)
    assert len(statements) <= 5


def test_page_writes_nothing(client: FlaskClient, services: Services, label: LabelCode) -> None:
    services.scans.counter.flush()
    with services.database.engine.connect() as watcher:
        before = watcher.execute(text("PRAGMA data_version")).scalar()
        watcher.rollback()
        client.get(label.path)
        assert watcher.execute(text("PRAGMA data_version")).scalar() == before


# --- The form: text -----------------------------------------------------------------------------------


def test_own_code_leads_to_its_page(client: FlaskClient, label: LabelCode) -> None:
    response = client.post("/verify", data={"code": label.to_uri()})
    assert response.status_code in {302, 303}
    assert response.headers["Location"] == label.path


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_own_code_keeps_the_language(client: FlaskClient, label: LabelCode, lang: str) -> None:
    response = client.post(f"/verify?lang={lang}", data={"code": label.to_uri()})
    assert response.headers["Location"] == f"{label.path}?lang={lang}"


@pytest.mark.parametrize(
    "spell",
    [
        str.lower,
        lambda code: f"  {code}\n",
        lambda code: "\n".join(code[start : start + 40] for start in range(0, len(code), 40)),
        lambda code: " ".join(code[start : start + 10] for start in range(0, len(code), 10)),
        lambda code: "/" + code.split("/", 3)[3],
        lambda code: "/" + code.split("/", 3)[3].lower(),
    ],
    ids=[
        "small letters",
        "spaces around",
        "line breaks",
        "groups",
        "bare path",
        "bare path in small letters",
    ],
)
def test_typed_forms_of_a_code_are_taken(
    client: FlaskClient, label: LabelCode, spell: Callable[[str], str]
) -> None:
    response = client.post("/verify", data={"code": spell(label.to_uri())})
    assert response.headers.get("Location") == label.path


def test_code_may_stand_in_the_address(client: FlaskClient, label: LabelCode) -> None:
    response = client.get("/verify", query_string={"code": label.to_uri()})
    assert response.headers["Location"] == label.path


def test_code_of_another_host_gets_a_red_verdict(client: FlaskClient, label: LabelCode) -> None:
    response = client.post("/verify", data={"code": replace(label, host="EVIL.EXAMPLE").to_uri()})
    assert response.status_code == 200
    assert RED in response.text
    assert "EVIL.EXAMPLE" in response.text
    band = response.text.split("</section>")[0]
    assert band.count("<li><strong>") == 1
    assert "Ở đây không có lô nào" not in band
    assert f"<code>{label.lot}</code>" not in response.text


@pytest.mark.parametrize("code", ["", "   ", "\n"])
def test_empty_form_comes_back_with_a_word(client: FlaskClient, code: str) -> None:
    response = client.post("/verify", data={"code": code})
    assert response.status_code == 422
    assert 'role="alert"' in response.text


@pytest.mark.parametrize(
    "code",
    [
        "abc",
        "https://demo.langnghe.example",
        "http://demo.langnghe.example/01/09520000000011",
        "//evil.example/",
    ],
)
def test_text_that_is_no_code_is_never_green(client: FlaskClient, code: str) -> None:
    response = client.post("/verify", data={"code": code})
    assert response.status_code == 422
    assert not is_green(response)


@given(st.text(max_size=300))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_gets_a_page(client: FlaskClient, code: str) -> None:
    response = client.post("/verify", data={"code": code})
    assert response.status_code in {200, 302, 400, 404, 422}
    assert not is_green(response)


def _payloads() -> list[Any]:
    path = SECURITY / "generated" / "qr_payloads.jsonl"
    if not path.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason="the shared vectors are not here"))]
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [pytest.param(line, id=line["name"]) for line in lines]


@pytest.mark.parametrize("case", _payloads())
def test_payload_is_taken_or_refused_as_marked(
    client: FlaskClient, label: LabelCode, case: dict[str, str]
) -> None:
    """The vectors speak of `/v/<code>`; here it is the path of a real label, so only the trick is wrong."""
    path = label.path.removeprefix("/")
    payload = case["payload"].replace("v/{CODE}", path).replace("v/", path).replace("{CODE}", path)
    payload = payload.replace("{HOST}", DEMO_HOST)
    for sent in (payload, payload.encode("utf-16", "surrogatepass").decode("utf-16", "replace")):
        response = client.post("/verify", data={"code": sent}, follow_redirects=True)
        assert is_green(response) == (case["expect"] == "accept"), response.request.path


LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-."


def _look_alikes() -> list[str]:
    """Gives every host that differs from ours in one character: changed, left out, added, or swapped."""
    host = DEMO_HOST
    changed = {host[:place] + char + host[place + 1 :] for place in range(len(host)) for char in LETTERS}
    shorter = {host[:place] + host[place + 1 :] for place in range(len(host))}
    longer = {host[:place] + char + host[place:] for place in range(len(host) + 1) for char in LETTERS}
    swapped = {
        host[:place] + host[place + 1] + host[place] + host[place + 2 :] for place in range(len(host) - 1)
    }
    return sorted((changed | shorter | longer | swapped) - {host})


def test_no_look_alike_host_is_ever_green(services: Services, label: LabelCode, live_demo: Demo) -> None:
    hosts = _look_alikes()
    assert len(hosts) > 1_500
    for host in hosts[::15]:
        verdict = services.scans.look_up(f"https://{host}{label.path}", now=live_demo.now).verdict
        assert verdict.outcome.value == "invalid", host


@pytest.mark.slow
def test_not_one_look_alike_host_is_ever_green(services: Services, label: LabelCode, live_demo: Demo) -> None:
    for host in _look_alikes():
        verdict = services.scans.look_up(f"https://{host}{label.path}", now=live_demo.now).verdict
        assert verdict.outcome.value == "invalid", host


@pytest.mark.parametrize(
    "host",
    [
        "dеmo.langnghe.example",
        "demo。langnghe.example",
        "demo.langnghe.example.",
        "demo.langnghe.example:443",
        "demo.langnghe.example@evil.example",
        "xn--dmo-gmc.langnghe.example",
    ],
)
def test_no_host_in_other_letters_is_ever_green(client: FlaskClient, label: LabelCode, host: str) -> None:
    response = client.post("/verify", data={"code": f"https://{host}{label.path}"}, follow_redirects=True)
    assert not is_green(response)


# --- The form: files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_picture_of_a_label_leads_to_its_page(upload: Upload, label: LabelCode, form: str) -> None:
    response = upload(picture(label.to_uri(), form=form), f"label.{form.lower()}")
    assert response.headers.get("Location") == label.path


def test_served_picture_of_a_label_leads_back_to_its_page(
    client: FlaskClient, upload: Upload, label: LabelCode
) -> None:
    drawn = client.get(f"/labels{label.path}.png")
    assert drawn.mimetype == "image/png"
    assert upload(drawn.data, "label.png").headers.get("Location") == label.path


def test_label_as_svg_is_served_but_not_read(client: FlaskClient, upload: Upload, label: LabelCode) -> None:
    drawn = client.get(f"/labels{label.path}.svg")
    assert drawn.mimetype == "image/svg+xml"
    assert b"<script" not in drawn.data
    assert upload(drawn.data, "label.svg").status_code == 422


@pytest.mark.parametrize("path", ["/labels/nothing.png", "/labels/01/123.svg", "/labels/P/x.png"])
def test_picture_of_no_label_is_refused(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 400


def test_two_labels_in_a_picture_are_not_guessed_between(upload: Upload, labels: list[str]) -> None:
    response = upload(picture(*labels[:2]), "two.png")
    assert response.status_code == 422
    assert "nhiều mã" in response.text


def test_picture_without_a_code_says_so(upload: Upload) -> None:
    blank = BytesIO()
    Image.new("L", (300, 300), 200).save(blank, "PNG")
    response = upload(blank.getvalue(), "blank.png")
    assert response.status_code == 422
    assert "Không thấy mã nào" in response.text


@pytest.mark.parametrize(
    "words", ["WIFI:T:WPA;S:x;P:y;;", "javascript:alert(1)", "https://evil.example/01/09520000000011"]
)
def test_picture_of_another_code_is_never_green(upload: Upload, words: str) -> None:
    response = upload(picture(words), "other.png")
    assert response.status_code in {200, 404, 422}
    assert not is_green(response)


def _bombs() -> list[Path]:
    return sorted((SECURITY / "generated" / "image_bombs").glob("*")) + sorted(
        (SECURITY / "upload_polyglot").glob("*")
    )


def test_hostile_files_are_refused_without_harm(upload: Upload) -> None:
    files = _bombs()
    if not files:
        pytest.skip("the shared vectors are not here")
    for path in files:
        response = upload(path.read_bytes(), path.name)
        assert response.status_code == 422, path.name
        assert not is_green(response)


@pytest.mark.parametrize(
    "data", [b"\x00", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"%PDF-1.4", b"PK\x03\x04"]
)
def test_garbage_is_refused(upload: Upload, data: bytes) -> None:
    assert upload(data, "x.png").status_code == 422


def test_empty_file_is_refused(upload: Upload) -> None:
    assert upload(b"", "x.png").status_code == 422


def _record(client: FlaskClient, record_id: str = "village-bat-trang") -> bytes:
    body: bytes = client.get(f"/records/{record_id}").data
    return body


def test_uploaded_record_is_green(client: FlaskClient, upload: Upload) -> None:
    assert is_green(upload(_record(client), "record.json"))


def test_upload_keeps_the_language(client: FlaskClient) -> None:
    data = {"file": (BytesIO(_record(client)), "record.json")}
    assert '<html lang="en">' in client.post("/verify?lang=en", data=data).text


def test_record_with_one_byte_changed_is_never_green(client: FlaskClient, upload: Upload) -> None:
    data = _record(client)
    for place in range(0, len(data), 97):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        response = upload(changed, "record.json")
        assert not is_green(response), place


@pytest.mark.parametrize(
    "data", [b"{", b"{}", b'{"a":1}', b"{" * 5000, b'{"proof":{}}', b"{" + b" " * 70_000]
)
def test_broken_record_is_never_green(upload: Upload, data: bytes) -> None:
    response = upload(data, "record.json")
    assert response.status_code == 200
    assert RED in response.text


def test_name_of_a_file_is_never_used(upload: Upload, label: LabelCode) -> None:
    for name in ("../../etc/passwd", "x" * 500 + ".png", "<script>.png", "a\x00b.png", ".htaccess"):
        response = upload(picture(label.to_uri()), name)
        assert response.headers.get("Location") == label.path


def test_uploading_writes_nothing(client: FlaskClient, services: Services, upload: Upload) -> None:
    record = _record(client)
    with count_statements(services.database) as statements:
        upload(record, "record.json")
    assert {statement.split()[0] for statement in statements} <= {"SELECT", "WITH"}
    assert len(statements) <= 5


def test_only_a_look_at_the_page_is_counted(live_demo: Demo, tmp_path: Path, labels: list[str]) -> None:
    """HEAD is what programs send to see whether a link works."""
    demo = copy_of(live_demo, tmp_path / "own")
    path = parse_label(labels[0]).path
    with services_over(demo) as services:
        client = create_app(demo.settings(), services).test_client()
        seen = services.scans.look_up(labels[0], now=datetime.now(UTC), is_scan=False).checks or 0
        for _ in range(3):
            assert client.head(path).status_code == 200
        client.get(path)
        services.scans.counter.flush()
        assert services.scans.look_up(labels[0], now=datetime.now(UTC), is_scan=False).checks == seen + 1


def sample(client: FlaskClient, case: str) -> str:
    """The page of the demo's label for one thing that can go wrong."""
    links = re.findall(r'<a class="touch" href="([^"]+)">([^<]+)</a>', client.get("/verify").text)
    path = next(path for path, words in links if words == case)
    return client.get(path).text


def test_a_revoked_paper_is_named_and_not_the_lot(client: FlaskClient) -> None:
    band = sample(client, "Giấy chứng nhận đã bị thu hồi").split("</section>")[0]
    assert "Giấy tờ đi kèm đã bị thu hồi" in band
    assert "OCOP" in band
    assert "Nay hồ sơ này không còn hiệu lực" not in band
    assert "Bên phát hành đã thu hồi hồ sơ này" not in band
    assert "Bên cấp là Hội đồng OCOP thành phố Hà Nội (mẫu) đã thu hồi giấy này" in band
    assert "Hỏi Hội đồng OCOP thành phố Hà Nội (mẫu) vì sao." in band


def test_nobody_knows_whether_a_revoked_paper_held_when_the_lot_was_issued(client: FlaskClient) -> None:
    papers = sample(client, "Giấy chứng nhận đã bị thu hồi").split('<ul class="plain certificates">')[1]
    revoked = papers.split("× Bản ký này đã bị thu hồi.")[0].rsplit("<li", 1)[1]
    assert "Ngày phát hành lô nằm trong thời hạn ghi trên giấy" in revoked
    assert "✓" not in revoked


def test_a_paper_that_stands_says_how_it_stood_when_the_lot_was_issued(
    client: FlaskClient, labels: list[str]
) -> None:
    pages = (client.get(parse_label(text).path).text for text in labels)
    page = next(page for page in pages if '<ul class="plain certificates">' in page)
    assert re.search(r"Khi phát hành lô: <span[^>]*>✓ còn hiệu lực", page)


def test_a_papers_own_page_tells_of_no_lot(client: FlaskClient) -> None:
    papers = sample(client, "Giấy chứng nhận đã bị thu hồi").split('<ul class="plain certificates">')[1]
    record = re.findall(r"record=([a-z0-9-]+)", papers)[0]
    own = client.get(f"/verify?record={record}").text
    assert '<ul class="plain certificates">' in own
    assert "phát hành lô" not in own


def test_a_recalled_lot_is_called_so(client: FlaskClient) -> None:
    band = sample(client, "Lô đang được gọi về").split("</section>")[0]
    assert "Lô hàng đang bị gọi về" in band
    assert "Giấy tờ đi kèm" not in band


def test_a_notice_stands_first_and_says_who_gives_it(client: FlaskClient) -> None:
    page = sample(client, "Lô đang được gọi về")
    recall = next(name for name in re.findall(r"record=([a-z0-9-]+)", page) if name.startswith("recall"))
    notice = client.get(f"/verify?record={recall}").text
    assert "Thông báo này nói gì" in notice
    first = notice.split('<ol class="chain">')[1].split("</li>")[0]
    assert "Men ở lòng bát chưa đạt" in notice.split('<ol class="chain">')[0]
    assert "thông báo của kiểm tra viên" in first
    assert "level-" not in first


def test_a_story_under_a_red_verdict_is_folded_and_bears_no_green(
    client: FlaskClient, label: LabelCode
) -> None:
    stolen = sample(client, "Ký bằng khóa bị đánh cắp, sau khi mất khóa")
    wrong = client.get(replace(label, seal=None, serial="ZZZZZZZZZZZZ").path).text
    for page in (stolen, wrong):
        assert "<details><summary>Hồ sơ nói gì về lô này</summary>" in page
        assert '<ol class="chain is-plain">' in page
    assert '<ol class="chain">' in client.get(label.path).text


def test_samples_keep_the_language(client: FlaskClient) -> None:
    form = client.get("/verify?lang=en").text
    links = re.findall(r'href="(/S/[^"]+)"', form)
    assert links
    assert all(link.endswith("?lang=en") for link in links)


def test_a_village_record_leads_back_to_its_village(client: FlaskClient) -> None:
    page = client.get("/verify?record=village-bat-trang").text
    assert "Hồ sơ làng: Bát Tràng" in page
    assert 'href="/villages/bat-trang"' in page


def test_a_stolen_key_is_a_reason_not_to_buy(client: FlaskClient) -> None:
    page = sample(client, "Ký bằng khóa bị đánh cắp, sau khi mất khóa")
    assert "có thể do kẻ khác ký. Đừng mua" in page


def test_an_intact_notice_does_not_make_its_lot_look_sound(client: FlaskClient) -> None:
    page = sample(client, "Lô đang được gọi về")
    recall = next(name for name in re.findall(r"record=([a-z0-9-]+)", page) if name.startswith("recall"))
    notice = client.get(f"/verify?record={recall}").text
    assert "is-verified" not in notice
    assert re.search(r'<h1 id="verdict">Thông báo gọi về: lô [A-Z0-9-]+</h1>', notice)
    assert "Hồ sơ còn nguyên vẹn" not in notice
    assert "× Hàng trong bản ký này đang bị gọi về." in notice


@pytest.mark.parametrize("record_id", ["lot-mau3-bc-201", "lot-mau3-bc-201-2", "correction-lot-mau3-bc-201"])
def test_a_corrections_pages_say_what_was_before_and_is_now(client: FlaskClient, record_id: str) -> None:
    for lang, before, now in (("vi", "Trước:", "Nay:"), ("en", "Before:", "Now:")):
        shown = client.get("/verify", query_string={"record": record_id, "lang": lang}).text
        assert f"<dd><strong>{before}</strong>" in shown
        assert f"<dd><strong>{now}</strong>" in shown


def test_a_corrected_lots_label_says_what_changed(services: Services, client: FlaskClient) -> None:
    path = services.scans.sample_paths()["corrected"]
    shown = client.get(path + "?lang=en").text
    assert "Now:</strong> For food; stop using it once it is chipped or cracked. Do not use in a" in shown
    assert "! This record has been replaced." not in shown
    machine: Any = client.get(path, headers={"Accept": "application/json"}).json
    assert (machine["outcome"], "SUPERSEDED" in machine["reasons"]) == ("caution", True)


def test_a_corrected_lots_label_tells_the_newer_record_and_leads_to_the_older(
    services: Services, client: FlaskClient
) -> None:
    shown = client.get(services.scans.sample_paths()["corrected"]).text
    band = shown.partition('<section class="verdict is-caution')[2].partition("</section>")[0]
    assert re.search(r"<strong>[^<]+ đính chính ngày [0-9/]+:</strong> [^<]+", band)
    assert '/verify?record=lot-mau3-bc-201"' in band
    story = shown.partition("Hồ sơ nói gì về lô này")[2]
    assert '/verify?record=lot-mau3-bc-201-2"' in story
    assert '/verify?record=lot-mau3-bc-201"' not in story


def test_a_label_is_reported_by_its_own_text(client: FlaskClient, labels: list[str]) -> None:
    """The part of the page is not another label's, drawn before."""
    for label in labels[:2]:
        shown = client.get(parse_label(label).path).text
        about = re.search(r'href="/report\?about=([^"]+)"', shown)
        assert about is not None
        assert unquote(about[1]) == label
