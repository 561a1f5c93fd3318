"""Builds the services of the desks, for `wiring` alone."""

from dataclasses import dataclass
from typing import Final

from shop.config import Settings
from shop.db.session import Database
from shop.demo.folders import KEYS
from shop.media import MediaStore
from shop.services.admission import Admission
from shop.services.applications import Applications
from shop.services.artisan_home import ArtisanHome
from shop.services.keyring import Keyring
from shop.services.product_desk import ProductDesk
from shop.services.product_photos import ProductPhotos
from shop.services.product_tables import ProductTables
from shop.services.product_variants import ProductVariants
from shop.services.waiting_keys import WaitingKeys
from shop.services.workshop_desk import WorkshopDesk
from shop.services.workshop_signing import WorkshopSigning
from traceability.signing.trust import TrustList

__all__ = ["MEDIA", "ArtisanDesk", "open_artisan_desk"]

MEDIA: Final = "media"  # in the data folder


@dataclass(frozen=True, slots=True)
class ArtisanDesk:
    """What an artisan's desk uses; `applications` and `waiting_keys` serve offices and operators as well."""

    home: ArtisanHome
    applications: Applications
    workshop: WorkshopDesk
    products: ProductDesk
    variants: ProductVariants
    photos: ProductPhotos
    tables: ProductTables
    waiting_keys: WaitingKeys


def open_artisan_desk(
    settings: Settings,
    database: Database,
    *,
    trust: TrustList,
    keyring: Keyring,
    admission: Admission,
    media: MediaStore,
    passphrase: bytes | None,
) -> ArtisanDesk:
    """Builds the desk over one instance and the trust list in force."""
    host = settings.identity_host
    waiting = WaitingKeys(database, settings.data_dir / KEYS, passphrase, trust, host)
    signing = WorkshopSigning(
        database, trust, keyring, waiting, settings.data_dir / MEDIA, host, settings.is_demo
    )
    applications = Applications(database, media=media, admission=admission, signing=signing)
    products, workshop = ProductDesk(database, host=host), WorkshopDesk(database, trust)
    return ArtisanDesk(
        home=ArtisanHome(database, products, applications, workshop),
        applications=applications,
        workshop=workshop,
        products=products,
        variants=ProductVariants(database),
        photos=ProductPhotos(database, media),
        tables=ProductTables(database, host=host),
        waiting_keys=waiting,
    )
