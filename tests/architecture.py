"""The picture of docs/architecture.md as data and a checker: arrows, doors, places, names, sizes, tests."""

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

__all__ = ["ARROWS", "DOORS", "judge_tests", "judge_tree"]

MODULE_LINES = 400
FUNCTION_LINES = 40
ANY = "traceability"
CORE = "traceability.errors traceability.limits traceability.base58 traceability.clock"
FORMS = f"{CORE} traceability.records traceability.signing"
BASE = "shop.config shop.errors shop.money shop.folding shop.passwords"
BELOW = f"{ANY} {BASE} shop.media shop.csv_tables shop.db shop.facts shop.services"

# A place, and what it may import besides itself. The longest name that fits a module is its place.
ARROWS = {
    "traceability.errors": "",
    "traceability.limits": "",
    "traceability.base58": "traceability.errors",
    "traceability.clock": "traceability.errors",
    "traceability.records": CORE,
    "traceability.labels": CORE,
    "traceability.signing": CORE,
    "traceability.signing.did": f"{CORE} traceability.signing",
    "traceability.signing.keys": CORE,
    "traceability.signing.proof": f"{CORE} traceability.signing.keys "
    "traceability.records.canonical traceability.records.envelope",
    "traceability.signing.trust": f"{CORE} traceability.signing",
    "traceability.signing.trust_text": f"{CORE} traceability.signing traceability.records.canonical",
    "traceability.ledger": f"{CORE} traceability.signing.keys",
    "traceability.export": FORMS,
    "traceability.subjects": f"{CORE} traceability.records",
    "traceability.policy": f"{FORMS} traceability.ledger traceability.subjects",
    "traceability.evidence": f"{FORMS} traceability.ledger",
    "traceability.entry": f"{FORMS} traceability.ledger traceability.evidence",
    "traceability.logged": f"{CORE} traceability.ledger traceability.evidence traceability.entry",
    "traceability.chain": f"{FORMS} traceability.evidence",
    "traceability.verdict": f"{CORE} traceability.chain traceability.labels.code traceability.logged",
    "traceability.validity": f"{CORE} traceability.records traceability.evidence traceability.chain "
    "traceability.verdict",
    "traceability.status_lists": f"{FORMS} traceability.evidence traceability.policy",
    "traceability.status": f"{FORMS} traceability.evidence traceability.chain traceability.policy "
    "traceability.verdict traceability.validity traceability.status_lists",
    "traceability.roots": f"{CORE} traceability.ledger.note traceability.records.canonical",
    "traceability.ceremony": f"{FORMS} traceability.ledger.note",
    "traceability.bundle_files": f"{FORMS} traceability.evidence traceability.roots",
    "traceability.bundle": f"{FORMS} traceability.ledger traceability.evidence traceability.bundle_files",
    "traceability.issue": f"{FORMS} traceability.ledger traceability.labels traceability.evidence "
    "traceability.policy",
    "traceability.tokens": f"{FORMS} traceability.export.jwt traceability.evidence "
    "traceability.policy traceability.verdict traceability.verify",
    "traceability.corrected": f"{FORMS} traceability.labels traceability.evidence",
    "traceability.verify": f"{FORMS} traceability.ledger traceability.labels traceability.evidence "
    "traceability.policy traceability.chain traceability.validity traceability.status "
    "traceability.verdict traceability.logged traceability.corrected",
    "traceability.cli": ANY,
    "traceability.__main__": "traceability.cli",
    "traceability.__init__": "traceability.errors traceability.evidence traceability.signing.trust "
    "traceability.verdict traceability.verify",
    "shop.errors": "",
    "shop.money": "shop.errors",
    "shop.folding": "",
    "shop.passwords": "shop.errors",
    "shop.config": "shop.errors shop.passwords traceability.errors traceability.labels.code",
    "shop.images": "shop.errors traceability.errors traceability.labels.decoding "
    "traceability.labels.picture_parts",
    "shop.voice_containers": "",
    "shop.voice_plain": "shop.voice_containers",
    "shop.voice_notes": "shop.errors shop.voice_containers shop.voice_plain",
    "shop.media": "shop.errors shop.images shop.voice_notes traceability.ledger.files "
    "traceability.records.canonical",
    "shop.csv_tables": "shop.errors shop.folding",
    "shop.facts": f"{ANY} {BASE}",
    "shop.db": f"{ANY} {BASE}",
    "shop.services": BELOW,
    "shop.demo": BELOW,
    "shop.desk_wiring": BELOW,
    "shop.wiring": f"{BELOW} shop.demo shop.desk_wiring",
    "shop.log_wiring": f"{BELOW} shop.demo shop.wiring",
    "shop.web": f"{ANY} {BASE} shop.csv_tables shop.services shop.wiring shop.log_wiring",
    "shop.app": f"{BASE} shop.wiring shop.web",
    "shop.serve": f"{BASE} shop.app shop.wiring shop.web.current",
    "shop.audit": f"{ANY} shop.db shop.errors shop.facts",
    "shop.operating": f"{BELOW} shop.audit shop.demo shop.wiring shop.log_wiring",
    "shop.commands": f"{BELOW} shop.demo shop.wiring shop.app shop.serve shop.web.static_pages "
    "shop.operating.one_line shop.operating.running",
    "shop.cli": f"traceability.cli {BASE} shop.commands",
    "shop.__init__": "shop.app",
}
DOORS = {
    "cryptography": "traceability.signing.keys",
    "rfc8785": "traceability.records.canonical",
    "qrcode": "traceability.labels.qr",
    "zxingcpp": "traceability.labels.qr traceability.labels.read",
    "PIL": "traceability.labels.decoding traceability.labels.qr traceability.labels.read "
    "traceability.labels.roll shop.images shop.demo.illustrations",
    "reportlab": "traceability.labels.font",
    "font_source_sans_pro": "traceability.labels.font",
    "click": "traceability.cli shop.commands shop.operating",
    "sqlalchemy": "shop.db shop.services shop.demo shop.wiring shop.audit shop.operating",
    "alembic": "shop.db.migrations",
    "pydantic": "shop.config",
    "pydantic_settings": "shop.config",
    "gunicorn": "shop.serve",
    "stdnum": "shop.services.typed.identifiers",
    "flask": "shop.web shop.app shop.serve",
    "werkzeug": "shop.web",
    "markupsafe": "shop.web",
    "flask_babel": "shop.web shop.app",
    "jinja2": "shop.web.remember",
    "flask_compress": "shop.app",
    "argon2": "shop.passwords",
    "phonenumbers": "shop.services.access.sign_in_names",
    "limits": "shop.web.guards",
    "flask_security": "shop.web.guards",
    "flask_wtf": "shop.web.guards",
    "itsdangerous": "shop.web.sessions",
}


