"""Verification: what a valid signature does not prove, each reason that is given, and each outcome."""

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.simulators.forgery import altered, evidence_with, forge_at, notice, relogged
from tests.simulators.village import HOST, NOW, Village, did, url
from traceability.errors import Reason
from traceability.evidence import Evidence, join_serials
from traceability.labels.seal import attach as attach_seal
from traceability.records.canonical import canonical, sha256
from traceability.records.envelope import CONTEXT_EPCIS
from traceability.records.terms import ORIGIN
from traceability.signing.keys import Ed25519Signer
from traceability.signing.proof import attach_proof
from traceability.signing.trust import Revocation, TrustedHost
from traceability.validity import certificate_state
from traceability.verdict import CheckStatus, Outcome
from traceability.verify import verify_label, verify_record

VILLAGE = Village().issue_all()
DOCUMENTS = {name: item.document for name, item in VILLAGE.records.items()}
PASSPORT = VILLAGE.records["passport"]
LABEL = VILLAGE.labels()[0]
LOT = f"https://{HOST}/01/09520000000011/10/L1"
DAY = timedelta(days=1)


def judge(data=PASSPORT.data, *, village=VILLAGE, trust=None, evidence=None, at=NOW):
    trust, evidence = (
        trust or village.trust,
        relogged(village, evidence or village.evidence, bytes(data), at=at),
    )
    return verify_record(data, trust=trust, evidence=evidence, at=at)


def judge_label(text=None, *, village=VILLAGE, trust=None, evidence=None, at=NOW):
    trust, evidence = trust or village.trust, relogged(village, evidence or village.evidence, at=at)
    return verify_label(text or LABEL.to_uri(), trust=trust, evidence=evidence, at=at)


def forged(name, path=None, value=None, *, key="workshop#record", at=NOW):
    """One record of the village, changed and really signed again."""
    document = DOCUMENTS[name] if path is None else altered(DOCUMENTS[name], path, value)
    return forge_at(VILLAGE, document, key, at)


def with_key(name, **changes):
    """The village's trust list with one key changed."""
    keys = {**VILLAGE.keys, name: replace(VILLAGE.keys[name], **changes)}
    return replace(VILLAGE.trust, keys=tuple(keys.values()))


def found(verdict, reason):
    """The steps at which a reason was given."""
    return [check.id for check in verdict.checks if check.reason is reason]


# --- The honest village ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VILLAGE.records)
def test_each_honest_record_is_verified(name):
    verdict = judge(VILLAGE.records[name].data)
    assert (verdict.outcome, verdict.reasons) == (Outcome.VERIFIED, ())


def test_an_honest_label_is_verified_in_any_letter_case():
    for text in (LABEL.to_uri(), LABEL.to_uri().lower()):
        verdict = judge_label(text)
        assert (verdict.outcome, verdict.reasons, verdict.code) == (Outcome.VERIFIED, (), LABEL)


def test_every_step_stands_in_the_verdict_once_it_is_done_or_says_why_not():
    steps = [check.id for check in judge_label().checks if check.status is not CheckStatus.NOTE]
    assert steps == [
        "1-parse", "2-label", "3-proof", "4-trust", "5-links", "6-log", "7-status", "8-scans"
    ]  # fmt: skip
    skipped = [check for check in judge_label().checks if check.status is CheckStatus.SKIPPED]
    assert [check.reason for check in skipped] == [Reason.NO_SCAN_SIGNALS_YET]


def test_a_record_that_was_only_spelled_otherwise_is_the_same_record():
    for data in (
        json.dumps(PASSPORT.document, indent=1).encode(),
        json.dumps(dict(reversed(PASSPORT.document.items())), ensure_ascii=False).encode(),
    ):
        assert data != PASSPORT.data
        assert judge(data).outcome is Outcome.VERIFIED
        assert judge(data).chain.records[0].digest == PASSPORT.digest


def test_the_plain_code_of_the_lot_is_verified_without_a_seal_and_says_so():
    for text in (LOT, LABEL.without_seal().to_uri()):
        verdict = judge_label(text)
        assert verdict.outcome is Outcome.VERIFIED
        assert found(verdict, Reason.NO_SEAL) == ["2-label"]


def test_a_copied_label_verifies_and_that_is_why_no_word_says_genuine():
    """A photograph of a label is the label: only scans can tell, and no detail claims more."""
    first, second = judge_label(), judge_label()
    assert first.outcome is second.outcome is Outcome.VERIFIED
    words = " ".join(check.detail for check in first.checks).lower()
    assert not {"genuine", "authentic", "original"} & set(words.split())


