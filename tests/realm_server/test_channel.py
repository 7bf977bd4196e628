"""The WebSocket beneath both hops: what it does when a peer or a part of ours misbehaves."""

import asyncio
import base64
import contextlib
import hashlib
import json
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from socket import SO_SNDBUF, SOL_SOCKET

import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from realm_protocol.errors import FrameTooLarge, MalformedMessage
from realm_protocol.wire import pack, unpack_value
from realm_service.channel import Channel, Flusher, TextFrame, close_code, connect, mount
from tests.realm_server.conftest import World
from tests.realm_server.raw_client import RawClient, open_client
from tests.realm_server.serving import served
from tests.waiting import eventually

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(peer: Peer) -> AsyncIterator[str]:
    """A server of this behaviour, and the URL of a WebSocket that might be there."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await peer(reader, writer)
        with contextlib.suppress(OSError):
            await reader.read()
        writer.close()
        ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/link"
        await ended.wait()


async def upgrade(world: World, request: str) -> tuple[str, str, bytes]:
    """Status line, headers and body of the answer to an upgrade request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.realm_port)
    writer.write(request.replace("\n", "\r\n").encode())
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    status, _, headers = head.decode().partition("\r\n")
    return status, headers.lower(), body


async def test_a_server_that_closes_without_an_answer_is_an_error() -> None:
    """At once and in words, not as a connection that never opens."""

    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    client = RawClient()
    async with listening(close) as url:
        with pytest.raises(OSError, match="without an answer"):
            await connect(url, client.channel, headers={})
    assert not client.is_closed.is_set()


async def test_a_server_that_hangs_is_an_error_in_words() -> None:
    """The socket is closed, and the owner is told nothing more."""

    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    client = RawClient()
    async with listening(hang) as url:
        with pytest.raises(TimeoutError, match=r"no answer within 0\.1 s"):
            await connect(url, client.channel, headers={}, timeout_seconds=0.1)
    assert not client.channel.was_opened


async def test_what_is_no_websocket_server_is_told_so() -> None:
    """A web server of another kind stands there."""

    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"error": [1]} ')

    async with listening(web) as url:
        with pytest.raises(OSError, match="no realmchat server answers there"):
            await connect(url, RawClient().channel, headers={})


async def test_a_server_that_dies_in_the_handshake_leaves_nothing_behind() -> None:
    """At whichever turn: a watch left on a descriptor makes the next connection there deaf."""
    for turns in range(20):
        with socket.create_server(("127.0.0.1", 0)) as dying:
            url = f"ws://127.0.0.1:{dying.getsockname()[1]}/v1/link"
            attempt = asyncio.create_task(connect(url, RawClient().channel, headers={}))
            for _ in range(turns):
                await asyncio.sleep(0)
        with contextlib.suppress(OSError):
            await attempt
        for _ in range(5):  # it may be closed a turn or two after it was given up
            await asyncio.sleep(0)
        # These get the two descriptors that have become free.
        ends = [await asyncio.open_connection(sock=end) for end in socket.socketpair()]
        for (_, writer), (reader, _) in (ends, ends[::-1]):
            writer.write(b"halo\n")
            async with asyncio.timeout(5):
                assert await reader.readline() == b"halo\n"
        for _, writer in ends:
            writer.transport.abort()
        await asyncio.sleep(0)


class Telling:
    """An owner that says all it has when its channel opens; the kernel takes little of it."""

    def __init__(self, messages: list[bytes]) -> None:
        self._messages = messages

    def opened(self, channel: Channel) -> None:
        channel.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, 4096)
        for message in self._messages:
            channel.send(message)

    def closed(self, channel: Channel) -> None:
        """Nothing to do."""


