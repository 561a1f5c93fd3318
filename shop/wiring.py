"""The only place that builds things: database, trust, reader, services."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from shop.config import Settings
from shop.db.instance import OPERATOR_FACTS, InstanceFact
from shop.db.lots import TrustList as TrustListRow
from shop.db.session import Database, open_database
from shop.demo.folders import KEYS, LOG, PASSPHRASE, demo_passphrase
from shop.desk_wiring import Desks, Foundation, build_desks
from shop.errors import ConfigurationError
from shop.media import MediaStore
from shop.passwords import Passwords
from shop.services.access.accounts import Accounts
from shop.services.access.audit_trail import AuditTrail
from shop.services.access.invitations import Invitations
from shop.services.access.sample_accounts import refuse_sample_accounts
from shop.services.access.sessions import Sessions
from shop.services.checking.pictures import Pictures
from shop.services.checking.scan_counter import ScanCounter
from shop.services.checking.scans import Scans
from shop.services.keys.keyring import Keyring
from shop.services.log.keeper import LogKeeper
from shop.services.log.ledger import Ledger
from shop.services.log.pages import LogPages
from shop.services.log.setup import demand_sound_log, open_ledger
from shop.services.signed.admission import Admission
from shop.services.signed.records import Records
from shop.services.signed.rows import demand_newest_list
from shop.services.signed.status_renewal import StatusRenewal
from shop.services.storefront.catalogue import Catalogue
from shop.services.storefront.places import Places
from shop.services.trust.watch import TrustWatch
from shop.services.uploads.step_files import StepFiles
from shop.services.workshops.services import MEDIA
from traceability.errors import TraceabilityError
from traceability.evidence import Reader
from traceability.ledger.note import Verifier
from traceability.policy import open_trust_list
from traceability.roots import ROOTS_FILE, parse_roots
from traceability.signing.trust import TrustList

__all__ = [
    "Services",
    "build_services",
    "key_passphrase",
    "load_trust",
    "open_migrated",
    "open_own_ledger",
    "take_up_newest_list",
]

IDENTITY_FACT: Final = "identity_host"
MODE_FACT: Final = "mode"
SCANS_WAIT_S: Final = 0.5
RECORDS_REMEMBERED: Final = 2_048  # of ours, some 30 kB each as read; uploads are not remembered


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that the web and the command line use."""

    settings: Settings
    database: Database
    catalogue: Catalogue
    places: Places
    pictures: Pictures
    records: Records
    scans: Scans
    step_files: StepFiles
    ledger: Ledger
    log_pages: LogPages
    admission: Admission
    keyring: Keyring
    trust_watch: TrustWatch
    sessions: Sessions
    accounts: Accounts
    invitations: Invitations
    audit_trail: AuditTrail
    desks: Desks
    log_keeper: LogKeeper | None = None
    operator: tuple[str, str] | None = None  # name and contact, where they are for the public

    def close(self) -> None:
        """Writes and signs what waits and closes the database."""
        if self.log_keeper is not None:
            self.log_keeper.close()
        self.scans.counter.close()
        self.database.close()


