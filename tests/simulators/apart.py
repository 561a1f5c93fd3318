"""What a function costs on a file: each in a process of its own, so that the figures are its alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

__all__ = ["measured", "needs_proc"]

PROJECT = Path(__file__).parents[2]

# The peak is not taken from `getrusage`, which on Linux begins with what the parent had when it forked.
MEASURE = """
import importlib, json, multiprocessing, sys, time
from pathlib import Path
from shop.errors import ShopError
from traceability.errors import TraceabilityError
module, name = sys.argv[1].split(":")
function = getattr(importlib.import_module(module), name)
def plain(made):
    drawn = made.values() if isinstance(made, dict) else made
    return [one if isinstance(one, str) else one.data.hex() for one in drawn]
def measure(path):
    data = Path(path).read_bytes()
    Path("/proc/self/clear_refs").write_text("5")
    began = time.process_time()
    try:
        made, code = plain(function(data)), None
    except (ShopError, TraceabilityError) as error:
        made, code = [], error.code
    seconds = time.process_time() - began
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return {"code": code, "made": made, "seconds": seconds, "peak": peak * 1024}
with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
    print(json.dumps(dict(zip(sys.argv[2:], pool.map(measure, sys.argv[2:], chunksize=1)))))
"""

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from Linux's /proc")


def measured(function, paths):
    """What a function of one picture's bytes makes of each file: its texts, or its pictures in hex.

    With the code of its error, processor seconds, and the peak of memory in bytes, the interpreter's 20 MB
    among them.

    Args:
        function: `module:name`.
        paths: of files.
    """
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, function, *map(str, paths)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout)
