"""Pictures are read two at a time, and one too many is told to come back."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from shop.errors import StorageBusy
from shop.services.checking.pictures import AT_ONCE, Pictures
from traceability.errors import Unreadable


def test_texts_are_those_of_the_reader() -> None:
    assert Pictures(read=lambda data: (data.decode(),)).labels(b"a") == ("a",)


def test_one_too_many_is_told_to_come_back() -> None:
    begun, end = [Event() for _ in range(AT_ONCE)], Event()

    def read(data: bytes) -> tuple[str, ...]:
        begun[int(data)].set()
        end.wait(10)
        return ()

    pictures = Pictures(read=read, wait_s=0.01)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        readings = [threads.submit(pictures.labels, str(number).encode()) for number in range(AT_ONCE)]
        assert all(event.wait(10) for event in begun)
        with pytest.raises(StorageBusy) as caught:
            pictures.labels(b"0")
        end.set()
        assert [reading.result() for reading in readings] == [()] * AT_ONCE
    assert caught.value.code == "PICTURES_BUSY"
    assert pictures.labels(b"0") == ()


def test_picture_that_fails_gives_its_turn_back() -> None:
    pictures = Pictures(wait_s=0.01)
    for _ in range(AT_ONCE + 1):
        with pytest.raises(Unreadable):
            pictures.labels(b"no picture")
