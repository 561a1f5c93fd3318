"""The rules of a witness: public exchanges, every refusal in its order, and memory before the answer."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.simulators.ledger import LOG_SIGNER, NOW, ORIGIN, VECTORS, later, make_entries, make_log
from traceability.errors import Reason, Unreadable
from traceability.ledger import note
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.cosignature import WitnessKey, verify_cosignatures
from traceability.ledger.heads import HeadFolder
from traceability.ledger.merkle import EMPTY_ROOT
from traceability.ledger.note import Note, Verifier
from traceability.ledger.witness import AddCheckpoint, Cosigner, Status, decide, read_answer
from traceability.signing.keys import Ed25519Signer, PublicKey

SIGNER, STRANGER = (Ed25519Signer.from_seed(bytes([number]) * 32) for number in (8, 9))
NAME = "example.com/witness"
LOGS = {ORIGIN: (Verifier(ORIGIN, LOG_SIGNER.public_key),)}
EXCHANGES = VECTORS / "witness" / "add-checkpoint-exchanges.json"
SIGSUM = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
SIGSUM_KEY = "ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f"
GO_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"


def _witness(folder, logs=LOGS):
    return Cosigner(NAME, SIGNER, logs=logs, memory=HeadFolder(folder))


@pytest.fixture
def log(tmp_path):
    return make_log(tmp_path / "log")


@pytest.fixture
def witness(tmp_path):
    return _witness(tmp_path / "witness")


def _grown(log, size):
    with log.store.read() as view:
        log_size = view.size()
    log.append_batch(make_entries(log_size, size))
    return log.checkpoint(later(size))


def _request(log, old, size):
    return log.request_cosignature(old, _grown(log, size)).to_bytes()


@pytest.mark.skipif(not EXCHANGES.is_file(), reason="the shared witness exchanges are absent")
def test_the_public_exchanges_are_answered_as_the_specification_says(tmp_path):
    """Source: torchwood litewitness tests; the status of C2SP tlog-witness v1 where it differs. 10 of 10."""
    exchanges = json.loads(EXCHANGES.read_text(encoding="utf-8"))
    logs = {
        SIGSUM: (Verifier(SIGSUM, PublicKey(bytes.fromhex(SIGSUM_KEY))),),
        "go.sum database tree": (Verifier.from_vkey(GO_KEY),),
    }
    witness = _witness(tmp_path, logs)
    found = []
    for exchange in exchanges:
        answer = witness.answer(exchange["request"].encode(), now=NOW)
        found.append(answer.status)
        for condition in exchange["asserts"]:
            if condition.startswith("body =="):
                assert answer.body == json.loads(condition.removeprefix("body == ")).encode()
        if answer.status == Status.COSIGNED:
            assert answer.body.startswith(f"— {NAME} ".encode())
    assert found == [exchange["status_c2sp_v1"] for exchange in exchanges]
    assert len(found) == 10


def test_a_growing_log_is_cosigned_step_by_step(log, witness):
    old = 0
    for size in (0, 1, 2, 300, 300):
        answer = witness.answer(_request(log, old, size), now=NOW)
        assert answer.status == Status.COSIGNED
        old = size


def test_an_answer_joins_the_note_and_verifies(log, witness):
    head = _grown(log, 5)
    answer = witness.answer(log.request_cosignature(0, head).to_bytes(), now=NOW)
    lines = read_answer(answer.body, head.note.text)
    joined = note.parse(Note(head.note.text, (*head.note.signatures, *lines)).to_bytes())
    (cosignature,) = verify_cosignatures(joined, [WitnessKey(NAME, SIGNER.public_key)])
    assert cosignature.time_s == int(NOW.timestamp())


def test_a_witness_without_the_asker_in_mind_tells_the_size(log, witness):
    witness.answer(_request(log, 0, 5), now=NOW)
    answer = witness.answer(_request(log, 3, 9), now=NOW)
    assert (answer.status, answer.body, answer.reason) == (Status.OTHER_SIZE, b"5\n", Reason.ROLLBACK)


def test_a_rollback_is_not_cosigned(log, witness):
    first = _request(log, 0, 3)
    witness.answer(first, now=NOW)
    witness.answer(_request(log, 3, 9), now=NOW)
    assert witness.answer(first, now=NOW).status == Status.OTHER_SIZE
    back = AddCheckpoint.from_bytes(first)
    answer = witness.answer(AddCheckpoint(9, (), back.note).to_bytes(), now=NOW)
    assert (answer.status, answer.reason) == (Status.MALFORMED, Reason.ROLLBACK)


@pytest.mark.parametrize("size", [5, 9], ids=["same size", "grown"])
def test_a_fork_is_not_cosigned(log, witness, tmp_path, size):
    witness.answer(_request(log, 0, 5), now=NOW)
    other = make_log(tmp_path / "other")
    other.append_batch(make_entries(0, 5, salt="forged "))
    answer = witness.answer(_request(other, 5, size), now=NOW)
    assert (answer.status, answer.reason) == (Status.INCONSISTENT, Reason.FORK)


def test_a_log_signed_by_a_stranger_is_not_cosigned(log, witness):
    text = _grown(log, 5).note.text
    forged = AddCheckpoint(0, (), note.parse(note.sign(text, [(ORIGIN, STRANGER)])))
    assert witness.answer(forged.to_bytes(), now=NOW).status == Status.NOT_SIGNED


def test_an_unknown_origin_is_told_and_leaves_no_file(tmp_path, log):
    answer = _witness(tmp_path / "witness", {}).answer(_request(log, 0, 5), now=NOW)
    assert answer.status == Status.UNKNOWN_ORIGIN
    assert not (tmp_path / "witness").exists()


def test_a_proof_from_nothing_must_be_empty(log, witness):
    request = AddCheckpoint(0, (bytes(32),), _grown(log, 5).note)
    assert witness.answer(request.to_bytes(), now=NOW).status == Status.INCONSISTENT


def test_an_empty_log_has_the_empty_root(witness):
    for root_hash, status in [(bytes(32), Status.INCONSISTENT), (EMPTY_ROOT, Status.COSIGNED)]:
        text = Checkpoint(ORIGIN, 0, root_hash).to_text()
        signed = note.parse(note.sign(text, [(ORIGIN, LOG_SIGNER)]))
        assert witness.answer(AddCheckpoint(0, (), signed).to_bytes(), now=NOW).status == status


def test_a_signature_line_in_another_spelling_is_no_signature(log, witness):
    data = _request(log, 0, 5)
    assert witness.answer(data[:-2] + b"\n", now=NOW).status == Status.NOT_SIGNED


def test_the_signature_is_judged_before_the_sizes(log):
    """An asker without the log's key must not learn what was cosigned."""
    text = _grown(log, 5).note.text
    forged = AddCheckpoint(3, (), note.parse(note.sign(text, [(ORIGIN, STRANGER)])))
    assert decide(forged, logs=LOGS, last=Checkpoint(ORIGIN, 4, bytes(32))).status == Status.NOT_SIGNED


