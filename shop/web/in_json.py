"""What scripts get from views in JSON: mistakes with their code, and a key that is handed in."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from flask import Response, jsonify, request

from shop.errors import BadInput, Forbidden, NotFound, ShopError, StorageBusy
from shop.web.access import actor
from shop.web.current import now, services
from traceability.base58 import decode_multibase
from traceability.errors import TraceabilityError

__all__ = ["demand_no_zero", "in_json", "sent_object", "take_key"]

View = Callable[..., Any]
STATUSES: Final = ((NotFound, 404), (Forbidden, 403), (StorageBusy, 503))
SIGNATURE_BYTES: Final = 64
# As it lies, or as JSON writes it: behind a backslash that no other backslash takes for itself.
_ZERO: Final = re.compile(rb"\x00|(?<!\\)(?:\\\\)*\\u0000")


def in_json(view: View) -> View:
    """Has a view answer what goes wrong as `{code, message}`, since a script reads it."""

    @wraps(view)
    def answering(**values: Any) -> Any:
        try:
            answer = view(**values)
        except (ShopError, TraceabilityError) as error:
            status = next((status for kind, status in STATUSES if isinstance(error, kind)), 400)
            answer = jsonify({"code": str(error.code), "message": str(error)})
            answer.status_code = status
        answer.headers.setdefault("Cache-Control", "no-store")
        return answer

    return answering


def demand_no_zero(data: bytes) -> None:
    """Checks that a JSON text holds no zero byte, which PostgreSQL neither stores nor compares.

    Raises:
        BadInput: ZERO_BYTE.
    """
    if _ZERO.search(data):
        raise BadInput("ZERO_BYTE", "got a text with the character U+0000, expected none")


def sent_object() -> dict[str, Any]:
    """Gives the JSON object that a script has sent.

    Raises:
        BadInput: BAD_FORM, ZERO_BYTE.
    """
    demand_no_zero(request.get_data())
    try:
        given = request.get_json(silent=True)
    except RecursionError as error:
        raise BadInput("BAD_FORM", "got JSON that is nested too deep") from error
    if not isinstance(given, dict):
        raise BadInput("BAD_FORM", "expected a JSON object")
    return given


def take_key() -> Response:
    """Takes in the public half of a key from the request, with the proof that its holder has the other one.

    Raises:
        BadInput: BAD_FORM, ZERO_BYTE, and what `KeyEnrolments.enrol` raises.
        TraceabilityError: the signature is no multibase text of 64 bytes.
    """
    given = sent_object()
    names = ("use", "publicKey", "signature", "nonce")
    if not all(isinstance(given.get(name), str) for name in names):
        raise BadInput("BAD_FORM", f"expected the texts {', '.join(names)}")
    use, public_key, signature, nonce = (given[name] for name in names)
    enrolled = services().desks.enrolments.enrol(
        actor(),
        use,
        public_key=public_key,
        signature=decode_multibase(signature, length=SIGNATURE_BYTES),
        nonce=nonce,
        now=now(),
    )
    return jsonify({"publicKey": enrolled.public_key, "state": enrolled.state})
