"""The folder of a static export: written file by file, each whole or not at all, and resumed after a crash.

A folder is ours if every file in it is one that an earlier run wrote; what a run wrote before it broke off
stands in a journal. The manifest comes last, so an unfinished export never passes for a whole one.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from shop.errors import BadInput
from traceability.errors import TraceabilityError
from traceability.ledger.files import replace_file
from traceability.ledger.manifest import FILES, MANIFEST, read_files, write_files

__all__ = ["ExportFolder"]

JOURNAL: Final = "unfinished.txt"
DRAFT: Final = "draft.part"


class ExportFolder:
    """One export under way.

    Args:
        folder: empty, not there yet, or with an earlier export.

    Raises:
        BadInput: FOREIGN_FILES, naming the first thing in it that no export wrote.
        OSError: it cannot be read or made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._digests = folder, dict[str, str]()
        folder.mkdir(parents=True, exist_ok=True)
        self._earlier = self._refuse_foreign()
        (folder / MANIFEST).unlink(missing_ok=True)
        self._journal = (folder / JOURNAL).open("a", encoding="ascii")

    def __contains__(self, path: str) -> bool:
        return path in self._digests

    def write(self, path: str, data: bytes) -> None:
        """Writes one file, unless it is there already with these bytes.

        Raises:
            OSError: it cannot be written.
        """
        self._digests[path] = hashlib.sha256(data).hexdigest()
        target = self._folder / path
        try:
            if target.read_bytes() == data:
                return
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
        print(path, file=self._journal, flush=True)
        draft = self._folder / DRAFT
        draft.write_bytes(data)
        os.replace(draft, target)

    def finish(self, sign: Callable[[bytes], bytes]) -> int:
        """Drops what earlier runs left, and writes the list of files and the manifest; gives their number.

        Args:
            sign: gives the manifest of a list of files.

        Raises:
            Refused: BAD_VALUE, for paths that no export can have.
            OSError: the folder cannot be written.
        """
        listed = write_files(self._digests)
        for path in self._earlier - self._digests.keys():
            (self._folder / path).unlink(missing_ok=True)
        for at, _, _ in os.walk(self._folder, topdown=False):
            if not any(Path(at).iterdir()):
                Path(at).rmdir()
        replace_file(self._folder / FILES, listed)
        self.close()
        (self._folder / JOURNAL).unlink()
        replace_file(self._folder / MANIFEST, sign(listed))
        return len(self._digests)

    def close(self) -> None:
        """Leaves the folder as it is; the next run goes on from there."""
        self._journal.close()

    def _refuse_foreign(self) -> set[str]:
        """Gives the paths that earlier runs wrote."""
        known = set(self._listed()) | set(self._journalled())
        for path in _things(self._folder):
            if path not in known | {MANIFEST, FILES, JOURNAL, DRAFT}:
                what = "is not part of an earlier export"
                raise BadInput("FOREIGN_FILES", f"{self._folder / path} {what}: choose an empty folder")
        return known

    def _listed(self) -> Iterator[str]:
        try:
            yield from read_files((self._folder / FILES).read_bytes())
        except (FileNotFoundError, TraceabilityError):
            return

    def _journalled(self) -> Iterator[str]:
        try:
            yield from (self._folder / JOURNAL).read_text(encoding="ascii", errors="replace").splitlines()
        except FileNotFoundError:
            return


def _things(folder: Path) -> Iterator[str]:
    """Gives the path of every file, and of every link, since a link may lead anywhere."""
    for at, folders, files in os.walk(folder):
        links = [name for name in folders if (Path(at) / name).is_symlink()]
        yield from ((Path(at) / name).relative_to(folder).as_posix() for name in (*files, *links))
