"""The checker of a static export in Chromium with the shop stopped, from a disk and a plain server."""

import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.conftest import Demo, sample_labels, services_over
from tests.simulators.exports import Checker, flip, hand_over, needed, served
from tests.simulators.village import Village
from traceability.evidence import Reader
from traceability.labels.code import parse as parse_label
from traceability.policy import LEVELS, level_of
from traceability.records.canonical import digest_multibase
from traceability.signing.trust import ROLES

pytestmark = pytest.mark.slow

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
IN_THE_SUITE = 4  # labels, and flipped bits; all of them are `faults`


@pytest.fixture(scope="module")
def expected(live_demo: Demo, export: Path) -> dict[str, str]:
    """What Python says of the label of each lot."""
    with services_over(live_demo) as services:
        now = datetime.now(UTC)
        return {
            text: services.scans.look_up(text, now=now, is_scan=False).verdict.outcome.value
            for text in sample_labels(services)
        }


@pytest.fixture(scope="module")
def green(expected: dict[str, str]) -> list[str]:
    """Labels that are verified."""
    return [text for text, outcome in expected.items() if outcome == "verified"]


@pytest.fixture(scope="module")
def cases(live_demo: Demo, export: Path) -> dict[str, str]:
    """The demo's labels by what each shows, such as `recalled`."""
    with services_over(live_demo) as services:
        host = services.settings.identity_host
        return {case: f"HTTPS://{host.upper()}{path}" for case, path in services.scans.sample_paths().items()}


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh browser that remembers nothing."""
    context = chromium.new_context(viewport=PHONE, locale="vi-VN")
    yield context.new_page()
    context.close()


@pytest.fixture
def checker(page: Page, export: Path) -> Checker:
    """The checker, opened from the disk."""
    return Checker(page, export.as_uri())


def lot_path(text: str) -> str:
    code = parse_label(text)
    return (code.lot_uri or "").partition("//")[2].partition("/")[2]


def compare(checker: Checker, expected: dict[str, str], language: str) -> None:
    found = {text: checker.check(text, language) for text in expected}
    assert found == expected
    assert checker.asked_elsewhere == []
    assert checker.errors == []


def some(expected: dict[str, str]) -> dict[str, str]:
    """Some labels of each outcome."""
    chosen = list(expected.items())[:: max(1, len(expected) // IN_THE_SUITE)]
    return dict(chosen) | {text: outcome for outcome, text in {o: t for t, o in expected.items()}.items()}


# --- Every label -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["", "en/"], ids=["vi", "en"])
def test_labels_are_checked_from_a_disk(checker: Checker, expected: dict[str, str], language: str) -> None:
    compare(checker, some(expected), language)


def test_labels_are_checked_from_a_plain_server(page: Page, export: Path, expected: dict[str, str]) -> None:
    with served(export) as base:
        compare(Checker(page, base), some(expected), "")


def test_only_what_holds_is_called_unchanged(checker: Checker, expected: dict[str, str]) -> None:
    said = {}
    for text, outcome in some(expected).items():
        checker.check(text)
        checker.page.locator("#found").wait_for()
        said[text] = "hồ sơ không bị sửa" in checker.page.locator("#found").inner_text()
        assert ("× Bản ký này" in checker.page.locator("#found").inner_text()) == (
            outcome in ("invalid", "revoked")
        )
    assert said == {text: expected[text] in ("verified", "caution") for text in said}


@pytest.mark.faults
@pytest.mark.parametrize("language", ["", "en/"], ids=["vi", "en"])
@pytest.mark.parametrize("place", ["disk", "server"])
def test_every_label_is_checked(
    page: Page, export: Path, expected: dict[str, str], language: str, place: str
) -> None:
    assert len(expected) > 60
    if place == "disk":
        compare(Checker(page, export.as_uri()), expected, language)
        return
    with served(export) as base:
        compare(Checker(page, base), expected, language)


def test_a_plain_code_opens_its_lot_on_any_server(page: Page, export: Path, green: list[str]) -> None:
    with served(export) as base:
        checker = Checker(page, base)
        page.goto(f"{base}/{lot_path(green[0])}/")
        assert checker.shape() == "verified"


def test_a_label_names_its_serial_and_lot(checker: Checker, green: list[str]) -> None:
    assert checker.check(green[0]) == "verified"
    printed = checker.page.inner_text("[data-slot=printed]")
    code = parse_label(green[0])
    assert code.serial is not None
    assert code.serial in printed
    assert (code.lot or "") in printed


def test_the_page_says_who_signed_and_where_the_log_has_it(checker: Checker, green: list[str]) -> None:
    checker.check(green[0], "en/")
    found = checker.page.inner_text("#found")
    for words in (
        "Public log",
        "Witnesses",
        "nhan-chung-mau",
        "Entry ",
        "Trust list",
        "may have been revoked",
    ):
        assert words in found
    assert checker.page.locator("[data-slot=chain] li").count() > 3


# --- What the page tells --------------------------------------------------------------------------


def section(checker: Checker, heading: str) -> Locator:
    """Gives the part of the result under a heading, which must be shown."""
    found = checker.page.locator("#found section").filter(has=checker.page.get_by_text(heading, exact=True))
    found.wait_for()
    return found


def told(rows: Locator) -> list[tuple[str, str, int]]:
    """Gives kind with day, level and number of notes of each station, certificates left out."""
    return [
        (
            row.locator(".kicker").inner_text(),
            row.locator(".level").inner_text(),
            row.locator(".note").count(),
        )
        for row in rows.all()
        if not row.locator(".kicker").inner_text().startswith(("Hạng sao", "Kết quả kiểm tra"))
    ]


def test_a_witness_of_the_shop_itself_is_no_outsider(checker: Checker, green: list[str]) -> None:
    assert checker.check(green[0], "en/") == "verified"
    log = section(checker, "Public log").inner_text()
    assert "nhan-chung-mau (its key lies on this site's server, sample)" in log
    assert "confirms nothing to anybody outside" in log


def test_the_chain_tells_what_a_key_on_the_server_means(checker: Checker, green: list[str]) -> None:
    assert checker.check(green[0]) == "verified"
    chain = section(checker, "Hồ sơ nói gì về lô này").inner_text()
    assert "nghĩa là máy chủ của sàn có thể ký thay người ấy" in chain
    assert "mọi chữ ký đều mang ngày mà bộ mẫu được làm ra" in chain


def test_a_recall_says_who_and_why(checker: Checker, cases: dict[str, str]) -> None:
    assert checker.check(cases["recalled"]) == "revoked"
    notices = section(checker, "Thông báo về hồ sơ này").inner_text()
    for words in (
        "Gọi hàng về: Hộ chiếu lô BC-201",
        "Men ở lòng bát chưa đạt",
        "Cơ quan kiểm tra mẫu ký ngày",
    ):
        assert words in notices


def test_a_correction_leads_to_what_takes_its_place(checker: Checker, cases: dict[str, str]) -> None:
    assert checker.check(cases["corrected"], "en/") == "caution"
    assert "Correction" in section(checker, "Notices about this record").inner_text()
    checker.page.get_by_role("link", name="Open the one that takes its place").click()
    checker.page.locator("#band .is-verified").wait_for()
    assert "/en/check/index.html#record=" in checker.page.url
    assert section(checker, "This record, and the records it links to").locator("li").count() > 3


def test_a_correction_leads_to_the_page_of_its_lot(checker: Checker, cases: dict[str, str]) -> None:
    checker.check(cases["corrected"], "en/")
    section(checker, "Notices about this record").get_by_role("link", name="This lot's page").click()
    checker.page.wait_for_url(f"**/en/{lot_path(cases['corrected'])}/index.html")
    assert checker.shape() == "verified"


def test_a_lot_without_notices_has_no_part_for_them(checker: Checker, green: list[str]) -> None:
    checker.check(green[0])
    assert checker.page.get_by_text("Thông báo về hồ sơ này").is_visible() is False


def test_the_notice_itself_is_called_a_notice(checker: Checker, cases: dict[str, str]) -> None:
    checker.check(cases["recalled"])
    section(checker, "Thông báo về hồ sơ này").get_by_role("link", name="xem bản ký").click()
    checker.page.get_by_role("heading", name="Thông báo gọi về: lô BC-201", exact=True).wait_for()
    assert "Men ở lòng bát chưa đạt" in section(checker, "Thông báo này nói gì").inner_text()
    assert "× Bản ký này đã bị thu hồi" in checker.page.inner_text("[data-slot=chain]")


def test_stations_have_the_days_and_levels_of_the_site(
    checker: Checker, expected: dict[str, str], cases: dict[str, str]
) -> None:
    """A lot's page holds both: what the shop wrote, and what the checker found."""
    good = {text: outcome for text, outcome in some(expected).items() if outcome != "invalid"}
    for text in (*good, cases["recalled"]):
        checker.page.goto(f"{checker.base}/{lot_path(text)}/index.html")
        checker.shape()
        found = told(checker.page.locator("[data-slot=chain] > li"))
        assert found == told(checker.page.locator("ol.chain:not([data-slot]) > li"))
        assert len(found) > 3


