"""From an invitation to a finding in the log: an artisan, an inspector, their phones and the real server."""

import io
import json
import re
import shlex
import signal
import time
import urllib.request
import zipfile
from base64 import b64encode, urlsafe_b64encode
from binascii import b2a_hex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from shop.cli import main
from shop.db.session import open_database
from shop.services.access.sample_accounts import SAMPLE_PASSWORD
from shop.web.inspector.pocket import READER, STATIC
from tests.conftest import PASSPHRASE, Demo, copy_of, services_over
from tests.functional.conftest import ARGUMENTS, CHROMIUM
from tests.simulators.pockets import (
    PHONE,
    kill_browser,
    lasting_phone,
    open_pocket,
    photo_of,
    sign_in_on,
    stored_notices,
)
from tests.simulators.printed import cells, opened, rendered
from tests.simulators.server import Server
from tests.simulators.wire import Wire
from traceability.base58 import encode_multibase
from traceability.bundle import read_bundle
from traceability.evidence import Reader
from traceability.labels.presets import SheetPreset, find_preset
from traceability.labels.read import read_labels
from traceability.ledger.note import Verifier
from traceability.policy import open_trust_list
from traceability.records.notice import Notice
from traceability.roots import ROOTS_FILE, parse_roots
from traceability.verdict import CheckStatus, Outcome
from traceability.verify import LOG, verify_record

pytestmark = pytest.mark.slow

UNITS = 24
COPIED_LOT_INPUTS = 3
PATIENCE_S = 12.0
SEED_BYTES = 32
PRIVATE_MULTIKEY = b"\x80\x26"

# What the page gets is what it asked for. The test alone keeps the private half, to know what to search for.
OVERHEARD = """() => {
const make = crypto.subtle.generateKey.bind(crypto.subtle);
crypto.subtle.generateKey = async (algorithm, extractable, uses) => {
    const pair = await make(algorithm, true, uses);
    const bytes = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
    await overhear({extractable, bytes: [...bytes]});
    const privateKey = await crypto.subtle.importKey('pkcs8', bytes, algorithm, extractable, ['sign']);
    return {publicKey: pair.publicKey, privateKey};
};
}"""
READ_OUT = """async () => {
    const open = indexedDB.open('langnghe-keys');
    await new Promise(done => { open.onsuccess = done; });
    const keys = open.result.transaction('keys').objectStore('keys').getAll();
    await new Promise(done => { keys.onsuccess = done; });
    open.result.close();
    const [{privateKey}] = keys.result;
    const forms = ['pkcs8', 'jwk', 'raw'].map(form => crypto.subtle.exportKey(form, privateKey));
    return (await Promise.allSettled(forms)).map(one => one.status);
}"""


@dataclass(slots=True)
class World:
    """Where they meet: a copy of the demo, its server as a process, and the line that all phones use."""

    demo: Demo
    folder: Path
    wire: Wire
    chrome: Playwright
    cases: dict[str, str]
    roots: tuple[Verifier, ...]
    server: Server | None = None
    errors: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.server = Server(
            self.demo.folder,
            DATABASE_URL=self.demo.database_url,
            LANGNGHE_KEY_PASSPHRASE=PASSPHRASE,
            PUBLIC_BASE_URL=self.wire.base,
        )
        self.wire.server_port = self.server.port
        self.server.wait_until_ready()

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.server is not None:
            self.server.stop(number)

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.wire.base + path, timeout=PATIENCE_S) as answer:
            data: bytes = answer.read()
        return data

    def findings(self) -> list[str]:
        """Gives the ids of the findings that are stored."""
        database = open_database(self.demo.database_url)
        try:
            return stored_notices(database, "finding")
        finally:
            database.close()


@pytest.fixture
def world(live_demo: Demo, tmp_path: Path) -> Iterator[World]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing")
    demo, wire = copy_of(live_demo, tmp_path / "data"), Wire()
    with services_over(demo) as services:
        host = services.settings.identity_host.upper()
        cases = {case: f"HTTPS://{host}{path}" for case, path in services.scans.sample_paths().items()}
        roots = parse_roots((demo.folder / ROOTS_FILE).read_bytes())
    with sync_playwright() as chrome:
        made = World(demo, tmp_path, wire, chrome, cases, roots)
        made.start()
        yield made
        made.stop()
    wire.close()


