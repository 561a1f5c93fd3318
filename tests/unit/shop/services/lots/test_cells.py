"""Lists in one cell: whatever was written is read back, and anything else is refused, never guessed."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shop.errors import BadInput
from shop.services.lots.cells import (
    Thing,
    read_bought,
    read_date,
    read_materials,
    read_moment,
    read_things,
    write_bought,
    write_materials,
    write_things,
)

# Single-spaced lines, as a form keeps them; with every character that has a meaning in a cell.
LINES = (
    st.text(st.sampled_from("aĐsé 1,.%;:()[]\"'=-"), max_size=12)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)
MAYBE = LINES | st.just("")
COUNTRIES = st.sampled_from(["VN", "CN"])
MATERIALS = st.fixed_dictionaries(
    {
        "name": LINES,
        "percent": st.sampled_from(["", "1", "60", "100"]),
        "origin": MAYBE,
        "country": COUNTRIES,
        "kind": st.sampled_from(["", "2508"]) | LINES.map("2508 {}".format),
    }
)
BOUGHT = st.fixed_dictionaries({"name": LINES, "supplier": MAYBE, "country": COUNTRIES | st.just("")})
THINGS = st.builds(Thing, LINES, st.sampled_from(["1", "1.200", "1,5"]), st.just("KGM"), MAYBE) | st.builds(
    Thing, LINES, supplier=MAYBE
)


@given(st.lists(MATERIALS, max_size=3))
def test_materials_are_read_back(items):
    assert read_materials(write_materials(items)) == items


@given(st.lists(BOUGHT, max_size=3))
def test_bought_in_goods_are_read_back(items):
    assert read_bought(write_bought(items)) == items


@given(st.lists(THINGS, max_size=3))
def test_amounts_are_read_back(items):
    assert read_things(write_things(items)) == items


@pytest.mark.parametrize("read", [read_materials, read_bought, read_things])
@given(text=st.text(max_size=60) | st.text(st.sampled_from('a1 ;:()[]"%VN'), max_size=30))
@example(text='"' * 5_001)
@example(text="5%" + " " * 10_000 + "(")
@example(text="a (" * 3_000)
def test_any_text_is_a_list_or_refused(read, text):
    with contextlib.suppress(BadInput):
        assert len(read(text)) <= text.count(";") + 1


def test_lists_are_read_as_people_type_them():
    assert read_materials(" 60 % Đất sét (Trúc Thôn) ;Tro trấu;") == [
        {"name": "Đất sét", "percent": "60", "origin": "Trúc Thôn", "country": "", "kind": ""},
        {"name": "Tro trấu", "percent": "", "origin": "", "country": "", "kind": ""},
    ]
    assert read_bought("Quai da (HTX Mẫu) [VN]") == [
        {"name": "Quai da", "supplier": "HTX Mẫu", "country": "VN"}
    ]
    assert read_things("Đất sét: 1,5 kg (Cô Ba); Bát (mẫu): 12 chiếc; Men:3 lít; Khung gỗ") == [
        Thing("Đất sét", "1,5", "KGM", "Cô Ba"),
        Thing("Bát (mẫu)", "12", "H87"),
        Thing("Men", "3", "LTR"),
        Thing("Khung gỗ"),
    ]


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_materials, "60%"),
        (read_materials, "60% (Trúc Thôn)"),
        (read_materials, "Đất (Trúc Thôn"),
        (read_materials, "Đất [Việt Nam]"),
        (read_materials, "Đất (a) (b)"),
        (read_materials, '""'),
        (read_materials, '"Đất'),
        (read_materials, "1000% Đất"),
        (read_bought, "(HTX Mẫu)"),
        (read_bought, "Quai da: 3"),
        (read_things, ": 3 kg"),
        (read_things, "Đất: nhiều"),
        (read_things, "Đất: -3 kg"),
        (read_things, "Đất: 3 kg 4"),
        (read_things, "Đất: ٣ kg"),
    ],
)
def test_what_is_no_list_is_refused(read, text):
    with pytest.raises(BadInput):
        read(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-11-22 08:00", "2026-11-22T08:00:00"),
        ("2026-11-22T8:05:59", "2026-11-22T08:05:00"),
        (" 22/11/2026  8:00 ", "2026-11-22T08:00:00"),
        ("03/04/2026 08:00", "2026-04-03T08:00:00"),
        ("11/22/2026 08:00", None),
        ("2026-11-22", None),
        ("2026-11-22 24:00", None),
        ("2026-11-22 08:60", None),
        ("2026-02-30 08:00", None),
        ("22/11/26 08:00", None),
        ("0001-01-01 08:00", None),
        ("46348,3333", None),
        ("", None),
    ],
)
def test_moments_have_one_meaning(text, wanted):
    found = read_moment(text)
    assert (found.isoformat() if found else None) == wanted


def test_days_are_read_day_first():
    assert [str(read_date(text)) for text in ("2026-11-22", "22/11/2026", "1.2.2026")] == [
        "2026-11-22",
        "2026-11-22",
        "2026-02-01",
    ]
    assert [read_date(text) for text in ("22/11", "2026-11-22 08:00", "2026-13-01", "hôm qua")] == [None] * 4
