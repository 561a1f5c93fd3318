"""Passwords: hashed by Argon2id, spelt one way, compared in equal time."""

import unicodedata
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.errors import BadInput
from shop.passwords import Passwords

CHEAP = Passwords(memory_kib=8)


def test_a_hash_says_how_it_was_made() -> None:
    assert CHEAP.hash("một câu dài").startswith("$argon2id$v=19$m=8,t=2,p=1$")


def test_two_hashes_of_one_password_differ() -> None:
    assert CHEAP.hash("một câu dài") != CHEAP.hash("một câu dài")


@given(st.text(max_size=40), st.text(max_size=40))
def test_only_the_same_password_matches(one: str, other: str) -> None:
    stored = CHEAP.hash(one)
    assert CHEAP.matches(one, stored)
    is_same = unicodedata.normalize("NFKC", one) == unicodedata.normalize("NFKC", other)
    assert CHEAP.matches(other, stored) == is_same


def test_letters_may_be_composed_either_way() -> None:
    assert CHEAP.matches(unicodedata.normalize("NFD", "mật khẩu"), CHEAP.hash("mật khẩu"))


@pytest.mark.parametrize("stored", [None, "", "$argon2id$", "$argon2id$v=19$m=8,t=2,p=1$x$y", "plain"])
def test_what_is_no_hash_matches_nothing(stored: str | None) -> None:
    assert not CHEAP.matches("", stored)
    assert not CHEAP.matches("plain", stored)


def test_a_lone_surrogate_is_a_password_like_any_other() -> None:
    assert not CHEAP.matches("\ud800", CHEAP.hash("x"))


def test_a_hash_of_other_costs_is_outdated() -> None:
    assert CHEAP.is_outdated(Passwords(memory_kib=16).hash("x"))
    assert not CHEAP.is_outdated(CHEAP.hash("x"))


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "PASSWORD_SHORT"),
        ("abcdefg", "PASSWORD_SHORT"),
        ("x" * 7, "PASSWORD_SHORT"),
        ("ab" * 65, "PASSWORD_LONG"),
        ("12345678", "PASSWORD_COMMON"),
        ("MatKhau123", "PASSWORD_COMMON"),
        ("aaaaaaaa", "PASSWORD_COMMON"),
        ("+84912345678", "PASSWORD_COMMON"),
    ],
)
def test_a_bad_password_is_refused(password: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        CHEAP.demand_good(password, name="+84912345678")
    assert refused.value.code == code


@pytest.mark.parametrize("password", ["mật khẩu dài", "abcdefgh", "đất nung lò bầu" * 8])
def test_a_good_password_is_taken(password: str) -> None:
    CHEAP.demand_good(password, name="+84912345678")


def test_a_password_full_of_marks_is_compared_in_time() -> None:
    """Anybody may send one to the page that signs in, as long as a form may be."""
    begun = process_time()
    assert not CHEAP.matches("\u0300\u0316" * 30_000, CHEAP.hash("một câu dài"))
    assert process_time() - begun < 1
