"""Alembic's way into the database: the connection that app.migrate holds."""

from alembic import context

from app.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table only by copying it
    compare_type=True,
)
context.run_migrations()
