"""What an artisan's desk uses, in one place."""

from dataclasses import dataclass
from typing import Final

from shop.services.application_drafts import ApplicationDrafts
from shop.services.applications import Applications
from shop.services.artisan_home import ArtisanHome
from shop.services.form_drafts import FormDrafts
from shop.services.own_status_list import OwnStatusList
from shop.services.product_desk import ProductDesk
from shop.services.product_photos import ProductPhotos
from shop.services.product_tables import ProductTables
from shop.services.product_variants import ProductVariants
from shop.services.waiting_keys import WaitingKeys
from shop.services.workshop_desk import WorkshopDesk

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