def test_remembering_changes_no_verdict():
    evidence = VILLAGE.evidence
    assert judge(evidence=evidence) == judge(evidence=evidence) == judge()


# --- What a valid signature does not prove: the table of docs/record-format.md, line by line ---------------


def line_key_of_another_issuer():
    return judge(forged("passport", key="neighbour#record"))


def line_key_of_another_issuer_named_honestly():
    document = altered(DOCUMENTS["passport"], ["issuer", "id"], did("neighbour"))
    return judge(forge_at(VILLAGE, document, "neighbour#record", NOW))


def line_strangers_did_key():
    stranger = Ed25519Signer.from_seed(b"s" * 32)
    name = f"did:key:{stranger.public_key.multibase}"
    unsigned = {k: v for k, v in DOCUMENTS["passport"].items() if k != "proof"}
    unsigned["issuer"] = {**unsigned["issuer"], "id": name}
    method = f"{name}#{stranger.public_key.multibase}"
    return judge(canonical(attach_proof(unsigned, signer=stranger, method_id=method, created=NOW)))


def line_expired_proof():
    document, expires = DOCUMENTS["passport"], "2026-11-22T07:59:59Z"
    return judge(forge_at(VILLAGE, document, "workshop#record", NOW, expires=expires))


def line_duplicate_members():
    return judge(PASSPORT.data[:-1] + b',"name":"Another name"}')


def line_context_appended():
    contexts = [*DOCUMENTS["passport"]["@context"], CONTEXT_EPCIS]
    return judge(canonical({**DOCUMENTS["passport"], "@context": contexts}))


def line_base64url_proof_value():
    value = "u" + DOCUMENTS["passport"]["proof"]["proofValue"][1:]
    return judge(canonical(altered(DOCUMENTS["passport"], ["proof", "proofValue"], value)))


def line_inline_context():
    contexts = [*DOCUMENTS["passport"]["@context"], {"name": "https://evil.example/name"}]
    return judge(canonical({**DOCUMENTS["passport"], "@context": contexts}))


def line_before_valid_from():
    return judge(at=PASSPORT.envelope.valid_from - DAY)


def line_signed_in_the_future():
    return judge(forged("village", key="province#record", at=NOW + 3650 * DAY))


def line_after_valid_until():
    document = {**DOCUMENTS["village"], "validUntil": "2026-11-22T08:00:00Z"}
    return judge(forge_at(VILLAGE, document, "province#record", NOW))


def line_before_key_start():
    return judge(trust=with_key("workshop#record", since=NOW + DAY))


def line_after_key_end():
    return judge(trust=with_key("workshop#record", until=NOW))


def line_after_retirement():
    return judge(trust=with_key("workshop#record", revoked=Revocation("retired", NOW)))


def line_compromised_key():
    # The event stands at index 3, the passport at 4.
    return judge(trust=with_key("workshop#record", revoked=Revocation("compromised", NOW + DAY, 4)))


def line_wrong_role():
    return judge(trust=with_key("province#record", role="association"), data=VILLAGE.records["village"].data)


def line_commune_of_another_unit():
    return judge(trust=with_key("commune#record", scope=("vn:01/00578",)))


def line_another_workshops_lot():
    document = altered(DOCUMENTS["passport"], ["issuer", "id"], did("neighbour"))
    party = altered(document, ["credentialSubject", "relatedParty", 0, "party", "id"], did("neighbour"))
    return judge(forge_at(VILLAGE, party, "neighbour#record", NOW))


def line_stars_of_another_product():
    stars = altered(
        DOCUMENTS["certificate"],
        ["credentialSubject", "conformityAssessment", 0, "assessedProduct", 0, "product", "id"],
        f"https://{HOST}/01/09520000000028",
    )
    certificate = VILLAGE.evidence.reader.read(forge_at(VILLAGE, stars, "ocop#record", NOW))
    links = copy.deepcopy(DOCUMENTS["passport"]["relatedResource"])
    links[2]["digestMultibase"] = certificate.digest
    passport = forged("passport", ["relatedResource"], links)
    return judge(passport, evidence=evidence_with(VILLAGE, certificate=certificate.data))


