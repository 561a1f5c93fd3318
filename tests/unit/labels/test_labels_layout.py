"""Laying out: what stands on a label, that nothing touches anything else, and what is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulators.printed import lot
from traceability.errors import Reason, Refused
from traceability.labels.font import Cut, open_typeface
from traceability.labels.layout import plan_label
from traceability.labels.presets import PRESETS, LabelForm, find_preset
from traceability.labels.qr import QUIET_ZONE
from traceability.labels.wording import LabelWords

NAME = "Bình gốm men rạn vẽ lam hoa sen, cao 32 cm"
NOTE = "Dữ liệu mẫu / Demo data: a camera app cannot open a sample address"
CHECKER = "https://kiem-tra.example/verify"
VIETNAMESE = "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵđ"
SEALED = lot(1)[0]
FORMS = [preset.form for preset in PRESETS.values()]

every_preset = pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))


def shown(plan):
    return [line.text for line in plan.lines]


def boxes(plan):
    """The lines as boxes: left, top of small letters with a mark, right, baseline."""
    for line in plan.lines:
        width = open_typeface(line.cut).width(line.text) * line.size
        yield line.x, line.baseline - 0.8 * line.size, line.x + width, line.baseline


def demand_order(plan, form):
    """Nothing leaves the label's inset, no line touches another or the quiet zone of the code."""
    inset, count = form.inset_mm * form.dots_per_mm, len(plan.modules)
    quiet, ink = QUIET_ZONE * plan.module, count * plan.module
    assert plan.qr_x >= quiet
    assert quiet <= plan.qr_y <= form.height_dots - ink - quiet
    placed = list(boxes(plan))
    for left, top, right, bottom in placed:
        assert left >= inset - 1
        assert right <= form.width_dots - inset + 1
        assert top >= 0
        assert bottom <= form.height_dots - inset
        beside = left >= plan.qr_x + ink + quiet - 1
        over_or_under = bottom <= plan.qr_y - quiet + 1 or top >= plan.qr_y + ink + quiet - 1
        assert beside or over_or_under
    for at, (left, top, right, bottom) in enumerate(placed):
        for other_left, other_top, other_right, other_bottom in placed[at + 1 :]:
            apart_x = right <= other_left or other_right <= left
            assert apart_x or bottom <= other_top or other_bottom <= top


@every_preset
@pytest.mark.parametrize("note", ["", NOTE], ids=["plain", "with a note"])
@pytest.mark.parametrize("product", ["Nón lá", NAME, "Ả" * 60, "Khăn " * 40], ids=len)
def test_everything_has_its_place(preset, product, note):
    plan = plan_label(SEALED, LabelWords(product, note, CHECKER), preset.form)
    demand_order(plan, preset.form)
    text = " ".join(shown(plan))
    assert "GOM-2026-1" in text
    assert f"{SEALED.serial[:4]} {SEALED.serial[4:8]} {SEALED.serial[8:]}" in text
    assert "Quét để kiểm tra" in text
    assert "Scan to check" in text
    assert "langnghe-hn1.example" in text
    assert note in text
    assert ("Kiểm tra độc lập" in text) == (preset.name == "tag")


@settings(max_examples=60, deadline=None)
@given(
    form=st.sampled_from(FORMS),
    product=st.text(st.sampled_from(VIETNAMESE + VIETNAMESE.upper() + " -,"), min_size=1, max_size=200),
    note=st.sampled_from(["", NOTE]),
    host=st.integers(4, 32),
)
def test_any_words_find_their_place(form, product, note, host):
    code = lot(1, host="A" * host)[0]
    demand_order(plan_label(code, LabelWords(f"A{product}"[:200], note, CHECKER), form), form)


@every_preset
def test_the_longest_host_stands_whole_or_is_refused(preset):
    """It takes 53 modules; the host is never shortened."""
    host = "LANGNGHE.GOM-SU-BAT-TRANG.HOP-TAC-XA-THU-CONG-MY-NGHE.EXAMPLE"
    plan = plan_label(lot(1, host=host)[0], LabelWords("Bình gốm"), preset.form)
    assert len(plan.modules) == 53
    demand_order(plan, preset.form)
    assert host.lower() in "".join(shown(plan))


