"""The workshop at its desk, tables of products, and what a first lot does: for its own people alone."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from shop.db.accounts import AuditEntry
from shop.db.catalogue import Maker, Product
from shop.errors import BadFields, BadInput, Forbidden, NotFound
from shop.services.access.actors import Actor
from shop.services.products.fields import read_product
from shop.services.workshops.services import ArtisanDesk
from shop.wiring import Services
from tests.conftest import ENGINES
from tests.simulators.desk_people import (
    artisan,
    inspector,
    new_artisan,
    new_form,
    office,
    shared_services,
)

NOW = datetime(2026, 6, 2, 3, 0, tzinfo=UTC)
CODE = "001099012345"
WHY = "Đợt kiểm tra quý 4, làng gốm"


@pytest.fixture(scope="module", params=ENGINES)
def services(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The services over a demo that all tests here write to, on each engine in turn."""
    with shared_services(request.param, request, tmp_path_factory.mktemp("workshop")) as built:
        yield built


@pytest.fixture
def desk(services: Services) -> ArtisanDesk:
    return services.desks.artisan


@pytest.fixture
def lan(services: Services) -> Actor:
    return artisan(services.database, "xuong-mau-1")


@pytest.fixture
def thief(services: Services) -> Actor:
    return artisan(services.database, "xuong-mau-2", "trom")


def noted(services: Services) -> list[AuditEntry]:
    with services.database.read() as session:
        return list(session.scalars(select(AuditEntry)))


def test_tax_code_is_told_to_inspectors_alone_and_each_time_noted(
    services: Services, desk: ArtisanDesk, lan: Actor, thief: Actor
) -> None:
    desk.workshop.enter_tax_code(lan, CODE, now=NOW)
    assert desk.workshop.mine(lan).tax_code == "••••••••2345"
    codes = services.desks.tax_codes
    for role in (lan, thief, new_artisan(services.database), office(services.database, "hiep-hoi-mau")):
        with pytest.raises(Forbidden):
            codes.tell(role, "xuong-mau-1", WHY, now=NOW)
    who = inspector(services.database)
    assert codes.tell(who, "xuong-mau-1", WHY, now=NOW).value == CODE
    entries = noted(services)
    assert [(one.subject, json.loads(one.detail)) for one in entries if one.account_id == who.account_id] == [
        ("workshop:xuong-mau-1", {"reason": WHY})
    ]
    assert all(CODE not in one.detail + one.subject for one in entries)
    desk.workshop.enter_tax_code(lan, "", now=NOW)
    assert codes.tell(who, "xuong-mau-1", WHY, now=NOW).value is None


def test_workshop_reads_who_looked_at_its_tax_code_and_others_do_not(
    services: Services, lan: Actor, thief: Actor
) -> None:
    who = inspector(services.database, "thanh-tra-doc")
    services.desks.tax_codes.tell(who, "xuong-mau-1", WHY, now=NOW)
    first = services.audit_trail.of_workshop(lan).entries[0]
    assert (first.actor, first.action, first.detail) == ("thanh-tra-doc", "tax code read", {"reason": WHY})
    assert "thanh-tra-doc" not in {one.actor for one in services.audit_trail.of_workshop(thief).entries}


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (" ", "MISSING"),
        ("xem", "TOO_SHORT"),
        ("x" * 201, "TOO_LONG"),
        ("kiểm tra\x00 quý 4", "BAD_CHARACTER"),
        ("gọi chủ hộ 0912 345 678", "PERSONAL"),
        (f"mã {CODE} có đúng không", "PERSONAL"),
    ],
    ids=["none", "short", "long", "control", "phone", "tax-code"],
)
def test_look_without_a_reason_that_may_stay_is_refused_and_not_noted(
    services: Services, reason: str, code: str
) -> None:
    before = len(noted(services))
    with pytest.raises(BadFields) as caught:
        services.desks.tax_codes.tell(inspector(services.database), "xuong-mau-1", reason, now=NOW)
    assert caught.value.mistakes == {"reason": code}
    assert len(noted(services)) == before


def test_inspector_looks_no_further_than_her_office_may_inspect(services: Services) -> None:
    codes, who = services.desks.tax_codes, inspector(services.database)
    found = [one.slug for one in codes.workshops(who, "xuong mau 1", now=NOW)]
    assert (found[0], "xuong-mau-2" in found) == ("xuong-mau-1", False)
    for stranger in (replace(who, issuer="province-1"), replace(who, issuer=None)):
        assert codes.workshops(stranger, "", now=NOW) == ()
        for deed in (codes.workshop, lambda *a, **k: codes.tell(*a, WHY, **k)):
            with pytest.raises(NotFound):
                deed(stranger, "xuong-mau-1", now=NOW)
    with pytest.raises(NotFound):
        codes.tell(who, "khong-co", WHY, now=NOW)


def test_maker_of_another_workshop_stays(
    services: Services, desk: ArtisanDesk, lan: Actor, thief: Actor
) -> None:
    name = f"Bà {uuid.uuid4().hex[:6]}"
    with pytest.raises(BadFields):
        desk.workshop.add_maker(lan, name, has_consent=False, now=NOW)
    desk.workshop.add_maker(lan, name, has_consent=True, now=NOW)
    number = next(key for key, shown in desk.workshop.mine(lan).makers if shown == name)
    with pytest.raises(NotFound):
        desk.workshop.remove_maker(thief, number, now=NOW)
    desk.workshop.remove_maker(lan, number, now=NOW)
    with services.database.read() as session:
        assert session.get(Maker, number) is None


def test_keys_are_held_by_the_server_until_the_trust_list_says_otherwise(
    desk: ArtisanDesk, lan: Actor
) -> None:
    held = [(key.use, key.held_by) for key in desk.workshop.mine(lan).keys]
    assert held == [("record", "server"), ("seal", "server")]