def line_another_issuers_revocation():
    foreign = notice(VILLAGE, "revoke", issuer="neighbour").to_document()
    return judge(forge_at(VILLAGE, foreign, "neighbour#record", NOW))


def line_status_entry_of_odd_shape():
    entry = {**DOCUMENTS["passport"]["credentialStatus"], "statusPurpose": "message"}
    return judge(forged("passport", ["credentialStatus"], entry))


def line_status_entry_without_a_type():
    return judge(forged("passport", ["credentialStatus", "type"], "StatusList2021Entry"))


def line_link_digest():
    return judge(evidence=evidence_with(VILLAGE, event=forged("event", ["name"], "Khác")))


def line_link_to_a_later_record():
    return judge(forged("passport", at=NOW - DAY))


def line_two_records_that_name_each_other():
    link = {"id": url("passport"), "digestMultibase": PASSPORT.digest, "mediaType": "application/vc"}
    links = [*DOCUMENTS["event"]["relatedResource"], link]
    return judge(evidence=evidence_with(VILLAGE, event=forged("event", ["relatedResource"], links)))


def line_schema_valid_but_wrong():
    path = ["credentialSubject", "countryOfProduction", "countryCode"]
    return judge(forged("passport", path, "XX"))


def line_kind_that_does_not_exist():
    return judge(forged("passport", ["type"], ["VerifiableCredential"]))


def line_not_nfc():
    return judge(forged("passport", ["name"], "La\u0300ng"))


def line_a_passport_without_a_certificate_it_names():
    return judge(evidence=evidence_with(VILLAGE, certificate=None))


def line_seal_key_signs_a_record():
    return judge(forged("passport", key="workshop#seal"))


TABLE = {
    line_key_of_another_issuer: (Outcome.INVALID, Reason.ISSUER_MISMATCH),
    line_key_of_another_issuer_named_honestly: (Outcome.INVALID, Reason.SUBJECT_MISMATCH),
    line_strangers_did_key: (Outcome.INVALID, Reason.KEY_UNKNOWN),
    line_expired_proof: (Outcome.INVALID, Reason.PROOF_EXPIRED),
    line_duplicate_members: (Outcome.INVALID, Reason.DUPLICATE_MEMBER),
    line_context_appended: (Outcome.INVALID, Reason.BAD_CONTEXT),
    line_base64url_proof_value: (Outcome.INVALID, Reason.BAD_SIGNATURE),
    line_inline_context: (Outcome.INVALID, Reason.BAD_CONTEXT),
    line_before_valid_from: (Outcome.CAUTION, Reason.NOT_YET_VALID),
    line_signed_in_the_future: (Outcome.CAUTION, Reason.NOT_YET_VALID),
    line_after_valid_until: (Outcome.CAUTION, Reason.EXPIRED),
    line_before_key_start: (Outcome.INVALID, Reason.KEY_EXPIRED),
    line_after_key_end: (Outcome.INVALID, Reason.KEY_EXPIRED),
    line_after_retirement: (Outcome.INVALID, Reason.KEY_REVOKED),
    line_compromised_key: (Outcome.INVALID, Reason.KEY_REVOKED),
    line_wrong_role: (Outcome.INVALID, Reason.KEY_NOT_AUTHORISED),
    line_commune_of_another_unit: (Outcome.INVALID, Reason.KEY_NOT_AUTHORISED),
    line_another_workshops_lot: (Outcome.INVALID, Reason.SUBJECT_MISMATCH),
    line_stars_of_another_product: (Outcome.INVALID, Reason.SUBJECT_MISMATCH),
    line_another_issuers_revocation: (Outcome.INVALID, Reason.KEY_NOT_AUTHORISED),
    line_status_entry_of_odd_shape: (Outcome.INVALID, Reason.BAD_RECORD),
    line_status_entry_without_a_type: (Outcome.INVALID, Reason.BAD_RECORD),
    line_link_digest: (Outcome.INVALID, Reason.LINK_DIGEST_MISMATCH),
    line_link_to_a_later_record: (Outcome.INVALID, Reason.LINK_FORWARD),
    line_two_records_that_name_each_other: (Outcome.INVALID, Reason.LINK_DIGEST_MISMATCH),
    line_schema_valid_but_wrong: (Outcome.INVALID, Reason.BAD_RECORD),
    line_kind_that_does_not_exist: (Outcome.INVALID, Reason.BAD_RECORD),
    line_not_nfc: (Outcome.INVALID, Reason.NOT_NFC),
    line_a_passport_without_a_certificate_it_names: (Outcome.UNKNOWN, Reason.LINK_MISSING),
    line_seal_key_signs_a_record: (Outcome.INVALID, Reason.KEY_NOT_AUTHORISED),
}


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line.__name__)
def test_a_signature_that_holds_is_not_enough(line):
    verdict = line()
    outcome, reason = TABLE[line]
    assert verdict.outcome is outcome
    assert reason in verdict.reasons


