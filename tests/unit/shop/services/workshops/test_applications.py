"""From an application to a workshop: who is asked, who may sign, and that it happens once and whole."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from shop.db.accounts import Account
from shop.db.catalogue import Village, Workshop
from shop.db.desk import Request
from shop.db.lots import Record
from shop.db.media import Media
from shop.errors import BadFields, BadInput, Forbidden, NotFound
from shop.services.access.actors import INSPECTOR, Actor
from shop.services.workshops.application_fields import read_application, read_paper
from shop.services.workshops.applications import Applications
from shop.wiring import Services
from tests.conftest import ENGINES
from tests.simulators.desk_people import artisan, new_artisan, office, person, shared_services

NOW = datetime(2026, 6, 2, 3, 0, tzinfo=UTC)
FORM = {
    "name_vi": "Xưởng gốm Ba Gò",
    "name_en": "Ba Go pottery",
    "village": "bat-trang",
    "craft": "gom-su",
    "legal_form": "household_business",
    "site_kind": "home",
    "place": "Xóm 3",
    "story_vi": "Làm gốm từ 1990.",
    "phone": "0912 345 678",
}
PAPER = {
    "title": "Giấy đăng ký hộ kinh doanh (bản chép)",
    "claim": "Xưởng làm gốm tại xóm 3.",
    "paper_issuer": "Ủy ban nhân dân xã mẫu",
    "decision": "02/MẪU",
    "paper_date": "2025-09-01",
}


def form() -> dict[str, str]:
    """Gives an application under a name that no other test uses."""
    return FORM | {"name_vi": f"Xưởng gốm Ba Gò {uuid.uuid4().hex[:9]}"}


@pytest.fixture(scope="module", params=ENGINES)
def services(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The services over a demo that all tests here write to, on each engine in turn."""
    with shared_services(request.param, request, tmp_path_factory.mktemp("applications")) as built:
        yield built


@pytest.fixture
def desk(services: Services) -> Applications:
    return services.desks.artisan.applications


@pytest.fixture
def lan(services: Services) -> Actor:
    return new_artisan(services.database)


@pytest.fixture
def commune(services: Services) -> Actor:
    return office(services.database, "commune-00577")


@pytest.fixture
def asked(desk: Applications, lan: Actor) -> int:
    return desk.apply(lan, read_application(form()), paper=None, now=NOW)


def scan() -> bytes:
    file = BytesIO()
    Image.new("RGB", (40, 60), "white").save(file, "PNG")
    return file.getvalue()


def test_application_goes_to_the_villages_commune_and_is_made_once(
    desk: Applications, lan: Actor, commune: Actor, asked: int
) -> None:
    assert desk.apply(lan, read_application(form()), paper=None, now=NOW) == asked
    mine = desk.mine(lan)
    assert [(one.state, one.is_association) for one in mine] == [("open", False)]
    assert asked in {one.id for one in desk.waiting(commune)}


def test_what_she_typed_is_kept_for_her_whatever_token_a_stranger_takes(
    services: Services, lan: Actor
) -> None:
    kept, thief = services.desks.artisan.application_drafts, artisan(services.database, "xuong-mau-2")
    guessed = f"application-of-account-{lan.account_id}"
    services.desks.artisan.drafts.keep(thief, "product", guessed, {"name_vi": "Khóa"}, now=NOW)
    assert kept.read(lan) == {}
    for name in ("Lan", "Lan\x00 Hoa"):
        kept.keep(lan, {"name_vi": name}, now=NOW)
    assert kept.read(lan) == {"name_vi": "Lan\x00 Hoa"}
    assert kept.read(new_artisan(services.database)) == {}


def test_nothing_is_kept_after_it_was_sent(
    services: Services, desk: Applications, lan: Actor, commune: Actor
) -> None:
    kept = services.desks.artisan.application_drafts
    kept.keep(lan, FORM, now=NOW)
    asked = desk.apply(lan, read_application(FORM), paper=None, now=NOW)
    for decide in (lambda: None, lambda: desk.approve(commune, asked, None, now=NOW)):
        decide()
        with pytest.raises(BadInput, match="already"):
            kept.keep(lan, FORM, now=NOW)
        assert kept.read(lan) == {}


def test_a_refused_application_may_be_typed_anew(
    services: Services, desk: Applications, lan: Actor, commune: Actor, asked: int
) -> None:
    desk.refuse(commune, asked, "Thiếu giấy.", now=NOW)
    services.desks.artisan.application_drafts.keep(lan, FORM, now=NOW)
    assert services.desks.artisan.application_drafts.read(lan) == FORM


