"""What templates get: words in two languages, dates, money, and addresses that keep the language."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask, render_template_string, url_for
from flask_babel import Babel, force_locale
from hypothesis import given
from hypothesis import strategies as st

from shop.money import Dong
from shop.services.storefront.values import Filters, VillageCard
from shop.services.texts import Text
from shop.web import jinja
from traceability.verdict import Check, CheckStatus


def _build() -> Flask:
    app = Flask(__name__)
    Babel(app, default_locale="vi")
    jinja.install(app)
    app.add_url_rule("/products", "storefront.products", lambda: "")
    app.add_url_rule("/records/<record_id>", "records.record", lambda record_id: record_id)
    return app


@pytest.fixture
def app() -> Iterator[Flask]:
    app = _build()
    with app.test_request_context("/products"):
        yield app


def _shown(template: str, **values: object) -> str:
    return render_template_string(template, **values)


def test_text_is_vietnamese_by_default(app: Flask) -> None:
    assert _shown("{{ text|say }}", text=Text("Gốm sứ", "Pottery")) == "Gốm sứ"


def test_text_is_english_when_asked(app: Flask) -> None:
    with force_locale("en"):
        assert _shown("{{ text|say }}", text=Text("Gốm sứ", "Pottery")) == "Pottery"


def test_missing_english_is_marked_as_vietnamese(app: Flask) -> None:
    with force_locale("en"):
        assert _shown("{{ text|say }}", text=Text("Gốm sứ")) == '<span lang="vi">Gốm sứ</span>'
        assert _shown("{{ text|plain }}", text=Text("Gốm sứ")) == "Gốm sứ"


@pytest.mark.parametrize("name", ["say", "plain"])
def test_no_text_is_nothing(app: Flask, name: str) -> None:
    assert _shown("{{ none|" + name + " }}") == ""


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize(
    "text", ["<script>x</script>", '"><img src=x onerror=x>'], ids=["element", "attribute"]
)
def test_markup_in_a_text_is_escaped(app: Flask, locale: str, text: str) -> None:
    with force_locale(locale):
        shown = _shown("{{ text|say }}{{ text|plain|link('/x') }}", text=Text(text))
    assert "<script" not in shown
    assert "<img" not in shown


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (date(2026, 11, 2), "02/11/2026", "2 November 2026"),
        (datetime(2026, 11, 1, 20, 0, tzinfo=UTC), "02/11/2026", "2 November 2026"),
        ("2026-11-02", "02/11/2026", "2 November 2026"),
        ("2025-09", "9/2025", "September 2025"),
        ("2019", "2019", "2019"),
        ("2026-13-45", "2026-13-45", "2026-13-45"),
        ("2024 (undated text)", "2024 (undated text)", "2024 (undated text)"),
        (None, "", ""),
    ],
    ids=[
        "date",
        "instant in Viet Nam",
        "ISO date",
        "ISO month",
        "year",
        "no date at all",
        "words",
        "nothing",
    ],
)
def test_day_in_both_languages(app: Flask, value: date | str | None, vi: str, en: str) -> None:
    assert _shown("{{ value|day }}", value=value) == vi
    with force_locale("en"):
        assert _shown("{{ value|day }}", value=value) == en


@given(st.text(max_size=12))
def test_any_words_may_stand_for_a_day(text: str) -> None:
    with _build().test_request_context("/"):
        assert isinstance(jinja.day(text), str)


@pytest.mark.parametrize("price", [Dong(1250000), 1250000], ids=["dong", "number"])
def test_money_is_grouped_as_the_language_does(app: Flask, price: object) -> None:
    assert _shown("{{ price|dong }}", price=price) == "1.250.000\N{NO-BREAK SPACE}₫"
    with force_locale("en"):
        assert _shown("{{ price|dong }}", price=price) == "1,250,000\N{NO-BREAK SPACE}₫"


def test_moment_is_vietnamese_time(app: Flask) -> None:
    assert _shown("{{ at|moment }}", at=datetime(2026, 11, 10, 20, 11, tzinfo=UTC)) == "11/11/2026 03:11"


@pytest.mark.parametrize(("key", "drawing"), [("silk", "silk"), ("../secret", "craft"), ("", "craft")])
def test_only_drawings_that_exist_are_named(app: Flask, key: str, drawing: str) -> None:
    assert _shown("{{ key|motif }}", key=key) == drawing


def test_same_thing_always_wears_the_same_cut_of_a_drawing() -> None:
    cuts = [jinja.cut(f"product-{number}") for number in range(60)]
    assert cuts == [jinja.cut(f"product-{number}") for number in range(60)]
    assert set(cuts) == set(range(6))


@pytest.mark.parametrize(
    ("unit", "en"),
    [
        ("Xã Bát Tràng", '<span lang="vi">Xã Bát Tràng</span> (commune)'),
        ("Phường Tây Hồ", '<span lang="vi">Phường Tây Hồ</span> (ward)'),
        ("Thị xã Sơn Tây", '<span lang="vi">Thị xã Sơn Tây</span> (town)'),
        ("Xãlạ", '<span lang="vi">Xãlạ</span>'),
        ("", '<span lang="vi"></span>'),
        ("<b>", '<span lang="vi">&lt;b&gt;</span>'),
    ],
    ids=["commune", "ward", "town", "no kind", "nothing", "markup"],
)
def test_english_says_what_kind_of_unit_it_is(app: Flask, unit: str, en: str) -> None:
    with force_locale("en"):
        assert _shown("{{ unit|gloss }}", unit=unit) == en


def test_vietnamese_needs_no_gloss(app: Flask) -> None:
    assert _shown("{{ unit|gloss }}", unit="Xã Bát Tràng") == "Xã Bát Tràng"


def test_villages_stand_by_name_accents_aside() -> None:
    cards = [VillageCard(name, name, Text(""), "", "", 0) for name in ("Đa Sỹ", "Ngũ Xã", "Bát Tràng", "Ước")]
    assert [card.name for card in jinja.by_name(cards)] == ["Bát Tràng", "Đa Sỹ", "Ngũ Xã", "Ước"]


@pytest.mark.parametrize(
    ("other", "is_shown"),
    [("làng Chuông", False), ("Chuông", False), ("Làng chuông", False), ("Phương Trung", True)],
)
def test_only_names_that_say_more_are_other_names(other: str, is_shown: bool) -> None:
    assert bool(jinja.other_names((Text(other),), "Chuông")) == is_shown


def test_checks_stand_under_their_step(app: Flask) -> None:
    checks = tuple(
        Check(key, CheckStatus.PASSED, "") for key in ("1-parse", "2-label", "2-label", "7-status")
    )
    assert [(step, len(found)) for step, found in jinja.steps(checks)] == [
        ("1", 1),
        ("2", 2),
        ("7", 1),
    ]


def test_label_path_drops_the_host(app: Flask) -> None:
    assert jinja.label_path("HTTPS://DEMO.LANGNGHE.EXAMPLE/P/BT01/10/A/21/B") == "/P/BT01/10/A/21/B"


def test_filters_that_ask_for_nothing_leave_no_trace(app: Flask) -> None:
    assert jinja.products_url(Filters()) == "/products"
    assert jinja.products_url(Filters(min_price=1, max_price=9)) == "/products?min=1&max=9"
    assert jinja.products_url(Filters(village="bat-trang", page=3), page=1) == "/products?village=bat-trang"


def test_chosen_language_stays_from_page_to_page(app: Flask) -> None:
    with app.test_request_context("/products?lang=en"):
        assert url_for("storefront.products") == "/products?lang=en"
        assert jinja.in_language("/P/BT01") == "/P/BT01?lang=en"


def test_signed_bytes_have_one_address_in_every_language(app: Flask) -> None:
    with app.test_request_context("/products?lang=en"):
        assert url_for("records.record", record_id="a") == "/records/a"


@pytest.mark.parametrize("lang", ["fr", "", "en&x=1", "EN"])
def test_unknown_language_is_not_carried(app: Flask, lang: str) -> None:
    with app.test_request_context("/products", query_string={"lang": lang}):
        assert url_for("storefront.products") == "/products"


def test_language_switch_keeps_the_question(app: Flask) -> None:
    with app.test_request_context("/products?village=bat-trang&lang=vi"):
        assert _shown("{{ switch_language_url }}") == "/products?village=bat-trang&amp;lang=en"


@pytest.mark.parametrize("path", ["//evil.example/", "///evil.example/", "/a\\evil"])
def test_language_switch_never_leaves_the_site(app: Flask, path: str) -> None:
    with app.test_request_context(path):
        switch = _shown("{{ switch_language_url }}")
    assert switch.startswith("/")
    assert not switch.startswith("//")
    assert "\\" not in switch


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("HTTPS://LANG.EXAMPLE/P/AMTICHMENL/10/L1", "/P/AMTICHMENL/10/L1"),
        ("lot-am-l1", "/verify?record=lot-am-l1"),
        ("HTTPS://LANG.EXAMPLE//EVIL.EXAMPLE/P/X", None),
        ("https://evil.example/account/sign-out", None),
        ("javascript:alert(1)", None),
        ("tem ở chợ", None),
        ("", None),
    ],
    ids=["label", "record", "another host", "no label", "script", "words", "nothing"],
)
def test_a_strangers_subject_leads_to_labels_and_records_of_this_site_alone(
    app: Flask, typed: str, path: str | None
) -> None:
    app.add_url_rule("/verify", "verify.form", lambda: "")
    assert jinja.subject_path(typed) == path


def test_a_key_is_read_out_in_sixes(app: Flask) -> None:
    assert _shown("{{ 'z6MkABCDEFGHIJ'|in_sixes }}") == "z6MkAB CDEFGH IJ"
