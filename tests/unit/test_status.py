"""Step 7's judgement of status: bits, lists that cannot be believed, and notices from later."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from tests.simulators.forgery import altered, forge_at, notice, zero_digest
from tests.simulators.village import NOW, Village, did, url
from traceability.chain import collect_chain
from traceability.errors import NotVerified, Reason
from traceability.limits import NOTICES_MAX_PER_RECORD, STATUS_LIST_BITS
from traceability.logged import LogBook
from traceability.policy import log_policy
from traceability.records.canonical import canonical
from traceability.records.terms import ORIGIN
from traceability.signing.trust import Revocation
from traceability.status import judge_status
from traceability.verdict import CheckStatus

LIST = "https://village.example/status/workshop/1"
SUBJECT = ["credentialSubject"]


@dataclass(frozen=True)
class At:
    """A place in a log."""

    index: int


def village():
    return Village().issue_all()


def logged(item):
    """Everything is in the log, at the same place."""
    return At(7)


def unlogged(item):
    raise NotVerified(Reason.NOT_LOGGED, "no receipt is at hand")


def judge(of, start="passport", *, place_of=logged, at=NOW, serial=None, trust=None, **changed):
    """The remarks on a record of the village, as status, reason and the short name of the subject."""
    evidence = replace(of.evidence, **changed)
    remarks = judge_status(
        collect_chain(of.records[start], evidence),
        evidence=evidence,
        trust=trust or of.trust,
        place_of=place_of,
        at=at,
        serial=serial,
    )
    return [(status, reason, subject.rpartition("/")[2]) for status, reason, _, subject in remarks]


def unknown(*names):
    return [(CheckStatus.FAILED, Reason.STATUS_UNKNOWN, name) for name in names]


def with_list(of, data):
    """The village's status lists with the workshop's replaced."""
    return {**of.evidence.status_lists, LIST: data}


def resigned(of, path, value, key="workshop#record", created=NOW, **options):
    """The workshop's list with one member changed, signed again."""
    document = altered(of.lists[LIST].document, path, value)
    return with_list(of, forge_at(of, document, key, created, **options))


def later(of, *data, about="passport"):
    return {url(about): data}


# --- Status lists ----------------------------------------------------------------------------------------


def test_nothing_speaks_against_a_chain_whose_bits_are_clear():
    assert judge(village()) == []


@pytest.mark.parametrize("name", ["village", "workshop", "certificate", "event", "passport"])
def test_a_set_bit_revokes_that_record_of_the_chain_and_no_other(name):
    of = village()
    of.revoke(name)
    assert judge(of) == [(CheckStatus.FAILED, Reason.REVOKED, name)]


def test_a_bit_of_another_index_is_nobodys_here():
    of = village()
    of.publish_list("workshop", 4_000)
    assert judge(of) == []


def suspendable(of):
    """The village's record under another id, with a status entry of the other purpose."""
    path = ["credentialStatus", "statusPurpose"]
    document = {**altered(of.records["village"].document, path, "suspension"), "id": url("place")}
    of.records["place"] = of.evidence.reader.read(forge_at(of, document, "province#record", NOW))
    return of.records["place"].envelope.status.index


@pytest.mark.parametrize(("is_set", "expected"), [(True, Reason.SUSPENDED), (False, None)])
def test_a_set_bit_of_a_suspension_list_suspends(is_set, expected):
    of = village()
    index = suspendable(of)
    del of.lists[of.list_url("province")]
    of.publish_list("province", *([index] if is_set else []), purpose="suspension")
    assert judge(of, "place") == ([(CheckStatus.FAILED, expected, "place")] if is_set else [])


def test_a_revocation_list_says_nothing_of_a_suspension():
    of = village()
    suspendable(of)
    assert judge(of, "place") == unknown("place")


def test_a_record_without_a_status_entry_is_skipped():
    of = village()
    of.records["list"] = of.lists[LIST]
    assert judge(of, "list", status_lists={}) == []


def test_without_lists_the_status_of_every_record_is_unknown():
    of = village()
    names = [
        item.envelope.id.rpartition("/")[2]
        for item in collect_chain(of.records["passport"], of.evidence).records
    ]
    assert judge(of, status_lists={}) == unknown(*names)
    assert len(names) == 5


