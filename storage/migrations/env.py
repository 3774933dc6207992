"""Alembic's entry: run the migrations on the connection that our code hands over."""

from alembic import context
from sqlalchemy import Connection

from storage.models import Base


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])