LEVELS_IN_A_PAGE = """async ([texts, roles]) => {
  const {Reader} = await import('/static/verifier/evidence.js');
  const {levelOf} = await import('/static/checker/story.js');
  const read = text => new Reader().read(new TextEncoder().encode(text));
  const records = (await Promise.all(texts.map(read))).map(item => item.record);
  return records.flatMap(record => roles.map(role => levelOf(record, role)));
}"""


def test_levels_are_those_of_the_library(page: Page, export: Path) -> None:
    texts = [path.read_bytes() for path in sorted((export / "records").glob("*.json"))]
    roles = [*sorted(ROLES), "unknown"]
    with served(export) as base:
        page.goto(f"{base}/check/index.html")
        found = page.evaluate(LEVELS_IN_A_PAGE, [[text.decode() for text in texts], roles])
    assert found == [level_of(Reader(1).read(text).record, role) for text in texts for role in roles]
    assert set(found) == set(LEVELS)


STATIONS_IN_A_PAGE = """async texts => {
  const {Reader} = await import('/static/verifier/evidence.js');
  const {stations} = await import('/static/checker/stations.js');
  const records = await Promise.all(texts.map(text => new Reader().read(new TextEncoder().encode(text))));
  const verdict = {chain: {records}, checks: [], places: new Map()};
  return stations(verdict, {trust: {keys: []}, root: '../'}).map(row => row.textContent);
}"""