async def test_frames_that_wait_for_one_socket_stay_whole() -> None:
    """Many of them in one turn, of every size, more than the kernel takes."""
    sizes = [100, 70_000, 9_000, 20_000, 8_192, 200_000, 66_000, 10, 40_000] * 9
    told = [pack([number, bytes([number]) * size]) for number, size in enumerate(sizes)]

    def accept(request: object) -> Channel:
        return Channel(
            Telling(told),  # type: ignore[arg-type]  # it hears nothing
            Flusher(),
            read_limit=1000,
            frame_limit=60_000,
            unsent_limit=2**26,
            socket_limit=2**24,
        )

    heard: list[bytes] = []
    websocket = mount({"/v1/link": accept}, read_limit=1000)
    async with served(FastAPI(), websocket) as server:
        client = RawClient()
        client.frame_received = lambda _, frame: heard.append(frame)  # type: ignore[method-assign]
        await connect(f"ws://127.0.0.1:{server.port}/v1/link", client.channel, headers={})
        await eventually(lambda: client.is_closed.is_set() or sum(map(len, heard)) >= sum(sizes))
        client.channel.abort()

    messages = [message for frame in heard for message in unpack_value(frame)]
    assert messages == [unpack_value(message) for message in told]


async def test_a_part_of_a_frame_is_a_sign_of_life() -> None:
    """On a thin line a long frame takes seconds, in which no other can come."""
    go_on = asyncio.Event()

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        key = re.search(rb"Sec-WebSocket-Key: (\S+)", request, re.IGNORECASE)
        assert key is not None
        accept = base64.b64encode(hashlib.sha1(key[1] + _GUID, usedforsecurity=False).digest())
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        await go_on.wait()
        writer.write(b"\x82\x7d")  # a binary frame of 125 bytes, and no byte of them yet

    client = RawClient()
    async with listening(trickle) as url:
        await connect(url, client.channel, headers={})
        before = client.channel.received()
        go_on.set()
        await eventually(lambda: client.channel.received() == before + 2)
        assert client.channel.heard == 0
        client.channel.abort()


async def test_a_broken_upgrade_request_is_answered_in_the_one_shape(running: World) -> None:
    """400 as JSON, like every error of every route."""
    request = (
        "GET /v1/client HTTP/1.1\nHost: here\nUpgrade: websocket\nConnection: Upgrade\n"
        "Authorization: Bearer messi-token\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: no\n\n"
    )

    status, headers, body = await upgrade(running, request)

    assert status.split()[1] == "400"
    assert "content-type: application/json" in headers
    assert json.loads(body)["error"]["code"] == "malformed"


async def test_a_defect_of_the_upgrade_is_told_by_number(
    running: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 as JSON, without a word of the exception."""
    request = (
        "GET /v1/client HTTP/1.1\nHost: here\nUpgrade: websocket\nConnection: Upgrade\n"
        "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\n"
    )

    def fail(_: object) -> str:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr("realm_server.entrance.bearer_token", fail)
    with capture_logs() as logs:
        status, _, body = await upgrade(running, request)

    error = json.loads(body)["error"]
    assert (status.split()[1], error["code"]) == ("500", "internal_error")
    assert b"secret" not in body
    assert [each["incident"] for each in logs if each["event"] == "defect"] == [error["incident"]]


async def test_a_write_that_fails_ends_one_channel_only(running: World) -> None:
    """The others that wait for the same turn are written."""
    bad, good = [await open_client(running.url, "messi-token") for _ in range(2)]
    flusher = Flusher()

    class Broken(Channel):
        def flush(self) -> None:
            raise RuntimeError("a defect")

    broken = Broken(bad, flusher, read_limit=1, frame_limit=1, unsent_limit=1)
    good.channel._flusher = flusher
    with capture_logs() as logs:
        broken.send(b"x")
        good.send([1, 1, 99, "", 0, 0])
        await eventually(lambda: good.seen)

    assert [each["during"] for each in logs if each["event"] == "defect"] == ["a write"]
    for client in (bad, good):
        client.channel.abort()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FrameTooLarge(size=2, limit=1), 1009),
        (TextFrame(detail="text"), 1003),
        (MalformedMessage(detail="no msgpack"), 1002),
    ],
)
def test_the_close_code_tells_what_was_broken(error: MalformedMessage, code: int) -> None:
    """As RFC 6455 has them."""
    assert close_code(error) == code
