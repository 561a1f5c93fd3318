"""Counter-signing: who may ask whom, what a yes signs, that it is signed once, and whose request it is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from shop.db.accounts import AuditEntry
from shop.db.catalogue import Product
from shop.db.desk import Request
from shop.db.lots import Certificate as CertificateRow
from shop.db.lots import Record
from shop.errors import BadFields, BadInput, Forbidden, NotFound
from shop.services.access.actors import Actor
from shop.services.countersigning.fields import read_answer, read_request
from shop.services.issuing.desk import Desk
from shop.wiring import Services
from tests.conftest import DEMO_NOW
from tests.simulators.desk_people import clear_desks
from tests.simulators.staff import person
from traceability.evidence import Reader, SignedRecord
from traceability.policy import level_of
from traceability.records.canonical import digest_multibase
from traceability.records.certificate import Certificate
from traceability.records.notice import Transcription
from traceability.signing.did import issuer_did
from traceability.signing.trust import Revocation, TrustList

NOW = DEMO_NOW + timedelta(hours=1)
ASSOCIATION = "hiep-hoi-mau"
INSPECTOR = "inspector-1"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
WORDS = {"words": "Đề nghị xác nhận bình được làm tại xưởng."}
PAPER = {"title": "Giấy đăng ký", "words": "Đăng ký hộ kinh doanh.", "paper_issuer": "UBND xã mẫu"}
ANSWER = {
    "title": "Xác nhận nơi làm ra", "finding": "Làm tại xưởng.", "basis": "Xem tại xưởng",
    "assessed_on": "2026-05-30", "valid_until": "2027-05-30",
}  # fmt: skip
COPY = {"title": "Giấy đăng ký (bản chép)", "claim": "Đăng ký.", "paper_issuer": "UBND xã mẫu"}


@pytest.fixture
def own_services(own_services: Services) -> Services:
    """The services over a demo in which nobody has asked for anything yet."""
    clear_desks(own_services.database)
    return own_services


def ask(services: Services, kind: str, office: str, *, now=NOW, **texts: str) -> int:  # type: ignore[no-untyped-def]
    artisan = person(services, "artisan")
    thing = services.desks.counter.asking.things(artisan)[0][0]
    words = PAPER if kind == "transcription" else WORDS
    paper = PDF if kind == "transcription" else None
    fields = {**words, "office": office, "product": thing, **texts}
    return services.desks.counter.asking.ask(artisan, kind, fields, paper=paper, now=now)


def sign(services: Services, actor: Actor, request: int, answer: dict[str, str], *, now=NOW) -> str:  # type: ignore[no-untyped-def]
    """Signs after a look at the preview."""
    deciding = services.desks.counter.deciding
    seen = deciding.preview(actor, request, answer, now=now).seen
    return deciding.sign(actor, request, answer, seen=seen, now=now)


def stored(services: Services, record_id: str) -> SignedRecord:
    with services.database.read() as session:
        return Reader(1).read(session.get_one(Record, record_id).body)


def count(services: Services, *wanted: object) -> int:
    with services.database.read() as session:
        return session.scalar(select(func.count()).select_from(*wanted)) or 0


def test_an_association_attests_and_the_record_is_whole(own_services: Services) -> None:
    counter = own_services.desks.counter
    request = ask(own_services, "attestation", ASSOCIATION)
    office = person(own_services, "association")
    shown = counter.deciding.preview(office, request, ANSWER, now=NOW)
    assert (shown.level, shown.signer) == ("attested", "Hiệp hội làng nghề mẫu")
    record_id = sign(own_services, office, request, ANSWER, now=NOW)
    item = stored(own_services, record_id)
    assert isinstance(item.record, Certificate)
    assert (item.record.kind, item.record.finding) == ("attestation", "Làm tại xưởng.")
    assert level_of(item.record, "association") == "attested"
    row, _, _ = counter.asking.one(person(own_services, "artisan"), request)
    assert (row.state, row.record_id) == ("done", record_id)
    with own_services.database.read() as session:
        assert session.get_one(CertificateRow, record_id).kind == "attestation"
        assert (
            session.scalar(select(AuditEntry.actor).where(AuditEntry.action == "request sign")) == office.name
        )


def test_a_preview_signs_and_stores_nothing(own_services: Services) -> None:
    request = ask(own_services, "attestation", ASSOCIATION)
    before = count(own_services, Record), count(own_services, AuditEntry)
    own_services.desks.counter.deciding.preview(person(own_services, "association"), request, ANSWER, now=NOW)
    assert (count(own_services, Record), count(own_services, AuditEntry)) == before


def test_a_second_click_gives_the_first_ones_record(own_services: Services) -> None:
    deciding, office = own_services.desks.counter.deciding, person(own_services, "association")
    request = ask(own_services, "attestation", ASSOCIATION)
    first = sign(own_services, office, request, ANSWER, now=NOW)
    before = count(own_services, Record)
    later = NOW + timedelta(seconds=1)
    again = deciding.sign(office, request, {**ANSWER, "title": "Khác"}, seen="", now=later)
    assert (again, count(own_services, Record)) == (first, before)


@pytest.mark.parametrize("column", ["name_vi", "code"])
def test_a_product_that_changed_after_the_preview_is_not_signed(own_services: Services, column: str) -> None:
    counter, office = own_services.desks.counter, person(own_services, "association")
    request, deciding = ask(own_services, "attestation", ASSOCIATION), counter.deciding
    shown = deciding.preview(office, request, ANSWER, now=NOW)
    with own_services.database.write() as session:
        slug = counter.asking.things(person(own_services, "artisan"))[0][0]
        thing = session.scalars(select(Product).where(Product.slug == slug)).one()
        thing.gtin = None
        setattr(thing, column, "KHACHAN9")
    before = count(own_services, Record)
    with pytest.raises(BadInput) as caught:
        deciding.sign(office, request, ANSWER, seen=shown.seen, now=NOW + timedelta(minutes=5))
    assert (caught.value.code, count(own_services, Record)) == ("OTHER_REQUEST", before)
    again = deciding.preview(office, request, ANSWER, now=NOW + timedelta(minutes=5))
    assert "KHACHAN9" in (again.about, again.code)
    assert deciding.sign(office, request, ANSWER, seen=again.seen, now=NOW + timedelta(hours=5))


@pytest.mark.parametrize(
    ("kind", "answer"), [("attestation", {"finding": "Khác."}), ("transcription", {"claim": "Khác."})]
)
def test_another_answer_than_the_previewed_one_is_not_signed(
    own_services: Services, kind: str, answer: dict[str, str]
) -> None:
    deciding, office = own_services.desks.counter.deciding, person(own_services, "association")
    request, first = ask(own_services, kind, ASSOCIATION), COPY if kind == "transcription" else ANSWER
    seen = deciding.preview(office, request, first, now=NOW).seen
    for wrong in (seen, ""):
        with pytest.raises(BadInput) as caught:
            deciding.sign(office, request, first | answer, seen=wrong, now=NOW)
        assert caught.value.code == "OTHER_REQUEST"
    assert deciding.sign(office, request, first, seen=seen, now=NOW)


def test_asking_twice_asks_once(own_services: Services) -> None:
    assert ask(own_services, "inspection", INSPECTOR) == ask(own_services, "inspection", INSPECTOR)
    assert count(own_services, Request) == 1


def test_a_commune_attests_in_its_own_unit(own_services: Services) -> None:
    counter, artisan = own_services.desks.counter, person(own_services, "artisan")
    offices = counter.asking.offices_for(artisan, "attestation", now=NOW)
    commune = next(one for one in offices if one.role == "commune")
    official = replace(person(own_services, "association"), issuer=commune.slug)
    request = ask(own_services, "attestation", commune.slug)
    record_id = sign(own_services, official, request, ANSWER, now=NOW)
    assert stored(own_services, record_id).envelope.issuer.name == commune.name
    assert {one.role for one in counter.asking.offices_for(artisan, "transcription", now=NOW)} == {
        "association"
    }


def test_a_paper_is_copied_with_the_digest_of_its_scan(own_services: Services) -> None:
    counter, office = own_services.desks.counter, person(own_services, "association")
    request = ask(own_services, "transcription", ASSOCIATION)
    record = stored(own_services, sign(own_services, office, request, COPY, now=NOW)).record
    assert isinstance(record, Transcription)
    assert record.scan_digest == digest_multibase(PDF)
    view = counter.queue.one(office, request, now=NOW)
    assert counter.queue.file(office, request, view.paper or "").path.read_bytes() == PDF


def test_an_office_copies_a_paper_that_nobody_asked_for(own_services: Services) -> None:
    counter, office = own_services.desks.counter, person(own_services, "association")
    slug = counter.asking.workshops(office, "transcription", now=NOW)[0][0]
    request = counter.asking.take_in(office, "transcription", {**PAPER, "workshop": slug}, paper=PDF, now=NOW)
    assert sign(own_services, office, request, COPY, now=NOW)
    with pytest.raises(NotFound):
        counter.asking.one(person(own_services, "artisan"), request)


def test_an_inspector_signs_what_she_found(own_services: Services) -> None:
    request = ask(own_services, "inspection", INSPECTOR)
    inspector = person(own_services, "inspector")
    assert own_services.desks.counter.queue.one(inspector, request, now=NOW).answer["finding"] == ""
    record = stored(own_services, sign(own_services, inspector, request, ANSWER, now=NOW)).record
    assert isinstance(record, Certificate)
    assert (record.kind, level_of(record, "inspector")) == ("inspection", "inspected")


def test_a_refusal_tells_its_reason_and_is_final(own_services: Services) -> None:
    counter, office = own_services.desks.counter, person(own_services, "association")
    request = ask(own_services, "attestation", ASSOCIATION)
    for reason in ("Chưa tới xem được.", "Một lý do khác."):
        counter.deciding.refuse(office, request, reason, now=NOW)
    row, _, _ = counter.asking.one(person(own_services, "artisan"), request)
    assert (row.state, row.reason) == ("refused", "Chưa tới xem được.")
    with pytest.raises(BadInput, match="refused already"):
        counter.deciding.sign(office, request, ANSWER, seen="", now=NOW)
    assert counter.queue.page(office).rows == ()
    assert [one.id for one in counter.queue.page(office, state="decided").rows] == [request]


def test_what_was_withdrawn_is_not_signed(own_services: Services) -> None:
    counter, artisan = own_services.desks.counter, person(own_services, "artisan")
    request = ask(own_services, "attestation", ASSOCIATION)
    for _ in range(2):
        counter.asking.withdraw(artisan, request, now=NOW)
    with pytest.raises(BadInput, match="withdrawn already"):
        counter.deciding.sign(person(own_services, "association"), request, ANSWER, seen="", now=NOW)


def test_what_was_signed_is_not_withdrawn(own_services: Services) -> None:
    counter = own_services.desks.counter
    request = ask(own_services, "attestation", ASSOCIATION)
    sign(own_services, person(own_services, "association"), request, ANSWER, now=NOW)
    with pytest.raises(BadInput, match="done already"):
        counter.asking.withdraw(person(own_services, "artisan"), request, now=NOW)


STRANGERS: dict[str, Callable[[Services, Actor, int], object]] = {
    "one": lambda services, actor, request: services.desks.counter.queue.one(actor, request, now=NOW),
    "file": lambda services, actor, request: services.desks.counter.queue.file(actor, request, "x"),
    "preview": lambda services, actor, request: services.desks.counter.deciding.preview(
        actor, request, COPY, now=NOW
    ),
    "sign": lambda services, actor, request: services.desks.counter.deciding.sign(
        actor, request, COPY, seen="", now=NOW
    ),
    "refuse": lambda services, actor, request: services.desks.counter.deciding.refuse(
        actor, request, "Không.", now=NOW
    ),
    "settle": lambda services, actor, request: services.desks.counter.deciding.settle(
        actor, request, "x", now=NOW
    ),
}


def test_anothers_request_does_not_exist(own_services: Services) -> None:
    """Neither for another office, nor for another desk of the same issuer; other roles have no such desk."""
    request = ask(own_services, "transcription", ASSOCIATION)
    other = replace(person(own_services, "association"), issuer="commune-1")
    desk = replace(person(own_services, "inspector"), issuer=ASSOCIATION)
    nobody = replace(person(own_services, "association"), issuer=None)
    for name, deed in STRANGERS.items():
        for actor in (other, desk, nobody):
            with pytest.raises(NotFound):
                deed(own_services, actor, request)
        for role in ("artisan", "buyer", "admin"):
            with pytest.raises(Forbidden):
                deed(own_services, person(own_services, role), request)
        assert count(own_services, Request) == 1, name
    neighbour = person(own_services, "artisan2")
    for deed_of in (own_services.desks.counter.asking.one, own_services.desks.counter.asking.file):
        with pytest.raises(NotFound):
            deed_of(neighbour, request)
    with pytest.raises(NotFound):
        own_services.desks.counter.asking.withdraw(neighbour, request, now=NOW)


def test_nobody_decides_about_a_workshop_of_her_own(own_services: Services) -> None:
    counter, artisan = own_services.desks.counter, person(own_services, "artisan")
    inspection = ask(own_services, "inspection", INSPECTOR)
    attestation = ask(own_services, "attestation", ASSOCIATION)
    elsewhere = person(own_services, "artisan2").workshop_id
    tied = [
        (replace(person(own_services, "inspector"), workshop_id=artisan.workshop_id), inspection),
        (replace(person(own_services, "inspector"), workshop_id=elsewhere), inspection),
        (replace(person(own_services, "association"), workshop_id=artisan.workshop_id), attestation),
    ]
    for actor, request in tied:
        for deed in (counter.deciding.preview, partial(counter.deciding.sign, seen="")):
            with pytest.raises(Forbidden) as caught:
                deed(actor, request, ANSWER, now=NOW)
            assert caught.value.code == "OWN_WORKSHOP"
        assert counter.queue.one(actor, request, now=NOW).is_own


def test_an_issuer_does_not_decide_about_itself(own_services: Services) -> None:
    """A request that names the workshop's own issuer cannot be asked; if it is there, nobody signs it."""
    artisan = person(own_services, "artisan")
    request = ask(own_services, "inspection", INSPECTOR)
    with own_services.database.write() as session:
        session.get_one(Request, request).issuer = artisan.issuer or ""
    own = replace(person(own_services, "inspector"), issuer=artisan.issuer)
    with pytest.raises(Forbidden):
        own_services.desks.counter.deciding.sign(own, request, ANSWER, seen="", now=NOW)


