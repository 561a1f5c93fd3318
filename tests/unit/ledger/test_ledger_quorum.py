"""Policies: the text form, and who must have signed."""

import pytest

from traceability.errors import NotVerified, Reason, Refused, TraceabilityError, Unreadable
from traceability.ledger import note
from traceability.ledger.checkpoint import Checkpoint
from traceability.ledger.cosignature import WitnessKey, cosign
from traceability.ledger.note import Note, Verifier
from traceability.ledger.quorum import Group, Policy
from traceability.signing.keys import Ed25519Signer

LOG, *WITNESSES = (Ed25519Signer.from_seed(bytes([number]) * 32) for number in range(1, 6))
ORIGIN = "demo.example/log"
LOG_KEY = Verifier(ORIGIN, LOG.public_key)
NAMES = ("a", "b", "c", "d")
KEYS = tuple(
    (name, WitnessKey(f"{name}.example", one.public_key)) for name, one in zip(NAMES, WITNESSES, strict=True)
)
HEAD = Checkpoint(ORIGIN, 7, bytes(32))
LINES = "\n".join(f"witness {name} {key.vkey}" for name, key in KEYS)
TEXT = f"""# who must have seen a head
log {LOG_KEY.vkey} https://demo.example/log
{LINES}

group inspectors any a b
group\tall-of-us  2 inspectors c d
quorum all-of-us
"""
POLICY = Policy(
    (LOG_KEY,), KEYS, (Group("inspectors", 1, ("a", "b")), Group("all-of-us", 2, ("inspectors", "c", "d"))),
    "all-of-us",
)  # fmt: skip


def _signed(cosigners, *, signer=LOG, head=HEAD):
    signed = note.parse(note.sign(head.to_text(), [(ORIGIN, signer)]))
    lines = [
        cosign(head.to_text(), WITNESSES[NAMES.index(name)], name=f"{name}.example", time_s=9)
        for name in cosigners
    ]
    return Note(signed.text, (*signed.signatures, *lines))


def _fails(reason, policy, read):
    with pytest.raises(NotVerified) as caught:
        policy.check(read)
    assert caught.value.code is reason


def test_a_policy_is_read():
    assert Policy.from_bytes(TEXT.encode()) == POLICY


def test_without_a_quorum_the_log_is_enough():
    policy = Policy.from_bytes(f"log {LOG_KEY.vkey}\nquorum none\n".encode())
    assert policy == Policy((LOG_KEY,))
    assert policy.check(_signed("")).checkpoint == HEAD


@pytest.mark.parametrize("cosigners", ["ac", "bd", "cd", "abcd"])
def test_enough_witnesses_are_enough(cosigners):
    head = POLICY.check(_signed(cosigners))
    assert [one.witness.name[0] for one in head.cosignatures] == list(cosigners)


@pytest.mark.parametrize("cosigners", ["", "a", "ab", "c", "d"])
def test_too_few_witnesses_are_not_enough(cosigners):
    _fails(Reason.QUORUM_MISSING, POLICY, _signed(cosigners))


def test_a_witness_that_cosigned_twice_counts_once():
    _fails(Reason.QUORUM_MISSING, POLICY, _signed("cc"))


def test_all_needs_every_member():
    policy = Policy.from_bytes(TEXT.replace("any", "all").encode())
    policy.check(_signed("abc"))
    _fails(Reason.QUORUM_MISSING, policy, _signed("ac"))


def test_one_witness_can_be_the_quorum():
    policy = Policy((LOG_KEY,), KEYS, (), "c")
    policy.check(_signed("c"))
    _fails(Reason.QUORUM_MISSING, policy, _signed("abd"))


def test_witnesses_do_not_stand_in_for_the_log():
    _fails(Reason.KEY_UNKNOWN, POLICY, _signed("abcd", signer=WITNESSES[0]))


def test_a_log_does_not_sign_for_another_origin():
    _fails(Reason.KEY_UNKNOWN, POLICY, _signed("abcd", head=Checkpoint("other.example/log", 7, bytes(32))))


def test_a_bad_cosignature_of_a_known_witness_rejects_the_head():
    good = _signed("acd")
    moved = Note(HEAD.to_text().replace("7", "8"), good.signatures)
    _fails(Reason.BAD_SIGNATURE, POLICY, moved)
    bad = cosign("other\n", WITNESSES[1], name="b.example", time_s=9)
    _fails(Reason.BAD_SIGNATURE, POLICY, Note(good.text, (*good.signatures, bad)))


def test_a_signed_text_that_is_no_checkpoint_is_refused():
    with pytest.raises(Unreadable):
        POLICY.check(note.parse(note.sign("hello\n", [(ORIGIN, LOG)])))


BAD = {
    "no quorum": TEXT.replace("quorum all-of-us", ""),
    "two quorums": TEXT + "quorum none\n",
    "unknown quorum": TEXT.replace("quorum all-of-us", "quorum others"),
    "unknown word": TEXT + "mirror x\n",
    "upper case": TEXT.replace("quorum", "Quorum"),
    "unknown member": TEXT.replace("any a b", "any a x"),
    "later member": TEXT.replace("any a b", "any a all-of-us"),
    "member of itself": TEXT.replace("any a b", "any a inspectors"),
    "member of two groups": TEXT.replace("inspectors c d", "inspectors a c"),
    "needs none": TEXT.replace("any", "0"),
    "needs too many": TEXT.replace("any", "3"),
    "needs 02": TEXT.replace("any", "02"),
    "no members": TEXT.replace("any a b", "any"),
    "none as a group": TEXT.replace("inspectors", "none"),
    "one name twice": TEXT.replace("group inspectors", "group c"),
    "one witness key twice": TEXT.replace(
        "group inspectors", f"witness e {KEYS[0][1].vkey}\ngroup inspectors"
    ),
    "one log key twice": TEXT + f"log {LOG_KEY.vkey}\n",
    "witness key as a log": TEXT.replace(LOG_KEY.vkey, KEYS[0][1].vkey),
    "log key as a witness": TEXT.replace(KEYS[0][1].vkey, LOG_KEY.vkey),
    "carriage return": TEXT.replace("\n", "\r\n"),
    "null": TEXT + "#\0\n",
    "no-break space": TEXT.replace("quorum ", "quorum\u00a0"),
    "too much": TEXT + "#" * 1_048_576,
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_text_that_is_no_policy_is_refused(text):
    with pytest.raises(TraceabilityError):
        Policy.from_bytes(text.encode())


def test_a_policy_that_is_not_utf_8_is_refused():
    with pytest.raises(Unreadable):
        Policy.from_bytes(b"# \xff\nquorum none\n")


def test_32_logs_and_witnesses_are_read():
    keys = [Ed25519Signer.from_seed(bytes([100 + number]) * 32).public_key for number in range(32)]
    lines = [f"log {Verifier(f'l{number}.example', key).vkey}" for number, key in enumerate(keys)]
    lines += [f"witness w{number} {WitnessKey('w.example', key).vkey}" for number, key in enumerate(keys)]
    lines += [f"group g 17 {' '.join(f'w{number}' for number in range(32))}", "quorum g"]
    assert len(Policy.from_bytes("\n".join(lines).encode()).witnesses) == 32


def test_a_policy_built_by_hand_is_checked_too():
    with pytest.raises(Refused) as caught:
        Policy((LOG_KEY,), KEYS, (Group("g", 2, ("a",)),), "g")
    assert caught.value.code is Reason.BAD_NOTE
