"""The manifest of a static export: which files it has, byte for byte, under the signature of the log.

`files.txt` has one line a file as `sha256sum` writes them, so that `sha256sum -c files.txt` reads it too.
`manifest.txt` is a signed note of six lines over the digest of that file. In two files, because a note is
read whole before anything in it is believed, and so must stay small; a list may have a million lines.
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from traceability.clock import format_instant, parse_instant
from traceability.errors import Reason, Refused, TraceabilityError, Unreadable
from traceability.ledger import note as notes
from traceability.ledger.audit import Fault, ReadFile
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.note import Verifier
from traceability.ledger.publish import CHECKPOINT
from traceability.ledger.spelling import read_decimal, read_hash, write_base64
from traceability.signing.keys import Signer

__all__ = ["FILES", "LOG_FOLDER", "MANIFEST", "Manifest", "audit_manifest", "read_files", "write_files"]

MANIFEST: Final = "manifest.txt"
FILES: Final = "files.txt"
LOG_FOLDER: Final = "log"  # where the log's own files lie in an export

# Says what is signed: no checkpoint and no trust list begins so, though the same key signs checkpoints.
FORM: Final = "langnghe-export/v1"

# Names that every file system and every web server takes as they stand.
_PATH: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*", re.ASCII)
_LINE: Final = re.compile(r"([0-9a-f]{64})  ([!-~]{1,400})", re.ASCII)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the log signed of an export.

    Attributes:
        checkpoint: the head that the export was made under.
        made_at: aware, whole seconds.
        count: number of files in the list.
        files_sha256: of the bytes of the list, in hexadecimal.
    """

    checkpoint: Checkpoint
    made_at: datetime
    count: int
    files_sha256: str

    @classmethod
    def over(cls, files: bytes, *, checkpoint: Checkpoint, made_at: datetime) -> "Manifest":
        """Gives the manifest of a list of files."""
        return cls(checkpoint, made_at, files.count(b"\n"), hashlib.sha256(files).hexdigest())

    @classmethod
    def from_text(cls, text: str) -> "Manifest":
        """Reads the text of a note; for every text that it accepts, `to_text` gives the same.

        Raises:
            Unreadable: BAD_NOTE, for anything but the six lines of a manifest.
        """
        form, _, rest = text.partition(" ")
        lines = rest.split("\n")
        if form != FORM or len(lines) != 7 or lines[-1] or not _DIGEST.fullmatch(lines[5]):
            raise Unreadable(Reason.BAD_NOTE, "not the six lines of an export's manifest")
        origin, size, root, made_at, count = lines[:5]
        try:
            head = Checkpoint(origin, read_decimal(size), read_hash(root))
            manifest = cls(head, parse_instant(made_at), read_decimal(count), lines[5])
        except TraceabilityError as error:
            raise Unreadable(Reason.BAD_NOTE, f"manifest: {error}") from error
        if manifest.to_text() != text:
            raise Unreadable(Reason.BAD_NOTE, "the manifest is spelled in another way than ours")
        return manifest

    def to_text(self) -> str:
        """Gives the text that is signed."""
        head = self.checkpoint
        lines = (
            f"{FORM} {head.origin}",
            str(head.size),
            write_base64(head.root),
            format_instant(self.made_at),
            str(self.count),
            self.files_sha256,
        )
        return "".join(f"{line}\n" for line in lines)

    def sign(self, signer: Signer) -> bytes:
        """Gives the signed note; the key's name is the log's origin."""
        return notes.sign(self.to_text(), [(self.checkpoint.origin, signer)])


def write_files(digests: Mapping[str, str]) -> bytes:
    """Gives the list of files.

    Args:
        digests: SHA-256 in hexadecimal by path, `/` between folders.

    Raises:
        Refused: BAD_VALUE, for a path that some file system or web server would take otherwise, or two that
            differ in letter case alone, which are one file on many memory sticks.
    """
    for path in digests:
        if not _PATH.fullmatch(path) or len(path) > 400:
            raise Refused(Reason.BAD_VALUE, f"{path[:200]!a} cannot be a path of an export")
    if len({path.casefold() for path in digests}) != len(digests):
        raise Refused(Reason.BAD_VALUE, "two paths of the export differ in letter case alone")
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests)).encode("ascii")


def read_files(data: bytes) -> dict[str, str]:
    """Reads the list of files; `write_files` gives the same bytes.

    Raises:
        Unreadable: BAD_LOG, for anything else than what `write_files` writes.
    """
    lines = data.decode("ascii", "replace").split("\n")
    matches = [_LINE.fullmatch(line) for line in lines[:-1]]
    found = {match[2]: match[1] for match in matches if match is not None}
    try:
        if lines[-1] == "" and write_files(found) == data:
            return found
    except Refused:
        pass
    raise Unreadable(Reason.BAD_LOG, "not a list of files as an export has it")


def audit_manifest(
    read: ReadFile, verifiers: Sequence[Verifier], present: Collection[str] | None = None
) -> Iterator[Fault]:
    """Compares every file of an export with what the log signed.

    Args:
        read: of the export's files.
        verifiers: keys of the accepted logs.
        present: every path that is there; None where that cannot be known, as on the web.

    Returns:
        Each fault as it is found, by the path of its file; none means that every byte is as it was signed.
    """
    try:
        data = read(MANIFEST)
    except TraceabilityError as error:
        yield Fault(MANIFEST, Reason.FILE_CHANGED, str(error))
        return
    try:
        manifest = _read_manifest(data, verifiers)
    except TraceabilityError as error:
        yield Fault(MANIFEST, error.code, str(error))
        return
    try:
        files = _read_listed(read(FILES), manifest)
    except TraceabilityError as error:
        yield Fault(FILES, Reason.FILE_CHANGED, str(error))
        return
    yield from _judge_head(read, manifest)
    for path, digest in files.items():
        yield from _judge_file(read, path, digest)
    for path in sorted(set(present or ()) - files.keys() - {MANIFEST, FILES}):
        yield Fault(path, Reason.FILE_CHANGED, "the file is not one of the export")


def _read_manifest(data: bytes, verifiers: Sequence[Verifier]) -> Manifest:
    note = notes.parse(data)
    names = notes.verify(note, verifiers)
    manifest = Manifest.from_text(note.text)
    if names != (manifest.checkpoint.origin,) or len(note.signatures) != 1:
        raise Unreadable(Reason.BAD_NOTE, "a manifest has one signature, of the log that it names")
    return manifest


def _read_listed(data: bytes, manifest: Manifest) -> dict[str, str]:
    if hashlib.sha256(data).hexdigest() != manifest.files_sha256:
        raise Unreadable(Reason.FILE_CHANGED, "the list is not the one that was signed")
    return read_files(data)


def _judge_head(read: ReadFile, manifest: Manifest) -> Iterator[Fault]:
    """A manifest and the log beside it are of one moment; else an older log may have been put in."""
    where = f"{LOG_FOLDER}/{CHECKPOINT}"
    try:
        head = Checkpoint.from_text(notes.parse(read(where)).text)
    except TraceabilityError:
        return  # The file itself is named below.
    if head != manifest.checkpoint:
        yield Fault(where, Reason.BAD_LOG, "the head is not the one that the manifest was signed with")


def _judge_file(read: ReadFile, path: str, digest: str) -> Iterator[Fault]:
    try:
        data = read(path)
    except TraceabilityError as error:
        yield Fault(path, Reason.FILE_CHANGED, str(error))
        return
    if hashlib.sha256(data).hexdigest() != digest:
        yield Fault(path, Reason.FILE_CHANGED, "the file is not the one that was signed")
