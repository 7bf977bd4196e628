"""The link: what a realm server and main say to each other over the realm's one connection.

The realm authenticates with its key in the `Authorization: Bearer` header of the upgrade request.
Its first message is `LinkHello`. `ref` is chosen by the realm and unique among its unanswered
requests. A `handle` is the realm's number for one attached session; main resolves it to the person
and so knows that session and realm belong together.

Main sends effects in commit order: `Route` before the first event that a person may see.
Signs of life are WebSocket pings; any frame received counts.
"""

from typing import Annotated, Any

from msgspec import Meta, Raw, field

from realm_protocol.commands import (
    Conversation,
    Head,
    Milliseconds,
    Number,
    Password,
    Seq,
    ShortText,
)
from realm_protocol.limits import GUEST_SECONDS
from realm_protocol.names import Address, GroupAddress
from realm_protocol.wire import Vocabulary, WireMessage

Handle = Annotated[int, Meta(ge=1, lt=2**53)]
PersonId = Annotated[int, Meta(ge=1, lt=2**53)]
Count = Annotated[int, Meta(ge=0, lt=2**53)]
Revision = Annotated[int, Meta(ge=0, lt=2**53)]
TokenHash = Annotated[bytes, Meta(min_length=32, max_length=32)]
IdleSeconds = Annotated[int, Meta(ge=0, lt=2**31)]

# --- realm → main --------------------------------------------------------------------------------


class LinkHello(WireMessage, frozen=True, tag=128):
    """First on every link."""

    ref: Number
    version: int
    realm: str
    epoch: int
    """The epoch that the realm saw last; 0 when none."""
    line_ports: list[int] = field(default_factory=list)
    """Where its line listeners are."""
    open_room: bool = False
    """Whether the realm opens its room to everybody; main closes one that it no longer opens."""


class SignIn(WireMessage, frozen=True, tag=129):
    """Check a password and open a session at this realm."""

    ref: Number
    address: Address
    """Who signs in."""
    password: Password
    device: ShortText
    idle_seconds: IdleSeconds = 0
    """Unused for so long, the session ends; 0 for as long as main lets one live."""


class Register(WireMessage, frozen=True, tag=130):
    """Make a person of this realm and open their first session."""

    ref: Number
    address: Address
    """Who it will be, in the realm of this link."""
    password: Password
    display_name: Annotated[str, Meta(max_length=128)]
    country: Annotated[str, Meta(max_length=64)]
    device: ShortText
    idle_seconds: IdleSeconds = 0
    """As in `SignIn`."""


class Attach(WireMessage, frozen=True, tag=131):
    """A client of a session has connected: confirm the session, route its events, tell heads."""

    ref: Number
    handle: Handle
    token_hash: bytes
    """SHA-256 of the session's token."""
    epoch: int
    position: int
    """As in the client's `Hello`: heads of what changed after it are wanted."""


class Detach(WireMessage, frozen=True, tag=132):
    """The socket of this session is gone; its events are wanted no more."""

    handle: Handle


class Forward(WireMessage, frozen=True, tag=133):
    """A command of an attached session, as the client sent it."""

    ref: Number
    handle: Handle
    command: Raw
    """The command's array, tag and number included."""


class Mark(WireMessage, frozen=True, tag=134):
    """Watermarks of a person, coalesced; no answer."""

    handle: Handle
    conversation: Conversation
    delivered: Seq
    """As in `MoveWatermark`."""
    read: Seq
    """As in `MoveWatermark`."""


class EnterAsGuest(WireMessage, frozen=True, tag=144):
    """Make a guest of this realm's open room, and open their one session."""

    ref: Number
    name: ShortText
    """What the guest wants to be called."""
    device: ShortText
    seconds: Annotated[int, Meta(ge=1, le=GUEST_SECONDS)]
    """How long they may stay."""


class ReadRoom(WireMessage, frozen=True, tag=145):
    """An operator of the realm reads its room; main's audit log has it. It names no conversation,
    so that nothing but this realm's own room can be read."""

    ref: Number
    by: ShortText
    """Who does it."""
    watch: bool
    """Its events follow as `Fanout` until `UnwatchRoom`; only while the room is open."""


