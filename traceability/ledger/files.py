"""Writing a file whole or not at all."""

import os
import threading
from pathlib import Path

__all__ = ["replace_file"]


def replace_file(path: Path, data: bytes) -> None:
    """Writes a file beside its place first, to the disk, then moves it over its name, and waits for that too.

    Readers see the old file or the new one, also after a power cut.

    Raises:
        OSError: the file is as it was.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.new")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    # The new name itself must reach the disk, or a power cut brings the old file back.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
