"""What people upload, as files under names that we make: photographs, voice notes, and scans of papers."""

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import BoundedSemaphore
from typing import BinaryIO, Final, Literal

from shop.errors import BadInput, ConfigurationError, NotFound, StorageBusy
from shop.images import PHOTO_MIMETYPE, PHOTO_WIDTHS, demand_plain, redraw
from shop.voice_notes import VOICE_FORMATS, plain_voice
from traceability.ledger.files import replace_file
from traceability.records.canonical import digest_multibase

__all__ = ["MediaKind", "MediaStore", "StoredMedia", "media_headers", "media_size_name"]

MediaKind = Literal["photo", "voice", "paper"]

PAPER_MAX_BYTES: Final = 5_000_000
PDF_END_BYTES: Final = 1_024  # where readers look for a PDF's last line
PDF_MIMETYPE: Final = "application/pdf"
PLAIN_MIMETYPE: Final = "image/jpeg"
NAME_BYTES: Final = 16
DRAW_AT_ONCE: Final = 2  # each takes one processor for up to a second, and 150 MB
DRAW_WAIT_S: Final = 10.0

_SMALLER: Final = PHOTO_WIDTHS[:-1]
_MIMETYPES: Final = {kind.suffix: kind.mimetype for kind in VOICE_FORMATS} | {
    "pdf": PDF_MIMETYPE,
    "webp": PHOTO_MIMETYPE,
    "jpg": PLAIN_MIMETYPE,
}
_STORED_NAME: Final = re.compile(rf"[0-9a-f]{{{2 * NAME_BYTES}}}\.({'|'.join(_MIMETYPES)})", re.ASCII)
_SIZE_NAME: Final = re.compile(rf"([0-9a-f]{{{2 * NAME_BYTES}}})-(?:{'|'.join(map(str, _SMALLER))})\.webp")
_PDF_START: Final = re.compile(rb"%PDF-(1\.[0-7]|2\.0)[\r\n]")


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """A stored file: what a row of the table `media` needs of it.

    Attributes:
        name: the file's, 32 random hexadecimal digits and a suffix; of a picture its largest size.
        kind: what it was kept as.
        mimetype: the one type that it is served as.
        digest: `digestMultibase` of the stored bytes.
        size: bytes, of a picture those of its largest size.
        width: pixels of a picture's largest size; None of what is no picture.
        height: pixels.
    """

    name: str
    kind: MediaKind
    mimetype: str
    digest: str
    size: int
    width: int | None = None
    height: int | None = None


