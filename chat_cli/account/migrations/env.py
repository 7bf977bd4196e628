"""Alembic's entry: runs the migrations on the connection that `store` hands over."""

from alembic import context

from chat_cli.account.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    # The store has begun the transaction and commits it.
    transaction_per_migration=False,
)
context.run_migrations()
