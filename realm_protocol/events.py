"""Events and replies: what a realm tells a client.

A message event of a conversation reaches every session of every member, in the order of `seq`;
the session that sent the message gets the reply instead. After `Heads` and `Synced` a client
fetches from what it has up to each `last_seq`: that is how a lost tail shows.
"""

from typing import Annotated, Any

from msgspec import Meta

from realm_protocol.commands import (
    Conversation,
    Head,
    Key,
    Milliseconds,
    Number,
    PendingMessage,
    Seq,
    StoredMessage,
)
from realm_protocol.names import Address
from realm_protocol.wire import Vocabulary, WireMessage


class Reply(WireMessage, frozen=True, tag=64):
    """The answer to the command of this number; `REPLIES` has the shape of `result`."""

    number: Number
    result: Any
    """Of the shape that the command's section names."""


class Refused(WireMessage, frozen=True, tag=65):
    """The command of this number was refused: a code of the error tree, and its fields."""

    number: Number
    code: str
    fields: dict[str, Any]


class MessageStored(WireMessage, frozen=True, tag=66):
    """A row was added to a conversation. Beyond `have + 1` it shows a hole: fetch first."""

    message: StoredMessage


class WatermarkMoved(WireMessage, frozen=True, tag=67):
    """Somebody's watermarks moved: one's own on another device, or the other's in private."""

    conversation: Conversation
    address: Address
    """Whose."""
    delivered: Seq
    read: Seq


class Heads(WireMessage, frozen=True, tag=68):
    """Where conversations stand: after a connect those that changed, later each new one."""

    heads: Annotated[list[Head], Meta(max_length=1000)]


class Synced(WireMessage, frozen=True, tag=69):
    """All heads that changed before `position` of this `epoch` have been told."""

    epoch: int
    """The epoch of main's store, raised when it was restored from a backup."""
    position: int


class PresenceChanged(WireMessage, frozen=True, tag=70):
    """A person with whom one has a private conversation came or went."""

    address: Address
    """Who."""
    online: bool
    """Whether a session of theirs is connected now."""
    at: Milliseconds


class Typing(WireMessage, frozen=True, tag=71):
    """A person is typing there at this moment."""

    conversation: Conversation
    address: Address
    """Who."""


class LinkChanged(WireMessage, frozen=True, tag=72):
    """From now on main can be reached from the realm, or can't. Heads that it brings, if any, and
    `Synced` follow."""

    up: bool
    since: Milliseconds


class SignedOut(WireMessage, frozen=True, tag=73):
    """This session has ended; the socket closes after it."""

    reason: str


class Draining(WireMessage, frozen=True, tag=74):
    """The realm server is stopping: finish reading, then connect again in a moment."""


class AtRealm(WireMessage, frozen=True, tag=75):
    """Instead of the reply to a `SendMessage`: the realm keeps it, synced to its disk.

    It goes on to main by itself. Its outcome comes as `MessageStored` or `MessageWithdrawn`.
    """

    number: Number
    """The command's."""
    position: Seq
    """As in `PendingMessage`."""


class MessagePending(WireMessage, frozen=True, tag=76):
    """Somebody of this site wrote while main can't be reached: shown behind the log, for now.

    Main's copy comes as `MessageStored` of the same sender and key, or `MessageWithdrawn` does.
    """

    message: PendingMessage


class MessageWithdrawn(WireMessage, frozen=True, tag=77):
    """Main refused a kept message for good: it was seen at this site only."""

    conversation: Conversation
    sender: Address
    """Who wrote it."""
    key: Key
    code: str
    """Of the error tree."""
    fields: dict[str, Any]


ServerMessage = (
    Reply
    | Refused
    | MessageStored
    | WatermarkMoved
    | Heads
    | Synced
    | PresenceChanged
    | Typing
    | LinkChanged
    | SignedOut
    | Draining
    | AtRealm
    | MessagePending
    | MessageWithdrawn
)
SERVER_MESSAGES = Vocabulary(ServerMessage)
