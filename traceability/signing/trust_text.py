"""A trust list as text: an origin line and one line of canonical JSON, inside a signed note.

`policy.open_trust_list` opens the note; this module reads and writes what stands in it.
"""

from typing import Any, Final

from traceability.clock import format_instant, parse_instant
from traceability.errors import Reason, TraceabilityError, Unreadable
from traceability.limits import TRUST_LIST_MAX_BYTES
from traceability.records.canonical import Document, canonical, parse
from traceability.signing.keys import PublicKey
from traceability.signing.proof import VerificationMethod
from traceability.signing.trust import Revocation, TrustedHost, TrustKey, TrustList

__all__ = ["parse_trust_text", "write_trust_text"]

_TYPE: Final = "langnghe-trust-list"


def write_trust_text(trust: TrustList) -> str:
    """Gives the note text: the origin line and one line of canonical JSON, each ending in a newline."""
    body: Document = {
        "type": _TYPE,
        "v": 1,
        "sequence": trust.sequence,
        "issued": format_instant(trust.issued),
        "expires": format_instant(trust.expires),
        "hosts": [_host_to_json(host) for host in trust.hosts],
        "keys": [_key_to_json(key) for key in trust.keys],
    }
    if trust.log_policy is not None:
        body["logPolicy"] = trust.log_policy
    return f"{trust.origin}\n{canonical(body).decode('utf-8')}\n"


def parse_trust_text(text: str) -> TrustList:
    """Reads the text of a trust list; the note's signatures are the caller's to check first.

    Raises:
        Unreadable: BAD_TRUST_LIST, for any other form than the one that `write_trust_text` gives.
    """
    try:
        origin, line = text.removesuffix("\n").split("\n")
        body = parse(line.encode("utf-8"), max_bytes=TRUST_LIST_MAX_BYTES)
        trust = _read_body(origin, body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(
            Reason.BAD_TRUST_LIST, f"a member is missing or of the wrong kind: {error}"
        ) from None
    except TraceabilityError as error:
        raise Unreadable(Reason.BAD_TRUST_LIST, str(error)) from error
    if write_trust_text(trust) != text:
        raise Unreadable(Reason.BAD_TRUST_LIST, "a member is unknown or spelled in another way than ours")
    return trust


def _read_body(origin: str, body: Document) -> TrustList:
    if body["type"] != _TYPE or body["v"] != 1 or type(body["sequence"]) is not int:
        raise Unreadable(Reason.BAD_TRUST_LIST, "not a trust list of version 1")
    return TrustList(
        origin=origin,
        sequence=body["sequence"],
        issued=parse_instant(body["issued"]),
        expires=parse_instant(body["expires"]),
        hosts=tuple(_read_host(value) for value in body["hosts"]),
        keys=tuple(_read_key(value) for value in body["keys"]),
        log_policy=_text(body["logPolicy"]) if "logPolicy" in body else None,
    )


def _host_to_json(host: TrustedHost) -> Document:
    value: Document = {"name": host.name, "from": format_instant(host.since)}
    if host.until is not None:
        value["until"] = format_instant(host.until)
    if host.successor is not None:
        value["successor"] = host.successor
    return value


def _read_host(value: Document) -> TrustedHost:
    return TrustedHost(
        name=_text(value["name"]),
        since=parse_instant(value["from"]),
        until=parse_instant(value["until"]) if "until" in value else None,
        successor=_text(value["successor"]) if "successor" in value else None,
    )


def _key_to_json(key: TrustKey) -> Document:
    value: Document = {
        "id": key.method.id,
        "controller": key.method.controller,
        "publicKeyMultibase": key.method.key.multibase,
        "name": key.name,
        "role": key.role,
        "use": key.use,
        "custody": key.custody,
        "scope": list(key.scope),
        "from": format_instant(key.since),
    }
    if key.until is not None:
        value["until"] = format_instant(key.until)
    if key.revoked is not None:
        value["revoked"] = _revocation_to_json(key.revoked)
    return value


def _revocation_to_json(revoked: Revocation) -> Document:
    value: Document = {"reason": revoked.reason, "time": format_instant(revoked.time)}
    if revoked.log_size is not None:
        value["logSize"] = revoked.log_size
    return value


def _read_key(value: Document) -> TrustKey:
    key = PublicKey.from_multibase(value["publicKeyMultibase"])
    revoked: Any = value.get("revoked")
    return TrustKey(
        method=VerificationMethod(value["id"], value["controller"], key),
        name=_text(value["name"]),
        role=value["role"],
        use=value["use"],
        custody=value["custody"],
        scope=tuple(_text(item) for item in value["scope"]),
        since=parse_instant(value["from"]),
        until=parse_instant(value["until"]) if "until" in value else None,
        revoked=_read_revocation(revoked) if revoked is not None else None,
    )


def _read_revocation(value: Document) -> Revocation:
    size = value.get("logSize")
    if size is not None and (type(size) is not int or size < 0):
        raise Unreadable(Reason.BAD_TRUST_LIST, "logSize is not a whole number")
    return Revocation(value["reason"], parse_instant(value["time"]), size)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Unreadable(Reason.BAD_TRUST_LIST, f"expected text, got {type(value).__name__}")
    return value
