"""When something about a person changed: realms catch up with it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    for name in ("revision", "password_revision"):
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")
        op.add_column("people", column)
    op.add_column("sessions", sa.Column("end_revision", sa.BigInteger(), nullable=True))
    op.execute("UPDATE sessions SET end_revision = 0 WHERE end_reason IS NOT NULL")
    op.create_index("ix_people_realm_id_revision", "people", ["realm_id", "revision"])
    op.create_index("ix_sessions_realm_id_end_revision", "sessions", ["realm_id", "end_revision"])


def downgrade() -> None:
    op.drop_index("ix_sessions_realm_id_end_revision", "sessions")
    op.drop_index("ix_people_realm_id_revision", "people")
    op.drop_column("sessions", "end_revision")
    op.drop_column("people", "password_revision")
    op.drop_column("people", "revision")
