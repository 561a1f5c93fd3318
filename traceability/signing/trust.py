"""The trust list's body: which key speaks in which role, for what, from when to when.

The list is a signed note; `policy.open_trust_list` opens the note, this module reads the text inside:
an origin line and one line of canonical JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from traceability.clock import format_instant, parse_instant
from traceability.errors import NotVerified, Reason, Refused, TraceabilityError, Unreadable
from traceability.limits import TRUST_LIST_GRACE, TRUST_LIST_MAX_BYTES
from traceability.records.canonical import Document, canonical, parse
from traceability.signing.keys import PublicKey
from traceability.signing.proof import VerificationMethod

__all__ = [
    "ROLES",
    "Revocation",
    "TrustKey",
    "TrustList",
    "TrustedHost",
    "parse_trust_text",
    "write_trust_text",
]

# Logs and witnesses stand in the log policy, since their keys sign checkpoints and nothing else.
ROLES: Final = frozenset({"province", "commune", "ocop_council", "association", "workshop", "inspector"})
_TYPE: Final = "langnghe-trust-list"


@dataclass(frozen=True, slots=True)
class Revocation:
    """Why and when a key ended.

    Attributes:
        reason: `retired` or `compromised`.
        time: UTC. Of a compromised key it proves nothing, since whoever has the key can write any time.
        log_size: what the key signed counts if it stands in the log below this index. Without it a retired
            key's records count by their own dates, and a compromised key's not at all.
    """

    reason: str
    time: datetime
    log_size: int | None = None

    def __post_init__(self) -> None:
        if self.reason not in {"retired", "compromised"}:
            raise Refused(Reason.BAD_TRUST_LIST, f"revocation reason {self.reason!r} is not known")

    def spares(self, signed_at: datetime, log_index: int | None) -> bool:
        """Tells whether something that the key signed still counts.

        Args:
            signed_at: `proof.created`, the signer's claim.
            log_index: where it stands in the log, None where that is not proven.
        """
        if self.log_size is not None:
            return log_index is not None and log_index < self.log_size
        return self.reason == "retired" and signed_at < self.time


@dataclass(frozen=True, slots=True)
class TrustKey:
    """One key and what it may do.

    Attributes:
        method: the key under the name that proofs use.
        name: the holder's name, an organisation.
        role: one of ROLES.
        use: `record` signs records, `seal` seals labels; one use per key.
        custody: `server` or `holder`: who has the private half; pages show it.
        scope: administrative units (`vn:01`, `vn:01/00577`) or facility ids, exactly as records spell them.
        since, until: UTC; `until` None while the key is in use.
    """

    method: VerificationMethod
    name: str
    role: str
    use: str
    custody: str
    scope: tuple[str, ...]
    since: datetime
    until: datetime | None = None
    revoked: Revocation | None = None

    def __post_init__(self) -> None:
        if (
            self.role not in ROLES
            or self.use not in {"record", "seal"}
            or self.custody not in {"server", "holder"}
        ):
            raise Refused(Reason.BAD_TRUST_LIST, f"{self.method.id}: role, use or custody is not known")
        if self.method.id.partition("#")[0] != self.method.controller:
            raise Refused(Reason.BAD_TRUST_LIST, f"{self.method.id} does not stand under its controller")

    def check_time(self, signed_at: datetime, *, log_index: int | None = None) -> None:
        """Checks that the key was in force when it signed a record.

        Args:
            signed_at: `proof.created`.
            log_index: where the record stands in the log, None where that is not proven or not yet so.

        Raises:
            NotVerified: KEY_EXPIRED outside its period; KEY_REVOKED where a revocation does not spare it.
        """
        if signed_at < self.since or (self.until is not None and signed_at >= self.until):
            raise NotVerified(Reason.KEY_EXPIRED, f"{self.method.id} was not in force at that time")
        if self.revoked is not None and not self.revoked.spares(signed_at, log_index):
            raise NotVerified(Reason.KEY_REVOKED, f"{self.method.id} was revoked as {self.revoked.reason}")

    def check_day(self, day: date, *, log_index: int | None = None) -> None:
        """Checks that the key was in force on some part of a day, for seals, which carry no time.

        A thief can write any day. What a compromised key sealed counts only where the lot's passport stands
        in the log below the size that the list names.

        Args:
            day: of the seal.
            log_index: where the lot's passport stands in the log, None where that is not proven.

        Raises:
            NotVerified: KEY_EXPIRED or KEY_REVOKED.
        """
        end = self.until.date() if self.until is not None else date.max
        if not self.since.date() <= day <= end:
            raise NotVerified(Reason.KEY_EXPIRED, f"{self.method.id} was not in force on {day}")
        if self.revoked is None:
            return
        is_spared = day <= self.revoked.time.date()
        if self.revoked.reason == "compromised":
            is_spared = self.revoked.spares(self.revoked.time, log_index)
        if not is_spared:
            raise NotVerified(Reason.KEY_REVOKED, f"{self.method.id} was revoked as {self.revoked.reason}")

    def covers(self, place: str) -> bool:
        """Tells whether `place` lies in the key's scope: a unit with all below it, or that very facility."""
        return any(
            place == scope or (scope.startswith("vn:") and place.startswith(scope + "/"))
            for scope in self.scope
        )