def test_a_list_that_is_not_logged_leaves_the_status_unknown_even_where_the_bit_is_clear():
    assert len(judge(village(), place_of=unlogged)) == 5


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(["issuer", "id"], did("neighbour"), id="key-of-another-issuer"),
        pytest.param(["issuer", "name"], "Xưởng khác", id="another-name"),
        pytest.param(["id"], LIST.replace("workshop/1", "workshop/2"), id="another-url"),
        pytest.param(["id"], LIST.replace("workshop", "neighbour"), id="another-owners-url"),
        pytest.param(["credentialSubject", "statusPurpose"], "suspension", id="another-purpose"),
        pytest.param(["credentialSubject", "statusPurpose"], "refresh", id="purpose-unknown"),
        pytest.param(["credentialSubject", "encodedList"], "u", id="no-bits"),
        pytest.param(["credentialSubject", ORIGIN, "version"], 0, id="version-0"),
        pytest.param(["validUntil"], "2027-02-22T08:00:01Z", id="holds-too-long"),
        pytest.param(["validUntil"], "2026-11-22T08:00:00Z", id="holds-never"),
    ],
)
def test_a_list_that_is_not_as_it_should_be_leaves_the_status_unknown(path, value):
    of = village()
    assert judge(of, status_lists=resigned(of, path, value)) == unknown("passport", "event")


def test_a_changed_list_leaves_the_status_unknown():
    of = village()
    data = of.lists[LIST].data.replace(b'"version":1', b'"version":2')
    assert judge(of, status_lists=with_list(of, data)) == unknown("passport", "event")


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff"])
def test_bytes_that_are_no_list_leave_the_status_unknown(data):
    of = village()
    assert judge(of, status_lists=with_list(of, data)) == unknown("passport", "event")


def test_another_kind_of_record_in_the_lists_place_leaves_the_status_unknown():
    of = village()
    data = of.records["event"].data
    assert judge(of, status_lists=with_list(of, data)) == unknown("passport", "event")


def test_the_neighbours_list_under_our_url_leaves_the_status_unknown():
    of = village()
    neighbour = {"type": ["CredentialIssuer"], "id": did("neighbour"), "name": "neighbour (mẫu)"}
    document = altered(of.lists[LIST].document, ["issuer"], neighbour)
    data = forge_at(of, document, "neighbour#record", NOW)
    assert judge(of, status_lists=with_list(of, data)) == unknown("passport", "event")


def test_a_list_signed_with_the_seal_key_leaves_the_status_unknown():
    of = village()
    data = forge_at(of, of.lists[LIST].document, "workshop#seal", NOW)
    assert judge(of, status_lists=with_list(of, data)) == unknown("passport", "event")


def test_a_list_whose_proof_has_expired_leaves_the_status_unknown():
    of = village()
    data = forge_at(of, of.lists[LIST].document, "workshop#record", NOW, expires="2026-11-22T08:00:00Z")
    assert judge(of, status_lists=with_list(of, data)) == unknown("passport", "event")


def test_a_list_holds_until_its_last_second():
    of = village()
    until = of.lists[LIST].envelope.valid_until
    assert judge(of, at=until - timedelta(seconds=1)) == []
    assert len(judge(of, at=until)) == 5


def test_a_list_issued_after_the_time_of_judgement_counts_too():
    of = village()
    of.revoke("passport")
    assert judge(of, at=NOW - timedelta(days=1)) == [(CheckStatus.FAILED, Reason.REVOKED, "passport")]


def test_an_index_beyond_the_list_leaves_the_status_unknown():
    of = village()
    document = altered(
        of.records["passport"].document, ["credentialStatus", "statusListIndex"], str(STATUS_LIST_BITS)
    )
    document["credentialStatus"]["id"] = f"{LIST}#{STATUS_LIST_BITS}"
    of.records["far"] = of.evidence.reader.read(forge_at(of, document, "workshop#record", NOW))
    assert unknown("passport")[0] in judge(of, "far")


