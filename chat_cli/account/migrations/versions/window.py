"""What windows need: muted conversations, and what a system row says, beside its sentence."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("change", sa.Text))
    op.create_table("muted", sa.Column("conversation", sa.Text, primary_key=True))
