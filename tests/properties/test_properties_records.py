"""Properties of records: canonical bytes, round trips of every kind, and any bytes in."""

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import rfc8785
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.simulators.forgery import altered, every_kind, forge_at
from tests.simulators.village import NOW, Village
from traceability.base58 import decode_multibase, encode_multibase
from traceability.clock import format_instant, parse_day, parse_instant
from traceability.errors import NotVerified, Reason, Refused, TraceabilityError, Unreadable
from traceability.evidence import Evidence
from traceability.limits import JSON_MAX_INTEGER
from traceability.policy import open_trust_list
from traceability.records.canonical import canonical, parse
from traceability.records.certificate import CERTIFICATE_KINDS, Certificate, OcopResult
from traceability.records.envelope import Envelope, Issuer, Link, StatusEntry, read_envelope
from traceability.records.event import EVENT_KINDS, Quantity, TraceEvent
from traceability.records.facility import (
    RECOGNITION_STATUSES,
    RECOGNITION_TYPES,
    Recognition,
    VillageRecognition,
    WorkshopRecord,
)
from traceability.records.kinds import read_record
from traceability.records.notice import Notice, Transcription
from traceability.records.passport import BoughtIn, LotPassport, Material
from traceability.records.terms import AdministrativeUnit, Classification, Party
from traceability.signing.keys import Ed25519Signer, PublicKey
from traceability.signing.proof import verify_proof
from traceability.signing.trust import parse_trust_text, write_trust_text
from traceability.verdict import Outcome, Verdict
from traceability.verify import verify_label, verify_record

VILLAGE = Village().issue_all()
TRUST, EVIDENCE = VILLAGE.trust, VILLAGE.evidence
DOCUMENTS = [item.document for item in VILLAGE.records.values()] + [
    record.to_document() for record in every_kind(VILLAGE).values()
]

# --- JSON ------------------------------------------------------------------------------------------------

letters = st.characters(exclude_categories=["Cs"])
texts = st.text(letters, max_size=12).map(lambda text: unicodedata.normalize("NFC", text))
integers = st.integers(-JSON_MAX_INTEGER, JSON_MAX_INTEGER)
floats = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.one_of(st.none(), st.booleans(), integers, floats, texts)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)
objects = st.dictionaries(texts, values, max_size=5)
ascii_objects = st.dictionaries(
    st.text(st.characters(max_codepoint=127), max_size=8),
    st.one_of(st.booleans(), integers, texts),
    max_size=6,
)


@given(st.one_of(objects, ascii_objects))
@example({"\U0001f600": 1, "\ufb01": 2})
@example({"v": "\x7f\u2028\x00"})
@example({"v": -0.0, "w": 1e21, "x": 5e-324})
def test_the_fast_path_gives_the_bytes_of_the_reference(value):
    assert canonical(value) == rfc8785.dumps(value)


@given(objects)
def test_canonical_bytes_read_back_as_the_same_value_and_bytes(value):
    data = canonical(value)
    assert canonical(parse(data)) == data


@given(
    st.one_of(
        st.binary(),
        st.text(st.characters(exclude_categories=[])).map(lambda t: t.encode("utf-8", "surrogatepass")),
    )
)
@example(b'{"\\ud800":0}')
@example(b"\xef\xbb\xbf{}")
def test_any_bytes_give_an_object_or_our_error(data):
    try:
        assert isinstance(parse(data), dict)
    except Unreadable as error:
        str(error).encode()


@given(st.binary(max_size=80))
def test_base58_reads_back(data):
    assert decode_multibase(encode_multibase(data), length=len(data)) == data


@given(st.text(max_size=80), st.integers(0, 64))
def test_any_text_gives_bytes_with_one_spelling_or_our_error(text, length):
    try:
        assert encode_multibase(decode_multibase(text, length=length)) == text
    except Unreadable:
        return


moments = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0))


@given(moments)
def test_a_written_time_reads_back(moment):
    assert parse_instant(format_instant(moment)) == moment


@given(st.one_of(st.text(), values))
def test_any_value_gives_a_time_and_a_day_or_our_error(value):
    for read in (parse_instant, parse_day):
        try:
            read(value)
        except Unreadable:
            continue


# --- Typed values ----------------------------------------------------------------------------------------

names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)
urls = st.builds("https://{}.example/{}".format, names, names)
dids = st.builds("did:web:{}.example:issuers:{}".format, names, names)
digests = st.binary(min_size=32, max_size=32).map(lambda digest: encode_multibase(b"\x12\x20" + digest))
days = st.dates()
maybe_text, maybe_day = st.none() | texts, st.none() | days
classifications = st.builds(Classification, texts, texts, texts, texts)
parties = st.builds(Party, dids, texts)
units = st.lists(
    st.builds(AdministrativeUnit, texts, maybe_text, maybe_text, maybe_day, maybe_day), min_size=1, max_size=3
).map(tuple)
links = st.lists(st.builds(Link, urls, digests), max_size=3, unique_by=lambda link: link.url).map(tuple)
statuses = st.none() | st.builds(StatusEntry, urls, st.integers(0, 999_999_999))