@pytest.mark.parametrize(
    "revocation",
    [
        pytest.param(Revocation("compromised", NOW), id="compromised"),
        pytest.param(Revocation("compromised", NOW, 8), id="compromised-later"),
        pytest.param(Revocation("retired", NOW, 8), id="retired-later"),
        pytest.param(Revocation("retired", NOW + timedelta(seconds=1)), id="retired-after-signing"),
    ],
)
def test_a_list_by_a_revoked_key_tells_nothing_wherever_it_stands_in_the_log(revocation):
    """The issuer signs it anew with another key; the old one may have been signed by anybody."""
    of = village()
    of.keys["workshop#record"] = replace(of.keys["workshop#record"], revoked=revocation)
    assert judge(of, place_of=lambda item: At(7)) == unknown("passport", "event")


def test_a_list_that_was_dated_ahead_does_not_count():
    of = village()
    document = altered(of.lists[LIST].document, ["validFrom"], "2036-11-22T08:00:00Z")
    document["validUntil"] = "2037-01-22T08:00:00Z"
    of.lists[LIST] = of.evidence.reader.read(forge_at(of, document, "workshop#record", NOW))
    assert judge(of, at=NOW + timedelta(days=80)) == unknown("passport", "event")


def test_a_list_and_a_notice_count_by_the_receipts_of_a_real_log():
    of = village()
    of.notify("passport", "recall")
    of.revoke("event")
    evidence = of.evidence
    found = judge(of, place_of=LogBook(evidence, log_policy(of.trust)).place)
    assert found == [
        (CheckStatus.FAILED, Reason.RECALLED, "passport"),
        (CheckStatus.FAILED, Reason.REVOKED, "event"),
    ]


def test_the_receipt_of_the_version_before_does_not_serve_for_the_next():
    of = village()
    before = of.list_receipts
    of.publish_list("workshop")
    book = LogBook(replace(of.evidence, receipts=before), log_policy(of.trust))
    assert judge(of, place_of=book.place) == unknown("passport", "event")


def test_a_list_by_a_key_that_is_not_trusted_leaves_the_status_unknown():
    of = village()
    del of.keys["workshop#record"]
    assert judge(of) == unknown("passport", "event")


# --- Notices ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "status", "reason"),
    [
        ("revoke", CheckStatus.FAILED, Reason.REVOKED),
        ("suspend", CheckStatus.FAILED, Reason.SUSPENDED),
        ("recall", CheckStatus.FAILED, Reason.RECALLED),
        ("finding", CheckStatus.CAUTION, Reason.FINDING),
        ("correction", CheckStatus.CAUTION, Reason.SUPERSEDED),
    ],
)
@pytest.mark.parametrize("about", ["passport", "certificate", "village"])
def test_an_overseers_notice_has_the_effect_of_its_action(action, status, reason, about):
    of = village()
    of.notify(about, action)
    assert judge(of) == [(status, reason, about)]


@pytest.mark.parametrize(
    ("action", "reason", "status"),
    [
        ("finding", "Khớp mô tả", CheckStatus.NOTE),
        ("finding", "Khớp mô tả: xem tại xưởng", CheckStatus.NOTE),
        ("finding", "Không khớp mô tả", CheckStatus.CAUTION),
        ("finding", "khớp mô tả", CheckStatus.CAUTION),
        ("finding", "Nghi tem bị sao chép: Khớp mô tả", CheckStatus.CAUTION),
        ("suspend", "Khớp mô tả", CheckStatus.FAILED),
    ],
)
def test_a_finding_that_the_thing_matches_asks_for_no_caution(action, reason, status):
    of = village()
    of.notify("passport", action, reason=reason)
    assert [remark[0] for remark in judge(of)] == [status]


def test_a_correction_names_the_record_that_takes_the_place():
    of = village()
    of.notify("passport", "correction")
    chain = collect_chain(of.records["passport"], of.evidence)
    (remark,) = judge_status(chain, evidence=of.evidence, trust=of.trust, place_of=logged, at=NOW)
    assert remark[2].startswith(url("passport-2"))


