"""Builds what the desks of signed-in people use."""

from dataclasses import dataclass
from typing import Final

from shop.config import Settings
from shop.db.session import Database
from shop.media import MediaStore
from shop.services.access.invitation_list import InvitationList
from shop.services.access.people import People
from shop.services.access.person_desk import PersonDesk
from shop.services.countersigning.offices import Offices
from shop.services.countersigning.services import CounterSigning, open_counter_signing
from shop.services.inspecting.finding_list import FindingList
from shop.services.inspecting.findings import Findings
from shop.services.inspecting.pocket import Pocket
from shop.services.inspecting.tax_codes import TaxCodes
from shop.services.keys.enrolment import KeyEnrolments
from shop.services.keys.keyring import Keyring
from shop.services.keys.own_keys import OwnKeys
from shop.services.keys.own_status_list import OwnStatusList
from shop.services.keys.waiting_keys import KEYS, WaitingKeys
from shop.services.log.ledger import Ledger
from shop.services.lots.labels import PrintedWords
from shop.services.lots.services import LotServices, open_lots
from shop.services.operating.certificate_watch import CertificateWatch
from shop.services.operating.health import Health
from shop.services.operating.public_lists import PublicLists
from shop.services.operating.reports import Reports
from shop.services.products.desk import ProductDesk
from shop.services.products.photos import ProductPhotos
from shop.services.products.tables import ProductTables
from shop.services.products.variants import ProductVariants
from shop.services.signed.admission import Admission
from shop.services.signed.records import Records
from shop.services.trust.desk import TrustDesk
from shop.services.typed.form_drafts import FormDrafts
from shop.services.workshops.application_drafts import ApplicationDrafts
from shop.services.workshops.applications import Applications
from shop.services.workshops.desk import WorkshopDesk
from shop.services.workshops.home import ArtisanHome
from shop.services.workshops.services import MEDIA, ArtisanDesk
from shop.services.workshops.signing import WorkshopSigning
from traceability.signing.trust import TrustList

__all__ = ["Desks", "Foundation", "build_desks"]

DEMO_NOTE: Final = "Dữ liệu mẫu / Demo data"


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
    admission: Admission
    keyring: Keyring
    passphrase: bytes | None
    records: Records
    media: MediaStore


@dataclass(frozen=True, slots=True)
class Desks:
    """The services behind the desks; each of their methods is told who acts."""

    people: People
    person: PersonDesk
    invitations: InvitationList
    public: PublicLists
    trust: TrustDesk
    certificates: CertificateWatch
    reports: Reports
    health: Health
    artisan: ArtisanDesk
    lots: LotServices
    pocket: Pocket
    enrolments: KeyEnrolments
    own_keys: OwnKeys
    findings: Findings
    counter: CounterSigning
    tax_codes: TaxCodes
    finding_list: FindingList


def build_desks(base: Foundation) -> Desks:
    """Builds the desks over an instance that is open."""
    database, settings = base.database, base.settings
    secret, host = settings.secret_key.get_secret_value().encode(), settings.identity_host
    enrolments = KeyEnrolments(database, trust=base.trust, host=host, secret=secret)
    return Desks(
        people=People(database),
        person=PersonDesk(database),
        invitations=InvitationList(database),
        public=PublicLists(database, base.trust),
        trust=TrustDesk(database, base.trust, settings, base.ledger, base.passphrase, _waiting_keys(base)),
        certificates=CertificateWatch(database),
        reports=Reports(database),
        health=Health(database, base.ledger, base.trust, settings.data_dir),
        artisan=_artisan_desk(base, base.media),
        lots=_lots(base, base.media),
        pocket=Pocket(database, ledger=base.ledger, records=base.records, host=host),
        enrolments=enrolments,
        own_keys=OwnKeys(enrolments, base.trust, host),
        findings=Findings(
            database, trust=base.trust, admission=base.admission, enrolments=enrolments, media=base.media
        ),
        counter=_counter_signing(base, base.media),
        tax_codes=TaxCodes(database, Offices(base.trust, base.keyring, host)),
        finding_list=FindingList(database, base.trust, enrolments, host),
    )


def _counter_signing(base: Foundation, media: MediaStore) -> CounterSigning:
    return open_counter_signing(
        base.database,
        trust=base.trust,
        host=base.settings.identity_host,
        keyring=base.keyring,
        admission=base.admission,
        media=media,
        folder=base.settings.data_dir / MEDIA,
    )


def _waiting_keys(base: Foundation) -> WaitingKeys:
    settings = base.settings
    folder, host = settings.data_dir / KEYS, settings.identity_host
    return WaitingKeys(base.database, folder, base.passphrase, base.trust, host)


def _artisan_desk(base: Foundation, media: MediaStore) -> ArtisanDesk:
    database, trust, host = base.database, base.trust, base.settings.identity_host
    waiting = _waiting_keys(base)
    signing = WorkshopSigning(
        database,
        trust,
        keyring=base.keyring,
        waiting=waiting,
        media=base.settings.data_dir / MEDIA,
        host=host,
        is_demo=base.settings.is_demo,
    )
    applications = Applications(database, media=media, admission=base.admission, signing=signing)
    products, workshop = ProductDesk(database, host=host), WorkshopDesk(database, trust)
    status_list = OwnStatusList(database, trust, host, base.admission)
    return ArtisanDesk(
        home=ArtisanHome(database, products, applications, workshop, status_list),
        applications=applications,
        workshop=workshop,
        products=products,
        variants=ProductVariants(database),
        photos=ProductPhotos(database, media),
        tables=ProductTables(database, host=host),
        waiting_keys=waiting,
        drafts=FormDrafts(database),
        application_drafts=ApplicationDrafts(database),
        status_list=status_list,
    )


def _lots(base: Foundation, media: MediaStore) -> LotServices:
    settings = base.settings
    return open_lots(
        base.database,
        trust=base.trust,
        host=settings.identity_host,
        ledger=base.ledger,
        keyring=base.keyring,
        admission=base.admission,
        media=media,
        printed=PrintedWords(
            note=DEMO_NOTE if settings.is_demo else "",
            checker=(settings.source_url or "").partition("://")[2],
        ),
    )