@st.composite
def envelopes(draw, kind, *, ends=None):
    """An envelope for a kind; `ends` True or False where the kind decides whether it has a last day."""
    since = draw(st.datetimes(max_value=datetime(9000, 1, 1), timezones=st.just(UTC))).replace(microsecond=0)
    wanted = draw(st.booleans()) if ends is None else ends
    until = since + timedelta(seconds=draw(st.integers(1, 10**9))) if wanted else None
    issuer = draw(st.builds(Issuer, dids, texts))
    return Envelope(
        kind.CONTEXTS, kind.TYPES, draw(urls), issuer, draw(texts), since, until, draw(statuses), draw(links)
    )


recognitions = st.builds(
    Recognition,
    st.none() | st.sampled_from(sorted(RECOGNITION_TYPES)),
    maybe_text,
    maybe_text,
    maybe_text,
    st.sampled_from(sorted(RECOGNITION_STATUSES)),
)
villages = st.builds(
    VillageRecognition,
    envelopes(VillageRecognition),
    urls,
    texts,
    texts,
    texts,
    classifications,
    recognitions,
    texts,
    units,
)
workshops = st.builds(
    WorkshopRecord,
    envelope=envelopes(WorkshopRecord),
    facility_id=urls,
    name=texts,
    registered_id=texts,
    register_name=texts,
    craft=classifications,
    operator_did=dids,
    village_id=urls,
    village_name=texts,
    legal_form=st.sampled_from(["household_business", "cooperative", "enterprise"]),
    site_kind=st.sampled_from(["home", "village", "cluster"]),
    is_inside_village=st.booleans(),
    place=texts,
    region=texts,
    units=units,
    business_commitment=maybe_text,
)
ratings = st.sampled_from([(3, 50), (3, 69), (4, 70), (4, 89), (5, 90), (5, 100)]).map(
    lambda pair: OcopResult(*pair)
)


@st.composite
def certificates(draw):
    kind = draw(st.sampled_from(sorted(CERTIFICATE_KINDS)))
    is_ocop = kind == "ocop"
    product = draw(st.tuples(urls, texts) if is_ocop else st.just((None, None)) | st.tuples(urls, texts))
    return Certificate(
        envelope=draw(envelopes(Certificate, ends=True if is_ocop else None)),
        kind=kind,
        title=draw(texts),
        issued_to=draw(parties),
        scheme_id=draw(urls),
        scheme_name=draw(texts),
        scheme_version=draw(texts),
        assessed_on=draw(days),
        facility_id=draw(urls),
        facility_name=draw(texts),
        product_id=product[0],
        product_name=product[1],
        decision=draw(maybe_text),
        ocop=draw(ratings) if is_ocop else None,
    )


quantities = st.builds(
    Quantity,
    urls,
    texts,
    st.integers(1, 10**9 - 1),
    st.sampled_from(["KGM", "H87", "MTR"]),
    maybe_text,
    st.booleans(),
)


@st.composite
def events(draw):
    kind = draw(st.sampled_from(sorted(EVENT_KINDS)))
    things = draw(st.lists(quantities, min_size=2, max_size=5, unique_by=lambda thing: thing.id))
    cut = draw(st.integers(1, len(things) - 1)) if EVENT_KINDS[kind].action is None else 0
    time = draw(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)))
    return TraceEvent(
        envelope=draw(envelopes(TraceEvent)),
        kind=kind,
        time=time.replace(microsecond=0),
        detail=draw(texts),
        place_id=draw(urls),
        outputs=tuple(things[cut:]),
        inputs=tuple(things[:cut]),
    )


@st.composite
def materials(draw):
    cuts = sorted(draw(st.sets(st.integers(1, 99), max_size=4)))
    shares = [second - first for first, second in zip([0, *cuts], [*cuts, 100], strict=True)]
    return tuple(
        Material(draw(texts), draw(texts), draw(texts), share, draw(classifications)) for share in shares
    )


@st.composite
def passports(draw):
    gtin = draw(st.none() | st.just("09520000000011"))
    product = f"/01/{gtin}" if gtin else "/P/" + draw(st.from_regex(r"[A-Z0-9]{4,14}", fullmatch=True))
    lot = draw(st.from_regex(r"[A-Z0-9-]{1,10}", fullmatch=True))
    made_on = draw(st.dates(max_value=date(9000, 1, 1)))
    return LotPassport(
        envelope=draw(envelopes(LotPassport)),
        lot_id=f"https://{draw(names)}.example{product}/10/{lot}",
        product_name=draw(texts),
        lot=lot,
        category=draw(classifications),
        producer=draw(parties),
        facility_id=draw(urls),
        facility_name=draw(texts),
        made_on=made_on,
        unit_count=draw(st.integers(1, 50_000)),
        serial_root=draw(st.binary(min_size=32, max_size=32)).hex(),
        materials=draw(materials()),
        bought_in=tuple(draw(st.lists(st.builds(BoughtIn, texts, texts, texts), max_size=2))),
        gtin=gtin,
        expires_on=draw(st.none() | st.integers(0, 10_000).map(lambda after: made_on + timedelta(after))),
        warnings=draw(maybe_text),
        brand=draw(maybe_text),
    )


