"""The shop's commands: what the machine refuses is one line, and lost files come back."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from shop.commands import demo
from tests.conftest import Demo


def _run(demo_of: Demo | None, **variables: str) -> Result:
    settings = {} if demo_of is None else {"DATABASE_URL": demo_of.database_url}
    folder = {} if demo_of is None else {"LANGNGHE_DATA_DIR": str(demo_of.folder)}
    return CliRunner().invoke(demo, [], env={**settings, **folder, **variables})


def test_file_in_place_of_the_data_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    result = _run(None, LANGNGHE_DATA_DIR=str(tmp_path / "data"), DATABASE_URL="")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("langnghe: FILE_ERROR: ")
    assert "exists" in result.stderr


def test_host_that_no_label_can_carry_freezes_nothing(tmp_path: Path) -> None:
    result = _run(None, LANGNGHE_DATA_DIR=str(tmp_path / "data"), IDENTITY_HOST="1.2.3.4", DATABASE_URL="")
    assert result.exit_code == 2
    assert "IDENTITY_HOST" in result.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
def test_lost_roots_come_back_and_are_named(own_demo: Demo) -> None:
    before = (own_demo.folder / "roots.txt").read_bytes()
    (own_demo.folder / "roots.txt").unlink()
    result = _run(own_demo)
    assert result.exit_code == 0
    assert "roots.txt was missing" in result.stderr
    assert (own_demo.folder / "roots.txt").read_bytes() == before
