"""The browser's verifier finds what the Python one finds: public vectors, our own, and mutants without end.

Each run draws new mutants; VERIFIER_SEED repeats a run that failed. The whole form is marked `slow`.
"""

import json
import os
import random
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, Route, sync_playwright

from tests.conftest import VECTORS
from tests.simulators.forgery import altered, endless, forge_at
from tests.simulators.mutants import Mutants
from tests.simulators.peers import PEERS, require_peers
from tests.simulators.questions import PARTS, Answer, PythonVerifier, Question, coded, units
from tests.simulators.verifiers import FOLDER, RUNNER, NodeVerifier, PageVerifier, disagreements
from tests.simulators.village import Village
from tests.vectors.generate import FOLDER as OWN
from traceability import limits
from traceability.errors import Reason
from traceability.records.canonical import digest_multibase
from traceability.records.certificate import Certificate
from traceability.verdict import Outcome

CHROMIUM = Path("/usr/bin/chromium")
HOST = "http://127.0.0.1:8000"
SHORT, WHOLE = 400, 2_500
MODULES = sorted(FOLDER.glob("*.js"))

needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="the shared vectors are absent")


def _missing(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI=true allows no test of the verifier to skip")
    pytest.skip(reason)


@pytest.fixture(scope="module")
def node() -> NodeVerifier:
    if shutil.which("node") is None:
        _missing("node is missing")
    return NodeVerifier()


@pytest.fixture(scope="module")
def page(app: Flask) -> Iterator[Page]:
    """A page of the shop in Chromium: every answer is the application's own, with its headers."""
    if not CHROMIUM.exists():
        _missing(f"{CHROMIUM} is missing")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        opened = browser.new_page()
        opened.route(f"{HOST}/**", lambda route: _answer(route, app.test_client()))
        opened.goto(f"{HOST}/")
        yield opened
        browser.close()


def _answer(route: Route, client: FlaskClient) -> None:
    path = route.request.url.removeprefix(HOST)
    if path == "/answers.mjs":  # the one file that is a test's and not the shop's
        route.fulfill(path=RUNNER.with_name("answers.mjs"), content_type="text/javascript")
        return
    with client.get(path, base_url=HOST) as response:
        route.fulfill(status=response.status_code, headers=dict(response.headers), body=response.data)


@pytest.fixture(scope="module")
def browser_verifier(page: Page) -> PageVerifier:
    return PageVerifier(page, "/static/verifier")


class Drawn:
    """Some mutants, and what Python says of them."""

    def __init__(self, seed: int, count: int) -> None:
        mutants, python = Mutants(seed), PythonVerifier()
        self.seed = seed
        self.questions: list[Question] = [mutants.base(), *mutants.draw(count)]
        self.expected: list[Answer] = [python.answer(question) for question in self.questions]

    def compare(self, found: list[Answer]) -> None:
        """Demands that there is no disagreement, and names the seed where there is one."""
        lines = disagreements(self.questions, self.expected, found)
        told = "\n".join(lines[:5])
        assert not lines, f"VERIFIER_SEED={self.seed}: {len(lines)} of {len(self.questions)} differ\n{told}"


def new_seed() -> int:
    seed = int(os.environ.get("VERIFIER_SEED") or secrets.randbits(32))
    print(f"VERIFIER_SEED={seed}")  # noqa: T201  # pytest shows it when the test fails
    return seed


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return Drawn(new_seed(), SHORT)


@pytest.fixture(scope="module")
def many() -> Drawn:
    return Drawn(new_seed(), WHOLE)


def agree(verifier: NodeVerifier, questions: list[Question]) -> list[Answer]:
    """Demands that both verifiers answer all questions alike, and gives the answers."""
    python = PythonVerifier()
    expected = [python.answer(question) for question in questions]
    lines = disagreements(questions, expected, verifier.answers(questions))
    assert not lines, "\n".join(lines[:10])
    return expected


# --- Mutants ---------------------------------------------------------------------------------------------


def test_mutants_are_judged_alike_in_node(node: NodeVerifier, drawn: Drawn) -> None:
    drawn.compare(node.answers(drawn.questions))


@pytest.mark.slow
def test_mutants_are_judged_alike_in_chromium(browser_verifier: PageVerifier, drawn: Drawn) -> None:
    drawn.compare(browser_verifier.answers(drawn.questions))


@pytest.mark.slow
def test_many_mutants_are_judged_alike_in_node(node: NodeVerifier, many: Drawn) -> None:
    many.compare(node.answers(many.questions))


@pytest.mark.slow
def test_many_mutants_are_judged_alike_in_chromium(browser_verifier: PageVerifier, many: Drawn) -> None:
    many.compare(browser_verifier.answers(many.questions))


@pytest.mark.slow
def test_each_record_with_each_thing_told_otherwise_is_judged_alike(node: NodeVerifier) -> None:
    """What is signed, linked and logged well, but does not agree with the rest of the chain."""
    mutants = Mutants(1)
    answers = agree(node, [mutants.base(), *mutants.every_story()])[1:]
    assert {"SUBJECT_MISMATCH", "KEY_NOT_AUTHORISED", "ISSUER_MISMATCH", "LINK_MISSING", "BAD_RECORD"} <= {
        reason for answer in answers for reason in answer["reasons"]
    }


def test_photos_and_voice_notes_of_an_event_are_judged_alike(node: NodeVerifier) -> None:
    """Told well, too often and in other forms, and signed each time."""
    village, photos = Village().issue_all(), [digest_multibase(b"%d" % number) for number in range(9)]
    good: list[object] = [photos[:1], photos[:8], photos[:8][::-1]]
    bad: list[object] = [photos, photos[:1] * 2, [], None, {}, photos[0], [7], [1.5], [None], [photos]]
    bad += [[one] for one in ("", photos[0][:-1], f"{photos[0]}\n", "zQm" + "0" * 44, "zQm" + "\u0661" * 44)]
    path = ["credentialSubject", 0, "ln:origin", "evidence"]
    questions = [Mutants(1).base()]
    for value in good + bad:
        data = village.forge(altered(village.records["event"].document, path, value), "workshop#record")
        asked = {"ask": "verify", "kind": "record", "input": coded(data), "at": "2026-11-22T08:00:00Z"}
        questions.append({**asked, "context": "village"})
    answers = agree(node, questions)[1:]
    refused = ["BAD_RECORD" in answer["reasons"] for answer in answers]
    assert refused == [False] * len(good) + [True] * len(bad)


# What is broken, in which module, and how.
BROKEN = {
    "links without digests": ("chain.js", " || target.digest !== link.digest", ""),
    "floats for integers": ("json-scanner.js", "return new Float(number);", "return number;"),
    "no printing back": ("records-kinds.js", "canonicalText(printed) !== canonicalText(unsigned)", "false"),
    "no quorum": ("quorum.js", "quorum !== NONE && ", "false && "),
    "no seal": ("verify-label.js", "await key.key.verify(seal.signature, sealMessage(seal, code));", ""),
    "any role": ("policy.js", "!allowedRoles(record).includes(key.role)", "false"),
}


@pytest.fixture(scope="module")
def known() -> Drawn:
    """Mutants that are the same in each run, because a canary must sing each time."""
    return Drawn(7, 1_200)


@pytest.mark.slow
def test_mutants_reach_every_outcome_and_most_reasons(known: Drawn) -> None:
    """The canary for the mutants themselves: what none of them reaches is compared by nothing."""
    verdicts = [answer for answer in known.expected if "outcome" in answer]
    assert {answer["outcome"] for answer in verdicts} == set(Outcome)
    reached = {check[2] for answer in verdicts for check in answer["checks"]}
    assert len(reached & {reason.value for reason in Reason}) >= 40


@pytest.mark.slow
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_verifier_is_caught(node: NodeVerifier, known: Drawn, tmp_path: Path, name: str) -> None:
    module, old, new = BROKEN[name]
    folder = shutil.copytree(FOLDER, tmp_path / "verifier")
    text = (folder / module).read_text("utf-8")
    assert text.count(old) == 1
    (folder / module).write_text(text.replace(old, new), "utf-8")
    found = NodeVerifier(folder).answers(known.questions)
    assert disagreements(known.questions, known.expected, found)


def test_a_verifier_that_skips_the_link_digests_is_caught(node: NodeVerifier, tmp_path: Path) -> None:
    """The canary of the fast suite: one village, and one event that was told anew and signed again."""
    village = Village().issue_all()
    other = village.forge({**village.records["event"].document, "name": "Tên khác"}, "workshop#record")
    changed = {"records": {village.records["event"].envelope.id: coded(other)}}
    question = {"ask": "verify", "kind": "record", "input": coded(village.records["passport"].data)}
    questions = [
        Mutants(1).base(),
        {**question, "at": "2026-11-22T08:00:00Z", "context": "village", "changes": changed},
    ]
    assert agree(node, questions)[1]["outcome"] == "invalid"
    module, old, new = BROKEN["links without digests"]
    folder = shutil.copytree(FOLDER, tmp_path / "verifier")
    (folder / module).write_text((folder / module).read_text("utf-8").replace(old, new), "utf-8")
    python = PythonVerifier()
    expected = [python.answer(one) for one in questions]
    assert disagreements(questions, expected, NodeVerifier(folder).answers(questions))


@pytest.mark.parametrize("issuer", ["association", "commune", "ocop", "inspector", "workshop"])
def test_an_attestation_is_judged_alike(node: NodeVerifier, issuer: str) -> None:
    """An association attests in its village and a commune in its unit; of all others nobody does."""
    village = Village().issue_all()
    stars = village.records["certificate"].record
    assert isinstance(stars, Certificate)
    attested = replace(
        stars,
        envelope=village.envelope(Certificate, "attested", issuer, ("workshop",)),
        kind="attestation",
        ocop=None,
    )
    data = forge_at(village, attested.to_document(), f"{issuer}#record", village.now)
    question = {"ask": "verify", "kind": "record", "input": coded(data), "at": "2026-11-22T08:00:00Z"}
    answer = agree(node, [Mutants(1).base(), {**question, "context": "village"}])[1]
    assert ("KEY_NOT_AUTHORISED" in answer["reasons"]) == (issuer not in {"association", "commune"})


# --- Vectors ---------------------------------------------------------------------------------------------


def load(path: Path) -> object:
    return json.loads(path.read_text("utf-8"))


def test_our_own_cases_have_their_outcome_and_reasons(node: NodeVerifier) -> None:
    village, cases = load(OWN / "village.json"), load(OWN / "verdicts.json")
    evidence = {part: _coded(village.get(part, {})) for part in PARTS}
    roots = coded("".join(f"{root}\n" for root in village["roots"]).encode())
    context = {"ask": "context", "name": "own", "trust": coded(village["trust"].encode()), "roots": roots}
    questions = [context | evidence, *(_own_question(case, village["at"]) for case in cases)]
    answers = agree(node, questions)[1:]
    assert [(answer["outcome"], answer["reasons"]) for answer in answers] == [
        (case["outcome"], case["reasons"]) for case in cases
    ]


def _coded(values: dict[str, object]) -> dict[str, object]:
    return {
        name: [coded(one.encode()) for one in value] if isinstance(value, list) else coded(value.encode())
        for name, value in values.items()
    }


def _own_question(case: dict[str, object], at: str) -> Question:
    text = str(case["input"])
    given = units(text) if case["kind"] == "label" else coded(text.encode())
    changes = {part: _coded(case[part]) for part in PARTS if part in case}
    asked = {
        "ask": "verify",
        "kind": case["kind"],
        "input": given,
        "at": case.get("at", at),
        "context": "own",
    }
    return asked | ({"changes": changes} if changes else {})


@needs_vectors
@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_a_public_jcs_pair_gives_its_bytes(node: NodeVerifier, name: str) -> None:
    text = (VECTORS / "jcs" / "input" / f"{name}.json").read_text("utf-8")
    expected = (VECTORS / "jcs" / "output" / f"{name}.json").read_bytes()
    assert node.answers([{"ask": "value", "text": text}]) == [{"canonical": coded(expected)}]


@needs_vectors
def test_two_thousand_numbers_print_as_ecmascript_prints_them(node: NodeVerifier) -> None:
    rows = [row.partition(",") for row in (VECTORS / "jcs" / "es6numbers-2k.txt").read_text().splitlines()]
    questions = [{"ask": "number", "bits": bits.rjust(16, "0")} for bits, _, _ in rows]
    assert len(rows) == 2_000
    assert node.answers(questions) == [{"text": printed} for _, _, printed in rows]


@needs_vectors
def test_every_public_file_of_good_and_bad_json_is_read_or_refused_alike(node: NodeVerifier) -> None:
    security = VECTORS / "security"
    files = [path.read_bytes() for path in sorted((security / "jsontestsuite").rglob("*.json"))]
    data = [*files, *(b'{"v":' + one + b"}" for one in files)]
    edges = (security / "generated" / "json_edge.jsonl").read_text("utf-8").splitlines()
    data += [bytes.fromhex(json.loads(line)["hex"]) for line in edges]
    for name in ("vn_letters", "vn_text_variants"):
        data += [
            line.encode()
            for line in (security / "generated" / f"{name}.jsonl").read_text("utf-8").splitlines()
        ]
    answers = agree(node, [{"ask": "parse", "data": coded(one)} for one in data])
    assert len(answers) > 600
    assert {answer.get("error") for answer in answers} >= {None, "NOT_JSON", "NOT_STRICT_JSON", "NOT_NFC"}


def _wycheproof() -> tuple[list[Question], list[Answer]]:
    groups = load(VECTORS / "wycheproof" / "testvectors_v1_ed25519_test.json")["testGroups"]
    rows = [(group["publicKey"]["pk"], test) for group in groups for test in group["tests"]]
    questions = [
        {
            "ask": "signature",
            "key": coded(bytes.fromhex(key)),
            "signature": coded(bytes.fromhex(test["sig"])),
            "message": coded(bytes.fromhex(test["msg"])),
        }
        for key, test in rows
    ]
    return questions, [{} if test["result"] == "valid" else {"error": "BAD_SIGNATURE"} for _, test in rows]


@needs_vectors
def test_every_wycheproof_signature_is_judged_as_its_source_says(node: NodeVerifier) -> None:
    questions, expected = _wycheproof()
    assert len(questions) == 151
    assert node.answers(questions) == expected


@needs_vectors
@pytest.mark.slow
def test_wycheproof_holds_in_chromium_too(browser_verifier: PageVerifier) -> None:
    questions, expected = _wycheproof()
    assert browser_verifier.answers(questions) == expected


def test_weak_and_random_keys_are_taken_or_refused_alike(node: NodeVerifier) -> None:
    prime, chance = 2**255 - 19, random.Random(new_seed())
    small = [0, 1, 2, prime - 1, prime, prime + 1, prime + 18, 2**255 - 1]
    order_8 = [0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD83D3D706A17C7]
    order_8 += [0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826]
    keys = [number | sign << 255 for number in small + order_8 for sign in (0, 1)]
    raw = [number.to_bytes(32, "little") for number in keys] + [chance.randbytes(32) for _ in range(200)]
    raw += [order.to_bytes(32, "big") for order in order_8] + [b"", bytes(31), bytes(33)]
    answers = agree(node, [{"ask": "weak", "key": coded(one)} for one in raw])
    assert {answer.get("error") for answer in answers} == {None, "KEY_WEAK"}


@needs_vectors
def test_every_public_note_and_key_is_judged_alike(node: NodeVerifier) -> None:
    folder = VECTORS / "tlog" / "signed-note"
    notes, keys = load(folder / "notes.json"), load(folder / "vkeys-witness-network.json")
    questions = [
        {"ask": "note", "data": coded(case["note"].encode()), "vkeys": case["vkeys"]} for case in notes
    ]
    answers = agree(node, questions + [{"ask": "vkey", "text": key} for key in keys])
    assert [sorted(set(answer.get("names", []))) for answer in answers[: len(notes)]] == [
        sorted(case["signers"]) if case["valid"] else [] for case in notes
    ]
    assert [answer.get("text") for answer in answers[len(notes) :]] == keys


@needs_vectors
@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_every_public_proof_of_a_tree_is_judged_alike(node: NodeVerifier, kind: str) -> None:
    cases = [load(path) for path in sorted((VECTORS / "tlog" / "rfc6962" / kind).rglob("*.json"))]
    answers = agree(node, [_proof_question(kind, case) for case in cases])
    assert len(cases) == 49
    assert [bool(answer) for answer in answers] == [case["wantErr"] for case in cases]


def _proof_question(kind: str, case: dict[str, object]) -> Question:
    proof = case["proof"] or []
    if kind == "inclusion":
        place = {"index": str(case["leafIdx"]), "size": str(case["treeSize"])}
        return {
            "ask": kind,
            **place,
            "leaf": case["leafHash"] or "",
            "proof": proof,
            "root": case["root"] or "",
        }
    sizes = {"old": str(case["size1"]), "size": str(case["size2"])}
    roots = {"old_root": case["root1"] or "", "new_root": case["root2"] or ""}
    return {"ask": kind, **sizes, **roots, "proof": proof}


def test_the_root_of_every_small_list_is_the_same(node: NodeVerifier) -> None:
    leaves = [coded(bytes([number])) for number in range(70)]
    agree(node, [{"ask": "root", "leaves": leaves[:size]} for size in range(70)])


def test_chains_end_at_the_same_limits(node: NodeVerifier) -> None:
    """64 levels, and a record that links to more missing ones than are told one by one."""
    village = Village().issue_all()
    deep = endless(village, 70, linked=lambda number: range(number - 1, number) if number else range(0))
    wide = endless(village, 130, linked=lambda number: range(number) if number == 129 else range(0))
    questions = [Mutants(1).base()]
    for row, kept in ((deep, deep), (deep[:64], deep), (deep[:65], deep), (wide, [])):
        records = {item.envelope.id: coded(item.data) for item in kept}
        asked = {
            "ask": "verify",
            "kind": "record",
            "input": coded(row[-1].data),
            "at": "2026-11-22T08:00:00Z",
        }
        questions.append({**asked, "context": "village", "changes": {"records": records}})
    answers = agree(node, questions)[1:]
    assert ["LINK_CYCLE" in answer["reasons"] for answer in answers] == [True, False, True, False]


# --- Where WebCrypto lacks Ed25519 -----------------------------------------------------------------------


def test_without_ed25519_there_is_no_verdict(node: NodeVerifier, drawn: Drawn) -> None:
    """Not even an invalid one: nothing is known of the signature."""
    (answer,) = NodeVerifier(FOLDER, "--without-ed25519").answers(drawn.questions[:1])
    assert "cannot check Ed25519" in answer["crash"]


@needs_vectors
def test_a_library_takes_the_place_of_webcrypto(node: NodeVerifier, drawn: Drawn) -> None:
    require_peers()
    library = (PEERS / "node_modules" / "@noble" / "ed25519" / "index.js").as_uri()
    verifier, first = NodeVerifier(FOLDER, "--without-ed25519"), {"ask": "fallback", "url": library}
    questions, expected = _wycheproof()
    assert verifier.answers([first, *questions])[1:] == expected
    # The library is slower by two orders of magnitude, so a part of the mutants must do.
    part = drawn.questions[:120]
    assert not disagreements(part, drawn.expected[:120], verifier.answers([first, *part])[1:])


# --- The files -------------------------------------------------------------------------------------------


def test_every_code_is_one_of_the_librarys(node: NodeVerifier) -> None:
    (answer,) = node.answers([{"ask": "reasons"}])
    assert set(answer["reasons"]) <= {reason.value for reason in Reason}


def test_every_limit_is_the_librarys() -> None:
    text = (FOLDER / "limits.js").read_text("utf-8")
    found = dict(re.findall(r"export const ([A-Z0-9_]+) = ([0-9_]+);", text))
    days = dict(re.findall(r"export const ([A-Z0-9_]+) = (?:(\d+)n \* )?DAY;", text))
    assert len(found) >= 15
    assert {name: int(value.replace("_", "")) for name, value in found.items()} == {
        name: getattr(limits, name) for name in found
    }
    assert {name: int(value or 1) for name, value in days.items()} == {
        name: getattr(limits, name).days for name in days
    }


def test_modules_are_short_and_ask_nobody() -> None:
    """No module loads anything but its neighbours, runs text, or draws."""
    for path in MODULES:
        text = path.read_text("utf-8")
        code = re.sub(r"(?s)/\*.*?\*/", "", text)
        assert len(text.splitlines()) <= 300, path.name
        assert text.startswith("/**"), path.name
        assert set(re.findall(r"from '([^']*)'", code)) <= {f"./{other.name}" for other in MODULES}, path.name
        forbidden = r"\b(eval|Function|fetch|import)\s*\(|\b(XMLHttpRequest|document\.write|innerHTML)\b"
        assert not re.search(forbidden, code), path.name


def test_every_module_is_reached_from_the_front_door() -> None:
    reached, waiting = set[str](), ["index.js"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += re.findall(r"from '\./([^']*)';", (FOLDER / name).read_text("utf-8"))
    assert reached == {path.name for path in MODULES}


def test_modules_are_served_as_scripts_of_our_own(client: FlaskClient) -> None:
    """Browsers run no module of another type, and our policy takes scripts from our own site alone."""
    for path in MODULES:
        with client.get(f"/static/verifier/{path.name}") as response:
            assert response.mimetype == "text/javascript"
            assert "script-src 'self'" in response.headers["Content-Security-Policy"]
            assert response.headers["X-Content-Type-Options"] == "nosniff"
