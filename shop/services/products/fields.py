"""The fields of a product, from what was typed and back to it; forms and tables share them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shop.db.catalogue import Product
from shop.errors import BadFields, BadInput
from shop.facts.files import crafts, hs_codes
from shop.folding import in_human_order
from shop.money import Dong, write_price
from shop.services.signed.shown_rows import EMPTY_TEXTS
from shop.services.texts import Text
from shop.services.typed.identifiers import read_gtin
from shop.services.typed.texts import FormReader, shown_size

__all__ = [
    "FIELDS",
    "ProductFields",
    "craft_choices",
    "heading_choices",
    "read_product",
    "write_product",
]

NAME_MAX: Final = 120  # characters, as a label has room for
SUMMARY_MAX: Final = 300
WORDS_MAX: Final = 3_000
WARNINGS_MAX: Final = 500
WEIGHT_MAX_G: Final = 10_000_000
_SIZES: Final = ("height", "width", "length", "thickness")

FIELDS: Final = (
    "name_vi", "name_en", "craft", "price", "stock", "one_off", "hs", "gtin", "gs1", "code",
    "summary_vi", "summary_en", "making_vi", "making_en", "care_vi", "care_en", "warnings_vi", "warnings_en",
    *(f"{side}_cm" for side in _SIZES), "weight_g",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProductFields:
    """What an artisan says of a product.

    Attributes:
        is_one_off: one piece alone, so that its stock is 0 or 1.
        gtin: 14 digits, only where GS1 gave the workshop its numbers; None otherwise.
        code: the workshop's own; None where it has a GTIN, or where one is to be made of the name.
        hs: heading of the Harmonized System.
        dimensions: millimetres and grams by the names that a product's document has.
    """

    name: Text
    craft: str
    price: Dong
    stock: int
    is_one_off: bool
    gtin: str | None
    code: str | None
    hs: str
    summary: Text
    making: Text
    care: Text
    warnings: Text
    dimensions: Mapping[str, int]

    def texts(self) -> dict[str, Any]:
        """Gives what a product's document holds of this."""
        words = {"summary": self.summary, "making": self.making, "care": self.care}
        return {
            **{key: {"vi": text.vi, "en": text.en} for key, text in words.items()},
            "warnings": {"vi": self.warnings.vi, "en": self.warnings.en} if self.warnings.vi else None,
            "dimensions": dict(self.dimensions) or None,
            "hs": {"code": self.hs, "name": hs_codes()["names"][self.hs]["vi"]},
            "oneOff": self.is_one_off,
        }


def read_product(texts: Mapping[str, str]) -> ProductFields:
    """Reads a product as it was typed; names that are not among `FIELDS` are not looked at.

    Raises:
        BadFields: MISSING, TOO_LONG, BAD_CHARACTER, NEEDS_VIETNAMESE, BAD_PRICE, UNCLEAR_PRICE, BAD_COUNT,
            BAD_SIZE, UNKNOWN_CHOICE, ONE_PIECE, BAD_GTIN, NO_LICENCE, GTIN_OR_CODE, BAD_CODE, PERSONAL.
    """
    form = FormReader(texts)
    is_one_off, craft = form.is_set("one_off"), form.choice("craft", crafts())
    fields = ProductFields(
        name=form.both("name", most=NAME_MAX, is_required=True),
        craft=craft,
        price=form.price("price"),
        stock=_stock(form, is_one_off=is_one_off),
        is_one_off=is_one_off,
        gtin=_gtin(form),
        code=_code(form),
        hs=_hs(form, craft),
        summary=form.both("summary", most=SUMMARY_MAX),
        making=form.paragraphs("making", most=WORDS_MAX),
        care=form.paragraphs("care", most=WORDS_MAX),
        warnings=form.both("warnings", most=WARNINGS_MAX),
        dimensions=_dimensions(form),
    )
    form.demand_impersonal("name_vi", "name_en")
    if fields.gtin and fields.code:
        form.refuse("code", "GTIN_OR_CODE")
    if form.mistakes:
        raise BadFields(form.mistakes)
    return fields


