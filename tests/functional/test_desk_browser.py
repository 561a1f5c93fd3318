"""Every page of every desk on a phone: no accessibility fault, no sideways scroll, within its budget."""

import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

from shop.services.access.sample_accounts import SAMPLE_PASSWORD
from tests.conftest import Demo, copy_of
from tests.simulators.crawler import DESKS
from tests.simulators.server import PHONE, Server, server_over

pytestmark = pytest.mark.slow

PEOPLE: Final = ("artisan", "association", "inspector", "admin", "buyer")
PAGES_MAX: Final = 60
HTML_MAX: Final = 14 * 1024  # bytes, as they are transferred
WIDTH: Final = 360


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at one page found: what axe holds against it, its width in pixels, its bytes."""

    faults: tuple[str, ...]
    width: int
    size: int


@pytest.fixture(scope="module")
def server(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = server_over(copy_of(live_demo, tmp_path_factory.mktemp("desks") / "own"))
    started.wait_until_ready()
    yield started
    started.stop()


@pytest.fixture(scope="module")
def looked_at(chromium: Browser, server: Server) -> dict[str, dict[str, Seen]]:
    """Visits the pages of each account's desk: one of each kind, in Vietnamese and in English by turns."""
    return {name: _look_around(chromium, server, name) for name in PEOPLE}


@pytest.mark.parametrize("name", PEOPLE)
def test_no_desk_page_has_an_accessibility_fault(looked_at: dict[str, dict[str, Seen]], name: str) -> None:
    assert {path: seen.faults for path, seen in looked_at[name].items() if seen.faults} == {}


@pytest.mark.parametrize("name", PEOPLE)
def test_no_desk_page_scrolls_sideways(looked_at: dict[str, dict[str, Seen]], name: str) -> None:
    assert {path: seen.width for path, seen in looked_at[name].items() if seen.width > WIDTH} == {}


@pytest.mark.parametrize("name", PEOPLE)
def test_every_desk_page_keeps_its_budget(looked_at: dict[str, dict[str, Seen]], name: str) -> None:
    assert looked_at[name]
    assert {path: seen.size for path, seen in looked_at[name].items() if seen.size > HTML_MAX} == {}


def test_a_large_picture_is_shown_and_made_small_before_it_is_sent(chromium: Browser, server: Server) -> None:
    file = io.BytesIO()
    Image.effect_noise((2600, 1950), 60).save(file, "JPEG", quality=95)
    large = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}
    context = chromium.new_context(**PHONE, base_url=server.base)
    try:
        page = _signed_in(context, "artisan")
        page.goto("/artisan/new-product")
        page.set_input_files("#camera", large)  # type: ignore[arg-type]  # a file that lies nowhere
        page.locator(".chosen-file canvas").wait_for()
        sizes = [_sent_size(page)]
        while sizes[-1] == len(file.getvalue()) and len(sizes) < 100:
            page.wait_for_timeout(100)
            sizes.append(_sent_size(page))
        assert 0 < sizes[-1] < len(file.getvalue()) / 2
        # Of both fields one picture is sent, and it is the one that is shown.
        page.set_input_files("#gallery", large)  # type: ignore[arg-type]
        assert page.evaluate("document.querySelector('#camera').files.length") == 0
    finally:
        context.close()


def _sent_size(page: Page) -> int:
    return int(page.evaluate("document.querySelector('#camera').files[0].size"))


def _signed_in(context: BrowserContext, name: str) -> Page:
    page = context.new_page()
    page.goto("/account/sign-in")
    page.fill("[name=name]", f"{name}@demo.langnghe")
    page.fill("[name=password]", SAMPLE_PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_load_state()
    return page


def _look_around(chromium: Browser, server: Server, name: str) -> dict[str, Seen]:
    viewport = {"width": WIDTH, "height": 780}
    context = chromium.new_context(**PHONE | {"viewport": viewport}, base_url=server.base)
    try:
        return _visit_all(context, _signed_in(context, name))
    finally:
        context.close()


def _visit_all(context: BrowserContext, page: Page) -> dict[str, Seen]:
    waiting, seen, kinds = [urlsplit(page.url).path, "/account/"], {}, set()
    while waiting and len(seen) < PAGES_MAX:
        path = waiting.pop(0)
        kind = _kind(path)
        if kind in kinds:
            continue
        answer = context.request.get(path)
        if answer.status != 200 or "text/html" not in answer.headers["content-type"]:
            continue
        kinds.add(kind)
        language = ("vi", "en")[len(kinds) % 2]
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        page.wait_for_load_state("networkidle")
        page.locator("h1:visible").first.wait_for()  # what scripts show comes later than the page
        faults = tuple(str(fault["id"]) for fault in Axe().run(page).response["violations"])
        width = int(page.evaluate("document.documentElement.scrollWidth"))
        seen[path] = Seen(faults, width, len(gzip.compress(answer.body())))
        links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
        waiting += [_address(link) for link in links if DESKS.match(urlsplit(link).path)]
    return seen


def _kind(path: str) -> str:
    """Gives pages that differ by a number or a name alone the same kind."""
    parts = [part for part in urlsplit(path).path.split("/") if part]
    return "/".join(part for part in parts if part.isalpha()) + f"/{len(parts)}"


def _address(link: str) -> str:
    parts = urlsplit(link)
    wanted = "&".join(one for one in parts.query.split("&") if one and not one.startswith("lang="))
    return f"{parts.path}?{wanted}" if wanted else parts.path
