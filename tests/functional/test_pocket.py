"""The inspector's pocket in Chromium: without signal, with her own key, and sent exactly once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from shop.images import demand_plain
from shop.services.access.actors import INSPECTOR
from shop.web.inspector.pocket import READER, STATIC
from tests.conftest import Demo, copy_of
from tests.functional.conftest import CHROMIUM
from tests.simulators.pictures import camera_exif, encoded, photo
from tests.simulators.pockets import (
    PHONE,
    Shop,
    browser_with_camera,
    open_pocket,
    phone,
    photo_of,
    sign_in_on,
)
from tests.simulators.staff import person
from traceability.evidence import Reader
from traceability.records.canonical import digest_multibase
from traceability.records.notice import Notice

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("pocket"),
    # The plain server of these tests leaves a static file to the garbage collector when a browser goes away.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def shop(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop over a copy of the demo that may be written to, signed in as an inspector."""
    shop = Shop(copy_of(live_demo, tmp_path_factory.mktemp("pocket") / "data"))
    shop.start()
    yield shop
    shop.close()


@pytest.fixture(scope="module")
def cases(shop: Shop) -> dict[str, str]:
    """The demo's labels by what each shows."""
    host = shop.services.settings.identity_host.upper()
    return {case: f"HTTPS://{host}{path}" for case, path in shop.services.scans.sample_paths().items()}


@pytest.fixture(scope="module")
def chromium(cases: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose camera looks at an intact label."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing")
    with (
        sync_playwright() as playwright,
        browser_with_camera(playwright, cases["intact"], tmp_path_factory.mktemp("film")) as browser,
    ):
        yield browser


@pytest.fixture(scope="module")
def context(chromium: Browser, shop: Shop) -> Iterator[BrowserContext]:
    """Her phone, with a copy and with a key that the trust list names."""
    own = phone(chromium, shop.base)
    page = open_pocket(own, [])
    page.click("#no-copy [data-do=fetch-copy]")
    page.locator("#ask").wait_for()
    page.click("#tabs a[href='#phone']")
    page.click("[data-do=make-key]")
    page.locator("#key-facts code").wait_for()
    shop.list_key(page.inner_text("#key-facts code").replace(" ", ""))
    page.click("[data-screen=phone] [data-do=fetch-copy]")
    page.locator("#key-state", has_text="Khóa này có trong danh sách tin cậy").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.close()
    yield own
    own.close()


