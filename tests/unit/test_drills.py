"""Drills: a key is rotated, a key is stolen, a whole server is stolen; what verifies then, and what not."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.simulators.forgery import altered, forge_at, relogged
from tests.simulators.village import HOST, NOW, Village, did, url
from traceability.errors import Reason, Refused, TraceabilityError
from traceability.evidence import Evidence
from traceability.issue import issue_labels
from traceability.labels.code import parse as parse_label
from traceability.records.canonical import Document
from traceability.records.event import TraceEvent
from traceability.signing.trust import Revocation, TrustList
from traceability.verdict import Outcome
from traceability.verify import verify_label, verify_record

DAY = timedelta(days=1)
COUNT = 100
FORGED = 200
LOT = f"https://{HOST}/01/09520000000011/10/L1"


# --- Rotation ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def village() -> Village:
    """A workshop with a hundred events under its first key, which has a second key by now."""
    village = Village().issue_all()
    event = village.records["event"].record
    assert isinstance(event, TraceEvent)
    for number in range(COUNT):
        envelope = village.envelope(TraceEvent, f"event-{number}", "workshop", ("workshop",))
        village.issue(f"event-{number}", replace(event, envelope=envelope), "workshop#record", ("workshop",))
    village.rotate("workshop")
    village.publish_lists()
    return village


def revoked(village: Village, reason: str, log_size: int) -> TrustList:
    entry = replace(village.keys["workshop#record"], revoked=Revocation(reason, NOW + DAY, log_size))
    return replace(village.trust, keys=tuple({**village.keys, "workshop#record": entry}.values()))


def outcomes(village: Village, trust: TrustList) -> list[Outcome]:
    evidence = village.evidence
    names = [f"event-{number}" for number in range(COUNT)]
    return [
        verify_record(village.records[name].data, trust=trust, evidence=evidence, at=NOW + 2 * DAY).outcome
        for name in names
    ]


def test_a_retired_keys_hundred_records_stay_verified(village: Village) -> None:
    trust = revoked(village, "retired", len(village.records))
    assert outcomes(village, trust) == [Outcome.VERIFIED] * COUNT


@pytest.mark.parametrize("kept", [0, 1, 37, 99, 100])
def test_a_compromised_keys_records_are_split_by_their_place_in_the_log(village: Village, kept: int) -> None:
    before = list(village.records).index("event-0")
    trust = revoked(village, "compromised", before + kept)
    expected = [Outcome.VERIFIED] * kept + [Outcome.INVALID] * (COUNT - kept)
    assert outcomes(village, trust) == expected


@pytest.mark.parametrize("reason", ["retired", "compromised"])
def test_a_new_record_by_either_is_refused_at_issuing_and_at_verifying(village: Village, reason: str) -> None:
    trust = revoked(village, reason, len(village.records))
    own = Village()
    own.keys = {key.method.id.partition("issuers:")[2]: key for key in trust.keys}
    own.records.update(village.records)
    with pytest.raises(Refused) as caught:
        own.issue("event-new", own.event(), "workshop#record", ("workshop",))
    assert caught.value.code is Reason.KEY_REVOKED
    document = altered(village.records["event"].document, ["id"], url("event-late"))
    document["credentialSubject"][0]["eventID"] = url("event-late") + "#event"
    for created in (NOW - 100 * DAY, NOW):
        late = forge_at(village, document, "workshop#record", created)
        evidence = relogged(village, village.evidence, late)
        verdict = verify_record(late, trust=trust, evidence=evidence, at=NOW + 2 * DAY)
        assert Reason.KEY_REVOKED in verdict.reasons


def test_a_new_record_by_the_new_key_verifies(village: Village) -> None:
    own = Village()
    own.keys = dict(village.keys)
    own.records.update(village.records)
    item = own.issue("event-after", own.event(), "workshop#record-2", ("workshop",))
    trust = revoked(village, "compromised", len(village.records))
    evidence = relogged(village, village.evidence, item.data)
    assert verify_record(item.data, trust=trust, evidence=evidence, at=NOW).outcome is Outcome.VERIFIED


# --- The whole server is stolen ------------------------------------------------------------------

# The workshops' record keys are on their phones; the log, the witness and all the rest are the thief's.
STOLEN = ("province#record", "commune#record", "ocop#record", "inspector#record", "association#record",
          "workshop#seal", "neighbour#seal")  # fmt: skip


def forged_lots(village: Village, chance: random.Random) -> Iterator[tuple[bytes, str]]:
    """Gives passports that a thief makes of an honest one, each with the key that signed it."""
    honest = village.records["passport"].document
    keys = {name: village.keys[name] for name in STOLEN}
    for number in range(FORGED):
        key = chance.choice(STOLEN)
        entry = keys[key]
        document: Document = altered(honest, ["id"], url(f"lot-{number}"))
        if chance.random() < 0.5:  # under the workshop's name, or under the thief's own
            document = altered(document, ["issuer", "id"], entry.method.controller)
        if chance.random() < 0.5:
            document = altered(document, ["issuer", "name"], entry.name)
        method = chance.choice([entry.method.id, f"{did('workshop')}#record", f"{did('workshop')}#seal"])
        created = NOW - chance.randrange(300) * DAY
        yield forge_at(village, document, key, created, verificationMethod=method), key


def test_not_one_forged_lot_of_a_stolen_server_verifies() -> None:
    village = Village().issue_all()
    seed = random.randrange(2**32)
    lots = list(forged_lots(village, random.Random(seed)))
    evidence = relogged(village, village.evidence, *(data for data, _ in lots))
    for data, key in lots:
        verdict = verify_record(data, trust=village.trust, evidence=evidence, at=NOW)
        assert verdict.outcome is Outcome.INVALID, (seed, key)
        assert not _green_label(village, evidence, data), (seed, key)


def _green_label(village: Village, evidence: Evidence, passport: bytes) -> bool:
    """Tells whether a label verifies that the thief seals, with the stolen seal key, for a passport."""
    seal = village.key("workshop#seal")
    try:
        signed = evidence.reader.read(passport)
    except TraceabilityError:
        return False  # not even its form holds
    if signed.envelope.issuer.did != seal.entry.method.controller:
        return False  # no seal key of that issuer exists
    labels = issue_labels(
        parse_label(LOT), serials=[village.serials[:12]], passport=signed, key=seal, now=NOW
    )
    found = replace(evidence, passports={LOT: passport})
    text = next(labels).to_uri()
    return verify_label(text, trust=village.trust, evidence=found, at=NOW).outcome is Outcome.VERIFIED


def test_with_the_workshops_own_key_the_same_lots_would_verify() -> None:
    """The canary of the drill: what keeps the thief out is that one key, and nothing else in the test."""
    village = Village().issue_all()
    document = altered(village.records["passport"].document, ["id"], url("lot-0"))
    lot = forge_at(village, document, "workshop#record", NOW)
    evidence = relogged(village, village.evidence, lot)
    assert verify_record(lot, trust=village.trust, evidence=evidence, at=NOW).outcome is Outcome.VERIFIED
    assert _green_label(village, evidence, lot)
