"""Users, their sessions and their todos.

A user's todos are in a table of their own: the version before, which runs beside this one and after a rollback, shows
every row of `todos` to everybody.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ORDERS = (["created_at"], ["completed", "created_at"], ["updated_at"], ["due_at"], ["title"])
TRIGRAMS = {"title": "gin_trgm_ops", "description": "gin_trgm_ops"}


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "user_todos",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("owner_id", sa.Uuid(), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("completed", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    for columns in ORDERS:
        name = f"ix_user_todos_owner_id_{'_'.join(columns)}_id"
        op.create_index(name, "user_todos", ["owner_id", *columns, "id"])
    if op.get_context().dialect.name == "postgresql":
        op.create_index(
            "ix_user_todos_search", "user_todos", list(TRIGRAMS), postgresql_using="gin", postgresql_ops=TRIGRAMS
        )


def downgrade() -> None:
    for table in ("user_todos", "sessions", "users"):
        op.drop_table(table)
