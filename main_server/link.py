"""The links: each realm server's connection to main, from its handshake to its last answer."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from picows import WSCloseCode, WSUpgradeRequest

from main_server.delivery import Delivery
from main_server.effects import Asker, LiveSession
from main_server.rules.queued import QueuedAt, SenderLanes
from main_server.rules.rooms import check_guest
from main_server.rules.table import WRITING, AdoptAt, AttachAt, Detached
from main_server.store.writer import Job
from realm_protocol import commands, link
from realm_protocol.errors import (
    FrameTooLarge,
    MalformedMessage,
    NotAllowed,
    NotSignedIn,
    RealmAlreadyLinked,
    RealmchatError,
    RealmKeyInvalid,
    ServerDraining,
    VersionMismatch,
)
from realm_protocol.lanes import Lanes
from realm_protocol.limits import (
    LINK_EVENTS_LIMIT,
    LINK_FRAME_LIMIT,
    LINK_READ_LIMIT,
    LINK_SOCKET_LIMIT,
    PROTOCOL_VERSION,
)
from realm_protocol.wire import Misshapen, pack, tag_of
from realm_service.channel import Channel, Flusher, bearer_token
from realm_service.logs import get_logger, report_defect

log = get_logger("link")

SECONDS_TO_ANSWER = 2.0
_ANSWER_LIMIT = LINK_READ_LIMIT - 64
"""What fits into one frame, on the link and to the client, with the envelope around it."""
_FANOUT, _NOTIFY = (b"\xcc" + bytes((tag_of(message),)) for message in (link.Fanout, link.Notify))


def _without_events(message: bytes) -> bytes:
    """What must arrive of a message to a link that fell behind. Heads make good for events."""
    kind = message[1:3]
    if kind == _NOTIFY:
        return b""
    if kind == _FANOUT:
        fanout = link.FROM_MAIN.read(message)
        return pack(link.Answer(fanout.ref, fanout.result)) if fanout.ref else b""
    return message


class Desk(Protocol):
    """Where a link's requests go. All methods return at once."""

    def submit(self, jobs: Sequence[Job]) -> None:
        """To the writer, in order."""

    def submit_slow(self, job: Job) -> None:
        """To the writer, behind live jobs."""

    def serve(self, asker: Asker, session: LiveSession | None, request: Any, realm: str) -> None:
        """What takes its time and is answered later: questions, passwords."""