def test_a_record_of_a_key_that_was_retired_later_stays_verified():
    """The workshop has another key by then, and has signed its status list with it."""
    village = Village().issue_all()
    village.rotate("workshop")
    old = replace(village.keys["workshop#record"], revoked=Revocation("retired", NOW + DAY))
    village.keys["workshop#record"] = old
    assert judge(village=village, at=NOW + 2 * DAY).outcome is Outcome.VERIFIED


def test_an_end_that_has_not_come_yet_is_no_caution():
    document = {**DOCUMENTS["village"], "validUntil": "2026-11-22T08:00:01Z"}
    assert judge(forge_at(VILLAGE, document, "province#record", NOW)).outcome is Outcome.VERIFIED


# --- The trust list --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "outcome"),
    [
        pytest.param(365 * DAY - timedelta(seconds=1), Outcome.VERIFIED, id="fresh"),
        pytest.param(365 * DAY, Outcome.CAUTION, id="stale"),
        pytest.param(395 * DAY - timedelta(seconds=1), Outcome.CAUTION, id="stale-for-a-month"),
        pytest.param(395 * DAY, Outcome.UNKNOWN, id="too-old"),
    ],
)
def test_an_old_trust_list_first_warns_and_then_says_nothing_any_more(age, outcome):
    verdict = judge(VILLAGE.records["village"].data, at=NOW + age)
    assert verdict.outcome is outcome
    assert (Reason.TRUST_LIST_STALE in verdict.reasons) == (outcome is not Outcome.VERIFIED)


def test_an_empty_trust_list_trusts_nobody():
    verdict = judge(trust=replace(VILLAGE.trust, keys=()))
    assert verdict.outcome is Outcome.INVALID
    assert verdict.reasons == (Reason.KEY_UNKNOWN, Reason.STATUS_UNKNOWN)


# --- Certificates ----------------------------------------------------------------------------------------


def certified(since, until):
    """A lot whose certificate is valid from and until other days than the honest one's."""
    village = Village()
    village.issue("village", village.village(), "province#record")
    village.issue("workshop", village.workshop(), "commune#record", ("village",))
    record = village.certificate()
    envelope = replace(record.envelope, valid_from=since, valid_until=until)
    village.issue("certificate", replace(record, envelope=envelope), "ocop#record", ("workshop",))
    village.issue("event", village.event(), "workshop#record", ("workshop",))
    village.issue("passport", village.passport(), "workshop#record", ("workshop", "event", "certificate"))
    return village.publish_lists()


def test_a_certificate_that_expired_since_the_lot_was_signed_is_only_a_note():
    village = certified(NOW - 300 * DAY, NOW + 10 * DAY)
    verdict = judge(village.records["passport"].data, village=village, at=NOW + 20 * DAY)
    assert verdict.outcome is Outcome.VERIFIED
    assert found(verdict, Reason.EXPIRED) == ["7-status"]


def test_a_certificate_that_had_expired_before_is_a_caution():
    village = certified(NOW - 300 * DAY, NOW - 40 * DAY)
    verdict = judge(village.records["passport"].data, village=village)
    assert (verdict.outcome, verdict.reasons) == (Outcome.CAUTION, (Reason.EXPIRED,))


def test_a_lot_dated_back_does_not_borrow_a_lapsed_certificate():
    """What counts is when the lot was signed, not the day that it names itself."""
    village = certified(NOW - 300 * DAY, NOW - DAY)
    verdict = judge(village.records["passport"].data, village=village)
    assert village.records["passport"].envelope.valid_from < NOW - DAY
    assert (verdict.outcome, verdict.reasons) == (Outcome.CAUTION, (Reason.EXPIRED,))


def test_a_certificate_that_began_after_the_lot_was_signed_is_a_note():
    village = certified(NOW + 10 * DAY, NOW + 400 * DAY)
    verdict = judge(village.records["passport"].data, village=village, at=NOW + 20 * DAY)
    assert verdict.outcome is Outcome.VERIFIED
    assert found(verdict, Reason.NOT_YET_VALID) == ["7-status"]


