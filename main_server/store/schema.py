"""The tables. Times are milliseconds since 1970 UTC; `changed_at` is a position, never a clock.

A position counts the commits of this store. Heads that changed after a client's last position
are what it has missed. A revision is the position at which something about a person changed:
what changed after a realm's last revision is what the realm has missed of its people.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    column,
    table,
    text,
)

from realm_protocol.commands import GONE

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

facts = Table(
    "facts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""`epoch`: raised by every restore, so that clients notice. `positions`: given up to this one."""

realms = Table(
    "realms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("key_hash", LargeBinary, nullable=False, unique=True),
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False, index=True),
    Column("realm_id", ForeignKey("realms.id"), nullable=False, index=True),
    Column("display_name", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("operator", Boolean, nullable=False),
    Column("limit_class", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("guest_until", BigInteger),
    Index("ix_people_guest_until", "guest_until", sqlite_where=text("guest_until IS NOT NULL")),
    Column("revision", BigInteger, nullable=False, server_default="0"),
    Column("password_revision", BigInteger, nullable=False, server_default="0"),
    Index("ix_people_realm_id_revision", "realm_id", "revision"),
)
"""`guest_until` is set while somebody is a guest of an open room: when they must go."""

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("realm_id", ForeignKey("realms.id"), nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("device", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("end_reason", Text),
    Column("end_revision", BigInteger),
    Index("ix_sessions_realm_id_end_revision", "realm_id", "end_revision"),
)
"""`expires_at` is the end, past or to come; `end_reason` says why one did not just expire."""

conversations = Table(
    "conversations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("public_id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("address", Text, unique=True),
    Column("realm_id", ForeignKey("realms.id"), index=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("display_name", Text, nullable=False, server_default=""),
    Column("open_from", BigInteger),
    CheckConstraint("(kind = 'private') = (address IS NULL)", name="address"),
)
"""`kind` is private, group, or room: open to everybody, and recorded.

`last_seq`, and `changed_at` where a message has changed it, are written behind with
`message_index`: of messages that have no place in it yet they know nothing.
`address` and `realm_id` are a group's or a room's. Nobody joins or writes once `closed_at` is set.
Who joins may read from `open_from` on; where it is null one is invited, and reads from then on.
"""

memberships = Table(
    "memberships",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id"), primary_key=True),
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("role", Text, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("read", BigInteger, nullable=False),
    Column("delivered", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("joined_seq", BigInteger, nullable=False, server_default="0"),
    Index("ix_memberships_person_id_conversation_id", "person_id", "conversation_id"),
    sqlite_with_rowid=False,
)
"""`role` is owner, admin, member, guest, left or removed: a row stays of those who are gone.

`joined_seq` is the row that says since when; 0 where that wasn't noted yet.
"""


def is_in(table: FromClause = memberships) -> ColumnElement[bool]:
    """Whether a membership is one of those who are in the conversation now."""
    return table.c.role.not_in(GONE)


messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("sender_id", ForeignKey("people.id"), nullable=False),
    Column("key", Text),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    # Key first: keys made by time ascend over all senders, so the index grows at its end.
    UniqueConstraint("key", "sender_id"),
)
"""One row a message, whoever gets it. `key` is null in a system row.

A commit dirties few pages, whoever wrote in it: rows are appended by `id`. To be found by their
conversation they are read through `message_log`.
"""

message_index = Table(
    "message_index",
    metadata,
    Column("conversation_id", ForeignKey("conversations.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("message_id", ForeignKey("messages.id"), nullable=False),
    sqlite_with_rowid=False,
)
"""Where the messages of a conversation are, up to the id that the fact `indexed_to` names.

Written behind, many messages at a time: in each commit it would cost a page for every conversation
in it, and half of main's work where many people write a little.
"""

message_log = table("message_log", *(column(each.name, each.type) for each in messages.c))
"""A view: `messages` by way of their index, and those that have no place in it yet."""

files = Table(
    "files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("file_id", Text, nullable=False, unique=True),
    Column("owner_id", ForeignKey("people.id"), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False, index=True),
    Column("type", Text, nullable=False),
    Column("whole_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_files_owner_id_size", "owner_id", "size"),
)
"""An upload, and once `whole_at` is set a file. Before, `sha256` is what its sender announced."""

message_files = Table(
    "message_files",
    metadata,
    Column("file_row", ForeignKey("files.id"), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)
"""Which messages name a file: whoever may see one of them may open it."""

blocks = Table(
    "blocks",
    metadata,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("blocked_id", ForeignKey("people.id"), primary_key=True),
    sqlite_with_rowid=False,
)

realm_names = Table(
    "realm_names",
    metadata,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("realm_id", ForeignKey("realms.id"), nullable=False),
    sqlite_with_rowid=False,
)
"""What people call the realms on their lists."""

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
)
"""What operators did, and what they should know of. Never a secret."""
