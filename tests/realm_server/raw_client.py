"""A client of the realm protocol as bare as can be: it sends what it is told, and keeps all."""

import asyncio
from typing import Any

from picows import WSFrame, WSMsgType, WSTransport

from realm_protocol.commands import Hello, SendMessage
from realm_protocol.errors import RealmchatError
from realm_protocol.events import SERVER_MESSAGES
from realm_protocol.limits import PROTOCOL_VERSION
from realm_protocol.wire import pack
from realm_service.channel import Channel, Flusher, connect
from tests.waiting import DEADLINE_SECONDS


class _Watched(Channel):
    """A channel whose close code is seen, and that can break the form of frames."""

    close_code: int | None = None

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            self.close_code = frame.get_close_code()
        super().on_ws_frame(transport, frame)

    def send_raw(self, kind: WSMsgType, payload: bytes, *, fin: bool = True) -> None:
        assert self._transport is not None
        self._transport.send(kind, payload, fin)


class RawClient:
    """One connection. `seen` has all messages in order; `next` takes them one by one."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.frames = 0
        self.is_closed = asyncio.Event()
        self.channel = _Watched(
            self, Flusher(), read_limit=2**26, frame_limit=2**19, unsent_limit=2**30
        )
        self._unread: asyncio.Queue[Any] = asyncio.Queue()

    def opened(self, channel: Channel) -> None:
        pass

    def frame_received(self, channel: Channel, frame: bytes) -> None:
        self.frames += 1
        for message in SERVER_MESSAGES.open_frame(frame, 2**26):
            self.seen.append(message)
            self._unread.put_nowait(message)

    def broken(self, channel: Channel, error: RealmchatError) -> None:
        raise AssertionError(f"the realm broke the form of frames: {error}")

    def overflowed(self, channel: Channel) -> None:
        raise AssertionError("the realm does not read")

    def closed(self, channel: Channel) -> None:
        self.is_closed.set()

    def send(self, *messages: Any) -> None:
        for message in messages:
            self.channel.send(pack(message))

    async def next(self, kind: type | None = None) -> Any:
        """The next message; of this class, where one is named."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            message = await self._unread.get()
        assert kind is None or type(message) is kind, message
        return message

    async def until(self, *kinds: type) -> Any:
        """The next message of this class, or one of these; those before it are passed over."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while type(message := await self._unread.get()) not in kinds:
                pass
        return message

    def send_raw(self, payload: bytes, kind: WSMsgType = WSMsgType.BINARY) -> None:
        """A frame that is not of this protocol."""
        self.channel.send_raw(kind, payload)

    async def wait_closed(self) -> int | None:
        """The close code that the realm gave."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            await self.is_closed.wait()
        return self.channel.close_code

    def seen_of(self, kind: type) -> list[Any]:
        return [message for message in self.seen if type(message) is kind]


async def open_client(url: str, token: str, *, tls: Any = None) -> RawClient:
    """Connected; no `Hello` said."""
    client = RawClient()
    headers = {"Authorization": f"Bearer {token}"}
    await connect(f"{url}/v1/client", client.channel, headers=headers, tls=tls)
    return client


def hello(epoch: int = 0, position: int = 0, number: int = 1) -> Hello:
    return Hello(number, PROTOCOL_VERSION, "test", epoch, position)


def message(number: int, to: str = "henderson@jakarta", text: str = "hi") -> SendMessage:
    return SendMessage(number, to, f"key-{number}", "text", text.encode(), 1000)
