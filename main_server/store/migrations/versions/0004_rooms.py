"""Open rooms and their guests; conversations that are closed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("conversations", recreate="always") as conversations:
        conversations.add_column(sa.Column("closed_at", sa.BigInteger(), nullable=True))
        conversations.drop_constraint(op.f("ck_conversations_address"), type_="check")
        conversations.create_check_constraint(
            op.f("ck_conversations_address"), "(kind = 'private') = (address IS NULL)"
        )
    op.add_column("people", sa.Column("guest_until", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_people_guest_until",
        "people",
        ["guest_until"],
        sqlite_where=sa.text("guest_until IS NOT NULL"),
    )