@pytest.mark.parametrize("office", ["", "commune-1", INSPECTOR, "hoi-dong-ocop"])
def test_only_who_may_sign_is_asked(own_services: Services, office: str) -> None:
    with pytest.raises(BadFields) as caught:
        ask(own_services, "attestation", office)
    assert caught.value.mistakes == {"office": "UNKNOWN_CHOICE"}


def retiring(services: Services, at: datetime) -> TrustList:
    """The trust list with the end of the association's keys dated, of which no size of the log is known."""
    trust, ended = services.records.trust, Revocation("retired", at)
    own = issuer_did(services.settings.identity_host, ASSOCIATION)
    keys = [replace(key, revoked=ended) if key.method.controller == own else key for key in trust.keys]
    return replace(trust, keys=tuple(keys))


def test_an_office_whose_key_will_be_retired_signs_until_then(services: Services) -> None:
    trust, offices = retiring(services, NOW + timedelta(days=1)), services.desks.counter.deciding.offices
    assert replace(offices, trust=trust).kinds(ASSOCIATION, NOW) == {"attestation", "transcription"}
    desk = Desk(services.database, trust, services.settings.identity_host, {}, Path(), NOW)
    assert desk.entry(ASSOCIATION).role == "association"


def test_an_office_whose_key_was_retired_signs_nothing(services: Services) -> None:
    trust, offices = retiring(services, NOW), services.desks.counter.deciding.offices
    assert replace(offices, trust=trust).kinds(ASSOCIATION, NOW) == frozenset()
    desk = Desk(services.database, trust, services.settings.identity_host, {}, Path(), NOW)
    with pytest.raises(BadInput, match="no record key of hiep-hoi-mau in force"):
        desk.entry(ASSOCIATION)


