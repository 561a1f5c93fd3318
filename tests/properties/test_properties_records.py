"""Properties of records: canonical bytes, round trips of every kind, and any bytes in."""

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import rfc8785
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.simulators.forgery import altered, every_kind, forge_at
from tests.simulators.village import NOW, Village
from traceability.base58 import decode_multibase, encode_multibase
from traceability.clock import format_instant, parse_day, parse_instant
from traceability.errors import NotVerified, Reason, Refused, TraceabilityError, Unreadable
from traceability.evidence import Evidence
from traceability.labels.code import CROCKFORD
from traceability.limits import EVENT_EVIDENCE_MAX, JSON_MAX_INTEGER, STATUS_LIST_BITS
from traceability.policy import open_trust_list
from traceability.records.bitstring import encode, with_bit
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
from traceability.records.passport import BoughtIn, LotPassport, Maker, Material
from traceability.records.status_list import StatusList
from traceability.records.terms import AdministrativeUnit, Classification, Party
from traceability.signing.keys import Ed25519Signer, PublicKey
from traceability.signing.proof import verify_proof
from traceability.signing.trust_text import parse_trust_text, write_trust_text
from traceability.verdict import Outcome, Verdict
from traceability.verify import verify_label, verify_record

pytestmark = pytest.mark.slow

# How long an example takes says more about the machine than about the code.
calm = settings(deadline=None, max_examples=60)

VILLAGE = Village().issue_all()
TRUST, EVIDENCE = VILLAGE.trust, VILLAGE.evidence
DOCUMENTS = [item.document for item in VILLAGE.records.values()] + [
    record.to_document() for record in every_kind(VILLAGE).values()
]

# --- JSON ------------------------------------------------------------------------------------------------

letters = st.characters(exclude_categories=["Cs"])
texts = st.text(letters, max_size=12).map(lambda text: unicodedata.normalize("NFC", text))
integers = st.integers(-JSON_MAX_INTEGER, JSON_MAX_INTEGER)
# Between 2^53 and 1e21 a float prints as an integer that no strict reader takes.
floats = st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda number: not JSON_MAX_INTEGER < abs(number) < 1e21
)
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


@calm
@given(st.one_of(objects, ascii_objects))
@example({"\U0001f600": 1, "\ufb01": 2})
@example({"v": "\x7f\u2028\x00"})
@example({"v": -0.0, "w": 1e21, "x": 5e-324})
def test_the_fast_path_gives_the_bytes_of_the_reference(value):
    assert canonical(value) == rfc8785.dumps(value)


@calm
@given(objects)
def test_canonical_bytes_read_back_as_the_same_value_and_bytes(value):
    data = canonical(value)
    assert canonical(parse(data)) == data


@calm
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


@calm
@given(st.binary(max_size=80))
def test_base58_reads_back(data):
    assert decode_multibase(encode_multibase(data), length=len(data)) == data


@calm
@given(st.text(max_size=80), st.integers(0, 64))
def test_any_text_gives_bytes_with_one_spelling_or_our_error(text, length):
    try:
        assert encode_multibase(decode_multibase(text, length=length)) == text
    except Unreadable:
        return


moments = st.datetimes(
    datetime.fromisoformat("1900-01-02"), datetime.fromisoformat("9900-01-01"), timezones=st.just(UTC)
).map(lambda moment: moment.replace(microsecond=0))


@calm
@given(moments)
def test_a_written_time_reads_back(moment):
    assert parse_instant(format_instant(moment)) == moment


