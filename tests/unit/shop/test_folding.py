"""Folding: how accents and đ are dropped for search and sorting."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.folding import few_marks, fold, in_human_order
from tests.conftest import VECTORS

LETTERS = VECTORS / "security" / "generated" / "vn_letters.jsonl"


def test_names_sort_as_people_count_and_spell() -> None:
    names = ["Ứng Hòa", "Xưởng 10", "Ba Vì", "Ông Hảo", "Xưởng 2", "Xưởng", "Phú Xuyên"]
    ordered = ["Ba Vì", "Ông Hảo", "Phú Xuyên", "Ứng Hòa", "Xưởng", "Xưởng 2", "Xưởng 10"]
    assert sorted(names, key=in_human_order) == ordered


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đồ gỗ", "do go"),
        ("đĐ", "dd"),
        ("Bát Tràng", "bat trang"),
        ("Nón lá làng Chuông", "non la lang chuong"),
        ("ƯỚC Ơ", "uoc o"),
        ("", ""),
    ],
)
def test_accents_are_dropped(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(alphabet="ăâđêôơưáàảãạấầẩẫậĂÂĐÊÔƠƯ abcXYZ"))
def test_both_spellings_fold_alike(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


@given(st.text())
def test_folding_twice_changes_nothing_in_vietnamese(text: str) -> None:
    folded = fold("".join(char for char in text if ord(char) < 0x1EFA and char.isalpha()))
    assert fold(folded) == folded


def test_every_vietnamese_letter_folds_to_ascii() -> None:
    if not LETTERS.exists():
        pytest.skip("the shared vectors are not here")
    letters = [json.loads(line) for line in LETTERS.read_text(encoding="utf-8").splitlines()]
    assert all(fold(letter["nfc"]).isascii() for letter in letters)
    assert all(fold(letter["nfc"]) == fold(letter["nfd"]) for letter in letters)


@pytest.mark.parametrize("mark", ["\u0300", "\u0f73", "\uff9e"])
def test_thirty_marks_of_a_letter_are_kept(mark: str) -> None:
    text = f"o{mark * 500}n"
    assert few_marks(text) == f"o{mark * 30}n"


@given(st.text(min_size=401, max_size=600))
def test_a_text_of_few_marks_stays_as_it_is(text: str) -> None:
    assert few_marks(text) == text or any(unicodedata.combining(char) for char in text)
