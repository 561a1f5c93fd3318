"""What notices do to a label: both verifiers agree case by case, and one that lacks a rule is caught."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.simulators.corrections import (
    every_label,
    newest_first,
    with_forged_passport,
    with_notice,
    with_replaced_step,
    with_strangers_passport,
    with_strangers_step,
    with_unreadable_passport,
)
from tests.simulators.forgery import SCAN, altered, forge_at, notice, relogged, zero_digest
from tests.simulators.questions import PARTS, PythonVerifier, Question, coded, units
from tests.simulators.verifiers import FOLDER, NodeVerifier, disagreements
from tests.simulators.village import HOST, NOW, Village, url
from traceability.clock import format_instant
from traceability.evidence import Evidence
from traceability.limits import NOTICES_MAX_PER_RECORD
from traceability.records.terms import ORIGIN
from traceability.signing.trust import Revocation

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="node is missing"),
]

Case = tuple[Village, Evidence]


def asked(case: Case, *, at: datetime = NOW) -> list[Question]:
    """Gives the questions about a label of each kind."""
    village, evidence = case
    roots = coded("".join(f"{root.vkey}\n" for root in village.roots).encode())
    context = {"ask": "context", "name": "case", "trust": coded(village.trust_note()), "roots": roots}
    for part in PARTS:
        context[part] = {
            name: coded(data) if isinstance(data, bytes) else [coded(one) for one in data]
            for name, data in getattr(evidence, part).items()
        }
    given = {"ask": "verify", "kind": "label", "at": format_instant(at), "context": "case"}
    return [context, *({**given, "input": units(one.to_uri())} for one in every_label(village).values())]


def flooded() -> Case:
    """Gives the recalled lot with more corrections of its first passport than a verification judges."""
    village, evidence = with_notice("recall")
    correction, *others = evidence.later[url("passport")]
    flood = [correction + b" " * number for number in range(NOTICES_MAX_PER_RECORD + 1)]
    return village, replace(evidence, later={**evidence.later, url("passport"): (*flood, *others)})


CORRECTED: dict[str, tuple[Callable[[], Case], list[str]]] = {
    "recalled": (lambda: with_notice("recall"), ["revoked"] * 3),
    "recalled by the workshop": (lambda: with_notice("recall", "workshop"), ["revoked"] * 3),
    "second recalled": (lambda: with_notice("recall", about="passport-2"), ["revoked"] * 3),
    "finding": (lambda: with_notice("finding"), ["caution"] * 3),
    "matching": (
        lambda: with_notice("finding", reason="Khớp mô tả: đã xem"),
        ["caution", "verified", "verified"],
    ),
    "replaced step recalled": (lambda: with_replaced_step("recall"), ["revoked"] * 3),
    "replaced step suspended by the workshop": (
        lambda: with_replaced_step("suspend", "workshop"),
        ["revoked"] * 3,
    ),
    "replaced step's bit": (lambda: with_replaced_step(None), ["revoked"] * 3),
    "replaced step found": (lambda: with_replaced_step("finding"), ["caution"] * 3),
    "replaced step matching": (
        lambda: with_replaced_step("finding", reason="Khớp mô tả: đã xem"),
        ["caution", "verified", "verified"],
    ),
    "neighbour's step": (with_strangers_step, ["caution", "verified", "verified"]),
    "neighbour": (with_strangers_passport, ["caution", "verified", "verified"]),
    "neighbour's place": (
        lambda: with_strangers_passport(facility_id=f"https://{HOST}/workshops/xuong-ben"),
        ["caution", "verified", "verified"],
    ),
    "forged": (with_forged_passport, ["invalid", "revoked", "revoked"]),
    "unreadable": (with_unreadable_passport, ["revoked"] * 3),
    "flooded with corrections": (flooded, ["unknown"] * 3),
}
RECALL = url("recall-inspector")


def spoiled(change: Callable[[bytes], bytes | None], **given: tuple[str, ...]) -> Case:
    """Gives the recalled lot with another receipt of the recall, or none."""
    village, evidence = with_notice("recall", **given)
    changed = change(evidence.receipts[RECALL])
    receipts = {name: data for name, data in evidence.receipts.items() if name != RECALL}
    return village, replace(evidence, receipts=receipts | ({} if changed is None else {RECALL: changed}))


def by_ended_key(reason: str, days: int, log_size: int | None = None, *, keeps: bool = False) -> Case:
    """Gives the recalled lot whose recall has lost its receipt, and whose inspector has another key since."""
    village, _ = with_notice("recall")
    ended = Revocation(reason, NOW + timedelta(days=days), log_size)
    village.keys["inspector#record"] = replace(village.keys["inspector#record"], revoked=ended)
    village.rotate("inspector")
    village.publish_lists()
    evidence = newest_first(village)
    kept = {name: data for name, data in evidence.receipts.items() if keeps or name != RECALL}
    return village, replace(evidence, receipts=kept)


def withdrawn() -> Case:
    """Gives the recalled lot, whose recall has lost its receipt and was withdrawn."""
    village, _ = spoiled(lambda _: None)
    village.revoke("recall-inspector")
    evidence = newest_first(village)
    return village, replace(evidence, receipts={**evidence.receipts, RECALL: b""})


def other_unit() -> str:
    """Gives the serial of a unit that none of the labels is of."""
    return Village().issue_all().labels()[1].serial or ""


OTHERS = ["caution", "verified", "verified"]  # the old label is superseded, and nothing else speaks
RECEIPTS: dict[str, tuple[Callable[[], Case], list[str]]] = {
    "no receipt": (lambda: spoiled(lambda _: None), ["caution"] * 3),
    "junk": (lambda: spoiled(lambda _: b"junk"), ["caution"] * 3),
    "empty": (lambda: spoiled(lambda _: b""), ["caution"] * 3),
    "of another place": (
        lambda: spoiled(lambda data: re.sub(rb"index \d+", b"index 0", data)),
        ["caution"] * 3,
    ),
    "damaged cosignature": (lambda: spoiled(lambda data: data[:-8] + b"AAAAAA=\n"), ["caution"] * 3),
    "other units": (lambda: spoiled(lambda _: None, serials=(other_unit(),)), OTHERS),
    "withdrawn": (withdrawn, OTHERS),
    "retired": (lambda: by_ended_key("retired", 1), ["caution"] * 3),
    "retired with a size": (lambda: by_ended_key("retired", 1, 1_000), ["caution"] * 3),
    "retired before, with a size": (lambda: by_ended_key("retired", -1, 1_000), ["caution"] * 3),
    "retired before": (lambda: by_ended_key("retired", -1), OTHERS),
    "retired, all at hand": (lambda: by_ended_key("retired", 1, keeps=True), ["revoked"] * 3),
    "stolen": (lambda: by_ended_key("compromised", 1, 1_000), OTHERS),
    "stolen, all at hand": (lambda: by_ended_key("compromised", 1, 1_000, keeps=True), ["revoked"] * 3),
}


def of_units(spell: Callable[[str], str]) -> Case:
    """Gives the lot with a recall of the labels' own unit, whose serial is spelled in some way."""
    village, _ = with_notice("finding")
    serial = spell(village.labels()[0].serial or "")
    document = altered(notice(village).to_document(), ["credentialSubject", ORIGIN, "serials"], [serial])
    told = forge_at(village, document, "inspector#record", NOW)
    village.later = {url("passport"): (told,)}
    return village, relogged(village, newest_first(village), told)


