"""The EPCIS document of events: what GS1's own schema takes, in the order in which things happened."""

import json
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from tests.simulators.forgery import altered, every_kind
from tests.simulators.village import NOW, Village, url
from traceability.errors import Reason, Refused
from traceability.export.epcis import epcis_document
from traceability.records.event import EVENT_KINDS, TraceEvent

SCHEMA = Path(__file__).parents[3] / ".." / "shared" / "vectors" / "epcis" / "EPCIS-JSON-Schema.json"
needs_schema = pytest.mark.skipif(not SCHEMA.is_file(), reason="the shared EPCIS schema is absent")

VILLAGE = Village().issue_all()
EVENTS = {record.kind: record for record in every_kind(VILLAGE).values() if isinstance(record, TraceEvent)}


@cache
def schema() -> Draft7Validator:
    return Draft7Validator(json.loads(SCHEMA.read_text("utf-8")), format_checker=FormatChecker())


def told(name: str, *, days_ago: int) -> TraceEvent:
    """Gives an event under a name of its own."""
    event = EVENTS["made"]
    envelope = replace(event.envelope, id=url(name))
    return replace(event, envelope=envelope, time=NOW - timedelta(days=days_ago))


@needs_schema
@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_an_event_of_each_kind_makes_a_document_that_the_schema_takes(kind: str) -> None:
    schema().validate(epcis_document([EVENTS[kind]], created=NOW))


@needs_schema
def test_the_events_of_a_whole_life_make_one_document_that_the_schema_takes() -> None:
    named = [replace(event, envelope=replace(event.envelope, id=url(kind))) for kind, event in EVENTS.items()]
    document = epcis_document(named, created=NOW)
    schema().validate(document)
    assert len(document["epcisBody"]["eventList"]) == len(EVENT_KINDS)


@needs_schema
@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["type"], "EPCISQueryDocument"),
        (["schemaVersion"], 2),
        (["creationDate"], "2026"),
        (["epcisBody", "eventList", 0, "eventTimeZoneOffset"], "+7"),
        (["epcisBody", "eventList", 0, "action"], "ADD"),
        (["epcisBody", "eventList", 0, "origin"], {}),
    ],
)
def test_the_schema_notices_a_document_that_is_wrong(path: list[str | int], value: object) -> None:
    """The canary: the validator does look inside."""
    document = altered(epcis_document([EVENTS["made"]], created=NOW), path, value)
    with pytest.raises(ValidationError):
        schema().validate(document)


def test_events_stand_in_the_order_in_which_they_happened() -> None:
    events = [told("b", days_ago=3), told("c", days_ago=1), told("a", days_ago=9)]
    found = epcis_document(events, created=NOW)["epcisBody"]["eventList"]
    assert [event["eventID"] for event in found] == [f"{url(name)}#event" for name in "abc"]


def test_an_event_that_is_given_twice_stands_once() -> None:
    event = told("a", days_ago=1)
    assert len(epcis_document([event, event], created=NOW)["epcisBody"]["eventList"]) == 1


def test_an_event_is_the_very_one_that_was_signed() -> None:
    signed = VILLAGE.records["event"]
    found = epcis_document([EVENTS["made"]], created=NOW)["epcisBody"]["eventList"]
    assert found == signed.document["credentialSubject"]
    assert found[0]["eventID"].partition("#")[0] == signed.envelope.id


def test_our_own_member_is_explained_by_the_documents_context() -> None:
    document = epcis_document([EVENTS["made"]], created=NOW)
    own = Path(__file__).parents[3] / "traceability" / "records" / "context-v1.jsonld"
    assert document["@context"][1]["ln"] == json.loads(own.read_text("utf-8"))["@context"]["ln"]


def test_no_event_makes_no_document() -> None:
    with pytest.raises(Refused) as caught:
        epcis_document([], created=NOW)
    assert caught.value.code is Reason.BAD_VALUE
