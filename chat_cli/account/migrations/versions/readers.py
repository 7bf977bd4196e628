"""Named readers: what has arrived, in its order, and how far each reader has got."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "arrivals",
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("identity", sa.Text, nullable=False, unique=True),
        sa.Column("conversation", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer),
        sa.Column("lost", sa.Text),
    )
    op.create_table(
        "readers",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("acknowledged", sa.Integer, nullable=False),
        sa.Column("handed", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Integer, nullable=False),
    )
    op.create_index("messages_by_time", "messages", ["at"])
    # Which of one's own messages came from other devices was not kept: a reader from the start
    # gets others' only.
    op.execute(
        "INSERT OR IGNORE INTO arrivals (identity, conversation, seq)"
        " SELECT CASE kind WHEN 'system' THEN conversation || ' ' || seq || ' ' || at"
        "  ELSE sender || ' ' || key END, conversation, seq FROM messages"
        " WHERE kind = 'system' OR sender NOT IN (SELECT address FROM account) ORDER BY id"
    )
