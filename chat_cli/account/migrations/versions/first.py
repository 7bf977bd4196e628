"""The first schema: log, outbox, events, and the full-text index over the log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _integer(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def upgrade() -> None:
    _make_identity()
    _make_log()
    _make_outbox()
    _make_search()


def _make_identity() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1", name="one_account")),
        _text("address"),
        _text("realm_url"),
        _text("session_id"),
        _text("session_token"),
        _text("session_state"),
        _text("ended_reason"),
        _text("superseded_session"),
        _integer("signed_in_at"),
        _integer("epoch"),
        _integer("position"),
        _integer("events_pruned_to"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "account_tokens",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        _integer("created_at"),
    )


def _make_log() -> None:
    numbers = (
        "first_seq",
        "last_seq",
        "floor",
        "have",
        "read",
        "read_at_main",
        "delivered",
        "peer_read",
        "peer_delivered",
    )
    op.create_table(
        "conversations",
        sa.Column("conversation", sa.Text, primary_key=True),
        _text("kind"),
        _text("name"),
        _text("role"),
        *map(_integer, numbers),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("conversation"),
        _integer("seq"),
        _text("key"),
        _text("kind"),
        _text("sender"),
        _text("text"),
        _integer("sent_at"),
        _integer("at"),
        sa.UniqueConstraint("conversation", "seq", name="one_row_per_seq"),
    )
    op.create_index("messages_by_key", "messages", ["sender", "key"])
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("type"),
        _text("data"),
        _integer("at"),
        sqlite_autoincrement=True,
    )


def _make_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        _integer("ordinal"),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        _text("asked_to"),
        _text("target"),
        _text("conversation"),
        _text("text"),
        _integer("sent_at"),
        _text("state"),
        sa.Column("seq", sa.Integer),
        sa.Column("refusal", sa.Text),
    )
    op.create_index("outbox_by_conversation", "outbox", ["conversation", "ordinal"])


def _make_search() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE search USING fts5"
        "(text, content='messages', content_rowid='id', tokenize='unicode61 remove_diacritics 2')"
    )
    op.execute(
        "CREATE TRIGGER message_indexed AFTER INSERT ON messages WHEN new.kind != 'system' BEGIN"
        " INSERT INTO search (rowid, text) VALUES (new.id, new.text); END"
    )
    op.execute(
        "CREATE TRIGGER message_unindexed AFTER DELETE ON messages WHEN old.kind != 'system' BEGIN"
        " INSERT INTO search (search, rowid, text) VALUES ('delete', old.id, old.text); END"
    )
