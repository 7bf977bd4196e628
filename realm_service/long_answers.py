"""An httpx transport for answers of many bytes: a connection for each, read as it comes.

httpx's own hands a body on in pieces of 64 KiB, each copied five times and with a timeout of its
own: that costs more than hashing it. This one knows `GET` alone, and closes; what is small and
often asked goes over httpx's own, which keeps connections.
"""

import asyncio
import re
import ssl
from collections import deque
from collections.abc import AsyncIterator

import httptools
import httpx

LONG_BYTES = 4 * 1024 * 1024
"""From so many on it pays to connect anew."""
_HELD_BYTES = 1024 * 1024
"""So much lies here unread before the sender must wait."""
_HEAD_BYTES = 64 * 1024
_NOT_IN_A_HEAD = re.compile(rb"[\r\n\0]")


class LongAnswers(httpx.AsyncBaseTransport):
    """The `transport=` of a client that asks for files."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        """`tls` is whom `https` trusts; None for the authorities of the system."""
        self._tls = tls

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = _head_of(request)
        seconds = request.extensions.get("timeout", {})
        answer = _Answer(seconds.get("read"))
        await self._connect(request.url, answer, seconds.get("connect"))
        try:
            answer.ask(asked)
            await answer.head()
        except BaseException:
            await answer.aclose()
            raise
        return httpx.Response(answer.status, headers=answer.headers, stream=answer)

    async def _connect(self, url: httpx.URL, answer: "_Answer", seconds: float | None) -> None:
        tls = (self._tls or True) if url.scheme == "https" else None
        port = url.port or (443 if tls else 80)
        connecting = asyncio.get_running_loop().create_connection
        try:
            async with asyncio.timeout(seconds):
                await connecting(lambda: answer, url.host, port, ssl=tls)
        except TimeoutError as exc:
            raise httpx.ConnectTimeout("no connection in time") from exc
        except OSError as exc:
            raise httpx.ConnectError(str(exc)) from exc


def _head_of(request: httpx.Request) -> bytes:
    if request.method != "GET":
        raise httpx.UnsupportedProtocol("long answers are to GET alone")
    fields = [(name, value) for name, value in request.headers.raw if name.lower() != b"connection"]
    fields.append((b"Connection", b"close"))
    if any(_NOT_IN_A_HEAD.search(part) for field in fields for part in field):
        raise httpx.LocalProtocolError("a header holds the end of a line")
    lines = [b"GET %b HTTP/1.1" % request.url.raw_path]
    lines += [b"%b: %b" % field for field in fields]
    return b"\r\n".join([*lines, b"", b""])


class _Answer(asyncio.Protocol, httpx.AsyncByteStream):
    """One connection with one answer; the parser calls the methods `on_…`."""

    def __init__(self, read_seconds: float | None) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self._read_seconds = read_seconds
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport
        self._came = asyncio.Event()
        """Something has, or the end."""
        self._head_bytes = 0
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._is_paused = False
        self._is_whole = False
        self._error: httpx.TransportError | None = None

    # --- what the asker calls --------------------------------------------------------------------

    def ask(self, head: bytes) -> None:
        self._transport.write(head)

    async def head(self) -> None:
        """Until status and headers are here."""
        while not self.status:
            await self._more()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            while self._pieces:
                yield self._take()
            if self._is_whole:
                return
            await self._more()

    async def aclose(self) -> None:
        self._transport.abort()
        self._pieces.clear()

    def _take(self) -> bytes:
        piece = self._pieces.popleft()
        self._held -= len(piece)
        if self._is_paused and not self._pieces and not self._transport.is_closing():
            self._is_paused = False
            self._transport.resume_reading()
        return piece

    async def _more(self) -> None:
        """Until something has come; raises what ended it too early."""
        if self._error is not None:
            raise self._error
        self._came.clear()
        try:
            async with asyncio.timeout(self._read_seconds):
                await self._came.wait()
        except TimeoutError as exc:
            raise httpx.ReadTimeout("nothing came for too long") from exc

    # --- what the event loop calls ---------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # it is one
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self.status:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as exc:
            self._end(httpx.RemoteProtocolError(str(exc)))
        if not self.status and self._head_bytes > _HEAD_BYTES:
            self._end(httpx.RemoteProtocolError("its head is too long"))
        if self._held >= _HELD_BYTES and not self._is_paused and not self._transport.is_closing():
            self._is_paused = True
            self._transport.pause_reading()
        self._came.set()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self._end(httpx.ReadError(str(exc)))
        else:
            self._end(httpx.RemoteProtocolError("the connection ended before the answer did"))

    def _end(self, error: httpx.TransportError) -> None:
        if not self._is_whole and self._error is None:
            self._error = error
        self._transport.abort()
        self._came.set()

    # --- what the parser calls -------------------------------------------------------------------

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:  # there is another to come
            self.headers.clear()
        else:
            self.status = status

    def on_body(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._held += len(piece)

    def on_message_complete(self) -> None:
        self._is_whole = self.status != 0
