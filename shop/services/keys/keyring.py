"""The keys that lie on this server: each is used only while the trust list names it."""

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from traceability.errors import TraceabilityError
from traceability.issue import SigningKey
from traceability.signing.keys import load_signer
from traceability.signing.trust import TrustKey, TrustList

__all__ = ["Keyring"]

_log = logging.getLogger(__name__)


class Keyring:
    """Opens key files `<slug>.<use>*.pem`.

    Args:
        folder: of the key files; may be missing.
        passphrase: of the files.
        trust: names the keys in force.
    """

    def __init__(self, folder: Path, *, passphrase: bytes | None, trust: TrustList) -> None:
        self._folder, self._passphrase, self._trust = folder, passphrase, trust

    def key(self, did: str, use: str, *, now: datetime) -> SigningKey | None:
        """Gives an issuer's key that is in force and whose file is here, None where there is none.

        Args:
            did: of the issuer.
            use: `record` or `seal`.
            now: aware.
        """
        entries: Mapping[bytes, TrustKey] = {
            entry.method.key.raw: entry
            for entry in self._trust.keys_of(did)
            if entry.use == use and entry.is_in_force(now)
        }
        for path in sorted(self._folder.glob(f"{did.rpartition(':')[2]}.{use}*.pem")):
            try:
                signer = load_signer(f"file:{path}", self._passphrase)
            except TraceabilityError as error:
                _log.error("%s does not open: %s", path.name, error)
                continue
            if signer.public_key.raw in entries:
                return SigningKey(signer, entries[signer.public_key.raw])
        return None
