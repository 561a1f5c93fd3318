"""The photographs of products: taken in, put in order, taken away, and given to who may see them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.db.catalogue import Product
from shop.db.media import EventMedia, Media, ProductPhoto
from shop.db.session import Database
from shop.errors import BadInput, NotFound
from shop.media import MediaStore, StoredMedia, media_headers
from shop.services.access.actors import Actor
from shop.services.access.audit_trail import note
from shop.services.products.own import demand_workshop, own_product
from shop.services.products.values import Photo
from shop.services.uploads.let_go import LetGo, let_go, take_back
from shop.services.uploads.rows import add_media

__all__ = ["PHOTOS_MAX", "PhotoFile", "ProductPhotos"]

PHOTOS_MAX: Final = 12
KEPT_MAX: Final = 200  # of a workshop, because a photograph taken from a product can still be wanted back


@dataclass(frozen=True, slots=True)
class PhotoFile:
    """A photograph's file, and the headers that it must be served with."""

    path: Path
    headers: Mapping[str, str]


class ProductPhotos:
    """What an artisan does with photographs of her products, and who may see them."""

    def __init__(self, database: Database, media: MediaStore) -> None:
        self._database, self._media = database, media
        self._let_go = LetGo(database, media)

    def add(self, actor: Actor, slug: str, data: bytes, *, now: datetime) -> int:
        """Draws a picture anew, keeps it, and puts it behind the others; gives its id.

        Raises:
            BadInput: PICTURE_TOO_LARGE, NOT_A_PICTURE, TOO_MANY, or TOO_MANY_PHOTOS where the workshop has
                200, on products or taken from them of late; what its events have signed is not counted.
            NotFound: NO_PRODUCT or NO_WORKSHOP.
            StorageBusy: other pictures are being drawn; nothing was kept.
        """
        with self._database.read() as session:
            workshop_id = own_product(session, actor, slug).workshop_id
        self._let_go.sweep(workshop_id, now=now)
        with self._database.read() as session:
            _demand_room(session, workshop_id)
        # Drawing takes up to a second, in which nobody else should wait for the database.
        with self._drawn(data) as stored, self._database.write() as session:
            product = own_product(session, actor, slug, to_change=True)
            others = _of(session, product)
            if len(others) >= PHOTOS_MAX:
                raise BadInput("TOO_MANY", f"at most {PHOTOS_MAX} photographs expected")
            _demand_room(session, product.workshop_id)
            media_id = _row(session, stored, actor, now)
            session.add(ProductPhoto(product_id=product.id, media_id=media_id, position=len(others)))
            note(session, actor, "photo add", f"product:{slug}", at=now, photo=media_id)
            return media_id

    def stage(self, actor: Actor, data: bytes, *, now: datetime) -> int:
        """Draws a picture anew and keeps it for a product that is still being typed; gives its id.

        Raises:
            BadInput: PICTURE_TOO_LARGE, NOT_A_PICTURE or TOO_MANY_PHOTOS.
            NotFound: NO_WORKSHOP.
            StorageBusy: other pictures are being drawn; nothing was kept.
        """
        self._let_go.sweep(demand_workshop(actor), now=now)
        with self._database.read() as session:
            _demand_room(session, demand_workshop(actor))
        with self._drawn(data) as stored, self._database.write() as session:
            _demand_room(session, demand_workshop(actor))
            return _row(session, stored, actor, now)

    def staged(self, actor: Actor, media_id: int | None) -> Photo | None:
        """Gives a photograph of the workshop by its id; None for none, and for another workshop's."""
        own = (Media.workshop_id == demand_workshop(actor), Media.kind == "photo")
        if media_id is None:
            return None
        with self._database.read() as session:
            media = session.scalar(select(Media).where(Media.id == media_id, *own))
        return None if media is None else Photo(media.name, media.width or 0, media.height or 0)

    @contextmanager
    def _drawn(self, data: bytes) -> Iterator[StoredMedia]:
        """Keeps the files of a picture, unless what is done with them fails."""
        stored = self._media.keep_photo(data)
        try:
            yield stored
        except BaseException:
            self._media.remove(stored.name)
            raise

    def move_up(self, actor: Actor, slug: str, media_id: int, *, now: datetime) -> None:
        """Puts a photograph before the one in front of it; the first one stays.

        Raises:
            NotFound: NO_PHOTO, NO_PRODUCT or NO_WORKSHOP.
        """
        with self._database.write() as session:
            product = own_product(session, actor, slug, to_change=True)
            others = _of(session, product)
            at = others.index(_find(others, media_id))
            others.insert(max(0, at - 1), others.pop(at))
            _number(others)
            note(session, actor, "photo move", f"product:{slug}", at=now, photo=media_id)

    def remove(self, actor: Actor, slug: str, media_id: int, *, now: datetime) -> None:
        """Takes a photograph from a product; for a day it can be wanted back, then its file may go.

        Raises:
            NotFound: NO_PHOTO, NO_PRODUCT or NO_WORKSHOP.
        """
        with self._database.write() as session:
            product = own_product(session, actor, slug, to_change=True)
            others = _of(session, product)
            removed = _find(others, media_id)
            session.delete(removed)
            let_go(session, media_id, now=now)
            _number([one for one in others if one is not removed])
            note(session, actor, "photo remove", f"product:{slug}", at=now, photo=media_id)

    def restore(
        self, actor: Actor, slug: str, media_id: int, *, now: datetime, deed: str = "photo restore"
    ) -> None:
        """Gives a photograph back to a product, behind the others; one that it has stays where it is.

        Args:
            actor: an artisan.
            slug: of one of her products.
            media_id: of a photograph of her workshop.
            now: aware.
            deed: what the trail calls it.

        Raises:
            BadInput: TOO_MANY.
            NotFound: NO_PHOTO, NO_PRODUCT or NO_WORKSHOP.
        """
        with self._database.write() as session:
            product = own_product(session, actor, slug, to_change=True)
            others = _of(session, product)
            if any(one.media_id == media_id for one in others):
                return
            own = (Media.workshop_id == product.workshop_id, Media.kind == "photo")
            # The lock keeps it from being forgotten in the meantime.
            wanted = select(Media.id).where(Media.id == media_id, *own).with_for_update()
            if session.scalar(wanted) is None:
                raise NotFound("NO_PHOTO", f"workshop {product.workshop_id} has no photograph {media_id}")
            if len(others) >= PHOTOS_MAX:
                raise BadInput("TOO_MANY", f"at most {PHOTOS_MAX} photographs expected")
            take_back(session, media_id)
            session.add(ProductPhoto(product_id=product.id, media_id=media_id, position=len(others)))
            note(session, actor, deed, f"product:{slug}", at=now, photo=media_id)

    def public(self, name: str) -> PhotoFile:
        """Gives the file of a photograph that a product on sale shows, in any of its sizes.

        Raises:
            NotFound: NO_MEDIA, also for one that only its workshop may see.
        """
        path = self._media.path(name)
        wanted = (
            select(Media.id)
            .join(ProductPhoto, ProductPhoto.media_id == Media.id)
            .join(Product, Product.id == ProductPhoto.product_id)
            .where(Media.name == _whole(name), Media.kind == "photo", Product.is_listed)
        )
        with self._database.read() as session:
            return _demanded(path, session.scalar(wanted.limit(1)))

    def own(self, actor: Actor, name: str) -> PhotoFile:
        """Gives the file of a photograph of the artisan's workshop, in any of its sizes.

        Raises:
            NotFound: NO_MEDIA, also where it is another workshop's.
        """
        path = self._media.path(name)
        wanted = select(Media.id).where(
            Media.name == _whole(name), Media.kind == "photo", Media.workshop_id == demand_workshop(actor)
        )
        with self._database.read() as session:
            return _demanded(path, session.scalar(wanted))


