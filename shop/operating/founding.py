"""Making an empty production instance: keys, settled facts, and the draft of its first trust list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from shop.db.instance import ASSOCIATION_FACT, OPERATOR_FACTS, InstanceFact
from shop.db.lots import TrustList as TrustListRow
from shop.db.session import Database
from shop.errors import ConfigurationError
from shop.services.log.setup import LOG_KEY
from traceability.ceremony import write_draft
from traceability.ledger.files import replace_file
from traceability.ledger.note import Verifier
from traceability.signing.did import issuer_did
from traceability.signing.keys import Ed25519Signer, load_signer, write_private_key
from traceability.signing.proof import VerificationMethod
from traceability.signing.trust import TrustedHost, TrustKey, TrustList

__all__ = ["DRAFT", "KEYS", "OPERATOR_FACTS", "Founding", "NewWorkshop", "found"]

KEYS: Final = "keys"
DRAFT: Final = "trust-draft.json"
LIST_VALID_FOR: Final = timedelta(days=365)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class NewWorkshop:
    """A workshop whose keys are to lie on this server: slug and name as the trust list prints it."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Founding:
    """What an operator says once.

    Attributes:
        host: the identity host.
        association: slug and name of the association, as the trust list prints it.
        villages: slugs of the villages that it speaks for.
        workshops: whose keys this server is to hold; none by default.
        operator: name and contact of whoever runs this instance; never in a signed record.
    """

    host: str
    association: tuple[str, str]
    villages: tuple[str, ...]
    workshops: tuple[NewWorkshop, ...]
    operator: tuple[str, str]


def found(
    wanted: Founding, *, database: Database, folder: Path, passphrase: bytes, now: datetime, say: Say
) -> Path:
    """Makes what is missing of an instance, and keeps what is there.

    Args:
        wanted: see Founding.
        database: migrated.
        folder: the data folder; gets `keys/` and the draft.
        passphrase: encrypts new keys, and opens those that are there.
        now: the keys' first moment.
        say: is told each step as a line.

    Returns:
        The path of the draft.

    Raises:
        ConfigurationError: ALREADY_FOUNDED, when another association or operator founded this instance, or
            it has a trust list; nothing was changed.
        KeyUnavailable: a key that is there does not open.
        OSError: the folder cannot be written; what was made stays, and the next call goes on from there.
    """
    _settle(wanted, database)
    say(f"settled: {wanted.association[1]}; operated by {wanted.operator[0]}")
    forge = _Forge(wanted.host, folder / KEYS, passphrase, now, say)
    (folder / KEYS).mkdir(parents=True, exist_ok=True, mode=0o700)
    log = forge.key(LOG_KEY)
    entries = [forge.entry(wanted.association, "association", _villages(wanted), "record")]
    for workshop in wanted.workshops:
        scope = (f"https://{wanted.host}/workshops/{workshop.slug}",)
        for use in ("record", "seal"):
            entries.append(forge.entry((workshop.slug, workshop.name), "workshop", scope, use))
    draft = folder / DRAFT
    if draft.exists():
        say(f"kept: {draft} (move it away to have it written anew)")
        return draft
    replace_file(draft, write_draft(_first_list(wanted.host, log, entries, now)))
    say(f"written: {draft}, unsigned")
    return draft


@dataclass(frozen=True, slots=True)
class _Forge:
    """Makes keys, or opens those that are there."""

    host: str
    folder: Path
    passphrase: bytes
    now: datetime
    say: Say

    def entry(self, party: tuple[str, str], role: str, scope: tuple[str, ...], use: str) -> TrustKey:
        """Gives the trust list's entry of a party's key."""
        slug, name = party
        did = issuer_did(self.host, slug)
        method = VerificationMethod(f"{did}#{use}-1", did, self.key(f"{slug}.{use}.pem").public_key)
        return TrustKey(method, name, role, use, "server", scope, self.now)

    def key(self, name: str) -> Ed25519Signer:
        """Gives the key of a file, made now if there is none."""
        path = self.folder / name
        if path.exists():
            self.say(f"kept: {path}")
            return load_signer(str(path), self.passphrase)
        signer = Ed25519Signer.generate()
        write_private_key(path, signer, self.passphrase)
        self.say(f"made: {path}")
        return signer


def _settle(wanted: Founding, database: Database) -> None:
    facts = {
        ASSOCIATION_FACT: wanted.association[0],
        **dict(zip(OPERATOR_FACTS, wanted.operator, strict=True)),
    }
    with database.write() as session:
        if session.scalar(select(TrustListRow.sequence).limit(1)) is not None:
            raise ConfigurationError("ALREADY_FOUNDED", "this instance has a trust list already")
        for key, value in facts.items():
            stored = session.get(InstanceFact, key)
            if stored is not None and stored.value != value:
                raise ConfigurationError(
                    "ALREADY_FOUNDED", f"{key} is {stored.value!r} in this instance, not {value!r}"
                )
            if stored is None:
                session.add(InstanceFact(key=key, value=value))


def _villages(wanted: Founding) -> tuple[str, ...]:
    return tuple(f"https://{wanted.host}/villages/{slug}" for slug in wanted.villages)


def _first_list(host: str, log: Ed25519Signer, keys: Sequence[TrustKey], now: datetime) -> TrustList:
    verifier = Verifier(f"{host}/log", log.public_key)
    return TrustList(
        origin=f"{host}/trust",
        sequence=1,
        issued=now,
        expires=now + LIST_VALID_FOR,
        hosts=(TrustedHost(host, now),),
        keys=tuple(keys),
        # Nobody witnesses yet. Add `witness` lines and a quorum as soon as there is one.
        log_policy=f"log {verifier.vkey}\nquorum none\n",
    )
