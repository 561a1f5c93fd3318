"""For artisans: their products, with photographs, variants and tables."""

import secrets
from collections.abc import Mapping
from typing import Final

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from shop.errors import BadFields, BadInput
from shop.services.access.actors import ARTISAN
from shop.services.products.columns import COLUMNS
from shop.services.products.fields import FIELDS, craft_choices, heading_choices, read_product
from shop.services.products.variants import read_variant
from shop.web.access import actor, needs
from shop.web.answers import WRONG, Answer
from shop.web.artisan.home import desk
from shop.web.current import now
from shop.web.downloads import table_file
from shop.web.jinja import dong
from shop.web.photos import sent
from shop.web.typed import row_number, typed, typed_number, uploaded

__all__ = ["blueprint"]

blueprint = Blueprint("artisan_products", __name__, url_prefix="/artisan")

VARIANT: Final = ("name_vi", "name_en", "price", "stock")
STAGED: Final = "staged"  # a photograph that came with a form that could not be taken
NEW: Final = ("name_vi", "price", "stock", "one_off", "craft", "summary_vi", STAGED)
TOKEN_BYTES: Final = 18


@blueprint.get("/new-product")
@needs(ARTISAN)
def begin() -> Answer:
    """Leads to a fresh form, whose address is its own: what was typed there is found again."""
    if actor().workshop_id is None:
        return redirect(url_for("artisan.home"))
    return redirect(url_for("artisan_products.new", token=secrets.token_urlsafe(TOKEN_BYTES)))


@blueprint.get("/new-product/<token>")
@needs(ARTISAN)
def new(token: str) -> Answer:
    """The form of a new product: a picture and a few words; the rest may follow."""
    begun = desk().drafts.read(actor(), "product", token)
    if begun.became is not None:
        return _to_product(begun.became)
    return _new_page(begun.texts or {"craft": desk().products.usual_craft(actor())}, {}, token)


@blueprint.post("/new-product/<token>/draft")
@needs(ARTISAN)
def keep(token: str) -> Answer:
    """Keeps what was typed so far; a script sends it."""
    desk().drafts.keep(actor(), "product", token, typed(NEW), now=now())
    return jsonify({"saved": True})


@blueprint.post("/new-product/<token>")
@needs(ARTISAN)
def make(token: str) -> Answer:
    """Makes the product and takes its first photograph."""
    texts, photo = typed((*FIELDS, STAGED)), uploaded("camera", "gallery")
    try:
        fields = read_product(texts)
        slug = desk().products.make(actor(), fields, token=token, now=now())
    except BadFields as error:
        return _new_page(texts | _staged(photo, error.mistakes), error.mistakes, token), WRONG
    _take_photo(slug, photo)
    price = dong(fields.price)  # said back, because it may have been typed as 350k
    flash(_("Đã lưu, giá %(price)s. Người mua sẽ thấy sản phẩm khi nó có lô đầu tiên.", price=price))
    return _to_product(slug)


@blueprint.get("/products/<slug>")
@needs(ARTISAN)
def product(slug: str) -> Answer:
    """One product: photographs, state, variants, and what to do next."""
    return _product_page(slug, {})


@blueprint.get("/products/<slug>/edit")
@needs(ARTISAN)
def edit(slug: str) -> Answer:
    """All words of a product."""
    sheet = desk().products.one(actor(), slug)
    return _edit_page(slug, dict(sheet.texts), {}, str(sheet.product.stock))


@blueprint.post("/products/<slug>/edit")
@needs(ARTISAN)
def change(slug: str) -> Answer:
    """Changes them."""
    desk().products.one(actor(), slug)  # Whose it is comes before what is wrong with what was typed.
    texts = typed(FIELDS)
    try:
        fields = read_product(texts)
        desk().products.change(actor(), slug, fields, seen_stock=typed_number("seen_stock"), now=now())
    except BadFields as error:
        return _edit_page(slug, texts, error.mistakes, request.form.get("seen_stock", "")), WRONG
    flash(_("Đã lưu, giá %(price)s.", price=dong(fields.price)))
    return _to_product(slug)


