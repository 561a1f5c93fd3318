"""Our records against the public JSON Schemas: UNTP 0.7.0 and EPCIS 2.0."""

import json
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from tests.simulators.forgery import altered, every_kind
from tests.simulators.village import NOW, Village
from traceability.clock import format_instant
from traceability.records.envelope import CONTEXT_EPCIS
from traceability.records.event import EVENT_KINDS, TraceEvent
from traceability.records.status_list import StatusList

VECTORS = Path(__file__).parents[3] / ".." / "shared" / "vectors"
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the shared JSON Schemas are absent")

VILLAGE = Village().issue_all()
RECORDS = every_kind(VILLAGE)
FACTS = {name: record for name, record in RECORDS.items() if not isinstance(record, TraceEvent | StatusList)}


@cache
def untp_schema(kind):
    """Gives the validator for a UNTP type, the first that a record names."""
    path = VECTORS / "untp" / "0.7.0" / "schema" / f"{kind}.json"
    return Draft202012Validator(json.loads(path.read_text("utf-8")), format_checker=FormatChecker())


def as_untp_types_it(document):
    """The schema of UNTP wants an integer where W3C, and we, write the index as text."""
    index = int(document["credentialStatus"]["statusListIndex"])
    return altered(document, ["credentialStatus", "statusListIndex"], index)


@pytest.mark.parametrize("record", FACTS.values(), ids=FACTS.keys())
def test_a_record_satisfies_the_untp_schema_of_its_type(record):
    document = as_untp_types_it(record.to_document())
    untp_schema(document["type"][0]).validate(document)


@pytest.mark.parametrize("name", ["village", "workshop", "certificate", "passport"])
def test_a_signed_record_satisfies_it_with_its_proof(name):
    document = as_untp_types_it(VILLAGE.records[name].document)
    untp_schema(document["type"][0]).validate(document)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("village", ["credentialSubject", "address"]),
        ("workshop", ["credentialSubject", "processCategory"]),
        ("certificate", ["credentialSubject", "assessorLevel"]),
        ("passport", ["credentialSubject", "idGranularity"]),
        ("passport", ["validFrom"]),
    ],
)
def test_the_schema_notices_a_member_that_is_missing(name, path):
    """The canary: the validators above do look inside."""
    document = altered(as_untp_types_it(VILLAGE.records[name].document), path)
    with pytest.raises(ValidationError):
        untp_schema(document["type"][0]).validate(document)


# --- EPCIS -----------------------------------------------------------------------------------------------


def epcis_document(event):
    return {
        "@context": [CONTEXT_EPCIS, {"ln": "https://w3id.org/langnghe/v1#"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": format_instant(NOW),
        "epcisBody": {"eventList": [event]},
    }


@cache
def epcis_schema():
    schema = json.loads((VECTORS / "epcis" / "EPCIS-JSON-Schema.json").read_text("utf-8"))
    return Draft7Validator(schema, format_checker=FormatChecker())


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_an_event_of_each_kind_satisfies_the_epcis_schema(kind):
    event = RECORDS[f"event-{kind}"].to_document()["credentialSubject"][0]
    epcis_schema().validate(epcis_document(event))


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("made", ["action"], "ADD"),  # a transformation has no action
        ("made", ["inputQuantityList"], []),
        ("shipped", ["eventTimeZoneOffset"], "7"),
        ("shipped", ["bizStep"], "posting"),
        ("shipped", ["eventTime"], "yesterday"),
        ("packed", ["childQuantityList", 0, "uom"], "kilogram"),
        ("inspected", ["origin"], {}),  # a member of ours without its prefix
    ],
)
def test_the_schema_notices_an_event_that_is_wrong(kind, path, value):
    event = altered(RECORDS[f"event-{kind}"].to_document()["credentialSubject"][0], path, value)
    with pytest.raises(ValidationError):
        epcis_schema().validate(epcis_document(event))
