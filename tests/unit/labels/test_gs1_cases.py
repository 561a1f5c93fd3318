"""GS1's own parse and generate cases against the label's grammar.

We take the keys 01, 10 and 21 in a path without stem, and nothing else of GS1 Digital Link. Each case that
GS1 takes and we refuse falls under an exception of the tables below, each with its reason; each exception is
needed; and what neither the tables nor GS1 refuse is read with GS1's very meaning.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from traceability.errors import Reason, Refused, Unreadable
from traceability.labels.code import LabelCode, parse

VECTORS = Path(__file__).parents[3] / ".." / "shared" / "vectors" / "gs1dl"
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason="the shared GS1 cases are absent")


def load(name: str, member: str) -> Any:
    path = VECTORS / name
    return json.loads(path.read_text("utf-8"))[member] if path.is_file() else []


PARSED = load("parse_uri.json", "cases")
GENERATED = load("generate_uri.json", "cases")
VALID = [case for case in PARSED if case["valid"]]
INVALID = list(dict.fromkeys(case["uri"] for case in PARSED if not case["valid"]))
LOT: Final = re.compile(r"/01/\d{14}/10/([^/?#]+)")

# --- The exceptions: what GS1 takes and we refuse, by what can be seen of the link, and why -------------

EXCEPTIONS: Final = {
    "host": (
        r"(?i)https?://(?:[^/]{1,3}|[^/]*\.|[\d.]+|\[.*?\])/",
        "a host of ours is a DNS name of four characters or more: no IP address, no trailing dot",
    ),
    "other key": (
        r"(?i)https?://[^?]*/(?:00|253|401|8004|8010)/",
        "a label names a product: parcels, documents and assets are not ours",
    ),
    "alphabetic key": (
        r"/(?:sscc|gtin)/",
        "alphabetic names are gone from the standard since 1.2; the engine takes them by a flag",
    ),
    "stem": (
        r"(?i)https?://[^/]+/(?!\d+/)[^?]+/\d+/",
        "the path of a label begins with its key; only /S/<seal> may stand before it",
    ),
    "short GTIN": (
        r"/01/(?!\d{14}(?:\W|$))",
        "a GTIN has 14 digits in the link; shorter ones have two spellings",
    ),
    "other qualifier": (r"/(?:22|235)/", "a lot and a serial say all that a label of ours says"),
    "query": (r"\?", "what is not signed must not be read: data attributes stand in the passport"),
    "fragment": (r"#", "one code has one spelling"),
}
GENERATE_EXCEPTIONS: Final = {
    "serial without lot": (r"^\(01\)\d{14}\(21\)", "a serial of ours belongs to a lot"),
    "other AI": (r"\((?!01\)|10\)|21\))", "a label carries the keys 01, 10 and 21 and nothing else"),
}


def exceptions(text: str, table: dict[str, tuple[str, str]] = EXCEPTIONS) -> set[str]:
    """Gives the names of all exceptions that a case falls under."""
    return {name for name, (pattern, _) in table.items() if re.search(pattern, text)}


def elements(code: LabelCode) -> str:
    """Gives a code's AI element string as GS1's engine writes it, with `^` for FNC1."""
    lot = f"10{code.lot}" if code.lot is not None else ""
    serial = f"^21{code.serial}" if code.serial is not None else ""
    return f"^01{code.gtin}{lot}{serial}"


def on_a_host_of_ours(uri: str) -> str:
    """Gives a case under a host that we take, so that it is judged by its path."""
    return re.sub(r"(?i)^https?://(?:[^/]{1,3}|[\d.]+|\[.*?\])/", "https://id.example/", uri)


def is_refused(uri: str) -> bool:
    try:
        parse(uri)
    except Unreadable as error:
        return error.code is Reason.BAD_LABEL
    return False


# --- Parsing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("uri", INVALID)
def test_what_gs1_refuses_we_refuse(uri: str) -> None:
    assert is_refused(uri)
    assert is_refused(on_a_host_of_ours(uri))


@pytest.mark.parametrize("case", VALID, ids=lambda case: case["uri"])
def test_what_gs1_takes_is_read_with_its_meaning_or_falls_under_an_exception(case: dict[str, Any]) -> None:
    for uri in (case["uri"], on_a_host_of_ours(case["uri"])):
        if exceptions(uri):
            assert is_refused(uri), exceptions(uri)
        else:
            assert elements(parse(uri)) == case["expect_element_string"]


def test_the_cases_that_are_read_are_these() -> None:
    uris = dict.fromkeys(on_a_host_of_ours(case["uri"]) for case in VALID)
    assert [uri for uri in uris if not is_refused(uri)] == [
        "https://id.example/01/12312312312333",
        "https://id.gs1.org/01/09520123456788",
    ]


ALONE: Final = {
    "host": "https://192.0.2.1/01/12312312312333",
    "other key": "https://id.example/253/1231231231232",
    "alphabetic key": "https://id.example/gtin/12312312312333",
    "stem": "https://id.example/stem/01/12312312312333",
    "short GTIN": "https://id.example/01/9520123456788",
    "other qualifier": "https://id.example/01/12312312312333/22/TEST",
    "query": "https://id.example/01/12312312312333?99=ABC",
    "fragment": "https://id.example/01/12312312312333#fragment",
}


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_each_exception_is_met_by_a_case_and_by_itself_makes_us_refuse(name: str) -> None:
    assert any(name in exceptions(case["uri"]) for case in VALID)
    assert exceptions(ALONE[name]) == {name}
    assert is_refused(ALONE[name])


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://id.example/01/09520123456788/10/ABC1/21/12345", "^010952012345678810ABC1^2112345"),
        ("https://id.example/01/12312312312333/10/ABC/21/XYZ", "^011231231231233310ABC^21XYZ"),
        ("https://id.example/01/12312312312333/10/ABC", "^011231231231233310ABC"),
    ],
)
def test_lot_and_serial_have_gs1s_meaning(uri: str, expected: str) -> None:
    """Cases of GS1 without what makes them exceptions: the qualifier 22, the query."""
    assert elements(parse(uri)) == expected


def test_the_one_liberty_is_that_letters_are_read_as_capitals() -> None:
    """To GS1 `abc` and `ABC` are two lots. Ours are issued in capitals only, so no other lot can be meant."""
    code = parse("https://id.example/01/12312312312333/10/abc/21/xyz")
    assert elements(code) == "^011231231231233310ABC^21XYZ"
    with pytest.raises(Refused):
        LabelCode("ID.EXAMPLE", gtin="12312312312333", lot="abc")


@pytest.mark.parametrize(
    "uri",
    [
        "https://id.example/21/XYZ/01/12312312312333",
        "https://id.example/01/12312312312333/21/XYZ/10/ABC",
        "https://id.example/01/12312312312333/10/ABC/10/ABC",
        "https://id.example/01/12312312312333/01/09520123456788",
        "https://id.example/01/12312312312334",
        "https://id.example/01/12312312312333/10/",
        "https://id.example/01/12312312312333/10/%41BC",
        "https://id.example/01/12312312312333/10/A/B",
    ],
)
def test_a_link_that_two_readers_could_take_for_two_things_is_refused(uri: str) -> None:
    assert is_refused(uri)


# --- Generating -----------------------------------------------------------------------------------------


def build(case: dict[str, Any]) -> LabelCode:
    """Builds a case's code out of its AIs and the host of its stem.

    Raises:
        KeyError: for an AI that a label has no place for, or one that stands twice.
        Refused: for values that make no code.
    """
    fields = {"01": "gtin", "10": "lot", "21": "serial"}
    pairs = re.findall(r"\((\d+)\)([^(]*)", case["ai_data"])
    if len(dict(pairs)) != len(pairs):
        raise KeyError("twice")
    values = {fields[ai]: value.upper() for ai, value in pairs}
    host = case["stem"].removeprefix("https://").rstrip("/").upper()
    return LabelCode(host, **values)


@pytest.mark.parametrize("case", GENERATED, ids=[str(number) for number, _ in enumerate(GENERATED)])
def test_a_code_is_written_as_gs1_writes_it_or_not_at_all(case: dict[str, Any]) -> None:
    if not case["valid"] or exceptions(case["ai_data"], GENERATE_EXCEPTIONS):
        with pytest.raises((Refused, KeyError)):
            build(case)
    else:
        assert build(case).to_uri() == case["expect_uri"].upper()


def test_the_cases_that_are_written_are_these() -> None:
    written = [
        case["expect_uri"]
        for case in GENERATED
        if case["valid"] and not exceptions(case["ai_data"], GENERATE_EXCEPTIONS)
    ]
    assert written == ["https://example.com/01/12312312312326"]


@pytest.mark.parametrize("name", GENERATE_EXCEPTIONS)
def test_each_exception_to_writing_is_needed(name: str) -> None:
    found = [exceptions(case["ai_data"], GENERATE_EXCEPTIONS) for case in GENERATED if case["valid"]]
    assert {name} in found


def test_a_gtin_with_a_wrong_check_digit_is_not_written() -> None:
    (case,) = load("linters.json", "linters")["csum"]
    with pytest.raises(Refused):
        LabelCode("ID.EXAMPLE", gtin=case["in"])


def test_the_order_of_lot_and_serial_is_the_dictionarys() -> None:
    lines = (VECTORS / "gs1-syntax-dictionary.txt").read_text("utf-8").splitlines()
    (gtin,) = (line for line in lines if line.startswith("01 "))
    order = re.search(r"dlpkey=([\d,]+)", gtin)
    assert order is not None
    assert [ai for ai in order[1].split(",") if ai in {"10", "21"}] == ["10", "21"]
    written = LabelCode("ID.EXAMPLE", gtin="12312312312333", lot="L", serial="S").to_uri()
    assert re.findall(r"/(10|21)/", written) == ["10", "21"]
