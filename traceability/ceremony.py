"""How a trust list comes about: a draft that people can read, what it changes in words, and root signatures.

Root holders sign one after the other, each on a machine of their own. What they sign is the text of
`signing.trust`; what they read is the same list indented, and every difference to the list before.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from traceability.clock import VIET_NAM_TIME
from traceability.errors import Reason, Refused, Unreadable
from traceability.ledger import note as notes
from traceability.ledger.note import Note, Verifier
from traceability.limits import TRUST_LIST_MAX_BYTES
from traceability.records.canonical import canonical, parse, sha256
from traceability.signing.keys import Signer
from traceability.signing.trust import TrustedHost, TrustKey, TrustList, roots_needed
from traceability.signing.trust_text import parse_trust_text, write_trust_text

__all__ = [
    "Change",
    "add_signature",
    "differences",
    "join_notes",
    "read_draft",
    "read_list",
    "roots_missing",
    "text_fingerprint",
    "write_draft",
]

_ORIGIN = "origin"
# What a list says of a key, in Vietnamese.
_WORDS: Final = {
    "province": "thành phố, tỉnh",
    "commune": "xã, phường",
    "ocop_council": "hội đồng OCOP",
    "association": "hiệp hội làng nghề",
    "workshop": "cơ sở sản xuất",
    "inspector": "kiểm tra viên",
    "record": "khóa ký hồ sơ",
    "seal": "khóa đóng dấu tem",
    "server": "máy chủ của sàn giữ",
    "holder": "người ký tự giữ",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two lists, as a sentence in Vietnamese and one in English."""

    vi: str
    en: str


