"""Fixtures that several functional tests share."""

import os
import random
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, sync_playwright

from shop.cli import main
from tests.conftest import Demo
from tests.simulators.exports import environment
from traceability.labels.code import LabelCode
from traceability.labels.code import parse as parse_label

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()


@pytest.fixture(scope="session")
def export(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A static export of the demo, as the command writes it; to be read only."""
    folder = tmp_path_factory.mktemp("export") / "out"
    result = CliRunner().invoke(main, ["export-static", str(folder)], env=environment(live_demo))
    assert (result.exit_code, result.output.count("\n")) == (0, 1), result.output
    return folder


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser of this machine; where CI=true none may be missing."""
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{CHROMIUM} is missing, and CI=true allows no browser test to skip")
        pytest.skip(f"{CHROMIUM} is missing")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def chance() -> random.Random:
    """Chance with a seed that is shown when the test fails."""
    seed = secrets.randbits(32)
    sys.stderr.write(f"seed of the damage: {seed}\n")
    return random.Random(seed)


@pytest.fixture(scope="session")
def label(labels: list[str]) -> LabelCode:
    """A sealed label whose papers are all in order."""
    return next(code for code in map(parse_label, labels) if code.gtin == "09520000000011")
