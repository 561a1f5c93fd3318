"""Who may sign what: every kind by every role, scopes that are not the signer's, and the list's note."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.simulators.forgery import every_kind, notice, transcription
from tests.simulators.village import HOST, NOW, UNITS, Village, signer, trust_key, url
from traceability.errors import NotVerified, Reason, Refused, Unreadable
from traceability.ledger import note
from traceability.policy import (
    LEVELS,
    allowed_roles,
    check_authority,
    check_succession,
    level_of,
    log_policy,
    open_trust_list,
)
from traceability.records.facility import VillageRecognition, WorkshopRecord
from traceability.records.notice import Notice
from traceability.records.terms import AdministrativeUnit
from traceability.signing.trust import ROLES, Revocation
from traceability.signing.trust_text import write_trust_text

VILLAGE = Village().issue_all()
RECORDS = every_kind(VILLAGE)
CHAIN = [item.record for item in VILLAGE.records.values()]
EVERYWHERE = ("vn:01", f"https://{HOST}/villages/lang-mau", f"https://{HOST}/workshops/xuong-mau")

# What docs/verification.md promises, written down a second time and not taken from the code.
MAY_SIGN = {
    "village": {"province", "association"},
    "workshop": {"commune", "association"},
    "certificate": {"ocop_council"},
    "certificate-artisan_title": {"province"},
    "certificate-ip_right": {"province"},
    "certificate-inspection": {"inspector"},
    "certificate-environmental": {"inspector"},
    "certificate-attestation": {"association", "commune"},
    "event": {"workshop"},
    "passport": {"workshop"},
    "notice": {"inspector", "province", "commune", "ocop_council", "association", "workshop"},
    "transcription": {"association"},
    "list": {"province", "commune", "ocop_council", "association", "workshop", "inspector"},
}


def signers_of(name):
    return MAY_SIGN[name if name in MAY_SIGN else name.partition("-")[0]]


TABLE = [
    pytest.param(record, role, role in signers_of(name), id=f"{name}-{role}")
    for name, record in RECORDS.items()
    for role in sorted(ROLES)
]


def entitled(role, *, use="record"):
    """A key of the workshop's own DID with every scope, so that only the role decides."""
    return trust_key("workshop", role, EVERYWHERE, use=use)


def refusal(record, key, linked=CHAIN):
    with pytest.raises(NotVerified) as caught:
        check_authority(record, key, linked)
    return caught.value.code


def paper_of(record):
    """The transcription that lets an association stand in: its own, of the paper about this very place."""
    if not isinstance(record, VillageRecognition | WorkshopRecord):
        return []
    paper = transcription(VILLAGE, about=record.facility_id)
    return [replace(paper, envelope=replace(paper.envelope, issuer=own(record).envelope.issuer))]


def own(record):
    """The record as the passport's own issuer would sign it."""
    return replace(
        record, envelope=replace(record.envelope, issuer=VILLAGE.records["passport"].envelope.issuer)
    )


@pytest.mark.parametrize(("record", "role", "allowed"), TABLE)
def test_a_kind_is_signed_by_its_roles_and_by_no_other(record, role, allowed):
    assert (role in allowed_roles(record)) == allowed
    if allowed:
        check_authority(own(record), entitled(role), [*CHAIN, *paper_of(record)])
    else:
        assert refusal(own(record), entitled(role)) is Reason.KEY_NOT_AUTHORISED


@pytest.mark.parametrize("name", RECORDS)
def test_a_seal_key_signs_no_record(name):
    for role in allowed_roles(RECORDS[name]):
        assert refusal(own(RECORDS[name]), entitled(role, use="seal")) is Reason.KEY_NOT_AUTHORISED


@pytest.mark.parametrize("name", RECORDS)
def test_each_kind_has_a_level(name):
    assert {level_of(RECORDS[name], role) for role in allowed_roles(RECORDS[name])} <= set(LEVELS)


def test_an_attestation_is_called_attested_and_never_certified():
    record = RECORDS["certificate-attestation"]
    assert {level_of(record, role) for role in allowed_roles(record)} == {"attested"}


