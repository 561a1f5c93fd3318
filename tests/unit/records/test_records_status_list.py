"""StatusList as a record: what it takes, what it refuses, and the status entry that leads to it."""

import gzip
from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest

from tests.simulators.forgery import altered, forge_at, status_list
from tests.simulators.village import NOW, Village
from traceability.errors import NotVerified, Reason, Refused, Unreadable
from traceability.evidence import Reader
from traceability.issue import link_to
from traceability.limits import JSON_MAX_BYTES, STATUS_LIST_BITS
from traceability.policy import check_record
from traceability.records.bitstring import encode
from traceability.records.canonical import canonical
from traceability.records.envelope import StatusEntry, read_envelope
from traceability.records.kinds import read_record
from traceability.records.terms import ORIGIN

VILLAGE = Village().issue_all()
LIST = status_list(VILLAGE)
DOCUMENT = LIST.to_document()
EVENT = VILLAGE.records["event"].document


def read(document):
    return read_record(document, read_envelope(document))


def refusal(document):
    with pytest.raises(Unreadable) as caught:
        read(document)
    return caught.value.code


def enveloped(**changed):
    return replace(LIST, envelope=replace(LIST.envelope, **changed))


def test_the_document_has_the_members_of_the_standard():
    subject = DOCUMENT["credentialSubject"]
    assert DOCUMENT["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]
    assert subject == {
        "id": f"{LIST.envelope.id}#list",
        "type": "BitstringStatusList",
        "statusPurpose": "revocation",
        "encodedList": LIST.encoded,
        ORIGIN: {"recordType": "StatusList", "version": 2},
    }


def test_it_reads_back_with_its_bits():
    again = read(DOCUMENT)
    assert again == LIST
    assert again.has(3)
    assert not again.has(2)


def test_it_is_logged_under_its_url_and_version():
    assert LIST.entry_id == "https://village.example/status/workshop/1#2"


def test_it_is_kept_as_it_was_packed_by_another_system():
    """Another gzip of the same bits is the same list, and no misspelling of it."""
    packed = "u" + urlsafe_b64encode(gzip.compress(LIST.bits, 9, mtime=5)).rstrip(b"=").decode()
    document = altered(DOCUMENT, ["credentialSubject", "encodedList"], packed)
    assert read(document).to_document() == document
    assert read(document).bits == LIST.bits


def test_a_list_of_random_bits_fits_into_a_record():
    noise = b"".join(bytes([at * at % 251, at * 7 % 253]) for at in range(STATUS_LIST_BITS // 16))
    assert len(canonical(replace(LIST, encoded=encode(noise)).to_document())) < JSON_MAX_BYTES // 2


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["credentialSubject", "type"], "BitstringStatusListEntry"),
        (["credentialSubject", "id"], "https://village.example/status/workshop/2#list"),
        (["credentialSubject", "statusPurpose"], "refresh"),
        (["credentialSubject", "statusPurpose"], ["revocation"]),
        (["credentialSubject", "encodedList"], "H4sI"),
        (["credentialSubject", "encodedList"], None),
        (["credentialSubject", "encodedList"], LIST.encoded + "="),
        (["credentialSubject", "statusSize"], 1),
        (["credentialSubject", ORIGIN, "version"], 0),
        (["credentialSubject", ORIGIN, "version"], -1),
        (["credentialSubject", ORIGIN, "version"], "2"),
        (["credentialSubject", ORIGIN, "version"], True),
        (["credentialStatus"], EVENT["credentialStatus"]),
        (["relatedResource"], EVENT["relatedResource"]),
        (["id"], "https://village.example/status/workshop"),
        (["id"], "https://village.example/status/workshop/0"),
        (["id"], "https://village.example/status/workshop/01"),
        (["id"], "https://village.example/status/workshop/x"),
        (["id"], "https://village.example/status/craft/shop/1"),
        (["id"], "https://village.example/lists/workshop/1"),
        (["id"], "https://village.example/status/workshop/1#2"),
        (["id"], "https://village.example/status/workshop/1?v=2"),
    ],
)
def test_another_form_is_refused(path, value):
    assert refusal(altered(DOCUMENT, path, value)) is Reason.BAD_RECORD