def test_a_day_that_lay_ahead_when_it_was_signed_is_a_caution():
    village = Village().issue_all()
    passport = replace(village.records["passport"].record, made_on=(NOW + 9 * DAY).date())
    item = village.issue("passport", passport, "workshop#record", ("workshop", "event", "certificate"))
    verdict = judge(item.data, village=village, at=NOW + 30 * DAY)
    assert (verdict.outcome, verdict.reasons) == (Outcome.CAUTION, (Reason.NOT_YET_VALID,))


def test_any_kind_of_bytes_are_taken():
    data = VILLAGE.records["passport"].data
    for same in (bytearray(data), memoryview(data)):
        assert judge(same).outcome is Outcome.VERIFIED


def test_a_certificate_by_itself_is_judged_now():
    """Nobody asks it about a lot, so an end that has passed is a caution, not a note."""
    certificate = VILLAGE.records["certificate"]
    after = certificate.envelope.valid_until
    trust = replace(VILLAGE.trust, expires=after + DAY)
    verdict = judge(certificate.data, trust=trust, at=after)
    assert (verdict.outcome, verdict.reasons) == (Outcome.CAUTION, (Reason.EXPIRED,))
    assert judge(certificate.data, trust=trust, at=after - DAY).outcome is Outcome.VERIFIED


def test_a_certificate_that_begins_later_is_a_caution():
    village = certified(NOW + DAY, NOW + 300 * DAY)
    verdict = judge(village.records["passport"].data, village=village)
    assert (verdict.outcome, verdict.reasons) == (Outcome.CAUTION, (Reason.NOT_YET_VALID,))


@pytest.mark.parametrize(
    ("offset", "state"),
    [(-301 * DAY, "not_yet_valid"), (-300 * DAY, "valid"), (796 * DAY, "expired"), (795 * DAY, "valid")],
)
def test_the_state_of_a_certificate_is_computed_for_a_time(offset, state):
    assert certificate_state(VILLAGE.records["certificate"].record, NOW + offset) == state


def test_goods_past_their_day_ask_for_caution():
    village = Village().issue_all()
    passport = replace(village.records["passport"].record, expires_on=NOW.date())
    item = village.issue("passport", passport, "workshop#record", ("workshop", "event", "certificate"))
    on_the_day, after = (judge(item.data, village=village, at=at) for at in (NOW, NOW + DAY))
    assert (on_the_day.outcome, found(on_the_day, Reason.PAST_USE_BY)) == (Outcome.VERIFIED, [])
    assert (after.outcome, found(after, Reason.PAST_USE_BY)) == (Outcome.CAUTION, ["7-status"])


@pytest.mark.parametrize(
    ("hours", "told"), [(0, False), (24, False), (25, True), (24 * 400, True)], ids=lambda value: str(value)
)
def test_an_event_that_was_told_a_day_later_or_more_is_marked(hours, told):
    village = Village().issue_all()
    event = replace(village.records["event"].record, time=NOW - timedelta(hours=hours))
    verdict = judge(village.issue("event", event, "workshop#record", ("workshop",)).data, village=village)
    marks = [check.status for check in verdict.checks if check.reason is Reason.TOLD_LATER]
    assert (verdict.outcome, marks) == (Outcome.VERIFIED, [CheckStatus.NOTE] if told else [])


# --- Labels ----------------------------------------------------------------------------------------------


def with_passports(**changes):
    return replace(VILLAGE.evidence, **changes)


def one_seal_character_changed():
    seal = LABEL.seal
    changed = seal[:60] + ("A" if seal[60] != "A" else "B") + seal[61:]
    return judge_label(replace(LABEL, seal=changed).to_uri())


def seal_of_another_serial():
    return judge_label(replace(LABEL, seal=VILLAGE.labels()[1].seal).to_uri())


def seal_of_an_unknown_version():
    return judge_label(replace(LABEL, seal="B" + LABEL.seal[1:]).to_uri())


def seal_of_a_key_that_is_not_listed():
    trust = VILLAGE.trust
    return judge_label(trust=replace(trust, keys=tuple(key for key in trust.keys if key.use == "record")))


def seal_of_a_key_that_has_ended():
    return judge_label(trust=with_key("workshop#seal", until=NOW - DAY))


