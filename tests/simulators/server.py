"""The real shop as a process of its own, and the phone that looks at it."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import URLError

from tests.conftest import PASSPHRASE, PROJECT, Demo

__all__ = ["PHONE", "Server", "server_over"]

PHONE: dict[str, Any] = {
    "locale": "vi-VN",
    "timezone_id": "Asia/Ho_Chi_Minh",
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}
READY_S = 90


class Server:
    """The shop as a process of its own, as `make run` starts it."""

    def __init__(self, folder: Path, **variables: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.folder = folder
        kept = {
            name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}
        }
        environment = {**kept, "LANGNGHE_DATA_DIR": str(folder), "PORT": str(self.port), **variables}
        command = [sys.executable, "-m", "shop.cli", "serve"]
        if (script := Path(sys.executable).with_name("langnghe")).exists():
            command = [str(script), "serve"]
        self.log = folder.parent / f"{folder.name}-{self.port}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=PROJECT, env=environment, stdout=output, stderr=output, start_new_session=True
            )

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_until_ready(self, seconds: float = READY_S) -> float:
        """Gives the seconds that the first answer took."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            if self.process.poll() is not None:
                raise AssertionError(self.log.read_text(encoding="utf-8"))
            try:
                with urllib.request.urlopen(f"{self.base}/healthz", timeout=2):
                    return time.monotonic() - started
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        raise AssertionError(f"no answer in {seconds} s: {self.log.read_text(encoding='utf-8')}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Sends the signal and gives the exit status."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        return self.process.wait(timeout=20)


def server_over(demo: Demo) -> Server:
    """Starts the shop over a demo."""
    return Server(demo.folder, DATABASE_URL=demo.database_url, LANGNGHE_KEY_PASSPHRASE=PASSPHRASE)
