"""Builds the services of counter-signing over one instance."""

from dataclasses import dataclass
from pathlib import Path

from shop.db.session import Database
from shop.media import MediaStore
from shop.services.countersigning.asking import Asking
from shop.services.countersigning.deciding import Deciding
from shop.services.countersigning.offices import Offices
from shop.services.countersigning.queue import Queue
from shop.services.keys.keyring import Keyring
from shop.services.signed.admission import Admission
from traceability.signing.trust import TrustList

__all__ = ["CounterSigning", "open_counter_signing"]


@dataclass(frozen=True, slots=True)
class CounterSigning:
    """`asking` serves artisans; `queue` and `deciding` serve associations, communes and inspectors."""

    asking: Asking
    queue: Queue
    deciding: Deciding


def open_counter_signing(
    database: Database,
    *,
    trust: TrustList,
    host: str,
    keyring: Keyring,
    admission: Admission,
    media: MediaStore,
    folder: Path,
) -> CounterSigning:
    """Builds the services.

    Args:
        database: open.
        trust: the list in force.
        host: the identity host.
        keyring: of the keys that lie on this server.
        admission: stores and logs what is signed.
        media: the store of scans and photos, and `folder` where it keeps them.
    """
    offices = Offices(trust, keyring, host)
    return CounterSigning(
        asking=Asking(database, trust, host, media, offices),
        queue=Queue(database, trust, host, media, offices),
        deciding=Deciding(database, trust, host, keyring, admission, offices, folder),
    )
