"""The log for people: its head, its witnesses, what stands in it, and where a scanned record stands."""

import gzip
import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.app import create_app
from shop.config import DEMO_HOST
from shop.db.ledger_store import join_log
from shop.services.log.ledger import Ledger
from shop.services.log.pages import LogPages
from shop.wiring import Services
from tests.conftest import Demo, count_page_statements
from tests.simulators.village import Village
from traceability.entry import incident_entry
from traceability.evidence import Reader
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.log import append
from traceability.ledger.note import parse
from traceability.policy import log_policy
from traceability.records.canonical import parse as parse_record


def _text(client: FlaskClient, path: str) -> str:
    response = client.get(path, headers={"Accept-Language": "vi"})
    assert response.status_code == 200, path
    return response.get_data(as_text=True)


def _indices(page: str) -> list[int]:
    return [int(one.replace(".", "")) for one in re.findall(r"mục ([\d.]+)(?: ·|</p>)", page)]


def _size(client: FlaskClient) -> int:
    return Checkpoint.from_text(parse(client.get("/log/checkpoint").data).text).size


def _pages(services: Services, ledger: Ledger) -> LogPages:
    return LogPages(
        services.database, ledger=ledger, reader=Reader(), trust=services.records.trust, host=DEMO_HOST
    )


def test_page_shows_the_head_that_is_served(client: FlaskClient) -> None:
    page, note = _text(client, "/log"), client.get("/log/checkpoint").data
    root = Checkpoint.from_text(parse(note).text).root.hex()
    assert f"<dd>{_size(client)}</dd>" in page
    assert " ".join(root[at : at + 4] for at in range(0, 16, 4)) in page
    assert note.decode().replace("+", "&#43;") in page or note.decode() in page
    assert "nhan-chung-mau" in page


def test_demo_says_that_its_witness_is_none(client: FlaskClient) -> None:
    page = _text(client, "/log")
    assert "nhan-chung-mau (khóa nằm trên chính máy chủ này, mẫu)" in page
    assert "Chưa có ai bên ngoài xác nhận rằng mọi người thấy cùng một sổ" in page


def test_witness_outside_confirms_that_all_see_one_log(own_services: Services, own_demo: Demo) -> None:
    ledger = Ledger(own_services.database, policy=log_policy(own_services.records.trust), signing=None)
    pages = _pages(own_services, ledger)
    app = create_app(own_demo.settings(), replace(own_services, ledger=ledger, log_pages=pages))
    page = _text(app.test_client(), "/log")
    assert "Bên ngoài đã xác nhận rằng mọi người thấy cùng một sổ: nhan-chung-mau" in page
    assert "khóa nằm trên chính máy chủ này" not in page
    about = _text(app.test_client(), "/about")
    assert "không ai lặng lẽ đổi hay rút lại được" in about
    assert "một cuốn sổ khác nhau" not in about


def test_without_a_witness_outside_nobody_vouches_for_the_day(client: FlaskClient) -> None:
    about = _text(client, "/about")
    assert "người vận hành vẫn có thể cho mỗi người xem một cuốn sổ khác nhau" in about
    assert "muộn nhất từ ngày nào" not in about
    assert "không ai lặng lẽ" not in about


def test_newest_entries_come_first_and_all_are_reached(client: FlaskClient) -> None:
    found: list[int] = []
    path: str | None = "/log"
    while path is not None:
        page = _text(client, path)
        found += _indices(page)
        link = re.search(r'rel="next" href="([^"]+)"', page)
        path = link[1].replace("&amp;", "&") if link else None
    assert found == list(range(_size(client)))[::-1]


def test_first_entry_is_the_trust_list(client: FlaskClient) -> None:
    page = _text(client, "/log?page=99999")
    assert "Danh sách tin cậy · mục 0" in page


def test_every_listed_record_opens(client: FlaskClient) -> None:
    links = re.findall(r'href="(/verify\?record=[^"]+)"', _text(client, "/log?page=7"))
    assert len(links) > 10
    assert {client.get(link).status_code for link in links} == {200}


def test_listed_status_list_opens(client: FlaskClient) -> None:
    links = re.findall(r'href="(/status/[^"]+)"', _text(client, "/log?issuer=xuong-mau-1"))
    assert links
    assert client.get(links[0]).mimetype == "application/vc"


def test_issuer_sees_only_what_bears_its_name(client: FlaskClient) -> None:
    page = _text(client, "/log?issuer=xuong-mau-1")
    ids = re.findall(r'href="/verify\?record=([^"]+)"', page)
    assert ids
    for record_id in ids:
        issuer = parse_record(client.get(f"/records/{record_id}").data)["issuer"]
        assert isinstance(issuer, dict)
        assert str(issuer["id"]).endswith(":xuong-mau-1")


