"""Fixtures that several functional tests share."""

from pathlib import Path

import pytest

from tests.conftest import Demo
from tests.simulators.exports import make_export


@pytest.fixture(scope="session")
def export(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A static export of the demo, to be read only."""
    return make_export(live_demo, tmp_path_factory.mktemp("export") / "out")
