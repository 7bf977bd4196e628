"""The tables of the realm's store. How they are reached is `store`'s."""

import sqlalchemy as sa

metadata = sa.MetaData()

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    sa.Column("session_id", sa.Text, nullable=False),
    sa.Column("person", sa.Integer, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Integer, nullable=False, index=True),
    sa.Column("limit_class", sa.Text, nullable=False),
)
"""Sessions that main has confirmed here: who may go on while the link is away."""

facts = sa.Table(
    "facts",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
)
"""Single numbers: `epoch` of main as last seen, `had_link`, `made_at`."""

line_cursors = sa.Table(
    "line_cursors",
    metadata,
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("dialect", sa.Text, primary_key=True),
    sa.Column("conversation", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
)
"""Up to where an account's programs of a dialect were handed each conversation's messages."""

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("person", sa.Integer, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("command", sa.LargeBinary, nullable=False),
    sa.Column("at", sa.Integer, nullable=False),
    sqlite_autoincrement=True,
)
"""Messages that were answered `at_realm` and that main has not got: packed `SendMessage`s."""

uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("file_id", sa.Text, primary_key=True),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("is_whole", sa.Boolean, nullable=False),
)
"""Files that were taken in while main was away. A whole one stays until main has it."""
