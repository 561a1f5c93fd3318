"""The command line `langnghe`: one group, whose commands are loaded when they are first asked for.

Exit status: 0 everything asked for is verified; 1 something was checked and is not; 2 wrong usage or
unreadable input. Errors are one line on stderr.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper
from typing import Any

import click
from click.exceptions import NoArgsIsHelpError

from traceability.errors import TraceabilityError

__all__ = ["Failure", "LazyGroup", "main", "printable"]


class Failure(click.ClickException):
    """Wrong usage or unreadable input: one line on stderr, exit status 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """Writes the message as one line, whatever it was put together from."""
        click.echo(f"error: {printable(' '.join(self.message.split()))}", file=file, err=file is None)


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is asked for, and reports errors in one line.

    Commands of other packages are added with `add_lazy("serve", "shop.commands:serve")`.
    """

    def __init__(self, *args: Any, lazy: Mapping[str, str] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._lazy = dict(lazy or {})
        self._below: dict[str, dict[str, str]] = {}

    def add_lazy(self, name: str, target: str) -> None:
        """Adds a command by `module:attribute`; nothing is imported yet.

        Args:
            name: of the command, or `group command` for one below a `LazyGroup` of this group.
            target: where it is.
        """
        group, separator, command = name.partition(" ")
        if separator:
            self._below.setdefault(group, {})[command] = target
        else:
            self._lazy[name] = target

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Gives the names of all commands, sorted."""
        return sorted({*self.commands, *self._lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Gives a command, imported now if need be."""
        target = self._lazy.get(cmd_name)
        if target is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        if isinstance(command, LazyGroup):
            for name, below in self._below.get(cmd_name, {}).items():
                command.add_lazy(name, below)
        return command

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        """Reads the arguments; wrong usage becomes a `Failure`."""
        with _one_line():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; errors of ours and wrong usage become a `Failure`."""
        with _one_line():
            return super().invoke(ctx)


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx is not None else "langnghe"
        raise Failure(f"{error.format_message()} (see {command} --help)") from error
    except TraceabilityError as error:
        raise Failure(f"{error.code}: {error}") from error


def printable(text: str) -> str:
    """Gives `text` with a mark in place of what could steer a terminal or turn the reading order."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


@click.group(
    cls=LazyGroup,
    lazy={
        "key": "traceability.cli.key:key",
        "label": "traceability.cli.label:label",
        "log": "traceability.cli.log:log",
        "record": "traceability.cli.record:record",
        "trust": "traceability.cli.trust:trust",
    },
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.pass_context
def main(ctx: click.Context) -> None:
    """Signed provenance records and labels of craft villages: make them, check them, offline.

    Exit status: 0 everything asked for is verified, 1 something was checked and is not, 2 wrong usage or
    unreadable input.
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show Vietnamese must not stop a verification.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
