"""Groups: what one is called besides its address, who may enter, and whether it is closed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "conversations", sa.Column("display_name", sa.Text, nullable=False, server_default="")
    )
    for name in ("invite_only", "closed"):
        op.add_column(
            "conversations", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())
        )