def judge_tree(root: Path) -> list[str]:
    """Gives what is wrong with the packages `traceability` and `shop` under a folder, one line each."""
    texts = {
        ".".join(path.relative_to(root).with_suffix("").parts): path.read_text("utf-8")
        for package in ("traceability", "shop")
        for path in sorted((root / package).rglob("*.py"))
    }
    trees = {name: ast.parse(text) for name, text in texts.items()}
    found = {name: list(_imports(name, tree, trees)) for name, tree in trees.items()}
    mistakes = [line for name, text in texts.items() for line in _judge_sizes(name, text, trees[name])]
    mistakes += [line for name, targets in found.items() for line in _judge_imports(name, targets)]
    mistakes += [line for name, tree in trees.items() for line in _judge_names(name, tree, trees)]
    return mistakes + _cycles({name: set(targets) & trees.keys() for name, targets in found.items()})


def judge_tests(root: Path) -> list[str]:
    """Gives what is wrong with the tests under a folder, one line each.

    What two of them share is a simulator or a fixture; a unit test lies in the folder of what it tests.
    """
    files = sorted((root / "tests").rglob("*.py"))
    texts = {path.relative_to(root): path.read_text("utf-8") for path in files}
    names = {path: ".".join(path.with_suffix("").parts) for path in texts}
    modules = dict.fromkeys(names.values())
    mistakes = []
    for path, text in texts.items():
        for target in _imports(names[path], ast.parse(text), modules):
            if any(part.startswith("test_") for part in target.split(".")):
                mistakes.append(f"{names[path]}: imports from {target}")
        folder = path.parent.parts[2:]
        package = () if folder[:1] == ("shop",) else ("traceability",)
        if path.parts[1] == "unit" and not root.joinpath(*package, *folder).is_dir():
            mistakes.append(f"{names[path]}: lies in no folder of the tree")
    return mistakes


