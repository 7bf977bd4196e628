"""Files: what a message says of one, and those that are on their way to main."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def upgrade() -> None:
    op.add_column("messages", sa.Column("file", sa.Text))
    op.add_column("outbox", sa.Column("file", sa.Text))
    op.create_index(
        "messages_with_file", "messages", ["at"], sqlite_where=sa.text("file IS NOT NULL")
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        _text("asked_to"),
        _text("target"),
        _text("conversation"),
        _text("name"),
        sa.Column("size", sa.Integer, nullable=False),
        _text("type"),
        _text("sha256"),
        sa.Column("picture", sa.Text),
        sa.Column("file_id", sa.Text),
        _text("state"),
        sa.Column("refusal", sa.Text),
        sa.Column("created_at", sa.Integer, nullable=False),
    )
