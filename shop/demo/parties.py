"""The demo's parties: their keys, made afresh and kept encrypted, and the trust list that names them.

The log and its one sample witness have keys as well; who is trusted with the log stands in its policy.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from shop.services.log_setup import LOG_KEY, WITNESS_KEY
from traceability.issue import SigningKey
from traceability.ledger import note
from traceability.ledger.cosignature import WitnessKey
from traceability.signing.keys import Ed25519Signer, write_private_key
from traceability.signing.proof import VerificationMethod
from traceability.signing.trust import TrustedHost, TrustKey, TrustList, write_trust_text

__all__ = ["Parties", "Party", "make_parties"]

ROOTS: Final = 3
LIST_VALID_FOR: Final = timedelta(days=365)
WITNESS: Final = "nhan-chung-mau"


@dataclass(frozen=True, slots=True)
class Party:
    """One party of the demo: all of them are fictional, and their names say so.

    Attributes:
        slug: its part of the DID, `did:web:<host>:issuers:<slug>`.
        scope: unit codes or facility ids that it may speak for.
        uses: `record`, and `seal` for workshops.
    """

    slug: str
    name: str
    role: str
    scope: tuple[str, ...]
    uses: tuple[str, ...] = ("record",)


@dataclass(frozen=True, slots=True)
class Parties:
    """The keys of all parties, and the signed trust list.

    Attributes:
        keys: signing keys by `<slug>#<use>`.
        roots: the vkey lines that verifiers pin.
    """

    keys: Mapping[str, SigningKey]
    trust: TrustList
    trust_note: bytes
    roots: tuple[str, ...]


def make_parties(
    parties: Iterable[Party], *, host: str, folder: Path, passphrase: bytes, now: datetime
) -> Parties:
    """Makes a fresh key for each party and use, writes them encrypted, and signs the trust list.

    Args:
        parties: who is trusted for what.
        host: the identity host.
        folder: an existing empty folder for the key files.
        passphrase: encrypts every key file.
        now: the time of the list, and the keys' first moment.
    """
    keys = {}
    for party in parties:
        did = f"did:web:{host}:issuers:{party.slug}"
        for use in party.uses:
            signer = _new_key(folder / f"{party.slug}.{use}.pem", passphrase)
            method = VerificationMethod(f"{did}#{use}-1", did, signer.public_key)
            entry = TrustKey(method, party.name, party.role, use, "server", party.scope, now)
            keys[f"{party.slug}#{use}"] = SigningKey(signer, entry)
    trust = TrustList(
        origin=f"{host}/trust",
        sequence=1,
        issued=now,
        expires=now + LIST_VALID_FOR,
        hosts=(TrustedHost(host, now),),
        keys=tuple(key.entry for key in keys.values()),
        log_policy=_make_log_policy(host, folder, passphrase),
    )
    names = [f"{host}/root-{number}" for number in range(1, ROOTS + 1)]
    roots = [(name, _new_key(folder / f"{name.rpartition('/')[2]}.pem", passphrase)) for name in names]
    signed = note.sign(
        write_trust_text(trust), roots[:2]
    )  # two of three: the third stays unused, as it may be lost
    vkeys = tuple(note.Verifier(name, signer.public_key).vkey for name, signer in roots)
    return Parties(keys, trust, signed, vkeys)


def _make_log_policy(host: str, folder: Path, passphrase: bytes) -> str:
    """Makes the keys of the log and its witness, and gives the policy that names them and needs both."""
    log = note.Verifier(f"{host}/log", _new_key(folder / LOG_KEY, passphrase).public_key)
    witness = WitnessKey(f"{host}/witness", _new_key(folder / WITNESS_KEY, passphrase).public_key)
    return f"log {log.vkey}\nwitness {WITNESS} {witness.vkey}\nquorum {WITNESS}\n"


def _new_key(path: Path, passphrase: bytes) -> Ed25519Signer:
    signer = Ed25519Signer.generate()
    write_private_key(path, signer, passphrase)
    return signer
