"""For anybody with a label or a record in hand: the verification page, and the form for typed codes."""

from typing import Any, Final

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from shop.services.values import VerificationPage
from shop.web.current import now, services
from shop.web.jinja import in_language
from traceability.errors import Reason, TraceabilityError
from traceability.labels import qr
from traceability.labels.code import LabelCode
from traceability.labels.code import parse as parse_label
from traceability.labels.read import read_labels
from traceability.limits import LABEL_MAX_CHARS
from traceability.verdict import verdict_to_json

__all__ = ["blueprint"]

blueprint = Blueprint("verify", __name__)

Answer = str | BaseResponse | tuple[str, int]
FORGETFUL: Final = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@blueprint.get("/<any(S, s):first>/<path:rest>")
@blueprint.get("/<any(P, p):first>/<path:rest>")
@blueprint.get("/<any('01'):first>/<path:rest>")
def scan(first: str, rest: str) -> Answer:
    """The page that a label's code opens, in any letter case, with or without seal, serial and lot."""
    text = f"HTTPS://{services().settings.identity_host}/{first}/{rest.removesuffix('/')}"
    try:
        code = parse_label(text)
    except TraceabilityError:
        code = None
    if code is not None and code.lot is None:
        return redirect(url_for("storefront.product", slug=services().scans.product_slug(code)))
    return _answer(services().scans.look_up(text, now=now()))


@blueprint.get("/verify")
def form() -> Answer:
    """The form for a code, a picture or a record; `?code=` checks at once."""
    if "code" in request.args:
        return _check_text(request.args["code"])
    return render_template("verify/form.html")


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
    typed = "".join(text.split())
    if not typed:
        return _form_again("EMPTY", "code", text)
    if typed.startswith("/"):
        typed = f"HTTPS://{services().settings.identity_host}{typed}"
    code = _own_code(typed)
    if code is not None:
        return redirect(in_language(request.script_root + code.path))
    return _answer(services().scans.look_up(typed, now=now()))


def _check_file(data: bytes) -> Answer:
    """Checks a picture of labels, or a record: whichever the bytes are."""
    if data.lstrip()[:1] == b"{":
        return _answer(services().scans.check_record(data, now=now()))
    try:
        texts = sorted(set(read_labels(data)))
    except TraceabilityError as error:
        return _form_again(error.code, "file", "")
    if not texts:
        return _form_again("NO_CODE_IN_PICTURE", "file", "")
    if len(texts) > 1:
        return _form_again("MANY_CODES_IN_PICTURE", "file", "\n".join(texts))
    return _check_text(texts[0])


def _own_code(text: str) -> LabelCode | None:
    """Gives the code if it names our own host, so that its page has an address to keep."""
    try:
        code = parse_label(text[:LABEL_MAX_CHARS])
    except TraceabilityError:
        return None
    return code if code.host.lower() == services().settings.identity_host else None


def _form_again(error: str, field: str, value: str) -> tuple[str, int]:
    return render_template("verify/form.html", error=str(error), error_field=field, value=value[:1000]), 422


def _answer(page: VerificationPage) -> Answer:
    """Gives the verdict as the visitor's client asks for it; nobody may keep it, because time changes it."""
    accepted = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    status = _status(page)
    if accepted == "application/json":
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
    return 404 if Reason.UNKNOWN_CODE in page.verdict.reasons else 200
