"""Reading a static export for the audit: what tells it from a bare log, and which files it has."""

import os
from pathlib import Path

from traceability.cli import Failure
from traceability.cli.log_sources import file_limit
from traceability.errors import Reason, TraceabilityError
from traceability.ledger.audit import Fault, ReadFile
from traceability.ledger.manifest import FILES, LOG_FOLDER, MANIFEST, read_files
from traceability.ledger.publish import CHECKPOINT
from traceability.limits import EXPORT_FILE_MAX_BYTES, EXPORT_LIST_MAX_BYTES, NOTE_MAX_BYTES

__all__ = ["below", "count_listed", "export_limit", "is_export", "paths_below", "strays"]


def export_limit(path: str) -> int:
    """Gives how many bytes a file of an export, or of a bare log, has at most."""
    if path in (MANIFEST, FILES):
        return NOTE_MAX_BYTES if path == MANIFEST else EXPORT_LIST_MAX_BYTES
    try:
        return file_limit(path.removeprefix(f"{LOG_FOLDER}/"))
    except TraceabilityError:
        return EXPORT_FILE_MAX_BYTES


def is_export(read: ReadFile, place: str) -> bool:
    """Tells an export from a bare log, in a folder also where the manifest is gone and the log in its place.

    Raises:
        Failure: at an address where neither is; a running shop has its log below it, and no manifest.
    """
    if _is_there(read, MANIFEST):
        return True
    if "://" not in place or _is_there(read, CHECKPOINT):
        return _is_there(read, f"{LOG_FOLDER}/{CHECKPOINT}")
    if _is_there(read, f"{LOG_FOLDER}/{CHECKPOINT}"):
        log = f"{place.rstrip('/')}/{LOG_FOLDER}"
        raise Failure(f"{place}: no static export here; its log alone is audited as {log}")
    raise Failure(f"{place}: neither a static export ({MANIFEST}) nor a log ({CHECKPOINT}) here")


def count_listed(read: ReadFile) -> int:
    """Gives how many files the list of an export names."""
    return len(read_files(read(FILES)))


def _is_there(read: ReadFile, path: str) -> bool:
    try:
        read(path)
    except TraceabilityError:
        return False
    return True


def below(read: ReadFile, folder: str) -> ReadFile:
    """Gives the reader of a folder of what `read` reads."""
    return lambda path: read(f"{folder}/{path}")


def paths_below(place: str) -> set[str] | None:
    """Gives the path of everything in a folder that is no folder itself; None for an address on the web."""
    if "://" in place:
        return None
    root = Path(place)
    found = set()
    for at, folders, files in os.walk(root):
        links = [name for name in folders if (Path(at) / name).is_symlink()]
        found |= {(Path(at) / name).relative_to(root).as_posix() for name in (*files, *links)}
    return found


def strays(place: str) -> list[Fault]:
    """Gives the files of a folder that are none of a log's: no manifest is there to vouch for them.

    An export whose manifest was taken away must not pass as a log with some files beside it. Names that begin
    with a dot are left out: a publisher keeps its own marks there.
    """
    found = sorted(path for path in paths_below(place) or () if not path.startswith("."))
    others = [path for path in found if path != CHECKPOINT and not path.startswith("tile/")]
    return [
        Fault(path, Reason.FILE_CHANGED, "it is no file of a log, and no manifest names it")
        for path in others
    ]
