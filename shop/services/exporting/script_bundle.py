"""Joining JavaScript modules of ours into one classic script: a page opened from a file may import none.

It understands the few forms that our modules use and refuses all others, so that nothing is joined wrongly:
named imports from relative paths, exported declarations, and named exports from another module.
"""

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shop.errors import ConfigurationError

__all__ = ["join_scripts"]

_IMPORT: Final = re.compile(r"^import \{([^{}]*)\} from '(\.{1,2}/[\w./-]+)';\n", re.MULTILINE)
_PASSED_ON: Final = re.compile(r"^export \{([^{}]*)\} from '(\.{1,2}/[\w./-]+)';\n", re.MULTILINE)
# No `let`: its value is copied when a module has run, so a later change would be lost.
_DECLARED: Final = re.compile(r"^export ((?:async )?function\*?|class|const) (\w+)", re.MULTILINE)
_LEFT_OVER: Final = re.compile(r"^\s*(?:import|export)\b.*", re.MULTILINE)
_NAME: Final = re.compile(r"(\w+)(?: as (\w+))?")

_Names = list[tuple[str, str]]  # a name where it comes from, and where it goes


@dataclass(frozen=True, slots=True)
class _Module:
    imports: list[tuple[_Names, str]]
    passed_on: list[tuple[_Names, str]]
    declared: list[str]
    body: str


def join_scripts(folder: Path, entry: str, *, name: str) -> str:
    """Gives one script that runs the modules in the order of their imports; the same files, the same text.

    Args:
        folder: what the modules lie in; none outside of it is read.
        entry: path of the first module below `folder`.
        name: of the global object that gets what the first module exports.

    Raises:
        ConfigurationError: BAD_SCRIPT, for a form that is not understood, a module that is not there, or
            modules that import each other in a circle.
    """
    order: dict[str, _Module] = {}
    _collect(entry, folder, order, ())
    places = {path: f"$m{index}" for index, path in enumerate(order)}
    joined = "\n".join(_enclose(path, module, places) for path, module in order.items())
    return f"'use strict';\n(() => {{\n{joined}\nglobalThis.{name} = {places[entry]};\n}})();\n"


def _collect(path: str, folder: Path, order: dict[str, _Module], above: tuple[str, ...]) -> None:
    if path in above:
        raise _bad(path, "the modules import each other in a circle")
    if path in order:
        return
    module = _read(path, folder)
    for _, target in (*module.imports, *module.passed_on):
        _collect(target, folder, order, (*above, path))
    order[path] = module


def _read(path: str, folder: Path) -> _Module:
    try:
        text = (folder / path).read_text(encoding="utf-8")
    except OSError as error:
        raise _bad(path, error.strerror or str(error)) from error

    def resolve(matches: list[tuple[str, str]]) -> list[tuple[_Names, str]]:
        return [(_names(path, names), _target(path, target)) for names, target in matches]

    body = _DECLARED.sub(r"\1 \2", _PASSED_ON.sub("", _IMPORT.sub("", text)))
    if (left := _LEFT_OVER.search(body)) is not None:
        raise _bad(path, f"cannot be joined: {left[0].strip()[:60]}")
    declared = [match[2] for match in _DECLARED.finditer(text)]
    return _Module(resolve(_IMPORT.findall(text)), resolve(_PASSED_ON.findall(text)), declared, body)


def _names(path: str, text: str) -> _Names:
    items = [item.strip() for item in text.split(",") if item.strip()]
    matches = [_NAME.fullmatch(item) for item in items]
    if None in matches:
        raise _bad(path, f"cannot be joined: {{{text.strip()[:60]}}}")
    return [(match[1], match[2] or match[1]) for match in matches if match is not None]


def _target(path: str, target: str) -> str:
    found = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if found.startswith("../"):
        raise _bad(path, f"{target} lies outside of the folder")
    return found


def _enclose(path: str, module: _Module, places: dict[str, str]) -> str:
    """Gives the module as a function that is called once; its own names stay inside."""
    taken = "".join(f"const {{{_pick(names)}}} = {places[target]};\n" for names, target in module.imports)
    given = module.declared + [
        f"{there}: {places[target]}.{source}" for names, target in module.passed_on for source, there in names
    ]
    head, tail = f"// {path}\nconst {places[path]} = (() => {{", f"return {{{', '.join(given)}}};\n}})();"
    return f"{head}\n{taken}{module.body}{tail}"


def _pick(names: _Names) -> str:
    return ", ".join(source if source == here else f"{source}: {here}" for source, here in names)


def _bad(path: str, what: str) -> ConfigurationError:
    return ConfigurationError("BAD_SCRIPT", f"{path}: {what}")
