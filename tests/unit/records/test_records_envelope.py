"""The shared part of every record: what is read, and each form that is refused."""

import pytest

from tests.simulators.forgery import altered, zero_digest
from tests.simulators.village import Village, url
from traceability.errors import Reason, Unreadable
from traceability.records.envelope import (
    CONTEXT_EPCIS,
    CONTEXT_OWN,
    CONTEXT_UNTP,
    CONTEXT_VC,
    Link,
    read_envelope,
    write_envelope,
)

VILLAGE = Village().issue_all()
SIGNED = VILLAGE.records["certificate"]
DOCUMENT = SIGNED.document


def refusal(document):
    with pytest.raises(Unreadable) as caught:
        read_envelope(document)
    return caught.value.code


@pytest.mark.parametrize("name", VILLAGE.records)
def test_an_envelope_reads_back_as_itself(name):
    envelope = VILLAGE.records[name].envelope
    assert read_envelope(write_envelope(envelope, {})) == envelope


def test_the_proof_and_the_subject_are_not_looked_at():
    assert read_envelope({**DOCUMENT, "proof": 7, "credentialSubject": {"any": "thing"}}) == SIGNED.envelope


@pytest.mark.parametrize(
    "contexts",
    [
        pytest.param(None, id="null"),
        pytest.param([], id="empty"),
        pytest.param(CONTEXT_VC, id="text"),
        pytest.param([CONTEXT_UNTP, CONTEXT_VC], id="w3c-not-first"),
        pytest.param([CONTEXT_VC, CONTEXT_VC], id="twice"),
        pytest.param([CONTEXT_VC, {"name": "https://evil.example/name"}], id="inline-object"),
        pytest.param([CONTEXT_VC, "https://evil.example/v1"], id="unknown"),
        pytest.param([CONTEXT_VC, CONTEXT_UNTP, CONTEXT_OWN, 7], id="number"),
        pytest.param([CONTEXT_VC.upper()], id="upper-case"),
        pytest.param({"@vocab": CONTEXT_VC}, id="object"),
    ],
)
def test_another_context_is_refused(contexts):
    assert refusal({**DOCUMENT, "@context": contexts}) is Reason.BAD_CONTEXT


def test_the_known_contexts_are_read_in_the_order_of_the_record():
    contexts = [CONTEXT_VC, CONTEXT_UNTP, CONTEXT_EPCIS, CONTEXT_OWN]
    assert read_envelope({**DOCUMENT, "@context": contexts}).contexts == tuple(contexts)


@pytest.mark.parametrize("name", ["type", "id", "issuer", "validFrom", "name", "credentialSubject"])
def test_a_missing_member_is_refused(name):
    assert refusal(altered(DOCUMENT, [name])) is Reason.BAD_RECORD


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["type"], "VerifiableCredential"),
        (["type"], ["DigitalProductPassport"]),
        (["type"], ["VerifiableCredential", 7]),
        (["id"], "http://village.example/records/x"),
        (["id"], "https://VILLAGE.example/records/x"),
        (["id"], "https://village.example/records/x y"),
        (["id"], "https://village.example/làng"),
        (["id"], "https://village.example"),
        (["id"], "https://user@village.example/records/x"),
        (["id"], "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33"),
        (["id"], "javascript:alert(1)"),
        (["id"], 7),
        (["issuer"], "did:web:village.example"),
        (["issuer", "id"], "https://village.example"),
        (["issuer", "id"], "did:web:village.example#key"),
        (["issuer", "id"], ""),
        (["issuer", "name"], 7),
        (["validFrom"], "2026"),
        (["validFrom"], None),
        (["validUntil"], None),
        (["validUntil"], DOCUMENT["validFrom"]),
        (["validUntil"], "2001-01-01T00:00:00Z"),
        (["name"], ["x"]),
        (["credentialSubject"], "text"),
        (["credentialStatus"], None),
        (["credentialStatus"], [DOCUMENT["credentialStatus"]]),
        (["credentialStatus", "type"], "StatusList2021Entry"),
        (["credentialStatus", "statusListCredential"], "http://village.example/status/ocop/1"),
        (["relatedResource"], {}),
        (["relatedResource"], ["https://village.example/records/workshop"]),
        (["relatedResource", 0, "id"], "workshop"),
        (["relatedResource", 0, "digestMultibase"], "zQm"),
        (["relatedResource", 0, "digestMultibase"], "u" + zero_digest()[1:]),
        (["relatedResource", 0, "digestMultibase"], None),
        (["relatedResource"], DOCUMENT["relatedResource"] * 2),
    ],
)
def test_a_member_of_another_form_is_refused(path, value):
    assert refusal(altered(DOCUMENT, path, value)) is Reason.BAD_RECORD


@pytest.mark.parametrize(
    "index", ["-1", "01", "1.0", "", "1e3", "9999999999", "\u0661", " 1", True, None, -1, 1.0], ids=repr
)
def test_a_status_index_that_is_no_plain_number_is_refused(index):
    """The spelling of W3C is text; `²` and digits of other scripts are numbers to some readers only."""
    path = ["credentialStatus", "statusListIndex"]
    assert refusal(altered(DOCUMENT, path, index)) is Reason.BAD_RECORD


@pytest.mark.parametrize(("index", "number"), [("0", 0), ("131071", 131_071), (7, 7)])
def test_a_status_index_is_read_as_text_or_as_untp_types_it(index, number):
    read = read_envelope(altered(DOCUMENT, ["credentialStatus", "statusListIndex"], index))
    assert read.status.index == number


def test_links_are_read_in_order():
    first, second = url("a"), url("b")
    links = [{"id": name, "digestMultibase": zero_digest()} for name in (first, second)]
    read = read_envelope({**DOCUMENT, "relatedResource": links})
    assert read.links == (Link(first, zero_digest()), Link(second, zero_digest()))
