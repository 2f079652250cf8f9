"""Whether an answer was made to its end and to which question, and what a conversation can take back.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("finished", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("messages", sa.Column("answer_to", sa.Uuid()))
    op.add_column("messages", sa.Column("idempotency_key", sa.String(255)))
    op.add_column("messages", sa.Column("answering_until", sa.DateTime(timezone=True)))
    op.create_table(
        "changes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "conversation_id", sa.Uuid(), sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("todo_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_changes_conversation_id_created_at", "changes", ["conversation_id", "created_at"])


def downgrade() -> None:
    op.drop_table("changes")
    with op.batch_alter_table("messages") as messages:
        for name in ("answering_until", "idempotency_key", "answer_to", "finished"):
            messages.drop_column(name)