@pytest.fixture
def desktop(world: World) -> Iterator[Browser]:
    """The browser of everybody but the inspector."""
    started = world.chrome.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
    yield started
    started.close()


def page_of(context: BrowserContext, world: World) -> Page:
    """Opens a page that waits no longer than people do, and whose complaints are kept."""
    context.set_default_timeout(PATIENCE_S * 1_000)
    page = context.new_page()
    page.on("pageerror", lambda error: world.errors.append(str(error)))
    return page


def press(page: Page, words: str) -> None:
    """Presses the first button or link with these words."""
    page.locator("main a, main button").filter(has_text=words).first.click()


def until(is_so: Callable[[], object], what: str) -> None:
    """Waits until something is so."""
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.1)


# --- The operator ---------------------------------------------------------------------------------------


def operator_signs_in(world: World, desktop: Browser) -> Page:
    page = page_of(desktop.new_context(locale="vi-VN", base_url=world.wire.base), world)
    page.goto("/account/sign-in")
    page.fill("#name", "admin@demo.langnghe")
    page.fill("#password", SAMPLE_PASSWORD)
    page.click("main form button")
    page.wait_for_url("**/admin/")
    return page


def operator_makes_an_invitation(desk: Page) -> str:
    """Gives the address on the sheet."""
    desk.goto("/admin/invitations/new?role=artisan")
    desk.select_option("#workshop", "xuong-mau-1")
    press(desk, "Làm giấy mời")
    return desk.locator(".invitation code.command").inner_text()


def operator_drafts_the_next_trust_list(desk: Page, key: str, folder: Path) -> list[str]:
    """Accepts the key, downloads the draft, and gives the commands that the page tells root holders."""
    desk.goto("/admin/trust/")
    waiting = desk.locator("#waiting li", has_text=" ".join(re.findall(".{1,6}", key)))
    waiting.locator("input[name=accept]").check()
    press(desk, "Xem bản nháp")
    with desk.expect_download() as download:
        press(desk, "Tải bản nháp")
    download.value.save_as(folder / download.value.suggested_filename)
    return desk.locator("code.command").all_inner_texts()


