"""Long answers: whatever a server sends, the bytes are right or it is said why they end."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
import trustme

from realm_service.long_answers import LongAnswers
from tests.ports import free_port
from tests.waiting import eventually

BODY = bytes(range(256)) * 4096
HEAD = b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: "a"\r\n\r\n' % len(BODY)

Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(
    *parts: bytes, then: Answering | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """The URL of a server that sends these parts, whatever is asked, and then closes."""
    over = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        for part in parts:
            writer.write(part)
            await writer.drain()
        if then is not None:
            await then(writer)
            await over.wait()
        writer.close()

    asked.clear()
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http{'s' if tls else ''}://127.0.0.1:{port}/file"
        over.set()


asked: list[bytes] = []


async def silent(_: asyncio.StreamWriter) -> None:
    """Sends nothing more, and stays."""


def client(tls: ssl.SSLContext | None = None, seconds: float = 20) -> httpx.AsyncClient:
    timeout = httpx.Timeout(seconds)
    return httpx.AsyncClient(transport=LongAnswers(tls), trust_env=False, timeout=timeout)


async def get(url: str, **headers: str) -> httpx.Response:
    async with client() as http:
        return await http.get(url, headers=headers)


@pytest.mark.parametrize("size", [1, 7, 65536, len(HEAD) + 1, 10**9])
async def test_a_body_comes_whole_however_it_is_split(size: int) -> None:
    """Also where the head and the body come in one piece, or byte by byte."""
    short = HEAD.replace(b"%d" % len(BODY), b"300") + BODY[:300]
    whole = short if size < 100 else HEAD + BODY
    parts = [whole[start : start + size] for start in range(0, len(whole), size)]

    async with answering(*parts) as url:
        answer = await get(url, Range="bytes=0-")

    assert (answer.status_code, answer.headers["ETag"]) == (200, '"a"')
    assert answer.content == whole.partition(b"\r\n\r\n")[2]
    assert b"GET /file HTTP/1.1\r\n" in asked[0]
    assert b"\r\nRange: bytes=0-\r\n" in asked[0]
    assert asked[0].lower().count(b"connection:") == 1


async def test_chunks_are_read_too_and_what_goes_before_an_answer_is_not_it() -> None:
    """As a proxy between may send them."""
    early = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    chunked = b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"

    async with answering(early, chunked) as url:
        answer = await get(url)

    assert (answer.status_code, answer.content) == (404, b"abc")
    assert "Link" not in answer.headers


async def test_what_came_before_a_cut_is_given_out_first() -> None:
    """So that a reader can go on from there."""
    async with (
        answering(HEAD + BODY[:1000]) as url,
        client() as http,
        http.stream("GET", url) as answer,
    ):
        pieces = answer.aiter_raw()
        got = b""
        while len(got) < 1000:
            got += await anext(pieces)
        with pytest.raises(httpx.RemoteProtocolError):
            await anext(pieces)

    assert got == BODY[:1000]


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000,
    ],
    ids=["nothing", "no HTTP", "two lengths", "an upgrade", "a head without end"],
)
async def test_what_is_no_answer_is_an_error_of_the_transport(head: bytes) -> None:
    """Those of httpx, as callers know them."""
    async with answering(head) as url:
        with pytest.raises(httpx.TransportError):
            await get(url)


async def test_silence_ends_in_time() -> None:
    """Before the head, and in the middle of a body."""
    for parts in ((), (HEAD + BODY[:10],)):
        async with answering(*parts, then=silent) as url, client(seconds=0.05) as http:
            with pytest.raises(httpx.ReadTimeout):
                await http.get(url)


async def test_a_slow_reader_holds_the_sender_back() -> None:
    """A gigabyte never lies in memory."""
    sent: list[asyncio.StreamWriter] = []
    much = bytes(64 * 1024 * 1024)

    async def at_once(writer: asyncio.StreamWriter) -> None:
        sent.append(writer)
        writer.write(much)

    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(much)
    async with (
        answering(head, then=at_once) as url,
        client() as http,
        http.stream("GET", url) as answer,
    ):
        left: list[int] = []

        def stands_still() -> bool:
            left.append(sent[0].transport.get_write_buffer_size() if sent else -1)
            return len(left) > 5 and len(set(left[-5:])) == 1 and left[-1] >= 0

        await eventually(stands_still)
        assert left[-1] > len(much) // 2
        assert sum([len(piece) async for piece in answer.aiter_raw()]) == len(much)


async def test_nobody_there_is_no_connection() -> None:
    with pytest.raises(httpx.ConnectError):
        await get(f"http://127.0.0.1:{free_port()}/file")


async def test_only_a_trusted_server_is_asked() -> None:
    """By the given authority, for its name."""
    authority = trustme.CA()
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(serving)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    async with answering(HEAD, BODY, tls=serving) as url:
        async with client(trusting) as http:
            assert (await http.get(url)).content == BODY
        for stranger in (client(), client(ssl.create_default_context())):
            async with stranger as http:
                with pytest.raises(httpx.ConnectError):
                    await http.get(url)
            assert len(asked) == 1


async def test_nothing_is_smuggled_into_a_head() -> None:
    """A token may be whatever a server once called one."""
    async with answering(HEAD, BODY) as url:
        with pytest.raises(httpx.LocalProtocolError):
            await get(url, Authorization="Bearer a\r\nHost: b")
        async with client() as http:
            with pytest.raises(httpx.UnsupportedProtocol):
                await http.post(url)
    assert not asked
