"""Running the migrations in this process, inside a transaction that the caller has begun.

Alembic finds the scripts in `versions` beside this file and runs them through `env.py`.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

__all__ = ["downgrade", "is_at_head", "upgrade"]


def is_at_head(connection: Connection) -> bool:
    """Says whether the tables have the newest form already."""
    current = MigrationContext.configure(connection).get_current_heads()
    return set(current) == set(ScriptDirectory.from_config(_config(connection)).get_heads())


def upgrade(connection: Connection) -> None:
    """Brings the tables to the newest form; does nothing where they have it."""
    command.upgrade(_config(connection), "head")


def downgrade(connection: Connection, revision: str) -> None:
    """Takes the tables back to `revision`, or to none with `base`. It deletes data."""
    command.downgrade(_config(connection), revision)


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    # A percent sign begins an interpolation in Alembic's settings.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