def test_another_workshops_product_is_not_asked_for(own_services: Services) -> None:
    theirs = own_services.desks.counter.asking.things(person(own_services, "artisan2"))[0][0]
    with pytest.raises(BadFields) as caught:
        ask(own_services, "attestation", ASSOCIATION, product=theirs)
    assert caught.value.mistakes == {"product": "UNKNOWN_CHOICE"}


@pytest.mark.parametrize(("paper", "code"), [(None, "MISSING"), (b"GIF89a", "NOT_A_PICTURE")])
def test_a_transcription_needs_a_paper(own_services: Services, paper: bytes | None, code: str) -> None:
    asking, artisan = own_services.desks.counter.asking, person(own_services, "artisan")
    with pytest.raises(BadFields) as caught:
        asking.ask(artisan, "transcription", {**PAPER, "office": ASSOCIATION}, paper=paper, now=NOW)
    assert caught.value.mistakes == {"paper": code}
    assert count(own_services, Request) == 0


def test_a_record_that_was_signed_elsewhere_settles_a_request(own_services: Services) -> None:
    """Of the right issuer, kind and workshop, and not older than the request."""
    deciding, office = own_services.desks.counter.deciding, person(own_services, "association")
    request = ask(own_services, "attestation", ASSOCIATION)
    record_id = sign(own_services, office, request, ANSWER, now=NOW)
    later = ask(own_services, "attestation", ASSOCIATION, now=NOW + timedelta(hours=1))
    for wrong in ("", "x\n", "village-bat-trang", record_id):
        with pytest.raises(BadInput) as caught:
            deciding.settle(office, later, wrong, now=NOW)
        assert caught.value.code == "NO_SUCH_RECORD"
    same_time = ask(own_services, "attestation", ASSOCIATION, words="Một việc khác.")
    deciding.settle(office, same_time, record_id, now=NOW)
    assert own_services.desks.counter.queue.one(office, same_time, now=NOW).row.record_id == record_id


