"""Holds the documents' examples: docs/record-format.md is recomputed from its own text, shown code runs."""

import base64
import contextlib
import gzip
import hashlib
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from shop.cli import main
from tests.simulators.documents import ROOT, blocks, codes, example, page, rows
from tests.simulators.village import Village
from traceability.base58 import decode_multibase, encode_multibase
from traceability.bundle import write_bundle
from traceability.errors import NotVerified, Reason
from traceability.evidence import Evidence, Reader, join_serials
from traceability.labels import seal
from traceability.labels.code import parse as parse_label
from traceability.ledger.note import Verifier
from traceability.policy import open_trust_list
from traceability.records.bitstring import decode
from traceability.records.canonical import canonical, digest_multibase, parse
from traceability.records.envelope import read_envelope
from traceability.records.event import EVENT_KINDS
from traceability.records.kinds import read_record
from traceability.roots import parse_roots
from traceability.signing.keys import Ed25519Signer, PublicKey
from traceability.signing.proof import VerificationMethod, attach_proof, verify_proof
from traceability.verdict import CheckStatus
from traceability.verify import verify_label

FORMAT = page("docs/record-format.md")
SAMPLES: list[dict[str, Any]] = json.loads(
    (ROOT / "tests/vectors/record-members.json").read_text(encoding="utf-8")
)
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

# --- Members of each kind ----------------------------------------------------------------------


def subject(document: dict[str, Any]) -> dict[str, Any]:
    """Gives a record's subject; an event's is the only item of a list."""
    value = document["credentialSubject"]
    return dict(value[0] if isinstance(value, list) else value)


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Gives every member of a JSON value that is no object, with its path; lists of objects count as `[]`."""
    if isinstance(value, dict) and value:
        return [leaf for name, item in value.items() for leaf in leaves(item, f"{path}.{name}".lstrip("."))]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return [leaf for item in value for leaf in leaves(item, f"{path}[]")]
    return [(path, value)]


def table(name: str) -> list[tuple[str, Any]]:
    """Gives the members that a table lists, one by one, with their examples."""
    text = FORMAT.split(f"<!-- members: {name} -->\n\n", 1)[1].split("\n\n", 1)[0]
    found: list[tuple[str, Any]] = []
    for member, *_, shown in rows(text):
        stem, _, names = codes(member)[0].partition("{")
        value = json.loads(codes(shown)[0])
        found += (
            [(stem + part, value[part]) for part in names.rstrip("}").split(",")]
            if names
            else [(stem, value)]
        )
    return found


def sampled(name: str) -> list[tuple[str, Any]]:
    """Gives the members of the samples of a kind; `envelope` is what stands around every subject."""
    if name == "envelope":
        bare = [{key: value for key, value in one.items() if key != "credentialSubject"} for one in SAMPLES]
        return [leaf for one in bare for leaf in leaves(one)]
    subjects = map(subject, SAMPLES)
    return [leaf for one in subjects if one["ln:origin"]["recordType"] == name for leaf in leaves(one)]


KINDS: list[str] = re.findall(r"<!-- members: (\w+) -->", FORMAT)


def test_each_kind_has_its_table() -> None:
    assert KINDS == ["envelope", *dict.fromkeys(subject(one)["ln:origin"]["recordType"] for one in SAMPLES)]
    assert len(KINDS) == 9


@pytest.mark.parametrize("document", SAMPLES, ids=lambda document: document["id"].rpartition("/")[2])
def test_a_sample_is_a_record(document: dict[str, Any]) -> None:
    assert read_record(document, read_envelope(document)).to_document() == document


@pytest.mark.parametrize("name", KINDS)
def test_the_samples_leave_no_optional_member_out(name: str) -> None:
    """What a value can hold and no sample of its kind holds would be missing from the document too."""
    records = [read_record(one, read_envelope(one)) for one in SAMPLES]
    values = (
        [one.envelope for one in records]
        if name == "envelope"
        else [one for one in records if one.KIND == name]
    )
    for field in type(values[0]).__dataclass_fields__:
        assert any(getattr(value, field) not in (None, ()) for value in values), field


@pytest.mark.parametrize("name", KINDS)
def test_the_table_lists_the_members_that_there_are(name: str) -> None:
    listed = [path for path, _ in table(name)]
    assert sorted(listed) == sorted({path for path, _ in sampled(name)})


@pytest.mark.parametrize("name", KINDS)
def test_the_tables_examples_are_the_samples(name: str) -> None:
    found = sampled(name)
    assert not [member for member in table(name) if member not in found]


def test_the_table_of_event_kinds_is_the_codes() -> None:
    listed = {
        codes(row[0])[0]: row[1:] for row in rows(FORMAT) if codes(row[0])[0] in EVENT_KINDS and len(row) == 5
    }
    assert listed == {
        name: [kind.epcis_type, kind.action or "–", f"`{kind.biz_step}`", f"`{kind.disposition}`"]
        for name, kind in EVENT_KINDS.items()
    }


# --- The worked example: the proof -------------------------------------------------------------


def sha256_hex(text: str) -> str:
    """Gives the SHA-256 of a text's UTF-8 bytes in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def plain_jcs(value: Any) -> str:
    """Gives the canonical form by the standard library alone: enough without floats and astral names."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def signer(name: str) -> Ed25519Signer:
    """Gives the signer of a seed of the example."""
    return Ed25519Signer.from_seed(bytes.fromhex(example(name)))


def options() -> dict[str, Any]:
    """Gives the proof's options as the recipe says: the proof of the signed record without its value."""
    return {
        key: value for key, value in json.loads(example("record"))["proof"].items() if key != "proofValue"
    }


