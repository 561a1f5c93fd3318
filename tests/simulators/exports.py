"""A static export of a demo, and what a browser needs to look at it with nothing else running."""

import json
import random
import re
import socket
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from playwright.sync_api import Page, Route

from shop.app import create_app
from shop.services.exporting.static import write_export
from shop.web.static_pages import export_source
from tests.conftest import PASSPHRASE, Demo, services_over

__all__ = ["Checker", "environment", "flip", "hand_over", "make_export", "needed", "served"]

_SCRIPT = re.compile(rb'langnghe\.evidence\("([\w/.-]+)","([0-9a-f]{64})","([A-Za-z0-9+/=]+)"\)')


def make_export(demo: Demo, folder: Path, made_at: datetime) -> Path:
    """Writes the export of a demo, as the command does, at a given moment."""
    with services_over(demo) as services:
        app = create_app(demo.settings(), services)
        write_export(folder, export_source(services, app, made_at=made_at))
    return folder


def environment(demo: Demo) -> dict[str, str]:
    """Gives the variables by which a command finds a demo."""
    return {
        "LANGNGHE_DATA_DIR": str(demo.folder),
        "DATABASE_URL": demo.database_url,
        "LANGNGHE_KEY_PASSPHRASE": PASSPHRASE,
    }


def hand_over(script: bytes) -> tuple[str, dict[str, Any]]:
    """Gives the name and the data that an evidence script hands over."""
    match = _SCRIPT.fullmatch(script)
    assert match is not None, script[:100]
    return match[1].decode(), json.loads(b64decode(match[3]))


def needed(folder: Path, label_path: str) -> list[Path]:
    """Gives the evidence files that checking a label's lot takes."""
    names, found = ["trust", f"lot/{label_path.strip('/').replace('/', '_')}"], list[Path]()
    for name in names:  # grows while it is walked
        found.append(folder / "evidence" / f"{name}.js")
        _, data = hand_over(found[-1].read_bytes())
        names += [other for other in data.get("needs", ()) if other not in names]
    return found


def flip(path: Path, chance: random.Random) -> None:
    """Flips one bit of a file."""
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Gives the address of a plain static server over a folder, which is no part of the project."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "-d", str(folder)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, **quiet)  # type: ignore[call-overload]
    try:
        _wait_for(f"http://127.0.0.1:{port}/README.txt")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _wait_for(address: str) -> None:
    for _ in range(200):
        try:
            with urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{address} does not answer")


class Checker:
    """The checker in a browser, where nothing answers but the export itself."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.asked_elsewhere: list[str] = []
        self.errors: list[str] = []
        page.route("**/*", self._only_the_export)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)

    def _only_the_export(self, route: Route) -> None:
        if route.request.url.startswith(f"{self.base}/"):
            route.continue_()
        else:
            self.asked_elsewhere.append(route.request.url)
            route.abort()

    def check(self, text: str, language: str = "") -> str:
        """Gives the band's shape, such as `verified`, after a fresh page has checked a label."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.base}/{language}check/index.html#code={text}")
        return self.shape()

    def shape(self) -> str:
        """Gives the shape of the band that is shown: `verified`, `caution`, `revoked` and so on."""
        band = self.page.locator("#band section.verdict")
        band.wait_for()
        classes = band.get_attribute("class") or ""
        return classes.split("is-")[1]
