"""`langnghe log`: the group; each command is a module of its own, imported when it is asked for.

What needs the log's database is added by the shop.
"""

import click

from traceability.cli import LazyGroup

__all__ = ["log"]


@click.group(
    cls=LazyGroup,
    lazy={
        "audit": "traceability.cli.log_audit:audit",
        "check": "traceability.cli.log_check:check",
        "cosign": "traceability.cli.log_cosign:cosign",
    },
)
def log() -> None:
    """Check a public log from outside, and cosign its checkpoints."""