def seal_of_a_stolen_key():
    return judge_label(trust=with_key("workshop#seal", revoked=Revocation("compromised", NOW + DAY)))


def seal_of_the_neighbour():
    """A good key, and a seal that fits this very code: only the passport says whose lot it is."""
    key = VILLAGE.key("neighbour#seal")
    from_neighbour = LABEL.without_seal()
    sealed = _seal(from_neighbour, key, PASSPORT.sha256)
    return judge_label(sealed.to_uri())


def seal_for_another_passport():
    sealed = _seal(LABEL.without_seal(), VILLAGE.key("workshop#seal"), sha256(b"another passport"))
    return judge_label(sealed.to_uri())


@pytest.mark.parametrize("hours", [-11, 0, 7, 14])
@pytest.mark.parametrize(
    ("days", "outcome"), [(0, Outcome.VERIFIED), (1, Outcome.CAUTION)], ids=["of the day", "of the next day"]
)
@pytest.mark.parametrize("hour", [0, 23])
def test_a_seals_day_is_judged_in_utc_whatever_the_clock_shows(hours, days, outcome, hour):
    at = (NOW + DAY).replace(hour=hour)
    sealed = _seal(
        LABEL.without_seal(), VILLAGE.key("workshop#seal"), PASSPORT.sha256, at.date() + days * DAY
    )
    verdict = judge_label(sealed.to_uri(), at=at.astimezone(timezone(timedelta(hours=hours))))
    assert verdict.outcome is outcome


def _seal(code, key, digest, day=None):
    return attach_seal(
        code, kid=key.entry.method.key.kid, day=day or NOW.date(), record_digest=digest, sign=key.signer.sign
    )


def serial_that_was_never_issued():
    sealed = _seal(
        replace(LABEL.without_seal(), serial="0" * 12), VILLAGE.key("workshop#seal"), PASSPORT.sha256
    )
    return judge_label(sealed.to_uri())


def serials_with_one_more():
    serials = [VILLAGE.serials[n : n + 12].decode() for n in range(0, len(VILLAGE.serials), 12)]
    return judge_label(evidence=with_passports(serials={LOT: join_serials([*serials, "0" * 12])}))


def serials_with_one_changed():
    changed = bytearray(VILLAGE.serials)
    changed[-1] ^= 1
    return judge_label(evidence=with_passports(serials={LOT: bytes(changed)}))


def serials_out_of_order():
    return judge_label(evidence=with_passports(serials={LOT: VILLAGE.serials[12:] + VILLAGE.serials[:12]}))


def serials_not_at_hand():
    return judge_label(evidence=with_passports(serials={}))


def host_of_somebody_else():
    lot = "https://vi11age.example/01/09520000000011/10/L1"
    evidence = with_passports(passports={lot: PASSPORT.data})
    return judge_label(lot, evidence=evidence)


def host_that_had_ended_before_the_seal():
    hosts = (TrustedHost(HOST, NOW - 400 * DAY, NOW - DAY),)
    return judge_label(trust=replace(VILLAGE.trust, hosts=hosts))


def host_that_has_ended_and_no_seal():
    hosts = (TrustedHost(HOST, NOW - 400 * DAY, NOW),)
    return judge_label(LABEL.without_seal().to_uri(), trust=replace(VILLAGE.trust, hosts=hosts))


def lot_that_is_not_known():
    return judge_label(replace(LABEL.without_seal(), lot="L2").to_uri())


def product_without_a_lot():
    return judge_label(f"https://{HOST}/01/09520000000011")


def passport_of_another_lot():
    lot = f"https://{HOST}/01/09520000000011/10/L2"
    return judge_label(lot, evidence=with_passports(passports={lot: PASSPORT.data}))


def record_that_is_no_passport():
    return judge_label(LOT, evidence=with_passports(passports={LOT: VILLAGE.records["village"].data}))


def passport_that_is_not_readable():
    return judge_label(LOT, evidence=with_passports(passports={LOT: b"{"}))


def passport_without_a_proof():
    unsigned = {k: v for k, v in DOCUMENTS["passport"].items() if k != "proof"}
    return judge_label(LOT, evidence=with_passports(passports={LOT: canonical(unsigned)}))


def no_code_at_all():
    return judge_label("HELLO")


