"""The demo's parties: their keys, made afresh and kept encrypted, and the trust list that names them.

The log and its one sample witness have keys as well; who is trusted with the log stands in its policy.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from shop.services.log.setup import LOG_KEY, WITNESS_KEY
from traceability.issue import SigningKey
from traceability.ledger import note
from traceability.ledger.cosignature import WitnessKey
from traceability.policy import check_succession
from traceability.signing.did import issuer_did
from traceability.signing.keys import Ed25519Signer, Signer, write_private_key
from traceability.signing.proof import VerificationMethod
from traceability.signing.trust import Revocation, TrustedHost, TrustKey, TrustList
from traceability.signing.trust_text import write_trust_text

__all__ = ["Parties", "Party", "make_parties", "replace_stolen_key"]

ROOTS: Final = 3
LIST_VALID_FOR: Final = timedelta(days=365)
WITNESS: Final = "nhan-chung-mau"


@dataclass(frozen=True, slots=True)
class Party:
    """One party of the demo: all of them are fictional, and their names say so.

    Attributes:
        slug: its part of the DID, the last one.
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
        root_signers: name and key of the two roots that sign.
    """

    keys: dict[str, SigningKey]
    trust: TrustList
    trust_note: bytes
    roots: tuple[str, ...]
    root_signers: tuple[tuple[str, Signer], ...] = field(repr=False)


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
        did = issuer_did(host, party.slug)
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
    vkeys = tuple(note.Verifier(name, signer.public_key).vkey for name, signer in roots)
    signers = tuple(roots[:2])  # two of three: the third stays unused, as it may be lost
    return Parties(keys, trust, note.sign(write_trust_text(trust), signers), vkeys, signers)


def replace_stolen_key(
    parties: Parties, slug: str, *, log_size: int, folder: Path, passphrase: bytes, now: datetime
) -> Parties:
    """Gives the parties after a theft: what the old record key signed counts below a size of the log.

    Args:
        parties: before.
        slug: whose record key was stolen.
        log_size: of the log when everything in it was still the holder's own.
        folder: for the new key's file.
        passphrase: encrypts it.
        now: when the theft was told, and the new key's first moment.
    """
    old = parties.keys[f"{slug}#record"].entry
    signer = _new_key(folder / f"{slug}.record-2.pem", passphrase)
    method = VerificationMethod(f"{old.method.controller}#record-2", old.method.controller, signer.public_key)
    entry = replace(old, method=method, since=now)
    ended = replace(old, revoked=Revocation("compromised", now, log_size))
    listed = [ended if key.method.id == old.method.id else key for key in parties.trust.keys]
    trust = replace(parties.trust, sequence=parties.trust.sequence + 1, issued=now, keys=(*listed, entry))
    check_succession(parties.trust, trust)
    keys = {**parties.keys, f"{slug}#record": SigningKey(signer, entry)}
    signed = note.sign(write_trust_text(trust), parties.root_signers)
    return replace(parties, keys=keys, trust=trust, trust_note=signed)


def _make_log_policy(host: str, folder: Path, passphrase: bytes) -> str:
    """Makes the keys of the log and its witness, and gives the policy that names them and needs both."""
    log = note.Verifier(f"{host}/log", _new_key(folder / LOG_KEY, passphrase).public_key)
    witness = WitnessKey(f"{host}/witness", _new_key(folder / WITNESS_KEY, passphrase).public_key)
    return f"log {log.vkey}\nwitness {WITNESS} {witness.vkey}\nquorum {WITNESS}\n"


def _new_key(path: Path, passphrase: bytes) -> Ed25519Signer:
    signer = Ed25519Signer.generate()
    write_private_key(path, signer, passphrase)
    return signer
