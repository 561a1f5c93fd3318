"""The trust list: what its keys may do and when, and every form in which its text is refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.simulators.village import HOST, NOW, SINCE, Village, did, signer, trust_key
from traceability.base58 import encode_multibase
from traceability.errors import NotVerified, Reason, Refused, Unreadable
from traceability.limits import TRUST_LIST_GRACE
from traceability.signing.proof import VerificationMethod
from traceability.signing.trust import Revocation, TrustedHost, TrustList
from traceability.signing.trust_text import parse_trust_text, write_trust_text

DAY = timedelta(days=1)
KEY = trust_key("workshop", "workshop", ("https://village.example/workshops/xuong-mau",))
TRUST = Village().trust


def code_of(error, call, *arguments, **options):
    with pytest.raises(error) as caught:
        call(*arguments, **options)
    return caught.value.code


# --- Periods and revocation ------------------------------------------------------------------------------

ENDED = replace(KEY, until=NOW)
RETIRED = replace(KEY, revoked=Revocation("retired", NOW))
STOLEN = replace(KEY, revoked=Revocation("compromised", NOW, 100))
ENDED_IN_THE_LOG = replace(KEY, revoked=Revocation("retired", NOW, 100))
LOST = replace(KEY, revoked=Revocation("compromised", NOW))


@pytest.mark.parametrize(
    ("key", "signed_at"),
    [
        pytest.param(KEY, SINCE, id="first-moment"),
        pytest.param(KEY, NOW + 1000 * DAY, id="no-end"),
        pytest.param(ENDED, NOW - timedelta(seconds=1), id="last-second"),
        pytest.param(RETIRED, NOW - timedelta(seconds=1), id="before-it-was-retired"),
    ],
)
def test_a_key_in_force_may_have_signed(key, signed_at):
    key.check_time(signed_at)
    key.check_day(signed_at.date())


@pytest.mark.parametrize(
    ("key", "signed_at", "reason"),
    [
        pytest.param(KEY, SINCE - timedelta(seconds=1), Reason.KEY_EXPIRED, id="before-its-start"),
        pytest.param(ENDED, NOW, Reason.KEY_EXPIRED, id="at-its-end"),
        pytest.param(RETIRED, NOW, Reason.KEY_REVOKED, id="after-it-was-retired"),
        pytest.param(STOLEN, NOW + DAY, Reason.KEY_REVOKED, id="after-it-was-stolen"),
        pytest.param(STOLEN, NOW - 300 * DAY, Reason.KEY_REVOKED, id="stolen-so-never"),
    ],
)
def test_a_key_that_was_not_in_force_may_not_have_signed(key, signed_at, reason):
    assert code_of(NotVerified, key.check_time, signed_at) is reason


@pytest.mark.parametrize(
    ("key", "now", "expected"),
    [
        pytest.param(KEY, SINCE, True, id="first-moment"),
        pytest.param(KEY, SINCE - timedelta(seconds=1), False, id="before-its-start"),
        pytest.param(ENDED, NOW - timedelta(seconds=1), True, id="last-second"),
        pytest.param(ENDED, NOW, False, id="at-its-end"),
        pytest.param(RETIRED, NOW - DAY, True, id="retirement-dated-ahead"),
        pytest.param(RETIRED, NOW, False, id="retired"),
        pytest.param(ENDED_IN_THE_LOG, NOW - DAY, False, id="retired-at-a-size-of-the-log"),
        pytest.param(LOST, NOW - DAY, False, id="compromised"),
        pytest.param(STOLEN, NOW - DAY, False, id="compromised-at-a-size-of-the-log"),
    ],
)
def test_a_key_is_in_force_while_what_it_signs_now_would_count(key, now, expected):
    assert key.is_in_force(now) is expected


@pytest.mark.parametrize("key", [STOLEN, ENDED_IN_THE_LOG], ids=["compromised", "retired"])
def test_what_stands_in_the_log_below_the_size_counts_for_ever(key):
    key.check_time(NOW - DAY, log_index=99)
    key.check_day(NOW.date(), log_index=99)


@pytest.mark.parametrize("key", [STOLEN, ENDED_IN_THE_LOG, LOST], ids=["compromised", "retired", "lost"])
@pytest.mark.parametrize("log_index", [None, 100, 10_000])
def test_what_stands_above_the_size_or_nowhere_does_not_count_whatever_its_date(key, log_index):
    assert code_of(NotVerified, key.check_time, NOW - DAY, log_index=log_index) is Reason.KEY_REVOKED


@pytest.mark.parametrize("log_index", [None, 100])
def test_a_seal_of_a_stolen_key_needs_a_passport_from_before_the_theft(log_index):
    day = (NOW - DAY).date()
    assert code_of(NotVerified, STOLEN.check_day, day, log_index=log_index) is Reason.KEY_REVOKED
    assert code_of(NotVerified, LOST.check_day, day, log_index=0) is Reason.KEY_REVOKED


@pytest.mark.parametrize(
    ("key", "day", "reason"),
    [
        pytest.param(KEY, SINCE.date() - DAY, Reason.KEY_EXPIRED, id="the-day-before"),
        pytest.param(ENDED, NOW.date() + DAY, Reason.KEY_EXPIRED, id="the-day-after"),
        pytest.param(RETIRED, NOW.date() + DAY, Reason.KEY_REVOKED, id="the-day-after-it-was-retired"),
        pytest.param(STOLEN, NOW.date() - DAY, Reason.KEY_REVOKED, id="stolen-so-never"),
    ],
)
def test_a_seal_of_a_day_without_the_key_is_refused(key, day, reason):
    assert code_of(NotVerified, key.check_day, day) is reason


@pytest.mark.parametrize("key", [KEY, ENDED, RETIRED])
def test_a_seal_of_a_day_on_which_the_key_was_in_force_holds(key):
    key.check_day(NOW.date())
    key.check_day(SINCE.date())


def test_a_revocation_has_one_of_two_reasons():
    assert code_of(Refused, Revocation, "lost", NOW) is Reason.BAD_TRUST_LIST


# --- Keys and scope --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "place", "covered"),
    [
        ("vn:01", "vn:01", True),
        ("vn:01", "vn:01/00577", True),
        ("vn:01/00577", "vn:01", False),
        ("vn:01", "vn:011", False),
        ("vn:01", "vn:01x/00577", False),
        ("https://a.example/workshops/x", "https://a.example/workshops/x", True),
        ("https://a.example/workshops/x", "https://a.example/workshops/xy", False),
        ("https://a.example/workshops/x", "https://a.example/workshops/X", False),
    ],
)
def test_a_scope_covers_what_lies_in_it(scope, place, covered):
    assert replace(KEY, scope=(scope,)).covers(place) is covered


def test_a_key_without_scope_covers_nothing():
    assert not replace(KEY, scope=()).covers("vn:01")


@pytest.mark.parametrize("change", [{"role": "root"}, {"use": "both"}, {"custody": "cloud"}, {"role": ""}])
def test_a_key_with_an_unknown_role_use_or_custody_is_refused(change):
    assert code_of(Refused, replace, KEY, **change) is Reason.BAD_TRUST_LIST


def test_a_key_stands_under_its_controller():
    method = VerificationMethod(f"{did('neighbour')}#record", did("workshop"), KEY.method.key)
    assert code_of(Refused, replace, KEY, method=method) is Reason.BAD_TRUST_LIST


def test_one_name_stands_once_in_a_list():
    other = replace(KEY, method=replace(KEY.method, key=signer("other").public_key))
    assert code_of(Refused, replace, TRUST, keys=(KEY, other)) is Reason.BAD_TRUST_LIST


def test_one_key_has_one_use():
    """The same key under two names could seal labels and sign lots: a stolen server would make a lot."""
    method = replace(KEY.method, id=f"{did('workshop')}#seal")
    assert code_of(Refused, replace, TRUST, keys=(KEY, replace(KEY, method=method, use="seal"))) is (
        Reason.BAD_TRUST_LIST
    )


def test_methods_are_those_of_record_keys_only():
    assert set(TRUST.methods) == {key.method.id for key in TRUST.keys if key.use == "record"}


def test_a_key_is_found_by_its_name_and_an_unknown_name_is_not():
    assert TRUST.key(KEY.method.id).method == KEY.method
    assert code_of(NotVerified, TRUST.key, f"{did('workshop')}#later") is Reason.KEY_UNKNOWN


def test_seal_keys_are_found_by_key_id_and_record_keys_are_not():
    seal = next(key for key in TRUST.keys if key.use == "seal")
    assert TRUST.seal_keys(seal.method.key.kid) == (seal,)
    assert TRUST.seal_keys(KEY.method.key.kid) == ()


def test_the_keys_of_a_party_are_listed():
    assert [key.use for key in TRUST.keys_of(did("workshop"))] == ["record", "seal"]
    assert TRUST.keys_of(did("stranger")) == ()


# --- Hosts and age ---------------------------------------------------------------------------------------

MOVED = replace(TRUST, hosts=(TrustedHost("old.example", SINCE, NOW, HOST), TrustedHost(HOST, NOW)))


@pytest.mark.parametrize(
    ("host", "at"),
    [("old.example", NOW - DAY), ("OLD.EXAMPLE", SINCE), (HOST, NOW), (HOST.upper(), NOW + DAY)],
)
def test_a_host_is_trusted_in_its_time_and_in_any_letter_case(host, at):
    MOVED.check_host(host, at=at)


@pytest.mark.parametrize(
    ("host", "at"),
    [
        ("old.example", NOW),
        ("old.example", SINCE - DAY),
        (HOST, NOW - DAY),
        (f"www.{HOST}", NOW),
        (f"{HOST}.evil.example", NOW),
        ("vi11age.example", NOW),
        ("", NOW),
    ],
)
def test_any_other_host_is_not(host, at):
    assert code_of(NotVerified, MOVED.check_host, host, at=at) is Reason.HOST_NOT_TRUSTED


@pytest.mark.parametrize("sealed_on", [SINCE.date(), NOW.date()])
def test_a_label_sealed_in_a_hosts_time_counts_for_ever(sealed_on):
    entry = MOVED.check_host("old.example", at=NOW + 3000 * DAY, sealed_on=sealed_on)
    assert (entry.successor, entry.has_ended(NOW)) == (HOST, True)


@pytest.mark.parametrize("sealed_on", [SINCE.date() - DAY, NOW.date() + DAY])
def test_a_label_sealed_outside_a_hosts_time_does_not_count(sealed_on):
    code = code_of(NotVerified, MOVED.check_host, "old.example", at=NOW + DAY, sealed_on=sealed_on)
    assert code is Reason.HOST_NOT_TRUSTED


def test_a_list_becomes_stale_and_then_too_old():
    end = TRUST.expires
    ages = [end - DAY, end, end + TRUST_LIST_GRACE - timedelta(seconds=1), end + TRUST_LIST_GRACE]
    assert [TRUST.is_stale(at) for at in ages] == [False, True, True, True]
    assert [TRUST.is_too_old(at) for at in ages] == [False, False, False, True]


def test_a_list_that_expires_at_the_end_of_the_calendar_is_never_too_old():
    """Adding the grace to such a time would leave the calendar."""
    assert not replace(TRUST, expires=datetime(9999, 12, 31, tzinfo=UTC)).is_too_old(NOW)


# --- Text ------------------------------------------------------------------------------------------------

FULL = TrustList(
    origin="village.example/trust",
    sequence=7,
    issued=NOW,
    expires=NOW + DAY,
    hosts=MOVED.hosts,
    keys=(
        KEY,
        replace(trust_key("a", "inspector", ("vn:01",)), until=NOW, custody="holder"),
        replace(trust_key("b", "inspector", ()), revoked=Revocation("retired", NOW)),
        replace(trust_key("c", "association", ()), revoked=Revocation("compromised", NOW, 12)),
    ),
)


@pytest.mark.parametrize("trust", [TRUST, FULL], ids=["village", "every-member"])
def test_a_list_reads_back_as_itself(trust):
    assert parse_trust_text(write_trust_text(trust)) == trust


def respelled(**changes):
    """Writes the full list with changes in its body, canonical again."""
    origin, line, _ = write_trust_text(FULL).split("\n")
    return origin, {**json.loads(line), **changes}


def text_of(origin, body):
    line = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{origin}\n{line}\n"


def with_key(**changes):
    origin, body = respelled()
    key = {name: value for name, value in {**body["keys"][3], **changes}.items() if value is not None}
    return text_of(origin, {**body, "keys": [*body["keys"][:3], key]})


def with_host(**changes):
    origin, body = respelled()
    return text_of(origin, {**body, "hosts": [{**body["hosts"][0], **changes}]})


WEAK = encode_multibase(b"\xed\x01" + b"\x01" + bytes(31))
REVOKED = {"reason": "compromised", "time": "2026-11-22T08:00:00Z"}


def test_the_rebuilt_text_is_the_written_one():
    assert text_of(*respelled()) == with_key() == write_trust_text(FULL)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("\n\n", id="empty-lines"),
        pytest.param(write_trust_text(FULL)[:-1], id="no-last-newline"),
        pytest.param(write_trust_text(FULL) + "\n", id="one-more-line"),
        pytest.param(write_trust_text(FULL).replace('"v":1', '"v": 1'), id="not-canonical"),
        pytest.param(text_of(*respelled(v=2)), id="version-2"),
        pytest.param(text_of(*respelled(v=True)), id="version-true"),
        pytest.param(text_of(*respelled(type="checkpoint")), id="other-type"),
        pytest.param(text_of(*respelled(sequence=1.5)), id="sequence-not-whole"),
        pytest.param(text_of(*respelled(sequence="7")), id="sequence-as-text"),
        pytest.param(text_of(*respelled(sequence=True)), id="sequence-true"),
        pytest.param(text_of(*respelled(issued="yesterday")), id="no-time"),
        pytest.param(text_of(*respelled(expires=None)), id="no-expiry"),
        pytest.param(text_of(*respelled(comment="x")), id="unknown-member"),
        pytest.param(text_of(*respelled(keys=None)), id="no-keys"),
        pytest.param(text_of(*respelled(keys=["z6Mk"])), id="key-as-text"),
        pytest.param(text_of(*respelled(hosts={"name": HOST})), id="hosts-as-object"),
        pytest.param(text_of("a.example", respelled()[1]) + "more\n", id="three-lines"),
        pytest.param(with_key(publicKeyMultibase=WEAK), id="weak-key"),
        pytest.param(with_key(publicKeyMultibase=None), id="no-key"),
        pytest.param(with_key(publicKeyMultibase=5), id="key-as-number"),
        pytest.param(with_key(id=f"{did('x')}#record"), id="key-of-another-controller"),
        pytest.param(with_key(role="emperor"), id="unknown-role"),
        pytest.param(with_key(role=["log"]), id="role-in-a-list"),
        pytest.param(with_key(name=5), id="name-as-number"),
        pytest.param(with_key(scope="vn:01"), id="scope-as-text"),
        pytest.param(with_key(scope=[1]), id="scope-of-numbers"),
        pytest.param(with_key(**{"from": "2026-11-22T08:00:00.5Z"}), id="time-in-another-spelling"),
        pytest.param(with_key(secret="x"), id="unknown-member-of-a-key"),
        pytest.param(with_key(revoked={**REVOKED, "reason": "lost"}), id="unknown-revocation"),
        pytest.param(with_key(revoked={**REVOKED, "logSize": "12"}), id="log-size-as-text"),
        pytest.param(with_key(revoked={**REVOKED, "logSize": -1}), id="log-size-below-zero"),
        pytest.param(with_key(revoked=[REVOKED]), id="revocation-in-a-list"),
        pytest.param(with_host(name=5), id="host-as-number"),
        pytest.param(with_host(successor=[]), id="successor-as-list"),
    ],
)
def test_any_other_text_is_refused(text):
    assert code_of(Unreadable, parse_trust_text, text) is Reason.BAD_TRUST_LIST
