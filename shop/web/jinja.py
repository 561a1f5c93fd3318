"""What the templates need beside the values: words in the visitor's language, dates, money, addresses."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final
from urllib.parse import quote, urlencode
from zlib import crc32

from flask import Flask, g, has_request_context, request, url_for
from flask_babel import format_date, format_decimal, get_locale, get_translations
from markupsafe import Markup

from shop.folding import fold
from shop.money import Dong
from shop.services.signed.rows import local_id
from shop.services.storefront.values import Filters, VillageCard
from shop.services.texts import Text
from traceability.clock import VIET_NAM_TIME, day_in_viet_nam
from traceability.verdict import Check

__all__ = [
    "LANGUAGES",
    "chosen_language",
    "current_language",
    "day",
    "dong",
    "in_language",
    "install",
    "moment",
    "subject_path",
]

LANGUAGES: Final = ("vi", "en")

_DAY: Final = {"vi": "dd/MM/yyyy", "en": "d MMMM yyyy"}
_MONTH: Final = {"vi": "M/yyyy", "en": "MMMM yyyy"}
_MOTIFS: Final = frozenset(
    "ceramics silk bamboo lacquer hat incense nacre wood embroidery metal food fern kite textile".split()
)
# How many cuts of one drawing the style sheet knows.
_CUTS: Final = 6
# The kinds of administrative unit, which stand before every unit's name.
_UNIT_KINDS: Final = {
    "Xã": "commune",
    "Phường": "ward",
    "Thị trấn": "township",
    "Huyện": "district",
    "Quận": "urban district",
    "Thị xã": "town",
}
# Only pages for people speak a language; signed bytes, pictures and style sheets have one address.
_SPEAKING: Final = re.compile(
    r"storefront\.|verify\.(form|scan)$|log\.page$|(account|artisan|association|inspector|admin)\w*\."
)
_LABEL_TEXT: Final = re.compile(r"https://[a-z0-9.:-]+(/(?:s|p|01)/[a-z0-9./_-]+)", re.ASCII | re.IGNORECASE)
_RECORD_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+", re.ASCII)
_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO_MONTH: Final = re.compile(r"\d{4}-\d{2}")


def current_language() -> str:
    """The language of this answer: `vi` or `en`."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "vi"


def say(text: Text | None) -> str:
    """The text in the visitor's language; marked as Vietnamese where it has no English.

    Returns:
        Markup or plain text for the body of a page, never for an attribute: see `plain`.
    """
    if text is None:
        return ""
    if current_language() == "en" and not text.en:
        return Markup('<span lang="vi">{}</span>').format(text.vi)
    return plain(text)


def plain(text: Text | None) -> str:
    """The text in the visitor's language without markup, for titles and attributes."""
    if text is None:
        return ""
    return text.en if current_language() == "en" and text.en else text.vi


def signed(text: Text) -> str:
    """The Vietnamese words, which alone are signed, in any language; for the body of a page."""
    return say(Text(text.vi))


def in_sixes(text: str) -> str:
    """A key in groups of six characters, to be read out and compared; scripts group it the same way."""
    return " ".join(text[at : at + 6] for at in range(0, len(text), 6))


def day(value: date | datetime | str | None) -> str:
    """A day as people write it: 22/11/2026, or 22 November 2026.

    Args:
        value: an instant is shown as its day in Viet Nam; text may be an ISO date, an ISO month, or words
            such as `2024 (undated text)`, which stay as they are.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return _day_of_text(value)
    if isinstance(value, datetime):
        value = day_in_viet_nam(value)
    return _dated(value, _DAY)


def _dated(value: date, patterns: Mapping[str, str]) -> str:
    return str(format_date(value, format=patterns[current_language()], rebase=False))


def _day_of_text(value: str) -> str:
    try:
        if _ISO_DATE.fullmatch(value):
            return _dated(date.fromisoformat(value), _DAY)
        if _ISO_MONTH.fullmatch(value):
            return _dated(date.fromisoformat(f"{value}-01"), _MONTH)
    except ValueError:
        return value
    return value


def moment(value: datetime) -> str:
    """An instant as day, hour and minute in Viet Nam, such as `22/11/2026 14:05`."""
    return f"{day(value)} {value.astimezone(VIET_NAM_TIME):%H:%M}"


def dong(value: Dong | int) -> str:
    """An amount with the grouping of the visitor's language: `350.000 ₫`, in English `350,000 ₫`."""
    amount = value.amount if isinstance(value, Dong) else value
    grouped = f"{amount:,}"
    if current_language() == "vi":
        grouped = grouped.replace(",", ".")
    return f"{grouped}\N{NO-BREAK SPACE}₫"


def number(value: int) -> str:
    """A whole number with the grouping of the visitor's language."""
    return str(format_decimal(value))


def motif(key: str) -> str:
    """The key of a drawing that exists; `craft` is the drawing for everything else."""
    return key if key in _MOTIFS else "craft"


