"""A main server of a hundred lines: it speaks the link, and answers as the test tells it."""

import hashlib
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace
from picows import WSCloseCode, WSMsgType, WSUpgradeRequest

from realm_protocol import events, link
from realm_protocol.commands import Accepted, Done, Head, Page, StoredMessage
from realm_protocol.errors import RealmchatError, RealmKeyInvalid, SessionEnded
from realm_protocol.limits import LINK_READ_LIMIT, PROTOCOL_VERSION
from realm_protocol.names import Address
from realm_protocol.wire import pack
from realm_service.channel import Channel, Flusher, bearer_token

KEY = "the-key-of-surabaya"
EXPIRES_AT = 2**52


def site_person(person: int, address: str, *, revision: int = 1, **changed: Any) -> link.SitePerson:
    """As main tells of a person."""
    name = address.partition("@")[0].title()
    told = link.SitePerson(person, Address(address), name, "", False, "standard", 1, revision)
    return replace(told, **changed)


def membership(
    person: int, conversation: str, *, revision: int = 1, **changed: Any
) -> link.SiteMembership:
    """As main tells of somebody in a group."""
    name = f"{conversation}@surabaya"
    head = Head(conversation, "group", name, 0, 0, 0, 0, 0, 1, "member")
    return link.SiteMembership(person, replace(head, **changed), revision)


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