def test_the_issuer_gives_notice_about_its_own_record():
    of = village()
    of.notify("passport", "recall", "workshop")
    assert judge(of) == [(CheckStatus.FAILED, Reason.RECALLED, "passport")]


def test_two_notices_both_count_and_one_that_stands_twice_counts_once():
    of = village()
    first, second = of.notify("passport", "finding"), of.notify("passport", "recall")
    assert len(judge(of, later=later(of, first.data, second.data, first.data))) == 2


@pytest.mark.parametrize(
    ("serial", "status"),
    [
        pytest.param("0123456789AB", CheckStatus.FAILED, id="named"),
        pytest.param("0123456789ab", CheckStatus.FAILED, id="named-in-small-letters"),
        pytest.param("ZYXWVTSRQPNM", CheckStatus.NOTE, id="not-named"),
        pytest.param(None, CheckStatus.CAUTION, id="whole-lot"),
    ],
)
def test_a_recall_of_named_units_concerns_only_them(serial, status):
    of = village()
    of.notify("passport", "recall", serials=("0123456789AB", "0123456789AC"))
    assert judge(of, serial=serial) == [(status, Reason.RECALLED, "passport")]


@pytest.mark.parametrize(
    ("serial", "status"),
    [
        pytest.param("0123456789ab", CheckStatus.CAUTION, id="named"),
        pytest.param("ZYXWVTSRQPNM", CheckStatus.NOTE, id="not-named"),
        pytest.param(None, CheckStatus.CAUTION, id="whole-lot"),
    ],
)
def test_a_finding_about_named_units_concerns_only_them(serial, status):
    of = village()
    of.notify("passport", "finding", serials=("0123456789AB",))
    assert judge(of, serial=serial) == [(status, Reason.FINDING, "passport")]


def test_a_recall_that_names_no_unit_concerns_every_unit():
    of = village()
    of.notify("passport", "recall")
    assert judge(of, serial="ZYXWVTSRQPNM") == [(CheckStatus.FAILED, Reason.RECALLED, "passport")]


@pytest.mark.parametrize("action", ["revoke", "suspend"])
def test_other_notices_concern_every_unit_even_where_they_name_some(action):
    of = village()
    of.notify("passport", action, serials=("0123456789AB",))
    assert judge(of, serial="ZYXWVTSRQPNM")[0][0] is not CheckStatus.NOTE


def test_a_notice_is_not_undone_by_what_it_says():
    of = village()
    of.notify("passport", "revoke")
    of.revoke("passport")
    of.publish_list("inspector")
    assert judge(of, "revoke-inspector") == []


def test_a_withdrawn_notice_is_a_note():
    of = village()
    of.notify("passport", "revoke")
    of.revoke("revoke-inspector")
    assert judge(of) == [(CheckStatus.NOTE, Reason.REVOKED, "revoke-inspector")]


def test_a_notice_whose_list_is_not_at_hand_still_counts():
    of = village()
    of.notify("passport", "revoke")
    assert of.list_url("inspector") not in of.evidence.status_lists
    assert judge(of) == [(CheckStatus.FAILED, Reason.REVOKED, "passport")]


def test_a_notice_is_not_withdrawn_by_a_list_that_does_not_count():
    of = village()
    of.notify("passport", "revoke")
    listed = of.revoke("revoke-inspector")

    def place_of(item):
        return unlogged(item) if item.digest == listed.digest else At(1)

    assert judge(of, place_of=place_of) == [(CheckStatus.FAILED, Reason.REVOKED, "passport")]


def but(signed, code=Reason.NOT_LOGGED, where=7):
    """Everything is in the log but one notice, whose receipt does not verify."""

    def place_of(item):
        if item.digest == signed.digest:
            raise NotVerified(code, "its receipt does not verify")
        return At(where)

    return place_of


