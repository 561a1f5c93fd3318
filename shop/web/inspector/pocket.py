"""What the inspector's page is made of, asks for and sends: files, a copy to take along, keys, findings."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, current_app, jsonify, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from shop.config import static_folder, templates_folder
from shop.errors import BadInput
from shop.services.access.actors import INSPECTOR
from shop.services.exporting.script_bundle import join_scripts
from shop.web.access import actor, needs
from shop.web.current import now, services
from shop.web.in_json import demand_no_zero, in_json, take_key
from shop.web.jinja import LANGUAGES

__all__ = ["READER", "STATIC", "WASM", "blueprint", "script_url", "vendor_url"]

blueprint = Blueprint("pocket", __name__, url_prefix="/inspector")

SIZE_DIGITS: Final = 19
STATIC: Final = static_folder()
READER: Final = "vendor/zxing/reader.js"
WASM: Final = "vendor/zxing/zxing_reader.wasm"


@blueprint.get("/pocket.js")
def script() -> Response:
    """The page's script: our modules, joined into one file, so that a phone keeps all or none of it."""
    response = Response(_joined()[0], mimetype="text/javascript")
    if request.args.get("v") == _joined()[1]:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@blueprint.get("/sw.js")
def worker() -> Response:
    """The service worker, with the list of what it keeps; a new version of anything is a new worker."""
    assets = [url_for("inspector.pocket"), *(url_for("inspector.pocket", lang=one) for one in LANGUAGES)]
    assets += [script_url()]
    assets += [
        url_for("static", filename=name) for name in ("css/site.css", "css/pocket.css", "img/mark.svg")
    ]
    assets += [url for url in map(vendor_url, (READER, WASM)) if url]
    values = {"VERSION": _version(*assets), "PAGE": url_for("inspector.pocket"), "ASSETS": assets}
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in values.items())
    text = (STATIC / "pocket" / "worker.js").read_text(encoding="utf-8")
    response = Response(head + text, mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = url_for("inspector.home")
    return response


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    """What a phone needs to put the page on its home screen."""
    language = request.args.get("lang")
    start = url_for("inspector.pocket", lang=language if language in LANGUAGES else None)
    icon = {"src": url_for("static", filename="img/mark.svg"), "sizes": "any", "type": "image/svg+xml"}
    response = jsonify({
        "name": "Làng nghề · Sổ tay kiểm tra",
        "short_name": "Kiểm tra",
        "start_url": start,
        "scope": url_for("inspector.home"),
        "display": "standalone",
        "background_color": "#FBF8F2",
        "theme_color": "#9E2A2B",
        "icons": [icon],
    })  # fmt: skip
    response.mimetype = "application/manifest+json"
    return response


@blueprint.get("/me")
@in_json
@needs(INSPECTOR)
def me() -> BaseResponse:
    """Who is signed in, in whose name she signs, her keys, and what writing needs: a nonce and a token."""
    person, at = actor(), now()
    standing = services().desks.pocket.standing(person)
    keys = services().desks.enrolments.of(person)
    return jsonify({
        "accountId": person.account_id,
        "issuer": person.issuer,
        "did": standing.did,
        "name": standing.name,
        "host": services().settings.identity_host,
        "nonce": services().desks.enrolments.nonce(person, "record", now=at),
        "csrf": _token(),
        "keys": [{"publicKey": one.public_key, "state": one.state} for one in keys],
    })  # fmt: skip


@blueprint.get("/bundle")
@in_json
@needs(INSPECTOR)
def bundle() -> BaseResponse:
    """The copy to take along, always packed: it is made once and is the same for everybody."""
    made = services().desks.pocket.bundle(actor(), now=now())
    response = Response(made.packed, mimetype="application/json")
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(made.etag)
    return response.make_conditional(request)


@blueprint.get("/consistency")
@in_json
@needs(INSPECTOR)
def consistency() -> BaseResponse:
    """The proof that the log of `to` entries continues the one of `from` entries."""
    old, size = (_size(request.args.get(name, "")) for name in ("from", "to"))
    proof = services().desks.pocket.consistency(actor(), old=old, size=size)
    return jsonify({"proof": [b64encode(one).decode("ascii") for one in proof]})


@blueprint.post("/key")
@in_json
@needs(INSPECTOR)
def hand_in_key() -> BaseResponse:
    """Takes the public half of a key, with the proof that the holder has the other one."""
    return take_key()


@blueprint.post("/findings")
@in_json
@needs(INSPECTOR)
def take_finding() -> BaseResponse:
    """Takes one signed record; the same one again gets the same answer."""
    data = request.get_data()
    demand_no_zero(data)
    taken = services().desks.findings.take(actor(), data, now=now())
    return jsonify({"id": taken.record_id, "index": taken.index, "already": taken.already})


@blueprint.post("/findings/<record_id>/photo")
@in_json
@needs(INSPECTOR)
def take_photo(record_id: str) -> BaseResponse:
    """Takes a photo that an admitted finding names; the same one again changes nothing."""
    taken = services().desks.findings.take_photo(actor(), record_id, request.get_data(), now=now())
    return jsonify({"digest": taken.digest, "already": taken.already})


@blueprint.post("/findings/<record_id>/settles/<int:request_id>")
@in_json
@needs(INSPECTOR)
def settle(record_id: str, request_id: int) -> BaseResponse:
    """Closes the request that a finding answers; again changes nothing."""
    services().desks.counter.deciding.settle(actor(), request_id, record_id, now=now())
    return jsonify({"request": request_id})


@blueprint.post("/labels")
@in_json
@needs(INSPECTOR)
def read_picture() -> BaseResponse:
    """Reads the codes in a picture, for a browser that reads none itself; the picture is not kept."""
    return jsonify({"texts": list(services().pictures.labels(request.get_data()))})


def _token() -> str:
    """Gives the token that writing needs, as the desks' pages carry it."""
    make: Callable[[], str] = current_app.jinja_env.globals["csrf_token"]  # type: ignore[assignment]  # of Flask-WTF
    return make()


def _size(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= SIZE_DIGITS):
        raise BadInput("BAD_SIZES", f"got {text[:20]!r}, expected a number of entries")
    return int(text)


def script_url() -> str:
    """Gives the address of the page's script, which names its content."""
    return url_for("pocket.script", v=_joined()[1])


def vendor_url(name: str) -> str:
    """Gives the address of a file that set-up fetched from others, empty where it did not."""
    return url_for("static", filename=name) if (STATIC / name).is_file() else ""


@cache
def _joined() -> tuple[bytes, str]:
    """Gives the joined script, and what names its content."""
    data = join_scripts(STATIC, "pocket/main.js", name="langnghe").encode()
    return data, hashlib.sha256(data).hexdigest()[:10]


@cache
def _version(*assets: str) -> str:
    """Names the content of everything that the worker keeps: addresses of files say theirs, pages do not."""
    words = Path(current_app.root_path) / "translations"
    files = sorted([*templates_folder().rglob("*.html"), *words.rglob("*.mo")])
    digest = hashlib.sha256("\n".join(assets).encode())
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
