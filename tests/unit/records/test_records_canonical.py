"""The strict reader and the canonical bytes: public files of bad input, public JCS pairs, our own limits."""

import json
import struct
import unicodedata
from pathlib import Path

import pytest

from traceability.errors import Reason, Unreadable
from traceability.limits import JSON_MAX_BYTES, JSON_MAX_DEPTH, JSON_MAX_INTEGER, JSON_MAX_MEMBERS
from traceability.records.canonical import canonical, digest_multibase, parse, sha256

VECTORS = Path(__file__).parents[3] / ".." / "shared" / "vectors"
SECURITY, JCS = VECTORS / "security", VECTORS / "jcs"

needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="the shared vectors are absent")


def lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def files(folder, prefix=""):
    found = sorted((SECURITY / "jsontestsuite" / folder).glob(f"{prefix}*"))
    return [pytest.param(path, id=path.stem) for path in found]


def refusal(data):
    with pytest.raises(Unreadable) as caught:
        parse(data)
    return caught.value.code


def wrapped(path):
    """Puts a file's bytes into an object, because a record is one."""
    return b'{"v":' + path.read_bytes() + b"}"


# --- Public files of good and bad JSON ------------------------------------------------------------------

# What the sources leave to the reader: a value is taken as it is, a code is how it is refused.
EDGE_POLICY = {
    "2p53": Reason.NOT_STRICT_JSON,
    "neg0": b'{"a":0}',
    "neg0f": b'{"a":0}',
    "1.0": b'{"a":1}',
    "10e-1": b'{"a":1}',
    "noncharacter": '{"a":"\ufffe\uffff"}'.encode(),
}
SUITE_POLICY = {
    "i_number_double_huge_neg_exp": b'{"v":[0]}',
    "i_number_neg_int_huge_exp": Reason.NOT_STRICT_JSON,
    "i_number_real_pos_overflow": Reason.NOT_STRICT_JSON,
    "i_number_too_big_neg_int": Reason.NOT_STRICT_JSON,
    "i_number_very_big_negative_int": Reason.NOT_STRICT_JSON,
    "i_object_key_lone_2nd_surrogate": Reason.NOT_STRICT_JSON,
    "i_string_1st_valid_surrogate_2nd_invalid": Reason.NOT_STRICT_JSON,
    "i_string_UTF8_surrogate_U+D800": Reason.NOT_JSON,
    "i_string_invalid_surrogate": Reason.NOT_STRICT_JSON,
    "i_string_lone_second_surrogate": Reason.NOT_STRICT_JSON,
    "i_string_not_in_unicode_range": Reason.NOT_JSON,
    "i_string_overlong_sequence_2_bytes": Reason.NOT_JSON,
    "i_structure_500_nested_arrays": Reason.TOO_DEEP,
    "number_-9223372036854775808": Reason.NOT_STRICT_JSON,
    "number_1.0": b'{"v":[1]}',
    "number_1.000000000000000005": b'{"v":[1]}',
    "number_1e-999": b'{"v":[0]}',
    "number_1e6": b'{"v":[1000000]}',
    "object_key_nfc_nfd": Reason.NOT_NFC,
    "object_same_key_same_value": Reason.DUPLICATE_MEMBER,
    "object_same_key_unclear_values": Reason.DUPLICATE_MEMBER,
    "string_1_escaped_invalid_codepoint": Reason.NOT_STRICT_JSON,
    "string_1_invalid_codepoint": Reason.NOT_JSON,
    "string_3_escaped_invalid_codepoints": Reason.NOT_STRICT_JSON,
    "string_3_invalid_codepoints": Reason.NOT_JSON,
}


def follow(policy, data):
    """Demands the policy: a code means refused with it, bytes mean taken and canonical in this way."""
    if isinstance(policy, Reason):
        assert refusal(data) is policy
    else:
        assert canonical(parse(data)) == policy


@needs_vectors
@pytest.mark.parametrize(
    "case", lines(SECURITY / "generated" / "json_edge.jsonl"), ids=lambda case: case["name"]
)
def test_an_edge_case_is_judged_as_its_source_says(case):
    data = bytes.fromhex(case["hex"])
    if case["expect"] == "reject":
        refusal(data)
    elif case["expect"] == "accept":
        assert parse(canonical(parse(data))) == parse(data)
    else:
        follow(EDGE_POLICY[case["name"]], data)


