"""The application: settings and services become pages."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from flask import Flask, Response, request
from flask_babel import Babel
from flask_compress import Compress

from shop.config import Settings, templates_folder
from shop.web import (
    account,
    errors,
    evidence,
    guards,
    jinja,
    links,
    log,
    photos,
    records,
    report,
    security,
    storefront,
    verify,
)
from shop.web.admin import lists as admin_lists
from shop.web.admin import people as admin
from shop.web.admin import person as admin_person
from shop.web.admin import tables as admin_tables
from shop.web.admin import trust as admin_trust
from shop.web.artisan import corrections as artisan_corrections
from shop.web.artisan import home as artisan
from shop.web.artisan import key as artisan_key
from shop.web.artisan import labels as artisan_labels
from shop.web.artisan import lot_tables as artisan_lot_tables
from shop.web.artisan import lots as artisan_lots
from shop.web.artisan import products as artisan_products
from shop.web.artisan import requests as artisan_requests
from shop.web.artisan import signing as artisan_signing
from shop.web.current import EXTENSION, watch_trust
from shop.web.inspector import page as inspector
from shop.web.inspector import pocket
from shop.web.inspector import report as inspector_report
from shop.web.inspector import tax_codes as inspector_tax_codes
from shop.web.office import applications, association, inspections
from shop.web.remember import RememberExtension
from shop.wiring import Services, build_services

__all__ = ["create_app"]

COMPRESSED: Final = ["text/html", "text/css", "image/svg+xml", "application/json", "text/javascript"]
# Whoever may see what: pages for all first, then those of signed-in people.
PAGES: Final = (
    *(storefront, verify, links, records, evidence, log, report),
    *(account, admin, admin_lists, admin_person, admin_tables, admin_trust),
    *(artisan, artisan_products, photos),
    *(artisan_lots, artisan_lot_tables, artisan_labels, artisan_corrections, artisan_signing, artisan_key),
    *(inspector, pocket, inspector_report, inspector_tax_codes),
    *(artisan_requests, association, applications, inspections),
)


def create_app(settings: Settings, services: Services | None = None) -> Flask:
    """Gives the web application over one instance.

    Args:
        settings: from `load_settings`.
        services: what `wiring.build_services` builds from them; tests give their own.
    """
    app = Flask(__name__, static_folder="static", template_folder=str(templates_folder()))
    app.extensions[EXTENSION] = services if services is not None else build_services(settings)
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    security.install(app, settings)
    watch_trust(app)
    guards.install(app, settings)
    Babel(
        app,
        default_locale="vi",
        default_timezone="Asia/Ho_Chi_Minh",
        default_translation_directories=str(Path(__file__).parent / "translations"),
        locale_selector=_language,
    )
    app.config["COMPRESS_MIMETYPES"] = COMPRESSED
    Compress(app)
    jinja.install(app)
    app.jinja_env.add_extension(RememberExtension)
    app.context_processor(lambda: {"is_demo": settings.is_demo, "source_url": settings.source_url})
    app.url_defaults(_version_static_files)
    app.after_request(_let_versioned_files_be_kept)
    for module in PAGES:
        app.register_blueprint(module.blueprint)
    app.context_processor(lambda: {"operator": app.extensions[EXTENSION].operator})
    errors.install(app)
    return app


def _language() -> str:
    """The language of an answer: `?lang=`, else what the browser prefers, else Vietnamese."""
    asked = request.args.get("lang")
    return asked if asked in jinja.LANGUAGES else request.accept_languages.best_match(jinja.LANGUAGES, "vi")


def _version_static_files(endpoint: str, values: dict[str, object]) -> None:
    """Names the content of a static file in its address, so that browsers may keep it for a year."""
    if endpoint == "static":
        values["v"] = _content_version(str(values["filename"]))


def _let_versioned_files_be_kept(response: Response) -> Response:
    """Files whose address names their content may be kept for a year, all others are asked for again."""
    if request.endpoint == "static" and request.view_args:
        if request.args.get("v") == _content_version(str(request.view_args["filename"])):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@cache
def _content_version(filename: str) -> str:
    path = Path(__file__).parent / "static" / filename
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else "0"
