"""The index by which a user's last conversations are found.

Revision ID: 0005
Revises: 0004
"""

from chassis.indexes import create_index, drop_index

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAME = "ix_conversations_owner_id_created_at"


def upgrade() -> None:
    create_index(NAME, "conversations", ["owner_id", "created_at"])


def downgrade() -> None:
    drop_index(NAME, "conversations")
