"""The trust list: which key speaks in which role, for what, from when to when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Final

from traceability.errors import NotVerified, Reason, Refused
from traceability.limits import TRUST_LIST_GRACE
from traceability.signing.proof import VerificationMethod

__all__ = [
    "ROLES",
    "Revocation",
    "TrustKey",
    "TrustList",
    "TrustedHost",
    "roots_needed",
]

# Logs and witnesses stand in the log policy, since their keys sign checkpoints and nothing else.
ROLES: Final = frozenset({"province", "commune", "ocop_council", "association", "workshop", "inspector"})


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

    def is_in_force(self, now: datetime) -> bool:
        """Tells whether a record that the key signs now counts before any log proves where it stands.

        A key whose retirement is dated ahead and names no log size is in force until then.

        Args:
            now: aware.
        """
        try:
            self.check_time(now)
        except NotVerified:
            return False
        return True

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
    _by_kid: Mapping[bytes, tuple[TrustKey, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_id = {key.method.id: key for key in self.keys}
        if len(by_id) != len(self.keys):
            raise Refused(Reason.BAD_TRUST_LIST, "one key id stands twice in the list")
        if len({key.method.key.raw for key in self.keys}) != len(self.keys):
            raise Refused(Reason.BAD_TRUST_LIST, "one key stands twice in the list; each key has one use")
        records = {id_: key.method for id_, key in by_id.items() if key.use == "record"}
        seals = [key for key in self.keys if key.use == "seal"]
        by_kid = {kid: tuple(found) for kid, found in groupby(sorted(seals, key=_kid), _kid)}
        object.__setattr__(self, "_by_id", by_id)
        object.__setattr__(self, "_by_kid", by_kid)
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
        return self._by_kid.get(kid, ())

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


def _kid(key: TrustKey) -> bytes:
    return key.method.key.kid


def roots_needed(count: int) -> int:
    """Gives how many of so many root keys must sign a trust list: 2 of 3, or 1 of 1."""
    return count // 2 + 1