def test_approval_signs_the_record_and_gives_the_artisan_her_workshop(
    services: Services, desk: Applications, lan: Actor, commune: Actor, asked: int
) -> None:
    slug = desk.approve(commune, asked, None, now=NOW)
    assert desk.approve(commune, asked, None, now=NOW) == slug
    with services.database.read() as session:
        workshop = session.scalars(select(Workshop).where(Workshop.slug == slug)).one()
        account = session.get_one(Account, lan.account_id)
        request = session.get_one(Request, asked)
        record = session.get_one(Record, workshop.record_id)
    assert slug.startswith("xuong-gom-ba-go")
    assert (account.workshop_id, account.issuer) == (workshop.id, slug)
    assert (request.state, request.record_id) == ("done", workshop.record_id)
    assert (workshop.name_en, workshop.story_vi) == ("Ba Go pottery", "Làm gốm từ 1990.")
    assert workshop.is_fictional
    page = services.places.workshop(slug, now=NOW)
    assert (page.record.level, page.record.is_sound) == ("attested", True)
    assert b"912345678" not in record.body
    assert json.loads(request.document)["phone"] == ""


@pytest.mark.parametrize("place", ["an account", "an invitation"])
def test_no_workshop_gets_the_name_of_an_office_to_come(
    services: Services, desk: Applications, lan: Actor, commune: Actor, place: str
) -> None:
    name, slug = f"Thanh tra nơi {place[3:]}", f"thanh-tra-noi-{place[3:]}"
    if place == "an account":
        person(services.database, "thanh tra", INSPECTOR, issuer=slug)
    else:
        services.invitations.make(None, INSPECTOR, issuer=slug, now=NOW)
    asked = desk.apply(lan, read_application(form() | {"name_vi": name}), paper=None, now=NOW)
    assert desk.approve(commune, asked, None, now=NOW) == f"{slug}-2"


@pytest.mark.parametrize(
    "typed", ["{}", "  {} ", "\u0425{rest}", "XƯỞNG MẪU 1", "Xuong mau 1", "Xưởng  mâu 1", "Xưởng mẫu １"]
)
def test_no_second_workshop_is_taken_for_the_first(
    services: Services, desk: Applications, lan: Actor, typed: str
) -> None:
    with services.database.read() as session:
        name = session.scalars(select(Workshop.name_vi).where(Workshop.slug == "xuong-mau-1")).one()
    texts = FORM | {"name_vi": typed.format(name, rest=name[1:])}
    with pytest.raises(BadFields) as caught:
        desk.apply(lan, read_application(texts), paper=None, now=NOW)
    assert caught.value.mistakes == {"name_vi": "NAME_TAKEN"}


def test_of_two_applications_under_one_name_one_is_approved(
    services: Services, desk: Applications, lan: Actor, commune: Actor
) -> None:
    texts, other = form(), new_artisan(services.database)
    first, second = (desk.apply(one, read_application(texts), paper=None, now=NOW) for one in (lan, other))
    desk.approve(commune, first, None, now=NOW)
    with pytest.raises(BadInput) as caught:
        desk.approve(commune, second, None, now=NOW)
    assert caught.value.code == "NAME_TAKEN"
    assert desk.mine(other)[0].state == "open"


def test_new_keys_wait_for_the_next_trust_list(
    services: Services, desk: Applications, commune: Actor, asked: int
) -> None:
    slug = desk.approve(commune, asked, None, now=NOW)
    waiting = services.desks.artisan.waiting_keys
    found = [key for key in waiting.wanted(now=NOW) if key.method.controller.endswith(f":{slug}")]
    assert [(key.use, key.role, key.custody) for key in found] == [
        ("record", "workshop", "server"),
        ("seal", "workshop", "server"),
    ]
    assert found[0].scope[0].endswith(f"/workshops/{slug}")
    assert waiting.waits(slug)
    assert not waiting.waits("xuong-mau-1")


def test_association_signs_over_its_copy_of_the_paper(
    services: Services, desk: Applications, lan: Actor
) -> None:
    village = village_without_commune(services)
    asked = desk.apply(lan, read_application(form() | {"village": village}), paper=scan(), now=NOW)
    assert desk.mine(lan)[0].is_association
    clerk = office(services.database, "hiep-hoi-mau")
    assert desk.paper(clerk, asked).headers["Content-Type"] == "image/webp"
    with pytest.raises(BadInput, match="copies"):
        desk.approve(clerk, asked, None, now=NOW)
    slug = desk.approve(clerk, asked, read_paper(PAPER), now=NOW)
    assert services.places.workshop(slug, now=NOW).record.level == "transcribed"


def village_without_commune(services: Services) -> str:
    trust = services.records.trust
    communes = {scope for key in trust.keys if key.role == "commune" for scope in key.scope}
    with services.database.read() as session:
        return next(
            one.slug
            for one in session.scalars(select(Village).order_by(Village.id))
            if f"vn:01/{one.commune_code}" not in communes
        )