@needs_vectors
@pytest.mark.parametrize("path", files("test_parsing", "y_"))
def test_good_json_is_read_and_reads_back_from_its_canonical_bytes(path):
    if path.stem == "y_object_duplicated_key":
        assert refusal(wrapped(path)) is Reason.DUPLICATE_MEMBER
        return
    value = parse(wrapped(path))
    assert parse(canonical(value)) == value == json.loads(wrapped(path))


@needs_vectors
@pytest.mark.parametrize("path", files("test_parsing", "n_"))
def test_bad_json_is_refused_alone_and_inside_an_object(path):
    assert refusal(path.read_bytes()) in {Reason.NOT_JSON, Reason.NOT_STRICT_JSON, Reason.TOO_LARGE}
    assert refusal(wrapped(path)) in {Reason.NOT_JSON, Reason.NOT_STRICT_JSON, Reason.TOO_LARGE}


@needs_vectors
@pytest.mark.parametrize("path", [*files("test_parsing", "i_"), *files("test_transform")])
def test_what_json_leaves_open_follows_our_policy(path):
    follow(SUITE_POLICY[path.stem], wrapped(path))


@needs_vectors
@pytest.mark.parametrize("path", files("test_parsing", "y_"))
def test_a_root_that_is_no_object_is_refused(path):
    if path.read_bytes().lstrip()[:1] != b"{":
        assert refusal(path.read_bytes()) is Reason.NOT_STRICT_JSON


# --- Vietnamese text ------------------------------------------------------------------------------------


@needs_vectors
@pytest.mark.parametrize(
    "pair", lines(SECURITY / "generated" / "vn_letters.jsonl"), ids=lambda pair: pair["nfc"]
)
def test_a_vietnamese_letter_is_read_composed_only(pair):
    composed, split = ({"v": pair[form]} for form in ("nfc", "nfd"))
    assert parse(canonical(composed)) == composed
    if pair["nfc"] != pair["nfd"]:
        assert refusal(json.dumps(split, ensure_ascii=False).encode()) is Reason.NOT_NFC
        assert refusal(json.dumps(split).encode()) is Reason.NOT_NFC  # the same letters behind \u escapes


@needs_vectors
def test_one_name_has_one_byte_form_and_a_look_alike_another():
    """Of 220 variants, whatever spells a name in another normal form is refused; look-alikes differ."""
    for case in lines(SECURITY / "generated" / "vn_text_variants.jsonl"):
        data = json.dumps({"v": case["text"]}, ensure_ascii=False).encode()
        if unicodedata.normalize("NFC", case["text"]) != case["text"]:
            assert refusal(data) is Reason.NOT_NFC
        else:
            same = canonical(parse(data)) == canonical({"v": case["base"]})
            assert same == (case["text"] == case["base"])


def test_a_member_name_must_be_composed_too():
    assert refusal('{"a\u0301": 1}'.encode()) is Reason.NOT_NFC


# --- Our own limits -------------------------------------------------------------------------------------


def nested(depth):
    return b'{"v":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_the_largest_document_is_read_and_one_byte_more_is_not():
    padding = b" " * (JSON_MAX_BYTES - 2)
    assert parse(b"{" + padding + b"}") == {}
    assert refusal(b"{" + padding + b" }") is Reason.TOO_LARGE


def test_the_deepest_document_is_read_and_one_level_more_is_not():
    assert parse(nested(JSON_MAX_DEPTH))
    assert refusal(nested(JSON_MAX_DEPTH + 1)) is Reason.TOO_DEEP


def test_depth_that_exhausts_the_parser_is_refused_like_any_other():
    assert refusal(nested(30_000)) is Reason.TOO_DEEP


def test_the_most_members_are_read_and_one_more_is_not():
    items = ["0"] * (JSON_MAX_MEMBERS - 1)
    assert parse(('{"v":[' + ",".join(items) + "]}").encode())
    assert refusal(('{"v":[' + ",".join([*items, "0"]) + "]}").encode()) is Reason.NOT_STRICT_JSON


@pytest.mark.parametrize("number", [JSON_MAX_INTEGER, -JSON_MAX_INTEGER])
def test_the_largest_integers_are_read_and_one_more_is_not(number):
    assert parse(b'{"v":%d}' % number) == {"v": number}
    assert refusal(b'{"v":%d}' % (number + (1 if number > 0 else -1))) is Reason.NOT_STRICT_JSON


