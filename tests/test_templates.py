"""Templates: each parses, has no words of its own, and escapes whatever is stored."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import nodes
from sqlalchemy import text

from shop.app import create_app
from shop.config import templates_folder
from tests.conftest import VECTORS, Demo, copy_of, services_over
from tests.simulators.elements import Elements

FOLDER = templates_folder()
NAMES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file())

# Words that are the same in every language: the name of the project, of a standard, and a command.
ALLOWED = (
    "Làng nghề",
    "Dữ liệu mẫu",
    "Demo data",
    "GTIN",
    "langnghe record verify",
    "--trust",
    "--root",
    "--records",
    "--bundle",
)
ATTRIBUTES = re.compile(r"""\b(?:alt|title|placeholder|aria-label)=["']([^"'{]+)["']""")
COMMANDS = re.compile(r"(?s)<code[^>]*>.*?</code>|<svg.*?</svg>")


@pytest.mark.parametrize("name", NAMES)
def test_template_parses(app: Flask, name: str) -> None:
    app.jinja_env.get_template(name)


@pytest.mark.parametrize("name", NAMES)
def test_template_ends_in_a_name_that_is_escaped(app: Flask, name: str) -> None:
    """Flask escapes by the ending of the name; any other one would print raw text."""
    assert name.endswith((".html", ".xml"))
    assert app.select_jinja_autoescape(name)


@pytest.mark.parametrize("name", NAMES)
def test_template_turns_off_no_escaping(app: Flask, name: str) -> None:
    tree = app.jinja_env.parse((FOLDER / name).read_text(encoding="utf-8"))
    filters = {node.name for node in tree.find_all(nodes.Filter)}
    assert not filters & {"safe", "tojson", "unsafe"}
    assert list(tree.find_all(nodes.ScopedEvalContextModifier)) == []
    assert list(tree.find_all(nodes.EvalContextModifier)) == []


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".html")])
def test_template_has_no_words_outside_the_catalogue(app: Flask, name: str) -> None:
    source = COMMANDS.sub(" ", (FOLDER / name).read_text(encoding="utf-8"))
    source = re.sub(r"(?s){#.*?#}", "", source)
    # Expressions go before the tags are taken out, because a `>` in one would end a tag too early.
    bare = re.sub(r"(?s){{.*?}}|{%.*?%}", " ", source)
    for allowed in ALLOWED:
        bare = bare.replace(allowed, " ")
    found = re.findall(r"[^\W\d_]{2,}", re.sub(r"(?s)<[^>]*>", " ", bare))
    assert found == []
    attributes = [value for value in ATTRIBUTES.findall(bare) if re.search(r"[^\W\d_]{2,}", value)]
    assert attributes == []


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".html")])
def test_template_asks_for_nothing_from_elsewhere(name: str) -> None:
    source = (FOLDER / name).read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", source)
    assert " style=" not in source
    assert not re.search(r"\son[a-z]+=", source)


@pytest.mark.parametrize(
    "name", [name for name in NAMES if "/_" not in f"/{name}" and name.endswith(".html")]
)
def test_page_stays_short(name: str) -> None:
    assert len((FOLDER / name).read_text(encoding="utf-8").splitlines()) <= 80


# --- Stored text ------------------------------------------------------------------------------------

PRODUCT, VILLAGE, WORKSHOP = "binh-hoa-men-lam", "bat-trang", "xuong-mau-1"
SHOWN_ON = (
    f"/products/{PRODUCT}",
    f"/villages/{VILLAGE}",
    f"/workshops/{WORKSHOP}",
    "/products?page=9",
    "/villages",
    "/",
)


@pytest.fixture(scope="module")
def writable(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A visitor of a copy of the demo whose texts may be changed."""
    own = copy_of(live_demo, tmp_path_factory.mktemp("hostile") / "data")
    with services_over(own) as built:
        yield create_app(own.settings(), built).test_client()


def _store(client: FlaskClient, value: str) -> None:
    """Puts a text into every column of words that these pages show."""
    both = {"vi": value, "en": value}
    document = json.dumps(
        {"summary": both, "making": both, "materials": [], "bought_in": [{"name": both}], "care": both}
        | {"warnings": both, "dimensions": None}
    )
    with client.application.extensions["langnghe"].database.write() as session:
        session.execute(
            text("UPDATE products SET name_vi=:v, name_en=:v, document=:d WHERE slug=:s"),
            {"v": value, "d": document, "s": PRODUCT},
        )
        session.execute(
            text("UPDATE villages SET name=:v, craft_vi=:v, craft_en=:v, commune_name=:v WHERE slug=:s"),
            {"v": value, "s": VILLAGE},
        )
        session.execute(
            text(
                "UPDATE workshops SET name_vi=:v, name_en=:v, story_vi=:v, story_en=:v, place_vi=:v "
                "WHERE slug=:s"
            ),
            {"v": value, "s": WORKSHOP},
        )


