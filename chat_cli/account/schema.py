"""The tables of one account's file. The migrations make them; a test keeps the two the same."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
)

metadata = MetaData()

account = Table(
    "account",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_account"), primary_key=True),
    Column("address", Text, nullable=False),
    Column("realm_url", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("session_token", Text, nullable=False),
    # active, ended (by the realm: sign in again) or signed_out (by the person)
    Column("session_state", Text, nullable=False),
    Column("ended_reason", Text, nullable=False),
    # a session that a later login replaced and that the realm has still to be told to end
    Column("superseded_session", Text, nullable=False),
    Column("signed_in_at", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    # the newest event that has been thrown away; readers that stopped before it start anew
    Column("events_pruned_to", Integer, nullable=False),
)

account_tokens = Table(
    "account_tokens",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("created_at", Integer, nullable=False),
)

conversations = Table(
    "conversations",
    metadata,
    Column("conversation", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("first_seq", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),
    # up to where this device holds the log without a hole, above the floor
    Column("floor", Integer, nullable=False),
    Column("have", Integer, nullable=False),
    # what this device has read; main knows of it up to read_at_main
    Column("read", Integer, nullable=False),
    Column("read_at_main", Integer, nullable=False),
    Column("delivered", Integer, nullable=False),
    Column("peer_read", Integer, nullable=False),
    Column("peer_delivered", Integer, nullable=False),
    # what a group is called besides its address, who may enter it, whether it can only be read
    Column("display_name", Text, nullable=False, server_default=""),
    Column("invite_only", Boolean, nullable=False, server_default=false()),
    Column("closed", Boolean, nullable=False, server_default=false()),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("sent_at", Integer, nullable=False),
    Column("at", Integer, nullable=False),
    # of a file's message, whose text is the file's name: the rest, as JSON
    Column("file", Text),
    # of a system row, whose text is a sentence: what changed, as JSON
    Column("change", Text),
    UniqueConstraint("conversation", "seq", name="one_row_per_seq"),
)
Index("messages_by_key", messages.c.sender, messages.c.key)
Index("messages_by_time", messages.c.at)
Index("messages_with_file", messages.c.at, sqlite_where=messages.c.file.is_not(None))

# Conversations of which the person wants to hear less; also one that main doesn't know yet.
muted = Table("muted", metadata, Column("conversation", Text, primary_key=True))

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    # order within the conversation; what a restored main has lost goes before what is newer
    Column("ordinal", Integer, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("asked_to", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("conversation", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("sent_at", Integer, nullable=False),
    # saved; at_realm (the realm keeps it); accepted (main has it, its row is still to be fetched);
    # checking (main was restored, perhaps it has it still); refused
    Column("state", Text, nullable=False),
    Column("seq", Integer),
    Column("refusal", Text),
    # as in `messages`
    Column("file", Text),
    # its place in the realm's outbox, once it was there
    Column("position", Integer),
)
Index("outbox_by_conversation", outbox.c.conversation, outbox.c.ordinal)

# What others wrote, and oneself on other devices, while the realm couldn't reach main.
pending = Table(
    "pending",
    metadata,
    Column("id", Integer, primary_key=True),
    # its place in the realm's outbox
    Column("position", Integer, nullable=False),
    Column("conversation", Text, nullable=False),
    # whom the conversation is with, as this person sees it
    Column("target", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("sent_at", Integer, nullable=False),
    Column("file", Text),
    # at_realm; withdrawn (main refused it: it was seen at this site only)
    Column("state", Text, nullable=False),
    Column("refusal", Text),
    Column("is_read", Integer, nullable=False),
    # the row of the log that was the last when it was seen
    Column("after_seq", Integer, nullable=False),
    UniqueConstraint("sender", "key", name="one_row_per_key"),
)
Index("pending_by_conversation", pending.c.conversation, pending.c.position)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("type", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("at", Integer, nullable=False),
    sqlite_autoincrement=True,
)

# Every message of others, and one's own from other devices, in the order in which they became
# known here. Nothing is ever taken out: a reader that comes back after a year finds its place.
arrivals = Table(
    "arrivals",
    metadata,
    Column("place", Integer, primary_key=True),
    # the same message after a restore of main, which may number it anew
    Column("identity", Text, nullable=False, unique=True),
    Column("conversation", Text, nullable=False),
    # null: main has given it none yet, or a restored main has lost it
    Column("seq", Integer),
    # such a message as it is, or was, for readers that haven't read it
    Column("lost", Text),
)

readers = Table(
    "readers",
    metadata,
    Column("name", Text, primary_key=True),
    # places in `arrivals`: done with, and given out
    Column("acknowledged", Integer, nullable=False),
    Column("handed", Integer, nullable=False),
    Column("created_at", Integer, nullable=False),
)

# Files on their way to main. Their bytes lie in the spool; when main has them whole, the file's
# message goes into the outbox.
uploads = Table(
    "uploads",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("asked_to", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("conversation", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    # JSON of what a picture is, `{}` of none; null as long as nobody has looked
    Column("picture", Text),
    # what main calls it, once it was begun there; it keeps the bytes that it has for a day
    Column("file_id", Text),
    # going; cancelled (by the person, who may go on with it); refused; done (in the outbox)
    Column("state", Text, nullable=False),
    Column("refusal", Text),
    Column("created_at", Integer, nullable=False),
)