class RealmChannel:
    """One realm's link. Owns its channel; `sessions` are those attached, by handle."""

    def __init__(self, hub: "Links", realm: str, key: str) -> None:
        self._hub = hub
        self.realm = realm
        self.key = key
        self.sessions: dict[int, LiveSession] = {}
        self.queue_lanes = SenderLanes(Lanes)
        self.welcomed = False
        self.line_ports: list[int] = []
        self.opens_room = False
        self.watches = ""
        self.channel = Channel(
            self,
            hub.flusher,
            read_limit=LINK_READ_LIMIT,
            frame_limit=LINK_FRAME_LIMIT,
            unsent_limit=LINK_EVENTS_LIMIT,
            socket_limit=LINK_SOCKET_LIMIT,
        )

    # --- for delivery ----------------------------------------------------------------------------

    def send(self, message: bytes) -> None:
        self.channel.send(message)

    def send_bulk(self, message: bytes) -> None:
        self.channel.send_bulk(message)

    def cut(self, reason: str) -> None:
        """End the link at once."""
        log.warning("link_cut", realm=self.realm, reason=reason)
        self.channel.close(WSCloseCode.POLICY_VIOLATION, reason)

    # --- for the channel -------------------------------------------------------------------------

    def opened(self, channel: Channel) -> None:
        """The realm speaks first."""

    def closed(self, channel: Channel) -> None:
        self._hub.closed(self)

    def overflowed(self, channel: Channel) -> None:
        """The realm reads too slowly: its events are dropped, answers and routes stay."""
        log.warning("events_dropped", realm=self.realm, bytes_waiting=channel.bytes_waiting)
        channel.drop_waiting(_without_events)
        if channel.bytes_waiting > LINK_EVENTS_LIMIT:
            channel.abort()
        else:
            channel.send(pack(link.Resync()))

    def broken(self, channel: Channel, error: RealmchatError) -> None:
        log.error("link_broken", realm=self.realm, error=error.message)
        self.refuse_link(error)

    def refuse_link(self, error: RealmchatError) -> None:
        """Say why, then close."""
        self.channel.send(pack(link.LinkRefused(error.code, error.fields)))
        self.channel.close(WSCloseCode.POLICY_VIOLATION, error.code)

    def frame_received(self, channel: Channel, frame: bytes) -> None:
        jobs: list[Job] = []
        try:
            for message in link.FROM_REALM.open_frame(frame, LINK_READ_LIMIT):
                self._take(message, jobs)
        except RealmchatError as error:
            self.broken(channel, error)
        if jobs:
            self._hub.desk.submit(jobs)

    def _take(self, message: Any, jobs: list[Job]) -> None:
        kind = type(message)
        if kind is Misshapen:
            raise message.error
        if not self.welcomed or kind is link.LinkHello:
            self._take_hello(message)
        elif kind is link.Forward:
            self._forward(message, jobs)
        elif kind is link.Queued:
            self._take_queued(message, jobs)
        elif kind is link.Mark:
            session = self.sessions.get(message.handle)
            if session is not None:
                jobs.append(Job(message, session))
        elif kind is link.AdoptSession or kind is link.Attach:
            self._open_session(message)
        elif kind is link.Detach:
            self._hub.desk.submit_slow(Job(Detached(self, message.handle)))
        elif kind is link.UnwatchRoom:
            self._hub.delivery.unwatch(self)
        else:
            self._hub.desk.serve(Asker(self, message.ref), None, message, self.realm)

    def _take_hello(self, message: Any) -> None:
        if self.welcomed:
            raise MalformedMessage(detail="a link has one LinkHello")
        if type(message) is not link.LinkHello:
            raise MalformedMessage(detail="a link begins with LinkHello")
        self._hub.greet(self, message)

    def _open_session(self, message: link.AdoptSession | link.Attach) -> None:
        asker = Asker(self, message.ref)
        if isinstance(message, link.Attach):
            self._hub.desk.submit_slow(Job(AttachAt(message, self.realm), None, asker))
        else:
            # At once: the attach of the same session may follow in this frame.
            self._hub.desk.submit([Job(AdoptAt(message, self.realm), None, asker)])

    def _forward(self, message: link.Forward, jobs: list[Job]) -> None:
        """A command of a session: to the writer, or to be served beside it."""
        try:
            session = self.sessions.get(message.handle)
            if session is None:
                raise NotSignedIn
            command = commands.CLIENT_COMMANDS.read(message.command)
            check_guest(session, command)
        except RealmchatError as error:
            self.refuse(message.ref, error)
            return
        kind = type(command)
        if kind is commands.SendMessage or kind in WRITING:
            jobs.append(Job(command, session, Asker(self, message.ref)))
        elif kind is commands.SetTyping:
            self._hub.delivery.typing(session, command.conversation)
        else:
            self._hub.desk.serve(Asker(self, message.ref), session, command, self.realm)

    def _take_queued(self, queued: link.Queued, jobs: list[Job]) -> None:
        """A message that the realm kept for one of its people."""
        try:
            command = commands.CLIENT_COMMANDS.read(queued.command)
            if not isinstance(command, commands.SendMessage):
                raise NotAllowed(detail="only messages are kept for later")
        except RealmchatError as error:
            self.refuse(queued.ref, error)
            return
        job = QueuedAt(command, queued.sender, self.realm, self.queue_lanes)
        jobs.append(Job(job, None, Asker(self, queued.ref)))

    def refuse(self, ref: int, error: RealmchatError) -> None:
        self.send(pack(link.Refusal(ref, error.code, error.fields)))

    def answer(self, ref: int, result: Any, *, bulk: bool = False) -> None:
        packed = pack(result)
        if len(packed) > _ANSWER_LIMIT:
            # Sent, it would break the realm's link for everybody.
            self.refuse(ref, FrameTooLarge(size=len(packed), limit=_ANSWER_LIMIT))
            return
        message = pack(link.Answer(ref, packed))
        if bulk:
            self.channel.send_bulk(message)
        else:
            self.channel.send(message)


