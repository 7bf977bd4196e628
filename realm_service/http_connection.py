"""One HTTP connection at a server: how large the head of a request may be, and how slow.

uvicorn bounds neither. What a request asks for, and its body, is the application's.
"""

import asyncio
import json
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from realm_protocol.errors import (
    MalformedMessage,
    RealmchatError,
    RequestHeadTooLarge,
    RequestTooSlow,
)

HEAD_LIMIT = 64 * 1024
HEAD_SECONDS = 15
_PER_HEADER = len(": \r\n")


def bounded_http(
    *, head_limit: int = HEAD_LIMIT, head_seconds: float = HEAD_SECONDS
) -> type[asyncio.Protocol]:
    """A class for uvicorn's `http=` that ends what sends no whole head in this size and time."""

    class BoundedHttp(_BoundedHttp):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # uvicorn's, as it calls it
            self.head_limit = head_limit
            self.head_seconds = head_seconds

    return BoundedHttp


class _BoundedHttp(HttpToolsProtocol):
    head_limit: int
    head_seconds: float
    _in_head = True
    _head_bytes = 0
    _refusal: RealmchatError | None = None
    _cut: asyncio.TimerHandle | None = None

    # --- what the event loop calls ---------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._limit_time()

    def connection_lost(self, exc: Exception | None) -> None:
        self._lift_time_limit()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
            self._limit_time()  # uvicorn has just ended that of a connection kept alive
        super().data_received(data)
        if self._in_head and self._head_bytes > self.head_limit:
            self._refuse(RequestHeadTooLarge(limit=self.head_limit))

    # --- what the parser calls -------------------------------------------------------------------

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._lift_time_limit()
        fields = sum(len(name) + len(value) + _PER_HEADER for name, value in self.headers)
        if len(self.url) + fields > self.head_limit:
            self._refusal = RequestHeadTooLarge(limit=self.head_limit)
            raise self._refusal  # the parser stops, and `send_400_response` is called
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True
        self._head_bytes = 0
        self._lift_time_limit()

    # --- what uvicorn calls ----------------------------------------------------------------------

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._refusal or MalformedMessage(detail=msg.rstrip(".")))

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._in_head and self.cycle.response_complete:
            # The rest of the body is read to be dropped, and each byte of it ends uvicorn's wait.
            self._limit_time()

    # --- the end ---------------------------------------------------------------------------------

    def _limit_time(self) -> None:
        if self._cut is None and not self.transport.is_closing():
            self._cut = self.loop.call_later(self.head_seconds, self._too_slow)

    def _lift_time_limit(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
            self._cut = None

    def _too_slow(self) -> None:
        if self._in_head and self._head_bytes:
            self._refuse(RequestTooSlow(seconds=self.head_seconds))
        else:
            self.transport.close()

    def _refuse(self, error: RealmchatError) -> None:
        answering = self.cycle is not None and not self.cycle.response_complete
        if not answering and not self.transport.is_closing():
            self.transport.write(_response(error))
        self.transport.close()


def _response(error: RealmchatError) -> bytes:
    body = json.dumps(error.body()).encode()
    head = (
        f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\n"
        "content-type: application/json\r\n"
        f"content-length: {len(body)}\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode() + body