UNREADABLE = ["invalid", "verified", "verified"]  # no notice leads to the passport of the old label
SERIALS: dict[str, tuple[Callable[[], Case], list[str]]] = {
    "serial": (lambda: of_units(str), ["revoked"] * 3),
    "serial in small letters": (lambda: of_units(str.lower), ["revoked"] * 3),
    "serial with a hyphen": (lambda: of_units(lambda one: f"{one[:6]}-{one[6:]}"), UNREADABLE),
    "serial with a space": (lambda: of_units(lambda one: f"{one} "), UNREADABLE),
    "serial with a line end": (lambda: of_units(lambda one: f"{one}\n"), UNREADABLE),
    "serial with O for 0": (lambda: of_units(lambda one: f"O{one[1:]}"), UNREADABLE),
    "serial with another S": (lambda: of_units(lambda one: f"\u017f{one[1:]}"), UNREADABLE),
    "serial with another K": (lambda: of_units(lambda one: f"\u212a{one[1:]}"), UNREADABLE),
}


def with_photos(*digests: str) -> Case:
    """Gives the lot with a finding that signs the digests of photos."""
    village, _ = with_notice("finding")
    document = notice(village, "finding", about="passport").to_document()
    document["credentialSubject"][ORIGIN]["evidence"] = list(digests)
    told = forge_at(village, document, "inspector#record", NOW)
    village.later = {url("passport"): (told,)}
    return village, relogged(village, newest_first(village), told)


def with_finding(*serials: str) -> Case:
    """Gives the lot with a finding about some of its units."""
    return with_notice("finding", serials=serials)