class FetchRoom(WireMessage, frozen=True, tag=146):
    """Rows of the realm's room, as `FetchMessages` asks for them. Answered by a `Page`."""

    ref: Number
    after: Seq
    """0 for all from the first."""
    before: Seq
    """0 for all up to the newest."""
    limit: Annotated[int, Meta(ge=1, le=1000)]


class UnwatchRoom(WireMessage, frozen=True, tag=147):
    """Nobody at the realm watches its room any more; no answer."""


class Queued(WireMessage, frozen=True, tag=135):
    """A `SendMessage` that the realm kept while it had no link; answered as a `Forward` is.

    It needs no session any more, only a sender of this realm who may write there now.
    """

    ref: Number
    sender: Address
    """Who wrote it."""
    command: Raw
    """As in `Forward`."""


class SiteSync(WireMessage, frozen=True, tag=140):
    """What has changed of the realm's people since a revision; answered by `SitePage`."""

    ref: Number
    epoch: int
    """The epoch that `since` is of; of another one, everything is told."""
    since: Revision
    """0 for everything."""
    cursor: Annotated[list[Number], Meta(max_length=3)]
    """Of the page before; empty for the first."""


class SiteHistory(WireMessage, frozen=True, tag=141):
    """The newest rows of a conversation behind `after`; answered by `Page`, its newest part."""

    ref: Number
    conversation: Conversation
    """One that somebody of this realm is in."""
    after: Seq
    """The newest that the realm has; 0 when it has none."""


class AdoptSession(WireMessage, frozen=True, tag=142):
    """A session that the realm opened by itself while it was cut off; answered by `Done`."""

    ref: Number
    address: Address
    """Who signed in, a person of this realm."""
    session_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
    """As the realm chose it."""
    token_hash: TokenHash
    """SHA-256 of the token."""
    device: ShortText
    password_revision: Revision
    """Of the password that was given; where another is in force the session is refused."""
    idle_seconds: IdleSeconds = 0
    """As in `SignIn`."""


class RealmReport(WireMessage, frozen=True, tag=143):
    """How the realm stands, told every few seconds for main's operators; answered by `Done`."""

    ref: Number
    queued: Count
    """Messages that the realm keeps until main has them."""
    queued_bytes: Count
    """What keeping them takes."""
    oldest_ms: Milliseconds
    """How long the oldest of them has been kept; 0 when there is none."""
    lag_ms: Milliseconds
    """How long the report before took to be answered; 0 for the first of a link."""


# --- main → realm --------------------------------------------------------------------------------


class LinkWelcome(WireMessage, frozen=True, tag=192):
    """Answer to `LinkHello`: the link is up."""

    version: int
    server: str
    realm: str
    epoch: int


class LinkRefused(WireMessage, frozen=True, tag=193):
    """The handshake failed; the socket closes after it."""

    code: str
    fields: dict[str, Any]


class Answer(WireMessage, frozen=True, tag=194):
    """The result of a request: packed, so that the realm can hand it on unopened."""

    ref: Number
    result: bytes
    """The packed value that stands in the client's `Reply`, or a packed part."""


class Refusal(WireMessage, frozen=True, tag=195):
    """The request of this number was refused: a code of the error tree, and its fields."""

    ref: Number
    code: str
    fields: dict[str, Any]


class Fanout(WireMessage, frozen=True, tag=196):
    """A packed client event for every session here that is in the conversation.

    Where `ref` is not 0 it also answers this request of the realm: the session behind it gets the
    reply, with `result`, instead of the event.
    """

    conversation: str
    event: bytes
    ref: Number
    result: bytes
    """The packed result of the request; empty where `ref` is 0."""


class Notify(WireMessage, frozen=True, tag=197):
    """A packed client event for the sessions here of these persons."""

    persons: list[PersonId]
    event: bytes


class Tell(WireMessage, frozen=True, tag=198):
    """A packed client event for one session."""

    handle: Handle
    event: bytes


