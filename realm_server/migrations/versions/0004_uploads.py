"""Files that the realm takes in while main is away, and keeps until main has them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("file_id", sa.Text, primary_key=True),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("is_whole", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("uploads")
