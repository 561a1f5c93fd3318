"""Photos and voice notes of signed steps: shown and served only while they are the bytes that were signed."""

import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from shop.db.lots import Lot
from shop.db.media import EventMedia, Media
from shop.errors import NotFound
from shop.media import MediaStore
from shop.services.signed.values import Station, StepFile
from shop.services.uploads.rows import add_media
from shop.wiring import Services
from tests.conftest import DEMO_NOW, ENGINES
from tests.simulators.desk_people import shared_services
from tests.simulators.pictures import encoded, photo
from traceability.records.canonical import digest_multibase


@pytest.fixture(scope="module", params=ENGINES)
def services(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with shared_services(request.param, request, tmp_path_factory.mktemp("files")) as built:
        yield built


@pytest.fixture
def folder(services: Services) -> Path:
    return services.settings.data_dir / "media"


@pytest.fixture
def look(services: Services) -> Callable[[], list[Station]]:
    """Gives the stations of the demo's first label that have files, as its page shows them now."""
    with services.database.read() as session:
        label = session.scalars(select(Lot.sample_label).where(Lot.number == "BH-071")).one()

    def looking() -> list[Station]:
        page = services.scans.look_up(label or "", now=DEMO_NOW, is_scan=False)
        return [station for station in page.stations if station.files]

    return looking


@pytest.fixture
def shown(look: Callable[[], list[Station]]) -> StepFile:
    return look()[0].files[0]


def refused(services: Services, digest: str) -> bool:
    for serve in (services.step_files.whole, services.step_files.small):
        with pytest.raises(NotFound):
            serve(digest)
    return True


def test_a_page_shows_the_files_that_its_steps_have_signed(look: Callable[[], list[Station]]) -> None:
    found = look()
    assert [station.kind for station in found] == ["finished", "made", "material_received"]
    assert all(station.evidence == tuple(file.digest for file in station.files) for station in found)
    assert {(file.kind, file.state, file.width) for one in found for file in one.files} == {
        ("photo", "here", 320)
    }


def test_the_signed_bytes_are_served_and_a_smaller_size_is_drawn_of_them(
    services: Services, shown: StepFile
) -> None:
    whole, small = services.step_files.whole(shown.digest), services.step_files.small(shown.digest)
    assert digest_multibase(whole.data) == shown.digest
    assert Image.open(BytesIO(small.data)).size == (shown.width, shown.height)
    assert {whole.mimetype, small.mimetype} == {"image/webp"}


def test_a_changed_file_is_neither_shown_nor_served(
    services: Services, folder: Path, shown: StepFile, look: Callable[[], list[Station]]
) -> None:
    """Also where a thief puts back length and time of the file, and after its smaller size was drawn."""
    services.step_files.small(shown.digest)
    path = folder / shown.name
    data, times = path.read_bytes(), path.stat()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert look()[0].files[0].state == "changed"
    assert refused(services, shown.digest)
    path.write_bytes(data)
    assert look()[0].files[0].state == "here"


def test_a_missing_file_is_said_to_be_missing(
    services: Services, folder: Path, shown: StepFile, look: Callable[[], list[Station]]
) -> None:
    aside = folder / "aside"
    (folder / shown.name).rename(aside)
    assert look()[0].files[0].state == "missing"
    assert refused(services, shown.digest)
    aside.rename(folder / shown.name)


def test_a_smaller_size_on_the_disk_is_believed_nothing(
    services: Services, folder: Path, shown: StepFile
) -> None:
    before = services.step_files.small(shown.digest).data
    (folder / shown.name.replace(".webp", "-320.webp")).write_bytes(b"forged")
    assert services.step_files.small(shown.digest).data == before


@pytest.mark.parametrize("kind", ["unsigned", "paper"])
def test_what_no_step_has_signed_and_papers_are_not_served(
    services: Services, folder: Path, kind: str
) -> None:
    store, data = MediaStore(folder), encoded(photo(), "JPEG")
    stored = store.keep_paper(data) if kind == "paper" else store.keep_photo(data)
    with services.database.write() as session:
        event = session.scalars(select(EventMedia.record_id).limit(1)).one()
        media_id = add_media(session, stored, account_id=None, workshop_id=None, now=DEMO_NOW)
        if kind == "paper":
            session.add(EventMedia(record_id=event, media_id=media_id))
    assert refused(services, stored.digest)


def test_a_file_whose_row_names_another_digest_is_missing(
    services: Services, folder: Path, look: Callable[[], list[Station]]
) -> None:
    """Rows are not signed: a file that was exchanged together with its row is none that the step named."""
    shown = look()[-1].files[0]
    other = MediaStore(folder).keep_photo(encoded(photo(), "JPEG"))
    with services.database.write() as session:
        row = session.scalars(select(Media).where(Media.name == shown.name)).one()
        row.name, row.digest = other.name, other.digest
    with services.database.read() as session:
        label = session.scalars(select(Lot.sample_label).where(Lot.number == "BH-071")).one()
    services.scans._signed.cache_clear()  # as after five minutes
    page = services.scans.look_up(label or "", now=DEMO_NOW, is_scan=False)
    found = next(station for station in page.stations if station.kind == "material_received")
    assert [(file.digest, file.name, file.state) for file in found.files] == [(shown.digest, "", "missing")]
    with services.database.write() as session:
        row = session.scalars(select(Media).where(Media.name == other.name)).one()
        row.name, row.digest = shown.name, shown.digest
    services.scans._signed.cache_clear()


def test_a_step_that_is_not_sound_shows_nothing(
    services: Services, look: Callable[[], list[Station]]
) -> None:
    unsound = replace(look()[0], is_sound=False)
    assert services.step_files.look([unsound])[0].files == ()


@pytest.mark.parametrize("digest", ["", "zQm", "../shop.db", "zQm" + "1" * 43, "%"])
def test_what_is_no_digest_of_ours_is_not_found(services: Services, digest: str) -> None:
    assert refused(services, digest or secrets.token_hex(4))
