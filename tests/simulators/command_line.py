"""The command line of the library, as a user without settings of their own calls it."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from traceability.cli import main

__all__ = ["objects", "run"]


def run(*arguments: str | Path, stdin: bytes | None = None, **variables: str) -> Result:
    """Runs a command that may end only as commands end."""
    # A folder that cannot exist stands for the user's own settings, so that no pinned roots are found.
    env = {"XDG_CONFIG_HOME": "/nonexistent", **variables}
    result = CliRunner().invoke(main, [str(item) for item in arguments], input=stdin, env=env)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def objects(result: Result) -> list[dict[str, Any]]:
    """Gives the JSON objects of an answer, one a line."""
    return [json.loads(line) for line in result.stdout.splitlines()]