def test_what_was_cosigned_is_remembered_by_the_next_process(log, tmp_path):
    _witness(tmp_path / "witness").answer(_request(log, 0, 5), now=NOW)
    assert _witness(tmp_path / "witness").answer(_request(log, 0, 9), now=NOW).body == b"5\n"


def test_many_foreign_signatures_do_not_lock_the_witness_out(log, witness):
    """They are not remembered: the note would grow beyond what can be read again."""
    first = AddCheckpoint.from_bytes(_request(log, 0, 5))
    noise = note.parse(note.sign(first.note.text, [(f"x{number}", STRANGER) for number in range(63)]))
    crowded = AddCheckpoint(0, (), Note(first.note.text, (*first.note.signatures, *noise.signatures)))
    assert witness.answer(crowded.to_bytes(), now=NOW).status == Status.COSIGNED
    assert witness.answer(_request(log, 5, 6), now=NOW).status == Status.COSIGNED


def test_a_damaged_memory_cosigns_nothing(log, witness, tmp_path):
    request = _request(log, 0, 5)
    witness.answer(request, now=NOW)
    (path,) = (tmp_path / "witness").glob("*.json")
    path.write_text("{}")
    with pytest.raises(Unreadable):
        witness.answer(request, now=NOW)


def test_of_two_racing_forks_one_is_cosigned(tmp_path):
    """Compare and store are one step, whichever request comes first."""
    for turn in range(10):
        requests = []
        for salt in ("", "forged "):
            log = make_log(tmp_path / f"{turn}{salt}")
            log.append_batch(make_entries(0, 4, salt=salt))
            requests.append(log.request_cosignature(0, log.checkpoint(NOW)).to_bytes())
        witness = _witness(tmp_path / f"witness {turn}")
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(partial(witness.answer, now=NOW), requests))
        assert sorted(answer.status for answer in answers) == [Status.COSIGNED, Status.OTHER_SIZE]


def test_a_request_reads_back(log):
    _grown(log, 5)
    data = _request(log, 5, 9)
    assert AddCheckpoint.from_bytes(data).to_bytes() == data


BAD = {
    "nothing": lambda data: b"",
    "no old line": lambda data: data.partition(b"\n")[2],
    "old 05": lambda data: data.replace(b"old 5", b"old 05"),
    "old -5": lambda data: data.replace(b"old 5", b"old -5"),
    "a short hash": lambda data: data.replace(b"old 5\n", b"old 5\nAAAA\n"),
    "64 hashes": lambda data: data.replace(b"old 5\n", b"old 5\n" + (b"A" * 43 + b"=\n") * 64),
    "no empty line": lambda data: data.replace(b"\n\n", b"\n", 1),
    "no checkpoint": lambda data: data.partition(b"\n\n")[0] + b"\n\n",
    "an extension line": lambda data: data.replace(ORIGIN.encode() + b"\n9\n", ORIGIN.encode() + b"\n9\nx\n"),
    "not UTF-8": lambda data: b"\xff" + data,
    "too large": lambda data: data + b" " * 65_536,
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
def test_a_body_that_is_no_request_is_malformed(log, witness, change):
    _grown(log, 5)
    assert witness.answer(change(_request(log, 5, 9)), now=NOW).status == Status.MALFORMED


@pytest.mark.parametrize("body", [b"", b"5\n", b"\n", b"more\n\n\xe2\x80\x94 a AAAAAAAA\n", b"\xff"])
def test_an_answer_that_is_no_signature_lines_is_refused(body):
    with pytest.raises(Unreadable):
        read_answer(body, Checkpoint(ORIGIN, 5, bytes(32)).to_text())
