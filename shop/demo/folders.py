"""The folders that the demo makes: built aside, put in place whole, and never in place of another's."""

import os
import secrets
import shutil
from pathlib import Path
from typing import Final

from shop.errors import ConfigurationError
from traceability.roots import ROOTS_FILE

__all__ = [
    "BUNDLE",
    "KEYS",
    "LOG",
    "MARKER",
    "PASSPHRASE",
    "begin_log",
    "demo_passphrase",
    "drop",
    "put_in_place",
    "stage",
]

KEYS: Final = "keys"
BUNDLE: Final = "bundle"
LOG: Final = "log"
PASSPHRASE: Final = "passphrase"  # noqa: S105  # the name of a file
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
    for name in {KEYS, BUNDLE, LOG, PART} & {PART, *names}:
        _refuse_foreign(folder / name)
    if ROOTS_FILE in names and (folder / ROOTS_FILE).exists() and not (folder / KEYS / MARKER).exists():
        raise _foreign(folder / ROOTS_FILE)
    part = folder / PART
    _remove(part)
    # Keys are secret, and whoever has the bundle's serials can print them on any paper.
    for path in (part, part / KEYS, part / BUNDLE):
        path.mkdir(parents=True, mode=0o700)
        (path / MARKER).touch(mode=0o600)
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


def drop(folder: Path, *names: str) -> None:
    """Removes folders that an earlier demo made in a data folder.

    Raises:
        ConfigurationError: FOREIGN_FILES, for one that the demo did not make.
        OSError: it cannot be removed.
    """
    for name in names:
        _refuse_foreign(folder / name)
        _remove(folder / name)


def begin_log(folder: Path, heads: Path) -> None:
    """Clears away what is published and remembered of an earlier demo's log, whose keys are gone as well.

    Args:
        folder: the data folder.
        heads: the folder of heads.

    Raises:
        ConfigurationError: FOREIGN_FILES, where another log is published or remembered.
        OSError: a folder cannot be written.
    """
    for path in (heads, folder / LOG):
        _refuse_foreign(path)
        path.mkdir(parents=True, exist_ok=True)
        for old in path.iterdir():  # the folder itself may be where another disk is mounted
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        (path / MARKER).touch()


def demo_passphrase(folder: Path, given: str | None) -> bytes:
    """Gives the passphrase of the key files: the given one, else the demo's own, made where it is missing.

    Args:
        folder: the data folder; gets `passphrase`, readable by the owner alone.
        given: from the settings.

    Raises:
        OSError: the file cannot be read or written.
    """
    if given is not None:
        return given.encode()
    path = folder / PASSPHRASE
    # An empty file is what a start leaves that broke off between these two lines.
    if not path.exists() or not path.stat().st_size:
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24) + "\n", encoding="ascii")
    return path.read_text(encoding="ascii").strip().encode()


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
