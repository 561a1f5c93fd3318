"""Puts a signed trust list in force: opened with the pinned roots, demanded to follow, stored and logged."""

from datetime import datetime

from sqlalchemy import select

from shop.config import Settings
from shop.db.lots import TrustList as TrustListRow
from shop.db.session import Database
from shop.errors import ConfigurationError
from shop.services.log.ledger import Ledger
from shop.services.log.setup import demand_sound_log, open_ledger
from shop.services.signed.rows import demand_newest_list, store_trust_list
from traceability.bundle import read_at_most
from traceability.ceremony import Change, differences
from traceability.errors import NotVerified, Reason
from traceability.ledger.note import Verifier
from traceability.limits import NOTE_MAX_BYTES
from traceability.policy import check_succession, log_policy, open_trust_list
from traceability.roots import ROOTS_FILE, parse_roots
from traceability.signing.trust import TrustList

__all__ = ["pinned_roots", "publish_list"]


def publish_list(
    database: Database, data: bytes, *, settings: Settings, passphrase: bytes | None, now: datetime
) -> tuple[Change, ...] | None:
    """Stores and logs a trust list, and signs the log's head over it.

    Args:
        database: of the instance.
        data: the signed note.
        settings: of the instance; the roots are pinned in its data folder.
        passphrase: of the log's key; where that key is not here, nothing is signed.
        now: aware; whole seconds.

    Returns:
        What it changes; None when it is in force already.

    Raises:
        ConfigurationError: NO_ROOTS; what opening the log raises.
        NotVerified: KEY_UNKNOWN or BAD_SIGNATURE over the roots; ROLLBACK or FORK, when it does not follow;
            TRUST_LIST_STALE, when it has expired already.
        Unreadable: BAD_NOTE or BAD_TRUST_LIST.
    """
    trust = _open_list(data, settings=settings, now=now)
    ledger = _ledger(database, trust, settings, passphrase)
    # First of all, so that nothing is logged behind a log that has gone back.
    demand_sound_log(ledger)
    with database.write() as session:
        row = session.scalar(select(TrustListRow).order_by(TrustListRow.sequence.desc()).limit(1))
        before = None if row is None else _open_list(row.note.encode(), settings=settings, now=None)
        if before == trust:
            return None
        if before is not None:
            check_succession(before, trust)
        # Nothing is put behind a list that is missing; that list itself comes back.
        demand_newest_list(session, trust.origin, trust.sequence)
        store_trust_list(session, trust, data)
    if ledger.signs:
        ledger.checkpoint(now)
        ledger.publish()
    return differences(before, trust)


def pinned_roots(settings: Settings) -> tuple[Verifier, ...]:
    """Gives the root keys that this instance pins.

    Raises:
        ConfigurationError: NO_ROOTS.
    """
    path = settings.data_dir / ROOTS_FILE
    try:
        return parse_roots(read_at_most(path, NOTE_MAX_BYTES))
    except OSError as error:
        raise ConfigurationError("NO_ROOTS", f"{path}: {error.strerror or error}") from error


def _open_list(data: bytes, *, settings: Settings, now: datetime | None) -> TrustList:
    """Opens a list that the pinned roots signed for this host; with a time, one that has not expired.

    Raises:
        ConfigurationError: NO_ROOTS.
        NotVerified: KEY_UNKNOWN, BAD_SIGNATURE, FORK or TRUST_LIST_STALE.
        Unreadable: BAD_NOTE or BAD_TRUST_LIST.
    """
    roots = pinned_roots(settings)
    trust = open_trust_list(data, roots)
    if trust.origin != f"{settings.identity_host}/trust":
        raise NotVerified(
            Reason.FORK, f"the list is of {trust.origin}, not of {settings.identity_host}/trust"
        )
    if now is not None and trust.is_stale(now):
        raise NotVerified(Reason.TRUST_LIST_STALE, "the list has expired already")
    return trust


def _ledger(database: Database, trust: TrustList, settings: Settings, passphrase: bytes | None) -> Ledger:
    """Opens the log under the new list, which must name this log's key."""
    if log_policy(trust) is None:
        raise ConfigurationError("NO_LOG", "the list names no log, so that nothing could ever be verified")
    return open_ledger(
        database,
        trust,
        host=settings.identity_host,
        keys=settings.data_dir / "keys",
        folder=settings.data_dir / "log",
        heads=settings.heads_dir,
        passphrase=passphrase,
    )
