"""Tables are read as people save them, told wrong row by row, and written without formulas."""

import csv
import io
import json
import unicodedata

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from shop.csv_tables import (
    CELL_MAX_CHARS,
    TABLE_MAX_BYTES,
    TABLE_MAX_ROWS,
    Column,
    Mistake,
    read_table,
    write_table,
)
from shop.errors import BadInput
from tests.conftest import VECTORS

INJECTION = VECTORS / "security" / "generated" / "csv_injection.jsonl"
NAUGHTY = VECTORS / "security" / "blns" / "blns.json"
COLUMNS = (
    Column("name", "Tên sản phẩm", "Product name"),
    Column("note", "Ghi chú", "Note", is_required=False),
)
TRIGGERS = tuple("=+-@\t\r\n＝＋－＠−﹢﹣﹦﹫")
TEXT = "Tên sản phẩm;Ghi chú\r\nĐĩa gốm;men lam\r\n"


def cells(data, columns=COLUMNS):
    table = read_table(data, columns)
    assert not table.mistakes
    return [tuple(row.cells.values()) for row in table.rows]


def code(data, columns=COLUMNS):
    with pytest.raises(BadInput) as caught:
        read_table(data, columns)
    return caught.value.code


def told(data):
    try:
        read_table(data, COLUMNS)
    except BadInput as error:
        return error.code
    return None


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_each_form_that_spreadsheets_save_is_read(delimiter, encoding, end):
    data = TEXT.replace(";", delimiter).replace("\r\n", end).encode(encoding)
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    assert cells(mark + data) == [("Đĩa gốm", "men lam")]


@pytest.mark.parametrize(
    "headings",
    [
        "Tên sản phẩm,Ghi chú",
        "ten san pham,GHI CHU",
        "Product name,Note",
        "name,note",
        ' "TÊN  sản_phẩm" ,note',
    ],
)
def test_headings_are_known_in_both_languages(headings):
    headings = headings.replace(' "', '"').replace('" ', '"')
    assert cells(f"{headings}\nA,b\n".encode()) == [("A", "b")]


def test_columns_stand_in_any_order_and_one_may_be_missing():
    assert cells("Ghi chú,Tên sản phẩm\nb,A".encode()) == [("A", "b")]
    assert cells("Tên sản phẩm\nA".encode()) == [("A", "")]


def test_headings_that_name_no_column_are_told():
    assert read_table("name,giá,\nA,1,\n".encode(), COLUMNS).ignored == ("giá",)


def test_a_row_is_known_by_the_line_at_which_it_begins():
    table = read_table(b'name,note\r\n"A","x\r\ny"\r\n,,\r\n\r\nB,z\r\n', COLUMNS)
    assert [(row.line, row.cells["note"]) for row in table.rows] == [(2, "x\r\ny"), (6, "z")]


def test_text_is_composed_and_not_trimmed():
    assert cells(unicodedata.normalize("NFD", TEXT).encode()) == [("Đĩa gốm", "men lam")]
    assert cells(b"name\n A \n") == [(" A ", "")]
    assert cells("name,note\nA;b,c\n".replace(";", "\u037e").encode()) == [("A;b", "c")]