LABELS = {
    one_seal_character_changed: (Outcome.INVALID, Reason.BAD_SEAL),
    seal_of_another_serial: (Outcome.INVALID, Reason.BAD_SEAL),
    seal_of_an_unknown_version: (Outcome.INVALID, Reason.BAD_SEAL),
    seal_of_a_key_that_is_not_listed: (Outcome.INVALID, Reason.KEY_UNKNOWN),
    seal_of_a_key_that_has_ended: (Outcome.INVALID, Reason.KEY_EXPIRED),
    seal_of_a_stolen_key: (Outcome.INVALID, Reason.KEY_REVOKED),
    seal_of_the_neighbour: (Outcome.INVALID, Reason.KEY_NOT_AUTHORISED),
    seal_for_another_passport: (Outcome.INVALID, Reason.LINK_DIGEST_MISMATCH),
    serial_that_was_never_issued: (Outcome.INVALID, Reason.SERIAL_NOT_IN_LOT),
    serials_with_one_more: (Outcome.UNKNOWN, Reason.SERIALS_MISSING),
    serials_with_one_changed: (Outcome.UNKNOWN, Reason.SERIALS_MISSING),
    serials_out_of_order: (Outcome.INVALID, Reason.BAD_VALUE),
    serials_not_at_hand: (Outcome.UNKNOWN, Reason.SERIALS_MISSING),
    host_of_somebody_else: (Outcome.INVALID, Reason.HOST_NOT_TRUSTED),
    host_that_had_ended_before_the_seal: (Outcome.INVALID, Reason.HOST_NOT_TRUSTED),
    host_that_has_ended_and_no_seal: (Outcome.INVALID, Reason.HOST_NOT_TRUSTED),
    lot_that_is_not_known: (Outcome.UNKNOWN, Reason.UNKNOWN_CODE),
    product_without_a_lot: (Outcome.UNKNOWN, Reason.UNKNOWN_CODE),
    passport_of_another_lot: (Outcome.INVALID, Reason.SUBJECT_MISMATCH),
    record_that_is_no_passport: (Outcome.INVALID, Reason.SUBJECT_MISMATCH),
    passport_that_is_not_readable: (Outcome.INVALID, Reason.NOT_JSON),
    passport_without_a_proof: (Outcome.INVALID, Reason.NO_PROOF),
    no_code_at_all: (Outcome.INVALID, Reason.BAD_LABEL),
}


@pytest.mark.parametrize("case", LABELS, ids=lambda case: case.__name__)
def test_a_label_that_does_not_hold_says_why(case):
    verdict = case()
    outcome, reason = LABELS[case]
    assert verdict.outcome is outcome
    assert reason in verdict.reasons


def test_the_seal_of_an_unknown_lot_is_checked_all_the_same():
    """Offline, without the lot's records, a forged seal is still told from one that holds."""
    nothing = Evidence()
    assert judge_label(evidence=nothing).outcome is Outcome.UNKNOWN
    forged_label = replace(LABEL, serial="0" * 12).to_uri()
    assert judge_label(forged_label, evidence=nothing).reasons == (Reason.UNKNOWN_CODE, Reason.BAD_SEAL)


# --- Every reason ----------------------------------------------------------------------------------------


def too_large():
    return judge(b" " * 65_537)


def too_deep():
    return judge(b'{"v":' + b"[" * 40 + b"]" * 40 + b"}")


def not_strict_json():
    return judge(b'{"v":NaN}')


def no_proof():
    return judge(canonical({k: v for k, v in DOCUMENTS["village"].items() if k != "proof"}))


def bad_proof_type():
    return judge(canonical(altered(DOCUMENTS["village"], ["proof", "cryptosuite"], "none")))


def weak_status_index():
    return judge(forged("passport", ["credentialStatus", "statusListIndex"], "01"))


def cycle_too_deep():
    records, previous = {}, None
    for number in range(70):
        event = copy.deepcopy(DOCUMENTS["event"])
        event["id"] = url(f"e{number}")
        event["credentialSubject"][0]["eventID"] = url(f"e{number}") + "#event"
        if previous is not None:
            link = {
                "id": previous.envelope.id,
                "digestMultibase": previous.digest,
                "mediaType": "application/vc",
            }
            event["relatedResource"] = [*DOCUMENTS["event"]["relatedResource"], link]
        previous = VILLAGE.evidence.reader.read(forge_at(VILLAGE, event, "workshop#record", NOW))
        records[previous.envelope.id] = previous.data
    return judge(
        previous.data, evidence=replace(VILLAGE.evidence, records={**VILLAGE.evidence.records, **records})
    )


