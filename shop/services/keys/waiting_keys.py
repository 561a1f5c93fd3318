"""Keys that lie on this server and wait for the next trust list; until then they sign nothing."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select

from shop.db.catalogue import Workshop
from shop.db.session import Database
from shop.errors import ConfigurationError
from traceability.errors import TraceabilityError
from traceability.signing.did import issuer_did
from traceability.signing.keys import Ed25519Signer, load_signer, write_private_key
from traceability.signing.proof import VerificationMethod
from traceability.signing.trust import TrustKey, TrustList

__all__ = ["KEYS", "USES", "WaitingKeys"]

KEYS: Final = "keys"  # the folder of key files, in the data folder
USES: Final = ("record", "seal")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WaitingKeys:
    """Makes the keys of new workshops, and tells the operator which entries the next trust list needs.

    Attributes:
        database: open.
        folder: of the key files.
        passphrase: encrypts them; None where the instance has none.
        trust: the list in force.
        host: the identity host.
    """

    database: Database
    folder: Path
    passphrase: bytes | None
    trust: TrustList
    host: str

    def make(self, slug: str) -> None:
        """Makes the two keys of a workshop; those that are there stay.

        Raises:
            ConfigurationError: NO_KEY_PASSPHRASE, KEY_FOLDER.
        """
        if not self.passphrase:
            raise ConfigurationError("NO_KEY_PASSPHRASE", "no passphrase to encrypt new keys with")
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for use in USES:
                if not self.path(slug, use).exists():
                    write_private_key(self.path(slug, use), Ed25519Signer.generate(), self.passphrase)
        except (OSError, TraceabilityError) as error:
            raise ConfigurationError("KEY_FOLDER", f"the keys of {slug} are not written: {error}") from error

    def path(self, slug: str, use: str) -> Path:
        """Gives the place of a key file that `make` writes."""
        return self.folder / f"{slug}.{use}.pem"

    def wanted(self, *, now: datetime) -> tuple[TrustKey, ...]:
        """Gives the trust list's entries of all keys here that it does not name, by workshop and use."""
        with self.database.read() as session:
            workshops = session.execute(
                select(Workshop.slug, Workshop.name_vi, Workshop.issuer).order_by(Workshop.slug)
            ).all()
        return tuple(
            entry
            for slug, name, did in workshops
            for use in self._missing(did)
            for entry in self._entry(slug, name, use, now)
        )

    def waits(self, slug: str) -> bool:
        """Tells whether a workshop still lacks a key in the trust list, so that it cannot issue lots."""
        return bool(self._missing(issuer_did(self.host, slug)))

    def _missing(self, did: str) -> tuple[str, ...]:
        listed = {key.use for key in self.trust.keys_of(did)}
        return tuple(use for use in USES if use not in listed)

    def _entry(self, slug: str, name: str, use: str, now: datetime) -> Iterator[TrustKey]:
        path, did = self.path(slug, use), issuer_did(self.host, slug)
        if not path.exists():
            return
        try:
            signer = load_signer(f"file:{path}", self.passphrase)
        except TraceabilityError as error:
            _log.error("%s does not open: %s", path.name, error)
            return
        method = VerificationMethod(f"{did}#{use}-1", did, signer.public_key)
        scope = (f"https://{self.host}/workshops/{slug}",)
        yield TrustKey(method, name, "workshop", use, "server", scope, now)