def _hostile() -> list[str]:
    """Gives the shared list of cross-site scripts and of naughty strings, and a few of our own."""
    own = [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onfocus=x autofocus '",
        "</title><script>",
    ]
    own += ["{{ ''.__class__ }}", "{% raw %}", "{#", "%(name)s", "%s %d %", "&lt;b&gt;", "]]>", "--><script>"]
    scripts, naughty = (
        VECTORS / "security" / "xss" / "MarioXSSVectors.txt",
        VECTORS / "security" / "blns" / "blns.json",
    )
    if scripts.exists():
        own += [
            line
            for line in scripts.read_text(encoding="utf-8", errors="replace").splitlines()
            if line.strip()
        ]
        own += [line for line in json.loads(naughty.read_text(encoding="utf-8")) if line]
    return [line.replace("\x00", "") for line in own]


def _joined(values: list[str], size: int) -> list[str]:
    """Joins texts in groups, so that a page is drawn once for each group."""
    return [" ".join(values[start : start + size]) for start in range(0, len(values), size)]


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_stored_text_adds_no_element_and_no_handler(writable: FlaskClient, lang: str) -> None:
    _store(writable, "plain words")
    paths = [f"{path}{'&' if '?' in path else '?'}lang={lang}" for path in SHOWN_ON]
    plain = {path: Elements(writable.get(path).text) for path in paths}
    for value in _joined(_hostile(), 40):
        _store(writable, value)
        for path in paths:
            response = writable.get(path)
            assert response.status_code == 200
            seen = Elements(response.text)
            # A list in the order of names has the same elements in another order.
            assert sorted(seen.found) == sorted(plain[path].found), value[:200]
            assert sorted(seen.addresses) == sorted(plain[path].addresses)


@pytest.mark.slow
def test_each_hostile_text_alone_adds_no_element(writable: FlaskClient) -> None:
    _store(writable, "plain words")
    plain = {path: Elements(writable.get(path).text).found for path in SHOWN_ON[:3]}
    for value in _hostile():
        _store(writable, value)
        for path, found in plain.items():
            assert Elements(writable.get(path).text).found == found, value[:200]


@pytest.mark.parametrize(
    "expression", ["{{7*7}}", "{{ config }}", "{% if 1 %}49{% endif %}", "${7*7}", "#{7*7}"]
)
def test_stored_expression_is_printed_as_it_stands(writable: FlaskClient, expression: str) -> None:
    _store(writable, expression)
    for path in SHOWN_ON[:3]:
        page = writable.get(path).text
        assert expression in page
        assert "only-for-tests" not in page


def test_stored_text_of_a_label_page_is_escaped(writable: FlaskClient) -> None:
    services = writable.application.extensions["langnghe"]
    with services.database.read() as session:
        label = session.execute(
            text("SELECT sample_label FROM lots JOIN products ON products.id = product_id WHERE slug = :s"),
            {"s": PRODUCT},
        ).scalars()
        path = "/" + str(next(iter(label))).split("/", 3)[3]
    _store(writable, "plain words")
    plain = Elements(writable.get(path).text).found
    for value in _joined(_hostile(), 100):
        _store(writable, value)
        assert Elements(writable.get(path).text).found == plain


@pytest.mark.parametrize("field", ["village", "craft", "sort", "min", "page", "lang"])
def test_words_of_an_address_are_escaped(client: FlaskClient, field: str) -> None:
    plain = Elements(client.get("/products", query_string={field: "zz"}).text)
    for value in ('"><script>alert(1)</script>', "' onmouseover='x", "javascript:alert(1)", "{{7*7}}"):
        seen = Elements(client.get("/products", query_string={field: value}).text)
        assert seen.found == plain.found
        assert not any(address.lower().startswith("javascript:") for address in seen.addresses)


@pytest.mark.parametrize("value", ['"><script>alert(1)</script>', "</textarea><script>", "' onfocus='x"])
def test_typed_code_is_escaped_when_it_comes_back(client: FlaskClient, value: str) -> None:
    seen = Elements(client.post("/verify", data={"code": value}).text)
    # The page has scripts of its own: those that it has without any code.
    assert _scripts(seen) == _scripts(Elements(client.post("/verify", data={"code": "BH-1"}).text))
    assert not any(name.startswith("on") for _, names in seen.found for name in names)


def _scripts(page: Elements) -> list[tuple[str, tuple[str, ...]]]:
    return [(tag, names) for tag, names in page.found if tag == "script"]


def test_templates_are_all_used() -> None:
    """Every template is named by code or by another template, so that none is left behind."""
    sources = [path.read_text(encoding="utf-8") for path in FOLDER.rglob("*") if path.is_file()]
    sources += [path.read_text(encoding="utf-8") for path in Path(FOLDER.parent, "shop").rglob("*.py")]
    outcomes = ("verified", "caution", "revoked", "invalid", "unknown")
    built = {f"verify/_{outcome}.html" for outcome in outcomes}
    unused = [name for name in NAMES if name not in built and not any(name in source for source in sources)]
    assert unused == []