def test_a_station_says_how_many_photos_and_voice_notes_it_has(page: Page, export: Path) -> None:
    village, photos = Village().issue_all(), tuple(digest_multibase(b"%d" % number) for number in range(2))
    event = replace(village.event(), evidence=photos)
    shown = village.issue("event", event, "workshop#record", ("workshop",))
    texts = [village.records["workshop"].data.decode(), shown.data.decode()]
    with served(export) as base:
        page.goto(f"{base}/check/index.html")
        rows = page.evaluate(STATIONS_IN_A_PAGE, texts)
    told = ["Ảnh hoặc ghi âm kèm theo: 2 tệp; tệp bị sửa thì không còn khớp bản ký" in row for row in rows]
    assert told == ["Vuốt tay" in row for row in rows]
    assert sum(told) == 1


def test_the_mark_of_a_level_is_no_colour_alone(checker: Checker, green: list[str]) -> None:
    checker.check(green[0])
    levels = checker.page.locator("[data-slot=chain] .level")
    assert levels.locator("i").count() == levels.count() > 3
    assert "tự khai" in levels.first.inner_text()


def test_the_green_band_warns_of_nothing(checker: Checker, green: list[str]) -> None:
    """That something was told later stands at its station, as on the site."""
    checker.check(green[0])
    assert checker.page.locator("#band strong").count() == 0
    assert "sau khi diễn ra" in checker.page.inner_text("[data-slot=chain]")


def test_of_a_foreign_address_nothing_else_is_said(checker: Checker, green: list[str]) -> None:
    assert checker.check(f"HTTPS://ELSEWHERE.EXAMPLE/{green[0].split('/', 3)[3]}", "en/") == "invalid"
    checker.page.get_by_role("heading", name="The address on the label is not trusted").wait_for()
    assert "does not fit" not in checker.page.inner_text("#band")
    assert "No lot here" not in checker.page.inner_text("#band")
    checker.page.get_by_text("See each step").click()
    assert "No lot here" not in checker.page.inner_text("#found")