def open_migrated(settings: Settings) -> Database:
    """Opens the database, brings its tables up to date, and freezes the identity host at the first start.

    Raises:
        ConfigurationError: IDENTITY_CHANGED, DEMO_IN_PRODUCTION, DEMO_ACCOUNTS, DATABASE_UNREACHABLE
            where it cannot be written, and what opening raises.
        OSError: the data folder cannot be made.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.database_url)
    with _closed_on_error(database), _unwritable_is_ours():
        database.migrate()
        with database.write() as session:
            for key, value in ((IDENTITY_FACT, settings.identity_host), (MODE_FACT, settings.mode)):
                if session.get(InstanceFact, key) is None:
                    session.add(InstanceFact(key=key, value=value))
            session.flush()
            facts = {fact.key: fact.value for fact in session.scalars(select(InstanceFact))}
        _refuse_other_identity(facts, settings)
        if settings.mode == "production":
            with database.read() as session:
                refuse_sample_accounts(session)
    return database


def build_services(settings: Settings, *, scans_wait_s: float | None = SCANS_WAIT_S) -> Services:
    """Builds the services over an instance that has its trust list.

    Args:
        settings: read once by the caller.
        scans_wait_s: how long a scan may wait before it is written; None does nothing in the background:
            it leaves writing to `flush`, and signing the log to `checkpoint`.

    Raises:
        ConfigurationError: NO_TRUST_LIST, BAD_TRUST_LIST, TRUST_LIST_MISSING, ROLLBACK and other codes where
            the log may not be signed on, and what `open_migrated` raises.
    """
    database = open_migrated(settings)
    with _closed_on_error(database):
        counter = ScanCounter(database, interval_s=scans_wait_s)
        return _assemble(settings, database, counter=counter, in_background=scans_wait_s is not None)


def take_up_newest_list(services: Services) -> Services:
    """Gives services under the newest stored trust list: the given ones where that is theirs already.

    Database and counter stay the same; requests that are under way end under the list that they began with.

    Raises:
        ConfigurationError: as `build_services`, when the newest list cannot be taken up.
    """
    services.trust_watch.look()
    if not services.trust_watch.has_newer:
        return services
    services.trust_watch.has_newer = False  # if this fails, it is tried again when it is next seen
    renewed = _assemble(
        services.settings,
        services.database,
        counter=services.scans.counter,
        in_background=services.log_keeper is not None,
    )
    if services.log_keeper is not None:
        services.log_keeper.close()
    return renewed


def _assemble(
    settings: Settings, database: Database, *, counter: ScanCounter, in_background: bool
) -> Services:
    loaded = load_trust(database, settings)
    trust = loaded[1]
    ledger, reader = open_own_ledger(database, trust, settings), Reader(RECORDS_REMEMBERED)
    records = _open_records(database, settings, loaded, ledger=ledger, reader=reader)
    passphrase = key_passphrase(settings)
    keyring = Keyring(settings.data_dir / KEYS, passphrase=passphrase, trust=trust)
    admission = Admission(database, trust=trust, ledger=ledger, host=settings.identity_host)
    media, watch = MediaStore(settings.data_dir / MEDIA), TrustWatch(database, trust.sequence)
    base = Foundation(settings, database, trust, ledger, admission, keyring, passphrase, records, media)
    step_files = StepFiles(database, media)
    return Services(
        settings=settings,
        database=database,
        catalogue=Catalogue(database, reader, trust, ledger),
        pictures=Pictures(),
        places=Places(database, reader, trust, ledger),
        records=records,
        scans=Scans(
            database,
            reader=reader,
            trust=trust,
            counter=counter,
            roots_fingerprint=records.roots_fingerprint,
            ledger=ledger,
            files=step_files,
        ),
        step_files=step_files,
        ledger=ledger,
        log_pages=LogPages(database, ledger=ledger, reader=reader, trust=trust, host=settings.identity_host),
        admission=admission,
        keyring=keyring,
        trust_watch=watch,
        **_open_accounts(database, settings),
        desks=build_desks(base),
        log_keeper=_start_keeper(database, ledger, keyring, watch) if in_background else None,
        operator=_public_operator(database) if settings.operator_public else None,
    )


def _open_accounts(database: Database, settings: Settings) -> dict[str, Any]:
    passwords = Passwords(settings.password_memory_kib)
    accounts = Accounts(database, passwords, settings.demands_second_factor)
    return {
        "sessions": Sessions(database),
        "accounts": accounts,
        "invitations": Invitations(database, accounts),
        "audit_trail": AuditTrail(database),
    }


def _open_records(
    database: Database,
    settings: Settings,
    loaded: tuple[bytes, TrustList, tuple[Verifier, ...]],
    *,
    ledger: Ledger,
    reader: Reader,
) -> Records:
    note, trust, roots = loaded
    return Records(
        database,
        trust=trust,
        trust_note=note,
        roots=roots,
        roots_file=(settings.data_dir / ROOTS_FILE).read_bytes(),
        host=settings.identity_host,
        ledger=ledger,
        reader=reader,
    )


def _public_operator(database: Database) -> tuple[str, str] | None:
    """Gives name and contact of whoever runs this instance, None where `init` was never told."""
    with database.read() as session:
        name, contact = (session.get(InstanceFact, key) for key in OPERATOR_FACTS)
    return (name.value, contact.value) if name is not None and contact is not None else None


def open_own_ledger(database: Database, trust: TrustList, settings: Settings) -> Ledger:
    """Opens the log, and refuses to start over one that has gone back."""
    ledger = open_ledger(
        database,
        trust,
        host=settings.identity_host,
        keys=settings.data_dir / KEYS,
        folder=settings.data_dir / LOG,
        heads=settings.heads_dir,
        passphrase=key_passphrase(settings),
    )
    demand_sound_log(ledger)
    return ledger


def key_passphrase(settings: Settings) -> bytes | None:
    """Gives the passphrase of the key files: from the settings, else the demo's own where it has one."""
    if settings.key_passphrase is not None:
        return settings.key_passphrase.get_secret_value().encode()
    kept = settings.data_dir / PASSPHRASE
    return demo_passphrase(settings.data_dir, None) if settings.is_demo and kept.is_file() else None


