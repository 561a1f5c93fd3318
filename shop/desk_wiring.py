"""Builds what the desks of signed-in people use."""

from dataclasses import dataclass

from shop.config import Settings
from shop.db.session import Database
from shop.media import MediaStore
from shop.services.admission import Admission
from shop.services.applications import Applications
from shop.services.artisan_desk import MEDIA, ArtisanDesk
from shop.services.artisan_home import ArtisanHome
from shop.services.certificate_watch import CertificateWatch
from shop.services.findings import Findings
from shop.services.health import Health
from shop.services.key_enrolment import KeyEnrolments
from shop.services.keyring import Keyring
from shop.services.ledger import Ledger
from shop.services.people import People
from shop.services.pocket import Pocket
from shop.services.product_desk import ProductDesk
from shop.services.product_photos import ProductPhotos
from shop.services.product_tables import ProductTables
from shop.services.product_variants import ProductVariants
from shop.services.records import Records
from shop.services.reports import Reports
from shop.services.trust_desk import TrustDesk
from shop.services.waiting_keys import KEYS, WaitingKeys
from shop.services.workshop_desk import WorkshopDesk
from shop.services.workshop_signing import WorkshopSigning
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


@dataclass(frozen=True, slots=True)
class Desks:
    """The services behind the desks; each of their methods is told who acts."""

    people: People
    trust: TrustDesk
    certificates: CertificateWatch
    reports: Reports
    health: Health
    artisan: ArtisanDesk
    pocket: Pocket
    enrolments: KeyEnrolments
    findings: Findings


def build_desks(base: Foundation) -> Desks:
    """Builds the desks over an instance that is open."""
    database, host = base.database, base.settings.identity_host
    secret = base.settings.secret_key.get_secret_value().encode()
    enrolments = KeyEnrolments(database, trust=base.trust, host=host, secret=secret)
    admission = Admission(database, trust=base.trust, ledger=base.ledger, host=host)
    return Desks(
        people=People(database),
        trust=TrustDesk(database, base.trust, base.settings, base.ledger, base.passphrase),
        certificates=CertificateWatch(database),
        reports=Reports(database),
        health=Health(database, base.ledger, base.trust, base.settings.data_dir),
        artisan=_artisan_desk(base),
        pocket=Pocket(database, ledger=base.ledger, records=base.records, host=host),
        enrolments=enrolments,
        findings=Findings(database, trust=base.trust, admission=admission, enrolments=enrolments),
    )


def _artisan_desk(base: Foundation) -> ArtisanDesk:
    database, trust, host = base.database, base.trust, base.settings.identity_host
    keys, media = base.settings.data_dir / KEYS, base.settings.data_dir / MEDIA
    store, waiting = MediaStore(media), WaitingKeys(database, keys, base.passphrase, trust, host)
    applications = Applications(
        database,
        media=store,
        admission=Admission(database, trust=trust, ledger=base.ledger, host=host),
        signing=WorkshopSigning(
            database,
            trust,
            keyring=Keyring(keys, passphrase=base.passphrase, trust=trust),
            waiting=waiting,
            media=media,
            host=host,
            is_demo=base.settings.is_demo,
        ),
    )
    products, workshop = ProductDesk(database, host=host), WorkshopDesk(database, trust)
    return ArtisanDesk(
        home=ArtisanHome(database, products, applications, workshop),
        applications=applications,
        workshop=workshop,
        products=products,
        variants=ProductVariants(database),
        photos=ProductPhotos(database, store),
        tables=ProductTables(database, host=host),
        waiting_keys=waiting,
    )