def test_the_chain_is_what_the_record_tells(checker: Checker, green: list[str]) -> None:
    checker.check(green[0])
    assert section(checker, "Hồ sơ nói gì về lô này").locator("li").count() > 3


def test_a_label_that_does_not_fit_borrows_no_chain(checker: Checker, green: list[str]) -> None:
    assert checker.check(f"{green[0][:-1]}{'A' if green[0][-1] != 'A' else 'B'}", "en/") == "invalid"
    assert checker.page.locator("[data-slot=chain] li").count() == 0
    assert checker.page.get_by_text("What the record tells about this lot").is_visible() is False
    assert checker.page.get_by_text("Nothing here has been shown about the item").is_visible()
    checker.page.get_by_role("link", name="This lot's page").click()
    checker.page.wait_for_url("**/en/**/index.html")
    assert checker.shape() == "verified"


def test_a_record_of_the_export_can_be_read_and_taken(checker: Checker) -> None:
    checker.page.goto(f"{checker.base}/check/index.html#record=village-bat-trang")
    checker.shape()
    checker.page.get_by_text("Nội dung bản ký").click()
    assert '"VerifiableCredential"' in checker.page.inner_text("[data-slot=body]")
    link = checker.page.get_by_role("link", name="tải tệp (.json)")
    assert str(link.get_attribute("href")).endswith("/records/village-bat-trang.json")


# --- How people get there -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelling",
    [
        "{base}/{lot}/index.html",
        "{base}/en/{lot}/",
        "{base}/check/index.html#code={code}",
        "{base}/check/#code=https%3A//{host}/{lot}",
        "{shop}/{lot}?lang=en",
        "HTTPS://{host}/{lot}/",
        "https://{host}/{lot}?lang=vi",
        " /{lot}\n",
    ],
)
def test_an_address_from_the_bar_is_taken(
    page: Page, export: Path, live_demo: Demo, green: list[str], spelling: str
) -> None:
    shop = live_demo.settings().public_base_url
    host = parse_label(green[0]).host
    with served(export) as base:
        checker = Checker(page, base)
        page.goto(f"{base}/check/index.html")
        page.fill(
            "#code", spelling.format(base=base, shop=shop, host=host, lot=lot_path(green[0]), code=green[0])
        )
        page.click("#by-code button")
        assert checker.shape() == "verified"


def test_an_address_from_the_bar_is_taken_on_a_disk(checker: Checker, green: list[str]) -> None:
    checker.page.goto(f"{checker.base}/check/index.html")
    checker.page.fill("#code", f"{checker.base}/en/{lot_path(green[0])}/index.html")
    checker.page.click("#by-code button")
    assert checker.shape() == "verified"


@pytest.mark.parametrize("begin", ["http://elsewhere.example", "http:/", "//elsewhere.example"])
def test_an_address_from_elsewhere_is_a_mistake(checker: Checker, green: list[str], begin: str) -> None:
    checker.page.goto(f"{checker.base}/check/index.html")
    checker.page.fill("#code", f"{begin}/{lot_path(green[0])}")
    checker.page.click("#by-code button")
    checker.page.wait_for_selector("#mistake:not([hidden])")
    assert checker.page.locator("#band section").count() == 0


def test_the_other_language_asks_for_the_same(checker: Checker, green: list[str]) -> None:
    checker.page.goto(f"{checker.base}/check/index.html")
    checker.page.fill("#code", green[0])
    checker.page.click("#by-code button")
    checker.shape()
    checker.page.click("a.switch")
    checker.page.wait_for_url("**/en/check/index.html#code=*")
    assert checker.shape() == "verified"
    assert "Record intact" in checker.page.inner_text("#band")


def test_every_link_keeps_the_language(checker: Checker, cases: dict[str, str]) -> None:
    checker.check(cases["corrected"], "en/")
    links = checker.page.eval_on_selector_all("a:not(.switch)", "found => found.map(link => link.href)")
    pages = [link for link in links if ".html" in link]
    assert len(pages) > 10
    assert [link for link in pages if not link.startswith(f"{checker.base}/en/")] == []