@pytest.mark.parametrize("number", ["9" * 18, "-" + "9" * 60_000, "1e400", "-1e400", "NaN", "-Infinity"])
def test_a_number_that_readers_disagree_on_is_refused(number):
    assert refusal(f'{{"v":{number}}}'.encode()) is Reason.NOT_STRICT_JSON


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'{"a":1,"\\u0061":2}', id="escaped-name"),
        pytest.param(b'{"v":[{"a":null,"b":0,"a":null}]}', id="deep-inside"),
        pytest.param(b'{"":1,"":1}', id="empty-name"),
    ],
)
def test_two_members_of_one_name_are_refused_however_they_are_spelled(data):
    assert refusal(data) is Reason.DUPLICATE_MEMBER


def test_other_encodings_than_utf_8_are_refused():
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1"):
        assert refusal('{"v":"Bát Tràng"}'.encode(encoding)) is Reason.NOT_JSON


def test_a_message_about_lone_surrogates_can_be_printed():
    with pytest.raises(Unreadable) as caught:
        parse(b'{"\\ud800":1,"\\ud800":2}')
    assert str(caught.value).encode()


# --- Canonical bytes ------------------------------------------------------------------------------------


@needs_vectors
@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_a_public_pair_gives_its_bytes(name):
    """`unicode` holds a decomposed letter, which JCS keeps and our reader refuses: it skips the reader."""
    value = {"v": json.loads((JCS / "input" / f"{name}.json").read_bytes())}
    expected = bytes.fromhex("".join((JCS / "outhex" / f"{name}.txt").read_text().split()))
    assert canonical(value) == b'{"v":' + expected + b"}"
    assert expected == (JCS / "output" / f"{name}.json").read_bytes()


@needs_vectors
def test_two_thousand_numbers_print_as_ecmascript_prints_them():
    rows = (JCS / "es6numbers-2k.txt").read_text().splitlines()
    assert len(rows) == 2_000
    for row in rows:
        bits, _, printed = row.partition(",")
        number = struct.unpack(">d", bytes.fromhex(bits.rjust(16, "0")))[0]
        assert canonical({"v": number}) == f'{{"v":{printed}}}'.encode()


def test_names_are_sorted_by_utf_16_units_not_by_code_points():
    assert canonical({"\U0001f600": 1, "\ufb01": 2}) == '{"\U0001f600":1,"\ufb01":2}'.encode()


def test_control_characters_and_no_others_are_escaped():
    assert canonical({"v": '\x00\b\t\n\f\r\x1f"\\/\x7f\u2028é'}) == (
        '{"v":"\\u0000\\b\\t\\n\\f\\r\\u001f\\"\\\\/\x7f\u2028é"}'.encode()
    )


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"v": float("nan")}, id="nan"),
        pytest.param({"v": float("inf")}, id="infinity"),
        pytest.param({"v": 2**53}, id="large-integer"),
        pytest.param({"é": 2**53}, id="large-integer-on-the-slow-path"),
        pytest.param({"v": "\ud800"}, id="lone-surrogate"),
        pytest.param({"\ud800": 1.5}, id="lone-surrogate-on-the-slow-path"),
        pytest.param({"v": b"bytes"}, id="bytes"),
        pytest.param({1: 2}, id="name-that-is-no-text"),
        pytest.param({"v": {1, 2}}, id="set"),
    ],
)
def test_what_json_cannot_hold_exactly_has_no_canonical_bytes(value):
    with pytest.raises(Unreadable) as caught:
        canonical(value)
    assert caught.value.code is Reason.NOT_STRICT_JSON


def test_a_value_that_is_too_deep_has_no_canonical_bytes():
    value = {}
    for _ in range(JSON_MAX_DEPTH):
        value = {"v": value}
    with pytest.raises(Unreadable) as caught:
        canonical(value)
    assert caught.value.code is Reason.TOO_DEEP


def test_a_value_that_contains_itself_has_no_canonical_bytes():
    value = {}
    value["v"] = value
    with pytest.raises(Unreadable):
        canonical(value)


def test_a_digest_is_the_multihash_of_sha_256():
    """The empty text's SHA-256 and its multihash are public knowledge (FIPS 180-4, multiformats)."""
    assert sha256(b"").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest_multibase(b"") == "zQmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"
