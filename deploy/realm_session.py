"""A signed-in device that speaks the realm protocol: as much as making a demonstration takes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from realm_protocol.commands import CLIENT_COMMANDS, REPLIES, EndSession, Hello
from realm_protocol.errors import AskedWrongly, MalformedMessage, RealmchatError, rebuild
from realm_protocol.events import SERVER_MESSAGES, Refused, Reply
from realm_protocol.limits import CLIENT_FRAME_LIMIT, PROTOCOL_VERSION, SESSION_UNSENT_LIMIT
from realm_protocol.names import Address
from realm_protocol.wire import Misshapen, WireMessage, check, pack
from realm_service.channel import Channel, Flusher, connect

DEVICE = "realmchat up"
_ANSWER_SECONDS = 30.0


class RealmSession:
    """One connection; commands are asked one after the other."""

    def __init__(self) -> None:
        self.channel = Channel(
            self,
            Flusher(),
            read_limit=CLIENT_FRAME_LIMIT,
            frame_limit=CLIENT_FRAME_LIMIT,
            unsent_limit=SESSION_UNSENT_LIMIT,
        )
        self._number = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}

    async def ask(self, command: type[WireMessage], **fields: Any) -> Any:
        """The result of a command; raises what the realm answered, or `OSError`."""
        if command not in CLIENT_COMMANDS.classes.values():
            raise TypeError(f"{command.__name__} is no command of a client")
        self._number += 1
        answer = asyncio.get_running_loop().create_future()
        self._waiting[self._number] = answer
        self.channel.send(pack(command(number=self._number, **fields)))
        async with asyncio.timeout(_ANSWER_SECONDS):
            return check(await answer, REPLIES[command])

    # --- what the channel tells ------------------------------------------------------------------

    def opened(self, channel: Channel) -> None:
        """`ask` may be called from here on."""

    def frame_received(self, channel: Channel, frame: bytes) -> None:
        try:
            for message in SERVER_MESSAGES.open_frame(frame, CLIENT_FRAME_LIMIT):
                self._take(message)
        except AskedWrongly as error:
            self.broken(channel, error)

    def _take(self, message: WireMessage | Misshapen) -> None:
        if isinstance(message, Misshapen):
            raise message.error
        if isinstance(message, Reply):
            self._answered(message.number).set_result(message.result)
        elif isinstance(message, Refused):
            error = rebuild(message.code, message.fields)
            if message.number:
                self._answered(message.number).set_exception(error)
            else:
                self._fail(error)

    def _answered(self, number: int) -> asyncio.Future[Any]:
        if number not in self._waiting:
            raise MalformedMessage(detail=f"nothing was asked under the number {number}")
        return self._waiting.pop(number)

    def _fail(self, error: Exception) -> None:
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_exception(error)

    def broken(self, channel: Channel, error: RealmchatError) -> None:
        self._fail(error)
        channel.abort()

    def overflowed(self, channel: Channel) -> None:
        channel.abort()

    def closed(self, channel: Channel) -> None:
        self._fail(ConnectionError("the realm closed the connection"))


@asynccontextmanager
async def signed_in(realm_url: str, address: Address, password: str) -> AsyncIterator[RealmSession]:
    """Sign in, greet, and sign out again at the end."""
    token = await _sign_in(realm_url, address, password)
    session = RealmSession()
    url = realm_url.replace("http", "ws", 1) + "/v1/client"
    await connect(url, session.channel, headers={"Authorization": f"Bearer {token}"})
    try:
        await session.ask(Hello, version=PROTOCOL_VERSION, device=DEVICE, epoch=0, position=0)
        yield session
        await session.ask(EndSession, session_id="")
    finally:
        session.channel.abort()


async def _sign_in(realm_url: str, address: Address, password: str) -> str:
    asked = {"address": address, "password": password, "device": DEVICE}
    # Not through a proxy that the environment names: the realm is on this machine.
    async with httpx.AsyncClient(trust_env=False, timeout=_ANSWER_SECONDS) as client:
        answer = await client.post(f"{realm_url}/v1/sign-in", json=asked)
    body = answer.json()
    if answer.is_success:
        return str(body["token"])
    error = dict(body["error"])
    raise rebuild(error.pop("code"), {k: v for k, v in error.items() if k != "message"})
