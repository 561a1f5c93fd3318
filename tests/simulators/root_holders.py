"""The demo's root holders: they sign the next trust list, as they would on machines of their own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shop.services.trust.publishing import publish_list
from shop.wiring import Services
from tests.conftest import PASSPHRASE, Demo
from traceability.ledger import note
from traceability.signing.keys import load_signer
from traceability.signing.trust import TrustKey, TrustList
from traceability.signing.trust_text import write_trust_text

__all__ = ["publish_keys", "sign_as_roots"]


def sign_as_roots(trust: TrustList, demo: Demo, *, roots: Sequence[int] = (1, 2)) -> bytes:
    """Gives a list as some of the three roots signed it."""
    host = trust.origin.partition("/")[0]
    files = [(f"{host}/root-{number}", demo.folder / "keys" / f"root-{number}.pem") for number in roots]
    signers = [(name, load_signer(f"file:{path}", PASSPHRASE.encode())) for name, path in files]
    return note.sign(write_trust_text(trust), signers)


def publish_keys(services: Services, demo: Demo, keys: Sequence[TrustKey], *, now: datetime) -> None:
    """Signs the list in force with more keys, and stores it; nobody has taken it up yet."""
    trust = services.records.trust
    following = replace(trust, sequence=trust.sequence + 1, issued=now, keys=(*trust.keys, *keys))
    settings, data = services.settings, sign_as_roots(following, demo)
    publish_list(services.database, data, settings=settings, passphrase=PASSPHRASE.encode(), now=now)
