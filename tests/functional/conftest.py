"""Fixtures that several functional tests share."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from shop.cli import main
from tests.conftest import Demo
from tests.simulators.exports import environment


@pytest.fixture(scope="session")
def export(live_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A static export of the demo, as the command writes it; to be read only."""
    folder = tmp_path_factory.mktemp("export") / "out"
    result = CliRunner().invoke(main, ["export-static", str(folder)], env=environment(live_demo))
    assert (result.exit_code, result.output.count("\n")) == (0, 1), result.output
    return folder
