"""Alembic runs this file for every command, on the connection that `shop.db.migrations` hands over."""

from alembic import context

from shop.db import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
