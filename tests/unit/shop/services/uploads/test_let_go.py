"""Files that nothing names any more are forgotten after a day; whatever something names stays."""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.db.catalogue import Product
from shop.db.desk import Draft, Report, Request
from shop.db.lots import Record
from shop.db.media import EventMedia, LetGoMedia, Media, ProductPhoto
from shop.errors import BadInput, NotFound
from shop.media import MediaStore, StoredMedia
from shop.services.access.actors import Actor
from shop.services.uploads.let_go import LetGo, let_go
from shop.services.uploads.rows import add_media
from shop.wiring import Services
from tests.conftest import ENGINES
from tests.simulators.desk_people import artisan, shared_services
from tests.simulators.pictures import encoded, photo

NOW = datetime(2026, 6, 2, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LONG_AGO = NOW - 30 * DAY
SLUG = "binh-hoa-men-lam"
JPEG = encoded(photo(), "JPEG")


@pytest.fixture(scope="module", params=ENGINES)
def services(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with shared_services(request.param, request, tmp_path_factory.mktemp("let-go")) as built:
        yield built


@pytest.fixture
def lan(services: Services) -> Actor:
    return artisan(services.database, "xuong-mau-1")


@pytest.fixture
def folder(services: Services) -> Path:
    return services.settings.data_dir / "media"


@pytest.fixture
def sweep(services: Services, folder: Path, lan: Actor) -> Callable[[datetime], None]:
    swept = LetGo(services.database, MediaStore(folder))
    return lambda now: swept.sweep(lan.workshop_id or 0, now=now)


@pytest.fixture
def stored(folder: Path) -> StoredMedia:
    """A file of one kilobyte under a name of its own, since drawing takes long."""
    whole = folder / f"{secrets.token_hex(16)}.webp"
    whole.write_bytes(secrets.token_bytes(1000))
    return StoredMedia(whole.name, "photo", "image/webp", f"zQm{secrets.token_hex(22)}", 1000, 10, 10)


def keep(
    services: Services, stored: StoredMedia, who: Actor, *others: StoredMedia, is_marked: bool = True
) -> int:
    """Adds the rows of files that were let go of long ago, and gives the id of the first."""
    whose = {"account_id": who.account_id, "workshop_id": who.workshop_id}
    with services.database.write() as session:
        ids = [add_media(session, one, **whose, now=LONG_AGO) for one in (stored, *others)]
        if is_marked:
            let_go(session, ids[0], now=LONG_AGO)
        return ids[0]


def is_kept(services: Services, folder: Path, stored: StoredMedia) -> bool:
    with services.database.read() as session:
        row = session.scalar(select(Media.id).where(Media.name == stored.name))
    assert (row is not None) == (folder / stored.name).exists()
    return row is not None


def test_a_removed_photograph_goes_after_a_day_with_all_its_sizes(
    services: Services, lan: Actor, folder: Path
) -> None:
    photos = services.desks.artisan.photos
    before = set(folder.iterdir())
    kept = photos.add(lan, SLUG, JPEG, now=NOW)
    files = set(folder.iterdir()) - before
    photos.remove(lan, SLUG, kept, now=NOW)
    photos.remove(lan, SLUG, photos.add(lan, SLUG, JPEG, now=NOW + DAY / 2), now=NOW + DAY / 2)
    assert all(file.exists() for file in files)
    photos.restore(lan, SLUG, kept, now=NOW + DAY / 2)
    photos.remove(lan, SLUG, kept, now=NOW + DAY)  # the day begins anew
    photos.add(lan, SLUG, JPEG, now=NOW + 3 * DAY / 2)
    assert all(file.exists() for file in files)
    photos.add(lan, SLUG, JPEG, now=NOW + 2 * DAY)
    assert not any(file.exists() for file in files)
    with pytest.raises(NotFound):
        photos.restore(lan, SLUG, kept, now=NOW + 2 * DAY)


def test_removed_photographs_fill_a_workshop_for_a_day_only(
    services: Services, stored: StoredMedia, folder: Path
) -> None:
    lan = artisan(services.database, "xuong-mau-2")
    with services.database.read() as session:
        slug = session.scalars(select(Product.slug).where(Product.workshop_id == lan.workshop_id)).first()
    others = [replace(stored, name=f"{number:032x}.webp") for number in range(199)]
    keep(services, stored, lan, *others, is_marked=False)
    with pytest.raises(BadInput):
        services.desks.artisan.photos.add(lan, slug or "", JPEG, now=NOW)
    services.desks.artisan.photos.add(lan, slug or "", JPEG, now=NOW + DAY)
    with services.database.read() as session:
        names = session.scalars(select(Media.name).where(Media.workshop_id == lan.workshop_id)).all()
    assert not [name for name in names if name.startswith("0" * 28)]


def name_as_photo(session: Session, media_id: int, lan: Actor, digest: str) -> None:
    product = session.scalars(select(Product.id).where(Product.slug == SLUG)).one()
    session.add(ProductPhoto(product_id=product, media_id=media_id, position=media_id))


def name_as_evidence(session: Session, media_id: int, lan: Actor, digest: str) -> None:
    record = session.scalars(select(Record.id).limit(1)).one()
    session.add(EventMedia(record_id=record, media_id=media_id))


def name_as_paper(session: Session, media_id: int, lan: Actor, digest: str) -> None:
    session.add(
        Request(
            kind="attestation", state="open", account_id=lan.account_id, workshop_id=lan.workshop_id,
            issuer="hiep-hoi", document="{}", media_id=media_id, asked_at=NOW,
        )
    )  # fmt: skip


def name_in_a_report(session: Session, media_id: int, lan: Actor, digest: str) -> None:
    number = secrets.token_hex(8)
    session.add(
        Report(case_number=number, subject="x", words="Lạ.", media_id=media_id, reported_at=NOW, state="open")
    )


def name_in_a_draft(session: Session, media_id: int, lan: Actor, digest: str) -> None:
    document = json.dumps({"product": SLUG, "fields": {}, "media": {"2": [media_id]}})
    session.add(
        Draft(
            token=secrets.token_hex(16), account_id=lan.account_id, workshop_id=lan.workshop_id, kind="lot",
            document=document, created_at=NOW, updated_at=NOW, became="-",
        )
    )  # fmt: skip


def name_by_digest(session: Session, media_id: int, lan: Actor, digest: str) -> None:
    """As an event does that was signed elsewhere, with a file of which this is a copy."""
    body = session.scalars(select(Record.body).where(Record.id == "event-09520000000011-bh-071-1")).one()
    session.get_one(Media, media_id).digest = _evidence(body)


def _evidence(body: bytes) -> str:
    text = body.decode()
    start = text.index("zQm", text.index('"evidence"'))
    return text[start : text.index('"', start)]


@pytest.mark.parametrize(
    "name",
    [name_as_photo, name_as_evidence, name_as_paper, name_in_a_report, name_in_a_draft, name_by_digest],
)
def test_what_something_names_is_never_deleted(
    services: Services,
    lan: Actor,
    folder: Path,
    stored: StoredMedia,
    sweep: Callable[[datetime], None],
    name: Callable[[Session, int, Actor, str], None],
) -> None:
    """Whatever its mark says: a mark is no more than the moment from which time counts."""
    media_id = keep(services, stored, lan)
    with services.database.write() as session:
        name(session, media_id, lan, stored.digest)
    sweep(NOW + 100 * DAY)
    sweep(NOW + 200 * DAY)
    assert is_kept(services, folder, stored)


def test_what_nothing_names_is_deleted(
    services: Services, lan: Actor, folder: Path, stored: StoredMedia, sweep: Callable[[datetime], None]
) -> None:
    """The counterpart of the test above: without a name, the same file goes."""
    keep(services, stored, lan)
    sweep(NOW)
    assert not is_kept(services, folder, stored)


def test_what_was_never_marked_gets_a_day_first(
    services: Services, lan: Actor, folder: Path, stored: StoredMedia, sweep: Callable[[datetime], None]
) -> None:
    media_id = keep(services, stored, lan, is_marked=False)
    sweep(NOW)
    sweep(NOW + DAY - timedelta(seconds=1))
    assert is_kept(services, folder, stored)
    with services.database.read() as session:
        assert session.get_one(LetGoMedia, media_id).at == NOW
    sweep(NOW + DAY)
    assert not is_kept(services, folder, stored)


@pytest.mark.parametrize("whose", ["another workshop's", "a paper", "a file of nobody's workshop"])
def test_other_files_are_left_alone(
    services: Services,
    lan: Actor,
    folder: Path,
    stored: StoredMedia,
    sweep: Callable[[datetime], None],
    whose: str,
) -> None:
    who = {
        "another workshop's": artisan(services.database, "xuong-mau-3"),
        "a paper": lan,
        "a file of nobody's workshop": replace(lan, workshop_id=None),
    }[whose]
    keep(services, replace(stored, kind="paper") if whose == "a paper" else stored, who)
    sweep(NOW)
    assert is_kept(services, folder, stored)


def test_a_dropped_file_of_a_step_can_be_put_back_for_a_day(services: Services, lan: Actor) -> None:
    lots = services.desks.lots
    begun = lots.desk.begin(lan, SLUG, units="6", made_on="2026-06-02", is_copy=True, now=NOW)
    kept = lots.pictures.add(lan, begun, 1, JPEG, is_voice=False, now=NOW)
    lots.pictures.drop(lan, begun, 1, kept, now=NOW)
    lots.pictures.put_back(lan, begun, 1, kept, now=NOW + DAY / 2)
    other = lots.pictures.add(lan, begun, 1, JPEG, is_voice=False, now=NOW + 5 * DAY)
    assert [one.id for one in lots.desk.draft(lan, begun).media[1]] == [kept, other]
    lots.pictures.drop(lan, begun, 1, kept, now=NOW + 5 * DAY)
    lots.pictures.add(lan, begun, 2, JPEG, is_voice=False, now=NOW + 6 * DAY)
    with pytest.raises(NotFound):
        lots.pictures.put_back(lan, begun, 1, kept, now=NOW + 6 * DAY)


@pytest.mark.parametrize(("kind", "step"), [("paper", 1), ("photo", 0), ("photo", 99)])
def test_what_is_no_file_of_a_step_is_not_put_back(
    services: Services, lan: Actor, stored: StoredMedia, kind: str, step: int
) -> None:
    lots = services.desks.lots
    begun = lots.desk.begin(lan, SLUG, units="6", made_on="2026-06-02", is_copy=True, now=NOW)
    media_id = keep(services, replace(stored, kind=kind), lan)  # type: ignore[arg-type]  # either kind
    with pytest.raises(NotFound):
        lots.pictures.put_back(lan, begun, step, media_id, now=NOW)
    assert lots.desk.draft(lan, begun).media == {}