@calm
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
visible = st.characters(
    exclude_categories=["Cs", "Cc", "Cf", "Co", "Cn", "Zl", "Zp", "Zs"], include_characters=" "
)
printed = st.text(visible, max_size=12).map(lambda text: unicodedata.normalize("NFC", text))  # of records
maybe_text, maybe_day = st.none() | printed, st.none() | days
unit_codes = st.none() | st.from_regex(r"vn:[0-9]{2}/[0-9]{5}", fullmatch=True)
classifications = st.builds(Classification, printed, printed, printed, printed)
parties = st.builds(Party, dids, printed)
units = st.lists(
    st.builds(AdministrativeUnit, printed, maybe_text, unit_codes, maybe_day, maybe_day),
    min_size=1,
    max_size=3,
).map(tuple)
links = st.lists(st.builds(Link, urls, digests), max_size=3, unique_by=lambda link: link.url).map(tuple)
statuses = st.none() | st.builds(
    StatusEntry, urls, st.integers(0, 999_999_999), st.sampled_from(["revocation", "suspension"])
)


@st.composite
def envelopes(draw, kind, *, ends=None):
    """An envelope for a kind; `ends` True or False where the kind decides whether it has a last day."""
    since = draw(
        st.datetimes(
            datetime.fromisoformat("1900-01-02"), datetime.fromisoformat("9000-01-01"), timezones=st.just(UTC)
        )
    ).replace(microsecond=0)
    wanted = draw(st.booleans()) if ends is None else ends
    until = since + timedelta(seconds=draw(st.integers(1, 10**9))) if wanted else None
    issuer = draw(st.builds(Issuer, dids, printed))
    return Envelope(
        kind.CONTEXTS,
        kind.TYPES,
        draw(urls),
        issuer,
        draw(printed),
        since,
        until,
        draw(statuses),
        draw(links),
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
    printed,
    printed,
    printed,
    classifications,
    recognitions,
    printed,
    units,
)
workshops = st.builds(
    WorkshopRecord,
    envelope=envelopes(WorkshopRecord),
    facility_id=urls,
    name=printed,
    registered_id=printed,
    register_name=printed,
    craft=classifications,
    operator_did=dids,
    village_id=urls,
    village_name=printed,
    legal_form=st.sampled_from(["household_business", "cooperative", "enterprise"]),
    site_kind=st.sampled_from(["home", "village", "cluster"]),
    is_inside_village=st.booleans(),
    place=printed,
    region=printed,
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
    product = draw(st.tuples(urls, printed) if is_ocop else st.just((None, None)) | st.tuples(urls, printed))
    return Certificate(
        envelope=draw(envelopes(Certificate, ends=True if is_ocop else None)),
        kind=kind,
        title=draw(printed),
        issued_to=draw(parties),
        scheme_id=draw(urls),
        scheme_name=draw(printed),
        scheme_version=draw(printed),
        assessed_on=draw(days),
        facility_id=draw(urls),
        facility_name=draw(printed),
        product_id=product[0],
        product_name=product[1],
        decision=draw(maybe_text),
        ocop=draw(ratings) if is_ocop else None,
    )


quantities = st.builds(
    Quantity,
    urls,
    printed,
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
    time = draw(
        st.datetimes(
            datetime.fromisoformat("1900-01-02"), datetime.fromisoformat("9899-12-31"), timezones=st.just(UTC)
        )
    )
    return TraceEvent(
        envelope=draw(envelopes(TraceEvent)),
        kind=kind,
        time=time.replace(microsecond=0),
        detail=draw(printed),
        place_id=draw(urls),
        outputs=tuple(things[cut:]),
        inputs=tuple(things[:cut]),
        evidence=tuple(draw(st.lists(digests, max_size=EVENT_EVIDENCE_MAX, unique=True))),
    )


@st.composite
def materials(draw):
    cuts = sorted(draw(st.sets(st.integers(1, 99), max_size=4)))
    shares = [second - first for first, second in zip([0, *cuts], [*cuts, 100], strict=True)]
    return tuple(
        Material(draw(printed), draw(printed), draw(printed), share, draw(classifications))
        for share in shares
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
        product_name=draw(printed),
        lot=lot,
        category=draw(classifications),
        producer=draw(parties),
        facility_id=draw(urls),
        facility_name=draw(printed),
        made_on=made_on,
        unit_count=draw(st.integers(1, 50_000)),
        serial_root=draw(st.binary(min_size=32, max_size=32)).hex(),
        materials=draw(materials()),
        bought_in=tuple(draw(st.lists(st.builds(BoughtIn, printed, printed, printed), max_size=2))),
        gtin=gtin,
        expires_on=draw(st.none() | st.integers(0, 10_000).map(lambda after: made_on + timedelta(after))),
        warnings=draw(maybe_text),
        brand=draw(maybe_text),
        makers=tuple(draw(st.lists(st.builds(Maker, names, digests), max_size=2))),
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
        reason=draw(printed),
        serials=tuple(draw(st.lists(st.text(CROCKFORD, min_size=12, max_size=12), max_size=3))),
        supersedes=draw(urls) if action == "correction" else None,
    )


transcriptions = st.builds(
    Transcription,
    envelope=envelopes(Transcription),
    about_id=urls,
    claim=printed,
    issued_to=parties,
    paper_issuer=printed,
    scan_digest=digests,
    decision=maybe_text,
    paper_date=maybe_day,
)


@st.composite
def status_lists(draw):
    bits = bytes(STATUS_LIST_BITS // 8)
    for index in draw(st.sets(st.integers(0, STATUS_LIST_BITS - 1), max_size=5)):
        bits = with_bit(bits, index)
    url = f"https://{draw(names)}.example/status/{draw(names)}/{draw(st.integers(1, 999))}"
    return StatusList(
        envelope=replace(draw(envelopes(StatusList, ends=True)), id=url, status=None, links=()),
        purpose=draw(st.sampled_from(["revocation", "suspension"])),
        version=draw(st.integers(1, 2**53 - 1)),
        encoded=encode(bits),
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(
    st.one_of(
        villages, workshops, certificates(), events(), passports(), notices(), transcriptions, status_lists()
    )
)
def test_every_value_reads_back_from_its_bytes(record):
    document = parse(canonical(record.to_document()))
    assert read_record(document, read_envelope(document)) == record


# --- Any bytes in ----------------------------------------------------------------------------------------


@calm
@given(st.one_of(st.binary(), objects.map(canonical)))
def test_any_bytes_give_a_verdict(data):
    verdict = verify_record(data, trust=TRUST, evidence=EVIDENCE, at=NOW)
    assert isinstance(verdict, Verdict)
    assert verdict.outcome is Outcome.INVALID


@calm
@given(st.one_of(st.binary(), objects.map(canonical)))
def test_any_bytes_give_a_proof_or_our_error(data):
    try:
        verify_proof(data, TRUST.methods, at=NOW)
    except TraceabilityError as error:
        assert_known(error)


def assert_known(error):
    assert error.code in Reason


@calm
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


@settings(max_examples=300, deadline=None)
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


@calm
@given(st.sampled_from(sorted(EVIDENCE.records)), st.binary() | objects.map(canonical))
def test_any_bytes_as_evidence_give_a_verdict_that_is_not_verified(name, data):
    records = {**EVIDENCE.records, name: data}
    changed = Evidence(records, EVIDENCE.passports, {lot: data for lot in EVIDENCE.serials})
    label = f"https://{TRUST.hosts[0].name}/01/09520000000011/10/L1/21/{VILLAGE.serials[:12].decode()}"
    assert verify_label(label, trust=TRUST, evidence=changed, at=NOW).outcome is not Outcome.VERIFIED


TRUST_BODY = parse(write_trust_text(TRUST).split("\n")[1].encode())


@settings(max_examples=150, deadline=None)
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


@calm
@given(st.binary())
def test_any_bytes_open_no_trust_list(data):
    try:
        open_trust_list(data, VILLAGE.roots)
    except (Unreadable, NotVerified):
        return
    raise AssertionError(data)


@calm
@given(st.binary(min_size=32, max_size=32))
def test_any_32_bytes_are_a_key_with_one_spelling_or_refused(raw):
    try:
        key = PublicKey(raw)
    except Refused:
        return
    assert PublicKey.from_multibase(key.multibase).raw == raw


@calm
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
