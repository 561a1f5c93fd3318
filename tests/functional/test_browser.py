"""A phone with the real server: the walk from home to a verdict, budgets, contrast, and clean stops."""

import gzip
import re
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Browser, BrowserContext, Page, Request
from sqlalchemy import func, select

from shop.db.scans import Scan
from shop.db.session import open_database
from tests.conftest import PASSPHRASE, Demo, sample_labels, services_over
from tests.simulators.server import PHONE, Server, server_over
from traceability.labels.code import parse as parse_label

pytestmark = [pytest.mark.slow]

SECOND_START_S = 10


@pytest.fixture(scope="module")
def server(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = server_over(live_demo)
    started.wait_until_ready()
    yield started
    started.stop()


@pytest.fixture
def context(chromium: Browser, server: Server) -> Iterator[BrowserContext]:
    phone = chromium.new_context(**PHONE, base_url=server.base)
    yield phone
    phone.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture(scope="module")
def label_path(live_demo: Demo) -> str:
    with services_over(live_demo) as services:
        codes = [parse_label(text) for text in sample_labels(services)]
    return next(code.path for code in codes if code.gtin == "09520000000011")


@pytest.fixture(scope="module")
def kinds(label_path: str) -> dict[str, str]:
    """One address of each kind of page."""
    changed = label_path.replace("/21/", "/21/Z", 1)[: len(label_path)]
    return {
        "home": "/",
        "list": "/products",
        "product": "/products/binh-hoa-men-lam",
        "product with papers": "/products/bo-am-chen-men-ran",
        "villages": "/villages",
        "village": "/villages/bat-trang",
        "workshop": "/workshops/xuong-mau-1",
        "about": "/about",
        "log": "/log",
        "issuer": "/log?issuer=xuong-mau-1",
        "form": "/verify",
        "green": label_path,
        "red": changed,
        "unknown": "/01/09520000000011/10/NO-SUCH",
        "no code": "/01/123",
        "error": "/nowhere",
    }


KINDS = ("home list product villages village workshop about log issuer form green red unknown error").split()
KINDS += ["product with papers", "no code"]


def walk(page: Page, start: str) -> None:
    """Goes from the home page to a product, its lot, its label, and the label's page."""
    page.goto(start)
    page.locator("main a[href^='/products']").last.click()
    page.goto(re.sub(r"^[^?]*", "/products/binh-hoa-men-lam", start))
    page.locator(".sample a").click()
    page.wait_for_url("**/S/**")


def test_phone_walks_from_home_to_the_verdict(page: Page) -> None:
    walk(page, "/")
    assert page.locator("h1").inner_text() == "Hồ sơ còn nguyên vẹn"
    assert "Bát Tràng" in page.locator("main").inner_text()


def test_phone_walks_in_english(page: Page) -> None:
    walk(page, "/?lang=en")
    assert page.locator("html").get_attribute("lang") == "en"
    assert "Bát Tràng" in page.locator("main").inner_text()
    assert page.locator(".verdict.is-verified").count() == 1


def test_phone_walks_without_scripts(chromium: Browser, server: Server) -> None:
    context = chromium.new_context(**PHONE, base_url=server.base, java_script_enabled=False)
    page = context.new_page()
    walk(page, "/")
    assert page.locator(".verdict.is-verified").is_visible()
    page.goto("/verify")
    page.fill("#code", "https://evil.example/01/09520000000011/10/A")
    page.click("form[method=post] button")
    page.locator(".verdict.is-invalid").wait_for()
    context.close()


def test_verdict_stands_above_the_fold(page: Page, label_path: str) -> None:
    page.goto(label_path)
    box = page.locator(".verdict h1").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < PHONE["viewport"]["height"]


def test_typed_code_leads_to_its_page(page: Page, label_path: str) -> None:
    page.goto("/verify")
    page.fill("#code", f"HTTPS://DEMO.LANGNGHE.EXAMPLE{label_path}")
    page.click("form[method=post] button")
    assert page.locator(".verdict.is-verified").is_visible()
    assert page.url.endswith(label_path)


def test_saved_picture_of_a_label_leads_to_its_page(page: Page, label_path: str, tmp_path: Path) -> None:
    page.goto("/products/binh-hoa-men-lam")
    source = page.locator(".sample img").get_attribute("src")
    assert source is not None
    picture = tmp_path / "label.png"
    picture.write_bytes(page.request.get(source).body())
    page.goto("/verify")
    page.set_input_files("#file", picture)
    page.click("form[method=post] button")
    assert page.locator(".verdict.is-verified").is_visible()


def test_language_switch_stays_on_the_page(page: Page, label_path: str) -> None:
    page.goto(label_path)
    page.click("a.switch")
    assert page.locator("html").get_attribute("lang") == "en"
    assert label_path in page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_page_has_no_accessibility_fault(
    chromium: Browser, server: Server, kinds: dict[str, str], kind: str, scheme: Literal["light", "dark"]
) -> None:
    # Without motion, or a slow machine shows a button on its way from one colour to another.
    options = {"color_scheme": scheme, "reduced_motion": "reduce"}
    context = chromium.new_context(**PHONE, base_url=server.base, **options)
    page = context.new_page()
    page.goto(kinds[kind])
    # Folded parts are read too.
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    results = Axe().run(page)
    context.close()
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_page_never_scrolls_sideways_at_360_pixels(
    chromium: Browser, server: Server, kinds: dict[str, str], kind: str, lang: str
) -> None:
    narrow = PHONE | {"viewport": {"width": 360, "height": 740}}
    context = chromium.new_context(**narrow, base_url=server.base)
    page = context.new_page()
    page.goto(f"{kinds[kind]}{'&' if '?' in kinds[kind] else '?'}lang={lang}")
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    width = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert width <= 360


@pytest.mark.parametrize("kind", KINDS)
def test_page_asks_no_other_host_and_logs_nothing(
    page: Page, kinds: dict[str, str], kind: str, server: Server
) -> None:
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(kinds[kind], wait_until="networkidle")
    assert [url for url in asked if not url.startswith((server.base + "/", "data:"))] == []
    assert [line for line in said if "status of 4" not in line] == []


def transferred(page: Page, path: str) -> int:
    """Gives the bytes of all answers of a first visit, headers included."""
    requests: list[Request] = []
    page.on("requestfinished", lambda request: requests.append(request))
    page.goto(path, wait_until="networkidle")
    sizes = [request.sizes() for request in requests]
    return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)


