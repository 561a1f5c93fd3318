"""The pages of counter-signing, which associations and inspectors share under their own addresses."""

from typing import Any, Final

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from shop.errors import BadFields, BadInput
from shop.services.countersigning.services import CounterSigning
from shop.services.countersigning.values import MediaFile
from shop.web.access import actor, needs
from shop.web.answers import WRONG, Answer
from shop.web.asked import asked_page, asked_words
from shop.web.current import now, services
from shop.web.typed import typed, uploaded

__all__ = ["REQUEST_FIELDS", "media_answer", "serve_counter"]

POCKET: Final = "inspector.pocket"  # where an inspector signs with the key on her phone
REQUEST_FIELDS: Final = ("words", "title", "paper_issuer", "decision", "paper_date", "product")
ANSWER_FIELDS: Final = (
    "title", "finding", "basis", "assessed_on", "valid_until",
    "claim", "paper_issuer", "decision", "paper_date",
)  # fmt: skip


def serve_counter(blueprint: Blueprint, role: str, *, under: str = "") -> None:
    """Adds the pages to a desk's blueprint, for people of one role.

    Args:
        blueprint: of the desk; its list of requests is its endpoint `home`.
        role: whose desk it is.
        under: path between the blueprint's own and the single requests.
    """
    for rule, endpoint, view, method in (
        ("/", "home", _home, "GET"),
        (f"{under}/<int:request_id>", "one", _one, "GET"),
        (f"{under}/<int:request_id>/preview", "preview", _preview, "POST"),
        (f"{under}/<int:request_id>/sign", "sign", _sign, "POST"),
        (f"{under}/<int:request_id>/refuse", "refuse", _refuse, "POST"),
        (f"{under}/<int:request_id>/settle", "settle", _settle, "POST"),
        (f"{under}/<int:request_id>/files/<name>", "file", _file, "GET"),
        ("/new/<kind>", "new", _new, "GET"),
        ("/new/<kind>", "take_in", _take_in, "POST"),
        ("/signed", "signed", _signed, "GET"),
        ("/signed/<record_id>/photos/<name>", "signed_photo", _signed_photo, "GET"),
    ):
        blueprint.add_url_rule(rule, endpoint, needs(role)(view), methods=[method])


def media_answer(file: MediaFile) -> Response:
    """Gives a stored file of somebody's, which no cache keeps."""
    return Response(file.path.read_bytes(), headers={**file.headers, "Cache-Control": "private, no-store"})


def _home() -> Answer:
    """What waits, or was decided; `state`, `q`, `page`."""
    state = "decided" if request.args.get("state") == "decided" else "open"
    page = _counter().queue.page(actor(), state=state, search=asked_words(), number=asked_page())
    kinds = _counter().asking.kinds(actor(), now=now())
    return render_template(
        "counter/home.html",
        page=page,
        state=state,
        q=asked_words(),
        kinds=kinds,
    )


def _one(request_id: int) -> Answer:
    """A request with all that is needed to judge it, and the form of the answer."""
    return _request_page(request_id)


def _preview(request_id: int) -> Answer:
    """What would be signed, in words; nothing is signed yet."""
    return _preview_page(request_id, typed(ANSWER_FIELDS))


def _sign(request_id: int) -> Answer:
    """Signs what was previewed; `seen` from the preview. Its button `then=edit` gives the form again."""
    texts, seen = typed(ANSWER_FIELDS), request.form.get("seen", "")
    if request.form.get("then") == "edit":
        return _request_page(request_id, texts=texts)
    try:
        _counter().deciding.sign(actor(), request_id, texts, seen=seen, now=now())
    except BadInput as error:
        if error.code == "OTHER_REQUEST":
            return _preview_page(request_id, texts, is_other=True)
        return _request_page(request_id, error, texts), WRONG
    flash(_("Đã ký và ghi vào sổ công khai."))
    return redirect(url_for(".one", request_id=request_id), code=303)


def _refuse(request_id: int) -> Answer:
    """Refuses a request with a reason."""
    texts = typed(("reason",))
    try:
        _counter().deciding.refuse(actor(), request_id, texts["reason"], now=now())
    except BadInput as error:
        return _request_page(request_id, error, texts), WRONG
    flash(_("Đã từ chối. Xưởng đọc được lý do của bạn."))
    return redirect(url_for(".one", request_id=request_id), code=303)


def _settle(request_id: int) -> Answer:
    """Closes a request with a record that was signed elsewhere."""
    texts = typed(("record",))
    try:
        _counter().deciding.settle(actor(), request_id, texts["record"].strip(), now=now())
    except BadInput as error:
        return _request_page(request_id, error, texts), WRONG
    flash(_("Đã nối bản ký vào đề nghị."))
    return redirect(url_for(".one", request_id=request_id), code=303)


def _file(request_id: int, name: str) -> Answer:
    """The scan or a photo of what a request is about."""
    return media_answer(_counter().queue.file(actor(), request_id, name))


def _new(kind: str) -> Answer:
    """The form for what the office takes in by itself."""
    return _new_page(kind, {})


def _take_in(kind: str) -> Answer:
    """Takes it in; then it is judged like any other request."""
    texts = typed((*REQUEST_FIELDS, "workshop"))
    try:
        made = _counter().asking.take_in(
            actor(), kind, texts, paper=uploaded("paper", "paper_file"), now=now()
        )
    except BadInput as error:
        return _new_page(kind, texts, error), WRONG
    return redirect(url_for(".one", request_id=made), code=303)


def _signed() -> Answer:
    """What the person's issuer has signed; `page`."""
    return render_template("counter/signed.html", page=_counter().queue.signed(actor(), number=asked_page()))


def _signed_photo(record_id: str, name: str) -> Answer:
    """A photo of what was found; the office alone sees it."""
    return media_answer(_counter().queue.signed_photo(actor(), record_id, name))


def _counter() -> CounterSigning:
    return services().desks.counter


def _request_page(request_id: int, error: BadInput | None = None, texts: dict[str, str] | None = None) -> str:
    view = _counter().queue.one(actor(), request_id, now=now())
    return render_template(
        "counter/request.html",
        view=view,
        answer={**view.answer, **(texts or {})},
        pocket_url=_url_of(POCKET),
        **_mistakes(error),
    )


def _preview_page(request_id: int, texts: dict[str, str], *, is_other: bool = False) -> Answer:
    """Shows what would be signed; `is_other` where it is not what was shown before."""
    try:
        shown = _counter().deciding.preview(actor(), request_id, texts, now=now())
    except BadInput as error:
        return _request_page(request_id, error, texts), WRONG
    page = render_template(
        "counter/preview.html", shown=shown, typed=texts, request_id=request_id, is_other=is_other
    )
    return page, WRONG if is_other else 200


def _new_page(kind: str, texts: dict[str, str], error: BadInput | None = None) -> str:
    places = _counter().asking.workshops(actor(), kind, now=now())
    return render_template("counter/new.html", kind=kind, typed=texts, places=places, **_mistakes(error))


def _url_of(endpoint: str) -> str | None:
    """Gives the address of a page of another desk, None where this application has no such page."""
    return url_for(endpoint) if endpoint in current_app.view_functions else None


def _mistakes(error: BadInput | None) -> dict[str, Any]:
    """Gives the mistakes by field, and the code of what is wrong with the whole."""
    fields = error.mistakes if isinstance(error, BadFields) else {}
    return {"wrong": fields, "error": error.code if error is not None else ""}