@dataclass(frozen=True, slots=True)
class TrustedHost:
    """A host whose labels and record addresses are ours, for a time, and who comes after it."""

    name: str
    since: datetime
    until: datetime | None = None
    successor: str | None = None

    def has_ended(self, at: datetime) -> bool:
        """Tells whether the host is no longer ours."""
        return self.until is not None and at >= self.until

    def covers(self, at: datetime, sealed_on: date | None) -> bool:
        """Tells whether a label of this host counts; one that was sealed in its time counts for ever."""
        if at < self.since:
            return False
        if sealed_on is None or self.until is None:
            return not self.has_ended(at)
        return self.since.date() <= sealed_on <= self.until.date()


@dataclass(frozen=True)
class TrustList:
    """Who is trusted for what. Times are UTC.

    Attributes:
        origin: host and path that the list is published under, such as `demo.langnghe.example/trust`.
        sequence: counts up; clients refuse a lower one than they have seen.
        log_policy: which logs are accepted and which witnesses are needed, as a C2SP tlog-policy; None where
            there is no log yet, and then nothing is called verified.
    """

    origin: str
    sequence: int
    issued: datetime
    expires: datetime
    hosts: tuple[TrustedHost, ...]
    keys: tuple[TrustKey, ...]
    log_policy: str | None = None
    methods: Mapping[str, VerificationMethod] = field(init=False, repr=False, compare=False)
    _by_id: Mapping[str, TrustKey] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_id = {key.method.id: key for key in self.keys}
        if len(by_id) != len(self.keys):
            raise Refused(Reason.BAD_TRUST_LIST, "one key id stands twice in the list")
        if len({key.method.key.raw for key in self.keys}) != len(self.keys):
            raise Refused(Reason.BAD_TRUST_LIST, "one key stands twice in the list; each key has one use")
        records = {id_: key.method for id_, key in by_id.items() if key.use == "record"}
        object.__setattr__(self, "_by_id", by_id)
        object.__setattr__(self, "methods", records)

    def key(self, method_id: str) -> TrustKey:
        """Gives the key of a verification method.

        Raises:
            NotVerified: KEY_UNKNOWN.
        """
        try:
            return self._by_id[method_id]
        except KeyError:
            raise NotVerified(Reason.KEY_UNKNOWN, f"{method_id} is not a key of the trust list") from None

    def seal_keys(self, kid: bytes) -> tuple[TrustKey, ...]:
        """Gives the seal keys with this 4-byte key id; ids may collide."""
        return tuple(key for key in self.keys if key.use == "seal" and key.method.key.kid == kid)

    def keys_of(self, controller: str) -> tuple[TrustKey, ...]:
        """Gives all keys of one DID, in list order."""
        return tuple(key for key in self.keys if key.method.controller == controller)

    def check_host(self, host: str, *, at: datetime, sealed_on: date | None = None) -> TrustedHost:
        """Gives the entry by which labels may name this host.

        Args:
            host: in any letter case.
            at: aware; when the label is looked at.
            sealed_on: the day of the label's seal, None for a label without one.

        Raises:
            NotVerified: HOST_NOT_TRUSTED.
        """
        for entry in self.hosts:
            if entry.name == host.lower() and entry.covers(at, sealed_on):
                return entry
        raise NotVerified(Reason.HOST_NOT_TRUSTED, f"{host[:80]} is not a host of the trust list")

    def is_stale(self, at: datetime) -> bool:
        """Tells whether the list has passed its expiry."""
        return at >= self.expires

    def is_too_old(self, at: datetime) -> bool:
        """Tells whether the list is so old that nothing may be called verified by it."""
        return at >= self.expires and at - self.expires >= TRUST_LIST_GRACE


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