@pytest.mark.parametrize(
    "code",
    [
        Reason.NOT_LOGGED,
        Reason.QUORUM_MISSING,
        Reason.BAD_RECEIPT,
        Reason.BAD_SIGNATURE,
        Reason.KEY_UNKNOWN,
        Reason.BAD_NOTE,
        Reason.TOO_LARGE,
    ],
)
@pytest.mark.parametrize("action", ["revoke", "recall", "suspend", "finding"])
def test_a_notice_that_is_not_shown_to_be_logged_asks_for_caution(code, action):
    """Whoever hands the evidence over could have left its receipt out, or spoiled it."""
    of = village()
    ((status, _, about),) = judge(of, place_of=but(of.notify("passport", action), code))
    assert (status, about) == (CheckStatus.CAUTION, "passport")


@pytest.mark.parametrize(("serial", "status"), [("0", CheckStatus.CAUTION), ("1", CheckStatus.NOTE)])
def test_a_recall_of_units_that_is_not_shown_to_be_logged_concerns_only_them(serial, status):
    of = village()
    signed = of.notify("passport", "recall", serials=("000000000000",))
    assert judge(of, serial=serial * 12, place_of=but(signed)) == [(status, Reason.RECALLED, "passport")]


def test_a_withdrawn_notice_is_a_note_without_its_receipt_too():
    of = village()
    signed = of.notify("passport", "revoke")
    of.revoke("revoke-inspector")
    assert judge(of, place_of=but(signed)) == [(CheckStatus.NOTE, Reason.REVOKED, "revoke-inspector")]


def test_a_notice_whose_signature_does_not_fit_is_a_note_without_its_receipt_too():
    of = village()
    data = of.notify("passport", "revoke").data.replace("Men chưa đạt.".encode(), "Men rất đạt.".encode())
    place_of = but(of.evidence.reader.read(data))
    found = judge(of, later=later(of, data), place_of=place_of)
    assert found == [(CheckStatus.NOTE, Reason.BAD_SIGNATURE, "revoke-inspector")]


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("revoked", "found"),
    [
        pytest.param(Revocation("retired", NOW + DAY), (CheckStatus.CAUTION, Reason.REVOKED), id="retired"),
        pytest.param(Revocation("retired", NOW + DAY, 8), (CheckStatus.CAUTION, Reason.REVOKED), id="size"),
        pytest.param(Revocation("retired", NOW - DAY, 8), (CheckStatus.CAUTION, Reason.REVOKED), id="later"),
        # It would not count with its receipt either.
        pytest.param(Revocation("retired", NOW - DAY), (CheckStatus.NOTE, Reason.KEY_REVOKED), id="ended"),
        pytest.param(Revocation("compromised", NOW), (CheckStatus.NOTE, Reason.NOT_LOGGED), id="stolen"),
        pytest.param(Revocation("compromised", NOW, 8), (CheckStatus.NOTE, Reason.NOT_LOGGED), id="thief"),
    ],
)
def test_a_notice_without_its_receipt_counts_for_caution_unless_its_key_was_stolen(revoked, found):
    of = village()
    signed = of.notify("passport", "revoke")
    of.keys["inspector#record"] = replace(of.keys["inspector#record"], revoked=revoked)
    of.rotate("inspector")
    of.publish_list("inspector")
    assert [remark[:2] for remark in judge(of, place_of=but(signed))] == [found]


def test_a_notice_from_outside_its_keys_period_is_a_note_without_its_receipt_too():
    of = village()
    signed = of.notify("passport", "revoke")
    of.keys["inspector#record"] = replace(of.keys["inspector#record"], until=NOW)
    found = judge(of, place_of=but(signed))
    assert found == [(CheckStatus.NOTE, Reason.KEY_EXPIRED, "revoke-inspector")]


def forged(of, path=(), value=None, *, action="revoke", issuer="inspector", key=None, created=NOW):
    """A notice as a thief or a careless tool would sign it."""
    document = notice(of, action, issuer=issuer).to_document()
    changed = altered(document, path, value) if path else document
    return forge_at(of, changed, key or f"{issuer}#record", created)


