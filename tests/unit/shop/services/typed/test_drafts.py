"""Drafts: kept as typed, seen by their workshop alone, and gone only after a day."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from shop.db.desk import DRAFT_KINDS, Draft
from shop.errors import BadInput, NotFound
from shop.services.access.actors import ARTISAN, Actor
from shop.services.typed.drafts import DRAFT_MAX_BYTES, UNDO_PERIOD, Drafts
from shop.services.typed.form_drafts import FormDrafts
from shop.services.typed.waiting_tables import keep_table, take_table
from shop.wiring import Services
from tests.simulators.desk_people import artisan as add_artisan

NOW = datetime(2026, 6, 2, 3, 0, tzinfo=UTC)


@pytest.fixture
def drafts(desk_services: Services) -> Drafts:
    return Drafts(desk_services.database)


@pytest.fixture
def artisan(desk_services: Services) -> Actor:
    return add_artisan(desk_services.database, "xuong-mau-1")


@pytest.fixture
def stranger(desk_services: Services) -> Actor:
    return add_artisan(desk_services.database, "xuong-mau-2")


def test_a_draft_is_kept_as_typed_and_the_last_word_wins(drafts: Drafts, artisan: Actor) -> None:
    token = drafts.begin(artisan, "lot", {"units": "1"}, now=NOW)
    for units in ("12", "24", "24"):
        drafts.merge(artisan, token, {"units": units}, kind="lot", now=NOW + timedelta(minutes=1))
    found = drafts.open(artisan, token, kind="lot")
    assert (found.document, found.updated_at) == ({"units": "24"}, NOW + timedelta(minutes=1))
    assert found in drafts.list(artisan, kind="lot")


def test_members_of_a_workshop_share_its_drafts(
    drafts: Drafts, artisan: Actor, desk_services: Services
) -> None:
    token = drafts.begin(artisan, "lot", {}, now=NOW)
    other = add_artisan(desk_services.database, "xuong-mau-1")
    assert drafts.open(other, token, kind="lot").token == token


def test_another_workshops_draft_is_not_there(drafts: Drafts, artisan: Actor, stranger: Actor) -> None:
    token = drafts.begin(artisan, "lot", {}, now=NOW)
    without = Actor(stranger.account_id, ARTISAN, "Người mẫu")
    for actor in (stranger, without):
        assert token not in {draft.token for draft in drafts.list(actor, kind="lot")}
        for call in (
            lambda actor=actor: drafts.open(actor, token, kind="lot"),
            lambda actor=actor: drafts.merge(actor, token, {}, kind="lot", now=NOW),
            lambda actor=actor: drafts.throw_away(actor, token, kind="lot", now=NOW),
            lambda actor=actor: drafts.take_back(actor, token, kind="lot", now=NOW),
        ):
            with pytest.raises(NotFound):
                call()


def test_a_draft_of_another_kind_is_not_there(drafts: Drafts, artisan: Actor) -> None:
    token = drafts.begin(artisan, "product", {"units": "12"}, now=NOW)
    for call in (
        lambda: drafts.open(artisan, token, kind="lot"),
        lambda: drafts.merge(artisan, token, {"units": "1"}, kind="lot", now=NOW),
        lambda: drafts.throw_away(artisan, token, kind="lot", now=NOW),
        lambda: drafts.take_back(artisan, token, kind="lot", now=NOW),
    ):
        with pytest.raises(NotFound):
            call()
    found = drafts.open(artisan, token, kind="product")
    assert (found.document, found.is_thrown_away) == ({"units": "12"}, False)


def test_what_was_thrown_away_can_be_taken_back_for_a_day(drafts: Drafts, artisan: Actor) -> None:
    token = drafts.begin(artisan, "lot", {"units": "12"}, now=NOW)
    drafts.throw_away(artisan, token, kind="lot", now=NOW)
    assert token not in {draft.token for draft in drafts.list(artisan, kind="lot")}
    with pytest.raises(BadInput, match="thrown away"):
        drafts.merge(artisan, token, {}, kind="lot", now=NOW)
    drafts.take_back(artisan, token, kind="lot", now=NOW)
    assert drafts.open(artisan, token, kind="lot").document == {"units": "12"}
    drafts.throw_away(artisan, token, kind="lot", now=NOW)
    drafts.begin(artisan, "lot", {}, now=NOW + UNDO_PERIOD + timedelta(seconds=1))
    with pytest.raises(NotFound):
        drafts.open(artisan, token, kind="lot")


def test_throwing_away_once_more_gives_no_more_time(drafts: Drafts, artisan: Actor) -> None:
    token = drafts.begin(artisan, "lot", {}, now=NOW)
    for after in (timedelta(), UNDO_PERIOD / 2):
        drafts.throw_away(artisan, token, kind="lot", now=NOW + after)
    assert drafts.open(artisan, token, kind="lot").updated_at == NOW
    for after in (timedelta(minutes=1), timedelta(hours=1)):
        drafts.take_back(artisan, token, kind="lot", now=NOW + after)
    assert drafts.open(artisan, token, kind="lot").updated_at == NOW + timedelta(minutes=1)


def test_what_something_was_made_of_changes_no_more(
    drafts: Drafts, artisan: Actor, desk_services: Services
) -> None:
    token = drafts.begin(artisan, "lot", {"units": "12"}, now=NOW)
    with desk_services.database.write() as session:
        session.scalars(select(Draft).where(Draft.token == token)).one().became = "lot-x"
    for call in (drafts.throw_away, drafts.take_back):
        with pytest.raises(BadInput):
            call(artisan, token, kind="lot", now=NOW)
    with pytest.raises(BadInput):
        drafts.merge(artisan, token, {}, kind="lot", now=NOW)
    assert drafts.open(artisan, token, kind="lot").document == {"units": "12"}


def test_too_large_a_draft_is_refused_and_the_earlier_one_stays(drafts: Drafts, artisan: Actor) -> None:
    token = drafts.begin(artisan, "lot", {"units": "12"}, now=NOW)
    with pytest.raises(BadInput, match="at most"):
        drafts.merge(artisan, token, {"warnings": "x" * DRAFT_MAX_BYTES}, kind="lot", now=NOW)
    with pytest.raises(BadInput, match="kind"):
        drafts.begin(artisan, "poem", {}, now=NOW)
    assert drafts.open(artisan, token, kind="lot").document == {"units": "12"}


def test_many_product_forms_block_no_lot_and_no_table_and_the_oldest_go(
    drafts: Drafts, artisan: Actor, desk_services: Services
) -> None:
    forms = FormDrafts(desk_services.database)
    with desk_services.database.write() as session:
        table = keep_table(session, artisan, "steps", b"lot\n1\n", now=NOW - timedelta(days=1))
    for number in range(25):
        forms.keep(artisan, "product", f"{artisan.account_id:08}-{number:08}", {}, now=NOW)
    mine = select(Draft.token).where(Draft.account_id == artisan.account_id, Draft.kind == "product")
    with desk_services.database.read() as session:
        kept = set(session.scalars(mine).all())
    assert table in kept
    assert [token[-2:] for token in sorted(kept - {table})] == [f"{number:02}" for number in range(5, 25)]
    drafts.begin(artisan, "lot", {}, now=NOW)


def test_a_checked_table_is_no_form_and_cannot_be_thrown_away(
    drafts: Drafts, artisan: Actor, desk_services: Services
) -> None:
    forms, database = FormDrafts(desk_services.database), desk_services.database
    with database.write() as session:
        token = keep_table(session, artisan, "products", b"name\nB\n", now=NOW)
    for call in (
        lambda: forms.read(artisan, "product", token),
        lambda: forms.keep(artisan, "product", token, {"name_vi": "B"}, now=NOW),
        *(lambda kind=kind: drafts.throw_away(artisan, token, kind=kind, now=NOW) for kind in DRAFT_KINDS),
    ):
        with pytest.raises(NotFound):
            call()
    with database.write() as session:
        assert take_table(session, artisan, "products", token) == b"name\nB\n"


def test_a_form_is_kept_exactly_as_typed(artisan: Actor, desk_services: Services) -> None:
    forms, token = FormDrafts(desk_services.database), f"{artisan.account_id:016}"
    texts = {"name_vi": 'Bát\x00 "men" tro', "story_vi": "dòng\r\nmới\ttab \u2028"}
    forms.keep(artisan, "product", token, texts, now=NOW)
    assert forms.read(artisan, "product", token).texts == texts
    assert forms.read(artisan, "product", "none-of-this\x00-name").texts == {}


def test_one_page_that_saves_itself_while_it_is_sent_begins_one_draft(
    artisan: Actor, desk_services: Services
) -> None:
    forms = FormDrafts(desk_services.database)
    for number in range(10):
        token = f"page-{number}-{'x' * 16}"

        def keep(name: str, token: str = token) -> None:
            forms.keep(artisan, "product", token, {"name_vi": name}, now=NOW)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(keep, ("a", "b", "c", "d")))
        assert forms.read(artisan, "product", token).texts["name_vi"] in set("abcd")
