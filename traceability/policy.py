"""Which role must have signed which record, and for which places; and how a trust list is opened."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

from traceability.errors import NotVerified, Reason, TraceabilityError, Unreadable
from traceability.ledger import note
from traceability.ledger.quorum import Policy
from traceability.limits import TRUST_LIST_MAX_BYTES
from traceability.records.certificate import Certificate
from traceability.records.event import TraceEvent
from traceability.records.facility import VillageRecognition, WorkshopRecord
from traceability.records.kinds import Record
from traceability.records.notice import Notice, Transcription
from traceability.records.passport import LotPassport
from traceability.records.status_list import StatusList
from traceability.signing.trust import Revocation, TrustKey, TrustList, roots_needed
from traceability.signing.trust_text import parse_trust_text
from traceability.subjects import check_subjects, present_unit

__all__ = [
    "LEVELS",
    "allowed_roles",
    "check_authority",
    "check_record",
    "check_succession",
    "level_of",
    "log_policy",
    "open_trust_list",
]

_CERTIFIERS: Final = {
    "ocop": frozenset({"ocop_council"}),
    "artisan_title": frozenset({"province"}),
    "ip_right": frozenset({"province"}),
    "inspection": frozenset({"inspector"}),
    "environmental": frozenset({"inspector"}),
    "attestation": frozenset({"association", "commune"}),
}
# Everybody who signs records keeps the status of their own.
_ISSUERS: Final = frozenset({"province", "commune", "ocop_council", "association", "workshop", "inspector"})
# They may give notice about anybody's record; everybody else about their own only.
_OVERSEERS: Final = frozenset({"inspector", "province"})
# It may stand in for province and commune as long as they sign nothing: by copying their papers.
_COPYIST: Final = "association"
LEVELS: Final = ("self_declared", "transcribed", "attested", "inspected", "certified")


def open_trust_list(data: bytes, roots: Sequence[note.Verifier]) -> TrustList:
    """Opens a trust list that a majority of the pinned root keys signed (2 of 3, or 1 of 1).

    Args:
        data: the signed note, at most 4 MiB.
        roots: the pinned root keys; the list itself is never asked whom to trust.

    Raises:
        Unreadable: BAD_NOTE or BAD_TRUST_LIST.
        NotVerified: KEY_UNKNOWN when too few roots signed, BAD_SIGNATURE when one of them signed otherwise.
    """
    opened = note.parse(data, max_bytes=TRUST_LIST_MAX_BYTES)
    if len({root.key.raw for root in roots}) != len(roots):
        raise NotVerified(Reason.KEY_UNKNOWN, "one root key stands twice, so that its vote would count twice")
    signers = set(note.verify(opened, roots))
    needed = roots_needed(len(roots))
    if len(signers) < needed:
        raise NotVerified(
            Reason.KEY_UNKNOWN, f"{len(signers)} of {len(roots)} roots signed, {needed} are needed"
        )
    trust = parse_trust_text(opened.text)
    log_policy(trust)
    return trust


def log_policy(trust: TrustList) -> Policy | None:
    """Gives which logs and witnesses a trust list accepts, None where it names no log.

    Raises:
        Unreadable: BAD_TRUST_LIST, when its text is no policy.
    """
    if trust.log_policy is None:
        return None
    try:
        policy = _parse_policy(trust.log_policy)
    except TraceabilityError as error:
        raise Unreadable(Reason.BAD_TRUST_LIST, f"the log policy: {error}") from error
    # A revocation names a size, and a size means one log: in a second one the stolen key could start anew.
    if len({log.name for log in policy.logs}) > 1:
        raise Unreadable(Reason.BAD_TRUST_LIST, "the log policy: expected the keys of one log, got several")
    return policy


def check_succession(old: TrustList, new: TrustList) -> None:
    """Checks that a trust list may follow another: nothing that was said before is unsaid by it.

    Raises:
        NotVerified: ROLLBACK, when its sequence or time is not later; FORK, when it is of another origin, or
            a key or host is missing, was given other rights in the past, or is no longer revoked.
    """
    if new.origin != old.origin:
        raise NotVerified(Reason.FORK, f"the list is of {new.origin}, not of {old.origin}")
    if new.sequence <= old.sequence or new.issued < old.issued:
        raise NotVerified(
            Reason.ROLLBACK, f"list {new.sequence} of {new.issued} does not follow list {old.sequence}"
        )
    keys = {key.method.id: key for key in new.keys}
    for key in old.keys:
        if not _continues(key, keys.get(key.method.id), new.issued):
            raise NotVerified(Reason.FORK, f"{key.method.id} is missing, or is not what it was")
    hosts = {(host.name, host.since): host for host in new.hosts}
    for host in old.hosts:
        later = hosts.get((host.name, host.since))
        if later is None or _reopens(host.until, later.until, new.issued):
            raise NotVerified(Reason.FORK, f"the host {host.name} is missing, or is ours again after its end")
    _check_log_goes_on(log_policy(old), log_policy(new))


def allowed_roles(record: Record) -> frozenset[str]:
    """Gives the roles that may sign this kind of record."""
    match record:
        case VillageRecognition():
            return frozenset({"province", _COPYIST})
        case WorkshopRecord():
            return frozenset({"commune", _COPYIST})
        case Certificate():
            return _CERTIFIERS[record.kind]
        case TraceEvent() | LotPassport():
            return frozenset({"workshop"})
        case Notice():
            return frozenset({"inspector", "province", "commune", "ocop_council", "association", "workshop"})
        case Transcription():
            return frozenset({"association"})
        case StatusList():
            return _ISSUERS


def check_record(record: Record, key: TrustKey, linked: Sequence[Record]) -> None:
    """Checks all that a signature alone does not say: right, subject, and the signer's name.

    Args:
        record: the record as read.
        key: the key that its proof names, from the trust list.
        linked: the records that it links to directly.

    Raises:
        NotVerified: what `check_authority` and `check_subjects` raise; ISSUER_MISMATCH, where the signer goes
            by another name than the trust list's, because pages print what is signed.
    """
    check_subjects(record, linked)
    check_authority(record, key, linked)
    if record.envelope.issuer.name != key.name:
        raise NotVerified(Reason.ISSUER_MISMATCH, f"the trust list calls the signer {key.name!r}")


def check_authority(record: Record, key: TrustKey, linked: Sequence[Record]) -> None:
    """Checks that the key's role and scope allow this very record.

    Args:
        record: the record as read.
        key: the key that its proof names, from the trust list.
        linked: the records that it links to directly; places are taken from them.

    Raises:
        NotVerified: KEY_NOT_AUTHORISED, SUBJECT_MISMATCH or LINK_MISSING.
    """
    if key.use != "record" or key.role not in allowed_roles(record):
        raise NotVerified(
            Reason.KEY_NOT_AUTHORISED, f"a {key.role} {key.use} key may not sign a {record.KIND}"
        )
    if isinstance(record, Notice) and key.role not in _OVERSEERS:
        _check_own(record, linked)
    if isinstance(record, StatusList) and record.owner != record.envelope.issuer.did:
        raise NotVerified(Reason.KEY_NOT_AUTHORISED, f"the list at this address is {record.owner}'s")
    if key.role == _COPYIST:
        _check_copied(record, linked)
    for place in _spoken_for(record, key.role, linked) or _places(record, linked):
        if not key.covers(place):
            raise NotVerified(Reason.KEY_NOT_AUTHORISED, f"{key.method.id} may not speak for {place}")


# A workshop or association that corrects its own record has been seen by nobody.
_NOTICE_LEVELS: Final = {
    "inspector": "inspected",
    "workshop": "self_declared",
    "association": "self_declared",
}


_CERTIFICATE_LEVELS: Final = {
    "inspection": "inspected",
    "environmental": "inspected",
    "attestation": "attested",
}


def level_of(record: Record, role: str) -> str:
    """Gives how sure a record's statement is, one of LEVELS, by who signed it.

    Args:
        record: the record as read.
        role: of the key that its proof names.
    """
    if role == _COPYIST and isinstance(record, VillageRecognition | WorkshopRecord):
        return "transcribed" if _is_copied(record) else "self_declared"
    match record:
        case VillageRecognition():
            # A place whose title nobody knows is attested to exist; nothing about it is certified.
            return "certified" if record.recognition.status == "recognised" else "attested"
        case WorkshopRecord():
            return "attested"
        case Certificate():
            return _CERTIFICATE_LEVELS.get(record.kind, "certified")
        case Notice():
            return _NOTICE_LEVELS.get(role, "attested")
        case Transcription():
            return "transcribed"
        case TraceEvent() | LotPassport() | StatusList():
            return "self_declared"


@lru_cache(64)
def _parse_policy(text: str) -> Policy:
    return Policy.from_bytes(text.encode("utf-8"))


def _check_log_goes_on(old: Policy | None, new: Policy | None) -> None:
    """Checks that a list keeps its log, and that witnesses go on being needed."""
    if old is None:
        return
    if new is None or {log.name for log in new.logs} != {log.name for log in old.logs}:
        raise NotVerified(Reason.FORK, "the list names another log, or none")
    if old.quorum is not None and new.quorum is None:
        raise NotVerified(Reason.FORK, "the list no longer asks for any witness")


def _continues(old: TrustKey, new: TrustKey | None, now: datetime) -> bool:
    """Tells whether a later entry of a key leaves its past alone; it may end, and gain or lose scope."""
    if new is None or (new.method, new.role, new.use) != (old.method, old.role, old.use):
        return False
    if new.since != old.since or _reopens(old.until, new.until, now):
        return False
    return old.revoked is None or _as_strict(old.revoked, new.revoked)


def _reopens(old: datetime | None, new: datetime | None, now: datetime) -> bool:
    """Tells whether an end that had come by a time was taken back or moved away."""
    return old is not None and old <= now and (new is None or new > old)


def _as_strict(old: Revocation, new: Revocation | None) -> bool:
    """Tells whether a revocation spares no more than before; a retired key may turn out compromised."""
    if new is None or (old.reason == "compromised" and new.reason != "compromised"):
        return False
    if new.time > old.time:
        return False
    if new.log_size is None or old.log_size is None:
        # Without a size a compromised key's records do not count at all, which no size may undo.
        return new == old or (new.log_size is None and new.reason == "compromised") or old.reason == "retired"
    return new.log_size <= old.log_size


def _is_copied(record: VillageRecognition | WorkshopRecord) -> bool:
    """Tells whether the record stands for a paper; a village without a title may stand for none."""
    return not isinstance(record, VillageRecognition) or record.recognition.status != "unknown"


def _check_copied(record: Record, linked: Sequence[Record]) -> None:
    """Checks that whoever stands in for an authority shows the paper, in a transcription of its own."""
    if not isinstance(record, VillageRecognition | WorkshopRecord) or not _is_copied(record):
        return
    issuer = record.envelope.issuer.did
    papers = [item for item in linked if isinstance(item, Transcription)]
    if not any(
        paper.about_id == record.facility_id and paper.envelope.issuer.did == issuer for paper in papers
    ):
        raise NotVerified(
            Reason.KEY_NOT_AUTHORISED,
            f"an {_COPYIST} signs a {record.KIND} only over a transcription of the paper about it",
        )


def _spoken_for(record: Record, role: str, linked: Sequence[Record]) -> list[str]:
    """Gives the village that an association must be entitled to speak for, since it speaks for no unit."""
    if role != _COPYIST:
        return []
    match record:
        case VillageRecognition():
            return [record.facility_id]
        case WorkshopRecord():
            return [record.village_id]
        case Certificate():
            return [item.village_id for item in linked if isinstance(item, WorkshopRecord)]
    return []


def _places(record: Record, linked: Sequence[Record]) -> list[str]:
    """Gives the units or facilities that the signer must be entitled to speak for, all of them."""
    match record:
        case VillageRecognition():
            return [present_unit(record).code or ""]
        case WorkshopRecord():
            return [present_unit(item).code or "" for item in linked if isinstance(item, VillageRecognition)]
        case Certificate():
            return [present_unit(item).code or "" for item in linked if isinstance(item, WorkshopRecord)]
        case TraceEvent():
            return [record.place_id]
        case LotPassport():
            return [record.facility_id]
        case Notice() | StatusList():
            return []
        case Transcription():
            return [_village_of(record, linked)]


def _village_of(record: Transcription, linked: Sequence[Record]) -> str:
    """Gives the village of what a paper is about: itself, or that of the linked workshop or village.

    A paper about a workshop that has no record yet, or about a product, is linked to its place only.
    """
    for item in linked:
        if isinstance(item, WorkshopRecord):
            return item.village_id
    villages = [item.facility_id for item in linked if isinstance(item, VillageRecognition)]
    return villages[0] if villages else record.about_id


def _check_own(notice: Notice, linked: Sequence[Record]) -> None:
    """Checks that whoever is no overseer gives notice about a record of their own."""
    about = next((item.envelope for item in linked if item.envelope.id == notice.about), None)
    if about is None:
        raise NotVerified(Reason.LINK_MISSING, "the record that the notice is about is not at hand")
    if about.issuer.did != notice.envelope.issuer.did:
        raise NotVerified(
            Reason.KEY_NOT_AUTHORISED, f"the record that the notice is about is {about.issuer.did}'s"
        )
