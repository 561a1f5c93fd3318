"""The static export: the whole public record as files that anybody may host, and that check themselves."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from shop.services.exporting.evidence import ExportedLot, ExportEvidence
from shop.services.exporting.folder import ExportFolder
from shop.services.exporting.notes import README, export_readme
from shop.services.log.ledger import Ledger, TrustedSignedHead
from traceability.clock import format_instant
from traceability.ledger.manifest import LOG_FOLDER, Manifest
from traceability.ledger.publish import CHECKPOINT
from traceability.ledger.tiles import growth
from traceability.signing.keys import Signer

__all__ = ["ExportSummary", "Source", "write_export"]

LOG: Final = LOG_FOLDER

# Draws the pages of the shop, given the lots that have a page and the day of the export.
DrawPages = Callable[[Sequence[ExportedLot]], Iterable[tuple[str, bytes]]]


@dataclass(frozen=True, slots=True)
class Source:
    """What an export is made from.

    Attributes:
        evidence: the signed record under the head.
        ledger: of this instance.
        head: the newest trusted one.
        draw_pages: gives the pages for people, with what they are drawn with.
        signer: has the log's key.
        made_at: aware, whole seconds.
    """

    evidence: ExportEvidence
    ledger: Ledger
    head: TrustedSignedHead
    draw_pages: DrawPages
    signer: Signer
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What was exported: so many files, under a head of so many entries, without records behind it."""

    files: int
    size: int
    left_out: int


def write_export(
    folder: Path, source: Source, *, on_file: Callable[[str], None] = lambda path: None
) -> ExportSummary:
    """Writes the export, over an earlier one too; done again after a crash, it goes on and ends the same.

    Args:
        folder: empty, not there yet, or with an earlier export.
        source: see there.
        on_file: is told of each path.

    Raises:
        BadInput: FOREIGN_FILES.
        TraceabilityError: something of the public record cannot be a file, or is damaged.
        OSError: the folder cannot be written.
    """
    checkpoint = source.head.trusted.checkpoint
    with closing(ExportFolder(folder)) as export:
        for path, data in _files(source):
            export.write(path, data)
            on_file(path)

        def sign(listed: bytes) -> bytes:
            manifest = Manifest.over(listed, checkpoint=checkpoint, made_at=source.made_at)
            return manifest.sign(source.signer)

        count = export.finish(sign)
    return ExportSummary(count, checkpoint.size, source.evidence.left_out)


def _files(source: Source) -> Iterator[tuple[str, bytes]]:
    yield README, export_readme(source.head.trusted.checkpoint.origin)
    yield from source.evidence.records()
    yield from source.evidence.status_lists()
    yield source.evidence.trust(format_instant(source.made_at))
    lots = []
    for lot, script in source.evidence.lots():
        lots.append(lot)
        yield script
    yield f"{LOG}/{CHECKPOINT}", source.head.head.note.to_bytes()
    for one in growth(0, source.head.size):
        yield f"{LOG}/{one.path}", source.ledger.resource(one.path)
    yield from source.draw_pages(lots)
