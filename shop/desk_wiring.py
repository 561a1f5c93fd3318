"""Builds what the desks of signed-in people use."""

from dataclasses import dataclass

from shop.config import Settings
from shop.db.session import Database
from shop.services.admission import Admission
from shop.services.certificate_watch import CertificateWatch
from shop.services.findings import Findings
from shop.services.health import Health
from shop.services.key_enrolment import KeyEnrolments
from shop.services.ledger import Ledger
from shop.services.people import People
from shop.services.pocket import Pocket
from shop.services.records import Records
from shop.services.reports import Reports
from shop.services.trust_desk import TrustDesk
from traceability.signing.trust import TrustList

__all__ = ["Desks", "Foundation", "build_desks"]


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
    records: Records
    admission: Admission


@dataclass(frozen=True, slots=True)
class Desks:
    """The services behind the desks; each of their methods is told who acts."""

    people: People
    trust: TrustDesk
    certificates: CertificateWatch
    reports: Reports
    health: Health
    pocket: Pocket
    enrolments: KeyEnrolments
    findings: Findings


def build_desks(base: Foundation) -> Desks:
    """Builds the desks over an instance that is open."""
    database, host = base.database, base.settings.identity_host
    secret = base.settings.secret_key.get_secret_value().encode()
    enrolments = KeyEnrolments(database, trust=base.trust, host=host, secret=secret)
    return Desks(
        people=People(database),
        trust=TrustDesk(database, base.trust, base.settings, base.ledger, base.passphrase),
        certificates=CertificateWatch(database),
        reports=Reports(database),
        health=Health(database, base.ledger, base.trust, base.settings.data_dir),
        pocket=Pocket(database, ledger=base.ledger, records=base.records, host=host),
        enrolments=enrolments,
        findings=Findings(database, trust=base.trust, admission=base.admission, enrolments=enrolments),
    )
