"""The checker of a static export in Chromium with the shop stopped, from a disk and a plain server."""

import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import Demo, sample_labels, services_over
from tests.simulators.exports import Checker, flip, hand_over, needed, served
from traceability.labels.code import parse as parse_label

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("static-export")]

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
