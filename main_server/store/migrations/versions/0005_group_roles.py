"""Groups that are governed: names, who may enter, since when each member is in."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_GIVE_EACH_GROUP_AN_OWNER = """
UPDATE memberships SET role = 'owner' WHERE (conversation_id, person_id) IN (
  SELECT m.conversation_id, min(m.person_id) FROM memberships m
  JOIN conversations c ON c.id = m.conversation_id
  WHERE c.kind = 'group' AND m.role != 'left' AND NOT EXISTS (
    SELECT 1 FROM memberships o WHERE o.conversation_id = c.id AND o.role = 'owner')
  GROUP BY m.conversation_id)
"""
"""Owners could leave, and nobody followed them."""


def upgrade() -> None:
    op.add_column(
        "conversations", sa.Column("display_name", sa.Text(), nullable=False, server_default="")
    )
    op.add_column("conversations", sa.Column("open_from", sa.BigInteger(), nullable=True))
    op.execute("UPDATE conversations SET open_from = 1")
    op.add_column(
        "memberships", sa.Column("joined_seq", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.execute(_GIVE_EACH_GROUP_AN_OWNER)
