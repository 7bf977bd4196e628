"""The realm's end of a link, as bare as can be: it asks, and keeps all that main tells."""

import asyncio
from itertools import count
from socket import SO_RCVBUF, SOL_SOCKET
from typing import Any

from msgspec import Raw

from realm_protocol import commands, link
from realm_protocol.errors import RealmchatError, rebuild
from realm_protocol.events import SERVER_MESSAGES
from realm_protocol.limits import LINK_READ_LIMIT, PROTOCOL_VERSION
from realm_protocol.wire import check, pack, unpack_value
from realm_service.channel import Channel, Flusher, connect
from tests.waiting import DEADLINE_SECONDS, eventually

_RECEIVE_BUFFER = 2**16


class RealmEnd:
    """One link. `told` has every message in order; `ask` waits for an answer."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.is_closed = asyncio.Event()
        self.channel = Channel(
            self, Flusher(), read_limit=LINK_READ_LIMIT, frame_limit=2**16, unsent_limit=2**30
        )
        self._refs = count(1)
        self._token = ""
        self._handles = count(1)
        self._waiting: dict[int, asyncio.Future[bytes]] = {}

    def opened(self, channel: Channel) -> None:
        pass

    def frame_received(self, channel: Channel, frame: bytes) -> None:
        for message in link.FROM_MAIN.open_frame(frame, LINK_READ_LIMIT):
            self.told.append(message)
            answers = isinstance(message, link.Answer | link.Fanout)
            if answers and message.ref in self._waiting:
                self._waiting.pop(message.ref).set_result(message.result)
            elif isinstance(message, link.Refusal) and message.ref in self._waiting:
                error = rebuild(message.code, message.fields)
                self._waiting.pop(message.ref).set_exception(error)

    def broken(self, channel: Channel, error: RealmchatError) -> None:
        raise AssertionError(f"main broke the form of frames: {error}")

    def overflowed(self, channel: Channel) -> None:
        raise AssertionError("main does not read")

    def closed(self, channel: Channel) -> None:
        self.is_closed.set()

    def stop_reading(self) -> None:
        """Read nothing until `channel.resume_reading`; what the kernel takes meanwhile is bounded.

        Where it grows the socket's buffer by itself, it swallows 32 MiB and main waits for nobody.
        """
        socket = self.channel.get_extra_info("socket")
        socket.setsockopt(SOL_SOCKET, SO_RCVBUF, _RECEIVE_BUFFER)
        self.channel.pause_reading()

    def send(self, *messages: Any) -> None:
        for message in messages:
            self.channel.send(pack(message))

    def ask_later(self, kind: type, *fields: Any) -> "asyncio.Future[bytes]":
        """Send a request; the future gets its packed result or its error."""
        ref = next(self._refs)
        self._waiting[ref] = asyncio.get_running_loop().create_future()
        self.send(kind(ref, *fields))
        return self._waiting[ref]

    async def ask(self, kind: type, *fields: Any) -> Any:
        """The unpacked result; raises the refusal."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            return unpack_value(await self.ask_later(kind, *fields))

    async def hello(
        self, realm: str, version: int = PROTOCOL_VERSION, *, open_room: bool = False
    ) -> Any:
        """Main's first word: `LinkWelcome` or `LinkRefused`."""
        self.send(link.LinkHello(next(self._refs), version, realm, 0, open_room=open_room))
        await eventually(lambda: self.told)
        return self.told[0]

    async def sign_in(self, address: str, password: str = "surabaya") -> link.Session:  # noqa: S107
        answer = await self.ask(link.SignIn, address, password, "test")
        session = check(answer, link.Session)
        self._token = session.token
        return session

    async def attach(self, token: str, *, epoch: int = 0, position: int = 0) -> "Attached":
        """A client of this session has connected."""
        from main_server.rules.sessions import hash_token

        handle = next(self._handles)
        told_before = len(self.told)
        answer = await self.ask(link.Attach, handle, hash_token(token), epoch, position)
        return Attached(self, handle, check(answer, link.Attached), told_before)

    async def enter_as_guest(self, name: str, seconds: int = 3600) -> "Attached":
        """A guest of this realm's room, attached."""
        answer = await self.ask(link.EnterAsGuest, name, "test", seconds)
        self._token = check(answer, link.Session).token
        return await self.attach(self._token)

    async def enter_again(self) -> "Attached":
        """Attach the session that signed in last once more."""
        return await self.attach(self._token)

    async def enter(self, address: str, **known: int) -> "Attached":
        """Sign in and attach."""
        return await self.attach((await self.sign_in(address)).token, **known)

    def told_of(self, kind: type) -> list[Any]:
        return [message for message in self.told if type(message) is kind]


class Attached:
    """An attached session: commands go through it."""

    def __init__(
        self, realm: RealmEnd, handle: int, confirmation: link.Attached, told_before: int
    ) -> None:
        self.realm = realm
        self._told_before = told_before
        self.handle = handle
        self.person = confirmation.person
        self.address = confirmation.address
        self.confirmation = confirmation
        self._keys = count(1)

    def command(self, kind: type, *fields: Any) -> "asyncio.Future[bytes]":
        return self.realm.ask_later(link.Forward, self.handle, Raw(pack(kind(0, *fields))))

    async def do(self, kind: type, *fields: Any) -> Any:
        async with asyncio.timeout(DEADLINE_SECONDS):
            result = unpack_value(await self.command(kind, *fields))
        return check(result, commands.REPLIES[kind])

    def send_later(self, to: str, text: str, key: str | None = None) -> "asyncio.Future[bytes]":
        key = key or f"{self.address}-{next(self._keys)}"
        return self.command(commands.SendMessage, to, key, "text", text.encode(), 0)

    async def send(self, to: str, text: str, key: str | None = None) -> commands.Accepted:
        async with asyncio.timeout(DEADLINE_SECONDS):
            packed = await self.send_later(to, text, key)
        return check(unpack_value(packed), commands.Accepted)

    def mark(self, conversation: str, *, delivered: int = 0, read: int = 0) -> None:
        self.realm.send(link.Mark(self.handle, conversation, delivered, read))

    async def history(self, conversation: str) -> list[commands.StoredMessage]:
        page = await self.do(commands.FetchMessages, conversation, 0, 0, 500, False)
        return page.messages

    def told(self, kind: type) -> list[Any]:
        """Events of this class told to this session since it attached (not by fan-out)."""
        packed = [
            message.event
            for message in self.realm.told[self._told_before :]
            if (isinstance(message, link.Tell) and message.handle == self.handle)
            or (isinstance(message, link.Notify) and self.person in message.persons)
        ]
        events = [SERVER_MESSAGES.read(event) for event in packed]
        return [event for event in events if type(event) is kind]


def fanned_out(realm: RealmEnd) -> list[Any]:
    """The events of conversations that a realm was told, in order."""
    return [SERVER_MESSAGES.read(message.event) for message in realm.told_of(link.Fanout)]


async def open_link(url: str, key: str) -> RealmEnd:
    """Connected; no hello said."""
    realm = RealmEnd()
    await connect(f"{url}/v1/link", realm.channel, headers={"Authorization": f"Bearer {key}"})
    return realm
