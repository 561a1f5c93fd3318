"""Joining modules into one classic script: what is understood, and that everything else is refused."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

import pytest

from shop.errors import ConfigurationError
from shop.services.exporting.script_bundle import join_scripts
from tests.simulators.mutants import Mutants
from tests.simulators.verifiers import FOLDER, NodeVerifier


def write(folder: Path, **modules: str) -> Path:
    """Writes modules by name."""
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder


def run(script: str, expression: str) -> str:
    """Gives what an expression is after a classic script has run."""
    code = f"(0, eval)({script!r}); process.stdout.write(String({expression}))"
    return subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True, timeout=30).stdout


@pytest.fixture
def node() -> None:
    """Skips without node, but for CI, which has it."""
    if shutil.which("node") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("node is missing, and CI=true allows no such test to skip")
        pytest.skip("node is missing")


@pytest.mark.usefixtures("node")
def test_names_go_from_module_to_module(tmp_path: Path) -> None:
    write(
        tmp_path,
        one="export const A = 1;\nexport function twice(x) {\n  return 2 * x;\n}\n",
        two="import {A as a, twice} from './one.js';\nexport {A} from './one.js';\n"
        "export class Box {\n  value = twice(a);\n}\n",
    )
    script = join_scripts(tmp_path, "two.js", name="joined")
    assert run(script, "new joined.Box().value + joined.A") == "3"


@pytest.mark.usefixtures("node")
def test_what_a_module_does_not_export_stays_inside(tmp_path: Path) -> None:
    write(
        tmp_path,
        one="const hidden = 1;\nexport const A = hidden;\n",
        two="import {A} from './one.js';\nconst hidden = 5;\nexport const B = A + hidden;\n",
    )
    script = join_scripts(tmp_path, "two.js", name="joined")
    assert run(script, "[typeof hidden, Object.keys(joined), joined.B]") == "undefined,B,6"


@pytest.mark.usefixtures("node")
def test_a_module_that_two_need_runs_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        base="globalThis.runs = (globalThis.runs ?? 0) + 1;\nexport const A = 1;\n",
        one="import {A} from './base.js';\nexport const B = A;\n",
        two="import {A} from './base.js';\nimport {B} from './one.js';\nexport const C = A + B;\n",
    )
    assert run(join_scripts(tmp_path, "two.js", name="joined"), "[runs, joined.C]") == "1,2"


def test_the_same_modules_give_the_same_script() -> None:
    static = FOLDER.parent
    scripts = {join_scripts(static, "checker/main.js", name="langnghe") for _ in range(2)}
    assert len(scripts) == 1


@pytest.mark.parametrize(
    "text",
    [
        "import one from './one.js';\n",
        "import * as one from './one.js';\n",
        "import './one.js';\n",
        "import {A} from 'somewhere';\n",
        'import {A} from "./one.js";\n',
        "export default 1;\n",
        "export let changing = 1;\n",
        "export * from './one.js';\n",
        "export const {A, B} = C;\n",
        "const a = 1;\nexport {a};\n",
        "  import {A} from './one.js';\n",
    ],
)
def test_other_forms_are_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path, one="export const A = 1;\n", main=text)
    with pytest.raises(ConfigurationError) as caught:
        join_scripts(tmp_path, "main.js", name="joined")
    assert caught.value.code == "BAD_SCRIPT"


def test_modules_in_a_circle_are_refused(tmp_path: Path) -> None:
    write(
        tmp_path,
        one="import {B} from './two.js';\nexport const A = 1;\n",
        two="import {A} from './one.js';\nexport const B = 1;\n",
    )
    with pytest.raises(ConfigurationError, match="circle"):
        join_scripts(tmp_path, "one.js", name="joined")


def test_a_module_outside_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    write(tmp_path, one="export const A = 1;\n")
    write(tmp_path / "inside", main="import {A} from '../one.js';\n")
    with pytest.raises(ConfigurationError, match="outside"):
        join_scripts(tmp_path / "inside", "main.js", name="joined")


def test_a_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    write(tmp_path, main="import {A} from './gone.js';\n")
    with pytest.raises(ConfigurationError, match=r"gone\.js"):
        join_scripts(tmp_path, "main.js", name="joined")


@pytest.mark.usefixtures("node")
@pytest.mark.slow
def test_the_joined_verifier_gives_the_verdicts_of_the_modules(tmp_path: Path) -> None:
    folder = tmp_path / "verifier"
    shutil.copytree(FOLDER, folder)
    script = join_scripts(FOLDER.parent, "verifier/index.js", name="joined")
    (folder / "joined.js").write_text(script, encoding="utf-8")
    names = "Reader, Reason, openTrustList, parseRoots, verdictToJson, verifyLabel, verifyRecord"
    index = f"import './joined.js';\nexport const {{{names}}} = globalThis.joined;\n"
    (folder / "index.js").write_text(index, encoding="utf-8")
    mutants = Mutants(secrets.randbits(32))
    questions = [mutants.base(), *mutants.draw(150)]
    asked = [one for one in questions if one["ask"] in {"context", "verify"}]
    assert len(asked) > 50
    assert NodeVerifier(folder).answers(asked) == NodeVerifier().answers(asked)
