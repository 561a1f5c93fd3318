"""For anybody with a label or a record in hand: the verification page, and the form for typed codes."""

from typing import Any, Final

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from shop.services.checking.values import VerificationPage
from shop.web import links
from shop.web.answers import Answer
from shop.web.current import now, services
from shop.web.jinja import in_language
from traceability.errors import Reason, TraceabilityError
from traceability.labels import qr
from traceability.labels.code import parse as parse_label
from traceability.limits import PICTURE_MAX_BYTES
from traceability.verdict import verdict_to_json

__all__ = ["blueprint"]

blueprint = Blueprint("verify", __name__)

FORGETFUL: Final = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@blueprint.get("/<any(S, s):first>/<path:rest>")
@blueprint.get("/<any(P, p):first>/<path:rest>")
@blueprint.get("/<any('01'):first>/<path:rest>")
def scan(first: str, rest: str) -> Answer:
    """The page that a label's code opens, in any letter case, with or without seal, serial and lot."""
    text = f"HTTPS://{services().settings.identity_host}/{first}/{rest.removesuffix('/')}"
    try:
        code = parse_label(text)
    except TraceabilityError as error:
        if _wants_json():
            return _answer(services().scans.look_up(text, now=now()))
        return _form_again(error.code, "code", text, status=400)
    wanted = links.answer(code)
    if wanted is not None:
        return wanted
    if code.lot is None:
        return redirect(url_for("storefront.product", slug=services().scans.product_slug(code)))
    page = _answer(services().scans.look_up(text, now=now(), is_scan=request.method == "GET"))
    links.advertise(page, code)
    return page


@blueprint.get("/verify")
def form() -> Answer:
    """The form; `?code=` checks a code at once, `?record=` a record of ours by its id."""
    if "code" in request.args:
        return _check_text(request.args["code"])
    if "record" in request.args:
        stored = services().records.record(request.args["record"])
        return _answer(services().scans.check_record(stored.body, now=now()))
    return render_template("verify/form.html", samples=services().scans.sample_paths())


@blueprint.post("/verify")
def check() -> Answer:
    """Checks what was pasted or uploaded."""
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        return _check_file(upload.read())
    return _check_text(request.form.get("code", ""))


@blueprint.get("/labels/<path:rest>.<any(svg, png):form>")
def label_picture(rest: str, form: str) -> Response:
    """The QR code of a label's path as a picture."""
    code = parse_label(f"HTTPS://{services().settings.identity_host}/{rest}")
    if form == "svg":
        response = Response(qr.svg(code.to_uri(), title=code.to_uri()), mimetype="image/svg+xml")
    else:
        response = Response(qr.png(code.to_uri()), mimetype="image/png")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def _check_text(text: str) -> Answer:
    """Checks a typed code: the page of its path if it is ours, else the verdict here."""
    typed = _as_label("".join(text.split()))
    if not typed:
        return _form_again("EMPTY", "code", text)
    try:
        code = parse_label(typed)
    except TraceabilityError as error:
        return _form_again(error.code, "code", text)
    if code.host.lower() == services().settings.identity_host:
        return redirect(in_language(code.path))
    return _answer(services().scans.look_up(typed, now=now()))


def _as_label(typed: str) -> str:
    """Gives a bare path, or an address under which this shop is open just now, as a label spells it."""
    settings = services().settings
    ours = f"HTTPS://{settings.identity_host}"
    if typed.startswith("/"):
        return ours + typed
    for address in (settings.public_base_url, request.host_url.rstrip("/")):
        if typed.lower().startswith(address.lower() + "/"):
            return ours + typed[len(address) :].partition("?")[0]
    return typed


def _check_file(data: bytes) -> Answer:
    """Checks a picture of labels, or a record: whichever the bytes are."""
    if data.lstrip()[:1] == b"{":
        return _answer(services().scans.check_record(data, now=now()))
    try:
        texts = sorted(set(services().pictures.labels(data)))
    except TraceabilityError as error:
        return _form_again(_kind_of_file(data) or error.code, "file", "")
    if not texts:
        return _form_again("NO_CODE_IN_PICTURE", "file", "")
    if len(texts) > 1:
        return _form_again("MANY_CODES_IN_PICTURE", "file", "\n".join(texts))
    return _check_text(texts[0])


def _kind_of_file(data: bytes) -> str | None:
    """Names what was uploaded instead of a picture, where it is easily told."""
    if not data.strip():
        return "EMPTY_FILE"
    if data[:4] == b"PK\x03\x04":
        return "ZIP_GIVEN"
    if len(data) > PICTURE_MAX_BYTES:
        return "PICTURE_TOO_LARGE"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "TEXT_GIVEN"


def _form_again(error: str, field: str, value: str, *, status: int = 422) -> tuple[str, int]:
    shown = {"error": str(error), "error_field": field, "value": value[:1000]}
    return render_template("verify/form.html", **shown), status


def _wants_json() -> bool:
    kinds = ["text/html", "application/json"]
    return request.accept_mimetypes.best_match(kinds, default="text/html") == "application/json"


def _answer(page: VerificationPage) -> BaseResponse:
    """Gives the verdict as the visitor's client asks for it; nobody may keep it, because time changes it."""
    status = _status(page)
    if _wants_json():
        answer: Any = jsonify(verdict_to_json(page.verdict, page.code or page.record_id or ""))
    else:
        answer = Response(render_template("verify/result.html", page=page), mimetype="text/html")
    answer.status_code = status
    answer.headers.update(FORGETFUL if page.serial or page.code is None else {"Cache-Control": "no-store"})
    answer.vary.add("Accept")
    return answer  # type: ignore[no-any-return]  # jsonify's type is the application's response class


def _status(page: VerificationPage) -> int:
    """A verdict is an answer (200); only a code that is none (400) or that nobody knows (404) is not."""
    if Reason.BAD_LABEL in page.verdict.reasons:
        return 400
    reasons = page.verdict.reasons
    return 404 if Reason.UNKNOWN_CODE in reasons and Reason.HOST_NOT_TRUSTED not in reasons else 200