def methods() -> dict[str, VerificationMethod]:
    """Gives the example's record key under the name that its proof uses."""
    name = options()["verificationMethod"]
    return {name: VerificationMethod(name, name.partition("#")[0], signer("seed").public_key)}


def test_the_public_key_is_the_seeds() -> None:
    assert signer("seed").public_key.multibase == example("public-key")


def test_the_options_are_canonical_and_hash_as_shown() -> None:
    assert example("options") == plain_jcs(options()) == canonical(options()).decode()
    assert example("options-hash") == sha256_hex(example("options"))


def test_the_document_is_canonical_and_hashes_as_shown() -> None:
    document = json.loads(example("document"))
    assert example("canonical") == plain_jcs(document) == canonical(document).decode()
    assert example("canonical-hash") == sha256_hex(example("canonical"))


def test_the_signature_is_over_both_hashes_the_options_first() -> None:
    message = bytes.fromhex(example("options-hash") + example("canonical-hash"))
    assert signer("seed").sign(message).hex() == example("signature")
    assert encode_multibase(bytes.fromhex(example("signature"))) == example("proof-value")


def test_the_other_order_of_hashes_does_not_verify() -> None:
    swapped = bytes.fromhex(example("canonical-hash") + example("options-hash"))
    with pytest.raises(NotVerified):
        PublicKey.from_multibase(example("public-key")).verify(bytes.fromhex(example("signature")), swapped)


def test_the_record_is_the_document_with_its_proof() -> None:
    document = json.loads(example("document"))
    proof = {**options(), "proofValue": example("proof-value")}
    assert example("record") == plain_jcs({**document, "proof": proof})
    created = datetime.fromisoformat(options()["created"])
    signed = attach_proof(document, signer=signer("seed"), method_id=next(iter(methods())), created=created)
    assert canonical(signed).decode() == example("record")


def test_the_record_verifies_and_reads() -> None:
    data = example("record").encode()
    assert verify_proof(data, methods(), at=AT).claim.signature.hex() == example("signature")
    assert Reader(1).read(data).digest == example("digest")


def test_the_re_indented_document_with_its_proof_is_the_same_record() -> None:
    record = {**json.loads(example("document")), "proof": json.loads(example("record"))["proof"]}
    data = json.dumps(record, indent=2).encode()
    assert Reader(1).read(data).digest == example("digest")
    verify_proof(data, methods(), at=AT)


@pytest.mark.parametrize(
    ("old", "new"),
    [("Xưởng mẫu", "Xưởng lạ"), ("2026-10-18", "2026-10-19"), ('"unitCount":2', '"unitCount":3')],
)
def test_the_changed_record_does_not_verify(old: str, new: str) -> None:
    changed = example("record").replace(old, new)
    assert changed != example("record")
    with pytest.raises(NotVerified) as caught:
        verify_proof(changed.encode(), methods(), at=AT)
    assert caught.value.code is Reason.BAD_SIGNATURE


def test_the_digest_is_the_records() -> None:
    assert example("record-hash") == sha256_hex(example("record"))
    assert example("digest") == digest_multibase(example("record").encode())
    assert decode_multibase(example("digest"), length=34).hex() == "1220" + example("record-hash")


# --- The worked example: serials and seal ------------------------------------------------------


def test_the_serial_root_is_the_one_in_the_document() -> None:
    serials = example("serials").split("\n")
    hashes = [hashlib.sha256(b"\x00" + one.encode()).hexdigest() for one in serials]
    assert example("leaves").split("\n") == hashes
    assert serials == sorted(serials)
    both = bytes.fromhex("01" + "".join(hashes))
    root = json.loads(example("document"))["credentialSubject"]["ln:origin"]["serialRoot"]
    assert example("serial-root") == hashlib.sha256(both).hexdigest() == root


def test_the_seals_head_has_the_fields_of_the_table() -> None:
    key = signer("seal-seed").public_key
    assert key.multibase == example("seal-public-key")
    day = (date.fromisoformat(example("seal-day")) - date(2020, 1, 1)).days
    kid = hashlib.sha256(key.raw).hexdigest()[:8]
    assert example("seal-head") == f"01{kid}{day:04x}{example('record-hash')[:32]}"


def test_the_seals_message_and_signature_are_as_described() -> None:
    message = b"OCOP-QR-1\x00" + bytes.fromhex(example("seal-head")) + example("unsealed").encode()
    assert example("seal-message") == message.hex()
    assert example("seal-signature") == signer("seal-seed").sign(message).hex()


