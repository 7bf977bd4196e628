"""Where each message of a conversation is, written behind: the index leaves the table."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_MESSAGE_LOG = """
CREATE VIEW message_log AS
SELECT i.conversation_id, i.seq, m.id, m.sender_id, m.key, m.kind, m.body, m.sent_at, m.at
FROM message_index i JOIN messages m ON m.id = i.message_id
UNION ALL
SELECT m.conversation_id, m.seq, m.id, m.sender_id, m.key, m.kind, m.body, m.sent_at, m.at
FROM messages m WHERE m.id > (SELECT value FROM facts WHERE name = 'indexed_to')
"""


def upgrade() -> None:
    op.create_table(
        "message_index",
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_message_index_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_message_index_message_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "seq", name=op.f("pk_message_index")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO message_index SELECT conversation_id, seq, id FROM messages ORDER BY 1, 2"
    )
    op.execute("DELETE FROM facts WHERE name = 'indexed_to'")
    op.execute(
        "INSERT INTO facts (name, value) SELECT 'indexed_to', coalesce(max(id), 0) FROM messages"
    )
    with op.batch_alter_table("messages") as batch:
        batch.drop_constraint("uq_messages_conversation_id_seq", type_="unique")
    op.execute(_MESSAGE_LOG)


def downgrade() -> None:
    op.execute("DROP VIEW message_log")
    with op.batch_alter_table("messages") as batch:
        batch.create_unique_constraint(
            "uq_messages_conversation_id_seq", ["conversation_id", "seq"]
        )
    op.execute("DELETE FROM facts WHERE name = 'indexed_to'")
    op.drop_table("message_index")
