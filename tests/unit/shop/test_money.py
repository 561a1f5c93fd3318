"""Dong: whole and never negative."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.money import Dong


@given(st.integers(0, 10**15))
def test_whole_amount_is_kept(amount: int) -> None:
    assert Dong(amount).amount == amount


@given(st.integers(max_value=-1))
def test_negative_amount_is_refused(amount: int) -> None:
    with pytest.raises(ValueError, match="not negative"):
        Dong(amount)


def test_amounts_are_ordered() -> None:
    assert sorted([Dong(5), Dong(1), Dong(3)]) == [Dong(1), Dong(3), Dong(5)]


def test_amount_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Dong(1).amount = 2  # type: ignore[misc]  # the test is that it fails
