"""Effects: what a committed batch has to tell, in commit order. Made by rules, done by delivery.

An effect names persons and conversations; which sockets that means is delivery's to know.
"""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from realm_protocol.commands import Head
from realm_protocol.errors import RealmchatError
from realm_protocol.lanes import Lanes
from realm_protocol.link import SiteFacts
from realm_protocol.names import Address


@dataclass(slots=True)
class LiveSession:
    """An attached session: whose it is, and over which realm it may speak."""

    session_id: str
    person_id: int
    address: Address
    realm: str
    expires_at: int
    limit_class: str
    lanes: Lanes = field(default_factory=Lanes)
    end_reason: str = ""
    """Why it is no longer valid; empty while it is."""


class Asker(msgspec.Struct, gc=False):
    """Who waits for an answer: a request of a link. `link` is delivery's, opaque to rules."""

    link: Any
    ref: int


class Stored(msgspec.Struct, gc=False):
    """A row of a conversation is committed. `asker` sent it (None: nobody waits)."""

    conversation: str
    event: bytes
    asker: Asker | None
    answer: bytes


@dataclass(slots=True)
class Answered:
    asker: Asker
    result: Any


@dataclass(slots=True)
class RefusedTo:
    asker: Asker
    error: RealmchatError


@dataclass(slots=True)
class Entered:
    """A person is in a conversation from now on; `head` is told to all their sessions."""

    person_id: int
    head: Head
    peer_id: int | None
    """Whose presence they see from now on: the other person of a private conversation."""
    address: Address
    revision: int


@dataclass(slots=True)
class Left:
    person_id: int
    head: Head
    address: Address
    revision: int


@dataclass(slots=True)
class SiteChanged:
    """Something about people of a realm changed: its server is told, whoever of them is there."""

    realm: str
    facts: SiteFacts


@dataclass(slots=True)
class Moved:
    """Watermarks of a person moved; told to their sessions and, in private, to `peer_id`."""

    person_id: int
    peer_id: int | None
    conversation: str
    address: Address
    delivered: int
    read: int


@dataclass(slots=True)
class PresenceShown:
    """Whether `to_id` sees from now on when a person comes and goes: not while blocked by them."""

    person_id: int
    address: Address
    to_id: int
    shown: bool


@dataclass(slots=True)
class AttachedSession:
    """A session is attached: route its person's conversations, tell what changed."""

    asker: Asker
    handle: int
    session: LiveSession
    conversations: list[str]
    peers: list[int]
    """Who sees when this person comes and goes."""
    heads: list[Head]
    epoch: int
    position: int


@dataclass(slots=True)
class DetachedSession:
    link: Any
    handle: int


@dataclass(slots=True)
class SessionsEnded:
    """These sessions are no longer valid, wherever they are attached."""

    session_ids: list[str]
    reason: str
    realm: str
    """Where they were opened, which forgets them also while none of them is attached."""


@dataclass(slots=True)
class RealmCut:
    """A realm's link must go at once: its key was rotated, or it was disabled."""

    realm: str
    reason: str


@dataclass(slots=True)
class Resolved:
    """A call from inside main has its result."""

    future: Any
    result: Any


@dataclass(slots=True)
class Failed:
    future: Any
    error: RealmchatError


Effect = (
    Stored
    | Answered
    | RefusedTo
    | Entered
    | Left
    | Moved
    | PresenceShown
    | AttachedSession
    | DetachedSession
    | SessionsEnded
    | SiteChanged
    | RealmCut
    | Resolved
    | Failed
)
