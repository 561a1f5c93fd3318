"""What protects every answer and every form: headers, the origin of forms, and the hosts we answer to."""

from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

from shop.config import Settings

__all__ = ["install"]

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "img-src 'self' data:",
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
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def install(app: Flask, settings: Settings) -> None:
    """Sets the limits and hooks of the application."""
    # Sizes are checked by Werkzeug while it reads, so that nothing larger is ever held.
    app.config["MAX_CONTENT_LENGTH"] = 6 * 1024 * 1024
    app.config["MAX_FORM_MEMORY_SIZE"] = 128 * 1024
    app.config["MAX_FORM_PARTS"] = 20
    app.config["TRUSTED_HOSTS"] = settings.trusted_hosts
    app.config["SECRET_KEY"] = settings.secret_key.get_secret_value()
    is_https = urlsplit(settings.public_base_url).scheme == "https"

    @app.before_request
    def _refuse_foreign_forms() -> None:
        if request.method not in SAFE_METHODS and not _is_own_form():
            abort(403)

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


def _is_own_form() -> bool:
    """Tells whether a form came from one of our own pages; there is no session that a token could live in.

    Browsers of the last years send Sec-Fetch-Site, older ones Origin; a client that sends neither is no
    browser, so that nobody's browser is being misused.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host
