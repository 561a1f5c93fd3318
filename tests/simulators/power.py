"""Power cuts: what a disk may hold, made from a record of what a process wrote and what it waited for.

What was synced is there. Of what was not, each sector of 512 bytes is there or is not.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["STRACE", "Cut", "Event", "cuts", "read_trace"]

SECTOR = 512
STRACE = (
    "strace", "-f", "-y", "-xx", "-qq", "-s", "16777216",
    "-e", "trace=pwrite64,write,fsync,fdatasync,ftruncate", "-e", "signal=none", "-o",
)  # fmt: skip
CALL = re.compile(
    r'\d+\s+(?P<call>\w+)\(\d+<(?P<path>[^>]*)>(?:, "(?P<data>[^"]*)")?(?P<rest>[^)]*)\)\s+= (?P<result>\d+)'
)
# How much of what was not synced arrives: nothing, some, nearly all, everything.
CHANCES = (0.0, 0.2, 0.5, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class Event:
    """One system call on one file.

    Attributes:
        name: of the file, without its folder.
        data: what was written; None for a sync or a new length.
        at: where it was written, or the new length; None for a sync, -1 for the end.
    """

    name: str
    data: bytes | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """A moment at which the power went.

    Attributes:
        files: what the disk holds, by name.
        seen: what the file named `acks` held for those who read it before: nobody forgets that.
    """

    files: dict[str, bytes]
    seen: bytes


def read_trace(path: Path, folder: Path, names: Sequence[str]) -> list[Event]:
    """Reads what strace wrote, and keeps the calls on these files of a folder."""
    events = []
    for line in path.read_text(encoding="ascii").splitlines():
        match = CALL.match(line)
        if match is None:
            continue
        file = Path(_unescape(match["path"]).decode())
        if file.parent == folder and file.name in names:
            events.append(_event(file.name, match))
    return events


def cuts(
    events: Sequence[Event], durable: dict[str, bytes], chance: random.Random, count: int
) -> Iterator[Cut]:
    """Gives what a disk may hold at `count` moments.

    Args:
        events: in order.
        durable: what the files held at the beginning, synced.
        chance: decides moments and sectors.
        count: number of moments.
    """
    moments = sorted(chance.choices(range(1, len(events) + 1), k=count))
    files = {name: _File(bytearray(data)) for name, data in durable.items()}
    seen, done = bytearray(), 0
    for moment in moments:
        for event in events[done:moment]:
            files.setdefault(event.name, _File()).take(event)
            if event.name == "acks":
                seen += event.data or b""
        done = moment
        share = chance.choice(CHANCES)
        yield Cut({name: file.after_cut(chance, share) for name, file in files.items()}, bytes(seen))


@dataclass
class _File:
    """One file: what is on the disk for sure, and what waits."""

    durable: bytearray = field(default_factory=bytearray)
    waiting: list[Event] = field(default_factory=list)

    def take(self, event: Event) -> None:
        if event.at is not None:
            self.waiting.append(event)
            return
        for one in self.waiting:
            _apply(self.durable, one, 0, len(one.data or b""))
        self.waiting.clear()

    def after_cut(self, chance: random.Random, share: float) -> bytes:
        image = bytearray(self.durable)
        for event in self.waiting:
            if event.data is None:
                if chance.random() < share:
                    _apply(image, event, 0, 0)
                continue
            at = max(event.at or 0, 0)
            start = 0
            while start < len(event.data):
                stop = min(len(event.data), start + SECTOR - (at + start) % SECTOR)
                if chance.random() < share:
                    _apply(image, event, start, stop)
                start = stop
        return bytes(image)


def _apply(image: bytearray, event: Event, start: int, stop: int) -> None:
    if event.data is None:
        length = event.at or 0
        image[:] = image[:length].ljust(length, b"\0")
        return
    at = (len(image) if event.at == -1 else event.at or 0) + start
    if len(image) < at:
        image.extend(bytes(at - len(image)))
    image[at : at + stop - start] = event.data[start:stop]


def _event(name: str, match: re.Match[str]) -> Event:
    call, rest = match["call"], match["rest"]
    if call in {"fsync", "fdatasync"}:
        return Event(name)
    if call == "ftruncate":
        return Event(name, at=int(rest.strip(", ")))
    data = _unescape(match["data"])[: int(match["result"])]
    return Event(name, data, int(rest.rpartition(",")[2]) if call == "pwrite64" else -1)


def _unescape(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
