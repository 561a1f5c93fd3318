"""What protects every answer and every form: headers, the origin of forms, and the hosts we answer to."""

from threading import BoundedSemaphore
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import SecurityError
from werkzeug.routing import IntegerConverter, Map

from shop.config import Settings

__all__ = ["POLICY", "install"]

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "img-src 'self' data:",
        "media-src 'self'",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ONE_YEAR_S: Final = 31_536_000
FORMS_AT_ONCE: Final = 16  # half of the server's threads, so that slow senders never take all of them
HAS_TURN: Final = "langnghe.has_turn"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
ROW_MAX: Final = 2**31 - 1  # what an integer column of PostgreSQL holds


def install(app: Flask, settings: Settings) -> None:
    """Sets the limits and hooks of the application; routes come after it."""
    app.url_map.converters["int"] = _RowNumber
    # Sizes are checked by Werkzeug while it reads, so that nothing larger is ever held.
    app.config["MAX_CONTENT_LENGTH"] = 6 * 1024 * 1024  # a picture of 6 MB, and the form round it
    app.config["MAX_FORM_MEMORY_SIZE"] = 128 * 1024
    app.config["MAX_FORM_PARTS"] = 20
    app.config["TRUSTED_HOSTS"] = settings.trusted_hosts
    app.config["SECRET_KEY"] = settings.secret_key.get_secret_value()
    is_https = urlsplit(settings.public_base_url).scheme == "https"

    app.before_request(_refuse_foreign_hosts)
    app.before_request(_refuse_odd_paths)
    app.before_request(_refuse_odd_queries)
    app.before_request(_refuse_foreign_forms)
    _take_few_forms_at_once(app)
    app.before_request(_refuse_odd_forms)  # reads the form, for which it has a turn by now

    @app.after_request
    def _add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if is_https:
            response.headers.setdefault(
                "Strict-Transport-Security", f"max-age={ONE_YEAR_S}; includeSubDomains"
            )
        if response.mimetype == "text/html":
            response.vary.add("Accept-Language")
        return response


class _RowNumber(IntegerConverter):
    """The number of a row in a path: none that no row can have, and none too long to be read as a number."""

    regex = "[0-9]{1,10}"

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=ROW_MAX)


def _refuse_foreign_hosts() -> None:
    # Werkzeug has judged the host already, but Flask raises what it found only after these functions.
    if isinstance(request.routing_exception, SecurityError):
        raise request.routing_exception


def _refuse_odd_paths() -> None:
    # Nothing of ours has such a path; PostgreSQL refuses a zero byte, and a header a line break.
    if not request.path.isprintable():
        abort(404)


def _refuse_odd_queries() -> None:
    _demand_no_zero_bytes(request.args)


def _refuse_odd_forms() -> None:
    if request.method not in SAFE_METHODS:
        _demand_no_zero_bytes(request.form)


def _demand_no_zero_bytes(texts: MultiDict[str, str]) -> None:
    # PostgreSQL stores no zero byte and compares none, and nobody types one.
    if any("\0" in name or "\0" in text for name, text in texts.items(multi=True)):
        abort(400)


def _refuse_foreign_forms() -> None:
    if request.method not in SAFE_METHODS and not _is_own_form():
        abort(403)


def _take_few_forms_at_once(app: Flask) -> None:
    turns = BoundedSemaphore(FORMS_AT_ONCE)

    @app.before_request
    def _take_turn() -> None:
        if request.method not in SAFE_METHODS:
            if not turns.acquire(blocking=False):
                abort(503)
            request.environ[HAS_TURN] = True

    @app.teardown_request
    def _give_turn_back(error: BaseException | None) -> None:
        if request.environ.pop(HAS_TURN, False):
            turns.release()


def _is_own_form() -> bool:
    """Tells whether a form came from one of our own pages; there is no session that a token could live in.

    Browsers of the last years send Sec-Fetch-Site, older ones Origin; a client that sends neither is no
    browser, so that nobody's browser is being misused.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    try:
        return origin is None or urlsplit(origin).netloc == request.host
    except ValueError:  # `http://[` is no address at all
        return False