class Route(WireMessage, frozen=True, tag=199):
    """From now on the sessions of this person get the events of these conversations."""

    person: PersonId
    conversations: list[Conversation]
    replaces: bool = False
    """Whether these take the place of all that the realm knows of this person: with the first of
    their sessions there, also when they are in none. More of them may follow."""


class Unroute(WireMessage, frozen=True, tag=200):
    """From now on they don't."""

    person: PersonId
    conversation: Conversation


class EndHandle(WireMessage, frozen=True, tag=201):
    """The session behind this handle has ended; forget it and close its socket."""

    handle: Handle
    reason: str


class Resync(WireMessage, frozen=True, tag=202):
    """Main had to drop events of this link: attach every session again to get its heads."""


class SitePerson(WireMessage, frozen=True):
    """A person of the realm."""

    person: PersonId
    """Main's number of the person."""
    address: Address
    """Who it is."""
    display_name: str
    country: str
    disabled: bool
    """Whether main lets them in no more."""
    limit_class: str
    """Which rate limits apply to the person; the realm knows them by name."""
    password_revision: Revision
    """When the password was last set."""
    revision: Revision
    blocked: list[PersonId] = field(default_factory=list)
    """People of the realm from whom they take no private messages."""


class SiteMembership(WireMessage, frozen=True):
    """A conversation that a person of the realm is in, or has left, as they see it."""

    person: PersonId
    """Main's number of the person."""
    head: Head
    """Where it stands for them."""
    revision: Revision


class SiteFacts(WireMessage, frozen=True, tag=206):
    """What main knows of the realm's people: told as it changes, and in the answer to `SiteSync`.

    Of two facts about one thing the one with the higher `revision` counts.
    """

    people: list[SitePerson] = field(default_factory=list)
    """People of the realm."""
    ended_sessions: list[str] = field(default_factory=list)
    """Ids of sessions that were ended before their time."""
    memberships: list[SiteMembership] = field(default_factory=list)
    """Of people of the realm."""


# --- results -------------------------------------------------------------------------------------


class SitePage(WireMessage, frozen=True):
    """A part of the answer to `SiteSync`: people and ended sessions first, then memberships."""

    epoch: int
    revision: Revision
    """Once the last page is in, everything up to here is known."""
    since: Revision
    """0 where everything is told, whatever was asked."""
    cursor: list[int]
    """For the next page; empty in the last one."""
    facts: SiteFacts
    """Those of this page."""


class Session(WireMessage, frozen=True):
    """Answer to `SignIn`, `Register` and `EnterAsGuest`."""

    address: Address
    """Who signed in."""
    session_id: str
    token: str
    """256 random bits, URL-safe; main keeps only their hash."""
    expires_at: Milliseconds
    password_revision: Revision = 0
    """When the password that was given was set."""


class Attached(WireMessage, frozen=True):
    """Answer to `Attach`. `Route` came before it, `Heads` and `Synced` follow it as `Tell`."""

    person: PersonId
    address: Address
    """Whose session it is."""
    session_id: str
    expires_at: Milliseconds
    limit_class: str
    """Which rate limits apply to the person; the realm knows them by name."""


class Room(WireMessage, frozen=True):
    """Answer to `ReadRoom`: the realm's room."""

    group: GroupAddress
    """Its address."""
    conversation: Conversation
    last_seq: Seq
    open: bool
    """Whether people may join and write there now."""


FromRealm = (
    LinkHello
    | SignIn
    | Register
    | Attach
    | Detach
    | Forward
    | Mark
    | EnterAsGuest
    | ReadRoom
    | FetchRoom
    | UnwatchRoom
    | Queued
    | SiteSync
    | SiteHistory
    | AdoptSession
    | RealmReport
)
FROM_REALM = Vocabulary(FromRealm)
FromMain = (
    LinkWelcome
    | LinkRefused
    | Answer
    | Refusal
    | Fanout
    | Notify
    | Tell
    | Route
    | Unroute
    | EndHandle
    | Resync
    | SiteFacts
)
FROM_MAIN = Vocabulary(FromMain)
