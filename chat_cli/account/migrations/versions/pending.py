"""Messages that the realm keeps: one's own in the outbox, and those of others."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def upgrade() -> None:
    op.add_column("outbox", sa.Column("position", sa.Integer))
    op.create_table(
        "pending",
        sa.Column("id", sa.Integer, primary_key=True),
        _integer("position"),
        _text("conversation"),
        _text("target"),
        _text("key"),
        _text("kind"),
        _text("sender"),
        _text("text"),
        _integer("sent_at"),
        sa.Column("file", sa.Text),
        _text("state"),
        sa.Column("refusal", sa.Text),
        _integer("is_read"),
        _integer("after_seq"),
        sa.UniqueConstraint("sender", "key", name="one_row_per_key"),
    )
    op.create_index("pending_by_conversation", "pending", ["conversation", "position"])