OTHERS = {
    too_large: Reason.TOO_LARGE,
    too_deep: Reason.TOO_DEEP,
    not_strict_json: Reason.NOT_STRICT_JSON,
    no_proof: Reason.NO_PROOF,
    bad_proof_type: Reason.BAD_PROOF_TYPE,
    weak_status_index: Reason.BAD_RECORD,
    cycle_too_deep: Reason.LINK_CYCLE,
}

# What this version's verification never says, and where it comes from instead.
ELSEWHERE = {
    Reason.KEY_WEAK: "a key file or a trust list, before anything is verified",
    Reason.KEY_UNAVAILABLE: "opening a private key",
    Reason.BAD_NOTE: "opening a trust list",
    Reason.BAD_TRUST_LIST: "opening a trust list",
    Reason.NO_TRUST_LIST: "the command line, where no list was given",
    Reason.UNREADABLE_PICTURE: "reading a picture",
    Reason.UNKNOWN_PROFILE: "profiles",
    Reason.NOT_LOGGED: "receipts, see test_verify_log.py",
    Reason.BAD_RECEIPT: "receipts, see test_verify_log.py",
    Reason.QUORUM_MISSING: "receipts, see test_verify_log.py",
    Reason.FORK: "receipts, see test_verify_log.py",
    Reason.HOST_MOVED: "labels of an earlier host, see test_verify_log.py",
    Reason.ROLLBACK: "trust lists, checkpoints and stores",
    Reason.BAD_LOG: "checking a whole log",
    Reason.LOG_CONFLICT: "appending to a log",
    Reason.BAD_TIME: "issuing",
    Reason.REVOKED: "status lists and notices, which no verdict asks yet: test_status.py",
    Reason.SUSPENDED: "status lists and notices, which no verdict asks yet: test_status.py",
    Reason.RECALLED: "notices, which no verdict asks yet: test_status.py",
    Reason.FINDING: "notices, which no verdict asks yet: test_status.py",
    Reason.SUPERSEDED: "notices, which no verdict asks yet: test_status.py",
    Reason.SEEN_OFTEN: "scan signals, which are not judged yet",
    Reason.LOT_BURST: "scan signals, which are not judged yet",
    Reason.CLAIMED_TWICE: "scan signals, which are not judged yet",
}


@pytest.mark.parametrize("case", OTHERS, ids=lambda case: case.__name__)
def test_the_remaining_reasons_are_given(case):
    assert OTHERS[case] in case().reasons
    assert case().outcome is Outcome.INVALID


def test_every_reason_is_given_by_a_test_or_comes_from_elsewhere():
    by_tables = {reason for _, reason in (*TABLE.values(), *LABELS.values())} | set(OTHERS.values())
    noted = {Reason.NO_SEAL, Reason.STATUS_UNKNOWN, Reason.NO_SCAN_SIGNALS_YET}
    stale = {Reason.TRUST_LIST_STALE, Reason.PAST_USE_BY, Reason.TOLD_LATER}
    given = by_tables | noted | stale
    assert not given & ELSEWHERE.keys()
    assert given | ELSEWHERE.keys() == set(Reason)


def test_notes_and_skipped_steps_are_no_reasons():
    reasons = {check.reason for check in judge_label(LOT).checks}
    assert {Reason.NO_SEAL, Reason.NO_SCAN_SIGNALS_YET} <= reasons
    assert judge_label(LOT).reasons == ()


def test_every_outcome_but_revoked_is_reached():
    """`revoked` needs status lists or notices; tests/unit/test_verdict.py reaches it from its reasons."""
    outcomes = {outcome for outcome, _ in (*TABLE.values(), *LABELS.values())} | {judge().outcome}
    assert outcomes == set(Outcome) - {Outcome.REVOKED}


@pytest.mark.parametrize(
    "at", [datetime.min.replace(tzinfo=UTC) + 31 * DAY, datetime.max.replace(tzinfo=UTC)]
)
def test_any_time_gives_a_verdict(at):
    assert judge_label(at=at).outcome is not Outcome.VERIFIED


def test_a_broken_record_is_shown_as_far_as_it_was_read():
    assert judge(b"{").chain is None
    assert judge(forged("passport", ["name"], "Tên khác")).chain.records[0].envelope.name == "Tên khác"
    assert ORIGIN in judge().chain.records[0].document["credentialSubject"]