def roots_sign(commands: list[str], world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs what the page says, as the holders of the root keys do who keep the list before and the roots."""
    for number in (1, 2):
        name = f"root-{number}.pem"
        (folder / name).write_bytes((world.demo.folder / "keys" / name).read_bytes())
    (folder / ROOTS_FILE).write_bytes((world.demo.folder / ROOTS_FILE).read_bytes())
    sequence = json.loads(next(folder.glob("trust-draft-*.json")).read_bytes())["sequence"]
    (folder / f"trust-{sequence - 1}.txt").write_bytes(world.get("/trust"))
    monkeypatch.chdir(folder)
    for command in commands:
        result = CliRunner().invoke(
            main, shlex.split(command)[1:], input="y\n", env={"LANGNGHE_KEY_PASSPHRASE": PASSPHRASE}
        )
        assert result.exit_code == 0, f"{command}\n{result.output}"


def operator_puts_it_in_force(desk: Page, signed: Path) -> None:
    desk.goto("/admin/trust/")
    desk.set_input_files("#note", signed)
    press(desk, "Đưa vào hiệu lực")
    desk.locator("text=Danh sách mới đã có hiệu lực.").wait_for()


# --- The artisan ----------------------------------------------------------------------------------------


def artisan_opens_the_invitation(world: World, desktop: Browser, address: str) -> Page:
    page = page_of(desktop.new_context(**PHONE, base_url=world.wire.base), world)
    page.goto(address)
    page.fill("#person", "Chị Hạnh")
    page.fill("#name", "0912 345 678")
    page.fill("#password", "men tro trấu")
    press(page, "Vào bàn làm việc")
    page.wait_for_url("**/artisan/")
    return page


def artisan_makes_a_product(page: Page) -> str:
    """Gives its slug."""
    picture = io.BytesIO()
    Image.radial_gradient("L").resize((1200, 900)).convert("RGB").save(picture, "JPEG")
    page.goto("/artisan/new-product")
    photo: Any = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
    page.set_input_files("#camera", files=[photo])
    page.fill("#name_vi", "Bát men tro mới")
    page.fill("#price", "350.000")
    page.fill("#stock", "0")
    page.select_option("#craft", "gom-su")
    press(page, "Lưu sản phẩm")
    page.wait_for_url("**/artisan/products/*")
    page.locator(".photos img").wait_for()
    return page.url.rpartition("/")[2].partition("?")[0]


def artisan_makes_the_first_lot(page: Page) -> None:
    press(page, "Làm lô đầu tiên")
    page.fill("#units", "12")
    press(page, "Bắt đầu")
    for ending, text, spared in (("-origin", "Hà Nội", 0), ("-percent", "60", 1), ("-amount", "20", 0)):
        fields = page.locator(f"#lot input[name$='{ending}']").all()
        empty = [one for one in fields if one.is_visible() and not one.input_value()]
        for one in empty[: len(empty) - spared]:
            one.fill(text)
    press(page, "Xem trước khi ký")
    press(page, "Ký và phát hành 12 tem")
    page.locator("text=Đã ký và ghi vào sổ").wait_for()


def artisan_copies_the_lot(page: Page, slug: str) -> int:
    """Gives how often she typed or pressed something."""
    page.goto(f"/artisan/lots/new?product={slug}")
    done = [
        lambda: page.fill("#units", str(UNITS)),
        lambda: press(page, "Chép lô"),
        lambda: press(page, f"Ký và phát hành {UNITS} tem"),
    ]
    for step in done:
        step()
    page.locator("text=Đã ký và ghi vào sổ").wait_for()
    return len(done)


def artisan_downloads_the_sheet(page: Page, folder: Path) -> list[str]:
    """Gives what the codes on the printed sheet say."""
    press(page, "In tem")
    assert page.locator("input[value=a4-24]").is_checked()
    with page.expect_download() as download:
        press(page, "Tải tệp tem")
    download.value.save_as(folder / "sheet.pdf")
    preset = find_preset("a4-24")
    assert isinstance(preset, SheetPreset)
    (sheet,) = opened((folder / "sheet.pdf").read_bytes())
    found = []
    for cell in cells(rendered(sheet, preset.form.dots_per_mm), preset):
        picture = io.BytesIO()
        cell.save(picture, "PNG", compress_level=0)
        found += read_labels(picture.getvalue())
    return found


def buyers_see_the_product(world: World, slug: str) -> None:
    assert "/photos/" in world.get(f"/products/{slug}").decode()


# --- The inspector --------------------------------------------------------------------------------------


def inspector_takes_a_copy_along(world: World, phone: BrowserContext) -> Page:
    page = open_pocket(phone, world.errors)
    page.click("#no-copy [data-do=fetch-copy]")
    page.locator("#ask").wait_for()
    return page


def inspector_makes_her_key(page: Page) -> tuple[str, bytes]:
    """Gives the public key that the page shows, and the private half that only the test has overheard."""
    heard: list[dict[str, Any]] = []
    page.context.expose_function("overhear", lambda made: heard.append(made))
    page.evaluate(OVERHEARD)
    page.click("#tabs a[href='#phone']")
    page.click("[data-do=make-key]")
    page.locator("#key-state", has_text="đang chờ vào danh sách tin cậy").wait_for()
    (made,) = heard
    assert made["extractable"] is False
    assert page.evaluate(READ_OUT) == ["rejected"] * 3
    return page.inner_text("#key-facts code").replace(" ", ""), bytes(made["bytes"])[-SEED_BYTES:]


def inspector_fetches_the_new_list(page: Page) -> None:
    page.click("[data-screen=phone] [data-do=fetch-copy]")
    page.locator("#key-state", has_text="Khóa này có trong danh sách tin cậy").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def signal_is_lost(world: World, page: Page) -> None:
    world.stop(signal.SIGKILL)
    page.context.set_offline(True)
    page.reload()
    page.locator("body[data-ready]").wait_for()
    assert page.inner_text("#net") == "Không có mạng"


def asked_again(page: Page) -> None:
    page.click("#tabs a[href='#check']")
    page.locator("#ask").wait_for()


def verdict(page: Page) -> tuple[str, str]:
    """Gives the shape and the words of the verdict that is shown."""
    band = page.locator("#band section.verdict")
    band.wait_for()
    return (band.get_attribute("class") or "").split("is-")[1], page.locator("main").inner_text()


def scanned(page: Page) -> tuple[str, str]:
    asked_again(page)
    page.click("#ask [data-do=scan]")
    return verdict(page)


def photographed(page: Page, label: str) -> tuple[str, str]:
    asked_again(page)
    picture: Any = {"name": "tem.png", "mimeType": "image/png", "buffer": photo_of(label)}
    page.set_input_files("#photo-of-label", files=[picture])
    return verdict(page)


def typed(page: Page, label: str) -> tuple[str, str]:
    asked_again(page)
    page.fill("#code", label)
    page.click("#by-code button")
    return verdict(page)


def altered(label: str) -> str:
    """Gives the label with another serial: the last character of it changed, the seal as it was."""
    serial = re.search(r"/21/([0-9A-Z]+)", label)
    assert serial is not None, label
    at = serial.end() - 1
    return label[:at] + ("2" if label[at] != "2" else "3") + label[at + 1 :]


def inspector_signs_a_finding(page: Page) -> None:
    """About the thing whose verdict is shown."""
    page.check("#finding input[value=mismatch]")
    page.fill("#note", "Men khác màu với mô tả trong hồ sơ")
    page.click("#finding button.button")
    page.locator("#signed-note").wait_for()
    page.evaluate("location.hash = '#kept'")
    page.locator("#sync-state", has_text="1 điều đang chờ gửi.").wait_for()


def browser_dies_while_it_sends(world: World, page: Page) -> None:
    """The server takes the finding, but its answer never arrives, and the browser gets no time to notice."""
    world.wire.losing = b"POST /inspector/findings"
    page.context.set_offline(False)
    until(world.findings, "the finding was never sent")
    with page.context.expect_event("close"):
        kill_browser(world.folder)
    world.wire.losing = b""


def inspector_sends_twice(page: Page) -> None:
    page.evaluate("location.hash = '#kept'")
    for _ in range(2):
        page.locator("#sync-state", has_text="Mọi điều đã ký đều đã gửi.").wait_for()
        page.click("[data-do=sync]")
    page.locator("#outbox .state", has_text="của sổ công khai").wait_for()


# --- What anybody sees afterwards -----------------------------------------------------------------------


def demand_it_stands_in_the_log(world: World, record_id: str, *, key: str, label: str) -> None:
    """Verifies the finding with nothing of the server but what it gives to everybody."""
    data = world.get(f"/records/{record_id}")
    with zipfile.ZipFile(io.BytesIO(world.get(f"/records/{record_id}.zip"))) as packed:
        packed.extractall(world.folder / "taken")
    (folder,) = (world.folder / "taken").iterdir()
    note, evidence = read_bundle(folder)
    trust = open_trust_list(note, world.roots)
    found = verify_record(data, trust=trust, evidence=evidence, at=datetime.now(UTC))
    assert found.outcome is Outcome.VERIFIED, found.checks
    assert [check.status for check in found.checks if check.id == LOG].count(CheckStatus.PASSED) >= 1
    signed = Reader().read(data)
    assert trust.key(signed.claim.method_id).method.key.multibase == key
    assert isinstance(signed.record, Notice)
    assert signed.record.reason == "Không khớp mô tả: Men khác màu với mô tả trong hồ sơ"
    assert signed.record.serials == (re.search(r"/21/([0-9A-Z]+)", label or "")[1],)  # type: ignore[index]
    assert signed.envelope.id in found.places


def spellings(secret: bytes) -> dict[str, bytes]:
    """Gives how bytes look as they are, in hex, as a multibase, and in either base64 wherever they lie."""
    whole = {"bytes": secret, "hex": secret.hex().encode(), "HEX": secret.hex().upper().encode()}
    whole |= {"multibase": encode_multibase(secret).encode()}
    whole |= {"multikey": encode_multibase(PRIVATE_MULTIKEY + secret).encode()}
    for shift in range(3):
        part = secret[shift:]
        part = part[: len(part) // 3 * 3]
        whole |= {f"base64 {shift}": b64encode(part), f"base64url {shift}": urlsafe_b64encode(part)}
    return whole


def whereabouts(world: World, secret: bytes) -> set[str]:
    """Gives where bytes are found: in what phones sent, and in the server's files, database and log."""
    assert world.server is not None
    files = [path for path in world.demo.folder.rglob("*") if path.is_file()]
    places = {str(path.relative_to(world.demo.folder)): path.read_bytes() for path in files}
    places |= {path.name: path.read_bytes() for path in world.folder.glob("data-*.log")}
    places |= {"sent": b"\x00".join(world.wire.sent)}
    forms = spellings(secret).values()
    return {name for name, data in places.items() if any(form in data for form in forms)}


@pytest.mark.skipif(not (STATIC / READER).is_file(), reason="zxing-wasm is not installed: make reader")
def test_from_an_invitation_to_a_finding_in_the_log(
    world: World, desktop: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = operator_signs_in(world, desktop)
    artisan = artisan_opens_the_invitation(world, desktop, operator_makes_an_invitation(desk))
    slug = artisan_makes_a_product(artisan)
    artisan_makes_the_first_lot(artisan)
    assert artisan_copies_the_lot(artisan, slug) <= COPIED_LOT_INPUTS
    labels = artisan_downloads_the_sheet(artisan, tmp_path)
    assert len(set(labels)) == UNITS
    buyers_see_the_product(world, slug)

    phone = lasting_phone(world.chrome, labels[0], tmp_path, world.wire.base)
    sign_in_on(phone)
    page = inspector_takes_a_copy_along(world, phone)
    key, secret = inspector_makes_her_key(page)
    (tmp_path / "roots").mkdir()
    commands = operator_drafts_the_next_trust_list(desk, key, tmp_path / "roots")
    roots_sign(commands, world, tmp_path / "roots", monkeypatch)
    operator_puts_it_in_force(desk, tmp_path / "roots" / "trust.txt")
    inspector_fetches_the_new_list(page)

    signal_is_lost(world, page)
    assert scanned(page)[0] == "verified"
    assert photographed(page, labels[1])[0] == "verified"
    assert photographed(page, altered(labels[1]))[0] == "invalid"
    assert photographed(page, world.cases["recalled"])[0] == "revoked"
    assert typed(page, labels[2])[0] == "verified"
    inspector_signs_a_finding(page)

    world.start()
    browser_dies_while_it_sends(world, page)
    again = lasting_phone(world.chrome, labels[0], tmp_path, world.wire.base)
    sign_in_on(again)
    inspector_sends_twice(open_pocket(again, world.errors))
    again.close()
    assert world.wire.count(b"POST /inspector/findings") >= 2
    (record_id,) = world.findings()
    demand_it_stands_in_the_log(world, record_id, key=key, label=labels[2])
    world.stop()
    assert {"sent", "shop.db"} <= whereabouts(world, key.encode())
    assert whereabouts(world, secret) == set()
    assert world.errors == []


@pytest.mark.parametrize("offset", range(3))
@pytest.mark.parametrize("spell", [bytes, b2a_hex, b64encode, urlsafe_b64encode])
def test_a_private_key_would_be_found(spell: Callable[[bytes], bytes], offset: int) -> None:
    secret = bytes(range(200, 200 + SEED_BYTES))
    inside = spell(b"x" * offset + secret + b"the rest")
    assert any(form in inside for form in spellings(secret).values())