@every_preset
def test_modules_have_whole_dots_and_a_third_of_a_millimetre(preset):
    plan = plan_label(SEALED, LabelWords(NAME), preset.form)
    assert (len(plan.modules), type(plan.module)) == (49, int)
    assert 0.33 <= plan.module / preset.form.dots_per_mm <= 0.68


@every_preset
def test_all_labels_of_a_lot_look_alike(preset):
    plans = [plan_label(code, LabelWords(NAME), preset.form) for code in lot(40)]
    assert len({tuple((line.x, line.baseline) for line in plan.lines) for plan in plans}) == 1
    assert len({(plan.module, plan.qr_x, plan.qr_y) for plan in plans}) == 1


@every_preset
def test_the_number_of_a_label_stands_behind_its_lot(preset):
    words = LabelWords(NAME, NOTE, CHECKER)
    plans = [plan_label(SEALED, words, preset.form, number=number) for number in (1, 17, 999, 50_000)]
    for plan, number in zip(plans, ("1", "17", "999", "50000"), strict=True):
        demand_order(plan, preset.form)
        assert any(text.endswith(f"GOM-2026-1 · № {number}") for text in shown(plan))
    assert len({tuple((line.x, line.baseline, line.size) for line in plan.lines) for plan in plans[:3]}) == 1


def test_a_name_that_fits_is_not_shortened():
    for preset in PRESETS.values():
        text = " ".join(shown(plan_label(SEALED, LabelWords(NAME), preset.form)))
        assert NAME in text
        assert "…" not in text


@pytest.mark.parametrize("name", ["Gô\u0302\u0301m", "Gốm Bát Tràng men rạn"], ids=["apart", "composed"])
def test_a_shortened_name_keeps_whole_letters(name):
    typeface = open_typeface(Cut.SEMIBOLD)
    whole = typeface.width(name)
    for part in range(1, 20):
        kept = typeface.shorten(name, whole * part / 20).removesuffix("…")
        assert name.startswith(kept)
        assert not name[len(kept) :][:1] or not "\u0300" <= name[len(kept)] <= "\u036f"


def test_a_code_without_lot_and_serial_says_less():
    code = SEALED.without_seal()
    plain = type(code)(code.host, gtin=code.gtin)
    text = " ".join(shown(plan_label(plain, LabelWords("Bình"), find_preset("a4-24").form)))
    assert text == "Bình Quét để kiểm tra / Scan to check langnghe-hn1.example"


@pytest.mark.parametrize(
    "words",
    [
        {"product": "  "},
        {"product": "a" * 201},
        {"product": "Bình\nGốm"},
        {"product": "Bình", "note": "n" * 201},
        {"product": "Bình", "checker": "c\u202e"},
    ],
    ids=["no name", "long name", "two lines", "long note", "turned"],
)
def test_words_that_cannot_be_printed_are_refused(words):
    with pytest.raises(Refused) as caught:
        LabelWords(**words)
    assert caught.value.code is Reason.BAD_VALUE


@pytest.mark.parametrize("product", ["Bình 🏺", "陶器"])
def test_letters_that_the_typeface_lacks_are_refused(product):
    with pytest.raises(Refused, match="no letter"):
        plan_label(SEALED, LabelWords(product), find_preset("a4-24").form)


def test_a_note_that_leaves_no_room_is_refused():
    with pytest.raises(Refused, match="the words do not fit"):
        plan_label(SEALED, LabelWords("Bình", "WWWWWWWWW " * 20), find_preset("a4-65").form)


def test_a_form_too_small_for_a_sealed_code_is_refused():
    small = LabelForm(
        width_mm=30,
        height_mm=18,
        dots_per_mm=8,
        module_max_mm=0.38,
        inset_mm=1,
        name_pt=6,
        text_pt=5,
        small_pt=5,
    )
    with pytest.raises(Refused, match="49 modules"):
        plan_label(SEALED, LabelWords("Bình"), small)


def test_an_unknown_preset_is_refused_with_those_that_there_are():
    with pytest.raises(Refused, match="a4-24, a4-40, a4-65, tag, 40x30-203"):
        find_preset("a4-23")