class MediaStore:
    """A folder of media. Safe to share between threads and processes.

    Names are random and not made from content: two workshops that send the same picture own two files, and
    who knows a picture cannot ask whether anybody has sent it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        random: Callable[[int], bytes] = secrets.token_bytes,
        wait_s: float = DRAW_WAIT_S,
    ) -> None:
        """Keeps files in a folder, which the first of them makes.

        Args:
            folder: on a disk; nobody else writes there.
            random: gives that many random bytes.
            wait_s: how long one more picture may wait for its turn.
        """
        self._folder, self._random, self._wait_s = folder, random, wait_s
        self._turns = BoundedSemaphore(DRAW_AT_ONCE)

    def keep_photo(self, data: bytes) -> StoredMedia:
        """Draws a picture anew and stores each of its sizes.

        Raises:
            BadInput: PICTURE_TOO_LARGE or NOT_A_PICTURE.
            StorageBusy: PICTURES_BUSY, when other pictures are being drawn for too long.
            ConfigurationError: MEDIA_FOLDER.
        """
        return self._keep_picture(data, "photo")

    def keep_plain_photo(self, data: bytes) -> StoredMedia:
        """Stores a small JPEG of pixels alone as it is, since somebody signed its digest.

        Raises:
            BadInput: PICTURE_TOO_LARGE, NOT_A_PICTURE or PICTURE_NOT_PLAIN.
            StorageBusy: PICTURES_BUSY.
            ConfigurationError: MEDIA_FOLDER.
        """
        with self.drawing():
            width, height = demand_plain(data)
        return replace(self._keep_file(data, "photo", "jpg"), width=width, height=height)

    def keep_voice(self, data: bytes) -> StoredMedia:
        """Stores a recording without its tags.

        Raises:
            BadInput: VOICE_TOO_LARGE or NOT_A_VOICE_NOTE.
            ConfigurationError: MEDIA_FOLDER.
        """
        plain, kind = plain_voice(data)
        return self._keep_file(plain, "voice", kind.suffix)

    def keep_paper(self, data: bytes) -> StoredMedia:
        """Stores a scan: a PDF as it is, a picture as `keep_photo` does.

        Raises:
            BadInput: PAPER_TOO_LARGE, NOT_A_PAPER, PICTURE_TOO_LARGE or NOT_A_PICTURE.
            StorageBusy: PICTURES_BUSY.
            ConfigurationError: MEDIA_FOLDER.
        """
        if not data.startswith(b"%PDF-"):
            return self._keep_picture(data, "paper")
        if len(data) > PAPER_MAX_BYTES:
            raise BadInput("PAPER_TOO_LARGE", f"got {len(data)} bytes, at most {PAPER_MAX_BYTES} expected")
        if not _PDF_START.match(data) or b"%%EOF" not in data[-PDF_END_BYTES:]:
            raise BadInput("NOT_A_PAPER", "a whole PDF of version 1.0 to 1.7 or 2.0 expected")
        return self._keep_file(data, "paper", "pdf")

    def path(self, name: str) -> Path:
        """Gives the place of a stored file, or of a smaller size of it.

        Raises:
            NotFound: NO_MEDIA, also where the name is none that this store gives.
        """
        found = self._folder / name if _is_name(name) else None
        if found is None or not found.is_file():
            raise NotFound("NO_MEDIA", "no such file is stored")
        return found

    def open(self, name: str) -> BinaryIO:
        """Opens a stored file to read; the caller closes it.

        Raises:
            NotFound: NO_MEDIA.
        """
        try:
            return self.path(name).open("rb")
        except FileNotFoundError as error:
            raise NotFound("NO_MEDIA", "no such file is stored") from error

    def remove(self, name: str) -> None:
        """Takes a stored file away with its smaller sizes; once more does nothing.

        Raises:
            NotFound: NO_MEDIA, where the name is none that `keep_…` gives.
        """
        if not _STORED_NAME.fullmatch(name):
            raise NotFound("NO_MEDIA", "no such file is stored")
        for one in (*_smaller_names(name), name):
            (self._folder / one).unlink(missing_ok=True)

    def _keep_picture(self, data: bytes, kind: MediaKind) -> StoredMedia:
        with self.drawing():
            sizes = redraw(data)
        whole = sizes.pop(PHOTO_WIDTHS[-1])
        name = self._new_name("webp")
        # The name that is given out comes last, so that whoever finds it finds the others.
        smaller = {media_size_name(name, width): drawn.data for width, drawn in sizes.items()}
        self._write(smaller | {name: whole.data})
        digest = digest_multibase(whole.data)
        return StoredMedia(
            name, kind, PHOTO_MIMETYPE, digest, len(whole.data), width=whole.width, height=whole.height
        )

    def draw_small(self, data: bytes) -> bytes:
        """Draws a picture that was stored here in the smallest of `PHOTO_WIDTHS`, and stores nothing.

        Raises:
            BadInput: NOT_A_PICTURE or PICTURE_TOO_LARGE, where it never was stored.
            StorageBusy: PICTURES_BUSY.
        """
        with self.drawing():
            return redraw(data, PHOTO_WIDTHS[:1])[PHOTO_WIDTHS[0]].data

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Holds one of the turns in which pictures are drawn.

        Raises:
            StorageBusy: PICTURES_BUSY.
        """
        if not self._turns.acquire(timeout=self._wait_s):
            told = f"{DRAW_AT_ONCE} other pictures were drawn for {self._wait_s:g} s"
            raise StorageBusy("PICTURES_BUSY", told)
        try:
            yield
        finally:
            self._turns.release()

    def _keep_file(self, data: bytes, kind: MediaKind, suffix: str) -> StoredMedia:
        name = self._new_name(suffix)
        self._write({name: data})
        return StoredMedia(name, kind, _MIMETYPES[suffix], digest_multibase(data), len(data))

    def _new_name(self, suffix: str) -> str:
        return f"{self._random(NAME_BYTES).hex()}.{suffix}"

    def _write(self, files: dict[str, bytes]) -> None:
        """Writes all files or none: papers are private, so only the owner may look into the folder."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name, data in files.items():
                replace_file(self._folder / name, data)
        except OSError as error:
            for name in files:
                self._forget(name)
            raise ConfigurationError("MEDIA_FOLDER", f"{self._folder}: {error.strerror}") from error

    def _forget(self, name: str) -> None:
        """Takes away what was written of a file, its draft too: a full disk would fill with them."""
        with suppress(OSError):
            for path in (*self._folder.glob(f".{name}.*.new"), self._folder / name):
                path.unlink(missing_ok=True)


def media_size_name(name: str, width: int) -> str:
    """Gives the name of a stored picture's size: `name` itself for the largest.

    Args:
        name: of a stored picture, as `StoredMedia` has it.
        width: one of `PHOTO_WIDTHS`, in pixels.
    """
    return name if width == PHOTO_WIDTHS[-1] else f"{name.removesuffix('.webp')}-{width}.webp"


def media_headers(name: str) -> dict[str, str]:
    """Gives the headers that a stored file must be served with.

    Pictures are our own drawings and may stand in a page. Everything else came from outside as it is, so a
    browser that is led to it saves it; an audio element plays it all the same.

    Raises:
        NotFound: NO_MEDIA, where the name is none that a store gives.
    """
    if not _is_name(name):
        raise NotFound("NO_MEDIA", "no such file is stored")
    suffix = name.rpartition(".")[2]
    place = "inline" if suffix == "webp" else "attachment"
    return {
        "Content-Type": _MIMETYPES[suffix],
        "Content-Disposition": f'{place}; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _is_name(name: str) -> bool:
    return bool(_STORED_NAME.fullmatch(name) or _SIZE_NAME.fullmatch(name))


def _smaller_names(name: str) -> tuple[str, ...]:
    return tuple(media_size_name(name, width) for width in _SMALLER) if name.endswith(".webp") else ()
