"""Signed notes: a text, an empty line, and signature lines. The form of checkpoints and of the trust list.

Source: C2SP signed-note. Only Ed25519 (type 0x01) is signed and checked here; lines of other types parse and
are ignored, like every line of a key that is not asked for. `cosignature` does the same for type 0x04.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from traceability.errors import NotVerified, Reason, Refused, Unreadable
from traceability.ledger.spelling import (
    KEY_ID_BYTES,
    bad_note,
    demand_name,
    key_id,
    read_base64,
    read_vkey,
    write_base64,
    write_vkey,
)
from traceability.limits import NOTE_MAX_BYTES, NOTE_MAX_SIGNATURES
from traceability.signing.keys import PublicKey, Signer

__all__ = ["Note", "Signature", "Verifier", "parse", "sign", "verify"]

ED25519: Final = b"\x01"

_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_LINE: Final = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under a name; the two together give the key id.

    Attributes:
        name: without spaces and `+`; by custom a URL without its scheme.

    Raises:
        Refused: BAD_VALUE, for another name.
    """

    name: str
    key: PublicKey

    def __post_init__(self) -> None:
        demand_name(self.name)

    @classmethod
    def from_vkey(cls, text: str) -> "Verifier":
        """Reads `name+key id in hex+base64 of type and key`.

        Raises:
            Unreadable: BAD_NOTE, for another form or a key id that is not this key's.
            Refused: BAD_NOTE, for a key type other than Ed25519; KEY_WEAK, for a key that is not safe.
        """
        return cls(*read_vkey(text, ED25519))

    @property
    def vkey(self) -> str:
        """The text form; `from_vkey` reads it back as an equal value."""
        return write_vkey(self.name, ED25519, self.key)

    @property
    def key_id(self) -> bytes:
        """4 bytes: SHA-256(name, newline, type, key)[:4]."""
        return key_id(self.name, ED25519, self.key)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line.

    Attributes:
        name: of the key, as the line says.
        key_id: 4 bytes.
        data: at least one byte; 64 for Ed25519.
    """

    name: str
    key_id: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signatures under it. Nothing in it is believed before `verify`.

    Attributes:
        text: without control characters but newlines; ends in a newline, which is signed too.
        signatures: in the order of their lines, 1 to 64.
    """

    text: str
    signatures: tuple[Signature, ...]

    def to_bytes(self) -> bytes:
        """The note in UTF-8; `parse` reads it back as an equal value.

        To gather signatures that were made at several places, join the `signatures` of notes of one text.
        """
        lines = (f"— {line.name} {write_base64(line.key_id + line.data)}\n" for line in self.signatures)
        return f"{self.text}\n{''.join(lines)}".encode()


def sign(text: str, signers: Sequence[tuple[str, Signer]]) -> bytes:
    """Signs a text under each name and gives the note in UTF-8.

    Args:
        text: ends in a newline, has no other control characters.
        signers: 1 to 64 pairs of a key name and its signer; their order is that of the lines.

    Raises:
        Refused: BAD_VALUE, for another text, another name, no signer or too many.
    """
    if not 1 <= len(signers) <= NOTE_MAX_SIGNATURES:
        raise Refused(Reason.BAD_VALUE, f"got {len(signers)} signers, 1 to {NOTE_MAX_SIGNATURES} expected")
    if not text.endswith("\n") or _CONTROL.search(text):
        raise Refused(Reason.BAD_VALUE, "a note's text ends in a newline and has no other control characters")
    try:
        message = text.encode()
    except UnicodeEncodeError:
        raise Refused(Reason.BAD_VALUE, "the text has a lone surrogate and no UTF-8 form") from None
    verifiers = [Verifier(name, signer.public_key) for name, signer in signers]
    lines = tuple(
        Signature(verifier.name, verifier.key_id, signer.sign(message))
        for verifier, (_, signer) in zip(verifiers, signers, strict=True)
    )
    return Note(text, lines).to_bytes()


def parse(data: bytes, *, max_bytes: int = NOTE_MAX_BYTES) -> Note:
    """Reads a note. For every note that it accepts, `to_bytes()` gives the same bytes.

    The last empty line divides text and signatures; the text may hold empty lines of its own.

    Args:
        data: UTF-8.
        max_bytes: largest size; the trust list alone may be larger than the default.

    Raises:
        Unreadable: TOO_LARGE, above `max_bytes`; BAD_NOTE, for anything else that is not a note.
    """
    if len(data) > max_bytes:
        raise Unreadable(Reason.TOO_LARGE, f"got {len(data)} bytes, at most {max_bytes} expected")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise bad_note("a note is UTF-8") from None
    text, divider, tail = whole.rpartition("\n\n")
    if not divider or not tail.endswith("\n"):
        raise bad_note("expected a text, an empty line, and signature lines that end in a newline")
    if _CONTROL.search(whole):
        raise bad_note("a note has no control characters but newlines")
    lines = tail[:-1].split("\n", NOTE_MAX_SIGNATURES)
    if len(lines) > NOTE_MAX_SIGNATURES:
        raise bad_note(f"a note has at most {NOTE_MAX_SIGNATURES} signatures")
    return Note(text + "\n", tuple(map(_parse_line, lines)))


def verify(note: Note, verifiers: Iterable[Verifier]) -> tuple[str, ...]:
    """Checks every signature of a known key and gives the names of these keys.

    Returns:
        One name for each key that signed, in the order of the lines, at least one. A name comes twice when
        two keys of that name signed; whoever counts a threshold must give each key under one name only.

    Raises:
        NotVerified: BAD_SIGNATURE, when one line of a known key does not fit, whatever the others say;
            KEY_UNKNOWN, when no line is of a known key.
        Refused: BAD_VALUE, when two verifiers share name and key id, so that a line could mean either.
    """
    known = _by_name_and_id(verifiers)
    message = note.text.encode()
    found: dict[tuple[str, bytes], str] = {}
    for line in note.signatures:
        verifier = known.get((line.name, line.key_id))
        if verifier is None:
            continue
        try:
            verifier.key.verify(line.data, message)
        except NotVerified:
            message_text = f"the signature of {line.name} does not fit the note"
            raise NotVerified(Reason.BAD_SIGNATURE, message_text) from None
        found[line.name, line.key_id] = line.name
    if not found:
        raise NotVerified(Reason.KEY_UNKNOWN, "no known key signed the note")
    return tuple(found.values())


def _by_name_and_id(verifiers: Iterable[Verifier]) -> dict[tuple[str, bytes], Verifier]:
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        if known.setdefault((verifier.name, verifier.key_id), verifier) != verifier:
            message = f"two keys share the name {verifier.name} and the id {verifier.key_id.hex()}"
            raise Refused(Reason.BAD_VALUE, message)
    return known


def _parse_line(line: str) -> Signature:
    match = _LINE.fullmatch(line)
    if match is None:
        raise bad_note("a signature line is: em dash, space, key name, space, base64")
    data = read_base64(match[2])
    if len(data) <= KEY_ID_BYTES:
        raise bad_note(f"a signature line carries {len(data)} bytes, a key id and a signature expected")
    return Signature(match[1], data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])
