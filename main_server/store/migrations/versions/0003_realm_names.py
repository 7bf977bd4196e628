"""What people call the realms on their lists."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "realm_names",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("realm_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_realm_names_person_id")
        ),
        sa.ForeignKeyConstraint(["realm_id"], ["realms.id"], name=op.f("fk_realm_names_realm_id")),
        sa.PrimaryKeyConstraint("person_id", "name", name=op.f("pk_realm_names")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("realm_names")