@blueprint.post("/products/<slug>/listing")
@needs(ARTISAN)
def set_listing(slug: str) -> Answer:
    """Shows a product to buyers, or hides it."""
    is_wanted = request.form.get("listed") == "yes"
    desk().products.set_listing(actor(), slug, is_wanted=is_wanted, now=now())
    flash(_("Người mua thấy sản phẩm này, từ khi nó có lô.") if is_wanted else _("Đã ẩn với người mua."))
    return _to_product(slug)


@blueprint.post("/products/<slug>/photos")
@needs(ARTISAN)
def add_photo(slug: str) -> Answer:
    """Takes a photograph from the camera or a folder."""
    desk().products.one(actor(), slug)
    data = uploaded("camera", "gallery")
    if data is None:
        flash(_("Chưa có ảnh nào. Hãy chụp hoặc chọn một ảnh."), "wrong")
    elif _add_photo(slug, data):
        flash(_("Đã thêm ảnh."))
    return _to_product(slug)


@blueprint.post("/products/<slug>/photos/<int:media_id>/up")
@needs(ARTISAN)
def move_photo(slug: str, media_id: int) -> Answer:
    """Puts a photograph further to the front."""
    desk().photos.move_up(actor(), slug, media_id, now=now())
    return _to_product(slug)


@blueprint.post("/products/<slug>/photos/<int:media_id>/remove")
@needs(ARTISAN)
def remove_photo(slug: str, media_id: int) -> Answer:
    """Takes a photograph away; the answer offers it back."""
    desk().photos.remove(actor(), slug, media_id, now=now())
    return redirect(url_for("artisan_products.product", slug=slug, removed=media_id), code=303)


@blueprint.post("/products/<slug>/photos/<int:media_id>/restore")
@needs(ARTISAN)
def restore_photo(slug: str, media_id: int) -> Answer:
    """Gives a photograph back."""
    try:
        desk().photos.restore(actor(), slug, media_id, now=now())
    except BadInput:
        flash(_("Sản phẩm đã đủ 12 ảnh."), "wrong")
    return _to_product(slug)


@blueprint.post("/products/<slug>/variants")
@needs(ARTISAN)
def add_variant(slug: str) -> Answer:
    """Adds a variant."""
    try:
        desk().variants.add(actor(), slug, read_variant(typed(VARIANT)), now=now())
    except BadFields as error:
        return _product_page(slug, error.mistakes), WRONG
    return _to_product(slug)


@blueprint.post("/products/<slug>/variants/<int:variant_id>")
@needs(ARTISAN)
def change_variant(slug: str, variant_id: int) -> Answer:
    """Changes a variant."""
    try:
        desk().variants.change(actor(), slug, variant_id, read_variant(typed(VARIANT)), now=now())
    except BadFields as error:
        return _product_page(slug, error.mistakes, variant_id), WRONG
    flash(_("Đã lưu."))
    return _to_product(slug)


@blueprint.post("/products/<slug>/variants/<int:variant_id>/up")
@needs(ARTISAN)
def move_variant(slug: str, variant_id: int) -> Answer:
    """Puts a variant further to the front."""
    desk().variants.move_up(actor(), slug, variant_id, now=now())
    return _to_product(slug)


@blueprint.post("/products/<slug>/variants/<int:variant_id>/listing")
@needs(ARTISAN)
def list_variant(slug: str, variant_id: int) -> Answer:
    """Shows a variant to buyers, or takes it away from them."""
    is_wanted = request.form.get("listed") == "yes"
    desk().variants.set_listing(actor(), slug, variant_id, is_wanted=is_wanted, now=now())
    return _to_product(slug)


@blueprint.get("/photos/<name>")
@needs(ARTISAN)
def photo(name: str) -> Response:
    """A photograph of the workshop, which buyers may not see yet."""
    file = desk().photos.own(actor(), name)
    return sent(file, keep="private, max-age=3600")


@blueprint.get("/products.csv")
@needs(ARTISAN)
def export() -> Response:
    """All products as a table."""
    return table_file("products", COLUMNS, desk().tables.export(actor()))