def own_unit() -> str:
    """Gives the serial of the unit that the labels are of."""
    return Village().issue_all().labels()[0].serial or ""


FINDINGS: dict[str, tuple[Callable[[], Case], list[str]]] = {
    "a finding about this unit": (lambda: with_finding(own_unit()), ["caution"] * 3),
    "a finding about other units": (lambda: with_finding(other_unit()), OTHERS),
    "a finding about the lot": (with_finding, ["caution"] * 3),
    "a finding with photos": (lambda: with_photos(SCAN, zero_digest()), ["caution"] * 3),
    "a finding with one photo twice": (lambda: with_photos(SCAN, SCAN), UNREADABLE),
    "a finding with no photo in its list": (with_photos, UNREADABLE),
    "a finding with an address for a photo": (lambda: with_photos("https://village.example/1"), UNREADABLE),
}
CASES = {**CORRECTED, **RECEIPTS, **SERIALS, **FINDINGS}

SAME_GOODS = "!await this.isOfSameGoods(passport, chain.records[0])"
SAME_PLACE = "other.record.facilityId === first.record.facilityId"
# Which rule is off, in which module, how, and which case tells.
BROKEN = {
    "a correction ends a recall": ("status.js", SAME_GOODS, "true", "recalled"),
    "anybody's passport": ("status.js", SAME_GOODS, "false", "neighbour"),
    "anybody's step": ("status.js", SAME_GOODS, "false", "neighbour's step"),
    "steps are passed over": (
        "status.js",
        "item.record.KIND === 'TraceEvent' && ",
        "false && ",
        "replaced step recalled",
    ),
    "their bits are passed over": (
        "status.js",
        "item.record.KIND === 'TraceEvent' && ",
        "false && ",
        "replaced step's bit",
    ),
    "any place": ("status.js", SAME_PLACE, "true", "neighbour's place"),
    "any signer": ("status.js", "checkAuthority(other.record, key, []);", "", "neighbour"),
    "no signature": ("status.js", "await evidence.reader.prove(other, key.key);", "", "forged"),
    "corrections of others": ("status.js", "signed.record.action !== passedOver", "true", "recalled"),
    "only no receipt": (
        "status.js",
        "if (key.revoked?.reason === 'compromised')",
        "if (error.code !== Reason.NOT_LOGGED)",
        "junk",
    ),
    "retired as stolen": ("status.js", "?.reason === 'compromised'", " !== null", "retired with a size"),
    "stolen as retired": ("status.js", "?.reason === 'compromised'", "?.reason === ''", "stolen"),
    "ended all the same": (
        "status.js",
        "key.checkTime(signed.claim.created, index ?? 0n);",
        "if (index !== null) key.checkTime(signed.claim.created, index);",
        "retired before",
    ),
    "other units too": (
        "status.js",
        "!isLogged && effect.status === CheckStatus.FAILED",
        "!isLogged",
        "other units",
    ),
    "never withdrawn": (
        "status.js",
        "if (envelope.status !== null && await",
        "if (isLogged && envelope.status !== null && await",
        "withdrawn",
    ),
    "findings of units": (
        "effects.js",
        "OF_UNITS.has(notice.action)",
        "notice.action === 'recall'",
        "a finding about other units",
    ),
    "any photo": (
        "records-attached.js",
        "DIGEST.test(item)",
        "true",
        "a finding with an address for a photo",
    ),
    "any serial": ("records-notice.js", "SERIAL.test(item)", "true", "serial with a hyphen"),
    "one unreadable": (
        "corrected.js",
        "signed = await read(data, evidence)",
        "signed = await evidence.reader.read(data)",
        "unreadable",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_case_has_its_outcomes_in_both(name: str) -> None:
    make, outcomes = CASES[name]
    questions, python = asked(make()), PythonVerifier()
    expected = [python.answer(one) for one in questions]
    assert [answer["outcome"] for answer in expected[1:]] == outcomes
    assert not disagreements(questions, expected, NodeVerifier().answers(questions))


@pytest.mark.parametrize("name", BROKEN)
def test_a_verifier_without_the_rule_is_caught(tmp_path: Path, name: str) -> None:
    module, old, new, case = BROKEN[name]
    folder = shutil.copytree(FOLDER, tmp_path / "verifier")
    text = (folder / module).read_text("utf-8")
    assert text.count(old) == 1
    (folder / module).write_text(text.replace(old, new), "utf-8")
    questions, python = asked(CASES[case][0]()), PythonVerifier()
    expected = [python.answer(one) for one in questions]
    assert disagreements(questions, expected, NodeVerifier(folder).answers(questions))
