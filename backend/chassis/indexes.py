"""Create and drop indexes without blocking reads and writes of their tables."""

from __future__ import annotations

from typing import Any

from alembic import op
from alembic.operations.ops import CreateIndexOp
from sqlalchemy import text
from sqlalchemy.schema import CreateIndex
from sqlalchemy.util import await_only

INVALID = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT indisvalid"


def create_index(name: str, table: str, columns: list[str], **options: Any) -> None:
    """In a migration: `CREATE INDEX CONCURRENTLY` on PostgreSQL, `CREATE INDEX` elsewhere.

    It first commits what the migration did before. It can be repeated: a valid index stays, and an invalid one that
    an interrupted run left behind is replaced.

    Args:
        options: those of `op.create_index`, such as `postgresql_using`.
    """
    if not _is_postgresql():
        op.create_index(name, table, columns, **options)
        return
    if not op.get_context().as_sql and op.get_bind().scalar(text(INVALID), {"name": name}):
        drop_index(name, table)
    index = CreateIndexOp(name, table, columns, **options, postgresql_concurrently=True).to_index(op.get_context())
    _execute_alone(str(CreateIndex(index, if_not_exists=True).compile(dialect=op.get_context().dialect)))


def drop_index(name: str, table: str) -> None:
    """In a migration: `DROP INDEX CONCURRENTLY` on PostgreSQL, `DROP INDEX` elsewhere; see `create_index`."""
    if not _is_postgresql():
        op.drop_index(name, table)
        return
    quoted = op.get_context().dialect.identifier_preparer.quote(name)
    _execute_alone(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted}")


def _is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _execute_alone(statement: str) -> None:
    """Execute a statement outside a transaction."""
    with op.get_context().autocommit_block():
        if op.get_context().as_sql:
            op.execute(statement)
            return
        # By the driver: SQLAlchemy prepares a statement before it executes it, and outside a transaction a pool such
        # as PgBouncer may send the two steps to different server connections.
        connection = op.get_bind().connection.driver_connection
        await_only(connection.execute(statement))  # type: ignore[union-attr]
