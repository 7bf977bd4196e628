"""Where one account of a window stands: conversations, messages, drafts, the link. Values only.

How they change is `arriving`'s; what is drawn of them is `rows`'.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from frontend.service.shapes import Conversation, Link, Message, Upload
from frontend.window.identity import NOBODY, People


@dataclass(frozen=True, slots=True)
class History:
    """The newest part of a conversation that the window holds, without a hole.

    Made when a conversation is opened, before its first page is there, so that no event which
    comes meanwhile is lost.
    """

    messages: tuple[Message, ...] = ()
    """Ascending by seq, then those that have none, in the order of their sending."""
    loaded: bool = False
    """The newest page is in; until then there may be holes."""
    whole: bool = False
    """Nothing is before the first message."""


@dataclass(frozen=True, slots=True)
class Presence:
    online: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class AccountState:
    """Everything that a window knows of one account."""

    me: str
    place: int = 0
    """The id of the last event that was taken; the stream resumes behind it."""
    listed: bool = False
    """Whether the conversations were ever read."""
    listed_at: int = -1
    """The event up to which the list of conversations, with its unread counts, was told."""
    outdated: bool = False
    """The list must be read again: something came that only the service can count."""
    conversations: Mapping[str, Conversation] = field(default_factory=dict)
    begun: Mapping[str, Conversation] = field(default_factory=dict)
    """Conversations that were opened here and that the service doesn't list yet."""
    people: People = NOBODY
    histories: Mapping[str, History] = field(default_factory=dict)
    drafts: Mapping[str, str] = field(default_factory=dict)
    uploads: Mapping[str, Upload] = field(default_factory=dict)
    """Files of one's own that aren't messages yet, by the keys that these will have."""
    presence: Mapping[str, Presence] = field(default_factory=dict)
    typing: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)
    """By conversation, who was writing there and when that was told."""
    link: Link | None = None
    unsent: int = 0
    away: bool = False
    """chat-cli doesn't answer."""
    ended: bool = False
    """The token opens nothing any more: the person must sign in again."""

    @property
    def realm(self) -> str:
        return self.me.partition("@")[2]

    def find(self, conversation: str | None) -> Conversation | None:
        if conversation is None:
            return None
        return self.conversations.get(conversation) or self.begun.get(conversation)

    def name_of(self, address: str) -> str:
        return self.people.name_of(address)

    def title_of(self, address: str) -> str:
        return self.people.title_of(address)

    def told_of(self, address: str) -> str:
        return self.people.told_of(address, self.realm)

    def initials_of(self, address: str) -> str:
        return self.people.initials_of(address)

    @property
    def total_unread(self) -> int:
        """Of what its person wants to hear."""
        return sum(one.unread for one in self.conversations.values() if not one.muted)


def ordered(state: AccountState) -> list[Conversation]:
    """The conversation with the newest message first; those without one by name."""
    begun = (one for name, one in state.begun.items() if name not in state.conversations)
    return sorted(
        (*state.conversations.values(), *(one for one in begun if one.last_message)),
        key=lambda one: (-_moment(one), one.title),
    )


def _moment(conversation: Conversation) -> float:
    last = conversation.last_message
    return 0.0 if last is None else (last.at or last.sent_at).timestamp()
