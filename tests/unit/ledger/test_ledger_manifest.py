"""The manifest of an export: one spelling, one signature, and every changed file named."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.errors import Reason, Refused, TraceabilityError, Unreadable
from traceability.ledger import note as notes
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.manifest import (
    FILES,
    MANIFEST,
    Manifest,
    audit_manifest,
    read_files,
    write_files,
)
from traceability.ledger.note import Verifier
from traceability.ledger.quorum import Policy
from traceability.signing.keys import Ed25519Signer

ORIGIN = "village.example/log"
SIGNER = Ed25519Signer.from_seed(bytes(range(32)))
VERIFIER = Verifier(ORIGIN, SIGNER.public_key)
HEAD = Checkpoint(ORIGIN, 7, bytes(32))
MADE_AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
CONTENT = {"README.txt": b"read me", "log/checkpoint": b"", "records/a.json": b"{}"}


def export(**changes: bytes) -> dict[str, bytes]:
    """Gives a small export by path; `log/checkpoint` is signed by the same log."""
    content = {**CONTENT, "log/checkpoint": notes.sign(HEAD.to_text(), [(ORIGIN, SIGNER)]), **changes}
    listed = write_files({path: hashlib.sha256(data).hexdigest() for path, data in content.items()})
    manifest = Manifest.over(listed, checkpoint=HEAD, made_at=MADE_AT)
    return {**content, FILES: listed, MANIFEST: manifest.sign(SIGNER)}


def reader(files: dict[str, bytes]) -> Callable[[str], bytes]:
    def read(path: str) -> bytes:
        if path not in files:
            raise Unreadable(Reason.BAD_LOG, f"{path}: no such file")
        return files[path]

    return read


def faults(files: dict[str, bytes], verifier: Verifier = VERIFIER) -> list[str]:
    return [fault.where for fault in audit_manifest(reader(files), [verifier], files)]


def test_an_export_as_it_was_signed_has_no_fault() -> None:
    assert faults(export()) == []


@pytest.mark.parametrize("path", CONTENT)
def test_a_changed_file_is_named(path: str) -> None:
    files = export()
    files[path] = bytes([files[path][0] ^ 1]) + files[path][1:]
    assert path in faults(files)


@pytest.mark.parametrize("path", CONTENT)
def test_a_missing_file_is_named(path: str) -> None:
    files = export()
    del files[path]
    assert path in faults(files)


def test_a_file_that_was_added_is_named() -> None:
    assert faults(export() | {"check/more.js": b""}) == ["check/more.js"]


@pytest.mark.parametrize(
    "damage", [{"README.txt": b"other"}, {"check/more.js": b""}, {FILES: b""}], ids=["file", "added", "list"]
)
def test_what_the_manifest_does_not_vouch_for_has_its_own_reason(damage: dict[str, bytes]) -> None:
    files = export() | damage
    found = audit_manifest(reader(files), [VERIFIER], files)
    assert {fault.reason for fault in found} == {Reason.FILE_CHANGED}


def test_an_older_list_of_files_is_named() -> None:
    files = export()
    files[FILES] = export(**{"records/a.json": b"[]"})[FILES]
    assert faults(files) == [FILES]


@given(st.integers(0), st.integers(0, 7))
def test_every_flipped_bit_of_manifest_and_list_is_seen(at: int, bit: int) -> None:
    for path in (MANIFEST, FILES):
        files = export()
        data = bytearray(files[path])
        data[at % len(data)] ^= 1 << bit
        assert faults(files | {path: bytes(data)}) == [path]


def test_a_manifest_of_another_log_is_refused() -> None:
    stranger = Ed25519Signer.from_seed(bytes(32))
    assert faults(export(), Verifier(ORIGIN, stranger.public_key)) == [MANIFEST]


def test_a_manifest_signed_under_another_name_is_refused() -> None:
    files, other = export(), "village.example/other"
    text = notes.parse(files[MANIFEST]).text
    files[MANIFEST] = notes.sign(text, [(other, SIGNER)])
    assert faults(files, Verifier(other, SIGNER.public_key)) == [MANIFEST]


def test_a_second_signature_is_refused() -> None:
    files = export()
    text = notes.parse(files[MANIFEST]).text
    files[MANIFEST] = notes.sign(text, [(ORIGIN, SIGNER), ("someone.example", SIGNER)])
    assert faults(files) == [MANIFEST]


def test_another_head_than_the_manifests_is_named() -> None:
    """Somebody with the log's key could sign a list of their own over an older log."""
    older = Checkpoint(ORIGIN, 5, bytes(32))
    assert faults(export(**{"log/checkpoint": notes.sign(older.to_text(), [(ORIGIN, SIGNER)])})) == [
        "log/checkpoint"
    ]


def test_a_manifest_is_no_checkpoint() -> None:
    """The same key signs both, so neither may be read as the other."""
    with pytest.raises(TraceabilityError):
        Policy((VERIFIER,)).check(notes.parse(export()[MANIFEST]))


def test_a_checkpoint_is_no_manifest() -> None:
    files = export()
    files[MANIFEST] = files["log/checkpoint"]
    assert faults(files) == [MANIFEST]


@pytest.mark.parametrize(
    "path", ["", "/a", "../a", "a/../b", "a//b", "a/", ".a", "a b", "a\nb", "đ", "a\\b", "C:a", "a" * 401]
)
def test_a_path_that_some_system_reads_otherwise_is_refused(path: str) -> None:
    with pytest.raises(Refused):
        write_files({path: "0" * 64})


def test_paths_that_differ_in_letter_case_alone_are_refused() -> None:
    with pytest.raises(Refused, match="letter case"):
        write_files({"a/B": "0" * 64, "A/b": "0" * 64})


@given(st.dictionaries(st.from_regex(r"[a-z0-9_]{1,8}(/[a-z0-9_.]{1,8}\w)?", fullmatch=True), st.binary()))
def test_a_list_of_files_reads_back(content: dict[str, bytes]) -> None:
    digests = {
        path: hashlib.sha256(data).hexdigest()
        for path, data in content.items()
        if path.isascii() and "/." not in path
    }
    assert read_files(write_files(digests)) == digests


@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_refused(data: bytes) -> None:
    try:
        found = read_files(data)
    except Unreadable:
        return
    assert write_files(found) == data


@given(st.text(max_size=300))
def test_any_text_is_a_manifest_or_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        Manifest.from_text(text)


def test_a_manifest_reads_back() -> None:
    text = Manifest.over(b"", checkpoint=HEAD, made_at=MADE_AT).to_text()
    assert Manifest.from_text(text).to_text() == text
