"""Reports as PDF: all words are there and on the paper, codes read back, one sheet gives one file."""

import io
from dataclasses import replace

import pypdfium2
import pytest

from shop.services.inspecting.report_pages import MISSING, ReportEntry, ReportSheet, draw_report
from tests.simulators.printed import opened, rendered
from traceability.errors import Refused
from traceability.labels.read import read_labels

ADDRESS = "https://langnghe-mau.example/records/finding-{}"
LONG = "Hồ sơ ghi men tro trấu, vật thật phủ men công nghiệp; đáy không có dấu của xưởng. "
MM_PER_PT = 25.4 / 72


def entry(number: int, words: str = "“Khớp mô tả”") -> ReportEntry:
    facts = (("Về", f"Hộ chiếu lô BH-{number} – Bình gốm men rạn"), ("Bản ký", ADDRESS.format(number)))
    return ReportEntry("✓ Khớp mô tả", "03/11/2026 09:05", words, facts, ADDRESS.format(number))


SHEET = ReportSheet(
    title="Báo cáo kiểm tra",
    head="Báo cáo kiểm tra · Cơ quan kiểm tra mẫu",
    mark="Dữ liệu mẫu / Demo data",
    facts=(("Ký nhân danh", "Cơ quan kiểm tra mẫu"), ("Số lời đã ký", "2")),
    entries=(entry(1), entry(2)),
    empty="Không có lời nào.",
    closing=("Báo cáo này là gì", "Tờ giấy này không mang chữ ký nào."),
    signature="Người kiểm tra",
    page="Trang {page} / {pages}",
)


def drawn(sheet: ReportSheet) -> bytes:
    file = io.BytesIO()
    draw_report(sheet, file)
    return file.getvalue()


def texts(document: pypdfium2.PdfDocument) -> list[str]:
    return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def test_all_words_stand_on_an_a4_page_and_the_codes_read_back() -> None:
    document = opened(drawn(SHEET))
    (page,) = document
    assert [side * MM_PER_PT for side in page.get_size()] == pytest.approx([210, 297], abs=0.01)
    (text,) = texts(document)
    for words in (SHEET.title, SHEET.mark, "Cơ quan kiểm tra mẫu", "2. ✓ Khớp mô tả", "Trang 1 / 1"):
        assert words in text
    assert SHEET.empty not in text
    picture = io.BytesIO()
    rendered(page, 8).save(picture, "PNG")
    assert set(read_labels(picture.getvalue())) == {ADDRESS.format(1), ADDRESS.format(2)}


def test_the_same_sheet_gives_the_same_bytes() -> None:
    assert drawn(SHEET) == drawn(SHEET)
    assert drawn(SHEET) != drawn(replace(SHEET, entries=(entry(3),)))


def test_a_report_of_nothing_says_so() -> None:
    (text,) = texts(opened(drawn(replace(SHEET, entries=(), mark=""))))
    assert SHEET.empty in text
    assert "Tờ giấy này không mang chữ ký nào." in text
    assert "Demo data" not in text


def test_long_words_are_wrapped_and_none_is_lost() -> None:
    words = LONG * 9 + "z" * 300
    (text,) = texts(opened(drawn(replace(SHEET, entries=(entry(1, words),)))))
    assert "".join(words.split()) in "".join(text.split())
    assert inside(opened(drawn(replace(SHEET, entries=(entry(1, words),)))))


def test_an_entry_longer_than_a_page_goes_on_over_the_next_ones() -> None:
    many = " ".join(f"từ{number}" for number in range(3_000))
    document = opened(drawn(replace(SHEET, entries=(entry(1), entry(2, many), entry(3)))))
    assert len(document) > 3
    assert all(f"từ{number}" in " ".join(texts(document)) for number in range(0, 3_000, 97))
    assert inside(document)


@pytest.mark.slow
def test_two_hundred_entries_keep_their_order_under_numbered_pages() -> None:
    document = opened(drawn(replace(SHEET, entries=tuple(map(entry, range(1, 201))))))
    pages = texts(document)
    assert all(
        f"Trang {at} / {len(pages)}" in text and SHEET.mark in text for at, text in enumerate(pages, 1)
    )
    whole = " ".join(pages)
    places = [whole.index(f" {number}. ✓ Khớp") for number in range(1, 201)]
    assert places == sorted(places)
    assert inside(document)


def test_letters_that_no_typeface_has_are_told_and_break_nothing() -> None:
    strange = "Đồ gốm \N{RIGHT-TO-LEFT OVERRIDE}中文 \N{SLICE OF PIZZA}\nxong\x00"
    (text,) = texts(opened(drawn(replace(SHEET, entries=(entry(1, strange),)))))
    assert f"Đồ gốm {MISSING * 2} {MISSING} xong" in text


def test_more_letters_than_a_font_holds_leave_ours_whole() -> None:
    foreign = "".join(map(chr, range(0x391, 0x3CA))) + "".join(map(chr, range(0x410, 0x450))) * 2
    every = "".join(map(chr, range(0x1EA0, 0x1EF9))) + "".join(map(chr, range(0xC0, 0x17E)))
    (text,) = texts(opened(drawn(replace(SHEET, entries=(entry(1, f"{every} {foreign}"),)))))
    assert "Tờ giấy này không mang chữ ký nào." in text
    assert "Trang 1 / 1" in text


def test_an_address_that_no_code_holds_is_refused() -> None:
    with pytest.raises(Refused):
        drawn(replace(SHEET, entries=(replace(entry(1), code="x" * 600),)))


def inside(document: pypdfium2.PdfDocument) -> bool:
    """Tells whether all ink of all pages keeps clear of the paper's edges."""
    for page in document:
        left, bottom, right, top = bounds(page)
        if min(left, bottom, 210 - right, 297 - top) < 9:
            return False
    return True


def bounds(page: pypdfium2.PdfPage) -> tuple[float, float, float, float]:
    """Gives the box of what is printed, in millimetres from the lower left corner."""
    boxes = [one.get_bounds() for one in page.get_objects()]
    lows, highs = zip(*((box[:2], box[2:]) for box in boxes), strict=True)
    left, bottom = (min(side) * MM_PER_PT for side in zip(*lows, strict=True))
    right, top = (max(side) * MM_PER_PT for side in zip(*highs, strict=True))
    return left, bottom, right, top
