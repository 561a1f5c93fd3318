"""Villages and workshops: sourced facts, periods of communes, and what is said when nothing is known."""

from datetime import date
from itertools import pairwise

import pytest

from shop.errors import NotFound
from shop.facts import files
from shop.wiring import Services
from tests.conftest import DEMO_NOW

SLUGS = [village["slug"] for village in files.villages()["villages"]]


def test_list_holds_every_village_once(services: Services) -> None:
    slugs = [card.slug for card in services.places.villages()]
    assert sorted(slugs) == sorted(SLUGS)


def test_villages_with_most_products_stand_first(services: Services) -> None:
    counts = [card.product_count for card in services.places.villages()]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 0


def test_every_village_page_shows_its_facts_with_sources(services: Services) -> None:
    pages = [services.places.village(slug, now=DEMO_NOW) for slug in SLUGS]
    assert all(page.story.vi and page.units for page in pages)
    facts = [fact for page in pages for fact in page.facts]
    assert all(fact.sources and fact.label.vi and fact.label.en for fact in facts)
    assert {fact.confidence for fact in facts} <= {"high", "medium", "low"}


@pytest.mark.parametrize("slug", SLUGS)
def test_communes_follow_each_other_without_a_gap(sqlite_services: Services, slug: str) -> None:
    units = sqlite_services.places.village(slug, now=DEMO_NOW).units
    assert units[-1].until is None
    assert units[-1].since == date(2025, 7, 1)
    for earlier, later in pairwise(units):
        assert earlier.until is not None
        assert later.since is not None
        assert (later.since - earlier.until).days == 1


def test_unknown_recognition_stays_unknown(services: Services) -> None:
    page = services.places.village("bat-trang", now=DEMO_NOW)
    assert page.recognition.status == "unknown"
    assert page.recognition.title is None
    assert page.recognition.decision is None


def test_village_page_names_who_signed(services: Services) -> None:
    page = services.places.village("bat-trang", now=DEMO_NOW)
    assert page.record is not None
    assert page.record.record_id == "village-bat-trang"
    assert "mẫu" in page.record.signer


def test_village_page_counts_its_products(services: Services) -> None:
    page = services.places.village("bat-trang", now=DEMO_NOW)
    listed = {card.slug: card.product_count for card in services.places.villages()}
    assert page.card.product_count == len(page.products) == listed["bat-trang"]


def test_village_without_workshops_has_a_page(services: Services) -> None:
    empty = services.places.villages()[-1]
    page = services.places.village(empty.slug, now=DEMO_NOW)
    assert page.workshops == ()
    assert page.products == ()


def test_workshop_page_shows_its_keys_by_use(services: Services) -> None:
    page = services.places.workshop("xuong-mau-1", now=DEMO_NOW)
    assert {key.use for key in page.keys} == {"record", "seal"}
    assert {key.custody for key in page.keys} == {"server"}


def test_workshop_page_says_where_and_that_it_is_a_sample(services: Services) -> None:
    page = services.places.workshop("xuong-mau-1", now=DEMO_NOW)
    assert page.card.is_fictional
    assert page.is_inside_village
    assert page.place.vi
    assert page.unit
    assert "mẫu" in page.record.signer


@pytest.mark.parametrize("slug", ["", "nowhere", "BAT-TRANG", "bat-trang' --"])
def test_unknown_village_is_not_found(services: Services, slug: str) -> None:
    with pytest.raises(NotFound) as caught:
        services.places.village(slug, now=DEMO_NOW)
    assert caught.value.code == "NO_VILLAGE"


@pytest.mark.parametrize("slug", ["", "nowhere", "XUONG-MAU-1"])
def test_unknown_workshop_is_not_found(services: Services, slug: str) -> None:
    with pytest.raises(NotFound) as caught:
        services.places.workshop(slug, now=DEMO_NOW)
    assert caught.value.code == "NO_WORKSHOP"
