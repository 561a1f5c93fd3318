"""Photos and voice notes of signed steps, for everybody: shown while they are the bytes that were signed."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock
from typing import Final

from sqlalchemy import Select, select

from shop.db.lots import Record
from shop.db.media import EventMedia, Media
from shop.db.session import Database
from shop.errors import NotFound
from shop.media import MediaStore
from shop.services.signed.values import Station, StepFile
from traceability.records.canonical import digest_multibase
from traceability.records.event import TraceEvent

__all__ = ["ServedFile", "StepFiles"]

DIGESTS_REMEMBERED: Final = 4_096
SMALLER_REMEMBERED: Final = 256  # of at most 12 kB each
NAMED_MAX: Final = 8  # files of one digest that are looked at: workshops may have sent the same picture
CHANGED: Final = "-"  # stands where otherwise stands the digest of a file that can be read


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file's bytes and the one type that they are served as."""

    data: bytes
    mimetype: str


class StepFiles:
    """Shows what artisans kept of their signed steps, each file by the digest that its step has signed.

    Nobody signed the smaller sizes of a picture, so they are drawn from the signed bytes whenever asked for.
    """

    def __init__(self, database: Database, media: MediaStore) -> None:
        self._database, self._media = database, media
        self._digest = lru_cache(DIGESTS_REMEMBERED)(self._compute_digest)
        self._smaller: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def look(self, told: Sequence[Station]) -> tuple[Station, ...]:
        """Tells of each file of the stations whether it is here as it was signed.

        A step that is not sound shows nothing, because nobody vouches for what it names.
        """
        return tuple(self._look_at(station) if station.files else station for station in told)

    def _look_at(self, station: Station) -> Station:
        files = tuple(self._looked_at(file) for file in station.files) if station.is_sound else ()
        return replace(station, files=files)

    def whole(self, digest: str) -> ServedFile:
        """Gives the very bytes that a step has signed.

        What a finding names is for the offices alone.

        Args:
            digest: `digestMultibase`, as the signed step has it.

        Raises:
            NotFound: NO_MEDIA, also where no step on this server signed it, and where the file was changed.
        """
        wanted = (
            select(Media.name, Media.mimetype)
            .where(Media.digest == digest, Media.kind != "paper", Media.id.in_(_of_steps()))
            .order_by(Media.id)
            .limit(NAMED_MAX)
        )
        with self._database.read() as session:
            found = session.execute(wanted).all()
        for name, mimetype in found:
            data = self._read(name)
            if data is not None and digest_multibase(data) == digest:
                return ServedFile(data, mimetype)
        raise NotFound("NO_MEDIA", "no file with this digest is shown here")

    def small(self, digest: str) -> ServedFile:
        """Gives a photo at the size of a page's column, drawn from the bytes that a step has signed.

        Raises:
            NotFound: NO_MEDIA, as `whole`, and for what is no photo.
            StorageBusy: PICTURES_BUSY.
        """
        whole = self.whole(digest)
        if whole.mimetype != "image/webp":
            raise NotFound("NO_MEDIA", "no smaller size of this file is shown here")
        with self._lock:
            drawn = self._smaller.get(digest)
        if drawn is None:
            drawn = self._media.draw_small(whole.data)
            with self._lock:
                self._smaller[digest] = drawn
                while len(self._smaller) > SMALLER_REMEMBERED:
                    self._smaller.popitem(last=False)
        return ServedFile(drawn, whole.mimetype)

    def _looked_at(self, file: StepFile) -> StepFile:
        found = self._digest_now(file.name) if file.name else None
        if found is None:
            return replace(file, state="missing")
        return replace(file, state="here" if found == file.digest else "changed")

    def _digest_now(self, name: str) -> str | None:
        """Gives a file's digest, computed anew whenever the file system says that it was touched."""
        try:
            seen = self._media.path(name).stat()
        except (NotFound, OSError):
            return None
        return self._digest(name, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)

    def _compute_digest(self, name: str, *stamp: int) -> str:
        data = self._read(name)
        return digest_multibase(data) if data is not None else CHANGED

    def _read(self, name: str) -> bytes | None:
        try:
            with self._media.open(name) as file:
                return file.read()
        except (NotFound, OSError):
            return None


def _of_steps() -> Select[int]:
    """Gives the files that steps have signed; inspectors' findings name files by the same table."""
    tied = select(EventMedia.media_id).join(Record, Record.id == EventMedia.record_id)
    return tied.where(Record.type == TraceEvent.KIND)
