"""Signed text holds nothing that a page would not show as it stands."""

import pytest

from traceability.errors import Reason, Unreadable
from traceability.records.members import text


@pytest.mark.parametrize(
    "char", ["\u202e", "\u200b", "\n", "\x00", "\x9f", "\u2028", "\u00ad", "\ufeff"], ids=ascii
)
def test_controls_and_invisible_characters_are_refused(char: str) -> None:
    with pytest.raises(Unreadable) as caught:
        text({"name": f"Bình {char}hoa"}, "name")
    assert caught.value.code is Reason.BAD_RECORD


@pytest.mark.parametrize("value", ["Bình hoa men lam", "“Lụa” – 1.240 độ C; ôxit cô ban", "", "日本 한국 ₫"])
def test_words_of_any_script_are_taken(value: str) -> None:
    assert text({"name": value}, "name") == value
