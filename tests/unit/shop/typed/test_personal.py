"""What is a person's own is found in a text; days, amounts and numbers of things are left alone."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.vn import mst

from shop.services.typed.personal import personal_in

ORDINARY = (
    "Chẻ mây, đan và cạp miệng.", "Nung 1.280 độ trong 14 giờ.", "Làm ngày 03.10.2026 05 người cùng làm",
    "Từ 09-10-2026 10 mẻ, xong 2026-10-12.", "Giá 84.912.345.678 đồng", "Tổng 1234567890 đồng",
    "Quyết định 1234/QĐ-UBND ngày 01/10/2026", "Lô 2026100101", "lô GM-0912", "GTIN 09520000000011",
    "GTIN 8934567890123", "Số nhà 12, ngõ 345, đường 427", "Xóm 3, thôn 5, xã 00577", "Làm gốm từ 1945-1975.",
    "Tem 7K2M9QXW4R00", "0,912345678 kg", "Mã HS 4602, 1401", "02-03-04-05-06", "Tỉ lệ 70 % và 30 %",
    "20 kg @ 5.000 đồng", "QCVN 12-1:2011/BYT", "08:00 đến 17:30, 12 chiếc",
)  # fmt: skip
SEEDED = (
    "ĐT 0912345678", "ĐT0912345678", "gọi 0912 345 678 nhé", "Zalo/0912.345.678", "0912-345-678",
    "+84 912 345 678", "+84912345678", "84912345678", "(024) 3874 1234", "024 3874 1234", "+33 6 12 34 56 78",
    "0 9 1 2 3 4 5 6 7 8", "09 12 34 56 78", "０９１２３４５６７８", "0912345678/0987654321",
    "CCCD 001199012345", "001 199 012 345", "số 001199012345", "CMND: 123456789", "lan@example.vn",
    "Lan.Hoa+mua @ example.com.vn", "MST 8012345678-001", "mã số thuế: 8012345678",
    "0100109106", "0100109106-001",
    "Nghệ nhân mẫu, ĐT 0987654321, xóm 3",
)  # fmt: skip
WORDS = st.lists(
    st.sampled_from(("thôn", "Đan", "gốm,", "lò", "ngày", "số", "và", "12 chiếc", "3,5 kg")), max_size=6
)


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_sentence_holds_nothing(text: str) -> None:
    assert personal_in(text) is None


@pytest.mark.parametrize("text", SEEDED)
def test_what_is_a_persons_own_is_found(text: str) -> None:
    assert personal_in(text) is not None


@given(WORDS, st.dates(), st.integers(1, 999), st.integers(1, 10**12), st.sampled_from("/.-"))
def test_days_and_amounts_are_nobodys(words, day, count, amount, separator) -> None:  # type: ignore[no-untyped-def]
    day = day.replace(year=2000 + day.year % 100)
    grouped = f"{amount:,}".replace(",", ".")
    told = separator.join((f"{day.day:02}", f"{day.month:02}", str(day.year)))
    assert personal_in(" ".join((*words, told, f"{count} chiếc", f"{grouped} đồng", day.isoformat()))) is None


@given(WORDS, st.sampled_from(("032", "056", "070", "081", "090", "099")), st.integers(0, 10**7 - 1), WORDS)
def test_any_mobile_is_found_among_words(before, prefix, rest, after) -> None:  # type: ignore[no-untyped-def]
    digits = f"{prefix}{rest:07}"
    for number in (digits, f"{digits[:4]} {digits[4:7]} {digits[7:]}", f"{digits[:4]}.{digits[4:]}"):
        assert personal_in(" ".join((*before, "ĐT", number, *after))) is not None


@given(st.integers(1, 96), st.integers(0, 10**9 - 1))
def test_any_citizen_number_is_found(province: int, rest: int) -> None:
    assert personal_in(f"bà Mẫu {province:03}{rest:09}") is not None


@given(st.integers(1, 63), st.integers(1, 10**7 - 1))
def test_any_tax_code_is_found(province: int, rest: int) -> None:
    body = f"{province:02}{rest:07}"
    digit = mst.calc_check_digit(body)
    assume(len(digit) == 1)
    assert personal_in(f"xưởng {body}{digit}-001") is not None
