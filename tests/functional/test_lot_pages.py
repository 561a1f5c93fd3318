"""The desk's pages of lots: from nothing to printed labels, with few inputs and nothing lost."""

import json
import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.app import create_app
from shop.csv_tables import read_table
from shop.db.catalogue import Product, Workshop
from shop.db.lots import Lot
from shop.money import Dong
from shop.services.access.actors import Actor
from shop.services.lots.step_columns import STEP_COLUMNS
from shop.services.lots.tables import LOT_COLUMNS
from shop.wiring import Services
from tests.conftest import Demo, copy_of, services_over
from tests.simulators.desks import sign_in
from tests.simulators.desks import token as csrf_token
from tests.simulators.form_filler import Person
from tests.simulators.pictures import encoded, photo
from tests.simulators.staff import person
from traceability.clock import day_in_viet_nam

Own = tuple[Flask, Services]

FIRST_LOT_INPUTS = 12
COPIED_LOT_INPUTS = 3


@pytest.fixture(scope="module")
def own(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    """An application over a demo of its own."""
    demo = copy_of(live_demo, tmp_path_factory.mktemp("lots") / "own")
    with services_over(demo) as services:
        yield create_app(demo.settings(), services), services


@pytest.fixture
def artisan(own: Own) -> FlaskClient:
    return sign_in(own[0], "artisan@demo.langnghe")


@pytest.fixture
def stranger(own: Own) -> FlaskClient:
    return sign_in(own[0], "artisan2@demo.langnghe")


@pytest.fixture
def actor(own: Own) -> Actor:
    return person(own[1], "artisan")


def add_product(services: Services, actor: Actor, craft: str) -> str:
    """Adds a product that nothing was ever made of."""
    slug, code = f"hang-moi-{craft}", f"MOI{craft.replace('-', '').upper()}"[:14]
    with services.database.write() as session:
        motif = session.scalars(select(Product.motif).limit(1)).one()
        workshop = session.get_one(Workshop, actor.workshop_id)
        session.add(
            Product(
                slug=slug, workshop_id=workshop.id, name_vi="Hàng mới mẫu", name_en="",
                name_folded="hang moi mau",
                craft=craft, motif=motif, gtin=None, code=code, price=Dong(150_000), stock=0,
                document=json.dumps({"summary": {"vi": "", "en": ""}, "making": {"vi": "", "en": ""},
                                     "care": {"vi": "", "en": ""}, "materials": [], "bought_in": [],
                                     "warnings": None, "dimensions": None}),
                listed_at=workshop_listed(services), is_listed=False,
            )
        )  # fmt: skip
    return slug


def workshop_listed(services: Services) -> object:
    with services.database.read() as session:
        return session.scalars(select(Product.listed_at).limit(1)).one()


def make_first(visitor: Person, slug: str) -> None:
    visitor.open(f"/artisan/lots/new?product={slug}")
    visitor.type("units", "12")
    visitor.press("Bắt đầu")
    for name in visitor.empty("-origin"):
        visitor.type(name, "Hà Nội")
    for name in visitor.empty("-percent")[:-1]:
        visitor.type(name, "60")
    for name in visitor.empty("-amount"):
        visitor.type(name, "20")
    visitor.press("Xem trước khi ký")
    visitor.press("Ký và phát hành 12 tem")


@pytest.mark.parametrize("craft", ["may-tre-dan", "gom-su", "com"])
def test_first_lot_takes_twelve_inputs_and_a_copy_three(
    own: Own, artisan: FlaskClient, actor: Actor, craft: str
) -> None:
    slug = add_product(own[1], actor, craft)
    first, second = Person(artisan), Person(artisan)
    make_first(first, slug)
    assert first.page is not None
    assert "Đã ký và ghi vào sổ" in first.page.text
    second.open(f"/artisan/lots/new?product={slug}")
    second.type("units", "24")
    second.press("Chép lô L1")
    second.press("Ký và phát hành 24 tem")
    assert "lô L2" in second.page.text
    assert (first.inputs <= FIRST_LOT_INPUTS, second.inputs <= COPIED_LOT_INPUTS) == (True, True)
    with own[1].database.read() as session:
        lots = session.execute(
            select(Lot.number, Lot.unit_count).join(Product).where(Product.slug == slug).order_by(Lot.id)
        ).all()
    assert [tuple(lot) for lot in lots] == [("L1", 12), ("L2", 24)]


@pytest.fixture
def draft(own: Own, actor: Actor) -> str:
    """The address of a draft that is ready to be signed."""
    now = own[1].ledger.latest().head.signed_at
    slug = own[1].desks.lots.shelf.lots(actor, now=now).lots[-1].product_slug
    token = own[1].desks.lots.desk.begin(
        actor, slug, units="6", made_on=day_in_viet_nam(now).isoformat(), is_copy=True, now=now
    )
    return f"/artisan/lots/drafts/{token}"


def test_mistakes_stand_beside_their_fields_and_what_was_typed_stays(
    artisan: FlaskClient, draft: str
) -> None:
    visitor = Person(artisan)
    visitor.open(draft)
    visitor.type("units", "một tá")
    visitor.type("madeOn", "2999-01-01")
    visitor.press("Xem trước khi ký")
    assert visitor.page is not None
    assert 'href="#units"' in visitor.page.text
    assert 'href="#madeOn"' in visitor.page.text
    assert "một tá" in visitor.page.text
    assert visitor.page.text.count('aria-invalid="true"') == 2


def test_rows_come_and_go_without_scripts(artisan: FlaskClient, draft: str) -> None:
    visitor = Person(artisan)
    visitor.open(draft)
    before = len(visitor.empty("-name"))
    visitor.press("Thêm vật liệu")
    assert len(visitor.empty("-name")) == before + 1
    number = visitor.empty("-name")[0].split("-")[1]
    visitor.client.post(draft, data={"csrf_token": csrf_token(artisan), "drop": f"material-{number}"})


def test_a_script_saves_as_it_is_typed(artisan: FlaskClient, draft: str) -> None:
    data = {"csrf_token": csrf_token(artisan), "units": "7", "odd": "left out"}
    answer = artisan.post(draft, data=data, headers={"Accept": "application/json"})
    assert answer.json == {"saved": True}
    assert 'value="7"' in artisan.get(draft).text


def test_what_laws_miss_says_where_or_by_whom_it_is_mended(artisan: FlaskClient, draft: str) -> None:
    visitor = Person(artisan)
    visitor.open(f"{draft}/preview")
    assert visitor.page is not None
    missing = visitor.page.text.partition("Luật và bộ tiêu chí còn thiếu gì")[2]
    assert "mã số thuế của xưởng không bao giờ vào bản ký" in missing
    assert "do xã hoặc hiệp hội ký" in missing


def test_a_lot_is_signed_once_by_a_double_click(
    own: Own, artisan: FlaskClient, actor: Actor, draft: str
) -> None:
    visitor = Person(artisan)
    visitor.open(f"{draft}/preview")
    form = next(form for form in visitor.forms() if form.action.endswith("/issue"))
    places = {artisan.post(form.action, data=form.fields).headers["Location"] for _ in range(2)}
    assert len(places) == 1
    assert artisan.get(draft).headers["Location"] in places


def test_labels_come_as_a_file_and_mistakes_as_a_page(artisan: FlaskClient, own: Own, actor: Actor) -> None:
    now = own[1].ledger.latest().head.signed_at
    line = own[1].desks.lots.shelf.lots(actor, now=now).lots[-1]
    address, token = f"/artisan/lots/{line.id}/labels", csrf_token(artisan)
    with artisan.post(
        address, data={"csrf_token": token, "preset": "a4-65", "first": "1", "last": "3"}
    ) as answer:
        assert answer.mimetype == "application/pdf"
        assert f"{line.product_slug}-{line.number.lower()}-a4-65.pdf" in answer.headers["Content-Disposition"]
    wrong = artisan.post(address, data={"csrf_token": token, "preset": "a4-65", "last": "99999"})
    assert (wrong.status_code, wrong.text.count('aria-invalid="true"')) == (422, 1)
    refused = artisan.post(address, data={"csrf_token": token, "preset": "a4-65", "kind": "tspl"})
    assert (refused.status_code, "Tờ A4 chỉ in được từ PDF" in refused.text) == (422, True)
    assert "48,5 × 25,4 mm" in refused.text
    assert artisan.get(address).status_code == 200


def test_spoiled_labels_are_marked_and_unmarked(artisan: FlaskClient, own: Own, actor: Actor) -> None:
    now = own[1].ledger.latest().head.signed_at
    lot = own[1].desks.lots.shelf.lots(actor, now=now).lots[-1].id
    visitor = Person(artisan)
    visitor.open(f"/artisan/lots/{lot}")
    visitor.type("labels", "1-2")
    visitor.press("Đánh dấu hỏng")
    assert visitor.page.text.count("Bỏ đánh dấu") == 2
    visitor.press("Bỏ đánh dấu")
    assert visitor.page.text.count("Bỏ đánh dấu") == 1
    visitor.type("labels", "tem nào cũng hỏng")
    visitor.press("Đánh dấu hỏng")
    assert "Không có tem này trong lô" in visitor.page.text
    assert "tem nào cũng hỏng" in visitor.page.text
    assert visitor.page.text.index('href="#labels"') < visitor.page.text.index('id="labels"')


def test_a_correction_shows_what_it_changes(artisan: FlaskClient, own: Own, actor: Actor) -> None:
    slug = add_product(own[1], actor, "ren")
    visitor = Person(artisan)
    make_first(visitor, slug)
    visitor.press("Đính chính lô này")
    visitor.type("reason", "Ghi thiếu lời dặn.")
    visitor.type("warnings", "Để xa trẻ nhỏ.")
    visitor.press("Xem trước khi ký")
    assert "Để xa trẻ nhỏ." in visitor.page.text
    visitor.press("Ký đính chính")
    assert "đã đính chính" in visitor.page.text


def test_a_correction_is_thrown_away_and_changes_nothing(
    artisan: FlaskClient, own: Own, actor: Actor
) -> None:
    lot = own[1].desks.lots.shelf.lots(actor, now=own[1].ledger.latest().head.signed_at).lots[-1]
    visitor = Person(artisan)
    visitor.open(f"/artisan/lots/{lot.id}")
    visitor.press("Đính chính lô này")
    visitor.type("reason", "Ghi nhầm.")
    visitor.press("Lưu")
    visitor.press("Bỏ bản đính chính này")
    assert visitor.path == f"/artisan/lots/{lot.id}"
    visitor.press("Đính chính lô này")
    assert "Ghi nhầm." not in visitor.page.text


def test_a_first_draft_says_what_was_guessed_and_what_to_write(
    artisan: FlaskClient, own: Own, actor: Actor
) -> None:
    slug = add_product(own[1], actor, "kham-trai")
    visitor = Person(artisan)
    visitor.open(f"/artisan/lots/new?product={slug}")
    visitor.type("units", "2")
    visitor.press("Bắt đầu")
    assert "khung đoán, sửa nếu khác" in visitor.page.text
    for number, amount in enumerate(("1,5", "20"), start=1):
        visitor.type(f"material-{number}-amount", amount)
    visitor.type("material-2-origin", "Hà Nội")
    visitor.press("Xem trước khi ký")
    assert visitor.page.text.count('aria-invalid="true"') == 2
    assert "ít nhất một vật liệu" in visitor.page.text
    visitor.type("material-1-origin", "Hà Nội")
    visitor.type("material-1-percent", "60")
    visitor.press("Xem trước khi ký")
    assert "1.500 g" in visitor.page.text
    draft = visitor.path.removesuffix("/preview")
    assert f'href="{draft}">' in (shelf := artisan.get("/artisan/lots/").text)
    assert f">{slug}<" not in shelf


def test_a_thrown_away_draft_comes_back(artisan: FlaskClient, draft: str) -> None:
    visitor = Person(artisan)
    visitor.open(draft)
    visitor.press("Bỏ bản nháp này")
    visitor.press("Lấy lại")
    assert visitor.path == draft


def test_another_workshop_finds_nothing(stranger: FlaskClient, draft: str, own: Own, actor: Actor) -> None:
    now, token = own[1].ledger.latest().head.signed_at, csrf_token(stranger)
    line = own[1].desks.lots.shelf.lots(actor, now=now).lots[-1]
    pages = [draft, f"{draft}/preview", f"{draft}/thrown-away", f"/artisan/lots/{line.id}",
             f"/artisan/lots/{line.id}/labels", f"/artisan/lots/new?product={line.product_slug}"]  # fmt: skip
    posts = [draft, f"{draft}/issue", f"{draft}/throw-away", f"{draft}/take-back", f"{draft}/steps/1/media",
             f"{draft}/steps/1/media/1/drop", f"{draft}/steps/1/media/1/put-back",
             f"/artisan/lots/{line.id}/labels",
             f"/artisan/lots/{line.id}/spoiled", f"/artisan/lots/{line.id}/spoiled/undo",
             f"/artisan/lots/{line.id}/correct"]  # fmt: skip
    assert {page: stranger.get(page).status_code for page in pages} == dict.fromkeys(pages, 404)
    sent = {"csrf_token": token, "product": line.product_slug, "preset": "a4-24", "labels": "1"}
    assert {post: stranger.post(post, data=sent).status_code for post in posts} == dict.fromkeys(posts, 404)
    assert stranger.post("/artisan/lots/new", data=sent).status_code == 404


def test_nothing_is_written_without_the_token(artisan: FlaskClient, draft: str) -> None:
    for post in (draft, f"{draft}/issue", f"{draft}/throw-away", "/artisan/lots/new"):
        assert artisan.post(post, data={"units": "9"}).status_code == 400


def test_lots_and_steps_come_as_tables_of_the_own_workshop(
    artisan: FlaskClient, stranger: FlaskClient, own: Own, actor: Actor
) -> None:
    now = own[1].ledger.latest().head.signed_at
    record = own[1].desks.lots.shelf.lots(actor, now=now).lots[-1].record_id
    for name, columns in (("lots.csv", LOT_COLUMNS), ("steps.csv", STEP_COLUMNS)):
        table = read_table(artisan.get(f"/artisan/lots/{name}").data, columns)
        assert table.rows
        assert not table.ignored
    assert record in artisan.get("/artisan/lots/lots.csv").text
    assert record not in stranger.get("/artisan/lots/lots.csv").text


def test_a_steps_photo_opens_its_step_and_stands_in_the_preview(artisan: FlaskClient, draft: str) -> None:
    """The camera's field is empty where a picture was chosen that is there already; both have one name."""
    page = artisan.get(draft).text
    assert 'id="photo-1"' in page
    assert re.search(r'id="gallery-1" name="photo" accept="[^"]*"', page)
    files = [(BytesIO(), ""), (BytesIO(encoded(photo(), "JPEG")), "a.jpg")]
    sent = {"csrf_token": csrf_token(artisan), "photo": files}
    answer = artisan.post(f"{draft}/steps/1/media", data=sent)
    shown = artisan.get(answer.location).text
    assert "✓ Đã lưu tệp của bước này." in shown
    assert re.search(r'<details[^>]* id="step-1"[^>]* open>', shown)
    image = re.search(r'<img class="thumb" src="([^"]+)"', shown)
    assert image is not None
    assert f'src="{image[1]}"' in artisan.get(f"{draft}/preview").text
    wrong = artisan.post(f"{draft}/steps/1/media", data={"csrf_token": csrf_token(artisan)})
    assert "Đã lưu tệp" not in artisan.get(wrong.location).text


def test_a_file_that_was_taken_from_a_step_comes_back(artisan: FlaskClient, draft: str) -> None:
    sent = {"csrf_token": csrf_token(artisan), "photo": (BytesIO(encoded(photo(), "JPEG")), "a.jpg")}
    artisan.post(f"{draft}/steps/1/media", data=sent)
    dropping = re.search(rf'"({draft}/steps/1/media/[0-9]+)/drop"', artisan.get(draft).text)
    assert dropping is not None
    token = {"csrf_token": csrf_token(artisan)}
    offer = artisan.post(f"{dropping[1]}/drop", data=token, follow_redirects=True).text
    assert dropping[1] + "/drop" not in offer
    assert f'id="put-back" method="post" action="{dropping[1]}/put-back"' in offer
    assert 'form="put-back"' in offer
    assert artisan.post(f"{dropping[1]}/put-back").status_code == 400
    shown = artisan.post(f"{dropping[1]}/put-back", data=token, follow_redirects=True).text
    assert dropping[1] + "/drop" in shown
    assert "put-back" not in shown


@pytest.mark.parametrize("asked", ["step=1&dropped=x", "step=99&dropped=1", "step=-1&dropped=1", "dropped=1"])
def test_an_address_that_names_no_dropped_file_offers_nothing(
    artisan: FlaskClient, draft: str, asked: str
) -> None:
    answer = artisan.get(f"{draft}?{asked}")
    assert (answer.status_code, "put-back" in answer.text) == (200, False)
