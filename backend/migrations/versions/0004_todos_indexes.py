"""Indexes for each order of a listing, and for search.

The orders get the id, which decides between equals; the two indexes without it are not needed then. Search uses the
extension pg_trgm, which PostgreSQL trusts: a role with CREATE in its database may make it.

Revision ID: 0004
Revises: 0003
"""

from alembic import op

from chassis.indexes import create_index, drop_index

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ORDERS = {
    "ix_todos_created_at_id": ["created_at", "id"],
    "ix_todos_completed_created_at_id": ["completed", "created_at", "id"],
    "ix_todos_updated_at_id": ["updated_at", "id"],
    "ix_todos_due_at_id": ["due_at", "id"],
    "ix_todos_title_id": ["title", "id"],
}
BEFORE = {"ix_todos_completed_created_at": ["completed", "created_at"], "ix_todos_updated_at": ["updated_at"]}
TRIGRAMS = {"title": "gin_trgm_ops", "description": "gin_trgm_ops"}


def upgrade() -> None:
    for name, columns in ORDERS.items():
        create_index(name, "todos", columns)
    for name in BEFORE:
        drop_index(name, "todos")
    if op.get_context().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        create_index("ix_todos_search", "todos", list(TRIGRAMS), postgresql_using="gin", postgresql_ops=TRIGRAMS)


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        drop_index("ix_todos_search", "todos")
        op.execute("DROP EXTENSION IF EXISTS pg_trgm")
    for name, columns in BEFORE.items():
        create_index(name, "todos", columns)
    for name in ORDERS:
        drop_index(name, "todos")
