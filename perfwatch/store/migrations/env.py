"""What Alembic runs to migrate: on the connection, and in the transaction, that it was handed.

It must not open a connection of its own and must not commit.
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
context.run_migrations()
