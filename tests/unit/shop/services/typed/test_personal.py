"""What is a person's own is found in a text; days, amounts and numbers of things are left alone."""

from time import process_time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.vn import mst

from shop.services.typed.personal import personal_in
from shop.services.typed.texts import FormReader
from tests.simulators.personal_words import ORDINARY, SEEDED

WORDS = st.lists(
    st.sampled_from(("thôn", "Đan", "gốm,", "lò", "ngày", "số", "và", "12 chiếc", "3,5 kg")), max_size=6
)


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_sentence_holds_nothing(text: str) -> None:
    assert personal_in(text) is None


@pytest.mark.parametrize("text", SEEDED)
def test_what_is_a_persons_own_is_found(text: str) -> None:
    assert personal_in(text) is not None


@given(WORDS, st.dates(), st.integers(1, 999), st.integers(1, 10**12), st.sampled_from("/.-"))
def test_days_and_amounts_are_nobodys(words, day, count, amount, separator) -> None:  # type: ignore[no-untyped-def]
    day = day.replace(year=2000 + day.year % 100)
    grouped = f"{amount:,}".replace(",", ".")
    told = separator.join((f"{day.day:02}", f"{day.month:02}", str(day.year)))
    assert personal_in(" ".join((*words, told, f"{count} chiếc", f"{grouped} đồng", day.isoformat()))) is None


@given(WORDS, st.sampled_from(("032", "056", "070", "081", "090", "099")), st.integers(0, 10**7 - 1), WORDS)
def test_any_mobile_is_found_among_words(before, prefix, rest, after) -> None:  # type: ignore[no-untyped-def]
    digits = f"{prefix}{rest:07}"
    for number in (digits, f"{digits[:4]} {digits[4:7]} {digits[7:]}", f"{digits[:4]}.{digits[4:]}"):
        assert personal_in(" ".join((*before, "ĐT", number, *after))) is not None


@given(st.integers(1, 96), st.integers(0, 10**9 - 1))
def test_any_citizen_number_is_found(province: int, rest: int) -> None:
    assert personal_in(f"bà Mẫu {province:03}{rest:09}") is not None


@given(st.integers(1, 63), st.integers(1, 10**7 - 1))
def test_any_tax_code_is_found(province: int, rest: int) -> None:
    body = f"{province:02}{rest:07}"
    digit = mst.calc_check_digit(body)
    assume(len(digit) == 1)
    assert personal_in(f"xưởng {body}{digit}-001") is not None


# --- However long the text ------------------------------------------------------------------------

HOSTILE_CHARS = 120_000
HOSTILE = (
    "a", "A.", "x@a.", "@a", " ", "1", "0", "1.", "09 ", "84 3 ", "+1 ", "+1(2)", "+", "-", "mst", "mst ",
    "01/02/2020 ", "2020-01-02", "1234567890-", "1234567890   ", "0000000000 ",
    "\u0300\u0316", "\u0f73", "\uff9e\u0f71",
)  # fmt: skip


def _seconds(text: str) -> float:
    begun = process_time()
    personal_in(text)
    return process_time() - begun


@pytest.mark.parametrize("unit", HOSTILE, ids=ascii)
def test_the_time_grows_with_the_length_alone(unit: str) -> None:
    text = (unit * HOSTILE_CHARS)[:HOSTILE_CHARS]
    # An ordinary text of this length takes some 20 ms; the square of the length took minutes.
    assert _seconds(text) < 0.1 + 20 * _seconds("gốm, " * (HOSTILE_CHARS // 5))


def test_a_text_that_is_refused_already_is_not_looked_through() -> None:
    form = FormReader({"name": "0912 345 678 " * 20})
    form.line("name", most=40)
    form.demand_impersonal("name")
    assert form.mistakes == {"name": "TOO_LONG"}


def test_a_line_full_of_marks_is_composed_in_time() -> None:
    begun = process_time()
    FormReader({"name": "\u0300\u0316" * 30_000}).line("name", most=40)
    assert process_time() - begun < 1
