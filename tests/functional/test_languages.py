"""Both languages are whole: the catalogue holds exactly what is extracted, and nothing is half translated."""

import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.conftest import PROJECT

PLACEHOLDER = re.compile(r"%\(([a-z_]+)\)[sd]")
METHODS = [("templates/**.html", "jinja2"), ("shop/**.py", "python")]


@cache
def catalogue() -> Catalog:
    data = (PROJECT / "shop" / "translations" / "en" / "LC_MESSAGES" / "messages.po").read_bytes()
    return read_po(BytesIO(data))


@cache
def extracted() -> frozenset[Any]:
    """Gives every text of templates and code, as a string or a pair with its plural."""
    extensions = "shop.web.remember.RememberExtension"
    options = {"templates/**.html": {"trimmed": "true", "silent": "false", "extensions": extensions}}
    found = extract_from_dir(PROJECT, METHODS, options, directory_filter=_is_ours)
    return frozenset(message for _, _, message, _, _ in found)


def _is_ours(folder: Any) -> bool:
    name = str(folder).rstrip("/").rpartition("/")[2]
    return not name.startswith(".") and name not in {"tests", "node_modules", "instance"}


def messages() -> Iterator[Message]:
    return (message for message in catalogue() if message.id)


def test_catalogue_holds_exactly_what_is_extracted() -> None:
    known = {message.id for message in messages()}
    assert len(known) > 150
    assert extracted() - known == set()
    assert known - extracted() == set()


def test_no_translation_is_empty() -> None:
    empty = [message.id for message in messages() for text in _strings(message) if not text.strip()]
    assert empty == []


def test_no_translation_is_fuzzy() -> None:
    assert [message.id for message in messages() if message.fuzzy] == []


def test_no_old_translation_is_kept() -> None:
    assert list(catalogue().obsolete) == []


def test_placeholders_are_the_same_in_both_languages() -> None:
    for message in messages():
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        wanted = set(PLACEHOLDER.findall(ids[-1]))
        for text in _strings(message):
            assert set(PLACEHOLDER.findall(text)) == wanted, message.id


def test_no_translation_is_still_vietnamese() -> None:
    letters = re.compile("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]")
    found = [
        message.id for message in messages() for text in _strings(message) if letters.search(text.lower())
    ]
    assert found == []


def test_no_translation_repeats_a_word_with_another_mark_at_its_end() -> None:
    for message in messages():
        source = message.id if isinstance(message.id, str) else message.id[0]
        for text in _strings(message):
            assert text.endswith(":") == source.endswith(":"), source


def test_every_plural_form_is_given() -> None:
    for message in messages():
        if not isinstance(message.id, str):
            assert len(_strings(message)) == catalogue().num_plurals == 2


@pytest.mark.parametrize("word", ["genuine", "authentic product", "guaranteed"])
def test_english_never_promises_too_much(word: str) -> None:
    assert [text for message in messages() for text in _strings(message) if word in text.lower()] == []


def _strings(message: Message) -> list[str]:
    string = message.string
    return [string] if isinstance(string, str) else list(string or ())