def write_draft(trust: TrustList) -> bytes:
    """Gives a list in the form that people read and edit: indented JSON with its origin, in UTF-8."""
    origin, _, line = write_trust_text(trust).partition("\n")
    draft = {_ORIGIN: origin, **json.loads(line)}
    return json.dumps(draft, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"


def read_draft(data: bytes) -> TrustList:
    """Reads a draft: the indented form, or the bare text that roots sign.

    Raises:
        Unreadable: BAD_TRUST_LIST, or what strict reading raises.
    """
    if not data.lstrip().startswith(b"{"):
        return parse_trust_text(_decode(data))
    body = parse(data, max_bytes=TRUST_LIST_MAX_BYTES)
    origin = body.pop(_ORIGIN, None)
    if not isinstance(origin, str) or not origin or "\n" in origin:
        raise Unreadable(Reason.BAD_TRUST_LIST, "the draft names no origin")
    return parse_trust_text(f"{origin}\n{canonical(body).decode('utf-8')}\n")


def read_list(data: bytes) -> tuple[TrustList, Note | None]:
    """Reads a signed list or a draft. Nothing in it is believed: no signature was checked.

    Returns:
        The list, and the note that it stands in; None for a draft.

    Raises:
        Unreadable: BAD_NOTE, BAD_TRUST_LIST, or what strict reading raises.
    """
    if b"\n\n" not in data or data.lstrip().startswith(b"{"):
        return read_draft(data), None
    note = notes.parse(data, max_bytes=TRUST_LIST_MAX_BYTES)
    return parse_trust_text(note.text), note


def text_fingerprint(trust: TrustList) -> str:
    """Gives the SHA-256 of the text that roots sign, in groups of four hexadecimal digits."""
    digits = sha256(write_trust_text(trust).encode("utf-8")).hex()
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def add_signature(trust: TrustList, root: Verifier, signer: Signer, *, to: Sequence[Note] = ()) -> Note:
    """Signs a list as one root, and joins what other roots have signed already.

    Args:
        trust: as it was read from the draft.
        root: the name and key that verifiers pin for this signer.
        signer: the private half.
        to: notes of the very same list.

    Raises:
        Refused: KEY_NOT_AUTHORISED, when the signer is not that root; BAD_VALUE, for a note of another list.
    """
    if signer.public_key != root.key:
        raise Refused(Reason.KEY_NOT_AUTHORISED, f"the key is not that of {root.name}")
    mine = notes.parse(
        notes.sign(write_trust_text(trust), [(root.name, signer)]), max_bytes=TRUST_LIST_MAX_BYTES
    )
    return join_notes([*to, mine])


def join_notes(parts: Sequence[Note]) -> Note:
    """Gives one note with the signatures of all, each once, in the order given.

    Raises:
        Refused: BAD_VALUE, without a note, or for notes of different texts.
    """
    if not parts or any(part.text != parts[0].text for part in parts):
        raise Refused(Reason.BAD_VALUE, "the signed notes are not of one and the same list")
    lines = dict.fromkeys(line for part in parts for line in part.signatures)
    return Note(parts[0].text, tuple(lines))


def roots_missing(note: Note, roots: Sequence[Verifier]) -> tuple[tuple[str, ...], int]:
    """Gives the names of the roots that signed, and how many more signatures a majority needs.

    Raises:
        NotVerified: BAD_SIGNATURE, when the line of a root does not fit.
    """
    known = {(root.name, root.key_id) for root in roots}
    has_some = any((line.name, line.key_id) in known for line in note.signatures)
    signed = tuple(dict.fromkeys(notes.verify(note, roots))) if has_some else ()
    return signed, max(0, roots_needed(len(roots)) - len(signed))


def differences(old: TrustList | None, new: TrustList) -> tuple[Change, ...]:
    """Gives every difference in words: keys, hosts, log and witnesses, dates. None before: all is new."""
    found = [*_list_changes(old, new), *_host_changes(old.hosts if old else (), new.hosts)]
    found += _key_changes({key.method.id: key for key in old.keys} if old else {}, new.keys)
    return tuple(found)


def _list_changes(old: TrustList | None, new: TrustList) -> Iterator[Change]:
    if old is None:
        yield Change(
            f"danh sách đầu tiên của {new.origin}, số {new.sequence}",
            f"the first list of {new.origin}, number {new.sequence}",
        )
    else:
        yield Change(
            f"số {old.sequence} thành số {new.sequence}", f"number {old.sequence} becomes {new.sequence}"
        )
        if old.origin != new.origin:
            yield Change(f"NGUỒN đổi: {new.origin}", f"the ORIGIN changes to {new.origin}")
    yield Change(f"có hạn đến {_day_in_words(new.expires)}", f"it expires on {_day(new.expires)}")
    policy = old.log_policy if old else None
    if policy != new.log_policy:
        before, after = _policy_lines(policy), _policy_lines(new.log_policy)
        for line in (line for line in before if line not in after):
            yield Change(f"sổ công khai, BỎ: {line}", f"log policy, TAKEN OUT: {line}")
        for line in (line for line in after if line not in before):
            yield Change(f"sổ công khai, thêm: {line}", f"log policy, added: {line}")


def _policy_lines(policy: str | None) -> list[str]:
    return [line for line in (policy or "").split("\n") if line and not line.startswith("#")]


def _host_changes(old: Iterable[TrustedHost], new: Sequence[TrustedHost]) -> Iterator[Change]:
    before = {(host.name, host.since): host for host in old}
    after = {(host.name, host.since): host for host in new}
    for key, host in after.items():
        if key not in before:
            yield Change(f"tên miền mới: {host.name}", f"new host: {host.name}")
        elif before[key] != host:
            end = _day(host.until) if host.until else "–"
            heir = host.successor or "–"
            yield Change(
                f"tên miền {host.name}: dùng đến {end}, nối tiếp bởi {heir}",
                f"host {host.name}: used until {end}, succeeded by {heir}",
            )
    for name, _ in before.keys() - after.keys():
        yield Change(f"tên miền {name} BỊ BỎ RA", f"host {name} is TAKEN OUT")


def _key_changes(before: dict[str, TrustKey], new: Sequence[TrustKey]) -> Iterator[Change]:
    for key in new:
        known = before.get(key.method.id)
        if known is None:
            yield _new_key(key)
        elif known != key:
            yield from _changed_key(known, key)
    kept = {key.method.id for key in new}
    for method_id, key in before.items():
        if method_id not in kept:
            yield Change(
                f"khóa của {key.name} BỊ BỎ RA: {method_id}", f"key of {key.name} is TAKEN OUT: {method_id}"
            )


def _new_key(key: TrustKey) -> Change:
    scope = ", ".join(key.scope)
    method = f"{key.method.id} {key.method.key.multibase}"
    role, use, custody = (_WORDS.get(word, word) for word in (key.role, key.use, key.custody))
    return Change(
        f"khóa mới: {key.name}, {role}, {use}, {custody}; nơi được ký: {scope}; {method}",
        f"new key: {key.name}, {key.role}/{key.use}, {key.custody}, {scope}: {method}",
    )


def _changed_key(old: TrustKey, new: TrustKey) -> Iterator[Change]:
    who = f"{new.name}, {new.method.id}"
    if old.revoked != new.revoked:
        yield _revoked(who, new)
    if old.method != new.method:
        yield Change(f"khóa của {who} BỊ THAY BẰNG KHÓA KHÁC", f"the key of {who} is REPLACED BY ANOTHER KEY")
    for name, before, after in (
        ("name", old.name, new.name),
        ("role", old.role, new.role),
        ("use", old.use, new.use),
        ("custody", old.custody, new.custody),
        ("scope", ", ".join(old.scope), ", ".join(new.scope)),
        ("from", _day(old.since), _day(new.since)),
        ("until", _day(old.until), _day(new.until)),
    ):
        if before != after:
            yield Change(f"{who}: {name} {before} → {after}", f"{who}: {name} {before} → {after}")


def _revoked(who: str, key: TrustKey) -> Change:
    if key.revoked is None:
        return Change(f"{who}: BỎ việc thu hồi", f"{who}: the revocation is TAKEN BACK")
    below = f" (log size {key.revoked.log_size})" if key.revoked.log_size is not None else ""
    if key.revoked.reason == "retired":
        return Change(
            f"{who}: thôi dùng từ {_day(key.revoked.time)}{below}",
            f"{who}: retired on {_day(key.revoked.time)}{below}",
        )
    return Change(
        f"{who}: BỊ LỘ, từ {_day(key.revoked.time)}{below}",
        f"{who}: COMPROMISED since {_day(key.revoked.time)}{below}",
    )


def _day_in_words(moment: datetime) -> str:
    """Gives a moment as people in Viet Nam write it, to the minute."""
    return f"{moment.astimezone(VIET_NAM_TIME):%H:%M ngày %d/%m/%Y}"


def _day(moment: datetime | None) -> str:
    return moment.isoformat().replace("+00:00", "Z") if moment is not None else "–"


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(Reason.BAD_TRUST_LIST, "a trust list is UTF-8") from error