@pytest.mark.parametrize(("kind", "limit"), [("green", 30_000), ("red", 30_000), ("product", 100_000)])
def test_page_keeps_its_budget(page: Page, kinds: dict[str, str], kind: str, limit: int) -> None:
    assert transferred(page, kinds[kind]) <= limit


@pytest.mark.parametrize("kind", ["green", "product", "product with papers"])
def test_html_keeps_its_budget(server: Server, kinds: dict[str, str], kind: str) -> None:
    request = urllib.request.Request(server.base + kinds[kind], headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as response:
        body = response.read()
        assert response.headers["Content-Encoding"] == "gzip"
    assert len(body) <= 14_000
    assert gzip.decompress(body).startswith(b"<!doctype html>")


def test_first_answer_fits_slow_3g(page: Page, context: BrowserContext, label_path: str) -> None:
    """400 ms and 50 kB/s, with a processor four times as slow: the verdict is there within seconds."""
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000},
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    started = time.monotonic()
    page.goto(label_path, wait_until="commit")
    page.locator(".verdict h1").wait_for()
    assert time.monotonic() - started < 6


# --- Start and stop -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_fresh_start_answers_and_stops_cleanly(tmp_path: Path, number: int) -> None:
    """From nothing: demo made, page served, scan waiting; the signal ends it with the scan written."""
    folder = tmp_path / "fresh"
    server = Server(folder)
    try:
        server.wait_until_ready()
        with urllib.request.urlopen(server.base) as response:
            home = response.read().decode()
        path = re.search(r'href="(/S/[^"]+)"', home)
        assert path is not None
        with urllib.request.urlopen(server.base + path[1]) as response:
            assert response.status == 200
    finally:
        status = server.stop(number)
    log = server.log.read_text(encoding="utf-8")
    assert status == 0, log
    assert "Traceback" not in log
    database = open_database(f"sqlite:///{folder / 'langnghe.sqlite3'}")
    with database.read() as session:
        assert session.scalar(select(func.sum(Scan.count))) == 1
    database.close()


def test_second_start_is_quick(live_demo: Demo) -> None:
    server = server_over(live_demo)
    try:
        assert server.wait_until_ready(SECOND_START_S) <= SECOND_START_S
    finally:
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"PORT": "none"}, "PORT"),
        ({"LANGNGHE_MODE": "production"}, "PUBLIC_BASE_URL"),
        (
            {"LANGNGHE_MODE": "production", "PUBLIC_BASE_URL": "https://ocop.example", "SECRET_KEY": "dev"},
            "SECRET_KEY",
        ),
        ({"DATABASE_URL": "mysql://x"}, "expected sqlite or postgresql"),
    ],
    ids=["port", "http", "secret", "database"],
)
def test_wrong_setting_is_one_line_and_a_status(
    tmp_path: Path, variables: dict[str, str], named: str
) -> None:
    server = Server(tmp_path / "data", **variables)
    assert server.process.wait(30) == 2
    lines = server.log.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1
    assert named in lines[0]


def test_port_in_use_ends_with_an_error(server: Server, tmp_path: Path, live_demo: Demo) -> None:
    second = Server(
        live_demo.folder,
        DATABASE_URL=live_demo.database_url,
        LANGNGHE_KEY_PASSPHRASE=PASSPHRASE,
        PORT=str(server.port),
    )
    assert second.process.wait(60) != 0
