"""What root holders read before they sign: drafts, every difference in words, and who has signed."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.simulators.village import HOST, NOW, Village, did, signer, trust_key
from traceability.ceremony import (
    add_signature,
    differences,
    join_notes,
    read_draft,
    read_list,
    roots_missing,
    text_fingerprint,
    write_draft,
)
from traceability.errors import NotVerified, Reason, Refused, TraceabilityError, Unreadable
from traceability.ledger import note
from traceability.signing.trust import Revocation, TrustedHost
from traceability.signing.trust_text import write_trust_text

VILLAGE = Village()
TRUST = VILLAGE.trust
ROOTS = VILLAGE.roots


def key_of(slug):
    return next(key for key in TRUST.keys if key.method.controller == did(slug))


def with_key(slug, **changes):
    """The list with one key changed."""
    old = key_of(slug)
    return replace(TRUST, keys=tuple(replace(key, **changes) if key == old else key for key in TRUST.keys))


def told(new, old=TRUST):
    """What is said in English, but for the number and the day of expiry."""
    return [change.en for change in differences(old, new)][2:]


def signed(number, trust=TRUST, *, to=()):
    root = ROOTS[number - 1]
    return add_signature(trust, root, signer(f"root-{number}"), to=to)


def reason_of(kind, call, *arguments, **options):
    with pytest.raises(kind) as caught:
        call(*arguments, **options)
    return caught.value.code


# Drafts


def test_a_draft_is_read_back_as_it_was_written():
    assert read_draft(write_draft(TRUST)) == TRUST
    assert read_list(write_draft(TRUST)) == (TRUST, None)


def test_the_text_that_roots_sign_is_a_draft_too():
    assert read_draft(write_trust_text(TRUST).encode()) == TRUST


def test_the_fingerprint_tells_one_changed_letter():
    other = with_key("workshop", name="workshop (mẩu)")
    assert text_fingerprint(other) != text_fingerprint(TRUST)
    assert len(text_fingerprint(TRUST).split()) == 16


def test_a_signed_list_comes_with_its_note():
    data = VILLAGE.trust_note()
    trust, found = read_list(data)
    assert trust == TRUST
    assert found is not None
    assert found.to_bytes() == data


@pytest.mark.parametrize("origin", [None, "", 7, "a\nb"], ids=["none", "empty", "number", "two lines"])
def test_a_draft_without_an_origin_is_refused(origin):
    draft = json.loads(write_draft(TRUST)) | {"origin": origin}
    assert reason_of(Unreadable, read_draft, json.dumps(draft).encode()) is Reason.BAD_TRUST_LIST


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b'"sequence": 1', b'"sequence": "1"'),
        lambda data: data.replace(b'"sequence": 1', b'"sequence": 1, "sequence": 2'),
        lambda data: data.replace(b'"custody"', b'"keeper"', 1),
        lambda data: data[:-10],
        lambda data: b"",
        lambda data: b"\xff" + data,
    ],
    ids=["text for a number", "twice", "unknown member", "cut", "empty", "no UTF-8"],
)
def test_a_damaged_draft_is_refused(change):
    data = write_draft(TRUST)
    assert change(data) != data
    with pytest.raises(TraceabilityError):
        read_draft(change(data))


# Differences


def test_nothing_but_number_and_day_is_told_of_the_same_list():
    assert [change.en for change in differences(TRUST, replace(TRUST, sequence=2))] == [
        "number 1 becomes 2",
        "it expires on 2027-11-22T08:00:00Z",
    ]


def test_of_a_first_list_everything_is_new():
    changes = [change.en for change in differences(None, TRUST)]
    assert changes[0] == f"the first list of {TRUST.origin}, number 1"
    assert sum(line.startswith("new key: ") for line in changes) == len(TRUST.keys)
    assert f"new host: {HOST}" in changes
    assert any(line.startswith("log policy, added: log ") for line in changes)


def test_people_read_words_and_days_in_vietnamese():
    changes = [change.vi for change in differences(None, TRUST)]
    assert "có hạn đến 15:00 ngày 22/11/2027" in changes
    new = [line for line in changes if line.startswith("khóa mới: ")]
    assert all("/record" not in line and "holder" not in line and "server" not in line for line in new)


def test_both_languages_tell_each_change():
    for change in differences(TRUST, with_key("workshop", since=NOW)):
        assert change.vi
        assert change.en


def test_another_origin_is_told():
    changes = differences(TRUST, replace(TRUST, origin="other.example/trust"))
    assert "the ORIGIN changes to other.example/trust" in [change.en for change in changes]


def test_a_new_key_is_told_with_role_scope_and_key():
    new = trust_key("stranger", "province", ("vn:01",))
    (line,) = told(replace(TRUST, keys=(*TRUST.keys, new)))
    for words in ("province/record", "vn:01", "server", new.method.key.multibase):
        assert words in line


def test_a_key_that_is_taken_out_is_told():
    gone = key_of("province")
    left = tuple(key for key in TRUST.keys if key != gone)
    assert told(replace(TRUST, keys=left)) == [f"key of {gone.name} is TAKEN OUT: {gone.method.id}"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"role": "province", "scope": ("vn:01",)}, ["role inspector → province"]),
        ({"name": "Ai khác"}, ["name inspector (mẫu) → Ai khác"]),
        ({"custody": "holder"}, ["custody server → holder"]),
        ({"until": NOW}, ["until – → 2026-11-22T08:00:00Z"]),
        ({"scope": ("vn:02",)}, ["scope vn:01 → vn:02"]),
    ],
    ids=["role", "name", "custody", "until", "scope"],
)
def test_each_changed_member_of_a_key_is_told(changes, words):
    lines = told(with_key("inspector", **changes))
    assert len(lines) == len(words)
    assert all(line.endswith(word) for line, word in zip(lines, words, strict=True))


def test_another_key_under_an_old_name_is_told():
    method = replace(key_of("province").method, key=signer("thief").public_key)
    (line,) = told(with_key("province", method=method))
    assert line.endswith("is REPLACED BY ANOTHER KEY")


@pytest.mark.parametrize(
    ("reason", "words"),
    [("compromised", "COMPROMISED since 2026-11-22"), ("retired", "retired on 2026-11-22")],
)
def test_a_revocation_is_told_and_so_is_taking_it_back(reason, words):
    revoked = with_key("workshop", revoked=Revocation(reason, NOW, 5))
    (line,) = told(revoked)
    assert words in line
    assert line.endswith("(log size 5)")
    assert told(TRUST, old=revoked)[0].endswith("the revocation is TAKEN BACK")


def test_hosts_that_come_end_and_go_are_told():
    ended = replace(TRUST.hosts[0], until=NOW, successor="new.example")
    new = TrustedHost("new.example", NOW)
    assert told(replace(TRUST, hosts=(ended, new))) == [
        f"host {HOST}: used until 2026-11-22T08:00:00Z, succeeded by new.example",
        "new host: new.example",
    ]
    assert told(replace(TRUST, hosts=(new,)))[-1] == f"host {HOST} is TAKEN OUT"


def test_a_witness_that_is_no_longer_asked_for_is_told():
    weaker = "\n".join(TRUST.log_policy.splitlines()[:1]) + "\nquorum none\n"
    lines = told(replace(TRUST, log_policy=weaker))
    assert any(line.startswith("log policy, TAKEN OUT: witness ") for line in lines)
    assert "log policy, added: quorum none" in lines


# Signatures


def test_signatures_are_joined_each_once():
    first = signed(1)
    both = signed(2, to=[first])
    again = join_notes([both, first])
    assert again == both
    assert [line.name for line in both.signatures] == ["root-1.example", "root-2.example"]


def test_a_majority_is_counted():
    assert roots_missing(signed(1), ROOTS) == (("root-1.example",), 1)
    assert roots_missing(signed(3, to=[signed(1)]), ROOTS)[1] == 0


def test_a_stranger_does_not_count():
    name, key = "stranger.example", signer("stranger")
    stranger = add_signature(TRUST, note.Verifier(name, key.public_key), key)
    assert roots_missing(stranger, ROOTS) == ((), 2)
    assert roots_missing(join_notes([stranger, signed(1)]), ROOTS) == (("root-1.example",), 1)


def test_the_key_of_another_root_is_refused():
    reason = reason_of(Refused, add_signature, TRUST, ROOTS[0], signer("root-2"))
    assert reason is Reason.KEY_NOT_AUTHORISED


def test_a_signature_is_not_added_to_another_list():
    other = signed(1, replace(TRUST, expires=TRUST.expires + timedelta(seconds=1)))
    assert reason_of(Refused, signed, 2, to=[other]) is Reason.BAD_VALUE


@pytest.mark.parametrize(
    "parts", [[], [signed(1), signed(2, replace(TRUST, sequence=2))]], ids=["none", "two lists"]
)
def test_what_is_not_one_list_is_not_joined(parts):
    assert reason_of(Refused, join_notes, parts) is Reason.BAD_VALUE


def test_a_roots_signature_under_another_text_is_refused():
    moved = replace(signed(1), text=write_trust_text(replace(TRUST, sequence=2)))
    assert reason_of(NotVerified, roots_missing, moved, ROOTS) is Reason.BAD_SIGNATURE
