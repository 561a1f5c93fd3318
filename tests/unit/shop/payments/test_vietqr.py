"""VietQR: what others print is read or refused as they say, and what is written reads back byte for byte."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.errors import BadInput
from shop.money import Dong
from shop.payments.vietqr import Transfer, checksum, purpose_of, read_transfer, transfer_text
from tests.conftest import VECTORS

FOLDER = VECTORS / "vietqr"
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason=f"no vectors in {FOLDER}")


def cases(name: str) -> list[Any]:
    path = FOLDER / name
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return found if isinstance(found, list) else found.get("vectors") or found["examples"]


VALID = [case for case in cases("valid.json") if not case.get("policy")]
EXAMPLES = cases("napas_spec_examples.json")
WRONG = [
    *(case["payload"] for case in cases("invalid.json")),
    *(case["payload"] for case in EXAMPLES if not case["accept"]),
    *(case["payload"] for case in cases("valid.json") if case.get("policy")),
]


@pytest.mark.parametrize("case", VALID, ids=lambda case: case["payload"][-4:])
def test_printed_payload_gives_its_fields(case: dict[str, Any]) -> None:
    found, wanted = read_transfer(case["payload"]), case["fields"]
    amount = str(found.amount.amount) if found.amount is not None else None
    assert (found.bin, found.account, amount) == (wanted["bin"], wanted["account"], wanted.get("amount"))
    more = {"01": found.bill, "05": found.reference, "08": found.purpose}
    assert {key: words for key, words in more.items() if words} == wanted.get("additional", {})
    assert found.is_dynamic is (wanted["initiation"] == "12")
    assert found.is_card is (wanted["service"] == "QRIBFTTC")


@pytest.mark.parametrize(
    "payload",
    sorted(
        {case["payload"] for case in VALID if "note" not in case}
        | {case["payload"] for case in EXAMPLES if case["accept"]}
    ),
    ids=lambda payload: payload[-4:],
)
def test_written_again_it_is_the_same_byte_for_byte(payload: str) -> None:
    assert transfer_text(read_transfer(payload)) == payload


@pytest.mark.parametrize("payload", WRONG, ids=lambda payload: payload[-4:])
def test_what_is_wrong_inside_is_refused(payload: str) -> None:
    with pytest.raises(BadInput, match=r".") as caught:
        read_transfer(payload)
    assert caught.value.code == "BAD_VIETQR"


@pytest.mark.parametrize("case", cases("crc_vectors.json"), ids=lambda case: case["crc"])
def test_checksum_has_its_leading_zeros(case: dict[str, str]) -> None:
    assert checksum(case["data"]) == case["crc"]


def test_a_known_transfer_is_written_as_three_libraries_write_it() -> None:
    transfer = Transfer("970415", "113366668888", Dong(350_000), "Thanh toan don hang")
    assert transfer_text(transfer) == (
        "00020101021238560010A0000007270126000697041501121133666688880208QRIBFTTA"
        "530370454063500005802VN62230819Thanh toan don hang6304B3FF"
    )


WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=25)
TRANSFERS = st.builds(
    Transfer,
    bin=st.from_regex(r"\A[0-9]{6}\Z"),
    account=st.from_regex(r"\A[0-9A-Za-z]{1,19}\Z"),
    amount=st.none() | st.builds(Dong, st.integers(1, 499_999_999)),
    purpose=WORDS,
    bill=WORDS,
    reference=WORDS,
    is_dynamic=st.booleans(),
    is_card=st.booleans(),
)


@given(TRANSFERS)
def test_what_is_written_reads_back(transfer: Transfer) -> None:
    assert read_transfer(transfer_text(transfer)) == transfer


@given(TRANSFERS, st.data())
def test_one_changed_character_is_refused(transfer: Transfer, data: st.DataObject) -> None:
    text = transfer_text(transfer)
    at = data.draw(st.integers(0, len(text) - 1))
    printable = st.characters(min_codepoint=32, max_codepoint=126)
    other = data.draw(printable.filter(lambda char: char != text[at]))
    with pytest.raises(BadInput):
        read_transfer(text[:at] + other + text[at + 1 :])


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read_transfer(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"bin": "97041"},
        {"account": "1" * 20},
        {"account": ""},
        {"amount": Dong(0)},
        {"amount": Dong(500_000_000)},
        {"purpose": "x" * 26},
        {"purpose": "đồng"},
        {"purpose": " x"},
        {"reference": "a\nb"},
    ],
    ids=str,
)
def test_what_no_bank_takes_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        Transfer(**({"bin": "970415", "account": "113366668888"} | wrong))


@given(st.text(max_size=60))
def test_any_words_become_a_purpose(words: str) -> None:
    purpose = purpose_of(words)
    assert Transfer("970415", "1", purpose=purpose).purpose == purpose


def test_a_purpose_loses_its_marks_and_no_letters() -> None:
    assert purpose_of("Đơn hàng LN7K3Q9D – gốm") == "Don hang LN7K3Q9D gom"