@blueprint.get("/import")
@needs(ARTISAN)
def table() -> Answer:
    """Where a table is brought in."""
    return render_template("artisan/import.html", checked=None, columns=COLUMNS, crafts=craft_choices())


@blueprint.post("/import")
@needs(ARTISAN)
def check() -> Answer:
    """Says of each row what is wrong with it, or what it would do."""
    try:
        checked = desk().tables.check(actor(), uploaded("table") or b"", now=now())
    except BadInput as error:
        page = render_template(
            "artisan/import.html", checked=None, columns=COLUMNS, crafts=craft_choices(), error=error.code
        )
        return page, WRONG
    page = render_template("artisan/import.html", checked=checked, columns=COLUMNS, crafts=craft_choices())
    return page, WRONG if checked.mistakes else 200


@blueprint.post("/import/take")
@needs(ARTISAN)
def take() -> Answer:
    """Takes a checked table in."""
    try:
        count = desk().tables.take(actor(), request.form.get("token", ""), now=now())
    except BadInput:
        flash(_("Bảng không còn đúng với xưởng nữa. Hãy chọn tệp lại."), "wrong")
        return redirect(url_for("artisan_products.table"), code=303)
    flash(_("Đã nhập %(count)s sản phẩm.", count=count))
    return redirect(url_for("artisan.home"), code=303)


def _add_photo(slug: str, data: bytes) -> bool:
    try:
        desk().photos.add(actor(), slug, data, now=now())
    except BadInput as error:
        told = {
            "PICTURE_TOO_LARGE": _("Ảnh lớn quá. Hãy chụp ở cỡ nhỏ hơn (dưới 5 MB)."),
            "TOO_MANY": _("Sản phẩm đã đủ 12 ảnh."),
            "TOO_MANY_PHOTOS": _("Xưởng đã giữ đủ 200 ảnh, kể cả ảnh đã gỡ, nên chưa thêm được nữa."),
        }
        words = told.get(
            error.code, _("Tệp này không phải là ảnh đọc được. Hãy chọn ảnh JPEG, PNG hoặc WebP.")
        )
        flash(words, "wrong")
        return False
    return True


def _to_product(slug: str) -> Response:
    return redirect(url_for("artisan_products.product", slug=slug), code=303)


def _take_photo(slug: str, photo: bytes | None) -> None:
    """Gives a new product the picture that came with its form, else the one that came before."""
    staged = row_number(request.form.get(STAGED, ""))
    if photo is not None:
        _add_photo(slug, photo)
    elif staged is not None and desk().photos.staged(actor(), staged) is not None:
        desk().photos.restore(actor(), slug, staged, now=now(), deed="photo add")


def _staged(photo: bytes | None, mistakes: dict[str, str]) -> dict[str, str]:
    """Keeps the picture of a form that is shown again: no browser fills in a file once more."""
    if photo is None:
        return {}
    try:
        return {STAGED: str(desk().photos.stage(actor(), photo, now=now()))}
    except BadInput as error:
        mistakes["camera"] = error.code
        return {}


def _new_page(texts: Mapping[str, str], mistakes: dict[str, str], token: str) -> str:
    return render_template(
        "artisan/new_product.html",
        texts=texts,
        mistakes=mistakes,
        draft_token=token,
        photo=desk().photos.staged(actor(), row_number(texts.get(STAGED, ""))),
        crafts=craft_choices(),
    )


def _edit_page(slug: str, texts: dict[str, str], mistakes: dict[str, str], seen_stock: str) -> str:
    return render_template(
        "artisan/edit_product.html",
        slug=slug,
        texts=texts,
        mistakes=mistakes,
        seen_stock=seen_stock,
        crafts=craft_choices(),
        headings=heading_choices(texts.get("craft", "")),
    )


def _product_page(slug: str, mistakes: dict[str, str], variant_id: int | None = None) -> str:
    return render_template(
        "artisan/product.html",
        sheet=desk().products.one(actor(), slug),
        mistakes=mistakes,
        wrong_variant=variant_id,
        texts=typed(VARIANT),
        removed=request.args.get("removed", ""),
    )