def test_an_association_attests_in_its_own_village():
    key = trust_key("association", "association", (f"https://{HOST}/villages/lang-mau",))
    check_authority(RECORDS["certificate-attestation"], key, CHAIN)


def test_what_a_workshop_says_of_itself_is_called_so():
    assert {level_of(RECORDS[name], "workshop") for name in ("event", "passport")} == {"self_declared"}
    assert level_of(RECORDS["transcription"], "association") == "transcribed"


def test_a_notice_is_called_inspected_only_where_an_inspector_signed_it():
    notice = next(record for record in RECORDS.values() if isinstance(record, Notice))
    assert level_of(notice, "inspector") == "inspected"
    assert level_of(notice, "workshop") == level_of(notice, "association") == "self_declared"
    assert level_of(notice, "commune") == "attested"


# --- Scope -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "role", "scope"),
    [
        ("village", "province", "vn:79"),
        ("village", "province", "vn:01/00578"),
        ("village", "province", "vn:0"),
        ("workshop", "commune", "vn:01/00578"),
        ("workshop", "commune", "vn:79"),
        ("certificate", "ocop_council", "vn:79"),
        ("certificate-inspection", "inspector", "vn:79"),
        ("certificate-attestation", "commune", "vn:01/00578"),
        ("certificate-attestation", "association", f"https://{HOST}/villages/lang-khac"),
        ("certificate-attestation", "association", f"https://{HOST}/workshops/xuong-mau"),
        ("certificate-attestation", "association", "vn:01"),
        ("event", "workshop", f"https://{HOST}/workshops/xuong-ben"),
        ("passport", "workshop", f"https://{HOST}/workshops/xuong-ben"),
        ("passport", "workshop", "vn:01"),
        ("transcription", "association", f"https://{HOST}/villages/lang-khac"),
    ],
)
def test_a_key_of_another_place_is_refused(name, role, scope):
    linked = CHAIN if name != "transcription" else []
    key = trust_key("workshop", role, (scope,))
    assert refusal(RECORDS[name], key, linked) is Reason.KEY_NOT_AUTHORISED


@pytest.mark.parametrize("name", ["village", "workshop", "certificate", "event", "passport"])
def test_a_key_without_scope_is_refused(name):
    for role in allowed_roles(RECORDS[name]):
        assert refusal(RECORDS[name], trust_key("workshop", role, ())) is Reason.KEY_NOT_AUTHORISED


def test_an_abolished_commune_entitles_nobody():
    """The old unit's code would still be in a key's scope, but the place has left it."""
    old = AdministrativeUnit("Xã Cũ", None, "vn:01/00999", None, date(2025, 6, 30))
    village = replace(RECORDS["village"], units=(old, UNITS[-1]))
    key = trust_key("commune", "commune", ("vn:01/00999",))
    assert refusal(RECORDS["workshop"], key, [village]) is Reason.KEY_NOT_AUTHORISED


def test_a_place_of_abolished_units_alone_stands_nowhere():
    village = replace(RECORDS["village"], units=UNITS[:1])
    assert refusal(village, entitled("province")) is Reason.KEY_NOT_AUTHORISED


# --- Notices and transcriptions --------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["workshop", "commune", "ocop_council", "association"])
def test_a_notice_about_anothers_record_is_refused(role):
    foreign = notice(VILLAGE, "revoke", issuer="neighbour")
    assert refusal(foreign, trust_key("neighbour", role, EVERYWHERE)) is Reason.KEY_NOT_AUTHORISED


@pytest.mark.parametrize("role", ["inspector", "province"])
def test_an_overseer_may_give_notice_about_anybodys_record(role):
    check_authority(notice(VILLAGE, "revoke"), trust_key("inspector", role, EVERYWHERE), CHAIN)


def test_a_notice_about_a_record_that_is_not_at_hand_is_not_believed():
    own_notice = notice(VILLAGE, "recall", issuer="workshop")
    assert refusal(own_notice, entitled("workshop"), []) is Reason.LINK_MISSING


