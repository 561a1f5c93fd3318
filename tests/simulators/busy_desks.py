"""Desks in the middle of a day's work: begun drafts, pictures, a spoiled label, a key that waits."""

import io
import re
from typing import Final

from flask import Flask
from flask.testing import FlaskClient

from shop.services.keys.enrolment import possession_text
from tests.simulators.desks import sign_in, token
from tests.simulators.pictures import encoded, photo
from traceability.base58 import encode_multibase
from traceability.signing.keys import Ed25519Signer

__all__ = ["BEGUN", "fill"]

BEGUN: Final = "Bình mới bắt đầu ghi"  # the name in a product's draft, which nobody else may read


def fill(app: Flask) -> str:
    """Lets the first artisan do what makes every kind of page of her desk, and ask about what she pictured.

    Returns:
        The address of the correction that she began, which only the answer to that tells.
    """
    client = sign_in(app, "artisan@demo.langnghe")
    draft = client.get("/artisan/new-product").location
    assert _send(client, f"{draft}/draft", name_vi=BEGUN) == 200
    product = _first(client, "/artisan/", r'href="(/artisan/products/[a-z0-9-]+)"')
    for _ in range(2):
        _send(client, f"{product}/photos", gallery=_picture())
    for name in ("Nhỏ", "To"):
        _send(client, f"{product}/variants", name_vi=name, price="100000", stock="1")
    slug = product.rpartition("/")[2]
    _send(client, "/artisan/lots/new", product=slug, units="3", how="copy")
    lot_draft = _first(client, "/artisan/lots/", r'href="(/artisan/lots/drafts/[\w-]+)')
    _send(client, f"{lot_draft}/steps/1/media", photo=_picture())
    lot = _first(client, "/artisan/lots/", r'href="(/artisan/lots/[0-9]+)"')
    _send(client, f"{lot}/spoiled", labels="1")
    corrected = client.post(f"{lot}/correct", data={"csrf_token": token(client)}).location
    _send(
        client, "/artisan/requests/new/inspection", words="Xem món này.", product=slug, office="inspector-1"
    )
    _send(client, "/artisan/workshop/invite")
    _hand_in_a_key(client)
    return corrected


def _send(client: FlaskClient, path: str, **fields: object) -> int:
    """Sends a form, which has to be taken."""
    answer = client.post(path, data={"csrf_token": token(client), **fields})
    assert answer.status_code in (200, 303), (path, answer.status_code)
    return answer.status_code


def _first(client: FlaskClient, page: str, pattern: str) -> str:
    found = re.search(pattern, client.get(page).text)
    assert found is not None, (page, pattern)
    return found[1]


def _picture() -> tuple[io.BytesIO, str]:
    return io.BytesIO(encoded(photo(), "JPEG")), "a.jpg"


def _hand_in_a_key(client: FlaskClient) -> None:
    told = client.get("/artisan/key", headers={"Accept": "application/json"}).json
    assert isinstance(told, dict)
    signer = Ed25519Signer.generate()
    public_key = signer.public_key.multibase
    text = possession_text(
        host=told["host"],
        account_id=told["accountId"],
        issuer=told["issuer"],
        use="record",
        public_key=public_key,
        nonce=told["nonce"],
    )
    signature = encode_multibase(signer.sign(text))
    body = {"use": "record", "publicKey": public_key, "signature": signature, "nonce": told["nonce"]}
    answer = client.post("/artisan/key", json=body, headers={"X-CSRFToken": token(client)})
    assert answer.status_code == 200, answer.text