@pytest.mark.parametrize(
    "path", [["validUntil"], ["credentialSubject", "encodedList"], ["credentialSubject", ORIGIN, "version"]]
)
def test_a_missing_member_is_refused(path):
    assert refusal(altered(DOCUMENT, path)) is Reason.BAD_RECORD


@pytest.mark.parametrize(
    "making",
    [
        pytest.param(lambda: enveloped(status=StatusEntry(LIST.envelope.id, 0)), id="status"),
        pytest.param(lambda: enveloped(links=(link_to(VILLAGE.records["event"]),)), id="links"),
        pytest.param(lambda: enveloped(id="https://village.example/records/list"), id="id"),
        pytest.param(lambda: enveloped(valid_until=None), id="no-end"),
        pytest.param(lambda: replace(LIST, purpose="message"), id="purpose"),
        pytest.param(lambda: replace(LIST, version=0), id="version"),
    ],
)
def test_a_value_out_of_range_is_refused(making):
    with pytest.raises(Refused) as caught:
        making()
    assert caught.value.code is Reason.BAD_VALUE


def test_a_notice_cannot_pass_for_a_list():
    assert refusal(altered(DOCUMENT, ["credentialSubject", ORIGIN, "recordType"], "Notice")) is (
        Reason.BAD_RECORD
    )


# --- Who may sign it -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "issuer", ["province", "commune", "ocop", "association", "inspector", "workshop", "neighbour"]
)
def test_every_issuer_signs_the_lists_under_its_own_address(issuer):
    check_record(status_list(VILLAGE, issuer=issuer), VILLAGE.keys[f"{issuer}#record"], [])


@pytest.mark.parametrize(
    "address",
    [
        "https://village.example/status/province/1",
        "https://other.example/status/workshop/1",
        "https://village.example:8443/status/workshop/1",
    ],
)
def test_nobody_signs_a_list_under_anothers_address(address):
    with pytest.raises(NotVerified) as caught:
        check_record(enveloped(id=address), VILLAGE.keys["workshop#record"], [])
    assert caught.value.code is Reason.KEY_NOT_AUTHORISED


def test_no_record_links_to_a_list():
    with pytest.raises(NotVerified) as caught:
        check_record(VILLAGE.records["event"].record, VILLAGE.keys["workshop#record"], [LIST])
    assert caught.value.code is Reason.SUBJECT_MISMATCH


# --- The status entry of a record ------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["revocation", "suspension"])
def test_the_purpose_of_a_status_entry_is_read(purpose):
    document = altered(EVENT, ["credentialStatus", "statusPurpose"], purpose)
    assert read(document).envelope.status.purpose == purpose
    assert read(document).to_document()["credentialStatus"]["statusPurpose"] == purpose


@pytest.mark.parametrize("purpose", ["refresh", "message", "", "Revocation", None, 1, ["revocation"]])
def test_another_purpose_of_a_status_entry_is_refused(purpose):
    assert refusal(altered(EVENT, ["credentialStatus", "statusPurpose"], purpose)) is Reason.BAD_RECORD


def test_an_index_that_is_a_number_reads_as_the_text_that_we_write():
    """UNTP's schema wants the number, W3C the text; both are signed by somebody."""
    index = int(EVENT["credentialStatus"]["statusListIndex"])
    document = altered(EVENT, ["credentialStatus", "statusListIndex"], index)
    signed = Reader(1).read(forge_at(VILLAGE, document, "workshop#record", NOW))
    assert signed.record == VILLAGE.records["event"].record
    assert signed.digest != VILLAGE.records["event"].digest


@pytest.mark.parametrize("index", [1.5, True, -1, "01", "-7", "1e3", "", None, 10**9])
def test_another_index_is_refused(index):
    assert refusal(altered(EVENT, ["credentialStatus", "statusListIndex"], index)) is Reason.BAD_RECORD


def test_an_id_of_the_status_entry_that_names_another_index_is_refused():
    path = ["credentialStatus", "id"]
    assert refusal(altered(EVENT, path, EVENT["credentialStatus"]["id"] + "0")) is Reason.BAD_RECORD