def test_issuers_pages_keep_the_issuer(client: FlaskClient) -> None:
    page = _text(client, "/log?issuer=province-ha-noi")
    assert 'href="/log?issuer=province-ha-noi&amp;page=2"' in page


@pytest.mark.parametrize("issuer", ["nobody", "xuong-mau-1%23record-1", "%25", "XUONG-MAU-1", "a" * 3_000])
def test_unknown_issuer_is_not_found(client: FlaskClient, issuer: str) -> None:
    for asked in ("issuer", "village"):
        answer = client.get(f"/log?{asked}={issuer}", headers={"Accept-Language": "vi"})
        assert answer.status_code == 404
        assert "Chưa ai ký dưới tên này" in answer.text


def test_entries_of_a_stolen_key_are_marked(client: FlaskClient) -> None:
    page = _text(client, "/log?issuer=xuong-mau-21")
    entries = page.split('<ol class="plain entries">')[1].split("</ol>")[0].split("<li>")[1:]
    stolen = [entry for entry in entries if "× Ký bằng khóa bị đánh cắp" in entry]
    spared = [entry for entry in entries if "nên vẫn được tính" in entry]
    assert (len(stolen), bool(spared)) == (4, True)
    assert not set(stolen) & set(spared)


@pytest.mark.parametrize(
    ("product", "mark"),
    [("mau1", "× Hàng đang bị gọi về."), ("mau2", "× Đã bị thu hồi."), ("mau3", "! Đã có bản mới thay.")],
)
def test_entries_that_no_longer_stand_are_marked(client: FlaskClient, product: str, mark: str) -> None:
    pages = "".join(_text(client, f"/log?page={number}") for number in range(2, 6))
    entries = [entry for entry in pages.split("<li>") if f"-{product}" in entry]
    assert any(mark in entry for entry in entries), entries


def test_trust_list_that_was_replaced_is_marked(client: FlaskClient) -> None:
    first = _text(client, "/log?page=99999").split("Danh sách tin cậy · mục 0")[1]
    assert "! Đã có bản mới thay." in first.split("</li>")[0]


def test_rollback_is_told_at_the_top(own_services: Services, own_demo: Demo) -> None:
    latest = own_services.ledger.latest()
    assert latest is not None
    lost = replace(latest.trusted.checkpoint, size=latest.size + 2)
    with own_services.database.write() as session:
        append(join_log(session), [incident_entry(lost.origin, lost, latest.size)])
    own_services.ledger.checkpoint(own_demo.now)
    page = _text(create_app(own_demo.settings(), own_services).test_client(), "/log")
    said = f"sổ đã lùi từ {latest.size + 2} về {latest.size} mục; mục {latest.size}–{latest.size + 1}"
    assert said in page.split("<h2>")[0]
    assert "Sự cố của sổ" in page
    assert "không còn giữ bản ký" not in page


def test_village_has_what_is_about_it_and_nothing_else(client: FlaskClient) -> None:
    page = _text(client, "/log?village=nhi-khe")
    assert "Làng Nhị Khê trong sổ" in page
    issuers = set(re.findall(r'href="/log\?issuer=([^"&]+)"', page))
    assert {"xuong-mau-21", "province-ha-noi"} <= issuers
    assert "xuong-mau-1" not in issuers
    assert 'href="/log?village=nhi-khe"' in _text(client, "/villages/nhi-khe")


def test_workshop_tells_of_the_key_that_was_stolen(client: FlaskClient) -> None:
    page = _text(client, "/workshops/xuong-mau-21")
    assert re.search(r"xuong-mau-21#record-1</code><br><strong class=\"broken\">× thu hồi ngày", page)
    assert "bị đánh cắp" not in _text(client, "/workshops/xuong-mau-1")


def test_auditor_gets_the_roots_and_the_command(client: FlaskClient, live_demo: Demo) -> None:
    page = _text(client, "/log")
    assert "langnghe log audit http://127.0.0.1:8000/log --trust trust.txt --root roots.txt" in page
    assert "Lưu danh sách tin cậy thành tệp trust.txt" in page
    assert 'href="/roots.txt"' in page
    assert client.get("/roots.txt").data == (live_demo.folder / "roots.txt").read_bytes()


@pytest.mark.parametrize("path", ["/log", "/about", "/verify?record=village-bat-trang"])
def test_where_the_program_is_stands_beside_its_command(client: FlaskClient, path: str) -> None:
    services: Services = client.application.extensions["langnghe"]
    settings = services.settings.model_copy(update={"source_url": "https://git.example/langnghe"})
    page = _text(create_app(settings, services).test_client(), path)
    assert '<a href="https://git.example/langnghe">https://git.example/langnghe</a>' in page
    assert "hãy hỏi người vận hành sàn" in _text(client, path)