@st.composite
def notices(draw):
    about = draw(st.builds(Link, urls, digests))
    action = draw(st.sampled_from(["revoke", "suspend", "recall", "finding", "correction"]))
    return Notice(
        envelope=replace(draw(envelopes(Notice)), links=(about,)),
        action=action,
        about=about.url,
        issued_to=draw(parties),
        reason=draw(texts),
        serials=tuple(draw(st.lists(texts, max_size=3))),
        supersedes=draw(urls) if action == "correction" else None,
    )


transcriptions = st.builds(
    Transcription,
    envelope=envelopes(Transcription),
    about_id=urls,
    claim=texts,
    issued_to=parties,
    paper_issuer=texts,
    scan_digest=digests,
    decision=maybe_text,
    paper_date=maybe_day,
)


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.one_of(villages, workshops, certificates(), events(), passports(), notices(), transcriptions))
def test_every_value_reads_back_from_its_bytes(record):
    document = parse(canonical(record.to_document()))
    assert read_record(document, read_envelope(document)) == record


# --- Any bytes in ----------------------------------------------------------------------------------------


@given(st.one_of(st.binary(), objects.map(canonical)))
def test_any_bytes_give_a_verdict(data):
    verdict = verify_record(data, trust=TRUST, evidence=EVIDENCE, at=NOW)
    assert isinstance(verdict, Verdict)
    assert verdict.outcome is Outcome.INVALID


@given(st.one_of(st.binary(), objects.map(canonical)))
def test_any_bytes_give_a_proof_or_our_error(data):
    try:
        verify_proof(data, TRUST.methods, at=NOW)
    except TraceabilityError as error:
        assert_known(error)


def assert_known(error):
    assert error.code in Reason


@given(st.text())
def test_any_text_gives_a_verdict(text):
    verdict = verify_label(text, trust=TRUST, evidence=EVIDENCE, at=NOW)
    assert verdict.outcome in {Outcome.INVALID, Outcome.UNKNOWN}


def paths(value, path=()):
    """Every place in a parsed document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in items:
        yield (*path, name)
        yield from paths(inner, (*path, name))


PLACES = [(document, path) for document in DOCUMENTS for path in paths(document)]
odd = st.one_of(
    values,
    st.sampled_from(
        ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31", "did:a:b", {"id": []}, [[]]]
    ),
)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(PLACES), odd)
def test_a_signed_record_with_any_value_at_any_place_gives_a_verdict(place, value):
    """Signed again after the change, so that every check behind the signature is reached."""
    document, path = place
    try:
        data = forge_at(VILLAGE, altered(document, path, value), "workshop#record", NOW)
    except Unreadable:
        return  # no canonical bytes, so nobody could have signed it
    verdict = verify_record(data, trust=TRUST, evidence=EVIDENCE, at=NOW)
    assert isinstance(verdict.outcome, Outcome)


@given(st.sampled_from(sorted(EVIDENCE.records)), st.binary() | objects.map(canonical))
def test_any_bytes_as_evidence_give_a_verdict_that_is_not_verified(name, data):
    records = {**EVIDENCE.records, name: data}
    changed = Evidence(records, EVIDENCE.passports, {lot: data for lot in EVIDENCE.serials})
    label = f"https://{TRUST.hosts[0].name}/01/09520000000011/10/L1/21/{VILLAGE.serials[:12].decode()}"
    assert verify_label(label, trust=TRUST, evidence=changed, at=NOW).outcome is not Outcome.VERIFIED


TRUST_BODY = parse(write_trust_text(TRUST).split("\n")[1].encode())


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(paths(TRUST_BODY))), odd)
def test_a_trust_list_with_any_value_at_any_place_is_read_or_refused(path, value):
    """What is read is then used: no value in it may make a verification stumble."""
    try:
        body = canonical(altered(TRUST_BODY, path, value)).decode()
        trust = parse_trust_text(f"village.example/trust\n{body}\n")
    except Unreadable:
        return
    passport = VILLAGE.records["passport"].data
    assert isinstance(verify_record(passport, trust=trust, evidence=EVIDENCE, at=NOW).outcome, Outcome)
    verify_label(VILLAGE.labels()[0].to_uri(), trust=trust, evidence=EVIDENCE, at=NOW)


@given(st.binary())
def test_any_bytes_open_no_trust_list(data):
    try:
        open_trust_list(data, VILLAGE.roots)
    except (Unreadable, NotVerified):
        return
    raise AssertionError(data)


@given(st.binary(min_size=32, max_size=32))
def test_any_32_bytes_are_a_key_with_one_spelling_or_refused(raw):
    try:
        key = PublicKey(raw)
    except Refused:
        return
    assert PublicKey.from_multibase(key.multibase).raw == raw


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=64), st.binary(max_size=64))
def test_a_signature_fits_its_own_message_only(seed, message, other):
    signer = Ed25519Signer.from_seed(seed)
    signature = signer.sign(message)
    signer.public_key.verify(signature, message)
    try:
        signer.public_key.verify(signature, other)
    except NotVerified:
        return
    assert message == other
