"""The architecture holds in our tree, and the checker catches each kind of violation when it is planted."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import ARROWS, DOORS, judge_tests, judge_tree
from tests.simulators.documents import codes, page, rows, section

ROOT = Path(__file__).parents[1]


def test_the_tree_is_as_the_picture_says():
    assert judge_tree(ROOT) == []


def test_tests_lie_beside_what_they_test_and_share_through_simulators():
    assert judge_tests(ROOT) == []


def full(name):
    """The dotted name of what docs/architecture.md calls so."""
    parts = name.split("/")
    return ".".join(parts if parts[0] in {"traceability", "shop"} else ["traceability", *parts])


def table(heading, groups=None):
    """What stands in the left cells of a table, each with the names on its right, groups written out."""
    found = {}
    for left, right in rows(section(page("docs/architecture.md"), heading)):
        names = set()
        for name in codes(right):
            names |= (groups or found).get(name) or {full(name)}
        found |= dict.fromkeys(codes(left), names)
    return found


def test_the_document_has_the_arrows_that_are_checked():
    written = table("### Places", table("### Groups"))
    assert {full(name): names for name, names in written.items()} == {
        place: set(targets.split()) for place, targets in ARROWS.items()
    }


def test_the_document_has_the_doors_that_are_checked():
    assert table("## Doors") == {library: set(places.split()) for library, places in DOORS.items()}


# --- The folders: each module is named in the row of its folder -----------------------------------

LIBRARY, SHOP = "## The library: four questions, four folders", "## The shop"
SERVICES = "### The services: a folder per question"
FOLDERS = {LIBRARY: ROOT, "### The shop's other folders": ROOT / "shop", SERVICES: ROOT / "shop" / "services"}
# A file per command group, and Alembic's own.
UNNAMED = ("traceability/cli", "shop/db/migrations", "shop/db/migrations/versions")


def modules(folder):
    return {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__"}


def folder_rows():
    """Each folder of the tables, with the modules that its row names."""
    for heading, above in FOLDERS.items():
        for row in rows(section(page("docs/architecture.md"), heading)):
            for folder in codes(row[0]):
                yield above / folder, {name for name in codes(row[-1]) if re.fullmatch("[a-z0-9_]+", name)}


def test_a_row_names_the_modules_of_its_folder():
    named = dict(folder_rows())
    assert named == {folder: modules(folder) for folder in named}


def test_each_folder_with_modules_has_its_row():
    files = [path for name in ("traceability", "shop") for path in (ROOT / name).rglob("*.py")]
    folders = {path.parent for path in files if modules(path.parent)}
    named = {folder for folder, _ in folder_rows()} | {ROOT / folder for folder in UNNAMED}
    assert folders - named == {ROOT / "traceability", ROOT / "shop", ROOT / "shop" / "services"}


@pytest.mark.parametrize(
    ("folder", "heading", "prefix"),
    [("traceability", LIBRARY, ""), ("shop", SHOP, ""), ("shop/services", SERVICES, "services/")],
)
def test_modules_outside_of_the_folders_are_named_too(folder, heading, prefix):
    named = codes(section(page("docs/architecture.md"), heading))
    assert {f"{prefix}{name}" for name in modules(ROOT / folder)} - set(named) == set()


# --- Planted mistakes -----------------------------------------------------------------------------

# A file, what is planted at its end, and what must be said of it.
PLANTED = [
    ("traceability/records/terms.py", "import shop.money", "may not import shop.money"),
    (
        "traceability/records/terms.py",
        "import traceability.signing.keys",
        "may not import traceability.signing.keys",
    ),
    (
        "traceability/signing/keys.py",
        "import traceability.records.canonical",
        "may not import traceability.records",
    ),
    (
        "traceability/signing/trust.py",
        "import traceability.ledger.note",
        "may not import traceability.ledger.note",
    ),
    (
        "traceability/labels/code.py",
        "from traceability import records",
        "may not import traceability.records",
    ),
    (
        "traceability/ledger/merkle.py",
        "from traceability.records.terms import Party",
        "may not import traceability",
    ),
    ("traceability/limits.py", "import traceability.errors", "may not import traceability.errors"),
    ("traceability/verify.py", "import traceability.issue", "may not import traceability.issue"),
    ("traceability/policy.py", "import traceability.verify", "cycle"),
    (
        "shop/db/lots.py",
        "import shop.services.storefront.values",
        "may not import shop.services.storefront.values",
    ),
    ("shop/services/storefront/cards.py", "import shop.demo.build", "may not import shop.demo.build"),
    ("shop/web/verify.py", "import shop.db.session", "may not import shop.db.session"),
    ("shop/errors.py", "import shop.money", "may not import shop.money"),
    ("traceability/verify.py", "import flask", "no door of flask"),
    ("traceability/labels/seal.py", "import cryptography", "no door of cryptography"),
    ("traceability/evidence.py", "import rfc8785", "no door of rfc8785"),
    ("traceability/labels/seal.py", "import zxingcpp", "no door of zxingcpp"),
    ("shop/web/verify.py", "import PIL.Image", "no door of PIL"),
    ("shop/web/storefront.py", "from sqlalchemy import select", "no door of sqlalchemy"),
    ("shop/services/storefront/cards.py", "import flask", "no door of flask"),
    ("shop/money.py", "import numpy", "no door of numpy"),
    ("shop/db/base.py", "from . import engines", "imports relatively"),
    ("shop/web/links.py", "from shop.config import SECRET_MIN_CHARS", "which is not in __all__"),
    ("shop/db/scans.py", "def late():\n    import json", "late imports at run time"),
    ("shop/db/gate.py", "def long():\n" + "    pass\n" * 40, "long has 41 lines"),
    ("shop/db/engines.py", "\n" * 400, "lines, at most 400"),
    ("shop/helpers.py", "", "no place in the picture"),
    ("traceability/network/client.py", "", "no place in the picture"),
    ("shop/services/storefront/cards.py", "import shop.services.storefront.catalogue", "cycle"),
]


@pytest.fixture(scope="module")
def mistakes(tmp_path_factory):
    """What the checker says of a copy of the tree in which all of them are planted."""
    root = tmp_path_factory.mktemp("tree")
    for path in (path for package in ("traceability", "shop") for path in (ROOT / package).rglob("*.py")):
        (root / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, root / path.relative_to(ROOT))
    for file, text, _ in PLANTED:
        (root / file).parent.mkdir(exist_ok=True)
        with (root / file).open("a", encoding="utf-8") as copy:
            copy.write(f"\n{text}\n")
    return judge_tree(root)


@pytest.mark.parametrize(("file", "text", "mistake"), PLANTED)
def test_a_planted_violation_is_caught(mistakes, file, text, mistake):
    module = file.removesuffix(".py").replace("/", ".")
    assert any(line.startswith(f"{module}: ") and mistake in line for line in mistakes)


def test_what_nobody_planted_is_not_said(mistakes):
    """A module without a violation is named only where it stands above a planted cycle."""
    planted = {file.removesuffix(".py").replace("/", ".") for file, _, _ in PLANTED}
    others = [line for line in mistakes if line.partition(":")[0] not in planted and "cycle" not in line]
    assert others == judge_tree(ROOT)


@pytest.mark.parametrize(
    ("file", "text", "mistake"),
    [
        ("tests/unit/test_b.py", "from tests.unit.test_a import run", "imports from tests.unit.test_a"),
        ("tests/unit/test_b.py", "from tests.unit import test_a", "imports from tests.unit.test_a"),
        ("tests/simulators/b.py", "import tests.unit.test_a", "imports from tests.unit.test_a"),
        ("tests/unit/lots/test_b.py", "", "lies in no folder of the tree"),
        ("tests/unit/shop/records/test_b.py", "", "lies in no folder of the tree"),
        ("tests/unit/records/test_b.py", "from tests.conftest import run", None),
        ("tests/unit/shop/db/test_b.py", "from tests.simulators.a import run", None),
    ],
)
def test_a_planted_mistake_of_tests_is_caught(tmp_path, file, text, mistake):
    for folder in ("traceability/records", "shop/db"):
        (tmp_path / folder).mkdir(parents=True)
    for name, content in (("tests/unit/test_a.py", ""), (file, text)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    module = file.removesuffix(".py").replace("/", ".")
    assert judge_tests(tmp_path) == ([f"{module}: {mistake}"] if mistake else [])


def test_the_library_loads_nothing_of_the_web_or_of_a_database():
    program = "import sys, traceability, traceability.issue, traceability.bundle; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "traceability.verify" in loaded
    assert not {"flask", "sqlalchemy", "stripe", "jinja2", "werkzeug", "shop"} & set(loaded)
