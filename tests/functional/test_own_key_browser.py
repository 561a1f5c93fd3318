"""An artisan's own key in Chromium: made there, listed by operator and roots, and a lot signed with it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page

from shop.services.access.actors import Actor
from shop.services.access.sample_accounts import SAMPLE_PASSWORD
from shop.web.current import renew_services
from tests.conftest import Demo, copy_of
from tests.simulators.pockets import PHONE, Shop
from tests.simulators.root_holders import sign_as_roots
from tests.simulators.staff import person
from traceability.ceremony import read_draft
from traceability.clock import day_in_viet_nam
from traceability.evidence import Reader
from traceability.records.passport import LotPassport
from traceability.records.status_list import StatusList

pytestmark = [
    pytest.mark.slow,
    # The plain server of these tests leaves a static file to the garbage collector when a browser goes away.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def shop(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop over a copy of the demo that may be written to."""
    shop = Shop(copy_of(live_demo, tmp_path_factory.mktemp("own-key") / "data"))
    shop.start()
    yield shop
    shop.close()


def phone_of_artisan(chromium: Browser, shop: Shop, name: str = "artisan") -> Page:
    """Gives a page of a phone on which the artisan has just signed in."""
    page = chromium.new_context(**PHONE, base_url=shop.base).new_page()
    page.goto("/account/sign-in")
    page.fill("#name", f"{name}@demo.langnghe")
    page.fill("#password", SAMPLE_PASSWORD)
    page.click("main form button")
    page.wait_for_url("**/artisan/")
    return page


def open_key_page(page: Page, state: str) -> None:
    page.goto("/artisan/key")
    page.locator(f"[data-own-key][data-state={state}]").wait_for()


def make_key(page: Page) -> str:
    """Makes a key and gives its public half as the page shows it."""
    page.locator("[data-own-key] button").click()
    page.locator("[data-own-key][data-state=waiting]").wait_for()
    return page.inner_text("[data-mark] code").replace(" ", "")


def list_key(shop: Shop, public_key: str) -> None:
    """Has the operator accept the key, which ends the one that signed before, and the roots sign."""
    now = datetime.now(UTC).replace(microsecond=0)
    operator, desk = person(shop.services, "admin"), shop.services.desks.trust
    (waiting,) = [one for one in desk.waiting(operator) if one.public_key == public_key]
    draft = desk.draft(operator, accepted={waiting.enrolment_id: ("", ())}, now=now)
    desk.publish(operator, sign_as_roots(read_draft(draft.data), shop.demo), now=now)
    with shop.app.app_context():
        renew_services()
    shop.services = shop.app.extensions["langnghe"]


def begin_lot(shop: Shop) -> str:
    """Gives the address of a draft that is ready to be signed."""
    now, actor, lots = datetime.now(UTC), person(shop.services, "artisan"), shop.services.desks.lots
    slug = lots.shelf.lots(actor, now=now).lots[-1].product_slug
    day = day_in_viet_nam(now).isoformat()
    return (
        f"/artisan/lots/drafts/{lots.desk.begin(actor, slug, units='6', made_on=day, is_copy=True, now=now)}"
    )


def sign_lot(page: Page, draft: str) -> None:
    """Signs a lot on its page."""
    page.goto(f"{draft}/preview")
    page.locator("[data-sign] button").click()
    page.wait_for_url(re.compile(r"/artisan/lots/\d+$"))


def key_of_newest_passport(shop: Shop) -> tuple[str, int]:
    """Gives the public key under which the newest lot's passport is logged, and how many receipts it has."""
    now, actor = datetime.now(UTC), person(shop.services, "artisan")
    line = shop.services.desks.lots.shelf.lots(actor, now=now).lots[0]
    passport = Reader().read(shop.services.records.record(line.record_id).body)
    assert isinstance(passport.record, LotPassport)
    key = shop.services.records.trust.key(passport.claim.method_id)
    return key.method.key.multibase, len(shop.services.ledger.receipts([passport.envelope.id]))


def test_a_key_is_made_listed_used_and_replaced_after_a_loss(chromium: Browser, shop: Shop) -> None:
    faults: list[str] = []
    first = phone_of_artisan(chromium, shop)
    first.on("pageerror", lambda error: faults.append(str(error)))
    open_key_page(first, "none")
    key = make_key(first)
    list_key(shop, key)
    open_key_page(first, "used")
    sign_lot(first, begin_lot(shop))
    assert key_of_newest_passport(shop) == (key, 1)

    second = phone_of_artisan(chromium, shop)
    second.on("pageerror", lambda error: faults.append(str(error)))
    draft = begin_lot(shop)
    second.goto(f"{draft}/preview")
    second.locator("[data-sign] button").click()
    second.locator("[data-sign] [role=status]", has_text="Máy này không giữ khóa").wait_for()
    open_key_page(second, "elsewhere")
    newer = make_key(second)
    list_key(shop, newer)
    open_key_page(second, "used")
    open_key_page(first, "ended")
    sign_lot(second, draft)
    assert key_of_newest_passport(shop) == (newer, 1)
    assert newer != key
    assert faults == []


def test_a_lot_is_corrected_and_the_list_renewed_with_a_key_of_ones_own(
    chromium: Browser, shop: Shop
) -> None:
    faults: list[str] = []
    phone = phone_of_artisan(chromium, shop, "artisan2")
    phone.on("pageerror", lambda error: faults.append(str(error)))
    open_key_page(phone, "none")
    list_key(shop, make_key(phone))
    open_key_page(phone, "used")
    actor, now = person(shop.services, "artisan2"), datetime.now(UTC)
    lots = shop.services.desks.lots
    lot = next(
        line.id
        for line in lots.shelf.lots(actor, now=now).lots
        if "step-1-was"
        in lots.corrections.draft(actor, lots.corrections.begin(actor, line.id, now=now)).fields
    )
    phone.goto(f"/artisan/lots/{lot}")
    phone.get_by_role("button", name="Đính chính lô này").click()
    phone.fill("#reason", "Bước đầu ghi thiếu.")
    phone.locator("#step-1 summary").click()
    phone.fill("#step-1-detail", "Nhận đủ, cân lại hai lần.")
    phone.get_by_role("button", name="Xem trước khi ký").click()
    stranger = phone_of_artisan(chromium, shop, "artisan")
    assert (answer := stranger.goto(phone.url)) is not None
    assert answer.status == 404
    phone.locator("[data-sign] button").click()
    phone.wait_for_url(re.compile(r"/artisan/lots/\d+$"))
    page = lots.shelf.lot(actor, lot, now=datetime.now(UTC))
    assert page.line.is_corrected
    assert page.steps[0].detail == "Nhận đủ, cân lại hai lần."

    assert phone.locator("#status-list").count() == 0
    desk = shop.services.desks.artisan
    soon = replace(desk.status_list, told_before=timedelta(days=31))
    desk = replace(desk, status_list=soon, home=replace(desk.home, lists=soon))
    shop.app.extensions["langnghe"] = replace(shop.services, desks=replace(shop.services.desks, artisan=desk))
    before = version_of_list(shop, actor)
    phone.goto("/artisan/")
    phone.get_by_role("button", name="Ký lại danh sách").click()
    phone.wait_for_url("**/artisan/key")
    assert version_of_list(shop, actor) == before + 1
    assert faults == []


def version_of_list(shop: Shop, actor: Actor) -> int:
    record = Reader().read(shop.services.records.status_list(actor.issuer or "", "1").body).record
    assert isinstance(record, StatusList)
    return record.version
