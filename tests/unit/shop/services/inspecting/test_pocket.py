"""What an inspector takes along, and what she sends back: hers alone, and once."""

import gzip
import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from shop.db.desk import Report
from shop.db.lots import SERIAL_CHARS, Lot, Record
from shop.errors import BadInput, Forbidden, NotFound, ShopError
from shop.services.access.actors import ARTISAN, INSPECTOR, Actor
from shop.services.trust.publishing import publish_list
from shop.wiring import Services, take_up_newest_list
from tests.conftest import PASSPHRASE, Demo, copy_of, services_over
from tests.simulators.field import ISSUER, Field, field_over
from tests.simulators.pictures import camera_exif, encoded, photo, plain
from tests.simulators.root_holders import sign_as_roots
from tests.simulators.staff import person
from traceability.errors import Reason, TraceabilityError
from traceability.evidence import Reader
from traceability.ledger.merkle import verify_consistency
from traceability.records.canonical import digest_multibase
from traceability.signing.trust import Revocation

NOBODY = Actor(1, ARTISAN, "Thợ", workshop_id=1, issuer="xuong-mau-1")


@pytest.fixture(scope="module")
def field(sqlite_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    """One field for the tests of a module; they are about different notices."""
    demo = copy_of(sqlite_demo, tmp_path_factory.mktemp("field") / "own")
    with services_over(demo) as services:
        yield field_over(services, demo)


# --- Findings -------------------------------------------------------------------------------------


def test_a_finding_stands_in_the_log_once(own_services: Services, own_demo: Demo) -> None:
    field = field_over(own_services, own_demo)
    item = field.signed()
    before = field.entries()
    first, second = field.take(item), field.take(item)
    assert (first.already, second.already) == (False, True)
    assert (first.record_id, first.index) == (second.record_id, second.index)
    assert field.entries() == before + 1
    assert field.services.ledger.receipts([item.envelope.id])


def test_a_finding_whose_answer_was_lost_is_known_days_later(field: Field) -> None:
    item = field.signed()
    field.take(item)
    assert field.take(item, now=field.now + timedelta(days=3)).already


def test_what_was_signed_days_ago_is_told_to_be_so(field: Field) -> None:
    with pytest.raises(TraceabilityError) as caught:
        field.take(field.signed(), now=field.now + timedelta(days=2))
    assert caught.value.code is Reason.BAD_TIME


def test_other_words_under_the_same_name_are_refused(field: Field) -> None:
    field.take(field.signed())
    field.count -= 1
    assert field.refusal(field.signed(reason="Không khớp mô tả")) == "RECORD_EXISTS"


@pytest.mark.parametrize("action", ["revoke", "suspend", "recall"])
def test_an_inspector_takes_back_in_the_field(field: Field, action: str) -> None:
    lot = 1 + ["revoke", "suspend", "recall"].index(action)
    field.take(field.signed(lot=lot, action=action, reason="Men bong ra khi rửa"))
    lot_id = field.passports[lot].document["credentialSubject"]["id"]
    host = field.services.settings.identity_host
    text = f"HTTPS://{host.upper()}{lot_id.partition(host)[2]}"
    page = field.services.scans.look_up(text, now=field.now, is_scan=False)
    assert page.verdict.outcome == "revoked"


def test_a_correction_is_not_made_in_the_field(field: Field) -> None:
    item = field.signed(action="correction", supersedes=field.passports[0].envelope.id)
    assert field.refusal(item) == "NOT_A_FINDING"
    assert field.refusal(field.passports[0]) == "NOT_A_FINDING"


@pytest.mark.parametrize("other", ["phone-2", "server-2"])
def test_a_key_that_is_not_hers_signs_no_finding(field: Field, other: str) -> None:
    assert field.refusal(field.signed(other)) == "NOT_YOURS"


def test_another_inspector_cannot_send_her_finding(field: Field) -> None:
    other = Actor(NOBODY.account_id, INSPECTOR, "Khác", issuer=ISSUER)
    assert field.refusal(field.signed(), other) == "NOT_YOURS"
    assert field.refusal(field.signed(), replace(field.actor, issuer="province-1")) == "NOT_YOURS"


def test_a_unit_of_no_lot_is_refused(field: Field) -> None:
    assert field.refusal(field.signed(action="recall", serials=("0123456789AB",))) == "NO_SUCH_UNIT"


def test_a_unit_of_the_lot_is_taken(field: Field) -> None:
    with field.services.database.read() as session:
        lot = session.scalars(select(Lot).order_by(Lot.id).options(undefer(Lot.serials))).first()
        assert lot is not None
    serial = lot.serials[:SERIAL_CHARS].decode().lower()
    assert not field.take(field.signed(action="recall", serials=(serial,))).already


@pytest.mark.parametrize("reason", ["retired", "compromised"])
def test_what_a_key_signed_that_ended_meanwhile_is_refused(
    own_services: Services, own_demo: Demo, reason: str
) -> None:
    """A phone without signal goes on signing, but what comes behind the key's end is not taken in.

    The moment of signing is the phone's word alone; the key's end is a place in the log.
    """
    field = field_over(own_services, own_demo)
    signed = field.signed()
    ended = replace(
        field.keys["phone-1"].entry,
        revoked=Revocation(reason, field.now, field.services.ledger.size()),
    )
    trust = field.services.records.trust
    kept = tuple(ended if key.method.id == ended.method.id else key for key in trust.keys)
    following = replace(trust, sequence=trust.sequence + 1, issued=field.now, keys=kept)
    data = sign_as_roots(following, own_demo)
    publish_list(
        field.services.database, data, settings=field.services.settings, passphrase=PASSPHRASE.encode(),
        now=field.now,
    )  # fmt: skip
    field.services = take_up_newest_list(field.services)
    before = field.entries()
    with pytest.raises((BadInput, TraceabilityError), match="was revoked"):
        field.take(signed)
    assert field.entries() == before


def test_a_changed_finding_is_refused(field: Field) -> None:
    item = field.signed()
    data = item.data.replace("Khớp".encode(), "Khác".encode())
    with pytest.raises(BadInput) as caught:
        field.services.desks.findings.take(field.actor, data, now=field.now)
    assert caught.value.code == "NOT_VERIFIED"


# --- Photos ---------------------------------------------------------------------------------------

SEEN, OTHER = plain(photo((60, 44))), plain(photo((44, 60)))


def with_photo(field: Field, *data: bytes) -> str:
    """Gives the local id of an admitted finding that names photos."""
    named = tuple(digest_multibase(one) for one in data or (SEEN,))
    return field.take(field.signed(reason="Không khớp mô tả: men khác màu", evidence=named)).record_id


def photos_of(field: Field, actor: Actor, record_id: str) -> tuple[str, ...]:
    rows = field.services.desks.counter.queue.signed(actor).rows
    return next(one.photos for one in rows if one.record_id == record_id)


def stored_files(field: Field) -> int:
    folder = field.demo.settings().data_dir / "media"
    return len(list(folder.glob("*.jpg")))


def test_a_photo_is_kept_once_byte_for_byte_for_the_office_alone(field: Field) -> None:
    record_id, findings, queue = (
        with_photo(field),
        field.services.desks.findings,
        field.services.desks.counter.queue,
    )
    taken = [findings.take_photo(field.actor, record_id, SEEN, now=field.now) for _ in range(2)]
    assert [one.already for one in taken] == [False, True]
    (name,) = photos_of(field, field.actor, record_id)
    assert queue.signed_photo(field.actor, record_id, name).path.read_bytes() == SEEN
    with pytest.raises(NotFound):
        queue.signed_photo(replace(field.actor, issuer="province-1"), record_id, name)
    with pytest.raises(NotFound):
        queue.signed_photo(field.actor, field.passports[0].envelope.id.rpartition("/")[2], name)
    with pytest.raises(NotFound):
        field.services.desks.artisan.photos.public(name)
    with pytest.raises(Forbidden):
        queue.signed_photo(NOBODY, record_id, name)


def test_a_photo_that_no_finding_of_hers_names_is_refused(field: Field) -> None:
    record_id, findings = with_photo(field), field.services.desks.findings
    stranger = Actor(NOBODY.account_id, INSPECTOR, "Khác", issuer=ISSUER)
    passport = field.passports[0].envelope.id.rpartition("/")[2]
    before = stored_files(field)
    for actor, about, data, code in (
        (field.actor, record_id, OTHER, "NOT_NAMED"),
        (field.actor, passport, SEEN, "NOT_A_FINDING"),
        (field.actor, "finding-none", SEEN, "NO_RECORD"),
        (stranger, record_id, SEEN, "NOT_YOURS"),
        (NOBODY, record_id, SEEN, "WRONG_ROLE"),
    ):
        with pytest.raises(ShopError) as caught:
            findings.take_photo(actor, about, data, now=field.now)
        assert caught.value.code == code
    assert stored_files(field) == before


def test_a_named_file_that_says_more_than_pixels_is_refused(field: Field) -> None:
    telling, before = encoded(photo(), "JPEG", exif=camera_exif()), stored_files(field)
    record_id = with_photo(field, telling)
    with pytest.raises(BadInput) as caught:
        field.services.desks.findings.take_photo(field.actor, record_id, telling, now=field.now)
    assert (caught.value.code, stored_files(field)) == ("PICTURE_NOT_PLAIN", before)
    assert photos_of(field, field.actor, record_id) == ()


# --- What is a person's -----------------------------------------------------------------------------


def cases_about(field: Field, record_id: str) -> list[str]:
    with field.services.database.read() as session:
        return list(session.scalars(select(Report.words).where(Report.subject == record_id)))


def test_signed_words_about_a_person_are_taken_and_told_to_the_operator_once(field: Field) -> None:
    item = field.signed(reason="Khớp mô tả: gọi 0912 345 678")
    taken = [field.take(item) for _ in range(2)]
    (words,) = cases_about(field, taken[0].record_id)
    assert "0912" not in words
    assert cases_about(field, field.take(field.signed()).record_id) == []


# --- Requests ---------------------------------------------------------------------------------------


def test_a_finding_about_a_lot_answers_the_request_once(field: Field) -> None:
    counter, artisan = field.services.desks.counter, person(field.services, "artisan")
    things = counter.asking.things(artisan)
    texts = {"words": "Đề nghị kiểm tra.", "office": ISSUER, "product": things[0][0]}
    first = counter.asking.ask(artisan, "inspection", texts, paper=None, now=field.now)
    whole = {name: text for name, text in texts.items() if name != "product"}
    second = counter.asking.ask(artisan, "inspection", whole, paper=None, now=field.now)
    choices = counter.queue.one(field.actor, first, now=field.now).choices
    *lots, workshop = counter.queue.one(field.actor, second, now=field.now).choices
    assert lots
    assert set(choices) <= {*lots, workshop}
    assert (choices[-1], workshop.lot) == (workshop, None)
    finding = answer_about(field, lots[0].record_id)
    for _ in range(2):
        counter.deciding.settle(field.actor, first, finding, now=field.now)
    with pytest.raises(BadInput, match="already"):
        counter.deciding.settle(field.actor, first, answer_about(field, lots[0].record_id), now=field.now)
    counter.deciding.settle(field.actor, second, answer_about(field, workshop.record_id), now=field.now)
    assert counter.queue.one(field.actor, first, now=field.now).row.record_id == finding


def answer_about(field: Field, record_id: str) -> str:
    """Gives the local id of an admitted finding about a record."""
    about = Reader().read(field.services.records.record(record_id).body)
    field.passports.append(about)
    return field.take(field.signed(lot=len(field.passports) - 1)).record_id


def test_a_finding_about_another_workshop_answers_nothing(field: Field) -> None:
    counter, artisan = field.services.desks.counter, person(field.services, "artisan2")
    texts = {"words": "Đề nghị kiểm tra.", "office": ISSUER}
    request = counter.asking.ask(artisan, "inspection", texts, paper=None, now=field.now)
    own = {one.record_id for one in counter.queue.one(field.actor, request, now=field.now).choices}
    asked = counter.asking.ask(
        person(field.services, "artisan"), "inspection", texts, paper=None, now=field.now
    )
    others = counter.queue.one(field.actor, asked, now=field.now).choices
    for choice in (others[0], others[-1]):
        assert choice.record_id not in own
        with pytest.raises(BadInput) as caught:
            counter.deciding.settle(
                field.actor, request, answer_about(field, choice.record_id), now=field.now
            )
        assert caught.value.code == "NO_SUCH_RECORD"


# --- The copy -------------------------------------------------------------------------------------


def test_a_copy_holds_every_record_and_lot_but_no_serial(services: Services, demo: Demo) -> None:
    actor = Actor(1, INSPECTOR, "Kiểm", issuer=ISSUER)
    made = services.desks.pocket.bundle(actor, now=demo.now)
    data = gzip.decompress(made.packed)
    evidence = json.loads(data)["evidence"]
    with services.database.read() as session:
        lots = session.scalars(select(Lot).options(undefer(Lot.serials))).all()
        records = session.scalar(select(func.count()).select_from(Record))
    assert made.size == len(data)
    assert sum(name.startswith("lot/") for name in evidence) == len(lots)
    assert sum(name.startswith("record/") for name in evidence) == records
    assert all(lot.serials[:SERIAL_CHARS] not in data for lot in lots if lot.sample_label is None)
    leaves = next(value["leaves"] for name, value in evidence.items() if name.startswith("lot/"))
    assert len(b64decode(leaves)) % 32 == 0
    assert services.desks.pocket.bundle(actor, now=demo.now + timedelta(days=1)) is made


def test_the_log_is_shown_to_have_only_grown(services: Services) -> None:
    actor = Actor(1, INSPECTOR, "Kiểm", issuer=ISSUER)
    latest = services.ledger.latest()
    assert latest is not None
    proof = services.desks.pocket.consistency(actor, old=latest.size, size=latest.size)
    root = latest.trusted.checkpoint.root
    verify_consistency(latest.size, latest.size, old_root=root, new_root=root, proof=proof)


@pytest.mark.parametrize(("old", "size"), [(0, 5), (5, 4), (-1, 5), (5, 10**9)])
def test_sizes_that_the_log_has_not_are_refused(services: Services, old: int, size: int) -> None:
    with pytest.raises(BadInput, match="two sizes"):
        services.desks.pocket.consistency(Actor(1, INSPECTOR, "Kiểm", issuer=ISSUER), old=old, size=size)


def test_nobody_but_an_inspector_gets_anything(services: Services, demo: Demo) -> None:
    pocket, findings = services.desks.pocket, services.desks.findings
    calls: list[Callable[[], object]] = [
        lambda: pocket.bundle(NOBODY, now=demo.now),
        lambda: pocket.consistency(NOBODY, old=1, size=2),
        lambda: pocket.standing(NOBODY),
        lambda: findings.take(NOBODY, b"{}", now=demo.now),
    ]
    for call in calls:
        with pytest.raises(Forbidden):
            call()


def test_an_issuer_that_the_list_does_not_know_has_no_name(services: Services) -> None:
    assert services.desks.pocket.standing(Actor(1, INSPECTOR, "Kiểm", issuer="moi")).name is None
    with pytest.raises(BadInput, match="signs for nobody"):
        services.desks.pocket.standing(Actor(1, INSPECTOR, "Kiểm"))
