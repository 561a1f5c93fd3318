"""did:web documents: the public keys that stand under one DID, in the form that other verifiers fetch.

Source: W3C Decentralized Identifiers 1.0, section 5; did:web method; W3C Controlled Identifiers, Multikey.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from traceability.clock import format_instant
from traceability.errors import Reason, Refused
from traceability.signing.proof import VerificationMethod

__all__ = ["did_document", "issuer_did"]

_CONTEXTS: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")
_DID_WEB: Final = re.compile(
    r"did:web:[A-Za-z0-9.-]{1,253}(%3A\d{1,5})?(:[A-Za-z0-9._-]{1,128}){0,16}", re.ASCII
)


def issuer_did(host: str, slug: str) -> str:
    """Gives the DID of an issuer of an instance; neither part is checked.

    Args:
        host: of the instance, `name` or `name:port`; a port's colon is escaped, as did:web demands.
        slug: the issuer's part, which comes last. With an empty one it is what all of the host's begin with.
    """
    return f"did:web:{host.replace(':', '%3A')}:issuers:{slug}"


def did_document(
    did: str, methods: Sequence[VerificationMethod], *, revoked: Mapping[str, datetime] | None = None
) -> dict[str, Any]:
    """Gives the document to serve for a did:web.

    Every method that was not revoked is listed for `assertionMethod`; leave out keys that sign no records.

    Args:
        did: `did:web:host` or `did:web:host:path:…`.
        methods: at least one; each under `did` and controlled by it.
        revoked: by method id, when a method was revoked. It stays to be looked up, with that time.

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
        "verificationMethod": [_method_to_json(method, (revoked or {}).get(method.id)) for method in methods],
        "assertionMethod": [name for name in ids if name not in (revoked or {})],
    }


def _method_to_json(method: VerificationMethod, revoked: datetime | None) -> dict[str, str]:
    data: dict[str, str] = {
        "id": method.id,
        "type": "Multikey",
        "controller": method.controller,
        "publicKeyMultibase": method.key.multibase,
    }
    return data if revoked is None else data | {"revoked": format_instant(revoked)}