def test_older_pages_are_not_called_the_latest(client: FlaskClient) -> None:
    assert "Mục mới nhất" in _text(client, "/log")
    assert "Mục mới nhất" not in _text(client, "/log?page=2")


def test_signers_stand_in_human_order(client: FlaskClient) -> None:
    names = re.findall(r'<a class="touch" href="/log\?issuer=xuong-mau-(\d+)"', _text(client, "/log"))
    assert names == sorted(names, key=int)


@pytest.mark.parametrize("number", ["0", "-1", "x", "", "1.5", "9" * 40, "٣"])
def test_odd_page_number_gives_a_page(client: FlaskClient, number: str) -> None:
    assert _indices(_text(client, f"/log?page={number}"))


@pytest.mark.parametrize(
    "path",
    ["/log", "/log?page=7", "/log?issuer=province-ha-noi", "/log?village=bat-trang", "/log?lang=en"],
)
def test_page_is_small_and_costs_few_statements(app: Flask, client: FlaskClient, path: str) -> None:
    with count_page_statements(app.extensions["langnghe"].database) as statements:
        response = client.get(path)
    assert len(statements) <= 5
    assert len(gzip.compress(response.data)) <= 14_000


def test_english_page_carries_its_language(client: FlaskClient) -> None:
    page = client.get("/log?lang=en").get_data(as_text=True)
    assert "Public log" in page
    assert 'href="/log?issuer=xuong-mau-22&amp;lang=en"' in page


@pytest.mark.parametrize("path", ["/", "/about", "/workshops/xuong-mau-1", "/villages/bat-trang"])
def test_other_pages_lead_to_the_log(client: FlaskClient, path: str) -> None:
    assert 'href="/log"' in _text(client, path)


def test_workshop_leads_to_what_is_signed_in_its_name(client: FlaskClient) -> None:
    assert 'href="/log?issuer=xuong-mau-1"' in _text(client, "/workshops/xuong-mau-1")


def test_log_without_entries_teaches(own_services: Services, own_demo: Demo) -> None:
    empty = type(own_services.ledger)(own_services.database, policy=None, signing=None)
    trust = Village().trust
    pages = LogPages(
        own_services.database, ledger=empty, reader=Reader(), trust=trust, host="village.example"
    )
    found = pages.page(now=own_demo.now)
    assert (found.head, found.entries, found.total, found.pages) == (None, (), 0, 1)
    assert pages.page(now=own_demo.now, issuer="workshop").entries == ()


def test_entry_behind_the_head_is_not_shown_yet(own_services: Services, own_demo: Demo) -> None:
    before = own_services.log_pages.page(now=own_demo.now)
    own_services.ledger.store(list(Village().issue_all().records.values()))
    assert own_services.log_pages.page(now=own_demo.now) == before


def test_entry_of_strangers_is_shown_without_a_name(own_services: Services, own_demo: Demo) -> None:
    own_services.ledger.store(list(Village().issue_all().records.values())[:1])
    own_services.ledger.checkpoint(own_demo.now)
    entry = own_services.log_pages.page(now=own_demo.now).entries[0]
    assert entry.kind == "VillageRecognition"
    assert entry.issuer is None
    assert entry.signed_at == own_demo.now


# --- The verification page ---------------------------------------------------------------------


def test_scanned_record_names_its_place_and_its_witness(client: FlaskClient, labels: list[str]) -> None:
    page = _text(client, "/" + labels[0].split("/", 3)[3])
    size = _size(client)
    place = re.search(rf"Hồ sơ này là mục (\d+) của sổ, sổ có {size} mục", page)
    assert place is not None
    assert "nhân chứng: nhan-chung-mau" in page
    receipt = re.search(r'href="(/records/[^"]+\.receipt)"', page)
    assert receipt is not None
    assert f"\nindex {place[1]}\n" in client.get(receipt[1]).get_data(as_text=True)


def test_record_without_a_receipt_says_nothing_of_a_place(
    own_services: Services, own_demo: Demo, labels: list[str]
) -> None:
    foreign = Village().issue_all().records["village"].data
    found = own_services.scans.check_record(foreign, now=own_demo.now)
    assert found.log is None


def test_first_look_at_a_label_costs_five_statements(own_demo: Demo, own_services: Services) -> None:
    client = create_app(own_demo.settings(), own_services).test_client()
    page = own_services.catalogue.product("dia-ca-men-mau", now=own_demo.now)
    with count_page_statements(own_services.database) as statements:
        assert client.get(page.lots[0].path).status_code == 200
    assert len(statements) <= 5