class FakeMain:
    """Attaches the sessions of `people` by itself; all else it keeps in `heard` for the test."""

    def __init__(self) -> None:
        self.epoch = 7
        self.position = 1
        self.key = KEY
        self.people: dict[bytes, tuple[int, str]] = {}
        self.ended: dict[bytes, RealmchatError] = {}
        self.limit_class = "standard"
        self.expires_at = EXPIRES_AT
        self.routes: dict[int, list[str]] = {}
        self.heads: dict[int, bytes] = {}
        self.heard: list[Any] = []
        self.frames = 0
        self.handles: dict[int, int] = {}
        self.refuses_link: RealmchatError | None = None
        self.on_forward: Callable[[link.Forward], None] | None = None
        self.on_queued: Callable[[link.Queued], None] | None = None
        self.revision = 1
        self.tells_no_site = False
        self.memberships: list[link.SiteMembership] = []
        """What it tells of them besides the `routes`."""
        self.blocks: dict[int, list[int]] = {}
        """Whom each person has blocked."""
        self.histories: dict[str, list[StoredMessage]] = {}
        self.refuses_session: RealmchatError | None = None
        """What it says of sessions that the realm opened by itself; None: it takes them over."""
        self.on_sign_in: Callable[[Any], None] | None = None
        self.on_room: Callable[[Any], None] | None = None
        self.channel: Channel | None = None
        self.links = 0
        self.wrong_keys = 0
        self.is_deaf = False

    def add_person(self, token: str, person: int, address: str) -> None:
        self.people[hash_of(token)] = (person, address)

    def end_session(self, token: str) -> None:
        self.ended[hash_of(token)] = SessionEnded(reason="signed out")

    # --- as the owner of the link's channel ------------------------------------------------------

    def accept(self, request: WSUpgradeRequest) -> Channel:
        if bearer_token(request) != self.key:
            self.wrong_keys += 1
            raise RealmKeyInvalid
        return Channel(
            self,
            Flusher(),
            read_limit=LINK_READ_LIMIT,
            frame_limit=64 * 1024,
            unsent_limit=2**26,
        )

    def opened(self, channel: Channel) -> None:
        self.channel = channel

    def frame_received(self, channel: Channel, frame: bytes) -> None:
        self.frames += 1
        for message in link.FROM_REALM.open_frame(frame, LINK_READ_LIMIT):
            self.heard.append(message)
            match message:
                case link.LinkHello():
                    self._greet(message)
                case link.Attach():
                    self._attach(message)
                case link.Forward() if self.on_forward is not None:
                    self.on_forward(message)
                case link.RealmReport():
                    self.send(link.Answer(message.ref, pack(Done())))
                case link.SiteSync() | link.AdoptSession() | link.SiteHistory():
                    self._serve_site(message)
                case link.Queued() if self.on_queued is not None:
                    self.on_queued(message)
                case link.SignIn() | link.Register() | link.EnterAsGuest() if self.on_sign_in:
                    self.on_sign_in(message)
                case link.ReadRoom() | link.FetchRoom() if self.on_room is not None:
                    self.on_room(message)

    def broken(self, channel: Channel, error: RealmchatError) -> None:
        raise AssertionError(f"the realm broke the form of frames: {error}")

    def overflowed(self, channel: Channel) -> None:
        raise AssertionError("the realm does not read")

    def closed(self, channel: Channel) -> None:
        if self.channel is channel:
            self.channel = None

    # --- what it does by itself ------------------------------------------------------------------

    def _greet(self, hello: link.LinkHello) -> None:
        if self.refuses_link is not None:
            error = self.refuses_link
            self.send(link.LinkRefused(error.code, error.fields))
            self._open.close(WSCloseCode.POLICY_VIOLATION)
            return
        self.links += 1
        self.send(link.LinkWelcome(PROTOCOL_VERSION, "fake", hello.realm, self.epoch))
        if self.is_deaf:
            self._open.flush()
            self._open.pause_reading()

    def _attach(self, attach: link.Attach) -> None:
        error = self.ended.get(attach.token_hash)
        if attach.token_hash not in self.people:
            error = error or SessionEnded(reason="unknown")
        if error is not None:
            self.send(link.Refusal(attach.ref, error.code, error.fields))
            return
        person, address = self.people[attach.token_hash]
        self.handles[attach.handle] = person
        if person in self.routes:
            self.send(link.Route(person, self.routes[person]))
            entered = [membership(person, conversation) for conversation in self.routes[person]]
            self.send(link.SiteFacts(memberships=entered))
        attached = link.Attached(
            person, Address(address), f"session-{attach.handle}", self.expires_at, self.limit_class
        )
        self.send(link.Answer(attach.ref, pack(attached)))
        if person in self.heads:
            self.send(link.Tell(attach.handle, self.heads[person]))
        synced = events.Synced(self.epoch, self.position)
        self.send(link.Tell(attach.handle, pack(synced)))

    def _serve_site(self, message: link.SiteSync | link.AdoptSession | link.SiteHistory) -> None:
        match message:
            case link.SiteSync() if self.tells_no_site:
                pass
            case link.SiteSync():
                self._tell_site(message)
            case link.AdoptSession():
                self._adopt(message)
            case link.SiteHistory():
                rows = self.histories.get(message.conversation, [])
                page = Page([row for row in rows if row.seq > message.after], False)
                self.send(link.Answer(message.ref, pack(page)))

    def _tell_site(self, sync: link.SiteSync) -> None:
        since = sync.since if sync.epoch == self.epoch else 0
        page = link.SitePage(self.epoch, self.revision, since, [], self.site_facts())
        self.send(link.Answer(sync.ref, pack(page)))

    def _adopt(self, session: link.AdoptSession) -> None:
        if self.refuses_session is not None:
            self.refuse(session, self.refuses_session)
            return
        person = next(one for one in self.people.values() if one[1] == session.address)
        self.people[session.token_hash] = person
        self.send(link.Answer(session.ref, pack(Done())))

    def site_facts(self) -> link.SiteFacts:
        """Of its `people`, and of where the `routes` lead."""
        people = [
            site_person(*known, blocked=self.blocks.get(known[0], []))
            for known in self.people.values()
        ]
        memberships = [
            membership(person, conversation)
            for person, conversations in self.routes.items()
            for conversation in conversations
        ]
        return link.SiteFacts(people, [], memberships + self.memberships)

    # --- what the test has it do -----------------------------------------------------------------

    @property
    def _open(self) -> Channel:
        assert self.channel is not None, "no link is up"
        return self.channel

    def send(self, message: Any) -> None:
        self._open.send(pack(message))

    def send_raw(self, frame: bytes) -> None:
        transport = self._open._transport
        assert transport is not None
        transport.send(WSMsgType.BINARY, frame)

    def accept_message(
        self, forward: link.Forward | link.Queued, seq: int, conversation: str = "c1"
    ) -> None:
        """Store the message: its answer."""
        self.send(link.Answer(forward.ref, pack(Accepted(conversation, seq, 1000 + seq))))

    def refuse(
        self, forward: link.Forward | link.Queued | link.AdoptSession, error: RealmchatError
    ) -> None:
        self.send(link.Refusal(forward.ref, error.code, error.fields))

    def cut(self) -> None:
        """The link goes without a word."""
        self._open.abort()

    def heard_of(self, kind: type) -> list[Any]:
        return [message for message in self.heard if type(message) is kind]
