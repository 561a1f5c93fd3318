"""The tag that remembers: what was drawn is given again, and memory has an end."""

from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel

from shop.web import remember
from shop.web.remember import RememberExtension

SOURCE = "{% remember key %}{{ draw() }}{% endremember %}"


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    app = Flask(__name__, template_folder=str(tmp_path))
    Babel(app)
    app.jinja_env.add_extension(RememberExtension)
    return app


def _extension(app: Flask) -> RememberExtension:
    found = app.jinja_env.extensions[RememberExtension.identifier]
    assert isinstance(found, RememberExtension)
    return found


def _draw(app: Flask, key: int, words: str) -> str:
    with app.test_request_context("/"):
        return app.jinja_env.from_string(SOURCE).render(key=key, draw=lambda: words)


def test_key_that_was_drawn_is_not_drawn_again(app: Flask) -> None:
    assert [_draw(app, 1, words) for words in ("first", "second")] == ["first", "first"]
    assert _draw(app, 2, "second") == "second"


def test_characters_remembered_have_an_end(app: Flask) -> None:
    part = "x" * 1_000_000
    for key in range(12):
        _draw(app, key, part)
    kept = _extension(app)._drawn
    assert sum(map(len, kept.values())) <= remember.CHARACTERS_REMEMBERED
    assert _draw(app, 11, "again") == part
    assert _draw(app, 0, "again") == "again"


def test_part_larger_than_the_memory_is_drawn_and_forgotten(app: Flask) -> None:
    assert len(_draw(app, 1, "x" * 9_000_000)) == 9_000_000
    assert len(_extension(app)._drawn) == 0
    assert _draw(app, 1, "small") == "small"