@pytest.mark.parametrize(
    ("reason", "making"),
    [
        pytest.param(Reason.KEY_NOT_AUTHORISED, {"issuer": "neighbour"}, id="neighbour"),
        pytest.param(Reason.KEY_NOT_AUTHORISED, {"issuer": "association"}, id="association"),
        pytest.param(Reason.KEY_NOT_AUTHORISED, {"issuer": "commune"}, id="not-its-own-record"),
        pytest.param(Reason.LINK_FORWARD, {"created": NOW - timedelta(days=1)}, id="signed-before"),
        pytest.param(Reason.KEY_EXPIRED, {"created": NOW + timedelta(days=900)}, id="key-expired"),
        pytest.param(
            Reason.ISSUER_MISMATCH, {"path": ["issuer", "name"], "value": "Ai đó"}, id="another-name"
        ),
        pytest.param(
            Reason.LINK_DIGEST_MISMATCH,
            {"path": ["relatedResource", 0, "digestMultibase"], "value": zero_digest()},
            id="about-other-bytes",
        ),
        pytest.param(Reason.EXPIRED, {"path": ["validUntil"], "value": "2026-11-22T08:00:00Z"}, id="over"),
    ],
)
def test_a_notice_that_does_not_count_is_a_note_with_its_reason(reason, making):
    of = village()
    of.keys["inspector#record"] = replace(of.keys["inspector#record"], until=NOW + timedelta(days=800))
    (remark,) = judge(of, later=later(of, forged(of, **making)))
    assert remark[:2] == (CheckStatus.NOTE, reason)


def test_a_notice_with_a_signature_that_does_not_fit_is_a_note():
    of = village()
    data = of.notify("passport", "revoke").data.replace("Men chưa đạt.".encode(), "Men rất đạt.".encode())
    assert judge(of, later=later(of, data)) == [(CheckStatus.NOTE, Reason.BAD_SIGNATURE, "revoke-inspector")]


def test_a_notice_by_a_key_that_is_not_trusted_is_a_note():
    of = village()
    of.notify("passport", "revoke")
    del of.keys["inspector#record"]
    assert judge(of) == [(CheckStatus.NOTE, Reason.KEY_UNKNOWN, "revoke-inspector")]


def test_a_notice_by_a_compromised_key_counts_only_from_before_the_named_log_size():
    of = village()
    of.notify("passport", "revoke")
    revoked = Revocation("compromised", NOW + timedelta(days=1), 7)
    of.keys["inspector#record"] = replace(of.keys["inspector#record"], revoked=revoked)
    assert judge(of)[0][:2] == (CheckStatus.NOTE, Reason.KEY_REVOKED)
    assert judge(of, place_of=lambda item: At(6))[0][:2] == (CheckStatus.FAILED, Reason.REVOKED)


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\xff\xfe"])
def test_bytes_that_are_no_record_are_a_note_on_the_record(data):
    of = village()
    (remark,) = judge(of, later=later(of, data))
    assert remark[0] is CheckStatus.NOTE
    assert remark[2] == "passport"


def test_a_notice_about_another_record_and_an_event_say_nothing_here():
    of = village()
    other = of.notify("certificate", "revoke").data
    event = of.records["event"].data
    assert judge(of, later=later(of, other, event)) == []


def many(of, count):
    """Notices about the passport that anybody could write: their signatures are never the inspector's."""
    document = of.notify("passport", "finding").document
    reason = ["credentialSubject", ORIGIN, "reason"]
    return [canonical(altered(document, reason, f"Men {number}")) for number in range(count)]


def test_more_notices_than_are_judged_leave_the_status_unknown():
    """Whoever floods the evidence must not be able to hide the one notice that counts."""
    of = village()
    remarks = judge(of, later=later(of, *many(of, NOTICES_MAX_PER_RECORD + 1)))
    assert remarks[-1:] == unknown("passport")
    assert {reason for _, reason, _ in remarks[:-1]} == {Reason.BAD_SIGNATURE}


def test_as_many_notices_as_are_judged_leave_it_known():
    of = village()
    assert unknown("passport")[0] not in judge(of, later=later(of, *many(of, NOTICES_MAX_PER_RECORD)))


def test_records_that_are_no_notices_do_not_count_towards_the_limit():
    """Every passport of a workshop links to the workshop's record."""
    of = village()
    event = of.records["event"].data
    data = [event + b" " * number for number in range(NOTICES_MAX_PER_RECORD + 1)]
    assert judge(of, later=later(of, *data, about="workshop")) == []