class Links:
    """All links, at most one a realm."""

    def __init__(
        self,
        delivery: Delivery,
        desk: Desk,
        *,
        server: str,
        realm_of_key: Callable[[str], str | None],
        link_changed: Callable[[str, bool], None],
        set_room: Callable[[str, bool], None],
        tell_operator: Callable[[str, str], None],
    ) -> None:
        """`realm_of_key` names a key's enabled realm; `set_room(realm, is_open)` is what its server
        opens; `tell_operator(action, realm)` audits."""
        self.delivery = delivery
        self.desk = desk
        self.epoch = 0
        self._server = server
        self._realm_of_key = realm_of_key
        self._link_changed = link_changed
        self._set_room = set_room
        self._tell_operator = tell_operator
        self.line_ports: dict[str, list[int]] = {}
        """Of each realm's line listeners, as it told when it was last linked."""
        self._by_realm: dict[str, RealmChannel] = {}
        self._contests: set[asyncio.Task[None]] = set()
        self._draining = False
        self._flusher: Flusher | None = None

    @property
    def flusher(self) -> Flusher:
        """One for the event loop that runs when the first link comes."""
        if self._flusher is None:
            self._flusher = Flusher()
        return self._flusher

    def accept(self, request: WSUpgradeRequest) -> Channel:
        """The channel of an upgrade request; raises what answers it over HTTP."""
        if self._draining:
            raise ServerDraining
        key = bearer_token(request)
        realm = self._realm_of_key(key)
        if realm is None:
            raise RealmKeyInvalid
        return RealmChannel(self, realm, key).channel

    def greet(self, newcomer: RealmChannel, hello: link.LinkHello) -> None:
        """Check the handshake; a second link waits until the first was seen to be dead."""
        newcomer.line_ports = hello.line_ports
        newcomer.opens_room = hello.open_room
        if hello.version != PROTOCOL_VERSION:
            newcomer.refuse_link(VersionMismatch(wanted=PROTOCOL_VERSION, got=hello.version))
        elif hello.realm != newcomer.realm:
            detail = f"the key is realm {newcomer.realm}'s, not {hello.realm}'s"
            newcomer.refuse_link(NotAllowed(detail=detail))
        elif newcomer.realm in self._by_realm:
            contest = asyncio.get_running_loop().create_task(self._contest(newcomer))
            self._contests.add(contest)
            contest.add_done_callback(self._contests.discard)
        else:
            self._welcome(newcomer)

    async def _contest(self, newcomer: RealmChannel) -> None:
        # Again after each that is dead: another newcomer may have taken its place meanwhile.
        while (first := self._by_realm.get(newcomer.realm)) is not None:
            if await first.channel.answers_within(SECONDS_TO_ANSWER):
                log.warning("second_link_refused", realm=newcomer.realm)
                self._tell_operator("second link refused", newcomer.realm)
                newcomer.refuse_link(RealmAlreadyLinked(realm=newcomer.realm))
                return
            first.channel.abort()
            self.closed(first)
        if newcomer.channel.is_open:
            self._welcome(newcomer)

    def _welcome(self, newcomer: RealmChannel) -> None:
        # Once more: the key may have been rotated since it opened this connection.
        if self._realm_of_key(newcomer.key) != newcomer.realm:
            newcomer.refuse_link(RealmKeyInvalid())
            return
        self._by_realm[newcomer.realm] = newcomer
        newcomer.welcomed = True
        self.line_ports[newcomer.realm] = newcomer.line_ports
        self.delivery.link_opened(newcomer)
        self._link_changed(newcomer.realm, True)
        self._set_room(newcomer.realm, newcomer.opens_room)
        log.info("link_up", realm=newcomer.realm)
        newcomer.send(
            pack(link.LinkWelcome(PROTOCOL_VERSION, self._server, newcomer.realm, self.epoch))
        )

    def watch(self, realm: str, conversation: str) -> None:
        """The operator of a realm watches its room."""
        if (realm_channel := self._by_realm.get(realm)) is not None:
            self.delivery.watch(realm_channel, conversation)

    def closed(self, realm_channel: RealmChannel) -> None:
        """A link is gone. Told twice for one that lost a contest."""
        if self._by_realm.get(realm_channel.realm) is not realm_channel:
            return
        del self._by_realm[realm_channel.realm]
        self.delivery.link_closed(realm_channel)
        self._link_changed(realm_channel.realm, False)
        log.info("link_down", realm=realm_channel.realm)

    def sweep(self) -> None:
        """Ask silent links for a sign of life. Three sweeps without one, and a link is dead."""
        for realm_channel in list(self._by_realm.values()):
            channel = realm_channel.channel
            if channel.silent_sweeps() >= 3:
                log.warning("link_silent", realm=realm_channel.realm)
                channel.abort()

    def online_by_realm(self) -> dict[str, int]:
        return {realm: len(each.sessions) for realm, each in self._by_realm.items()}

    def stop_reading(self) -> None:
        """Take no more requests: what was taken is answered before the links close."""
        self._draining = True
        for realm_channel in self._by_realm.values():
            realm_channel.channel.pause_reading()

    def close(self) -> None:
        for realm_channel in list(self._by_realm.values()):
            realm_channel.channel.close(WSCloseCode.SERVICE_RESTART, "main is stopping")


async def serve_in_words(asker: Asker, work: Callable[[], Any], *, bulk: bool = False) -> None:
    """Await an answer and send it, or the error that it came to."""
    try:
        result = await work()
    except RealmchatError as error:
        asker.link.refuse(asker.ref, error)
    except Exception as exc:
        asker.link.refuse(asker.ref, report_defect(exc))
    else:
        asker.link.answer(asker.ref, result, bulk=bulk)
