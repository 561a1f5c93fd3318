"""The architecture holds in our tree, and the checker catches each kind of violation when it is planted."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import judge_tree

ROOT = Path(__file__).parents[1]
LONG_FUNCTION = "def long():\n" + "    pass\n" * 40


def test_the_tree_is_as_the_picture_says():
    assert judge_tree(ROOT) == []


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A copy of the tree, to be planted with violations and put back."""
    root = tmp_path_factory.mktemp("tree")
    for package in ("traceability", "shop"):
        shutil.copytree(
            ROOT / package,
            root / package,
            ignore=lambda folder, names: [
                name for name in names if not name.endswith(".py") and (Path(folder) / name).is_file()
            ],
        )
    return root


@pytest.mark.parametrize(
    ("file", "text", "mistake"),
    [
        ("traceability/records/terms.py", "import shop.money", "may not import shop.money"),
        ("traceability/records/terms.py", "import traceability.signing.keys", "may not import"),
        ("traceability/signing/keys.py", "import traceability.records.canonical", "may not import"),
        ("traceability/signing/trust.py", "import traceability.ledger.note", "may not import"),
        ("traceability/labels/code.py", "from traceability import records", "may not import"),
        ("traceability/ledger/merkle.py", "from traceability.records.terms import Party", "may not import"),
        ("traceability/limits.py", "import traceability.errors", "may not import traceability.errors"),
        ("traceability/verify.py", "import traceability.issue", "may not import traceability.issue"),
        ("traceability/policy.py", "import traceability.verify", "cycle"),
        ("shop/db/lots.py", "import shop.services.values", "may not import shop.services.values"),
        ("shop/services/cards.py", "import shop.demo.build", "may not import shop.demo.build"),
        ("shop/web/verify.py", "import shop.db.session", "may not import shop.db.session"),
        ("shop/errors.py", "import shop.money", "may not import shop.money"),
        ("traceability/verify.py", "import flask", "no door of flask"),
        ("traceability/labels/seal.py", "import cryptography", "no door of cryptography"),
        ("traceability/evidence.py", "import rfc8785", "no door of rfc8785"),
        ("traceability/labels/qr.py", "import zxingcpp", "no door of zxingcpp"),
        ("shop/web/verify.py", "import PIL.Image", "no door of PIL"),
        ("shop/web/storefront.py", "from sqlalchemy import select", "no door of sqlalchemy"),
        ("shop/services/cards.py", "import flask", "no door of flask"),
        ("shop/money.py", "import numpy", "no door of numpy"),
        ("shop/db/lots.py", "from . import base", "imports relatively"),
        ("shop/db/lots.py", "def late():\n    import json", "imports at run time"),
        ("shop/db/lots.py", LONG_FUNCTION, "long has 41 lines"),
        ("shop/db/lots.py", "\n" * 400, "lines, at most 400"),
        ("shop/helpers.py", "", "no place in the picture"),
        ("traceability/network/client.py", "", "no place in the picture"),
        ("shop/services/cards.py", "import shop.services.catalogue", "cycle"),
    ],
)  # fmt: skip
def test_a_planted_violation_is_caught(copied, file, text, mistake):
    path = copied / file
    before = path.read_text("utf-8") if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{before or ''}\n{text}\n", "utf-8")
    try:
        planted = judge_tree(copied)
    finally:
        path.write_text(before, "utf-8") if before is not None else path.unlink()
    module = file.removesuffix(".py").replace("/", ".")
    assert any(line.startswith(f"{module}: ") and mistake in line for line in planted)


def test_the_library_loads_nothing_of_the_web_or_of_a_database():
    program = "import sys, traceability, traceability.issue, traceability.bundle; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "traceability.verify" in loaded
    assert not {"flask", "sqlalchemy", "stripe", "jinja2", "werkzeug", "shop"} & set(loaded)
