"""Drafts that two people, or a page and its script, write at the same time: nobody's part is lost."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from shop.db.gate import GATE_WAIT_S, Gate
from shop.services.access.actors import Actor
from shop.services.lots.held_corrections import HeldCorrections
from shop.services.lots.services import LotServices
from shop.services.typed.drafts import Drafts
from shop.wiring import Services
from tests.simulators.desk_people import artisan as add_artisan
from tests.simulators.held_keys import HOLDER, NOW, held_desks
from tests.simulators.pictures import encoded, photo

ADVICE = "Không ngâm nước."


@dataclass(slots=True)
class Interrupted:
    """A gate before which, once, somebody else does something: whatever was read until then is old."""

    gate: Gate
    deed: Callable[[], Any] | None

    @contextmanager
    def hold(self, *, wait_s: float = GATE_WAIT_S) -> Iterator[None]:
        deed, self.deed = self.deed, None
        if deed is not None:
            deed()
        with self.gate.hold(wait_s=wait_s):
            yield


@pytest.fixture
def lots(desk_services: Services) -> LotServices:
    return desk_services.desks.lots


@pytest.fixture
def artisan(desk_services: Services) -> Actor:
    return add_artisan(desk_services.database, HOLDER)


@pytest.fixture
def token(lots: LotServices, artisan: Actor) -> str:
    return lots.desk.begin(
        artisan, "binh-hoa-men-lam", units="6", made_on="2026-06-02", is_copy=True, now=NOW
    )


def interrupted(drafts: Drafts, deed: Callable[[], Any]) -> Drafts:
    """Gives drafts that somebody else is at just before they are first written."""
    return Drafts(replace(drafts.database, gate=Interrupted(drafts.database.gate, deed)))


def test_a_photo_that_came_while_the_form_was_saved_stays(
    lots: LotServices, artisan: Actor, token: str
) -> None:
    drafts = interrupted(
        lots.drafts,
        lambda: lots.pictures.add(artisan, token, 1, encoded(photo(), "JPEG"), is_voice=False, now=NOW),
    )
    fields = lots.desk.draft(artisan, token).fields | {"warnings": ADVICE}
    replace(lots.desk, drafts=drafts).save(artisan, token, fields, now=NOW)
    found = lots.desk.draft(artisan, token)
    assert (found.fields["warnings"], len(found.media[1])) == (ADVICE, 1)


def test_what_was_prepared_while_a_correction_was_saved_stays(
    desk_services: Services, lots: LotServices, artisan: Actor, token: str
) -> None:
    lot_id = lots.desk.issue(artisan, token, seen=lots.desk.preview(artisan, token, now=NOW).seen, now=NOW)
    held = HeldCorrections(held_desks(desk_services).corrections)
    desk, token = held.desk, held.desk.begin(artisan, lot_id, now=NOW)
    fields = desk.draft(artisan, token).fields | {"reason": "Ghi nhầm.", "warnings": ADVICE}
    desk.save(artisan, token, fields, now=NOW)
    seen = desk.preview(artisan, token, now=NOW).seen
    drafts = interrupted(lots.drafts, lambda: held.prepare_steps(artisan, token, seen=seen, now=NOW))
    replace(desk, drafts=drafts).save(artisan, token, fields | {"warnings": "Khác."}, now=NOW)
    document = lots.drafts.open(artisan, token, kind="correction").document
    assert (document["fields"]["warnings"], document["prepared"]["seen"]) == ("Khác.", seen)


def test_the_interruption_is_real_where_all_is_written_as_it_was_read(
    lots: LotServices, artisan: Actor, token: str
) -> None:
    """The canary: the same photo, and a form that is saved with all that was read before."""
    drafts = interrupted(
        lots.drafts,
        lambda: lots.pictures.add(artisan, token, 1, encoded(photo(), "JPEG"), is_voice=False, now=NOW),
    )
    whole = drafts.open(artisan, token, kind="lot").document
    drafts.merge(artisan, token, whole, kind="lot", now=NOW)
    assert not lots.desk.draft(artisan, token).media


def test_parts_that_come_at_once_are_all_kept(lots: LotServices, artisan: Actor, token: str) -> None:
    names = [f"part-{number}" for number in range(6)]
    start = threading.Barrier(len(names))

    def come(name: str) -> None:
        start.wait()
        lots.drafts.merge(artisan, token, {name: name}, kind="lot", now=NOW)

    threads = [threading.Thread(target=come, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(names) <= set(lots.drafts.open(artisan, token, kind="lot").document)
