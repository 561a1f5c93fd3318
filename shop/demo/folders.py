"""The folders that the demo makes: built aside, put in place whole, and never in place of another's."""

import os
import shutil
from pathlib import Path
from typing import Final

from shop.errors import ConfigurationError
from traceability.roots import ROOTS_FILE

__all__ = ["BUNDLE", "KEYS", "MARKER", "put_in_place", "stage"]

KEYS: Final = "keys"
BUNDLE: Final = "bundle"
MARKER: Final = ".made-by-langnghe-demo"  # a folder without it is somebody else's and stays untouched
PART: Final = "demo.part"


def stage(folder: Path, *names: str) -> Path:
    """Gives a fresh folder to build in, with empty `keys` and `bundle`, beside where they will stand.

    Args:
        folder: the data folder; is made where it is missing.
        names: what will be put in place.

    Raises:
        ConfigurationError: FOREIGN_FILES, where something would be replaced that the demo did not make.
        OSError: the folder cannot be written.
    """
    for name in {KEYS, BUNDLE, PART} & {PART, *names}:
        _refuse_foreign(folder / name)
    if ROOTS_FILE in names and (folder / ROOTS_FILE).exists() and not (folder / KEYS / MARKER).exists():
        raise _foreign(folder / ROOTS_FILE)
    part = folder / PART
    _remove(part)
    for path in (part, part / KEYS, part / BUNDLE):
        path.mkdir(parents=True, mode=0o700 if path.name == KEYS else 0o755)
        (path / MARKER).touch(mode=0o600 if path.name == KEYS else 0o644)
    return part


def put_in_place(part: Path, *names: str) -> None:
    """Moves what was built in `part` to where it belongs, over what an earlier, broken start left there.

    Args:
        part: from `stage`.
        names: of folders and files in it, in the order of moving; what else it holds is dropped.

    Raises:
        ConfigurationError: FOREIGN_FILES.
        OSError: the folder cannot be written.
    """
    for name in names:
        target = part.parent / name
        if (part / name).is_dir():
            _refuse_foreign(target)
            _remove(target)
        os.replace(part / name, target)
    _remove(part)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _refuse_foreign(folder: Path) -> None:
    """Refuses a folder that is not ours; an empty one is nobody's, and a link may lead anywhere."""
    if not os.path.lexists(folder):
        return
    is_folder = folder.is_dir() and not folder.is_symlink()
    if not is_folder or (any(folder.iterdir()) and not (folder / MARKER).is_file()):
        raise _foreign(folder)


def _foreign(path: Path) -> ConfigurationError:
    return ConfigurationError(
        "FOREIGN_FILES",
        f"{path} is there already, and the demo did not make it:"
        " move it away, or set another LANGNGHE_DATA_DIR",
    )
