"""Amounts as people type them: what has decimals becomes whole in a smaller unit, what is unclear nothing."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.services.lots.amounts import AMOUNT_MAX, Amount, read_amount, scaled


@pytest.mark.parametrize(
    ("typed", "uom", "found"),
    [
        ("20", "KGM", (20, "KGM")),
        ("1,5", "KGM", (1_500, "GRM")),
        ("1.5", "KGM", (1_500, "GRM")),
        ("0,250", "KGM", (250, "GRM")),
        ("2,0", "KGM", (2, "KGM")),
        ("1,5", "MTR", (150, "CMT")),
        ("0,125", "MTR", (125, "MMT")),
        ("0,75", "LTR", (750, "MLT")),
        ("1.500", "GRM", (1_500, "GRM")),
        ("1 500", "KGM", (1_500, "KGM")),
    ],
)
def test_decimals_are_told_in_a_smaller_unit(typed: str, uom: str, found: tuple[int, str]) -> None:
    assert read_amount(typed, uom) == Amount(*found)


@pytest.mark.parametrize(
    ("typed", "uom", "wrong"),
    [
        ("", "KGM", "EMPTY"),
        ("1,250", "KGM", "UNCLEAR"),
        ("1.250", "LTR", "UNCLEAR"),
        ("1,5", "H87", "NUMBER"),
        ("1,5", "GRM", "NUMBER"),
        ("0,0001", "KGM", "AMOUNT"),
        ("0,0", "KGM", "AMOUNT"),
        ("999999999,5", "KGM", "AMOUNT"),
        ("1,5,5", "KGM", "AMOUNT"),
        ("-1,5", "MTR", "AMOUNT"),
        ("hai cân", "KGM", "AMOUNT"),
        ("0", "KGM", "AMOUNT"),
    ],
)
def test_what_cannot_be_told_whole_is_named(typed: str, uom: str, wrong: str) -> None:
    assert read_amount(typed, uom) == Amount(0, uom, wrong)


@given(st.text(max_size=14), st.sampled_from(["KGM", "MTR", "LTR", "GRM", "H87"]))
def test_an_amount_is_whole_and_small_enough_or_wrong(typed: str, uom: str) -> None:
    found = read_amount(typed, uom)
    assert (1 <= found.amount <= AMOUNT_MAX) != bool(found.wrong)


@pytest.mark.parametrize(
    ("amount", "uom", "share", "typed"),
    [
        (5, "KGM", Fraction(12, 24), ("2,5", "KGM")),
        (24, "H87", Fraction(12, 24), ("12", "H87")),
        (17, "KGM", Fraction(1, 8), ("2125", "GRM")),
        (1, "KGM", Fraction(1, 4), ("0,25", "KGM")),
        (40, "KGM", Fraction(5, 2), ("100", "KGM")),
        (5, "KGM", Fraction(1, 3), None),
        (25, "H87", Fraction(1, 2), None),
        (5, "GRM", Fraction(1, 2), None),
    ],
)
def test_a_share_is_exact_or_nothing(
    amount: int, uom: str, share: Fraction, typed: tuple[str, str] | None
) -> None:
    assert scaled(amount, uom, share) == typed
    if typed is not None:
        read = read_amount(*typed)
        divisor = 1000 if (uom, read.uom) == ("KGM", "GRM") else 1
        assert (Fraction(read.amount, divisor), read.wrong) == (amount * share, "")