@pytest.mark.parametrize("who", ["another office", "an artisan"])
def test_nobody_else_reads_or_decides(
    services: Services, desk: Applications, lan: Actor, asked: int, who: str
) -> None:
    other = office(services.database, "hiep-hoi-mau") if who == "another office" else lan
    error = NotFound if who == "another office" else Forbidden
    for deed in (
        lambda: desk.one(other, asked),
        lambda: desk.paper(other, asked),
        lambda: desk.approve(other, asked, None, now=NOW),
        lambda: desk.refuse(other, asked, "không", now=NOW),
    ):
        with pytest.raises(error):
            deed()
    assert desk.mine(lan)[0].state == "open"


def test_only_its_artisan_withdraws_an_application(
    services: Services, desk: Applications, lan: Actor, commune: Actor, asked: int
) -> None:
    with pytest.raises(NotFound):
        desk.withdraw(new_artisan(services.database), asked, now=NOW)
    desk.withdraw(lan, asked, now=NOW)
    desk.withdraw(lan, asked, now=NOW)
    with pytest.raises(BadInput, match="withdrawn"):
        desk.approve(commune, asked, None, now=NOW)


def test_refusal_tells_its_reason_and_opens_the_way_for_another_try(
    desk: Applications, lan: Actor, commune: Actor, asked: int
) -> None:
    with pytest.raises(BadFields):
        desk.refuse(commune, asked, " ", now=NOW)
    desk.refuse(commune, asked, "Chưa rõ địa chỉ.", now=NOW)
    assert [(one.state, one.reason) for one in desk.mine(lan)] == [("refused", "Chưa rõ địa chỉ.")]
    assert desk.apply(lan, read_application(form()), paper=None, now=NOW) != asked


def test_artisan_with_a_workshop_applies_for_no_other(services: Services, desk: Applications) -> None:
    member = artisan(services.database, "xuong-mau-1")
    with pytest.raises(BadInput, match="already"):
        desk.apply(member, read_application(form()), paper=None, now=NOW)


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"village": "no-such"}, {"village": "UNKNOWN_CHOICE"}),
        ({"village": "a\x00b"}, {"village": "BAD_CHARACTER"}),
        ({"phone": "lan@example.vn"}, {"phone": "BAD_PHONE"}),
        ({"legal_form": "ltd"}, {"legal_form": "UNKNOWN_CHOICE"}),
        ({"name_vi": ""}, {"name_vi": "MISSING"}),
    ],
)
def test_application_that_cannot_be_taken_is_told_by_field(
    desk: Applications, lan: Actor, changes: dict[str, str], mistake: dict[str, str]
) -> None:
    with pytest.raises(BadFields) as caught:
        desk.apply(lan, read_application(form() | changes), paper=None, now=NOW)
    assert caught.value.mistakes == mistake


@pytest.mark.parametrize("end", ["withdrawn", "refused"])
def test_paper_goes_with_an_application_that_comes_to_nothing(
    services: Services, desk: Applications, lan: Actor, commune: Actor, end: str
) -> None:
    asked = desk.apply(lan, read_application(form()), paper=scan(), now=NOW)
    file = desk.paper(commune, asked).path
    if end == "withdrawn":
        desk.withdraw(lan, asked, now=NOW)
    else:
        desk.refuse(commune, asked, "Chưa rõ địa chỉ.", now=NOW)
    assert not list(file.parent.glob(f"{file.stem}*"))
    assert [(one.state, one.has_paper) for one in desk.mine(lan)] == [(end, False)]
    with services.database.read() as session:
        assert session.scalar(select(Media.id).where(Media.name == file.name)) is None
    with pytest.raises(NotFound):
        desk.paper(commune, asked)


def test_paper_that_is_no_paper_is_refused(desk: Applications, lan: Actor) -> None:
    with pytest.raises(BadFields) as caught:
        desk.apply(lan, read_application(form()), paper=b"<svg/>", now=NOW)
    assert caught.value.mistakes.keys() == {"paper"}
    assert desk.mine(lan) == ()


def test_failed_approval_leaves_nothing_behind(
    services: Services, desk: Applications, lan: Actor, commune: Actor, asked: int
) -> None:
    with services.database.write() as session:  # meanwhile another desk gave her a workshop
        session.get_one(Account, lan.account_id).workshop_id = 1
    with pytest.raises(BadInput, match="already"):
        desk.approve(commune, asked, None, now=NOW)
    with services.database.read() as session:
        assert session.get_one(Request, asked).state == "open"
        found = session.scalars(select(Workshop.record_id).where(Workshop.issuer.contains("ba-go"))).all()
        done = session.scalars(select(Request.record_id).where(Request.state == "done")).all()
    assert set(found) <= set(done)
