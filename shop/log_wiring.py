"""Builds the log alone, for commands that need nothing else of an instance."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from shop.config import Settings
from shop.db.session import Database
from shop.demo.folders import KEYS
from shop.errors import ConfigurationError
from shop.services.log.ledger import Ledger
from shop.services.log.setup import LOG_KEY
from shop.services.log.witness_exchange import WitnessExchange
from shop.wiring import key_passphrase, load_trust, open_migrated, open_own_ledger
from traceability.errors import TraceabilityError
from traceability.policy import log_policy
from traceability.signing.keys import Signer, load_signer

__all__ = ["OpenLog", "open_log_key", "opened_log"]


@dataclass(frozen=True, slots=True)
class OpenLog:
    """The log alone, for the command line.

    Attributes:
        host: the identity host.
        database: open.
        ledger: it signs only where that was asked for.
        exchange: with outside witnesses.
    """

    host: str
    database: Database
    ledger: Ledger
    exchange: WitnessExchange


@contextmanager
def opened_log(settings: Settings, *, signing: bool) -> Iterator[OpenLog]:
    """Opens the log of an instance for the length of a `with` block.

    Args:
        settings: read once by the caller.
        signing: open the log's key, and refuse a log that has gone back; without it no key is needed.

    Raises:
        ConfigurationError: NO_LOG_KEY, when it is to sign without one; NO_LOG, when the trust list names no
            log; and what `build_services` raises.
    """
    with closing(open_migrated(settings)) as database:
        _, trust, _ = load_trust(database, settings)
        policy = log_policy(trust)
        if policy is None:
            raise ConfigurationError("NO_LOG", "the trust list names no log")
        if signing:
            ledger = open_own_ledger(database, trust, settings)
            if not ledger.signs:
                place = settings.data_dir / KEYS
                raise ConfigurationError("NO_LOG_KEY", f"the key of the log is not in {place}")
        else:
            ledger = Ledger(database, policy=policy, signing=None)
        yield OpenLog(settings.identity_host, database, ledger, WitnessExchange(database, policy))


def open_log_key(settings: Settings) -> Signer:
    """Opens the key of the log, which signs what an export holds.

    Raises:
        ConfigurationError: NO_LOG_KEY, where it is not among this instance's keys; LOG_KEY_LOCKED, where it
            does not open.
    """
    path = settings.data_dir / KEYS / LOG_KEY
    if not path.exists():
        raise ConfigurationError("NO_LOG_KEY", f"{path} is not here, and an export needs its signature")
    try:
        return load_signer(f"file:{path}", key_passphrase(settings))
    except TraceabilityError as error:
        raise ConfigurationError(
            "LOG_KEY_LOCKED", f"{path} does not open: {error}; set LANGNGHE_KEY_PASSPHRASE"
        ) from error
