"""An inspector with a phone: a shop that can be stopped and started again, and her page in a browser."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright
from sqlalchemy import text
from werkzeug.serving import BaseWSGIServer, make_server

from shop.app import create_app
from shop.db.session import Database
from shop.services.access.actors import INSPECTOR
from shop.services.access.sample_accounts import SAMPLE_ACCOUNTS, SAMPLE_PASSWORD
from shop.web.current import renew_services
from shop.wiring import Services, build_services
from tests.conftest import Demo
from tests.simulators.root_holders import publish_keys
from traceability.labels import qr
from traceability.signing.keys import PublicKey
from traceability.signing.proof import VerificationMethod
from traceability.signing.trust import TrustKey

__all__ = [
    "PHONE",
    "Shop",
    "browser_with_camera",
    "kill_browser",
    "lasting_phone",
    "open_pocket",
    "phone",
    "photo_of",
    "sign_in_on",
    "stored_notices",
]

ISSUER = "inspector-1"
PHONE: dict[str, Any] = {
    "locale": "vi-VN",
    "timezone_id": "Asia/Ho_Chi_Minh",
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --use-fake-ui-for-media-stream"
    " --use-fake-device-for-media-stream"
).split()
FRAME = (640, 480)


class Shop:
    """The shop over a demo, in this process, so that it can be stopped at any moment."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self.services: Services = build_services(demo.settings(), scans_wait_s=None)
        self.app = create_app(demo.settings(), self.services)
        self.server: BaseWSGIServer | None = None
        self.port = 0

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Answers, at the same address as before."""
        self.server = make_server("127.0.0.1", self.port, self.app, threaded=True)
        self.port = self.server.port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Answers nobody any more."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def close(self) -> None:
        self.stop()
        self.services.close()

    def list_key(self, public_key: str) -> None:
        """Has the roots sign a list that names the key as held by the inspector, and takes it up."""
        now = datetime.now(UTC).replace(microsecond=0)
        did = f"did:web:{self.services.settings.identity_host}:issuers:{ISSUER}"
        known = next(key for key in self.services.records.trust.keys_of(did))
        method = VerificationMethod(f"{did}#phone-1", did, PublicKey.from_multibase(public_key))
        entry = TrustKey(method, known.name, INSPECTOR, "record", "holder", known.scope, known.since)
        publish_keys(self.services, self.demo, [entry], now=now)
        with self.app.app_context():
            renew_services()
        self.services = self.app.extensions["langnghe"]

    def stored(self, action: str) -> list[str]:
        """Gives the ids of notices that were made on a phone, in their order."""
        return stored_notices(self.services.database, action)


def stored_notices(database: Database, action: str) -> list[str]:
    """Gives the ids of notices that were made on a phone, in their order."""
    with database.read() as session:
        found = session.execute(
            text("SELECT id FROM records WHERE id LIKE :name ORDER BY issued_at, id"),
            {"name": f"{action}-________________________"},
        )
        return [row.id for row in found]


def photo_of(label: str) -> bytes:
    """Gives a PNG of a label's code on a table."""
    code = Image.open(BytesIO(qr.png(label))).convert("RGB").resize((420, 420))
    table = Image.new("RGB", FRAME, (200, 196, 188))
    table.paste(code, (110, 30))
    output = BytesIO()
    table.save(output, "PNG")
    return output.getvalue()


def _film_of(label: str, path: Path) -> Path:
    """Writes a film in which nothing moves, as a camera file of Chromium: JPEG after JPEG."""
    frame = BytesIO()
    Image.open(BytesIO(photo_of(label))).save(frame, "JPEG", quality=92)
    path.write_bytes(frame.getvalue() * 3)
    return path


@contextmanager
def browser_with_camera(playwright: Playwright, label: str, folder: Path) -> Iterator[Browser]:
    """Gives a browser whose camera looks at a label."""
    film = _film_of(label, folder / "camera.mjpeg")
    browser = playwright.chromium.launch(
        executable_path="/usr/bin/chromium", args=[*ARGUMENTS, f"--use-file-for-fake-video-capture={film}"]
    )
    yield browser
    browser.close()


def lasting_phone(playwright: Playwright, label: str, folder: Path, base: str) -> BrowserContext:
    """Gives a phone that keeps what it has in a folder, as one does whose browser is killed.

    Its camera looks at a label.
    """
    film = _film_of(label, folder / "camera.mjpeg")
    return playwright.chromium.launch_persistent_context(
        folder / "profile",
        executable_path="/usr/bin/chromium",
        args=[*ARGUMENTS, f"--use-file-for-fake-video-capture={film}"],
        base_url=base,
        permissions=["camera"],
        **PHONE,
    )


def kill_browser(folder: Path) -> None:
    """Kills the browser of a lasting phone, which gets no chance to write anything."""
    profile = f"--user-data-dir={folder / 'profile'}"
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it ended while we looked
        if profile in words and not any(word.startswith("--type=") for word in words):
            os.kill(int(process.name), signal.SIGKILL)


def phone(browser: Browser, base: str) -> BrowserContext:
    """Gives a phone that keeps what its pages keep until it is closed; the inspector has signed in on it."""
    context = browser.new_context(**PHONE, base_url=base, permissions=["camera"])
    sign_in_on(context)
    return context


def sign_in_on(context: BrowserContext) -> None:
    """Signs the inspector in, unless her phone remembers that she was."""
    page = context.new_page()
    page.goto("/account/sign-in")
    if page.locator("#password").count():
        page.fill("#name", next(name for name, role in SAMPLE_ACCOUNTS if role == INSPECTOR))
        page.fill("#password", SAMPLE_PASSWORD)
        page.click("main form button")
    page.wait_for_url("**/inspector/pocket*")
    page.close()


def open_pocket(context: BrowserContext, errors: list[str], language: str = "vi") -> Page:
    """Opens the page and waits until it is ready."""
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"/inspector/pocket?lang={language}")
    page.locator("body[data-ready]").wait_for()
    return page
