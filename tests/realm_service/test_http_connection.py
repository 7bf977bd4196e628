"""What uvicorn leaves open: the head of a request without end, and one that never comes."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import StreamingResponse

from realm_service.http import new_app
from realm_service.http_connection import bounded_http
from tests.realm_server.serving import served

NEVER = 3600.0
SOON = 0.05


@asynccontextmanager
async def nothing(_: FastAPI) -> AsyncIterator[None]:
    yield


def an_app(body_seconds: float = NEVER) -> FastAPI:
    app = new_app(
        "test",
        "1",
        lifespan=nothing,
        body_limit=4096,
        body_seconds=body_seconds,
        streamed=lambda method, path: (method, path) == ("POST", "/count-file"),
    )

    @app.get("/hello")
    async def hello() -> str:
        return "hello"

    @app.post("/count")
    async def count(request: Request) -> int:
        return len(await request.body())

    @app.post("/count-file")
    async def count_file(request: Request) -> int:
        return sum([len(part) async for part in request.stream()])

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"first"
            # Time itself is what is tried: longer than the limit that must not cut an answer.
            await asyncio.sleep(4 * SOON)
            yield b"last"

        return StreamingResponse(parts())

    return app


class Connection:
    """A socket to the server, and what comes back over it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, Any]:
        """The status and the JSON of one answer with its length."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        return int(head.split()[1]), json.loads(await self.reader.readexactly(length))

    async def rest(self) -> bytes:
        """All that comes until the server closes."""
        async with asyncio.timeout(20):
            return await self.reader.read()


@asynccontextmanager
async def connected(
    app: FastAPI | None = None, *, head_limit: int = 1024, head_seconds: float = NEVER
) -> AsyncIterator[Connection]:
    http = bounded_http(head_limit=head_limit, head_seconds=head_seconds)
    async with served(app or an_app(), http=http) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        try:
            yield Connection(reader, writer)
        finally:
            writer.close()


def refusal(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /hello HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 1024,
        b"GET /hello HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 1024 + b"\r\n\r\n",
        b"GET /hello HTTP/1.1\r\n" + b"X-Short: x\r\n" * 100,
        b"GET /hello?" + b"x" * 1024,
        b"GET /hello?" + b"x" * 1024 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=["a header without end", "a long header", "many headers", "no end of path", "a long path"],
)
async def test_a_head_over_the_limit_is_refused(head: bytes) -> None:
    """431 in the one shape of errors, whether the head has an end or not; then it closes."""
    async with connected() as connection:
        connection.write(head)

        status, body = await connection.answer()

        assert refusal((status, body)) == (431, "request_head_too_large")
        assert body["error"]["limit"] == 1024
        assert await connection.rest() == b""


async def test_heads_are_counted_one_by_one() -> None:
    """A connection that is kept alive may send any number of them."""
    async with connected() as connection:
        for _ in range(10):
            connection.write(b"GET /hello HTTP/1.1\r\nX-Long: " + b"x" * 500 + b"\r\n\r\n")
            assert await connection.answer() == (200, "hello")
        connection.write(b"POST /count HTTP/1.1\r\nContent-Length: 4000\r\n\r\n" + b"x" * 4000)
        assert await connection.answer() == (200, 4000)
        connection.write(b"GET /hello HTTP/1.1\r\nX-Long: " + b"x" * 2000)
        assert refusal(await connection.answer()) == (431, "request_head_too_large")


@pytest.mark.parametrize("before", [b"", b"GET /hello HTTP/1.1\r\n\r\n"], ids=["first", "second"])
async def test_a_head_that_does_not_end_in_time_is_refused(before: bytes) -> None:
    """408, on a new connection and on one that is kept alive."""
    async with connected(head_seconds=SOON) as connection:
        if before:
            connection.write(before)
            await connection.answer()
        connection.write(b"GET /hello HTTP/1.1\r\nHost:")

        assert refusal(await connection.answer()) == (408, "request_too_slow")
        assert await connection.rest() == b""


async def test_a_connection_that_says_nothing_is_closed() -> None:
    """Without a word: nothing was asked."""
    async with connected(head_seconds=SOON) as connection:
        assert await connection.rest() == b""


async def test_an_answer_may_take_longer_than_a_head() -> None:
    """The limit is for asking; a stream of events goes on."""
    async with connected(head_seconds=SOON) as connection:
        connection.write(b"GET /stream HTTP/1.1\r\nConnection: close\r\n\r\n")

        assert b"last" in await connection.rest()


async def test_a_body_that_does_not_come_is_refused() -> None:
    """408 in the one shape, and it closes."""
    async with connected(an_app(body_seconds=SOON)) as connection:
        connection.write(b"POST /count HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf")

        assert refusal(await connection.answer()) == (408, "request_too_slow")
        assert await connection.rest() == b""


async def test_a_file_is_bounded_by_its_route_alone() -> None:
    """It comes in any size, and is not cut off as long as it comes."""
    async with connected() as connection:
        connection.write(b"POST /count HTTP/1.1\r\nContent-Length: 4097\r\n\r\n")
        assert refusal(await connection.answer()) == (413, "request_too_large")

    async with connected() as connection:
        connection.write(b"POST /count-file HTTP/1.1\r\nContent-Length: 4097\r\n\r\n")
        connection.write(b"x" * 4097)
        assert await connection.answer() == (200, 4097)


async def test_a_file_that_stops_coming_is_refused() -> None:
    """Nobody holds a connection by silence."""
    async with connected(an_app(body_seconds=SOON)) as connection:
        connection.write(b"POST /count-file HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf")

        assert refusal(await connection.answer()) == (408, "request_too_slow")


async def test_a_body_that_nobody_reads_has_its_time_too() -> None:
    """What trickles in after the answer does not hold the connection for ever."""
    async with connected(head_seconds=SOON) as connection:
        connection.write(b"GET /hello HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert await connection.answer() == (200, "hello")

        async def trickle() -> None:
            while True:
                connection.write(b"1\r\nx\r\n")
                await asyncio.sleep(SOON / 10)

        trickling = asyncio.create_task(trickle())
        try:
            assert await connection.rest() == b""
        except ConnectionError:
            pass  # cut while it was writing: as good
        finally:
            trickling.cancel()


async def test_what_is_no_http_is_refused_in_the_one_shape() -> None:
    """400, as on every route."""
    async with connected() as connection:
        connection.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")

        assert refusal(await connection.answer()) == (400, "malformed")


PROGRAM = """
import sys
from contextlib import asynccontextmanager
from realm_service.http import new_app
from realm_service.listening import bind, run

@asynccontextmanager
async def nothing(app):
    print("ready", flush=True)
    yield

run(new_app("test", "1", lifespan=nothing), bind("127.0.0.1", int(sys.argv[1])))
"""


def test_every_service_is_bounded(free_port: int) -> None:
    """By the way that all of them are run: 64 KiB, without a word about it in the service."""
    program = [sys.executable, "-c", PROGRAM, str(free_port)]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, env=dict(os.environ))
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        url = f"http://127.0.0.1:{free_port}/health"
        with httpx.Client(trust_env=False) as http:
            allowed = http.get(url, headers={"X-Long": "x" * 60_000})
        with socket.create_connection(("127.0.0.1", free_port)) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 66_000)
            refused = sock.recv(100)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()

    assert allowed.status_code == 404
    assert refused.startswith(b"HTTP/1.1 431 ")
