"""A lot that is signed on the artisan's own device: only what was prepared comes in, once."""

from dataclasses import replace
from pathlib import Path

import pytest

from shop.errors import BadInput, NotFound
from shop.services.access.actors import Actor
from shop.services.keys.keyring import Keyring
from shop.services.lots.holding import HeldSigning
from shop.wiring import Services
from tests.simulators.desk_people import artisan as add_artisan
from tests.simulators.held_keys import HOLDER, NOW, Sign, held_desks, phone_of


@pytest.fixture
def held(desk_services: Services) -> HeldSigning:
    """The service under a trust list that says that the workshop holds its own key."""
    return HeldSigning(held_desks(desk_services).desk)


@pytest.fixture
def sign(desk_services: Services) -> Sign:
    return phone_of(desk_services)


@pytest.fixture
def artisan(desk_services: Services) -> Actor:
    return add_artisan(desk_services.database, HOLDER)


@pytest.fixture
def token(held: HeldSigning, artisan: Actor) -> str:
    return held.desk.begin(
        artisan, "binh-hoa-men-lam", units="6", made_on="2026-06-02", is_copy=True, now=NOW
    )


def test_a_lot_signed_elsewhere_is_taken_in_once(
    held: HeldSigning, artisan: Actor, token: str, sign: Sign
) -> None:
    preview = held.desk.preview(artisan, token, now=NOW)
    assert preview.is_held
    first = held.prepare_events(artisan, token, seen=preview.seen, now=NOW)
    signed = [sign(document) for document in first.documents]
    second = held.prepare_passport(artisan, token, signed, now=NOW)
    records = [*signed, sign(second.documents[0])]
    lot = held.admit_signed(artisan, token, records, now=NOW)
    assert held.admit_signed(artisan, token, records, now=NOW) == lot
    assert first.key_name == f"{artisan.account_id} {HOLDER} record"


def test_nothing_else_than_what_was_prepared_comes_in(
    held: HeldSigning, artisan: Actor, token: str, sign: Sign
) -> None:
    with pytest.raises(BadInput, match="not prepared"):
        held.prepare_passport(artisan, token, [], now=NOW)
    seen = held.desk.preview(artisan, token, now=NOW).seen
    first = held.prepare_events(artisan, token, seen=seen, now=NOW)
    other = sign(first.documents[0] | {"name": "Bước khác"})
    signed = [sign(document) for document in first.documents]
    for records in ([other, *signed[1:]], signed[:-1], [*signed[1:], signed[0]]):
        with pytest.raises(BadInput, match=r"not what was prepared|signed records expected"):
            held.prepare_passport(artisan, token, records, now=NOW)
    passport = held.prepare_passport(artisan, token, signed, now=NOW).documents[0]
    with pytest.raises(BadInput, match="not what was prepared"):
        held.admit_signed(artisan, token, [*signed, sign(passport | {"name": "Lô khác"})], now=NOW)
    held.desk.save(artisan, token, held.desk.draft(artisan, token).fields | {"units": "7"}, now=NOW)
    with pytest.raises(BadInput, match="changed after it was shown"):
        held.admit_signed(artisan, token, [*signed, sign(passport)], now=NOW)
    assert held.desk.draft(artisan, token).became is None


def test_a_key_on_the_server_and_another_workshop_prepare_nothing(
    held: HeldSigning, artisan: Actor, token: str, desk_services: Services
) -> None:
    seen = held.desk.preview(artisan, token, now=NOW).seen
    with pytest.raises(BadInput, match="on a device"):
        desk_services.desks.lots.held.prepare_events(artisan, token, seen=seen, now=NOW)
    stranger = add_artisan(desk_services.database, "xuong-mau-2")
    for call in (
        lambda: held.prepare_events(stranger, token, seen=seen, now=NOW),
        lambda: held.prepare_passport(stranger, token, [], now=NOW),
        lambda: held.admit_signed(stranger, token, [], now=NOW),
    ):
        with pytest.raises(NotFound):
            call()


def test_no_preview_offers_a_key_that_is_not_really_here(
    desk_services: Services, artisan: Actor, token: str, tmp_path: Path
) -> None:
    """The trust list says that the server has it, but its file is gone."""
    lots = desk_services.desks.lots
    signing = replace(
        lots.desk.signing, keyring=Keyring(tmp_path, passphrase=None, trust=lots.desk.signing.trust)
    )
    seen = lots.desk.preview(artisan, token, now=NOW).seen
    assert replace(lots.desk, signing=signing).preview(artisan, token, now=NOW).signer is None
    lot_id = lots.desk.issue(artisan, token, seen=seen, now=NOW)
    begun = lots.corrections.begin(artisan, lot_id, now=NOW)
    assert lots.corrections.preview(artisan, begun, now=NOW).signer is not None
    assert replace(lots.corrections, signing=signing).preview(artisan, begun, now=NOW).signer is None