def test_each_bad_row_is_told_and_the_others_are_read():
    long = "x" * (CELL_MAX_CHARS + 1)
    table = read_table(f"name,note\nA,\n,b\nC,d,e\nD,{long}\nE,\0\nF\n \n".encode(), COLUMNS)
    assert [row.cells["name"] for row in table.rows] == ["A", "F"]
    assert table.mistakes == (
        Mistake(3, "name", "EMPTY_CELL"),
        Mistake(4, None, "TOO_MANY_CELLS"),
        Mistake(5, "note", "CELL_TOO_LONG"),
        Mistake(6, "note", "BAD_CHARACTER"),
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "MISSING_COLUMN"),
        (b"\n\n", "MISSING_COLUMN"),
        (b"note\nA\n", "MISSING_COLUMN"),
        (b"name,name\nA,B\n", "DOUBLE_COLUMN"),
        ("name,Tên sản phẩm\nA,B\n".encode(), "DOUBLE_COLUMN"),
        (b'name\n"A', "NOT_A_TABLE"),
        (b'name\n"A"B\n', "NOT_A_TABLE"),
        (b'"name', "NOT_A_TABLE"),
        (b"name\n" + b"x" * 200_000, "NOT_A_TABLE"),
        ("Tên sản phẩm\nĐĩa".encode("cp1258", "replace"), "NOT_A_TABLE"),
        (b"\xff\xfe\x00", "NOT_A_TABLE"),
        (b"\xff\xfe\x00\xd8", "NOT_A_TABLE"),
        (b"\x89PNG\r\n\x1a\n", "NOT_A_TABLE"),
        (TEXT.encode("utf-16-le"), "NOT_A_TABLE"),
        (b"PK\x03\x04", "MISSING_COLUMN"),
        (b"name\n" + b"A\n" * (TABLE_MAX_ROWS + 1), "TABLE_TOO_LARGE"),
        (b"name\n" + b" " * TABLE_MAX_BYTES, "TABLE_TOO_LARGE"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(data, expected):
    assert code(data) == expected


def test_as_many_rows_as_may_be_are_read():
    assert len(cells(b"name\n" + b"A\n" * TABLE_MAX_ROWS)) == TABLE_MAX_ROWS


@given(st.binary(max_size=300))
@example(b'name;x\n";')
def test_any_bytes_are_read_or_refused(data):
    for file in (data, b"name," + data, b"name\n" + data):
        assert told(file) in {None, "NOT_A_TABLE", "MISSING_COLUMN", "DOUBLE_COLUMN"}


def test_what_is_written_has_a_mark_and_quotes_every_cell():
    data = write_table(COLUMNS, [{"name": 'A "1"'}], language="en")
    assert data == b'\xef\xbb\xbf"Product name","Note"\r\n"A ""1""",""\r\n'


def test_another_delimiter_is_refused():
    with pytest.raises(BadInput) as caught:
        write_table(COLUMNS, [], delimiter="|")
    assert caught.value.code == "NOT_A_TABLE"


ANY = st.text(st.characters(codec="utf-8"), max_size=20)
LIKELY = st.text(st.sampled_from("'=+-@＝−\t\r\n \"\ufeff\u200b;,a\u0338\u037e"), max_size=6)
CLEAN = st.one_of(ANY, LIKELY).map(
    lambda text: "".join(
        char
        for char in unicodedata.normalize("NFC", text)
        if char in "\t\r\n" or not ord(char) % 128 < 32 or ord(char) > 127
    ).replace("\x7f", "")
)


@given(
    st.lists(st.tuples(CLEAN, CLEAN), max_size=5),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["vi", "en"]),
)
def test_what_was_written_is_read_as_it_was(rows, delimiter, language):
    assume(all(name.strip() for name, _ in rows))
    data = write_table(
        COLUMNS, [{"name": name, "note": note} for name, note in rows], delimiter=delimiter, language=language
    )
    assert cells(data) == rows


@given(st.one_of(ANY, LIKELY))
@example("\ufeff=1")
@example("\u200b \xa0+1")
@example("''@x")
@example("\x00=1")
def test_no_written_cell_begins_as_a_formula(text):
    rows = csv.reader(io.StringIO(write_table(COLUMNS, [{"name": text}]).decode("utf-8-sig"), newline=""))
    written = list(rows)[1][0]
    seen = "".join(char for char in written if unicodedata.category(char) != "Cf").lstrip(" \xa0")
    assert not written.startswith(TRIGGERS)
    assert not seen.startswith(TRIGGERS)


@pytest.mark.parametrize("text", ["Đĩa gốm", "'", "'tis", "1-2", "a=b", "", "(=1)", "|=1", "₫", "≠1"])
def test_what_is_no_formula_is_written_as_it_is(text):
    assert f'"{text}",""\r\n'.encode() in write_table(COLUMNS, [{"name": text}])


def test_a_quote_of_a_persons_own_stays():
    assert cells(b"name\n'tis\n'=1\n''=1\n'\n") == [("'tis", ""), ("=1", ""), ("'=1", ""), ("'", "")]


@pytest.mark.skipif(not INJECTION.is_file(), reason="the shared vectors are absent")
def test_the_shared_injections_are_guarded_and_come_back():
    texts = [json.loads(line) for line in INJECTION.read_text("utf-8").splitlines()]
    data = write_table(COLUMNS, [{"name": text, "note": text} for text in texts])
    written = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert len(written) == len(texts) + 1 == 19
    assert not [cell for row in written for cell in row if cell.lstrip("\ufeff").startswith(TRIGGERS)]
    assert cells(data) == [(text, text) for text in texts]


@pytest.mark.skipif(not NAUGHTY.is_file(), reason="the shared vectors are absent")
def test_naughty_strings_come_back_or_are_told():
    texts = [text for text in json.loads(NAUGHTY.read_text("utf-8")) if text.strip()]
    table = read_table(write_table(COLUMNS, [{"name": text} for text in texts]), COLUMNS)
    assert {mistake.code for mistake in table.mistakes} <= {"BAD_CHARACTER"}
    assert len(table.rows) + len(table.mistakes) == len(texts) > 200
    kept = {unicodedata.normalize("NFC", text) for text in texts}
    assert all(row.cells["name"] in kept for row in table.rows)
