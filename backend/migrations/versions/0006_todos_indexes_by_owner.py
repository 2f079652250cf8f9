"""Indexes for each order of one owner's listing; those for all users' todos are not needed any more.

The version before, while it still runs, answers without its indexes, and more slowly.

Revision ID: 0006
Revises: 0005
"""

from alembic import op

from chassis.indexes import create_index, drop_index

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ORDERS = (["created_at"], ["completed", "created_at"], ["updated_at"], ["due_at"], ["title"])
OWNER = "fk_todos_owner_id_users"


def upgrade() -> None:
    for columns in ORDERS:
        create_index(_name("owner_id", *columns), "todos", ["owner_id", *columns, "id"])
        drop_index(_name(*columns), "todos")
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE todos VALIDATE CONSTRAINT {OWNER}")  # of 0005; reads and writes go on


def downgrade() -> None:
    for columns in ORDERS:
        create_index(_name(*columns), "todos", [*columns, "id"])
        drop_index(_name("owner_id", *columns), "todos")


def _name(*columns: str) -> str:
    return f"ix_todos_{'_'.join(columns)}_id"
