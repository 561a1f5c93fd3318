"""What others signed about a workshop and its products stands in the chain of lots that are signed later."""

from datetime import UTC, datetime, timedelta

import pytest

from shop.db.lots import Lot
from shop.errors import BadInput
from shop.services.access.actors import Actor
from shop.services.lots.desk import LotDesk
from shop.services.lots.earlier import signed_of
from shop.services.signed.rows import local_id
from shop.wiring import Services
from tests.simulators.desk_people import artisan as add_artisan
from tests.simulators.staff import person

NOW = datetime(2026, 6, 2, 3, 0, tzinfo=UTC)
VASE, POT = "binh-hoa-men-lam", "bo-am-chen-men-ran"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
SEEN = {"title": "Xác nhận", "finding": "Làm tại xưởng.", "basis": "Xem tận nơi", "assessed_on": "2026-06-01"}
COPY = {"title": "Giấy đăng ký", "claim": "Có đăng ký.", "paper_issuer": "UBND xã mẫu"}
PAPER = {"title": "Giấy đăng ký", "words": "Có đăng ký.", "paper_issuer": "UBND xã mẫu"}


@pytest.fixture
def desk(desk_services: Services) -> LotDesk:
    return desk_services.desks.lots.desk


@pytest.fixture
def artisan(desk_services: Services) -> Actor:
    return add_artisan(desk_services.database, "xuong-mau-1")


def vouch(
    services: Services,
    office: str = "association",
    kind: str = "attestation",
    product: str = "",
    **answer: str,
) -> str:
    """Lets an office sign something about the first workshop, and gives the record's id."""
    counter, actor = services.desks.counter, person(services, office)
    texts = {"words": "Tự xem.", "workshop": "xuong-mau-1", "product": product} | (
        PAPER if kind == "transcription" else {}
    )
    paper = PDF if kind == "transcription" else None
    request = counter.asking.take_in(actor, kind, texts, paper=paper, now=NOW)
    said = (COPY if kind == "transcription" else SEEN) | answer
    seen = counter.deciding.preview(actor, request, said, now=NOW).seen
    return counter.deciding.sign(actor, request, said, seen=seen, now=NOW)


def begin(desk: LotDesk, artisan: Actor, slug: str = VASE) -> str:
    return desk.begin(artisan, slug, units="3", made_on="2026-06-02", is_copy=True, now=NOW)


def linked(desk: LotDesk, artisan: Actor, slug: str = VASE, *, now: datetime = NOW) -> set[str]:
    """Gives what a new lot of a product would link to."""
    return set(desk.preview(artisan, begin(desk, artisan, slug), now=now).draft.papers)


@pytest.mark.parametrize(
    ("office", "kind", "product"),
    [
        ("association", "attestation", ""),
        ("association", "attestation", VASE),
        ("commune", "attestation", ""),
        ("inspector", "inspection", VASE),
        ("association", "transcription", ""),
        ("association", "transcription", VASE),
    ],
)
def test_a_new_lot_links_what_was_signed_about_workshop_or_product(
    desk: LotDesk, artisan: Actor, desk_services: Services, office: str, kind: str, product: str
) -> None:
    record = vouch(desk_services, office, kind, product)
    assert record in linked(desk, artisan)


def test_a_signed_lots_chain_holds_the_attestation(
    desk: LotDesk, artisan: Actor, desk_services: Services
) -> None:
    token = begin(desk, artisan)
    record = vouch(desk_services, finding="Lò bầu, xem ngày một.")  # signed after the draft was begun
    preview = desk.preview(artisan, token, now=NOW)
    lot = desk.issue(artisan, token, seen=preview.seen, now=NOW)
    with desk_services.database.read() as session:
        _, chain = signed_of(session, session.get_one(Lot, lot).record_id)
    assert record in {local_id(item.envelope.id) for item in chain}


def test_a_lot_shown_before_an_attestation_is_not_signed_unseen(
    desk: LotDesk, artisan: Actor, desk_services: Services
) -> None:
    token = begin(desk, artisan)
    seen = desk.preview(artisan, token, now=NOW).seen
    vouch(desk_services)
    with pytest.raises(BadInput) as caught:
        desk.issue(artisan, token, seen=seen, now=NOW)
    assert caught.value.code == "OTHER_DRAFT"


def test_no_lot_links_what_is_about_another_product(
    desk: LotDesk, artisan: Actor, desk_services: Services
) -> None:
    record = vouch(desk_services, product=POT)
    assert record not in linked(desk, artisan)
    assert record in linked(desk, artisan, POT)


def test_no_lot_of_another_workshop_links_it(desk: LotDesk, desk_services: Services) -> None:
    record, other = vouch(desk_services), add_artisan(desk_services.database, "xuong-mau-2")
    assert record not in linked(desk, other, "khan-lua-van")


def test_what_ended_is_linked_no_more(desk: LotDesk, artisan: Actor, desk_services: Services) -> None:
    record = vouch(desk_services, valid_until="2026-06-03")
    assert record in linked(desk, artisan)
    assert record not in linked(desk, artisan, now=NOW + timedelta(days=2))