@pytest.mark.parametrize(
    "about", [f"https://{HOST}/villages/lang-mau", f"https://{HOST}/workshops/xuong-mau"]
)
def test_an_association_copies_papers_of_its_own_village(about):
    key = trust_key("association", "association", (f"https://{HOST}/villages/lang-mau",))
    check_authority(transcription(VILLAGE, about=about), key, [RECORDS["workshop"]])


def test_an_association_copies_no_papers_of_another_village():
    key = trust_key("association", "association", (f"https://{HOST}/villages/lang-khac",))
    assert refusal(transcription(VILLAGE), key, [RECORDS["workshop"], RECORDS["village"]]) is (
        Reason.KEY_NOT_AUTHORISED
    )


# --- The trust list's note -------------------------------------------------------------------------------


def roots(*numbers):
    return [note.Verifier(f"root-{n}.example", signer(f"root-{n}").public_key) for n in numbers]


def opening(data, pinned=VILLAGE.roots):
    with pytest.raises((NotVerified, Unreadable, Refused)) as caught:
        open_trust_list(data, pinned)
    return caught.value.code


@pytest.mark.parametrize("signed_by", [(1, 2), (2, 3), (1, 3), (3, 1), (1, 2, 3)])
def test_two_of_three_roots_open_the_list(signed_by):
    assert open_trust_list(VILLAGE.trust_note(signed_by), VILLAGE.roots) == VILLAGE.trust


def test_a_single_pinned_root_opens_its_own_list():
    assert open_trust_list(VILLAGE.trust_note((1,)), roots(1)) == VILLAGE.trust


@pytest.mark.parametrize("signed_by", [(1,), (2,), (3,)])
def test_one_of_three_roots_is_not_enough(signed_by):
    assert opening(VILLAGE.trust_note(signed_by)) is Reason.KEY_UNKNOWN


def test_one_root_that_signs_twice_counts_once():
    once = note.parse(VILLAGE.trust_note((1,)))
    twice = note.Note(once.text, once.signatures * 2).to_bytes()
    assert opening(twice) is Reason.KEY_UNKNOWN


def test_a_root_and_a_stranger_are_not_two_roots():
    text = write_trust_text(VILLAGE.trust)
    data = note.sign(text, [("root-1.example", signer("root-1")), ("root-4.example", signer("root-4"))])
    assert opening(data) is Reason.KEY_UNKNOWN


def test_a_stranger_under_a_roots_name_is_not_that_root():
    text = write_trust_text(VILLAGE.trust)
    data = note.sign(text, [("root-1.example", signer("root-1")), ("root-2.example", signer("thief"))])
    assert opening(data) is Reason.KEY_UNKNOWN


def test_strangers_alone_open_nothing():
    assert opening(VILLAGE.trust_note(), roots(4, 5, 6)) is Reason.KEY_UNKNOWN


def test_without_pinned_roots_nothing_opens():
    assert opening(VILLAGE.trust_note(), []) is Reason.KEY_UNKNOWN


def test_two_pinned_roots_must_both_sign():
    assert opening(VILLAGE.trust_note((1,)), roots(1, 2)) is Reason.KEY_UNKNOWN


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"sequence":1', b'"sequence":2'),
        (b'"role":"workshop"', b'"role":"province"'),
        (b"village.example/trust\n", b"village.example/other\n"),
        (b'"custody":"server"', b'"custody":"holder"'),
    ],
)
def test_a_list_that_was_changed_after_signing_is_refused(old, new):
    data = VILLAGE.trust_note()
    assert data.count(old) >= 1
    assert opening(data.replace(old, new, 1)) is Reason.BAD_SIGNATURE


def test_a_signed_text_that_is_no_list_is_refused():
    data = note.sign(
        "village.example/trust\n{}\n", [(f"root-{n}.example", signer(f"root-{n}")) for n in (1, 2)]
    )
    assert opening(data) is Reason.BAD_TRUST_LIST


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", VILLAGE.trust_note()[:-1], b"a\n\n"])
def test_bytes_that_are_no_note_are_refused(data):
    assert opening(data) is Reason.BAD_NOTE


