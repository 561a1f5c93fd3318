"""Modules of shop/static that need no page, run in node."""

import json
import subprocess
from pathlib import Path
from typing import Any

__all__ = ["run"]

STATIC = Path(__file__).parents[2] / "shop" / "static"


def run(script: str) -> Any:
    """Gives what a script prints as JSON; `base` is the folder of the static files."""
    text = f"const base = {json.dumps(STATIC.as_uri())};\n{script}"
    command = ["node", "--input-type=module", "-e", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2_000:]
    return json.loads(done.stdout)