@lru_cache(1_000)
def _nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    """Gives what the checker looks at: imports and functions."""
    wanted = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef
    return tuple(node for node in ast.walk(tree) if isinstance(node, wanted))


def _lies_in(name: str, places: str) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places.split())


def _place(name: str) -> str | None:
    """Gives the place of a module; a file directly under a package needs one of its own."""
    if name in ARROWS or name.count(".") == 1:
        return name if name in ARROWS else None
    return max((place for place in ARROWS if _lies_in(name, place)), key=len, default=None)


def _imports(name: str, tree: ast.Module, modules: Mapping[str, object]) -> Iterator[str]:
    """Gives every import, in functions too; `from package import module` is an import of the module."""
    for node in _nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                for target in (f"{base}.{alias.name}", f"{base}.{alias.name}.__init__", f"{base}.__init__"):
                    if target in modules and target != name:
                        yield target
                        break
                else:
                    yield base


def _judge_sizes(name: str, text: str, tree: ast.Module) -> Iterator[str]:
    if _place(name) is None:
        yield f"{name}: has no place in the picture"
    if len(text.splitlines()) > MODULE_LINES:
        yield f"{name}: has {len(text.splitlines())} lines, at most {MODULE_LINES}"
    imported = [node.lineno for node in _nodes(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    for node in _nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            end = node.end_lineno or node.lineno
            if end - node.lineno >= FUNCTION_LINES:
                yield f"{name}: {node.name} has {end - node.lineno + 1} lines, at most {FUNCTION_LINES}"
            if any(node.lineno <= line <= end for line in imported):
                yield f"{name}: {node.name} imports at run time"


def _judge_imports(name: str, targets: list[str]) -> Iterator[str]:
    place = _place(name) or ""
    allowed = f"{ARROWS.get(place, '')} {place}"
    for target in dict.fromkeys(targets):
        top = target.partition(".")[0]
        if not top:
            yield f"{name}: imports relatively"
        elif top in {"traceability", "shop"}:
            if not _lies_in(target, allowed):
                yield f"{name}: may not import {target}"
        elif top not in sys.stdlib_module_names and not _lies_in(name, DOORS.get(top, "")):
            yield f"{name}: is no door of {top}"


def _judge_names(name: str, tree: ast.Module, trees: Mapping[str, ast.Module]) -> Iterator[str]:
    """What a module takes from another of ours must stand in that one's `__all__`, if it has one."""
    for node in _nodes(tree):
        if not isinstance(node, ast.ImportFrom) or node.module is None:
            continue
        source = trees.get(node.module) or trees.get(f"{node.module}.__init__")
        public = _public(source) if source is not None else None
        for alias in node.names if public is not None else ():
            is_module = {f"{node.module}.{alias.name}", f"{node.module}.{alias.name}.__init__"} & trees.keys()
            if alias.name not in public and not is_module:
                yield f"{name}: imports {alias.name}, which is not in __all__ of {node.module}"


@lru_cache(1_000)
def _public(tree: ast.Module) -> frozenset[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return frozenset(ast.literal_eval(node.value))
    return None


def _cycles(graph: Mapping[str, set[str]]) -> list[str]:
    """Takes away what imports nothing that is left, or what nothing left imports; cycles remain."""
    left = {name: targets - {name} for name, targets in graph.items()}
    while True:
        imported = set[str]().union(*left.values())
        free = [name for name, targets in left.items() if not targets & left.keys() or name not in imported]
        if not free:
            return [f"{name}: stands in a cycle of imports" for name in left]
        for name in free:
            del left[name]