def _start_keeper(
    database: Database, ledger: Ledger, keyring: Keyring, watch: TrustWatch
) -> LogKeeper | None:
    """Starts signing in the background, where the log's key is here."""
    if not ledger.signs:
        return None
    renewal = StatusRenewal(database, ledger=ledger, keyring=keyring)
    keeper = LogKeeper(ledger, clock=lambda: datetime.now(UTC), renewal=renewal, watch=watch)
    keeper.start()
    return keeper


@contextmanager
def _closed_on_error(database: Database) -> Iterator[None]:
    """Closes the database if the block fails, since nobody else will have it."""
    try:
        yield
    except BaseException:
        database.close()
        raise


@contextmanager
def _unwritable_is_ours() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise ConfigurationError(
            "DATABASE_UNREACHABLE", f"the database cannot be brought up to date: {error.orig}"
        ) from error


def _refuse_other_identity(facts: dict[str, str], settings: Settings) -> None:
    frozen = facts[IDENTITY_FACT]
    if frozen != settings.identity_host:
        raise ConfigurationError(
            "IDENTITY_CHANGED",
            f"this instance signs as {frozen}, but the settings say {settings.identity_host}: set"
            f" IDENTITY_HOST={frozen}, or begin with another LANGNGHE_DATA_DIR and an empty database",
        )
    if settings.mode == "production" and facts[MODE_FACT] == "demo":
        raise ConfigurationError("DEMO_IN_PRODUCTION", "this instance holds demo keys and demo data")


def load_trust(database: Database, settings: Settings) -> tuple[bytes, TrustList, tuple[Verifier, ...]]:
    """Opens the newest trust list with the roots that this instance pins."""
    with database.read() as session:
        row = session.scalar(select(TrustListRow).order_by(TrustListRow.sequence.desc()).limit(1))
    if row is None:
        remedy = "run `langnghe demo` first" if settings.is_demo else "store one that your roots have signed"
        raise ConfigurationError("NO_TRUST_LIST", f"there is no trust list yet: {remedy}")
    note = row.note.encode("utf-8")
    try:
        roots = parse_roots((settings.data_dir / ROOTS_FILE).read_bytes())
        trust = open_trust_list(note, roots)
    except OSError as error:
        remedy = "run `langnghe demo`" if settings.is_demo else "put back the copy that you pinned"
        raise ConfigurationError(
            "NO_ROOTS", f"{ROOTS_FILE} in the data folder: {error.strerror or error}; {remedy}"
        ) from error
    except TraceabilityError as error:
        raise ConfigurationError("BAD_TRUST_LIST", f"the trust list does not open: {error}") from error
    with database.read() as session:
        demand_newest_list(session, trust.origin, trust.sequence)
    return note, trust, roots