def write_product(product: Product) -> dict[str, str]:
    """Gives the fields of a stored product as they are typed; read again, they are the same."""
    shown = {**EMPTY_TEXTS, **json.loads(product.document)}
    sizes, warnings = shown["dimensions"] or {}, shown["warnings"] or {"vi": "", "en": ""}
    texts = {
        "name_vi": product.name_vi,
        "name_en": product.name_en,
        "craft": product.craft,
        "price": write_price(product.price),
        "stock": str(product.stock),
        "one_off": "yes" if shown.get("oneOff") else "",
        "hs": shown["hs"]["code"] if shown.get("hs") else _likeliest_heading(product.craft),
        "gtin": product.gtin or "",
        "gs1": "yes" if product.gtin else "",
        "code": product.code or "",
        "warnings_vi": warnings["vi"],
        "warnings_en": warnings["en"],
        "weight_g": str(sizes.get("weight_g") or ""),
    }
    for key in ("summary", "making", "care"):
        texts |= {f"{key}_{lang}": shown[key][lang] for lang in ("vi", "en")}
    return texts | {f"{side}_cm": shown_size(sizes.get(f"{side}_mm")) for side in _SIZES}


def _stock(form: FormReader, *, is_one_off: bool) -> int:
    """Gives the stock; of a piece that is one of a kind nothing need be typed."""
    if is_one_off and not form.texts.get("stock", "").strip():
        return 1
    stock = form.count("stock")
    if is_one_off and stock > 1:
        form.refuse("stock", "ONE_PIECE")
    return stock


def _gtin(form: FormReader) -> str | None:
    typed = form.line("gtin", most=40)
    if not typed:
        return None
    if not form.is_set("gs1"):
        form.refuse("gs1", "NO_LICENCE")
    try:
        return read_gtin(typed)
    except BadInput as error:
        form.refuse("gtin", error.code)
        return None


def _code(form: FormReader) -> str | None:
    code = form.line("code", most=40).upper()
    if not code:
        return None
    # Digits alone are for GTINs, which name lots as codes do.
    if not (code.isascii() and code.isalnum() and 4 <= len(code) <= 14) or code.isdigit():
        form.refuse("code", "BAD_CODE")
    return code


def craft_choices() -> tuple[tuple[str, Text], ...]:
    """Gives key and words of every craft, in the order of the Vietnamese words."""
    words = [(key, Text(one["vi"], one["en"])) for key, one in crafts().items()]
    return tuple(sorted(words, key=lambda pair: in_human_order(pair[1].vi)))


def heading_choices(craft: str) -> tuple[tuple[str, Text], ...]:
    """Gives code and words of the headings of a craft, the likeliest first; of all for an unknown craft."""
    names = hs_codes()["names"]
    codes = hs_codes()["crafts"].get(craft, names)
    return tuple((code, Text(names[code]["vi"], names[code]["en"])) for code in codes)


def _likeliest_heading(craft: str) -> str:
    """Gives the heading of the Harmonized System that most goods of a craft fall under; empty for none."""
    return str(hs_codes()["crafts"].get(craft, [""])[0])


def _hs(form: FormReader, craft: str) -> str:
    """Gives the heading: the likeliest of the craft where nothing is chosen."""
    code = form.line("hs", most=10) or _likeliest_heading(craft)
    if code not in hs_codes()["names"] and craft in crafts():
        form.refuse("hs", "UNKNOWN_CHOICE")
    return code


def _dimensions(form: FormReader) -> dict[str, int]:
    sizes = {f"{side}_mm": form.size(f"{side}_cm") for side in _SIZES}
    weight = form.count("weight_g") if form.texts.get("weight_g", "").strip() else 0
    if weight > WEIGHT_MAX_G:
        form.refuse("weight_g", "BAD_COUNT")
    return {key: size for key, size in (*sizes.items(), ("weight_g", weight)) if size}
