"""Opening the log of an instance: policy from the trust list, keys from files, memory beside them."""

from pathlib import Path
from typing import Final

from shop.db.ledger_store import SqlLedgerStore
from shop.db.session import Database
from shop.errors import ConfigurationError
from shop.services.log.ledger import Ledger, LogSigning
from traceability.errors import Reason, TraceabilityError
from traceability.ledger.heads import HeadFolder
from traceability.ledger.log import Log
from traceability.ledger.note import Verifier
from traceability.ledger.quorum import Policy
from traceability.ledger.witness import Cosigner
from traceability.policy import log_policy
from traceability.signing.keys import Ed25519Signer, load_signer
from traceability.signing.trust import TrustList

__all__ = [
    "HEADS",
    "LOG_KEY",
    "WITNESS_KEY",
    "demand_sound_log",
    "open_ledger",
]

LOG_KEY: Final = "log.pem"  # in the folder of keys
WITNESS_KEY: Final = "witness.pem"  # there too, in the demo alone
HEADS: Final = "heads"  # in the data folder, unless the settings name another place
WITNESS_HEADS: Final = "witness"  # in the folder of heads: a witness's memory is its own

_REMEDIES: Final = {
    Reason.ROLLBACK: "put back the newest copy of the database, or of the folder of heads if that was lost",
    Reason.FORK: "put back the database that this log was signed from",
}


def open_ledger(
    database: Database, trust: TrustList, *, host: str, keys: Path, folder: Path, heads: Path,
    passphrase: bytes | None,
) -> Ledger:  # fmt: skip
    """Opens the log; without `log.pem` among the keys it is read only.

    Args:
        database: open.
        trust: whose log policy decides which heads are trusted.
        host: the identity host; the log's origin is `<host>/log`.
        keys: the folder of key files.
        folder: where the static files of the log are published.
        heads: where the last signed head is remembered, on other storage than the database.
        passphrase: of the key files.

    Raises:
        ConfigurationError: LOG_KEY_LOCKED, when a key does not open; OTHER_LOG_KEY, when it is not one that
            the trust list names.
    """
    policy = log_policy(trust)
    signing = None
    if policy is not None and (keys / LOG_KEY).exists():
        signer = _open(keys / LOG_KEY, passphrase)
        log = Log(SqlLedgerStore(database), origin=f"{host}/log", signer=signer, memory=HeadFolder(heads))
        if log.verifier not in policy.logs:
            raise _other_key(LOG_KEY)
        witness = _open_witness(keys / WITNESS_KEY, passphrase, policy, log.verifier, heads / WITNESS_HEADS)
        signing = LogSigning(log, witness, folder)
    return Ledger(database, policy=policy, signing=signing)


def demand_sound_log(ledger: Ledger) -> None:
    """Checks at a start that the log may be signed on.

    Raises:
        ConfigurationError: ROLLBACK or FORK, when the database is not the one that was signed from; BAD_NOTE,
            KEY_UNAVAILABLE or BAD_RECEIPT, when what is remembered, or the log, cannot be read.
    """
    try:
        ledger.check()
    except TraceabilityError as error:
        remedy = _REMEDIES.get(error.code, "put back the folder of heads, or the database, from a copy")
        raise ConfigurationError(error.code, f"the log will not be signed: {error}; {remedy}") from error


def _open_witness(
    path: Path, passphrase: bytes | None, policy: Policy, log: Verifier, memory: Path
) -> Cosigner | None:
    """Gives the witness whose key lies beside the log's, as only a demo has it."""
    if not path.exists():
        return None
    signer = _open(path, passphrase)
    names = [witness.name for _, witness in policy.witnesses if witness.key == signer.public_key]
    if not names:
        raise _other_key(WITNESS_KEY)
    return Cosigner(names[0], signer, logs={log.name: [log]}, memory=HeadFolder(memory))


def _open(path: Path, passphrase: bytes | None) -> Ed25519Signer:
    try:
        return load_signer(f"file:{path}", passphrase)
    except TraceabilityError as error:
        raise ConfigurationError(
            "LOG_KEY_LOCKED",
            f"the log cannot be signed: {error}; set LANGNGHE_KEY_PASSPHRASE, or keep the key elsewhere",
        ) from error


def _other_key(name: str) -> ConfigurationError:
    return ConfigurationError(
        "OTHER_LOG_KEY",
        f"keys/{name} is not a key of the trust list's log policy: put back the key that the list names",
    )
