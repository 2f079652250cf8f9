"""An index for those who follow the changes.

Writes wait while it is made, about a second for a million todos. A larger table wants CREATE INDEX CONCURRENTLY, by hand before.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_todos_updated_at", "todos", ["updated_at"])


def downgrade() -> None:
    op.drop_index("ix_todos_updated_at", "todos")
