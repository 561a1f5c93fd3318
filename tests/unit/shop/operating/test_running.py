"""The lock of an instance: shops share it, a restore has it alone, and a dead holder leaves none."""

import subprocess
import sys
from pathlib import Path

import pytest

from shop.errors import ConfigurationError
from shop.operating.running import restoring_alone, serving
from tests.conftest import PROJECT

HOLD = """
import sys
from pathlib import Path
from shop.operating.running import serving

with serving(Path(sys.argv[1])):
    print("serving", flush=True)
    sys.stdin.read()
"""


def test_two_shops_may_serve_one_instance(tmp_path: Path) -> None:
    with serving(tmp_path), serving(tmp_path):
        assert (tmp_path / "serving.lock").read_bytes() == b""


def test_a_shop_does_not_start_while_it_is_restored(tmp_path: Path) -> None:
    with restoring_alone(tmp_path), pytest.raises(ConfigurationError) as caught, serving(tmp_path):
        pass
    assert caught.value.code == "INSTANCE_IN_USE"


def test_two_restores_exclude_each_other(tmp_path: Path) -> None:
    with restoring_alone(tmp_path), pytest.raises(ConfigurationError), restoring_alone(tmp_path):
        pass


def test_a_killed_shop_leaves_no_lock(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as shop:
        assert shop.stdout is not None
        assert shop.stdout.readline() == b"serving\n"
        with pytest.raises(ConfigurationError), restoring_alone(tmp_path):
            pass
        shop.kill()
    with restoring_alone(tmp_path):
        assert (tmp_path / "serving.lock").exists()
