"""did:web documents: the public keys that stand under one DID, in the form that other verifiers fetch.

Source: W3C Decentralized Identifiers 1.0, section 5; did:web method; W3C Controlled Identifiers, Multikey.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from traceability.errors import Reason, Refused
from traceability.signing.proof import VerificationMethod

__all__ = ["did_document"]

_CONTEXTS: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")
_DID_WEB: Final = re.compile(
    r"did:web:[A-Za-z0-9.-]{1,253}(%3A\d{1,5})?(:[A-Za-z0-9._-]{1,128}){0,16}", re.ASCII
)


def did_document(did: str, methods: Sequence[VerificationMethod]) -> dict[str, Any]:
    """Gives the document to serve for a did:web.

    Every method is listed for `assertionMethod`; leave out keys that may not sign records.

    Args:
        did: `did:web:host` or `did:web:host:path:…`.
        methods: at least one; each under `did` and controlled by it.

    Raises:
        Refused: BAD_VALUE, for another form of DID, a foreign method, none, or one id twice.
    """
    if not _DID_WEB.fullmatch(did):
        raise Refused(Reason.BAD_VALUE, f"expected did:web:host or did:web:host:path, got {did[:80]!a}")
    ids = [method.id for method in methods]
    if not ids or len(set(ids)) != len(ids):
        raise Refused(Reason.BAD_VALUE, "a did document names at least one key, and each once")
    for method in methods:
        if method.controller != did or not method.id.startswith(f"{did}#"):
            raise Refused(Reason.BAD_VALUE, f"{method.id} is not a key of {did}")
    return {
        "@context": list(_CONTEXTS),
        "id": did,
        "verificationMethod": [_method_to_json(method) for method in methods],
        "assertionMethod": ids,
    }


def _method_to_json(method: VerificationMethod) -> dict[str, str]:
    return {
        "id": method.id,
        "type": "Multikey",
        "controller": method.controller,
        "publicKeyMultibase": method.key.multibase,
    }