@pytest.mark.parametrize(("days", "is_told"), [(6, False), (9, True)])
def test_an_old_copy_says_how_old_it_is(checker: Checker, green: list[str], days: int, is_told: bool) -> None:
    checker.page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=days))
    assert checker.check(green[0], "en/") == "verified"
    assert checker.page.locator("#band + #age").count() == 1
    assert checker.page.locator("#age").is_visible() is is_told
    if is_told:
        made = checker.page.inner_text("header p:has-text('A copy made on')").split(";")[0]
        told = checker.page.inner_text("#age")
        assert f"{days} days old" in told
        assert made.removeprefix("A copy made on ") in told


def test_a_browser_that_reads_no_pictures_says_what_to_do(checker: Checker, green: list[str]) -> None:
    checker.page.add_init_script("delete globalThis.BarcodeDetector")
    checker.page.goto(f"{checker.base}/en/check/index.html")
    assert "Paste what the code says" in checker.page.inner_text("#detector")
    checker.page.fill("#code", green[0])
    checker.page.click("#by-code button")
    assert checker.shape() == "verified"


# --- What is not so ---------------------------------------------------------------------------------


def test_a_number_that_the_lot_has_not_is_refused(checker: Checker, green: list[str]) -> None:
    text = f"HTTPS://{parse_label(green[0]).host}/{lot_path(green[0])}/21/000000000000"
    assert checker.check(text) == "invalid"
    assert "SERIAL_NOT_IN_LOT" in checker.page.inner_html("#found")


def test_a_lot_that_nobody_knows_is_unknown(checker: Checker, green: list[str]) -> None:
    assert checker.check(f"HTTPS://{parse_label(green[0]).host}/P/NONE/10/X1") == "unknown"


def test_what_is_no_code_is_a_mistake_and_no_verdict(checker: Checker) -> None:
    checker.page.goto(f"{checker.base}/check/index.html")
    checker.page.fill("#code", "hello")
    checker.page.click("#by-code button")
    checker.page.wait_for_selector("#mistake:not([hidden])")
    assert checker.page.locator("#band section").count() == 0


def test_an_empty_field_is_a_mistake(checker: Checker) -> None:
    checker.page.goto(f"{checker.base}/check/index.html")
    checker.page.click("#by-code button")
    checker.page.wait_for_selector("#mistake:not([hidden])")


def test_a_record_file_is_checked(checker: Checker, export: Path) -> None:
    checker.page.goto(f"{checker.base}/check/index.html")
    checker.page.set_input_files("#file", export / "records" / "village-bat-trang.json")
    assert checker.shape() == "verified"


def test_a_changed_record_file_is_invalid(checker: Checker, export: Path, tmp_path: Path) -> None:
    data = (export / "records" / "village-bat-trang.json").read_bytes()
    (tmp_path / "changed.json").write_bytes(
        data.replace(b'"province"', b'"commune"', 1).replace(b"2", b"3", 1)
    )
    checker.page.goto(f"{checker.base}/check/index.html")
    checker.page.set_input_files("#file", tmp_path / "changed.json")
    assert checker.shape() == "invalid"


def test_a_record_of_the_export_is_checked_by_its_id(checker: Checker) -> None:
    checker.page.goto(f"{checker.base}/check/index.html#record=village-bat-trang")
    assert checker.shape() == "verified"


def test_a_picture_without_a_reader_of_codes_is_said_so(checker: Checker, export: Path) -> None:
    checker.page.goto(f"{checker.base}/en/check/index.html")
    checker.page.evaluate("delete globalThis.BarcodeDetector")
    checker.page.set_input_files("#file", next((export / "labels").rglob("*.png")))
    checker.page.wait_for_selector("#mistake:not([hidden])")
    assert "cannot read codes in pictures" in checker.page.inner_text("#mistake")


# --- Never back -------------------------------------------------------------------------------------