def cut(slug: str) -> int:
    """Which cut of its craft's drawing a thing wears: always the same for the same slug."""
    return crc32(slug.encode("utf-8")) % _CUTS


def gloss(unit: str) -> str:
    """A unit's name, in English with what kind of unit it is: `Xã Bát Tràng (commune)`."""
    kind = next((word for name, word in _UNIT_KINDS.items() if unit.startswith(f"{name} ")), None)
    if current_language() == "vi":
        return unit
    name = Markup('<span lang="vi">{}</span>').format(unit)
    return name if kind is None else Markup("{} ({})").format(name, kind)


def by_name(cards: Iterable[VillageCard]) -> list[VillageCard]:
    """The villages in the order of their names, accents aside."""
    return sorted(cards, key=lambda card: fold(card.name))


def other_names(names: Iterable[Text], name: str) -> list[Text]:
    """The names that say more than the name itself, with or without the word for village."""
    return [other for other in names if _bare_name(other.vi) != _bare_name(name)]


def _bare_name(name: str) -> str:
    return name.casefold().removeprefix("làng ").strip()


def steps(checks: Sequence[Check]) -> list[tuple[str, list[Check]]]:
    """The checks by step number, in their order: `[("1", [...]), ...]`."""
    return [(key, list(found)) for key, found in groupby(checks, key=_step_number)]


def _step_number(check: Check) -> str:
    return check.id.partition("-")[0]


def label_path(text: str) -> str:
    """The path of a label's text: `HTTPS://HOST/S/...` gives `/S/...`."""
    return "/" + text.partition("//")[2].partition("/")[2]


def subject_path(text: str) -> str | None:
    """Where on this site the label's text or record's id leads that a visitor gave; None for other words.

    Only a label's path is taken over from what a stranger typed, never a host.
    """
    if found := _LABEL_TEXT.fullmatch(text):
        return found[1]
    return url_for("verify.form", record=text) if _RECORD_ID.fullmatch(text) else None


def filename(record_id: str) -> str:
    """The name that a browser gives the downloaded record."""
    return f"{local_id(record_id)}.json"


def link(words: str, address: str) -> Markup:
    """The words as a link, for the inside of a translated sentence."""
    return Markup('<a href="{}">{}</a>').format(address, words)


def in_language(path: str) -> str:
    """A ready path that keeps the language the visitor chose, as `url_for` does by itself."""
    chosen = chosen_language()
    return f"{path}?lang={chosen}" if chosen else path


_ASKED: Final = {
    "words": "q",
    "min_price": "min",
    "max_price": "max",
}  # where an address says it more shortly


def products_url(filters: Filters, **changes: object) -> str:
    """The address of the product list with these filters, and some of them changed."""
    asked = {field.name: getattr(filters, field.name) for field in fields(filters)} | changes
    unchanged = {field.name: field.default for field in fields(filters)}
    wanted: dict[str, Any] = {
        _ASKED.get(key, key): 1 if value is True else value
        for key, value in asked.items()
        if value != unchanged[key]
    }
    return url_for("storefront.products", **wanted)


def chosen_language() -> str | None:
    """The language that the visitor asked for by `?lang=`, None where the browser decided."""
    if not has_request_context():
        return None
    chosen = request.args.get("lang")
    return chosen if chosen in LANGUAGES else None


def _keep_language(endpoint: str, values: dict[str, object]) -> None:
    """Carries `?lang=` from page to page, so that reading needs no cookie."""
    chosen = chosen_language()
    if chosen and _SPEAKING.match(endpoint):
        values.setdefault("lang", chosen)


def _language_context() -> dict[str, object]:
    """Names that every template may use."""
    current = current_language()
    other = "vi" if current == "en" else "en"
    asked = request.args.to_dict() if has_request_context() else {}
    # One leading slash only: a browser reads `//name/` as another site.
    address = "/" + request.path.lstrip("/") if has_request_context() else "/"
    return {
        "current_language": current,
        "chosen_language": chosen_language(),
        "other_language": other,
        "switch_language_url": f"{quote(address)}?{urlencode(asked | {'lang': other})}",
    }


def install(app: Flask) -> None:
    """Gives the application's templates these filters, globals and names; Flask-Babel comes before it."""
    words = (say, plain, signed, day, moment, dong, number, in_sixes)
    values = (motif, cut, gloss, by_name, other_names, steps)
    addresses = (label_path, subject_path, local_id, filename, link, in_language)
    for filter_ in (*words, *values, *addresses):
        app.add_template_filter(filter_)
    app.add_template_global(products_url)
    app.url_defaults(_keep_language)
    app.context_processor(_language_context)
    # Flask-Babel looks the catalogue up anew for each of a page's hundred words; once a request is enough.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of the i18n extension
        lambda text: _catalogue().ugettext(text),
        lambda one, many, count: _catalogue().ungettext(one, many, count),
        newstyle=True,
    )


def _catalogue() -> Any:
    """Gives the translations of this request's language."""
    found = g.get("catalogue")
    if found is None:
        found = g.catalogue = get_translations()
    return found
