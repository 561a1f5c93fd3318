"""Photos and voice notes of signed steps: on pages for everybody, and under addresses of their own."""

import re
from dataclasses import replace

import pytest
from flask import Flask, get_template_attribute
from flask.testing import FlaskClient

from shop.app import create_app
from shop.db.signed import load_signed
from shop.services.signed.values import Station, StepFile
from shop.wiring import Services
from tests.conftest import Demo
from tests.simulators.field import field_over
from tests.simulators.pictures import photo, plain
from traceability.labels.code import parse
from traceability.records.canonical import digest_multibase

PHOTO = StepFile("zQmPhoto", "photo", "0.webp", 320, 240, "here")
VOICE = StepFile("zQmVoice", "voice", "0.ogg", state="here")


@pytest.fixture
def page(client: FlaskClient, labels: list[str]) -> str:
    return client.get(parse(next(label for label in labels if "/10/BH-071/" in label)).path).text


@pytest.fixture
def station(app: Flask, live_demo: Demo) -> Station:
    services: Services = app.extensions["langnghe"]
    record = services.records.record("event-09520000000011-bh-071-1")
    return services.scans.check_record(record.body, now=live_demo.now).stations[0]


def drawn(app: Flask, station: Station, *files: StepFile, has_files: bool = True) -> str:
    told = replace(station, files=files)
    with app.test_request_context("/"):
        return str(get_template_attribute("_macros/chain.html", "chain")([told], has_files=has_files))


def test_a_label_s_page_shows_small_lazy_pictures_by_digest(client: FlaskClient, page: str) -> None:
    found = re.findall(
        r'<img src="(/evidence/zQm\w+)/small" width="320" height="240" alt="Ảnh[^"]+" loading="lazy"', page
    )
    assert len(found) == 3
    with client.get(found[0]) as answer:
        assert digest_multibase(answer.data) == found[0].rpartition("/")[2]


def test_a_record_s_own_page_shows_its_picture(client: FlaskClient) -> None:
    page = client.get("/verify?record=event-09520000000011-bh-071-2").text
    assert page.count('/small"') == 1


@pytest.mark.parametrize("size", ["", "/small"])
def test_a_picture_is_kept_for_ever_and_runs_nothing(client: FlaskClient, page: str, size: str) -> None:
    address = re.search(r"/evidence/zQm\w+", page)[0] + size
    with client.get(address) as answer:
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    part = client.get(address, headers={"Range": "bytes=0-9"})
    assert (part.status_code, len(part.data)) == (206, 10)


@pytest.mark.parametrize("address", ["zQm1", "zQm1/small", "zQm" + "9" * 4000, "..%2fshop.db", "x/large"])
def test_an_address_of_nothing_is_not_found(client: FlaskClient, address: str) -> None:
    assert client.get(f"/evidence/{address}").status_code == 404


def test_a_voice_note_has_a_player_that_loads_nothing_by_itself(
    app: Flask, client: FlaskClient, station: Station
) -> None:
    html = drawn(app, station, VOICE)
    assert 'controls preload="none" src="/evidence/zQmVoice"' in html
    assert "media-src 'self'" in client.get("/verify").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("state", "said"), [("changed", "đã bị đổi sau khi ký"), ("missing", "không có ở đây")]
)
@pytest.mark.parametrize("file", [PHOTO, VOICE], ids=["photo", "voice"])
def test_what_cannot_be_shown_is_said_and_not_linked(
    app: Flask, station: Station, file: StepFile, state: str, said: str
) -> None:
    html = drawn(app, station, replace(file, state=state))
    assert said in html
    assert "/evidence/" not in html


def test_a_page_without_this_server_links_no_files(app: Flask, station: Station) -> None:
    assert "/evidence/" not in drawn(app, station, PHOTO, VOICE, has_files=False)


def test_a_photo_of_a_finding_is_its_office_s_alone(own_services: Services, own_demo: Demo) -> None:
    """Inspectors' photos stand in the same table, and their digests in a public notice."""
    field, data = field_over(own_services, own_demo), plain(photo((60, 44)))
    digest = digest_multibase(data)
    finding = field.signed(reason="Không khớp mô tả: men khác màu", evidence=(digest,))
    record_id = field.take(finding).record_id
    field.services.desks.findings.take_photo(field.actor, record_id, data, now=field.now)
    client = create_app(own_demo.settings(), own_services).test_client()
    assert [client.get(f"/evidence/{digest}{size}").status_code for size in ("", "/small")] == [404, 404]
    assert f"/evidence/{digest}" not in client.get(f"/verify?record={record_id}").text
    with own_services.database.read() as session:
        assert not load_signed(session, record_id).files.get(finding.envelope.id)
