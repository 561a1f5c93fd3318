"""Which logs are accepted, and which witnesses must have cosigned: the policy that judges a checkpoint.

Source: C2SP tlog-policy, a text of `log`, `witness`, `group` and `quorum` lines.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from traceability.errors import NotVerified, Reason, Refused
from traceability.ledger import note as notes
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.cosignature import Cosignature, WitnessKey, verify_cosignatures
from traceability.ledger.note import Note, Verifier
from traceability.ledger.spelling import bad_note, read_decimal
from traceability.limits import NOTE_MAX_BYTES

__all__ = ["Group", "Policy", "TrustedHead"]

NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these must have cosigned.

    Attributes:
        name: shares one namespace with the names of witnesses.
        needed: 1 to the number of members.
        members: names of witnesses, or of groups that stand earlier in the policy.
    """

    name: str
    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrustedHead:
    """A checkpoint that a policy accepts.

    Attributes:
        checkpoint: signed by a log of the policy.
        cosignatures: of every witness of the policy that cosigned, needed or not.
    """

    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """What makes a checkpoint trusted. Without a quorum the log's own signature is enough.

    Attributes:
        logs: keys of the accepted logs; a key's name is the origin that it signs.
        witnesses: each under the policy's own name for it.
        groups: in an order in which members come before their group.
        quorum: the witness or group that must be satisfied, None for nobody.

    Raises:
        Refused: BAD_NOTE, for a name that means nothing or two things, a threshold out of range, a member of
            two groups, or one key in two lines.
    """

    logs: tuple[Verifier, ...]
    witnesses: tuple[tuple[str, WitnessKey], ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str | None = None

    def __post_init__(self) -> None:
        _demand_once("log key", [log.key.raw for log in self.logs])
        _demand_once("witness key", [witness.key.raw for _, witness in self.witnesses])
        _demand_once(
            "name", [NONE, *(name for name, _ in self.witnesses), *(one.name for one in self.groups)]
        )
        _demand_once("member", [member for group in self.groups for member in group.members])
        known = {name for name, _ in self.witnesses}
        for group in self.groups:
            if not (known.issuperset(group.members) and 1 <= group.needed <= len(group.members)):
                raise _bad_policy(f"group {group.name!a} has unknown members or needs too many or too few")
            known.add(group.name)
        if self.quorum is not None and self.quorum not in known:
            raise _bad_policy(f"the quorum {self.quorum!a} is neither a witness nor a group")

    @classmethod
    def from_bytes(cls, data: bytes) -> "Policy":
        """Reads a policy file.

        Raises:
            Unreadable: BAD_NOTE, for octets or lines that a policy has not; TOO_LARGE, above 1 MiB.
            Refused: BAD_NOTE, see the class; KEY_WEAK, for a key that is not safe.
        """
        if len(data) > NOTE_MAX_BYTES:
            raise bad_note(f"got {len(data)} bytes, at most {NOTE_MAX_BYTES} expected")
        if any((octet < 0x20 and octet not in b"\t\n") or octet == 0x7F for octet in data):
            raise bad_note("a policy has no control characters but tabs and newlines")
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise bad_note("our policies are UTF-8") from None
        draft = _Draft()
        for line in text.split("\n"):
            # Only spaces and tabs divide items: str.split() would take every Unicode space.
            items = line.replace("\t", " ").strip(" ").split(" ")
            items = [item for item in items if item]
            if items and not items[0].startswith("#"):
                draft.take(items[0], items[1:])
        return draft.finish()

    def check(self, note: Note) -> TrustedHead:
        """Checks a signed checkpoint: a log's signature and the quorum of witnesses.

        Raises:
            Unreadable: BAD_NOTE, when the note is no checkpoint.
            NotVerified: KEY_UNKNOWN, when no accepted log of this origin signed it; BAD_SIGNATURE, when a
                line of a known key does not fit; QUORUM_MISSING, when too few witnesses cosigned.
        """
        checkpoint = Checkpoint.from_text(note.text)
        notes.verify(note, [log for log in self.logs if log.name == checkpoint.origin])
        cosignatures = verify_cosignatures(note, [witness for _, witness in self.witnesses])
        self._demand_quorum({one.witness for one in cosignatures})
        return TrustedHead(checkpoint, cosignatures)

    def _demand_quorum(self, cosigners: set[WitnessKey]) -> None:
        satisfied = {name for name, witness in self.witnesses if witness in cosigners}
        for group in self.groups:
            if len(satisfied.intersection(group.members)) >= group.needed:
                satisfied.add(group.name)
        if self.quorum is not None and self.quorum not in satisfied:
            message = f"{len(cosigners)} known witnesses cosigned, which is not the quorum {self.quorum}"
            raise NotVerified(Reason.QUORUM_MISSING, message)


@dataclass(slots=True)
class _Draft:
    """The lines of a policy read so far."""

    logs: list[Verifier] = field(default_factory=list)
    witnesses: list[tuple[str, WitnessKey]] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    quorums: list[str] = field(default_factory=list)

    def take(self, word: str, items: list[str]) -> None:
        """Adds one line; the optional address at the end of `log` and `witness` is not kept."""
        match word, items:
            case "log", [vkey] | [vkey, _]:
                self.logs.append(Verifier.from_vkey(vkey))
            case "witness", [name, vkey] | [name, vkey, _]:
                self.witnesses.append((name, WitnessKey.from_vkey(vkey)))
            case "group", [name, needed, _, *_]:
                self.groups.append(Group(name, _needed(needed, len(items) - 2), tuple(items[2:])))
            case "quorum", [name]:
                self.quorums.append(name)
            case _:
                raise bad_note(f"a policy has no such line: {word[:40]!a} with {len(items)} items")

    def finish(self) -> Policy:
        """Gives the policy; exactly one line must have named the quorum."""
        if len(self.quorums) != 1:
            raise bad_note(f"a policy has one quorum line, got {len(self.quorums)}")
        quorum = None if self.quorums[0] == NONE else self.quorums[0]
        return Policy(tuple(self.logs), tuple(self.witnesses), tuple(self.groups), quorum)


def _needed(text: str, members: int) -> int:
    return {"all": members, "any": 1}.get(text) or read_decimal(text)


def _demand_once(what: str, values: Iterable[object]) -> None:
    found = list(values)
    if len(set(found)) != len(found):
        raise _bad_policy(f"a policy has each {what} only once, and no name is 'none'")


def _bad_policy(message: str) -> Refused:
    return Refused(Reason.BAD_NOTE, message)
