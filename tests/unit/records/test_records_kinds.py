"""Reading a document into its kind: every kind reads back, and nothing is signed that is not shown."""

import copy

import pytest

from tests.simulators.forgery import altered, every_kind
from tests.simulators.village import Village
from traceability.errors import Reason, Unreadable
from traceability.records.canonical import canonical, parse
from traceability.records.envelope import CONTEXT_EPCIS, read_envelope
from traceability.records.kinds import read_record
from traceability.records.terms import ORIGIN

VILLAGE = Village().issue_all()
RECORDS = every_kind(VILLAGE)


def read(document):
    return read_record(document, read_envelope(document))


def refusal(document):
    with pytest.raises(Unreadable) as caught:
        read(document)
    return caught.value


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_a_record_of_each_kind_reads_back_as_itself(record):
    assert read(parse(canonical(record.to_document()))) == record


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_an_unknown_member_is_refused_at_the_top_and_in_the_subject(record):
    document = record.to_document()
    assert refusal({**document, "evidence": "x"}).code is Reason.BAD_RECORD
    hidden = copy.deepcopy(document)
    subject = hidden["credentialSubject"]
    (subject[0] if isinstance(subject, list) else subject)["genuine"] = True
    assert refusal(hidden).code is Reason.BAD_RECORD


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_a_record_under_the_type_of_another_kind_is_refused(record):
    other = ["DigitalIdentityAnchor", "VerifiableCredential"]
    assert refusal({**record.to_document(), "type": other}).code is Reason.BAD_RECORD


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_a_record_under_contexts_of_another_kind_is_refused(record):
    document = record.to_document()
    contexts = document["@context"]
    other = contexts[:-1] if CONTEXT_EPCIS in contexts else [*contexts, CONTEXT_EPCIS]
    assert refusal({**document, "@context": other}).code is Reason.BAD_CONTEXT


@pytest.mark.parametrize("name", ["Invoice", "lotPassport", "", 7, None, ["LotPassport"]])
def test_an_unknown_kind_is_refused(name):
    document = RECORDS["passport"].to_document()
    assert refusal(altered(document, ["credentialSubject", ORIGIN, "recordType"], name)).code is (
        Reason.BAD_RECORD
    )


def test_a_kind_that_calls_itself_another_is_refused():
    """Transcription and Notice have the same UNTP type: a copied paper must not pass for a recall."""
    document = RECORDS["transcription"].to_document()
    assert refusal(altered(document, ["credentialSubject", ORIGIN, "recordType"], "Notice")).code is (
        Reason.BAD_RECORD
    )


@pytest.mark.parametrize(
    "subject", [pytest.param([], id="none"), pytest.param([{}, {}], id="two"), pytest.param(["x"], id="text")]
)
def test_a_subject_that_is_not_one_object_is_refused(subject):
    assert refusal({**RECORDS["event"].to_document(), "credentialSubject": subject}).code is Reason.BAD_RECORD


def test_a_subject_in_a_list_where_the_kind_has_none_is_refused():
    document = RECORDS["village"].to_document()
    assert refusal({**document, "credentialSubject": [document["credentialSubject"]]})


def test_the_message_names_the_member_that_differs():
    document = RECORDS["passport"].to_document()
    changed = altered(document, ["credentialSubject", "producedAtFacility", "location"], "Hà Nội")
    assert "credentialSubject.producedAtFacility.location" in str(refusal(changed))
    assert "unknown, missing or spelled" in str(refusal({**document, "more": 1}))


def test_numbers_that_are_only_spelled_otherwise_are_the_same_record():
    """1.0 and 1 have the same canonical bytes, so the signature over them is the same."""
    document = RECORDS["passport"].to_document()
    path = ["credentialSubject", ORIGIN, "unitCount"]
    assert canonical(altered(document, path, 24.0)) == canonical(document)
    assert refusal(altered(document, path, 24.0)).code is Reason.BAD_RECORD


@pytest.mark.parametrize("value", [1, "true", None])
def test_a_truth_value_of_another_type_is_refused(value):
    document = RECORDS["workshop"].to_document()
    path = ["credentialSubject", ORIGIN, "site", "insideVillage"]
    assert refusal(altered(document, path, value)).code is Reason.BAD_RECORD


@pytest.mark.parametrize("value", [True, "24", 24.5, None, []])
def test_a_count_of_another_type_is_refused(value):
    document = RECORDS["passport"].to_document()
    assert refusal(altered(document, ["credentialSubject", ORIGIN, "unitCount"], value)).code is (
        Reason.BAD_RECORD
    )
