"""For machines and strangers: exact record bytes, DID documents, trust list, context, health."""

import sqlite3
from importlib import resources

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from shop.web.answers import open_to_all
from shop.web.current import services
from traceability.records.envelope import RECORD_MEDIA_TYPE

__all__ = ["blueprint"]

blueprint = Blueprint("records", __name__)
blueprint.after_request(open_to_all)


@blueprint.get("/records/<record_id>.zip")
def take_away(record_id: str) -> Response:
    """A record with all that checking it offline needs."""
    response = Response(
        services().records.take_away(record_id, source_url=services().settings.source_url),
        mimetype="application/zip",
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{record_id}.zip"'
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/records/<record_id>.receipt")
def receipt(record_id: str) -> Response:
    """The log's receipt of a record, under the newest trusted head; tomorrow's may stand under another."""
    return _receipt(services().records.receipt(record_id), record_id)


@blueprint.get("/status/<issuer>/<number>.receipt")
def status_receipt(issuer: str, number: str) -> Response:
    """The log's receipt of the newest version of a status list."""
    return _receipt(services().records.status_receipt(issuer, number), f"{issuer}_{number}")


def _receipt(data: bytes, name: str) -> Response:
    response = Response(data, content_type="text/plain; charset=utf-8")
    response.add_etag()
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Disposition"] = f'inline; filename="{name}.tlog-proof"'
    response.make_conditional(request)
    return response


@blueprint.get("/records/<record_id>")
def record(record_id: str) -> Response:
    """The exact signed bytes of a record; the ETag is their digest."""
    stored = services().records.record(record_id)
    response = Response(stored.body, mimetype=RECORD_MEDIA_TYPE)
    response.set_etag(stored.digest)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Content-Disposition"] = f'inline; filename="{record_id}.json"'
    response.make_conditional(request)
    return response


@blueprint.get("/status/<issuer>/<number>")
def status_list(issuer: str, number: str) -> Response:
    """The newest version of a status list; the ETag is its digest."""
    stored = services().records.status_list(issuer, number)
    response = Response(stored.body, mimetype=RECORD_MEDIA_TYPE)
    response.set_etag(stored.digest)
    response.headers["Cache-Control"] = "public, max-age=60"
    response.headers["Content-Disposition"] = f'inline; filename="{issuer}_{number}.json"'
    response.make_conditional(request)
    return response


@blueprint.get("/issuers/<slug>/did.json")
def did(slug: str) -> Response:
    """An issuer's did:web document."""
    response = jsonify(services().records.did(slug))
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blueprint.get("/trust")
def trust() -> Response:
    """The trust list: a signed note."""
    response = Response(services().records.trust_note, mimetype="text/plain")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blueprint.get("/roots.txt")
def roots() -> Response:
    """The public root keys that this instance pins; who believes them compares their fingerprint first."""
    response = Response(services().records.roots_file, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blueprint.get("/contexts/v1")
def context() -> Response:
    """The JSON-LD context of our own terms."""
    data = (resources.files("traceability.records") / "context-v1.jsonld").read_bytes()
    response = Response(data, mimetype="application/ld+json")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@blueprint.get("/healthz")
def health() -> Response:
    """Whether the shop answers; names the database library, since old ones have known faults."""
    dialect = services().database.engine.dialect.name
    version = sqlite3.sqlite_version if dialect == "sqlite" else None
    return jsonify({"status": "ok", "database": dialect, "sqlite_version": version})


@blueprint.get("/robots.txt")
def robots() -> Response:
    """What search engines may read: everything but the pages of single labels."""
    base = services().settings.public_base_url
    lines = ("User-agent: *", "Disallow: /S/", "Disallow: /verify?", f"Sitemap: {base}/sitemap.xml")
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    """The addresses of products, villages and workshops."""
    base = services().settings.public_base_url
    pages = services().catalogue.addresses()
    paths = [url_for(f"storefront.{kind}", slug=slug) for kind, slug in pages]
    fixed = [url_for("storefront.home"), url_for("storefront.products"), url_for("storefront.villages")]
    body = render_template("sitemap.xml", addresses=[base + path for path in fixed + paths])
    return Response(body, mimetype="application/xml")
