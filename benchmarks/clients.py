"""Raw clients of the load: one of realmchat's wire, one of the floor's, with the same face.

They parse and check only what the load needs to know that nothing was lost, doubled or reordered.
"""

import asyncio
import random
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import msgpack

from benchmarks.floor import Framed
from realm_protocol.commands import (
    CreateGroup,
    FetchMessages,
    Hello,
    MoveWatermark,
    SendMessage,
)
from realm_protocol.errors import RealmchatError
from realm_protocol.events import (
    AtRealm,
    LinkChanged,
    MessagePending,
    MessageStored,
    Refused,
    Reply,
    SignedOut,
    Synced,
)
from realm_protocol.limits import CLIENT_FRAME_LIMIT, PROTOCOL_VERSION, SESSION_UNSENT_LIMIT
from realm_protocol.names import Address, GroupAddress
from realm_protocol.wire import pack, tag_of
from realm_service.channel import Channel, Flusher, connect

_SEND, _MARK = tag_of(SendMessage), tag_of(MoveWatermark)
_REPLY, _REFUSED, _STORED = tag_of(Reply), tag_of(Refused), tag_of(MessageStored)
_SYNCED, _SIGNED_OUT = tag_of(Synced), tag_of(SignedOut)
_AT_REALM, _PENDING, _LINK = tag_of(AtRealm), tag_of(MessagePending), tag_of(LinkChanged)
_KEYS = random.Random()  # noqa: S311  # keys need be unique, not secret


class LoadFailed(Exception):
    """A server refused, lost, doubled or reordered something during a benchmark."""


@dataclass(frozen=True)
class Account:
    """A person with an open session. The floor knows only the number."""

    number: int
    address: str = ""
    token: str = ""


class Client(Protocol):
    """What the load needs of a connection."""

    account: Account
    accepted: Callable[[int, int], None]
    """Called with the number of a send and the seq that it got."""
    arrived: Callable[[int, bytes], None]
    """Called with the seq and body of somebody else's message."""

    def send(self, number: int, to: str, body: bytes) -> None: ...

    def confirm(self) -> None:
        """Say up to where messages have arrived."""

    def close(self) -> None: ...


def ignore(seq: int, body: Any) -> None:
    """For clients that only send, or only receive."""


def ignore_body(body: bytes) -> None:
    """For clients whose realm is linked all the time."""


