"""Timestamped Ed25519 cosignatures: the line of a witness under a checkpoint, with the time of signing.

Source: C2SP tlog-cosignature, type 0x04. The line says: of this origin, this was the largest consistent tree
that the witness had seen at that time. The witness's own name is not signed, so a key serves one name only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from traceability.errors import NotVerified, Reason, Refused
from traceability.ledger.note import Note, Signature
from traceability.ledger.spelling import MAX_SIZE, demand_name, key_id, read_vkey, write_vkey
from traceability.signing.keys import PublicKey, Signer

__all__ = ["Cosignature", "WitnessKey", "cosign", "verify_cosignatures"]

COSIGNATURE: Final = b"\x04"
TIME_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The public key of a witness under its name; the two together give the key id.

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
    def from_vkey(cls, text: str) -> "WitnessKey":
        """Reads `name+key id in hex+base64 of 0x04 and key`.

        Raises:
            Unreadable: BAD_NOTE, for another form or a key id that is not this key's.
            Refused: BAD_NOTE, for another key type; KEY_WEAK, for a key that is not safe.
        """
        return cls(*read_vkey(text, COSIGNATURE))

    @property
    def vkey(self) -> str:
        """The text form; `from_vkey` reads it back as an equal value."""
        return write_vkey(self.name, COSIGNATURE, self.key)

    @property
    def key_id(self) -> bytes:
        """4 bytes: SHA-256(name, newline, 0x04, key)[:4]."""
        return key_id(self.name, COSIGNATURE, self.key)


@dataclass(frozen=True, slots=True)
class Cosignature:
    """One checked cosignature.

    Attributes:
        witness: whose it is.
        time_s: when it was made by the witness's clock, POSIX seconds, 1 to 2^63 - 1.
    """

    witness: WitnessKey
    time_s: int


def cosign(text: str, signer: Signer, *, name: str, time_s: int) -> Signature:
    """Gives a witness's line for a checkpoint. Whether it may be given at all, `witness` decides.

    Args:
        text: of the checkpoint's note, with its final newline.
        signer: of the witness.
        name: of the witness.
        time_s: now, POSIX seconds, 1 to 2^63 - 1.

    Raises:
        Refused: BAD_VALUE, for another time or a name that cannot name a key.
    """
    if not 0 < time_s <= MAX_SIZE:
        raise Refused(Reason.BAD_VALUE, f"got the time {time_s}, 1 to 2^63 - 1 expected")
    witness = WitnessKey(name, signer.public_key)
    stamp = time_s.to_bytes(TIME_BYTES, "big")
    return Signature(name, witness.key_id, stamp + signer.sign(_message(text, time_s)))


def verify_cosignatures(note: Note, witnesses: Iterable[WitnessKey]) -> tuple[Cosignature, ...]:
    """Checks every cosignature of a known witness.

    Returns:
        One for each key that cosigned, its latest, in the order of the keys; empty when none did. How many
        are enough, `quorum` decides.

    Raises:
        NotVerified: BAD_SIGNATURE, when one line of a known witness does not fit, whatever the others say.
        Refused: BAD_VALUE, when two witnesses share name and key id, so that a line could mean either.
    """
    found: list[Cosignature] = []
    seen: dict[tuple[str, bytes], WitnessKey] = {}
    for witness in witnesses:
        address = (witness.name, witness.key_id)
        if seen.setdefault(address, witness) != witness:
            raise Refused(Reason.BAD_VALUE, f"two witnesses share the name {witness.name} and their key id")
        lines = [line for line in note.signatures if (line.name, line.key_id) == address]
        if lines:
            found.append(Cosignature(witness, max(_time_of(line, note.text, witness) for line in lines)))
    return tuple(dict.fromkeys(found))


def _time_of(line: Signature, text: str, witness: WitnessKey) -> int:
    """Gives the signed time of one line of this witness, in POSIX seconds."""
    time_s = int.from_bytes(line.data[:TIME_BYTES], "big")
    if not 0 < time_s <= MAX_SIZE:
        raise _does_not_fit(witness)
    try:
        witness.key.verify(line.data[TIME_BYTES:], _message(text, time_s))
    except NotVerified:
        raise _does_not_fit(witness) from None
    return time_s


def _message(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def _does_not_fit(witness: WitnessKey) -> NotVerified:
    return NotVerified(Reason.BAD_SIGNATURE, f"the cosignature of {witness.name} does not fit the checkpoint")
