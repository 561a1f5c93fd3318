"""Builds what the desks of signed-in people use."""

from dataclasses import dataclass
from typing import Final

from shop.config import Settings
from shop.db.session import Database
from shop.demo.folders import KEYS
from shop.services.admission import Admission
from shop.services.certificate_watch import CertificateWatch
from shop.services.countersigning.services import CounterSigning, open_counter_signing
from shop.services.health import Health
from shop.services.keyring import Keyring
from shop.services.ledger import Ledger
from shop.services.people import People
from shop.services.reports import Reports
from shop.services.trust_desk import TrustDesk
from traceability.signing.trust import TrustList

__all__ = ["Desks", "Foundation", "build_desks"]

MEDIA: Final = "media"  # in the data folder


@dataclass(frozen=True, slots=True)
class Foundation:
    """What all desks stand on.

    Attributes:
        passphrase: of the key files.
    """

    settings: Settings
    database: Database
    trust: TrustList
    ledger: Ledger
    passphrase: bytes | None


@dataclass(frozen=True, slots=True)
class Desks:
    """The services behind the desks; each of their methods is told who acts."""

    people: People
    trust: TrustDesk
    certificates: CertificateWatch
    reports: Reports
    health: Health
    counter: CounterSigning


def build_desks(base: Foundation) -> Desks:
    """Builds the desks over an instance that is open."""
    database = base.database
    return Desks(
        people=People(database),
        trust=TrustDesk(database, base.trust, base.settings, base.ledger, base.passphrase),
        certificates=CertificateWatch(database),
        reports=Reports(database),
        health=Health(database, base.ledger, base.trust, base.settings.data_dir),
        counter=_open_counter_signing(base),
    )


def _open_counter_signing(base: Foundation) -> CounterSigning:
    folder, host = base.settings.data_dir, base.settings.identity_host
    return open_counter_signing(
        base.database,
        trust=base.trust,
        host=host,
        keyring=Keyring(folder / KEYS, passphrase=base.passphrase, trust=base.trust),
        admission=Admission(base.database, trust=base.trust, ledger=base.ledger, host=host),
        folder=folder / MEDIA,
    )
