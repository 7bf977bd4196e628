"""The tables of the replica's file. What main can tell again is in `REPLICA`; the rest is ours."""

import sqlalchemy as sa

VERSION = 4
"""Of the tables of `REPLICA`: of another version they are made anew, and filled by main."""

metadata = sa.MetaData()

facts = sa.Table(
    "facts",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
)
"""`epoch` of main, and its `revision` up to which everything is known."""

people = sa.Table(
    "people",
    metadata,
    sa.Column("person", sa.Integer, primary_key=True),
    sa.Column("address", sa.Text, nullable=False, unique=True),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("country", sa.Text, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("limit_class", sa.Text, nullable=False),
    sa.Column("password_revision", sa.Integer, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("blocked", sa.LargeBinary, nullable=False),
)
"""`blocked` is packed: persons."""

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("person", sa.Integer, primary_key=True),
    sa.Column("conversation", sa.Text, primary_key=True, index=True),
    sa.Column("is_in", sa.Boolean, nullable=False),
    sa.Column("head", sa.LargeBinary, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""The `head` is packed; how far its conversation has got since, `conversations` knows."""

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("conversation", sa.Text, primary_key=True),
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("held_from", sa.Integer, nullable=False, server_default="1"),
    sa.Column("held_to", sa.Integer, nullable=False, server_default="0"),
    sa.Column("held_bytes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("touched_at", sa.Integer, nullable=False, server_default="0", index=True),
    sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
    sa.Index("ix_conversations_behind", "revision", sqlite_where=sa.text("last_seq > held_to")),
    sqlite_with_rowid=False,
)
"""Messages from `held_from` to `held_to` are held without a hole; none where it lies behind.

`touched_at` is when one was written last, in milliseconds.
"""

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("conversation", sa.Text, primary_key=True),
    sa.Column("first_seq", sa.Integer, primary_key=True),
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("events", sa.LargeBinary, nullable=False),
)
"""Runs of them, as they were written: a frame of the packed events that their readers got."""

files = sa.Table(
    "files",
    metadata,
    sa.Column("file_id", sa.Text, primary_key=True),
    sa.Column("conversation", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Index("ix_files_message", "conversation", "seq"),
    sqlite_with_rowid=False,
)
"""Which of `messages` name a file."""

REPLICA = [facts, people, memberships, conversations, messages, files]

verifiers = sa.Table(
    "verifiers",
    metadata,
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("password_revision", sa.Integer, nullable=False),
    sa.Column("ends_at", sa.Integer, nullable=False),
)
"""Made here at a sign-in that main let pass: who may sign in while main is away."""

made_sessions = sa.Table(
    "made_sessions",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("session_id", sa.Text, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("password_revision", sa.Integer, nullable=False),
    sa.Column("idle_seconds", sa.Integer, nullable=False),
)
"""Opened here while main was away, and not confirmed by main yet."""