@pytest.fixture
def errors() -> Iterator[list[str]]:
    """What the page's scripts complain about, which must be nothing."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def page(context: BrowserContext, shop: Shop, errors: list[str]) -> Iterator[Page]:
    """The page with the shop answering."""
    if shop.server is None:
        shop.start()
    opened = open_pocket(context, errors)
    yield opened
    context.set_offline(False)
    opened.close()


def shape(page: Page) -> str:
    """Gives the shape of the verdict that is shown."""
    band = page.locator("#band section.verdict")
    band.wait_for()
    return (band.get_attribute("class") or "").split("is-")[1]


def ask_again(page: Page) -> None:
    page.click("#tabs a[href='#check']")
    page.locator("#ask").wait_for()


def check(page: Page, label: str) -> str:
    ask_again(page)
    page.fill("#code", label)
    page.click("#by-code button")
    return shape(page)


def sign(page: Page, kind: str, note: str) -> None:
    if kind in ("recall", "suspend", "revoke"):
        page.click("#weighty summary")
    page.check(f"#finding input[value={kind}]")
    page.fill("#note", note)
    page.click("#finding button.button")


def altered(label: str) -> str:
    """Gives the label with one character of its seal changed."""
    at = label.index("/S/") + 60
    return label[:at] + ("A" if label[at] != "A" else "B") + label[at + 1 :]


def wait_until_sent(page: Page) -> None:
    page.evaluate("location.hash = '#kept'")
    page.locator("#sync-state", has_text="Mọi điều đã ký đều đã gửi.").wait_for()


@pytest.mark.skipif(not (STATIC / READER).is_file(), reason="zxing-wasm is not installed: make reader")
def test_a_day_without_signal(
    page: Page, context: BrowserContext, shop: Shop, cases: dict[str, str], errors: list[str]
) -> None:
    before = set(shop.stored("finding"))
    shop.stop()
    context.set_offline(True)
    page.reload()
    page.locator("body[data-ready]").wait_for()
    page.click("#ask [data-do=scan]")
    assert shape(page) == "verified"
    for label, expected in ((altered(cases["intact"]), "invalid"), (cases["recalled"], "revoked")):
        ask_again(page)
        picture = {"name": "tem.png", "mimeType": "image/png", "buffer": photo_of(label)}
        page.set_input_files("#photo-of-label", files=[picture])  # type: ignore[list-item]  # its own kind of dict
        assert shape(page) == expected
    assert check(page, cases["intact"]) == "verified"
    sign(page, "mismatch", "Men khác màu với mô tả trong hồ sơ")
    page.locator("#signed-note").wait_for()
    shop.start()
    context.set_offline(False)
    wait_until_sent(page)
    (record_id,) = set(shop.stored("finding")) - before
    signed = Reader().read(shop.services.records.record(record_id).body)
    assert isinstance(signed.record, Notice)
    assert signed.claim.method_id.endswith("#phone-1")
    assert signed.record.reason.startswith("Không khớp mô tả: Men khác màu")
    assert signed.record.serials == (cases["intact"].rpartition("/")[2],)
    assert shop.services.ledger.receipts([signed.envelope.id])


def lose_each_once(context: BrowserContext, addresses: str) -> list[str]:
    """Has the first answer from each of these addresses lost on its way; gives whose were."""
    lost: list[str] = []

    def lose(route: Route) -> None:
        if route.request.url in lost:
            route.continue_()
            return
        lost.append(route.request.url)
        route.fetch()
        route.abort()

    context.route(addresses, lose)
    return lost


def send_again(page: Page) -> None:
    """Sends again once it is told that an answer was lost."""
    page.locator("#sync-state", has_text="sẽ tự gửi khi có").wait_for()
    page.click("[data-do=sync]")


def test_an_answer_to_a_request_goes_with_its_photo_each_of_them_once(
    page: Page, context: BrowserContext, shop: Shop
) -> None:
    before = set(shop.stored("finding"))
    asking, artisan = shop.services.desks.counter.asking, person(shop.services, "artisan")
    texts = {"words": "Đề nghị kiểm tra.", "office": "inspector-1"}
    request = asking.ask(artisan, "inspection", texts, paper=None, now=datetime.now(UTC))
    page.goto(f"/inspector/requests/{request}")
    page.click("a[href*='request='] >> nth=0")
    page.locator("#answers-request", has_text=f"đề nghị số {request}").wait_for()
    camera = encoded(photo((1800, 1200)), "JPEG", exif=camera_exif(6))
    picture = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": camera}
    page.set_input_files("#photo", files=[picture])  # type: ignore[list-item]  # its own kind of dict
    lost = lose_each_once(context, "**/inspector/findings/*/**")
    with page.expect_event("requestfailed"):
        sign(page, "mismatch", "Men khác màu với mô tả")
    page.wait_for_timeout(300)
    page.click("#tabs a[href='#kept']")
    with page.expect_event("requestfailed"):
        page.click("[data-do=sync]")
    send_again(page)
    wait_until_sent(page)
    context.unroute("**/inspector/findings/*/**")
    assert len(lost) == 2
    row = page.locator("#outbox > li >> nth=0").inner_text()
    assert "✓ ảnh đã gửi" in row
    assert f"✓ đã trả lời đề nghị số {request}" in row
    (record_id,) = set(shop.stored("finding")) - before
    view, _, _ = asking.one(artisan, request)
    assert (view.state, view.record_id) == ("done", record_id)
    page.goto("/inspector/requests/signed")
    (image,) = page.locator(".evidence img").all()
    kept = context.request.get(image.get_attribute("src") or "").body()
    signed = Reader().read(shop.services.records.record(record_id).body).record
    assert isinstance(signed, Notice)
    assert (signed.evidence, demand_plain(kept)) == ((digest_multibase(kept),), (1067, 1600))


def test_a_note_about_a_person_is_warned_of_before_it_is_signed(
    page: Page, shop: Shop, cases: dict[str, str]
) -> None:
    before = shop.stored("finding")
    check(page, cases["intact"])
    sign(page, "copy", "Hai món một số, hỏi 0912 345 678")
    page.locator("#personal", has_text="0912 345 678").wait_for()
    assert shop.stored("finding") == before
    page.fill("#note", "Hai món cùng một số sê-ri")
    page.click("#finding button.button")
    page.locator("#signed-note").wait_for()
    wait_until_sent(page)
    assert len(shop.stored("finding")) == len(before) + 1


def test_what_was_taken_before_the_answer_was_lost_is_sent_once(
    page: Page, context: BrowserContext, shop: Shop, cases: dict[str, str], errors: list[str]
) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    before = shop.stored("finding")
    context.route("**/inspector/findings", lose)
    assert check(page, cases["intact"]) == "verified"
    with page.expect_event("requestfailed"):
        sign(page, "copy", "Ba món cùng mang một số sê-ri")
    page.close()
    context.unroute("**/inspector/findings")
    assert len(shop.stored("finding")) == len(before) + 1
    again = open_pocket(context, errors)
    wait_until_sent(again)
    again.click("[data-do=sync]")
    wait_until_sent(again)
    assert len(shop.stored("finding")) == len(before) + 1
    again.close()


def test_a_recall_is_asked_for_twice(page: Page, shop: Shop, cases: dict[str, str]) -> None:
    assert check(page, cases["corrected"]) in ("caution", "verified")
    sign(page, "recall", "Men ở lòng bát bong ra khi rửa")
    page.locator("#confirm").wait_for()
    page.fill("#again", "không phải số lô")
    page.click("#confirm button.button >> nth=0")
    page.locator("#confirm-mistake", has_text="Chưa đúng").wait_for()
    assert shop.stored("recall") == []
    page.fill("#again", page.inner_text("[data-slot=printed] dd >> nth=0"))
    page.click("#confirm button.button >> nth=0")
    page.locator("#signed-note").wait_for()
    wait_until_sent(page)
    assert len(shop.stored("recall")) == 1


def test_the_key_cannot_be_read_out(page: Page) -> None:
    read_out = """async () => {
        const open = indexedDB.open('langnghe-keys');
        await new Promise(done => { open.onsuccess = done; });
        const keys = open.result.transaction('keys').objectStore('keys').getAll();
        await new Promise(done => { keys.onsuccess = done; });
        const [{privateKey}] = keys.result;
        const tried = await Promise.allSettled(
            ['pkcs8', 'jwk', 'raw'].map(form => crypto.subtle.exportKey(form, privateKey)));
        return tried.map(one => one.status);
    }"""
    assert page.evaluate(read_out) == ["rejected"] * 3


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("screen", ["check", "verdict", "confirm", "batch", "kept", "report", "phone"])
def test_every_screen_can_be_read_by_everybody(
    page: Page, cases: dict[str, str], screen: str, language: str
) -> None:
    page.goto(f"/inspector/pocket?lang={language}")
    page.locator("body[data-ready]").wait_for()
    if screen in ("verdict", "confirm"):
        check(page, cases["intact"])
    else:
        page.evaluate(f"location.hash = '#{screen}'")
    if screen == "confirm":
        sign(page, "recall", "Men ở lòng bát bong ra")
        page.locator("#confirm").wait_for()
    page.wait_for_timeout(200)
    found = Axe().run(page)
    assert found.response["violations"] == [], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]


def test_many_labels_are_counted_by_what_was_found(page: Page, cases: dict[str, str], tmp_path: Path) -> None:
    page.click("#tabs a[href='#batch']")
    page.fill("#codes", "\n".join([cases["intact"], altered(cases["intact"]), cases["stolen"], "no label"]))
    page.click("#batch button.button")
    page.locator("#batch-found").wait_for()
    rows = [row.split("\n")[0] for row in page.locator("#batch-rows > li").all_inner_texts()]
    assert rows[-1] in ("✓ còn nguyên vẹn", "! cần để ý")
    assert rows.count("× không hợp lệ") == 3


def test_unsent_findings_move_to_another_phone(
    page: Page, context: BrowserContext, shop: Shop, cases: dict[str, str], chromium: Browser, tmp_path: Path
) -> None:
    context.set_offline(True)
    check(page, cases["intact"])
    sign(page, "copy", "Cùng một số sê-ri ở hai quầy")
    page.locator("#signed-note").wait_for()
    page.evaluate("location.hash = '#kept'")
    with page.expect_download() as download:
        page.click("[data-do=export-all]")
    file = tmp_path / "kiem-tra.json"
    download.value.save_as(file)
    before = shop.stored("finding")
    assert len(json.loads(file.read_text(encoding="utf-8"))["items"]) == 1
    other = phone(chromium, shop.base)
    moved = open_pocket(other, [])
    moved.evaluate("location.hash = '#kept'")
    moved.set_input_files("#import", file)
    wait_until_sent(moved)
    other.close()
    assert len(shop.stored("finding")) == len(before) + 1
    context.set_offline(False)
    wait_until_sent(page)
    assert len(shop.stored("finding")) == len(before) + 1


def sign_out_at_the_account(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/account/")
    page.click("form[action='/account/sign-out'] button >> nth=0")
    page.wait_for_url("**/account/sign-in*")
    page.close()


def sign_in_as_a_second_inspector(context: BrowserContext, shop: Shop) -> None:
    invited = shop.services.invitations.make(None, INSPECTOR, issuer="inspector-1", now=datetime.now(UTC))
    page = context.new_page()
    page.goto(f"/account/join/{invited.secret}")
    page.fill("#person", "Kiểm tra viên mẫu thứ hai")
    page.fill("#name", "second-inspector@demo.langnghe")
    page.fill("#password", "một câu ngắn dễ nhớ")
    page.click("main form button")
    page.wait_for_url("**/inspector/pocket*")
    page.close()


def test_after_sign_out_nothing_is_signed_and_what_waits_waits_for_her(
    page: Page, context: BrowserContext, shop: Shop, cases: dict[str, str], errors: list[str]
) -> None:
    before = shop.stored("finding")
    context.set_offline(True)
    check(page, cases["intact"])
    sign(page, "copy", "Ghi khi chưa có mạng")
    page.locator("#signed-note").wait_for()
    page.close()
    context.set_offline(False)
    sign_out_at_the_account(context)
    page = open_pocket(context, errors)
    check(page, cases["intact"])
    page.locator("#sign-in-first").wait_for()
    sign(page, "copy", "Ghi sau khi đã đăng xuất")
    page.locator("#finding-mistake", has_text="cần đăng nhập").wait_for()
    page.close()
    sign_in_as_a_second_inspector(context, shop)
    page = open_pocket(context, errors)
    page.evaluate("location.hash = '#kept'")
    page.locator("#of-others", has_text="1 điều do người khác ghi").wait_for()
    page.click("[data-do=sync]")
    page.click("#tabs a[href='#phone']")
    page.click("[data-do=sign-out]")
    page.locator("#signed-out", has_text="Đã đăng xuất.").wait_for()
    assert context.request.get("/inspector/me", max_redirects=0).status == 303
    assert shop.stored("finding") == before
    page.close()
    sign_in_on(context)
    page = open_pocket(context, errors)
    wait_until_sent(page)
    assert len(shop.stored("finding")) == len(before) + 1
    assert page.locator("#outbox li.is-refused").count() == 0
    page.close()