class RealmClient:
    """A device that speaks the realm protocol."""

    def __init__(self, account: Account, failed: Callable[[Exception], None]) -> None:
        loop = asyncio.get_running_loop()
        self.account = account
        self.accepted: Callable[[int, int], None] = ignore
        self.arrived: Callable[[int, bytes], None] = ignore
        self.kept: Callable[[int, int], None] = ignore
        """Called with the number of a send that the realm keeps for main, and its place there."""
        self.shown: Callable[[bytes], None] = ignore_body
        """Called with the body of a neighbour's message that main hasn't got."""
        self.is_linked = True
        """Whether the realm has its link to main."""
        self.conversation = ""
        self.keys: dict[int, str] | None = None
        self.read_frame: Callable[[bytes], list[Any]] = msgpack.unpackb
        self._failed = failed
        self._synced = loop.create_future()
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._have = self._confirmed = 0
        self._channel: Channel | None = None

    async def open(self, url: str, flusher: Flusher, tls: ssl.SSLContext | None) -> None:
        """Connect, greet, and wait until all heads have been told."""
        self._channel = Channel(
            self,
            flusher,
            read_limit=CLIENT_FRAME_LIMIT,
            frame_limit=CLIENT_FRAME_LIMIT,
            unsent_limit=SESSION_UNSENT_LIMIT,
        )
        authorization = {"Authorization": f"Bearer {self.account.token}"}
        await connect(url, self._channel, headers=authorization, tls=tls, timeout_seconds=60)
        hello = Hello(number=0, version=PROTOCOL_VERSION, device="benchmark", epoch=0, position=0)
        self._channel.send(pack(hello))
        await self._synced

    def send(self, number: int, to: str, body: bytes) -> None:
        now = int(time.time() * 1000)
        # In the form of a ULID: a time, then what makes it unique.
        key = f"{now:010X}{_KEYS.getrandbits(64):016X}"
        if self.keys is not None:
            self.keys[number] = key
        self._write((_SEND, number, to, key, "text", body, now))

    def confirm(self) -> None:
        if self._have > self._confirmed:
            self._confirmed = self._have
            self._write((_MARK, 0, self.conversation, self._have, self._have))

    async def create_group(self, group: str, members: list[str]) -> None:
        number = 2**52
        await self._ask(
            number,
            CreateGroup(
                number=number,
                group=GroupAddress.parse(group),
                members=[Address.parse(member) for member in members],
            ),
        )

    async def fetch(self, conversation: str, after: int) -> tuple[list[list[Any]], bool]:
        """A page of the log: its rows as they are on the wire, and whether more follow."""
        number = 2**52
        ask = FetchMessages(
            number=number,
            conversation=conversation,
            after=after,
            before=2**53 - 1,
            limit=1000,
            newest=False,
        )
        rows, more = await self._ask(number, ask)
        return rows, more

    def close(self) -> None:
        self._failed = ignore_failure
        if self._channel is not None:
            self._channel.close()

    async def _ask(self, number: int, command: CreateGroup | FetchMessages) -> Any:
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        self._write(command)
        return await answer

    def _write(self, command: Any) -> None:
        assert self._channel is not None
        self._channel.send(pack(command))

    # --- what the channel tells ------------------------------------------------------------------

    def opened(self, channel: Channel) -> None:
        """Nothing to do: `open` goes on by itself."""

    def frame_received(self, channel: Channel, frame: bytes) -> None:
        try:
            self._take(self.read_frame(frame))
        except LoadFailed as error:
            self._fail(error)

    def _take(self, messages: list[Any]) -> None:
        for message in messages:
            tag = message[0]
            if tag == _STORED:
                self.conversation, self._have, _, kind, _, body, _, _ = message[1]
                if kind == "text":
                    self.arrived(self._have, body)
            elif tag == _REPLY:
                self._take_reply(message[1], message[2])
            else:
                self._take_rare(tag, message)

    def _take_reply(self, number: int, result: Any) -> None:
        if self._asked and number in self._asked:
            self._asked.pop(number).set_result(result)
        elif number:
            self.conversation = result[0]
            self.accepted(number, result[1])

    def _take_rare(self, tag: int, message: list[Any]) -> None:
        if tag == _SYNCED and not self._synced.done():
            self._synced.set_result(None)
        elif tag == _AT_REALM:
            self.kept(message[1], message[2])
        elif tag == _PENDING:
            self.shown(message[1][6])
        elif tag == _LINK:
            self.is_linked = message[1]
        elif tag == _REFUSED:
            self._fail(LoadFailed(f"refused: {message[2]} {message[3]}"))
        elif tag == _SIGNED_OUT:
            self._fail(LoadFailed(f"signed out: {message[1]}"))

    def broken(self, channel: Channel, error: RealmchatError) -> None:
        self._fail(error)

    def overflowed(self, channel: Channel) -> None:
        self._fail(LoadFailed("the realm reads too slowly"))

    def closed(self, channel: Channel) -> None:
        self._fail(LoadFailed(f"the connection of {self.account.address} is gone"))

    def _fail(self, error: Exception) -> None:
        for waiting in (self._synced, *self._asked.values()):
            if not waiting.done():
                waiting.set_exception(error)
        self._failed(error)


def ignore_failure(error: Exception) -> None:
    """For connections that are being closed."""


class FloorClient(Framed):
    """A client of the floor."""

    def __init__(self, account: Account, failed: Callable[[Exception], None]) -> None:
        super().__init__()
        self.account = account
        self.accepted: Callable[[int, int], None] = ignore
        self.arrived: Callable[[int, bytes], None] = ignore
        self._failed = failed
        self._known = asyncio.get_running_loop().create_future()

    async def open(self, port: int) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", port)
        self.gather(self.account.number)
        await self._known

    def send(self, number: int, to: str, body: bytes) -> None:
        self.gather((number, int(to), body))

    def confirm(self) -> None:
        """The floor has no receipts."""

    def close(self) -> None:
        self._failed = ignore_failure
        super().close()

    def take(self, messages: list[Any]) -> None:
        for first, second in messages:
            if type(second) is bytes:
                self.arrived(first, second)
            elif first:
                self.accepted(first, second)
            else:
                self._known.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._failed(exc or LoadFailed("the floor's connection is gone"))
