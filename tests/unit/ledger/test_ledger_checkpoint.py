"""Checkpoints: three lines in one spelling."""

import pytest

from traceability.errors import Refused, Unreadable
from traceability.ledger.checkpoint import Checkpoint

ROOT = bytes(range(32))
TEXT = "demo.example/log\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"


def test_a_checkpoint_reads_back():
    assert Checkpoint.from_text(TEXT) == Checkpoint("demo.example/log", 7, ROOT)
    assert Checkpoint("demo.example/log", 7, ROOT).to_text() == TEXT


@pytest.mark.parametrize("size", [0, 2**63 - 1])
@pytest.mark.parametrize("origin", ["go.sum database tree", "làng nghề", "a"])
def test_origins_with_spaces_and_extreme_sizes_read_back(origin, size):
    head = Checkpoint(origin, size, ROOT)
    assert Checkpoint.from_text(head.to_text()) == head


BAD = {
    "empty": "",
    "no origin": TEXT.replace("demo.example/log", ""),
    "no size": TEXT.replace("7", ""),
    "leading zero": TEXT.replace("7", "07"),
    "plus": TEXT.replace("7", "+7"),
    "minus": TEXT.replace("7", "-7"),
    "space": TEXT.replace("7", " 7"),
    "underscore": TEXT.replace("7", "7_0"),
    "arabic digit": TEXT.replace("7", "٧"),
    "hexadecimal": TEXT.replace("7", "0x7"),
    "too large": TEXT.replace("7", str(2**63)),
    "twenty digits": TEXT.replace("7", "9" * 20),
    "short root": TEXT.replace("AAEC", ""),
    "root of 33 bytes": TEXT.replace("Hh8=", "Hh8A"),
    "loose last bits": TEXT.replace("Hh8=", "Hh9="),
    "no padding": TEXT.replace("=", ""),
    "URL base64": TEXT.replace("AAEC", "__-_"),
    "extension line": TEXT + "more\n",
    "no final newline": TEXT[:-1],
    "carriage return": TEXT.replace("\n7", "\r\n7"),
    "two lines": "demo.example/log\n7\n",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_text_that_is_no_checkpoint_is_refused(text):
    assert text != TEXT
    with pytest.raises(Unreadable):
        Checkpoint.from_text(text)


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [("", 1, ROOT), ("a\nb", 1, ROOT), ("a", -1, ROOT), ("a", 2**63, ROOT), ("a", 1, ROOT[1:])],
)
def test_a_value_that_would_not_read_back_is_refused(origin, size, root):
    with pytest.raises(Refused):
        Checkpoint(origin, size, root)
