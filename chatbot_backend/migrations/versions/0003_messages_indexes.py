"""Indexes by which the answer to a question, and the question of a key, are found.

Revision ID: 0003
Revises: 0002
"""

from chassis.indexes import create_index, drop_index

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEYS = "ix_messages_conversation_id_idempotency_key"


def upgrade() -> None:
    create_index("ix_messages_answer_to", "messages", ["answer_to"])
    create_index(KEYS, "messages", ["conversation_id", "idempotency_key"], unique=True)


def downgrade() -> None:
    drop_index(KEYS, "messages")
    drop_index("ix_messages_answer_to", "messages")