def remember(page: Page, change: str) -> None:
    """Changes what this browser remembers of the export."""
    page.evaluate(
        "change => { for (const key of Object.keys(localStorage)) {"
        " const seen = JSON.parse(localStorage[key]);"
        " Object.assign(seen, JSON.parse(change)); localStorage[key] = JSON.stringify(seen); } }",
        change,
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('{"sequence": 99}', "older than one you have seen"),
        ('{"size": "1000000"}', "older than one you have seen"),
        ('{"root": "AAAA"}', "two versions of the public log"),
        ('{"list": "AAAA"}', "another trust list"),
    ],
)
def test_an_older_copy_is_refused(checker: Checker, green: list[str], change: str, words: str) -> None:
    assert checker.check(green[0], "en/") == "verified"
    remember(checker.page, change)
    assert checker.check(green[0], "en/") == "invalid"
    assert words in checker.page.inner_text("#band")
    assert checker.page.locator("#found:not([hidden])").count() == 0


def test_a_newer_copy_is_taken_and_remembered(checker: Checker, green: list[str]) -> None:
    checker.check(green[0])
    remember(checker.page, '{"sequence": 0, "size": "1", "root": "AAAA"}')
    assert checker.check(green[0]) == "verified"
    assert "AAAA" not in checker.page.evaluate("JSON.stringify(localStorage)")


def test_somebody_may_ask_to_use_an_old_copy(checker: Checker, green: list[str]) -> None:
    checker.check(green[0])
    remember(checker.page, '{"sequence": 99}')
    checker.check(green[0])
    checker.page.click("#forget summary")
    checker.page.click("#forget-now")
    checker.page.wait_for_selector("#band .is-verified")


# --- Flipped bytes ----------------------------------------------------------------------------------


def flipped(page: Page, export: Path, green: list[str], chance: random.Random, count: int) -> list[str]:
    """Flips one bit of one needed file after the other; gives those where the page was green all the same."""
    checker, missed = Checker(page, export.as_uri()), []
    for _ in range(count):
        text = chance.choice(green)
        path = chance.choice(needed(export, lot_path(text)))
        kept = path.read_bytes()
        flip(path, chance)
        if checker.check(text) in {"verified", "caution"}:
            missed.append(f"{path.name}: {[i for i, one in enumerate(path.read_bytes()) if one != kept[i]]}")
        path.write_bytes(kept)
    return missed


@pytest.fixture
def own(export: Path, tmp_path: Path) -> Path:
    """A copy of the export that the test may damage."""
    for name in ("check", "evidence", "static"):
        shutil.copytree(export / name, tmp_path / "own" / name)
    return tmp_path / "own"


def test_a_flipped_bit_of_the_evidence_is_never_green(
    page: Page, own: Path, green: list[str], chance: random.Random
) -> None:
    assert flipped(page, own, green, chance, IN_THE_SUITE) == []


@pytest.mark.faults
def test_sixty_flipped_bits_of_the_evidence_are_never_green(
    page: Page, own: Path, green: list[str], chance: random.Random
) -> None:
    assert flipped(page, own, green, chance, 60) == []


def test_every_bit_around_the_data_counts(page: Page, own: Path, green: list[str]) -> None:
    """The base64 has a digest; what stands round it is code, and every bit of its end is tried."""
    path = needed(own, lot_path(green[0]))[1]
    kept, checker = path.read_bytes(), Checker(page, own.as_uri())
    for at, bit in [(at, bit) for at in (-1, -2) for bit in range(8)]:
        data = bytearray(kept)
        data[at] ^= 1 << bit
        path.write_bytes(data)
        assert checker.check(green[0]) == "invalid", (at, bit)


def test_a_notice_that_is_gone_is_never_green(page: Page, own: Path, green: list[str]) -> None:
    """An export has all files that it says it needs, or it is none."""
    path = needed(own, lot_path(green[0]))[-1]
    hand_over(path.read_bytes())
    path.unlink()
    assert Checker(page, own.as_uri()).check(green[0]) == "invalid"


# --- How it looks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("language", ["", "en/"], ids=["vi", "en"])
def test_nothing_is_wider_than_the_screen(
    checker: Checker, green: list[str], size: dict[str, int], language: str
) -> None:
    checker.page.set_viewport_size(size)  # type: ignore[arg-type]  # a dictionary of the same keys
    checker.check(green[0], language)
    assert checker.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
