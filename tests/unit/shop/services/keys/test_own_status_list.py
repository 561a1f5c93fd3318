"""A status list that a workshop signs itself: told of before it ends, signed anew once with the same bits."""

from datetime import timedelta

import pytest

from shop.errors import BadInput, Forbidden, NotFound
from shop.services.access.actors import Actor
from shop.services.keys.own_status_list import OwnStatusList
from shop.wiring import Services
from tests.conftest import DEMO_NOW
from tests.simulators.desk_people import artisan as add_artisan
from tests.simulators.desk_people import inspector, new_artisan
from tests.simulators.held_keys import HOLDER, Sign, held_desks, phone_of
from traceability.errors import TraceabilityError
from traceability.evidence import Reader
from traceability.records.bitstring import encode, with_bit
from traceability.records.status_list import StatusList

DAY = timedelta(days=1)
LATE = DEMO_NOW + 25 * DAY  # five days are left then


@pytest.fixture
def lists(own_services: Services) -> OwnStatusList:
    return held_desks(own_services).status_list


@pytest.fixture
def artisan(own_services: Services) -> Actor:
    return add_artisan(own_services.database, HOLDER)


@pytest.fixture
def sign(own_services: Services) -> Sign:
    return phone_of(own_services)


def newest(services: Services) -> StatusList:
    record = Reader(1).read(services.records.status_list(HOLDER, "1").body).record
    assert isinstance(record, StatusList)
    return record


def test_nothing_is_told_or_signed_before_the_end_is_near(lists: OwnStatusList, artisan: Actor) -> None:
    standing = lists.standing(artisan, now=DEMO_NOW)
    assert standing is not None
    assert (standing.is_due, standing.is_over) == (False, False)
    with pytest.raises(BadInput, match="long enough"):
        lists.prepare(artisan, now=DEMO_NOW)


def test_the_server_says_nothing_of_a_list_that_it_renews(own_services: Services, artisan: Actor) -> None:
    here = own_services.desks.artisan.status_list
    assert here.standing(artisan, now=LATE) is None
    with pytest.raises(BadInput, match="on a device"):
        here.prepare(artisan, now=LATE)


@pytest.mark.parametrize(("days", "is_over"), [(25, False), (31, True)])
def test_a_list_is_signed_anew_once_with_the_same_bits(
    lists: OwnStatusList, artisan: Actor, sign: Sign, own_services: Services, days: int, is_over: bool
) -> None:
    now = DEMO_NOW + days * DAY
    standing = lists.standing(artisan, now=now)
    assert standing is not None
    assert (standing.is_due, standing.is_over) == (True, is_over)
    before = newest(own_services)
    prepared = lists.prepare(artisan, now=now)
    assert prepared.key_name == f"{artisan.account_id} {HOLDER} record"
    records = tuple(sign(document, now) for document in prepared.documents)
    for _ in range(2):
        lists.admit_signed(artisan, records, now=now)
    after = newest(own_services)
    assert (after.version, after.bits) == (before.version + 1, before.bits)
    found = lists.standing(artisan, now=now)
    assert found is not None
    assert not found.is_due


def test_nothing_else_than_what_was_prepared_comes_in(
    lists: OwnStatusList, artisan: Actor, sign: Sign, own_services: Services
) -> None:
    before = newest(own_services)
    (document,) = lists.prepare(artisan, now=LATE).documents
    bits = with_bit(before.bits, 7)
    subject = document["credentialSubject"] | {"encodedList": encode(bits)}
    longer = (LATE + 60 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    for changed in (document | {"credentialSubject": subject}, document | {"validUntil": longer}):
        with pytest.raises(BadInput, match="not what was prepared"):
            lists.admit_signed(artisan, (sign(changed, LATE),), now=LATE)
    good = sign(document, LATE)
    for records in ((), (good, good)):
        with pytest.raises(BadInput, match="1 signed record expected"):
            lists.admit_signed(artisan, records, now=LATE)
    with pytest.raises(TraceabilityError):
        lists.admit_signed(artisan, (b"{}",), now=LATE)
    assert newest(own_services) == before


def test_another_record_of_the_workshop_is_no_list(
    lists: OwnStatusList, artisan: Actor, own_services: Services
) -> None:
    body = own_services.records.record(f"workshop-{HOLDER}").body
    with pytest.raises(BadInput):
        lists.admit_signed(artisan, (body,), now=LATE)


@pytest.mark.parametrize("later", [timedelta(minutes=11), timedelta(minutes=-1)])
def test_a_version_of_another_time_is_refused(
    lists: OwnStatusList, artisan: Actor, sign: Sign, later: timedelta
) -> None:
    (document,) = lists.prepare(artisan, now=LATE).documents
    with pytest.raises(BadInput, match="version of the last"):
        lists.admit_signed(artisan, (sign(document, LATE),), now=LATE + later)


def test_a_version_that_another_one_overtook_is_refused(
    lists: OwnStatusList, artisan: Actor, sign: Sign, own_services: Services
) -> None:
    (first,) = lists.prepare(artisan, now=LATE).documents
    later = LATE + timedelta(minutes=1)
    (second,) = lists.prepare(artisan, now=later).documents
    lists.admit_signed(artisan, (sign(second, later),), now=later)
    with pytest.raises((BadInput, TraceabilityError)):
        lists.admit_signed(artisan, (sign(first, LATE),), now=later)
    assert newest(own_services).version == 2


def test_others_neither_see_nor_sign_it(
    lists: OwnStatusList, sign: Sign, artisan: Actor, own_services: Services
) -> None:
    (document,) = lists.prepare(artisan, now=LATE).documents
    signed = (sign(document, LATE),)
    stranger = add_artisan(own_services.database, "xuong-mau-2")
    assert lists.standing(stranger, now=LATE) is None
    with pytest.raises(BadInput, match="on a device"):
        lists.admit_signed(stranger, signed, now=LATE)
    for actor, error in (
        (inspector(own_services.database), Forbidden),
        (new_artisan(own_services.database), NotFound),
    ):
        for call in (lists.standing, lists.prepare):
            with pytest.raises(error):
                call(actor, now=LATE)
        with pytest.raises(error):
            lists.admit_signed(actor, signed, now=LATE)