def test_the_queue_is_searched_by_part_of_a_name(own_services: Services) -> None:
    queue, office = own_services.desks.counter.queue, person(own_services, "association")
    request = ask(own_services, "attestation", ASSOCIATION)
    name = queue.one(office, request, now=NOW).workshop.name
    assert [one.id for one in queue.page(office, search=name[:5]).rows] == [request]
    assert queue.page(office, search="%").rows == ()
    assert queue.page(office, number=99).number == 1


@pytest.mark.parametrize(
    ("changes", "mistakes"),
    [
        ({"title": "  "}, {"title": "MISSING"}),
        ({"finding": "x" * 601}, {"finding": "TOO_LONG"}),
        ({"basis": "a\u202eb"}, {"basis": "BAD_CHARACTER"}),
        ({"assessed_on": "30/05/2026"}, {"assessed_on": "BAD_DAY"}),
        ({"assessed_on": "2026-06-02"}, {"assessed_on": "FUTURE_DAY"}),
        ({"valid_until": "2026-05-29"}, {"valid_until": "ENDS_BEFORE"}),
    ],
)
def test_an_answer_that_cannot_be_taken(changes: dict[str, str], mistakes: dict[str, str]) -> None:
    with pytest.raises(BadFields) as caught:
        read_answer("attestation", {**ANSWER, **changes}, now=NOW)
    assert caught.value.mistakes == mistakes


def test_texts_are_kept_in_one_spelling() -> None:
    found = read_request("inspection", {"words": " Me\u0302n   tro \n tra\u0302\u0301u "}, now=NOW)
    assert found == {"words": "Mên tro trấu"}