@pytest.mark.parametrize("deed", ["mine", "tell", "add_maker", "enter_tax_code"])
def test_whoever_has_no_workshop_or_another_role_is_refused(
    services: Services, desk: ArtisanDesk, deed: str
) -> None:
    for person, error in (
        (new_artisan(services.database), NotFound),
        (inspector(services.database), Forbidden),
    ):
        deeds = {
            "mine": lambda who: desk.workshop.mine(who),
            "tell": lambda who: desk.workshop.tell(who, {"story_vi": "x"}, now=NOW),
            "add_maker": lambda who: desk.workshop.add_maker(who, "x", has_consent=True, now=NOW),
            "enter_tax_code": lambda who: desk.workshop.enter_tax_code(who, CODE, now=NOW),
        }
        with pytest.raises(error):
            deeds[deed](person)


def test_table_with_anothers_code_is_refused_before_anything_is_taken(
    services: Services, desk: ArtisanDesk, lan: Actor, thief: Actor
) -> None:
    slug = desk.products.make(thief, read_product(new_form()), token=uuid.uuid4().hex, now=NOW)
    taken = desk.products.one(thief, slug).code
    name = f"Bát {uuid.uuid4().hex[:6]}"
    table = f"Tên,Nghề,Giá (đồng),Mã riêng\n{name},gom-su,5.000,\nKhác,gom-su,5.000,{taken}\n"
    checked = desk.tables.check(lan, table.encode(), now=NOW)
    assert [(one.line, one.key, one.code) for one in checked.mistakes] == [(3, "code", "TAKEN")]
    assert checked.token is None
    assert name not in {one.name.vi for one in desk.products.mine(lan)}


def test_checked_table_is_anothers_to_nobody(desk: ArtisanDesk, lan: Actor, thief: Actor) -> None:
    table = f"Tên,Nghề,Giá (đồng)\nBát {uuid.uuid4().hex[:6]},gom-su,5.000\n"
    token = desk.tables.check(lan, table.encode(), now=NOW).token or ""
    with pytest.raises(NotFound):
        desk.tables.take(thief, token, now=NOW)
    assert desk.tables.take(lan, token, now=NOW) == 1


def test_row_that_became_wrong_meanwhile_leaves_all_others_out(
    services: Services, desk: ArtisanDesk, lan: Actor, thief: Actor
) -> None:
    name, code = f"Bát {uuid.uuid4().hex[:6]}", "MA" + uuid.uuid4().hex[:6].upper()
    table = f"Tên,Nghề,Giá (đồng),Mã riêng\n{name},gom-su,5.000,\n{name} 2,gom-su,5.000,{code}\n"
    token = desk.tables.check(lan, table.encode(), now=NOW).token or ""
    desk.products.make(thief, read_product(new_form() | {"code": code}), token=uuid.uuid4().hex, now=NOW)
    with pytest.raises(BadInput, match="TAKEN"):
        desk.tables.take(lan, token, now=NOW)
    assert not any(one.name.vi.startswith(name) for one in desk.products.mine(lan))


def issue_lot(services: Services, actor: Actor, slug: str, units: str) -> None:
    """Issues the first lot of a product, with what its craft usually takes."""
    lots = services.desks.lots.desk
    token = lots.begin(actor, slug, units=units, made_on="2026-06-01", is_copy=False, now=NOW)
    fields = lots.draft(actor, token).fields
    shares = sorted(name for name in fields if name.startswith("material-") and name.endswith("-percent"))
    mended = dict.fromkeys(shares, "1") | {shares[0]: str(101 - len(shares))}
    amounts = {name.replace("-percent", "-amount"): "20" for name in shares}
    origins = {name.replace("-percent", "-origin"): "Hải Dương" for name in shares}
    lots.save(actor, token, fields | mended | amounts | origins, now=NOW)
    preview = lots.preview(actor, token, now=NOW)
    assert preview.mistakes == ()
    lots.issue(actor, token, seen=preview.seen, now=NOW)


def test_product_is_shown_from_its_first_lot_on(services: Services, desk: ArtisanDesk, lan: Actor) -> None:
    slug = desk.products.make(lan, read_product(new_form()), token=uuid.uuid4().hex, now=NOW)
    issue_lot(services, lan, slug, "4")
    assert services.catalogue.product(slug, now=NOW).card.slug == slug
    with pytest.raises(BadFields) as caught:
        desk.products.change(
            lan, slug, read_product(new_form() | {"code": "OTHER1"}), seen_stock=None, now=NOW
        )
    assert caught.value.mistakes == {"code": "PRINTED"}


def test_hidden_product_stays_hidden_with_its_first_lot(
    services: Services, desk: ArtisanDesk, lan: Actor
) -> None:
    slug = desk.products.make(lan, read_product(new_form()), token=uuid.uuid4().hex, now=NOW)
    desk.products.set_listing(lan, slug, is_wanted=False, now=NOW)
    issue_lot(services, lan, slug, "4")
    assert not next(one for one in desk.products.mine(lan) if one.slug == slug).is_listed


def test_piece_of_its_own_kind_has_one_lot_of_one(services: Services, desk: ArtisanDesk, lan: Actor) -> None:
    form = new_form() | {"one_off": "yes", "stock": ""}
    slug = desk.products.make(lan, read_product(form), token=uuid.uuid4().hex, now=NOW)
    issue_lot(services, lan, slug, "1")
    with pytest.raises(BadInput):
        issue_lot(services, lan, slug, "1")
    with services.database.read() as session:
        stored = session.scalars(select(Product).where(Product.slug == slug)).one()
    assert json.loads(stored.document)["oneOff"] is True