def test_the_label_carries_the_87_bytes() -> None:
    label = parse_label(example("label"))
    assert label.unsealed_uri == example("unsealed")
    blob = bytes.fromhex(example("seal-head") + example("seal-signature"))
    assert len(blob) == 87
    assert seal.parse(label.seal or "").head + seal.parse(label.seal or "").signature == blob
    # Base 32 by hand: five bits a letter, and four zero bits at the end.
    bits = "".join(f"{byte:08b}" for byte in blob) + "0000"
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    assert label.seal == "".join(letters[int(bits[at : at + 5], 2)] for at in range(0, 700, 5))


# --- The worked example: the status list -------------------------------------------------------


def test_the_status_bits_are_the_indexes_most_significant_first() -> None:
    head = f"{int(example('status-bits'), 16):024b}"
    assert [index for index, bit in enumerate(head) if bit == "1"] == [
        int(line) for line in example("status-indexes").split("\n")
    ]


def test_the_encoded_list_holds_the_bits() -> None:
    text = example("encoded-list")
    bits = gzip.decompress(base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4)))
    assert text[0] == "u"
    assert bits == decode(text) == bytes.fromhex(example("status-bits")).ljust(16_384, b"\0")
    assert hashlib.sha256(bits).hexdigest() == example("status-hash")


# --- The worked example: the trust list, and all of it together --------------------------------


def test_the_roots_text_form_is_the_seeds() -> None:
    verifier = Verifier.from_vkey(example("vkey"))
    assert verifier.key == signer("root-seed").public_key


def test_the_trust_list_opens_with_its_root_and_no_other() -> None:
    note = f"{example('trust-list')}\n".encode()
    trust = open_trust_list(note, parse_roots(example("vkey").encode()))
    assert [key.method.key.multibase for key in trust.keys] == [
        example("public-key"),
        example("seal-public-key"),
    ]
    stranger = Verifier("village.example/root-1", signer("seed").public_key)
    with pytest.raises(NotVerified):
        open_trust_list(note, [stranger])


@pytest.mark.parametrize(("text", "passes"), [(example("label"), True), (example("label")[:-1] + "C", False)])
def test_the_label_holds_as_far_as_the_example_goes(text: str, passes: bool) -> None:
    """The example has no workshop and no village, so the chain stays open; label and proof hold."""
    trust = open_trust_list(f"{example('trust-list')}\n".encode(), parse_roots(example("vkey").encode()))
    lot = json.loads(example("document"))["credentialSubject"]["id"]
    serials = {lot: join_serials(example("serials").split("\n"))}
    evidence = Evidence(passports={lot: example("record").encode()}, serials=serials)
    verdict = verify_label(text, trust=trust, evidence=evidence, at=AT)
    passed = {check.id for check in verdict.checks if check.status is CheckStatus.PASSED}
    assert {"1-parse", "3-proof"} <= passed
    assert ("2-label" in passed) is passes
    assert set(verdict.reasons) == {Reason.LINK_MISSING, Reason.NOT_LOGGED} | (
        set() if passes else {Reason.BAD_SEAL, Reason.SERIAL_NOT_IN_LOT}
    )


# --- Code that the documents show --------------------------------------------------------------


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """A folder with `instance/bundle`, as after `langnghe demo`: here a small village's."""
    village = Village().issue_all()
    write_bundle(
        tmp_path / "instance" / "bundle",
        **village.bundle_parts(),
    )
    return tmp_path


SHOWN = [
    line.removeprefix("$ ")
    for name in ("README.md", "docs/verification.md")
    for block in blocks(page(name), "console")
    for line in block.splitlines()
    if " verify " in line
]


@pytest.mark.parametrize("line", SHOWN)
def test_a_shown_check_says_verified(line: str, instance: Path) -> None:
    """Names in the documents are the demo's, so the small village's passport and label stand in for them."""
    label = Village().issue_all().labels()[0].to_uri()
    words = re.sub(r"records/\S+\.json", "records/passport.json", line)
    words = re.sub(r"'HTTPS://[^']*'|<text of a label>", label, words)
    arguments = [*words.split()[1:], "--at", "2026-11-23T08:00:00Z"]
    with contextlib.chdir(instance):
        result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "VERIFIED" in result.output


@pytest.mark.parametrize(("number", "code"), enumerate(blocks(page("README.md"), "python")), ids=str)
def test_the_readmes_python_runs(number: int, code: str, instance: Path) -> None:
    with contextlib.chdir(instance):
        exec(compile(code, f"README.md, Python block {number + 1}", "exec"), {"__name__": "readme"})


def test_json_output_has_the_members_that_the_document_names(instance: Path) -> None:
    shown = re.search(r'^`(\{"input".*\})`;$', page("docs/cli.md"), re.MULTILINE)
    assert shown is not None
    arguments = "record verify instance/bundle/records/passport.json --trust instance/bundle/trust.txt --json"
    with contextlib.chdir(instance):
        result = CliRunner().invoke(main, [*arguments.split(), "--at", "2027-12-23T08:00:00Z"])
    value = parse(result.stdout.encode(), max_bytes=1_000_000)
    names = set(re.findall(r'"(\w+)"', shown[1]))
    assert names == {*value, *value["checks"][0], *value["chain"][0], "subject"}