def _demanded(path: Path, found: int | None) -> PhotoFile:
    if found is None:
        raise NotFound("NO_MEDIA", "no such file is stored")
    return PhotoFile(path, media_headers(path.name))


def _row(session: Session, stored: StoredMedia, actor: Actor, now: datetime) -> int:
    workshop_id = actor.workshop_id
    return add_media(session, stored, account_id=actor.account_id, workshop_id=workshop_id, now=now)


def _demand_room(session: Session, workshop_id: int) -> None:
    own = (Media.workshop_id == workshop_id, Media.kind == "photo")
    counting = select(func.count(Media.id)).where(*own, Media.id.not_in(select(EventMedia.media_id)))
    if (session.scalar(counting) or 0) >= KEPT_MAX:
        raise BadInput("TOO_MANY_PHOTOS", f"at most {KEPT_MAX} photographs of a workshop expected")


def _whole(name: str) -> str:
    """Gives the name of a picture's largest size: `<digits>-320.webp` is a smaller one of `<digits>.webp`."""
    return name.partition("-")[0].removesuffix(".webp") + ".webp"


def _of(session: Session, product: Product) -> list[ProductPhoto]:
    wanted = select(ProductPhoto).where(ProductPhoto.product_id == product.id)
    return list(session.scalars(wanted.order_by(ProductPhoto.position, ProductPhoto.media_id)))


def _find(photos: list[ProductPhoto], media_id: int) -> ProductPhoto:
    found = next((one for one in photos if one.media_id == media_id), None)
    if found is None:
        raise NotFound("NO_PHOTO", f"the product has no photograph {media_id}")
    return found


def _number(photos: list[ProductPhoto]) -> None:
    for position, one in enumerate(photos):
        one.position = position
