"""A report in words: what she signed as she signed it, her keys as they stand, and nothing too much."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask_babel import Babel

from shop.services.inspecting.finding_list import Finding, FindingReport, ReportKey, Span
from shop.services.inspecting.report_pages import ReportSheet
from shop.web.inspector.report_words import report_sheet

FINDING = Finding(
    url="https://langnghe-mau.example/records/finding-1",
    index=120,
    found_at=datetime(2026, 11, 3, 2, 5, tzinfo=UTC),
    signed_at=datetime(2026, 11, 3, 2, 6, tzinfo=UTC),
    key="phone-1",
    kind="copy",
    reason="Nghi tem bị sao chép: mực nhòe",
    about="Hộ chiếu lô BH-2611",
    about_url="https://langnghe-mau.example/records/passport-1",
    code="BATMENTRO",
    lot="BH-2611",
    serials=(),
    workshop=("xuong-mau-1", "Xưởng mẫu 1"),
)
REPORT = FindingReport(
    name="Cơ quan kiểm tra mẫu",
    did="did:web:langnghe-mau.example:issuers:inspector-1",
    keys=(ReportKey("phone-1", "z6Mkha"),),
    span=Span(date(2026, 11, 1), date(2026, 11, 30)),
    workshop=None,
    workshops=(),
    findings=(FINDING,),
)


@pytest.fixture(autouse=True)
def vietnamese() -> Iterator[None]:
    """A request in Vietnamese."""
    app = Flask("report")
    Babel(app, default_locale="vi")
    with app.test_request_context():
        yield


def sheet(report: FindingReport = REPORT, *, is_demo: bool = False) -> ReportSheet:
    return report_sheet(report, host="langnghe-mau.example", is_demo=is_demo, made_on=date(2026, 11, 30))


def fact(one: Finding, name: str) -> str | None:
    (entry,) = sheet(replace(REPORT, findings=(one,))).entries
    return dict(entry.facts).get(name)


def test_units_are_named_as_labels_print_them_and_else_the_whole_lot() -> None:
    assert fact(FINDING, "Tem") == "BATMENTRO, lô BH-2611, cả lô"
    unit = replace(FINDING, serials=("7K2M9QXW4R0A",))
    assert fact(unit, "Tem") == "BATMENTRO, lô BH-2611, số sê-ri 7K2M 9QXW 4R0A"
    assert fact(replace(FINDING, code=None, lot=None), "Tem") is None


def test_what_waited_for_a_network_says_when_it_was_signed() -> None:
    assert fact(FINDING, "Ký và gửi") is None
    later = replace(FINDING, signed_at=datetime(2026, 11, 6, 2, 6, tzinfo=UTC))
    assert fact(later, "Ký và gửi") == "06/11/2026 09:06"


def test_signed_words_stand_as_they_were_signed_under_the_records_address() -> None:
    (entry,) = sheet().entries
    assert (entry.words, entry.code) == (f"“{FINDING.reason}”", FINDING.url)
    assert (fact(FINDING, "Bản ký"), fact(FINDING, "Sổ công khai")) == (FINDING.url, "mục 120, khóa phone-1")


def test_long_words_are_cut_and_the_report_says_so() -> None:
    told = sheet(replace(REPORT, findings=(replace(FINDING, reason="mực " * 5_000),)))
    assert (len(told.entries[0].words) <= 602, told.entries[0].words[-2:]) == (True, "…”")
    assert any("Lời dài hơn 600 chữ" in text for text in told.closing)


@pytest.mark.parametrize(
    ("reason", "words"),
    [("retired", "thôi dùng"), ("compromised", "bị đánh cắp")],
    ids=["retired", "compromised"],
)
def test_key_that_ended_is_told_to_have_ended(reason: str, words: str) -> None:
    key = ReportKey("phone-1", "z6Mkha", (date(2026, 11, 5), reason))
    shown = dict(sheet(replace(REPORT, keys=(key,))).facts)["Khóa phone-1"]
    assert shown == f"z6Mkha; thu hồi ngày 05/11/2026 ({words})"


def test_only_a_demo_is_marked_as_made_up() -> None:
    assert (sheet().mark, sheet(is_demo=True).mark) == ("", "Dữ liệu mẫu / Demo data")
    assert not any("mẫu:" in text for text in sheet().closing)
    assert any("không có thật" in text for text in sheet(is_demo=True).closing)


def test_no_word_says_that_a_thing_is_proven() -> None:
    whole = " ".join(sheet(is_demo=True).closing).casefold()
    assert "chữ ký không cho biết món đồ có đúng" in whole
    assert not any(word in whole for word in ("hàng thật", "100 %", "chữ ký số", "blockchain"))


def test_office_that_the_list_does_not_know_goes_by_its_id() -> None:
    assert dict(sheet(replace(REPORT, name=None)).facts)["Ký nhân danh"] == REPORT.did
