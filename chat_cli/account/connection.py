"""One connection to the realm: numbers on commands, answers back to whoever asked.

It knows nothing of messages or files; `engine` opens it and is told what came.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from realm_protocol.commands import REPLIES, ClientCommand
from realm_protocol.errors import (
    RealmchatError,
    RealmUnreachable,
    TimedOut,
    rebuild,
)
from realm_protocol.events import SERVER_MESSAGES, AtRealm, Refused, Reply, ServerMessage
from realm_protocol.limits import CLIENT_FRAME_LIMIT, LINK_READ_LIMIT, SESSION_UNSENT_LIMIT
from realm_protocol.wire import Misshapen, check, pack
from realm_service.channel import Channel, Flusher, close_code
from realm_service.logs import get_logger

log = get_logger("chat_cli.connection")

FromRealm = Callable[[ServerMessage], None]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Unanswered:
    command: type[ClientCommand]
    answered: Callable[[Any], None]
    refused: Callable[[RealmchatError], None]


class RealmConnection:
    """Owns a `Channel` to the realm; `received` gets the events, in order."""

    def __init__(self, url: str, received: FromRealm) -> None:
        self.url = url
        self.closed_event = asyncio.Event()
        self.refusal: RealmchatError | None = None
        """What the realm said before it closed, where it was no answer to a command."""
        self.channel = Channel(
            self,
            Flusher(),
            read_limit=LINK_READ_LIMIT,
            frame_limit=CLIENT_FRAME_LIMIT,
            unsent_limit=SESSION_UNSENT_LIMIT,
        )
        self._received = received
        self._unanswered: dict[int, _Unanswered] = {}
        self._number = 0

    def ask(
        self,
        command: ClientCommand,
        answered: Callable[[Any], None],
        refused: Callable[[RealmchatError], None],
    ) -> None:
        """Send a command; one of the two is called, in the order in which answers come.

        The command's own number is chosen here. A cut refuses with `RealmUnreachable`.
        """
        self._number += 1
        self._unanswered[self._number] = _Unanswered(type(command), answered, refused)
        self.channel.send(pack(msgspec.structs.replace(command, number=self._number)))

    def tell(self, command: ClientCommand) -> None:
        """Send a command that has no answer; it may be refused, and nobody waits to hear it."""
        self._number += 1
        self.channel.send(pack(msgspec.structs.replace(command, number=self._number)))

    async def request(
        self, command: ClientCommand, seconds: float, heard: Callable[[Any], None] | None = None
    ) -> Any:
        """The checked result of a command; raises its refusal, or `TimedOut`.

        `heard` gets it before anything that comes behind it is received.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def answered(result: Any) -> None:
            if not future.done():
                if heard is not None:
                    heard(result)
                future.set_result(result)

        def refused(error: RealmchatError) -> None:
            if not future.done():
                future.set_exception(error)

        if self.closed_event.is_set():
            raise self._cut()
        self.ask(command, answered, refused)
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError as exc:
            raise TimedOut(seconds=seconds) from exc

    def _cut(self) -> RealmUnreachable:
        return RealmUnreachable(url=self.url, detail="the connection was cut")

    # --- what the channel tells ------------------------------------------------------------------

    def opened(self, channel: Channel) -> None:
        """Nothing to do: `engine` says hello when `connect` returns."""

    def frame_received(self, channel: Channel, frame: bytes) -> None:
        try:
            for message in SERVER_MESSAGES.open_frame(frame, LINK_READ_LIMIT):
                self._take(message)
        except RealmchatError as error:
            self.broken(channel, error)

    def _take(self, message: ServerMessage | Misshapen) -> None:
        match message:
            case Misshapen(error=error):
                raise error
            case Reply():
                self._take_reply(message)
            case AtRealm():
                self._take_kept(message)
            case Refused():
                self._take_refusal(message)
            case _:
                self._received(message)

    def _take_reply(self, reply: Reply) -> None:
        unanswered = self._unanswered.pop(reply.number, None)
        if unanswered is not None:
            unanswered.answered(check(reply.result, REPLIES[unanswered.command]))

    def _take_kept(self, kept: AtRealm) -> None:
        """An answer too: what main says of it comes later, by its key."""
        unanswered = self._unanswered.pop(kept.number, None)
        if unanswered is not None:
            unanswered.answered(kept)

    def _take_refusal(self, refused: Refused) -> None:
        error = rebuild(refused.code, refused.fields)
        unanswered = self._unanswered.pop(refused.number, None)
        if unanswered is not None:
            unanswered.refused(error)
        elif refused.number == 0:
            self.refusal = error
        else:
            log.debug("refused", code=error.code)

    def broken(self, channel: Channel, error: RealmchatError) -> None:
        log.error("realm_broke_the_protocol", code=error.code, detail=error.message)
        channel.close(close_code(error))

    def overflowed(self, channel: Channel) -> None:
        channel.abort()

    def closed(self, channel: Channel) -> None:
        self.closed_event.set()
        unanswered, self._unanswered = self._unanswered, {}
        for one in unanswered.values():
            one.refused(self._cut())
