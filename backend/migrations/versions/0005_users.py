"""Users, their sessions, and the owner of each todo.

The version before makes todos without an owner while it still runs: the column can be null.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OWNER = "fk_todos_owner_id_users"


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
    if op.get_context().dialect.name == "postgresql":
        op.add_column("todos", sa.Column("owner_id", sa.Uuid()))
        # Not checked here, where that would lock the table: 0006 does so.
        op.create_foreign_key(
            OWNER, "todos", "users", ["owner_id"], ["id"], ondelete="CASCADE", postgresql_not_valid=True
        )
    else:
        with op.batch_alter_table("todos") as todos:
            todos.add_column(sa.Column("owner_id", sa.Uuid()))
            todos.create_foreign_key(OWNER, "users", ["owner_id"], ["id"], ondelete="CASCADE")


def downgrade() -> None:
    with op.batch_alter_table("todos") as todos:
        todos.drop_constraint(OWNER, type_="foreignkey")
        todos.drop_column("owner_id")
    op.drop_table("sessions")
    op.drop_table("users")
