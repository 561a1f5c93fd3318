"""The typed values: each refuses, when built or when read, what its record could not honestly say."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.simulators.forgery import altered, every_kind, notice
from tests.simulators.village import HOST, Village, url
from traceability.errors import Reason, Refused, Unreadable
from traceability.labels.code import CROCKFORD
from traceability.limits import EVENT_EVIDENCE_MAX
from traceability.records.canonical import digest_multibase
from traceability.records.certificate import CERTIFICATE_KINDS, OcopResult
from traceability.records.envelope import read_envelope
from traceability.records.event import EVENT_KINDS
from traceability.records.facility import Recognition
from traceability.records.kinds import read_record
from traceability.records.passport import Maker, Material
from traceability.records.terms import ORIGIN, AdministrativeUnit

VILLAGE = Village().issue_all()
RECORDS = every_kind(VILLAGE)
SUBJECT = "credentialSubject"


def refused(value, **changes):
    with pytest.raises(Refused) as caught:
        replace(value, **changes)
    assert caught.value.code is Reason.BAD_VALUE


def unreadable(record, path, *value):
    document = altered(record.to_document(), path, *value)
    with pytest.raises(Unreadable) as caught:
        read_record(document, read_envelope(document))
    assert caught.value.code is Reason.BAD_RECORD


# --- Places ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [{"type": "famous_village"}, {"status": "maybe"}, {"status": ""}])
def test_a_recognition_has_a_known_type_and_status(change):
    refused(RECORDS["village"].recognition, **change)


def test_a_recognition_that_is_not_known_is_said_to_be_unknown():
    unknown = Recognition(None, None, None, None, "unknown")
    record = replace(RECORDS["village"], recognition=unknown)
    document = record.to_document()
    assert read_record(document, read_envelope(document)) == record
    assert document[SUBJECT][ORIGIN]["recognition"] == {"status": "unknown"}


@pytest.mark.parametrize("change", [{"site_kind": "market"}, {"legal_form": "person"}, {"site_kind": ""}])
def test_a_workshop_has_a_known_site_and_legal_form(change):
    refused(RECORDS["workshop"], **change)


@pytest.mark.parametrize("name", ["village", "workshop"])
def test_a_place_without_administrative_units_is_not_written(name):
    with pytest.raises(Refused):
        replace(RECORDS[name], units=()).to_document()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ([SUBJECT, ORIGIN, "administrativeUnits"], []),
        ([SUBJECT, ORIGIN, "administrativeUnits"], {}),
        ([SUBJECT, ORIGIN, "administrativeUnits", 0], "Xã Mẫu"),
        ([SUBJECT, ORIGIN, "administrativeUnits", 0, "until"], "2025"),
        ([SUBJECT, ORIGIN, "administrativeUnits", 1, "code"], 577),
        ([SUBJECT, "address", "addressLocality"], "Xã Khác"),  # not the present unit
        ([SUBJECT, "address", "addressCountry"], {"countryCode": "XX"}),
        ([SUBJECT, "processCategory"], []),
        ([SUBJECT, "locationInformation"], {"geoLocation": "x"}),
        ([SUBJECT, "registeredId"], 7),
        ([SUBJECT, ORIGIN, "recognition", "type"], "famous_village"),
        ([SUBJECT, ORIGIN, "recognition", "holder"], "Nguyễn Văn A"),
    ],
)
def test_a_village_of_another_form_is_refused(path, value):
    unreadable(RECORDS["village"], path, value)


def test_the_address_names_the_present_commune_and_no_street():
    address = RECORDS["workshop"].to_document()[SUBJECT]["address"]
    assert (address["streetAddress"], address["postalCode"]) == ("", "")
    assert address["addressLocality"] == "Xã Mẫu"


def test_units_keep_their_periods():
    units = (
        AdministrativeUnit("Xã A", "Huyện B", "vn:01/00001", date(1980, 1, 1), date(2025, 6, 30)),
        AdministrativeUnit("Xã C", None, None, None, None),
    )
    record = replace(RECORDS["village"], units=units)
    assert read_record(record.to_document(), record.envelope).units == units


# --- Certificates ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stars", "score"), [(3, 50), (3, 69), (4, 70), (4, 89), (5, 90), (5, 100)])
def test_stars_fit_their_band_of_points(stars, score):
    assert OcopResult(stars, score).stars == stars


@pytest.mark.parametrize(
    ("stars", "score"),
    [(3, 49), (3, 70), (4, 69), (4, 90), (5, 89), (5, 101), (2, 40), (1, 10), (0, -1), (6, 95)],
)
def test_stars_outside_their_band_are_refused(stars, score):
    with pytest.raises(Refused):
        OcopResult(stars, score)


@pytest.mark.parametrize("kind", sorted(CERTIFICATE_KINDS.keys() - {"ocop"}))
def test_only_an_ocop_certificate_has_stars(kind):
    refused(RECORDS["certificate"], kind=kind)
    refused(RECORDS[f"certificate-{kind}"], ocop=OcopResult(4, 82))


def test_an_ocop_certificate_names_product_and_last_day():
    record = RECORDS["certificate"]
    refused(record, product_id=None, product_name=None)
    refused(record, envelope=replace(record.envelope, valid_until=None))
    refused(record, ocop=None)
    refused(record, kind="michelin")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ([SUBJECT, "profileScore", "rank"], 5),
        ([SUBJECT, "profileScore", "code"], "5-sao"),
        ([SUBJECT, ORIGIN, "score"], 95),
        ([SUBJECT, ORIGIN, "score"], True),
        ([SUBJECT, ORIGIN, "kind"], "inspection"),
        ([SUBJECT, "attestationType"], "inspection"),
        ([SUBJECT, "assessorLevel"], "self"),
        ([SUBJECT, "conformityAssessment", 0, "conformance"], False),
        ([SUBJECT, "conformityAssessment", 0, "assessmentDate"], "2026"),
        ([SUBJECT, "conformityAssessment", 0, "assessedFacility"], []),
        ([SUBJECT, "conformityAssessment", 0, "assessedProduct"], []),
        ([SUBJECT, "conformityAssessment"], []),
        ([SUBJECT, "issuedToParty"], "did:web:x"),
    ],
)
def test_a_certificate_of_another_form_is_refused(path, value):
    unreadable(RECORDS["certificate"], path, value)


# --- Events ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_inputs_belong_to_transformations_alone(kind):
    record = RECORDS[f"event-{kind}"]
    refused(record, inputs=() if record.inputs else record.outputs)
    refused(record, outputs=())


@pytest.mark.parametrize("amount", [0, -1, 10**9])
def test_an_amount_is_a_whole_number_above_zero(amount):
    record = RECORDS["event"]
    refused(record, outputs=(replace(record.outputs[0], amount=amount),))


@pytest.mark.parametrize("year", [1, 9999])
def test_an_event_at_the_ends_of_the_calendar_is_refused(year):
    refused(RECORDS["event"], time=datetime(year, 1, 1, tzinfo=UTC))


def test_an_unknown_kind_of_event_is_refused():
    refused(RECORDS["event"], kind="stolen")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ([SUBJECT, 0, "inputQuantityList", 0, "epcClass"], []),
        ([SUBJECT, 0, "inputQuantityList", 0, "epcClass"], "https://village.example/other"),
        ([SUBJECT, 0, "inputQuantityList", 0], "180 kg"),
        ([SUBJECT, 0, "inputQuantityList", 0, "quantity"], 180.5),
        ([SUBJECT, 0, "inputQuantityList", 0, "quantity"], True),
        ([SUBJECT, 0, "inputQuantityList", 0, "quantity"], 0),
        ([SUBJECT, 0, "inputQuantityList"], {}),
        ([SUBJECT, 0, "outputQuantityList"], []),
        ([SUBJECT, 0, "eventTime"], "9999-12-31T23:59:59Z"),
        ([SUBJECT, 0, "eventTime"], "2026-10-13T08:00:00Z"),  # the same moment in another spelling
        ([SUBJECT, 0, "eventTimeZoneOffset"], "+00:00"),
        ([SUBJECT, 0, "bizStep"], "shipping"),
        ([SUBJECT, 0, "type"], "ObjectEvent"),
        ([SUBJECT, 0, "action"], "ADD"),
        ([SUBJECT, 0, "bizLocation", "id"], "https://village.example/workshops/other"),
        ([SUBJECT, 0, ORIGIN, "kind"], "stolen"),
        ([SUBJECT, 0, ORIGIN, "kind"], "shipped"),
        ([SUBJECT, 0, ORIGIN, "things"], []),
        ([SUBJECT, 0, ORIGIN, "things", 0], "clay"),
        ([SUBJECT, 0, ORIGIN, "things", 0, "boughtIn"], "no"),
    ],
)
def test_an_event_of_another_form_is_refused(path, value):
    unreadable(RECORDS["event"], path, value)


def test_a_thing_that_no_list_names_is_refused():
    """What is signed is shown: a thing without a quantity would appear nowhere."""
    record = RECORDS["event"]
    things = record.to_document()[SUBJECT][0][ORIGIN]["things"]
    unreadable(record, [SUBJECT, 0, ORIGIN, "things"], [*things, {**things[0], "id": f"https://{HOST}/x"}])


def test_an_event_is_written_in_the_time_of_viet_nam():
    record = replace(RECORDS["event"], time=datetime(2026, 10, 13, 20, 30, tzinfo=UTC))
    event = record.to_document()[SUBJECT][0]
    assert event["eventTime"] == "2026-10-14T03:30:00+07:00"
    assert read_record(record.to_document(), record.envelope) == record


PHOTOS = tuple(digest_multibase(b"%d" % number) for number in range(EVENT_EVIDENCE_MAX + 1))


@pytest.mark.parametrize("count", [1, EVENT_EVIDENCE_MAX])
def test_photos_and_voice_notes_read_back_in_their_order(count):
    record = replace(RECORDS["event"], evidence=PHOTOS[:count][::-1])
    document = record.to_document()
    assert document[SUBJECT][0][ORIGIN]["evidence"] == list(PHOTOS[:count][::-1])
    assert read_record(document, read_envelope(document)) == record


def test_an_event_without_photos_is_written_as_before_there_were_any():
    origin = RECORDS["event"].to_document()[SUBJECT][0][ORIGIN]
    assert origin.keys() == {"recordType", "kind", "detail", "things"}


BAD_EVIDENCE = {
    "too many": PHOTOS,
    "one twice": (PHOTOS[0], PHOTOS[1], PHOTOS[0]),
    "empty": ("",),
    "too short": (PHOTOS[0], PHOTOS[1][:-1]),
    "line end": (f"{PHOTOS[0]}\n",),
    "another alphabet": ("zQm" + "0" * 44,),
    "another base": ("u" + PHOTOS[0][1:],),
    "an address": ("https://village.example/photo.jpg",),
}


FINDING = RECORDS["notice-finding"]


def test_the_photos_of_a_finding_read_back():
    record = replace(FINDING, evidence=PHOTOS[:2])
    document = record.to_document()
    assert document[SUBJECT][ORIGIN]["evidence"] == list(PHOTOS[:2])
    assert read_record(document, read_envelope(document)) == record
    assert "evidence" not in FINDING.to_document()[SUBJECT][ORIGIN]


@pytest.mark.parametrize("digests", BAD_EVIDENCE.values(), ids=BAD_EVIDENCE)
def test_evidence_is_a_few_digests_each_of_them_once(digests):
    for record, path in ((RECORDS["event"], [SUBJECT, 0]), (FINDING, [SUBJECT])):
        refused(record, evidence=digests)
        unreadable(record, [*path, ORIGIN, "evidence"], list(digests))


@pytest.mark.parametrize("value", [[], None, {}, PHOTOS[0], [7], [None], [[PHOTOS[0]]]], ids=str)
def test_evidence_of_another_form_is_refused(value):
    """An empty list would be a second spelling of none at all."""
    unreadable(RECORDS["event"], [SUBJECT, 0, ORIGIN, "evidence"], value)
    unreadable(FINDING, [SUBJECT, ORIGIN, "evidence"], value)


# --- Passports -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"unit_count": 0},
        {"serial_root": "0" * 63},
        {"serial_root": "A" * 64},
        {"materials": ()},
        {"expires_on": date(2001, 1, 1)},
        {"lot": "L2"},
        {"gtin": "09520000000028"},
        {"gtin": None},
        {"lot_id": f"https://{HOST}/P/GOM7/10/L1"},
        {"lot_id": "L1"},
    ],
    ids=str,
)
def test_a_passport_that_contradicts_itself_is_refused(change):
    refused(RECORDS["passport"], **change)


def test_a_passport_without_a_gtin_has_the_workshops_own_code():
    record = replace(RECORDS["passport"], gtin=None, lot_id=f"https://{HOST}/P/GOM7/10/L1")
    document = record.to_document()
    assert record.product_id == f"https://{HOST}/P/GOM7"
    assert document[SUBJECT]["idScheme"]["id"] == f"https://{HOST}/P/"
    assert read_record(document, read_envelope(document)) == record


def test_the_shares_of_materials_add_up_to_the_whole():
    first, second = RECORDS["passport"].materials
    refused(RECORDS["passport"], materials=(first, replace(second, percent=5)))
    whole = replace(RECORDS["passport"], materials=(replace(first, percent=100),))
    assert read_record(whole.to_document(), whole.envelope) == whole


@pytest.mark.parametrize("percent", range(1, 100))
def test_each_share_reads_back(percent):
    first, second = RECORDS["passport"].materials
    parts = (replace(first, percent=percent), replace(second, percent=100 - percent))
    record = replace(RECORDS["passport"], materials=parts)
    assert read_record(record.to_document(), record.envelope).materials == parts


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ([SUBJECT, "materialProvenance", 0, "massFraction"], True),
        ([SUBJECT, "materialProvenance", 0, "massFraction"], 0),
        ([SUBJECT, "materialProvenance", 0, "massFraction"], 1.5),
        ([SUBJECT, "materialProvenance", 0, "massFraction"], "0.94"),
        ([SUBJECT, "materialProvenance", 0, "massFraction"], 0.944),
        ([SUBJECT, "materialProvenance", 0], "clay"),
        ([SUBJECT, "materialProvenance"], []),
        ([SUBJECT, ORIGIN, "materialOrigins"], ["Hà Nội"]),
        ([SUBJECT, ORIGIN, "materialOrigins", 0], None),
        ([SUBJECT, ORIGIN, "boughtIn", 0], "Hộp giấy"),
        ([SUBJECT, ORIGIN, "boughtIn", 0, "supplier"], None),
        ([SUBJECT, ORIGIN, "boughtIn"], None),
        ([SUBJECT, ORIGIN, "serialRoot"], "0" * 63),
        ([SUBJECT, "batchNumber"], "L2"),
        ([SUBJECT, "id"], f"https://{HOST}/01/09520000000011/10/L2"),
        ([SUBJECT, ORIGIN, "gtin"], "09520000000028"),
        ([SUBJECT, "countryOfProduction", "countryCode"], "XX"),
        ([SUBJECT, "idGranularity"], "item"),
        ([SUBJECT, "relatedParty", 0, "role"], "retailer"),
        ([SUBJECT, "productionDate"], "2026-02-30"),
    ],
)
def test_a_passport_of_another_form_is_refused(path, value):
    """Some of these satisfy the UNTP schema, which asks for neither `type` nor a real country."""
    unreadable(RECORDS["passport"], path, value)


def test_a_material_keeps_its_origin_in_words():
    material = Material("Đất sét", "Đông Triều", "VN", 100, RECORDS["passport"].materials[0].type)
    record = replace(RECORDS["passport"], materials=(material,))
    assert read_record(record.to_document(), record.envelope).materials == (material,)


COMMITMENT = RECORDS["transcription"].scan_digest


@pytest.mark.parametrize(
    ("pseudonym", "commitment"),
    [
        ("", COMMITMENT),
        ("Nguyễn Văn A", COMMITMENT),
        ("ong-a 0912345678", COMMITMENT),
        ("a" * 41, COMMITMENT),
        ("tho-1", "zQm"),
        ("tho-1", "Nguyễn Văn A"),
    ],
)
def test_a_maker_is_never_named(pseudonym, commitment):
    with pytest.raises(Refused):
        Maker(pseudonym, commitment)


def test_a_maker_reads_back_and_another_form_does_not():
    record = replace(RECORDS["passport"], makers=(Maker("tho-1", COMMITMENT),))
    assert read_record(record.to_document(), record.envelope) == record
    path = [SUBJECT, ORIGIN, "makers"]
    for value in (None, ["tho-1"], [{"pseudonym": "tho-1"}], [{"name": "Nguyễn Văn A"}]):
        unreadable(record, path, value)
    unreadable(record, [*path, 0, "name"], "Nguyễn Văn A")


# --- Notices and transcriptions --------------------------------------------------------------------------


@pytest.mark.parametrize("serial", [*(CROCKFORD[at : at + 12] for at in range(0, 21, 10)), "0123456789ab"])
def test_a_notice_names_units_as_labels_do_in_any_letter_case(serial):
    assert replace(RECORDS["notice-recall"], serials=(serial,)).serials == (serial,)


BAD_SERIALS = ["", "0123456789A", "0123456789ABC", "012345-6789AB", "0123456789A ", "0123456789AB\n"]
BAD_SERIALS += [f"0123456789A{letter}" for letter in "ILOUilou\u00df\u017f\u212a\u0661"]


@pytest.mark.parametrize("serial", BAD_SERIALS)
def test_a_notice_that_names_no_unit_of_a_label_is_refused(serial):
    refused(RECORDS["notice-recall"], serials=("0123456789AB", serial))
    unreadable(RECORDS["notice-recall"], [SUBJECT, ORIGIN, "serials"], [serial])


def test_a_notice_links_to_the_record_that_it_is_about():
    refused(notice(VILLAGE), about=url("event"))


def test_a_correction_and_only_that_names_its_successor():
    refused(RECORDS["notice-correction"], supersedes=None)
    refused(RECORDS["notice-recall"], supersedes=url("passport-2"))


def test_an_unknown_action_is_refused():
    refused(RECORDS["notice-recall"], action="praise")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ([SUBJECT, ORIGIN, "serials"], [7]),
        ([SUBJECT, ORIGIN, "serials"], "0123456789AB"),
        ([SUBJECT, ORIGIN, "about"], url("event")),
        ([SUBJECT, ORIGIN, "action"], "praise"),
        ([SUBJECT, ORIGIN, "supersedes"], url("passport-2")),
        ([SUBJECT, "name"], "Another title"),
    ],
)
def test_a_notice_of_another_form_is_refused(path, value):
    unreadable(RECORDS["notice-recall"], path, value)


@pytest.mark.parametrize("digest", ["", "zQm", "u" + "A" * 46, "zQm" + "0" * 44, "sha256:00"])
def test_a_transcription_carries_the_digest_of_its_scan(digest):
    refused(RECORDS["transcription"], scan_digest=digest)


def test_a_transcription_of_an_undated_paper_reads_back():
    record = replace(RECORDS["transcription"], decision=None, paper_date=None)
    assert read_record(record.to_document(), record.envelope) == record


def test_a_transcription_says_that_nobody_endorses_it():
    assert RECORDS["transcription"].to_document()[SUBJECT]["assessmentLevel"] == "no-endorsement"
