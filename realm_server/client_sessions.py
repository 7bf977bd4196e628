"""One client's connection: the order of its stages, the form of what it sends, back-pressure.

What its commands mean is `desk`'s, who may come in is `entrance`'s. There is one object for every
idle session: slots, and no task or timer of its own.
"""

import asyncio
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Protocol

from picows import WSCloseCode

from realm_protocol.commands import CLIENT_COMMANDS, Hello, SendMessage
from realm_protocol.errors import (
    AfterRefused,
    AskedWrongly,
    MalformedMessage,
    RealmchatError,
    TryLater,
    VersionMismatch,
    rebuild,
)
from realm_protocol.events import AtRealm, Refused, Reply
from realm_protocol.lanes import Lanes
from realm_protocol.limits import (
    CLIENT_FRAME_LIMIT,
    PROTOCOL_VERSION,
    SESSION_UNANSWERED_SENDS,
)
from realm_protocol.names import Address
from realm_protocol.wire import Misshapen, array_header, pack, tag_of
from realm_server.admission import lane_of
from realm_server.counts import Counts
from realm_server.requests import Request
from realm_service.channel import close_code
from realm_service.logs import get_logger, report_defect

log = get_logger("realm.session")

_HELLO = tag_of(Hello)
_REFUSED = tag_of(Refused)
_AT_REALM = tag_of(AtRealm)
_REPLY_HEAD = array_header(3) + pack(tag_of(Reply))
"""A `Reply` up to its number: number and result are packed already when it is made."""
_RESUME_AT = SESSION_UNANSWERED_SENDS // 2
"""Reading goes on once so many are left unanswered, so that it does not stop again at once."""
_TURN = 1000
"""Commands of one session in one turn of the event loop: a frame may have a hundred times more."""


class Stage(IntEnum):
    NEW = 0
    """Connected; its `Hello` has not come."""
    ENTERING = 1
    """Main is asked whether the session is valid; there was no `Welcome`."""
    READY = 2
    CLOSED = 3


_ENTERING, _READY, _CLOSED = Stage.ENTERING, Stage.READY, Stage.CLOSED
"""Of all that each message asks, an attribute of an enum would cost most."""


class Entrance(Protocol):
    """Who decides about coming in."""

    def came(self, session: "ClientSession") -> None: ...

    def hello(self, session: "ClientSession", hello: Hello) -> None: ...

    def gone(self, session: "ClientSession") -> None: ...


class Desk(Protocol):
    """Who takes commands."""

    def take(self, session: "ClientSession", command: Any) -> None: ...