def test_a_higher_sequence_reads_as_a_higher_sequence():
    later = replace(VILLAGE.trust, sequence=2, issued=VILLAGE.now + timedelta(days=1))
    data = note.sign(write_trust_text(later), [(f"root-{n}.example", signer(f"root-{n}")) for n in (1, 2)])
    assert open_trust_list(data, VILLAGE.roots).sequence == 2


def test_the_records_of_the_table_are_those_that_exist():
    assert {name if name in MAY_SIGN else name.partition("-")[0] for name in RECORDS} == set(MAY_SIGN)
    assert url("passport") == RECORDS["notice-recall"].about


# --- One list after another ------------------------------------------------------------------------------

LIST = Village().trust
KEY = LIST.keys[0]
HOUR = timedelta(hours=1)
LATER = replace(LIST, sequence=2, issued=LIST.issued + HOUR)


def followed(**changes):
    return check_succession(LIST, replace(LATER, **changes))


def with_first_key(trust, **changes):
    return replace(trust, keys=(replace(trust.keys[0], **changes), *trust.keys[1:]))


@pytest.mark.parametrize(
    "revoked",
    [
        pytest.param(Revocation("retired", NOW, 5), id="retired"),
        pytest.param(Revocation("compromised", NOW), id="compromised"),
    ],
)
def test_a_list_may_end_a_key_and_add_another(revoked):
    added = trust_key("new", "inspector", ("vn:01",))
    new = with_first_key(LATER, revoked=revoked)
    check_succession(LIST, replace(new, keys=(*new.keys, added)))


UNSAID = {
    "the same number again": lambda: followed(sequence=1),
    "an earlier time": lambda: followed(issued=LIST.issued - HOUR),
    "another origin": lambda: followed(origin="other.example/trust"),
    "a key less": lambda: followed(keys=LIST.keys[1:]),
    "a host less": lambda: followed(hosts=()),
    "no log": lambda: followed(log_policy=None),
    "no witness": lambda: followed(log_policy=LIST.log_policy.replace("quorum nhan-chung", "quorum none")),
    "another role": lambda: check_succession(LIST, with_first_key(LATER, role="inspector")),
    "another beginning": lambda: check_succession(LIST, with_first_key(LATER, since=NOW)),
}
REVOKED = {
    "taken back": (Revocation("retired", NOW, 5), None),
    "milder": (Revocation("compromised", NOW, 5), Revocation("retired", NOW, 5)),
    "a larger size": (Revocation("compromised", NOW, 5), Revocation("compromised", NOW, 6)),
    "a size where nothing counted": (Revocation("compromised", NOW), Revocation("compromised", NOW, 10**9)),
    "a later time": (Revocation("retired", NOW, 5), Revocation("retired", NOW + HOUR, 5)),
}


@pytest.mark.parametrize("case", UNSAID.values(), ids=UNSAID)
def test_a_list_that_unsays_something_may_not_follow(case):
    with pytest.raises(NotVerified) as caught:
        case()
    assert caught.value.code in {Reason.ROLLBACK, Reason.FORK}


@pytest.mark.parametrize(("before", "after"), REVOKED.values(), ids=REVOKED)
def test_a_revocation_only_ever_grows(before, after):
    with pytest.raises(NotVerified) as caught:
        check_succession(with_first_key(LIST, revoked=before), with_first_key(LATER, revoked=after))
    assert caught.value.code is Reason.FORK


def test_an_end_that_has_come_is_not_taken_back():
    ended = with_first_key(LIST, until=LIST.issued)
    for until in (None, LIST.issued + HOUR):
        with pytest.raises(NotVerified):
            check_succession(ended, with_first_key(LATER, until=until))


def test_an_end_that_lies_ahead_may_move():
    planned = with_first_key(LIST, until=LIST.issued + 5 * HOUR)
    check_succession(planned, with_first_key(LATER, until=LIST.issued + 9 * HOUR))


def test_a_policy_of_two_logs_is_refused():
    other = note.Verifier("other.example/log", signer("other").public_key)
    trust = replace(LIST, log_policy=f"log {other.vkey}\n{LIST.log_policy}")
    with pytest.raises(Unreadable) as caught:
        log_policy(trust)
    assert caught.value.code is Reason.BAD_TRUST_LIST
