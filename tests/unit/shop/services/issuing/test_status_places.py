"""Places in a status list: each once, at random, and refused when there is none left."""

import secrets

import pytest

from shop.errors import BadInput
from shop.services.issuing.status_places import StatusPlaces
from traceability.limits import STATUS_LIST_BITS


def test_chance_decides() -> None:
    places = StatusPlaces({0, 1}, lambda count: count - 1)
    assert [places.take(), places.take()] == [STATUS_LIST_BITS - 1, STATUS_LIST_BITS - 2]
    assert StatusPlaces({0, 1}, lambda count: 0).take() == 2


def test_no_place_is_given_twice() -> None:
    places = StatusPlaces(set(range(100, STATUS_LIST_BITS)), secrets.randbelow)
    assert sorted(places.take() for _ in range(100)) == list(range(100))


def test_the_last_place_is_found() -> None:
    assert StatusPlaces(set(range(STATUS_LIST_BITS)) - {77}, secrets.randbelow).take() == 77


def test_a_full_list_is_refused() -> None:
    places = StatusPlaces(set(range(STATUS_LIST_BITS)), secrets.randbelow)
    with pytest.raises(BadInput) as caught:
        places.take()
    assert caught.value.code == "LIST_FULL"