class SessionChannel(Protocol):
    """What carries a session's messages: a WebSocket, or a client within this process."""

    @property
    def bytes_waiting(self) -> int: ...

    def send(self, message: bytes) -> None: ...

    def close(self, code: WSCloseCode, reason: str = "") -> None: ...

    def abort(self) -> None: ...

    def silent_sweeps(self) -> int: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class ClientSession:
    """A channel's owner, and an `Asker` of main."""

    __slots__ = (
        "_counts",
        "_desk",
        "_entrance",
        "_held",
        "_lanes",
        "_taken",
        "address",
        "attaching",
        "awaits_heads",
        "channel",
        "epoch",
        "expires_at",
        "handle",
        "hello_number",
        "known_to_main",
        "limit_class",
        "person",
        "position",
        "session_id",
        "stage",
        "token_hash",
        "told_up",
        "typed_at",
        "unanswered",
        "was_new",
    )

    def __init__(
        self, handle: int, token_hash: bytes, entrance: Entrance, desk: Desk, counts: Counts
    ) -> None:
        self.handle = handle
        self.token_hash = token_hash
        self.stage = Stage.NEW
        self.attaching = False
        """Main has been asked to attach it, and has not answered."""
        self.known_to_main = False
        """Its handle means this session to main: to be detached when it goes."""
        self.awaits_heads = False
        """Since main was asked to attach it last, no `Synced` has come for it."""
        self.told_up = False
        """Whether its client was told last that main can be reached."""
        self.person = 0
        self.address = Address("")
        self.session_id = ""
        self.expires_at = 0
        self.limit_class = ""
        self.hello_number = 0
        self.epoch = self.position = 0
        """Up to where the client is synced: from its `Hello`, then from each `Synced` it got."""
        self.unanswered = 0
        self.typed_at = float("-inf")
        """When it was last passed on that its person types, by the event loop's clock."""
        self.was_new = False
        """It has been looked after once: its `Hello` is due."""
        self.channel: SessionChannel
        self._entrance = entrance
        self._desk = desk
        self._counts = counts
        self._lanes: Lanes | None = None
        self._held: list[Any] | None = None
        """What has been read and must wait, in order; nothing more is read meanwhile."""
        self._taken = 0
        """Commands since it last waited for a turn, also those held again; `_TURN` are a turn's."""

    # --- to the client ---------------------------------------------------------------------------

    def send(self, message: bytes) -> None:
        self.channel.send(message)

    def refuse(self, number: int, error: RealmchatError) -> None:
        self._counts.refusals[error.code] += 1
        self.channel.send(pack((_REFUSED, number, error.code, error.fields)))

    def turn_away(self, number: int, error: RealmchatError, code: WSCloseCode) -> None:
        """Refuse in words, then close."""
        self.refuse(number, error)
        self.close(code, error.code)

    def close(self, code: WSCloseCode, reason: str = "") -> None:
        self.stage = Stage.CLOSED
        self._held = None
        self.channel.close(code, reason)

    # --- what main answers -----------------------------------------------------------------------

    def answered(self, request: Request, result: bytes) -> None:
        self.unanswered -= 1
        self.channel.send(_REPLY_HEAD + pack(request.number) + result)
        if self._held is not None:
            self.go_on()

    def refused(self, request: Request, code: str, fields: Mapping[str, Any]) -> None:
        self.unanswered -= 1
        error = rebuild(code, fields)
        if request.message is not None:
            self.refuse_message(request.message, error)
        else:
            self.refuse(request.number, error)
        self.go_on()

    def refuse_message(
        self, message: SendMessage, error: RealmchatError, *, at_door: bool = False
    ) -> None:
        """Refused for now, it is to come again before what was sent later to there.

        `at_door`: it never was under way.
        """
        if isinstance(error, TryLater):
            at_door = at_door or isinstance(error, AfterRefused)  # then another one is the earliest
            self._stop_lane(message.to, message.key, at_door=at_door)
        self.refuse(message.number, error)

    # --- what the realm does itself --------------------------------------------------------------

    def reply(self, number: int, result: Any) -> None:
        """The result of a command that main need not be asked for."""
        self.channel.send(_REPLY_HEAD + pack(number) + pack(result))

    def kept(self, number: int, position: int) -> None:
        """Its message is in the outbox of this realm, on the disk."""
        self.unanswered -= 1
        self.channel.send(pack((_AT_REALM, number, position)))

    def not_kept(self, message: SendMessage, error: RealmchatError) -> None:
        """Its message could not be written; one before it may have been refused so already."""
        self.unanswered -= 1
        try:
            self.pass_lane(message.to, message.key, under_way=True)
        except TryLater as earlier:
            error = earlier
        self.refuse_message(message, error)
        self.go_on()

    # --- lanes -----------------------------------------------------------------------------------

    def pass_lane(self, to: str, key: str, *, under_way: bool = False) -> None:
        """Raises `AfterRefused` while an earlier message to there waits to be sent again."""
        if self._lanes:
            self._lanes.admit(lane_of(to), key, under_way=under_way)

    def _stop_lane(self, to: str, key: str, *, at_door: bool) -> None:
        """This message is refused for now: what comes later to there must not overtake it."""
        try:
            lane = lane_of(to)
        except AskedWrongly:
            return  # there is no such target: sent again, it is refused for good
        if self._lanes is None:
            self._lanes = Lanes()
        if at_door:
            self._lanes.stop_at_door(lane, key)
        else:
            self._lanes.stop(lane, key)

    # --- from the client -------------------------------------------------------------------------

    def opened(self, channel: SessionChannel) -> None:
        self._entrance.came(self)

    def frame_received(self, channel: SessionChannel, frame: bytes) -> None:
        try:
            messages = CLIENT_COMMANDS.open_frame(frame, CLIENT_FRAME_LIMIT)
        except AskedWrongly as error:
            self.broken(channel, error)
            return
        self._counts.messages_from_clients += len(messages)
        if self._held is not None:
            self._held.extend(messages)
        else:
            self._take(messages)

    def broken(self, channel: SessionChannel, error: RealmchatError) -> None:
        self.turn_away(0, error, close_code(error))

    def overflowed(self, channel: SessionChannel) -> None:
        if self.stage is not Stage.CLOSED:
            self.stage = Stage.CLOSED
            self._counts.slow_sessions += 1
            log.info("slow_session_closed", address=self.address, session=self.session_id)
        channel.abort()

    def closed(self, channel: SessionChannel) -> None:
        self.stage = Stage.CLOSED
        self._held = None
        self._entrance.gone(self)

    def go_on(self) -> None:
        """Read on, where reading had stopped and may go on."""
        if self._held is None or self.unanswered > _RESUME_AT or self._must_wait():
            return
        if self._taken == _TURN:
            return  # it does in the next turn
        messages, self._held = self._held, None
        self.channel.resume_reading()
        self._take(messages)

    def _take(self, messages: list[Any]) -> None:
        """What fits into this turn of the event loop, so that the other sessions get theirs."""
        room = _TURN - self._taken
        if len(messages) < room:
            self._taken += len(messages)
        else:
            self._end_turn()
            if len(messages) > room:
                self._hold(messages[room:])
                del messages[room:]
        try:
            self._take_in_turn(messages)
        except Exception as error:  # a defect: this session ends, the others go on
            self.turn_away(0, report_defect(error), WSCloseCode.INTERNAL_ERROR)

    def _end_turn(self) -> None:
        if self._taken < _TURN:
            self._taken = _TURN
            asyncio.get_running_loop().call_soon(self._begin_turn)

    def _begin_turn(self) -> None:
        self._taken = 0
        self.go_on()

    def _hold(self, messages: list[Any]) -> None:
        """These come before what is held already."""
        self._held = messages if self._held is None else messages + self._held
        self.channel.pause_reading()

    def _take_in_turn(self, messages: list[Any]) -> None:
        for position, message in enumerate(messages):
            if (
                self.stage is _READY
                and self.unanswered < SESSION_UNANSWERED_SENDS
                and not self.attaching
            ):
                if type(message) is Misshapen:
                    self._refuse_form(message)
                else:
                    self._desk.take(self, message)
            elif self._must_wait():
                self._hold(messages[position:])
                self._counts.pauses += 1
                return
            elif self.stage is Stage.NEW:
                self._take_hello(message)
            else:
                return

    def _must_wait(self) -> bool:
        return (
            self.unanswered >= SESSION_UNANSWERED_SENDS or self.attaching or self.stage is _ENTERING
        ) and self.stage is not _CLOSED

    def _refuse_form(self, misshapen: Misshapen) -> None:
        """A wrong field is one command's fault; without a known tag and number it is the form's."""
        match misshapen.value:
            case [int() as tag, int() as number, *_] if tag in CLIENT_COMMANDS.classes:
                self.refuse(number, misshapen.error)
            case _:
                self.broken(self.channel, misshapen.error)

    def _take_hello(self, message: Any) -> None:
        try:
            hello = _as_hello(message)
        except AskedWrongly as error:
            number = _number_of(message) if isinstance(error, VersionMismatch) else 0
            self.turn_away(number, error, WSCloseCode.PROTOCOL_ERROR)
            return
        self.hello_number, self.epoch, self.position = hello.number, hello.epoch, hello.position
        self._entrance.hello(self, hello)


def _as_hello(message: Any) -> Hello:
    """The version first: another one may shape the rest of its `Hello` in another way."""
    match message:
        case Hello(version=version) if version == PROTOCOL_VERSION:
            return message
        case Hello(version=version):
            raise VersionMismatch(wanted=PROTOCOL_VERSION, got=version)
        case Misshapen(value=[tag, int(), int() as version, *_]) if (
            tag == _HELLO and version != PROTOCOL_VERSION
        ):
            raise VersionMismatch(wanted=PROTOCOL_VERSION, got=version)
        case Misshapen(value=[tag, *_]) if tag == _HELLO:
            raise message.error
        case _:
            raise MalformedMessage(detail="the first message of a connection is a Hello")


def _number_of(hello: Hello | Misshapen) -> int:
    return hello.number if isinstance(hello, Hello) else hello.value[1]
