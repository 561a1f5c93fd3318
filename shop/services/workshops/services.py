"""What an artisan's desk uses, in one place."""

from dataclasses import dataclass
from typing import Final

from shop.services.keys.own_status_list import OwnStatusList
from shop.services.keys.waiting_keys import WaitingKeys
from shop.services.products.desk import ProductDesk
from shop.services.products.photos import ProductPhotos
from shop.services.products.tables import ProductTables
from shop.services.products.variants import ProductVariants
from shop.services.typed.form_drafts import FormDrafts
from shop.services.workshops.application_drafts import ApplicationDrafts
from shop.services.workshops.applications import Applications
from shop.services.workshops.desk import WorkshopDesk
from shop.services.workshops.home import ArtisanHome

__all__ = ["MEDIA", "ArtisanDesk"]

MEDIA: Final = "media"  # the folder of uploads, in the data folder


@dataclass(frozen=True, slots=True)
class ArtisanDesk:
    """Services of the artisan's desk; offices and operators use `applications` and `waiting_keys` as well."""

    home: ArtisanHome
    applications: Applications
    workshop: WorkshopDesk
    products: ProductDesk
    variants: ProductVariants
    photos: ProductPhotos
    tables: ProductTables
    waiting_keys: WaitingKeys
    drafts: FormDrafts
    application_drafts: ApplicationDrafts
    status_list: OwnStatusList
