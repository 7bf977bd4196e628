"""A WebSocket that carries frames of the realm protocol, at either end of a hop.

Servers mount it under uvicorn's `ws=` (`mount`), clients open it (`connect`); both get a
`Channel`. It joins fragments, bounds sizes, answers pings, and writes at most once per turn
of the event loop, however many messages were sent in it.
"""

import asyncio
import logging
import socket
import ssl
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Protocol

import msgspec
from picows import (
    WSAutoPingStrategy,
    WSCloseCode,
    WSFrame,
    WSHandshakeError,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_connect,
)
from picows.picows import (  # type: ignore[attr-defined]  # absent from picows' stub
    WSProtocol,
    _validate_upgrade_request,
)

from realm_protocol.errors import (
    FrameTooLarge,
    MalformedMessage,
    RealmchatError,
    RouteNotFound,
    rebuild,
)
from realm_protocol.wire import FrameQueue
from realm_service.logs import report_defect

_OVERSIZE_READ = 4
"""Frames up to this many times the limit are read, to refuse them in words; beyond, cut."""

_COPIED = 8192
"""Up to here picows copies a frame. Of a longer one it hands uvloop the head in a buffer that it
writes anew for the next: what the kernel doesn't take at once would arrive with another's head. So
longer ones come with room for their own."""
_HEAD = 14

_BINARY = WSMsgType.BINARY
"""Here, for every message asks: an attribute of an enum costs as much as a call."""

_RECEIVED = slice(128, 136)
"""`tcpi_bytes_received` in Linux' `tcp_info`."""

# An adapter, because picows makes a child logger per connection of a plain one.
_logger = logging.LoggerAdapter(logging.getLogger("picows"), {})


class TextFrame(MalformedMessage):
    """A frame of text, where frames are binary."""


def close_code(error: RealmchatError) -> WSCloseCode:
    """What a peer that broke the form of frames is closed with."""
    if isinstance(error, FrameTooLarge):
        return WSCloseCode.MESSAGE_TOO_BIG
    if isinstance(error, TextFrame):
        return WSCloseCode.UNSUPPORTED_DATA
    return WSCloseCode.PROTOCOL_ERROR


class ChannelOwner(Protocol):
    """What a channel tells whoever owns it. All calls come from the event loop."""

    def opened(self, channel: "Channel") -> None:
        """The handshake is done; sending may begin."""

    def frame_received(self, channel: "Channel", frame: bytes) -> None:
        """A whole binary message has arrived."""

    def broken(self, channel: "Channel", error: RealmchatError) -> None:
        """The peer broke the form of frames; the owner says so and closes with `close_code`."""

    def overflowed(self, channel: "Channel") -> None:
        """More than `unsent_limit` bytes wait, the socket takes no more, and more is to be sent.

        So a peer that takes its time over what it was told in one turn is not cut off for that.
        """

    def closed(self, channel: "Channel") -> None:
        """The socket is gone. Called once, and only after `opened`."""


class Flusher:
    """Writes what the channels of one event loop have gathered, once a turn."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop or asyncio.get_running_loop()
        self._waiting: list[Channel] = []

    def add(self, channel: "Channel") -> None:
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(channel)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for channel in waiting:
            try:
                channel.flush()
            except Exception as error:  # a defect: this channel ends, the others are written
                report_defect(error, during="a write")
                channel.abort()


class Channel(WSListener):
    """One WebSocket. `heard` counts up with every frame that arrives: a sign of life."""

    __slots__ = (
        "_closing",
        "_flusher",
        "_fragments",
        "_heard_at_sweep",
        "_paused",
        "_queue",
        "_scheduled",
        "_sign_of_life",
        "_silent_sweeps",
        "_transport",
        "frame_limit",
        "heard",
        "owner",
        "read_limit",
        "socket_limit",
        "unsent_limit",
    )

    def __init__(
        self,
        owner: ChannelOwner,
        flusher: Flusher,
        *,
        read_limit: int,
        frame_limit: int,
        unsent_limit: int,
        socket_limit: int = 64 * 1024,
    ) -> None:
        self.owner = owner
        self.read_limit = read_limit
        self.frame_limit = frame_limit
        self.unsent_limit = unsent_limit
        self.socket_limit = socket_limit
        self.heard = 0
        self._heard_at_sweep = 0
        self._silent_sweeps = 0
        self._sign_of_life: asyncio.Future[None] | None = None
        self._flusher = flusher
        self._fragments: list[bytes] | None = None
        self._queue = FrameQueue()
        self._transport: WSTransport | None = None
        self._scheduled = self._paused = self._closing = False

    # --- sending ---------------------------------------------------------------------------------

    def send(self, message: bytes) -> None:
        """Gather one packed message for the write at the end of this turn."""
        self._queue.put(message)
        if not self._scheduled:
            self._scheduled = True
            self._flusher.add(self)
        elif self._paused and self._queue.bytes_waiting > self.unsent_limit:
            self.owner.overflowed(self)

    def send_bulk(self, message: bytes) -> None:
        """Gather a message that may wait behind live ones."""
        self._queue.put_bulk(message)
        if not self._scheduled:
            self._scheduled = True
            self._flusher.add(self)

    def drop_waiting(self, remains: Callable[[bytes], bytes]) -> None:
        """Of each message that has not been written, keep what remains: empty to forget it."""
        self._queue.drop(remains)

    @property
    def bytes_waiting(self) -> int:
        return self._queue.bytes_waiting

    @property
    def was_opened(self) -> bool:
        """Whether the handshake came to its end, also when it is closed by now."""
        return self._transport is not None

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._closing

    def flush(self) -> None:
        """Write what waits, as far as the socket takes it."""
        transport = self._transport
        if transport is None or transport.is_disconnected:
            self._queue.clear()
            return
        # While paused, `_scheduled` stays set: resuming writes on.
        queue = self._queue
        while queue.bytes_waiting and not self._paused:
            frame = queue.take_frame(self.frame_limit)
            if len(frame) <= _COPIED:
                transport.send(_BINARY, frame)
            else:
                room = bytearray(_HEAD)
                transport.send_reuse_external_bytearray(_BINARY, room + frame, _HEAD)
        self._scheduled = self._paused

    async def answers_within(self, seconds: float) -> bool:
        """Whether the peer gives a sign of life in this time, asked for one now."""
        if not self.is_open:
            return False
        if self._sign_of_life is None:
            self._sign_of_life = asyncio.get_running_loop().create_future()
        self.ping()
        await asyncio.wait([self._sign_of_life], timeout=seconds)
        return self._sign_of_life is None

    def silent_sweeps(self) -> int:
        """How many calls of this in a row found nothing heard; asks for a sign when silent."""
        if self.heard != self._heard_at_sweep:
            self._heard_at_sweep = self.heard
            self._silent_sweeps = 0
        else:
            self._silent_sweeps += 1
            self.ping()
        return self._silent_sweeps

    def received(self) -> int:
        """Counts up with what arrives: on Linux also with each part of a frame under way."""
        sock = self.get_extra_info("socket") if self.is_open else None
        if sock is None or sys.platform != "linux":
            return self.heard
        told = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _RECEIVED.stop)
        return int.from_bytes(told[_RECEIVED], sys.byteorder)

    def ping(self) -> None:
        """Ask for a sign of life."""
        if self._transport is not None and not self._transport.is_disconnected:
            self._transport.send_ping()

    def close(self, code: WSCloseCode = WSCloseCode.OK, reason: str = "") -> None:
        """Write what waits, say goodbye, and cut."""
        transport = self._transport
        if transport is None or self._closing:
            return
        self.flush()
        self._closing = True
        if not transport.is_disconnected:
            transport.send_close(code, reason.encode()[:120])
            transport.disconnect()

    def abort(self) -> None:
        """Cut at once: the peer does not answer or does not read. Never opens after this."""
        self._closing = True
        self._queue.clear()
        if self._transport is not None and not self._transport.is_disconnected:
            self._transport.disconnect(False)

    def pause_reading(self) -> None:
        """Read no further until `resume_reading`: back-pressure."""
        if self.is_open and self._transport is not None:
            self._transport.underlying_transport.pause_reading()

    def resume_reading(self) -> None:
        if self.is_open and self._transport is not None:
            self._transport.underlying_transport.resume_reading()

    @property
    def peer_host(self) -> str:
        """The IP address of the peer, empty when unknown."""
        peer = self.get_extra_info("peername")
        return peer[0] if isinstance(peer, tuple) else ""

    def get_extra_info(self, name: str) -> Any:
        """As a transport's; `None` when unknown."""
        if self._transport is None:
            return None
        return self._transport.underlying_transport.get_extra_info(name)

    # --- what picows calls -----------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        if self._closing:  # the owner gave up before the peer answered
            transport.disconnect(False)
            return
        self._transport = transport
        transport.underlying_transport.set_write_buffer_limits(high=self.socket_limit)
        self.owner.opened(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self.heard += 1
        if self._sign_of_life is not None:
            self._sign_of_life.set_result(None)
            self._sign_of_life = None
        kind = frame.msg_type
        if kind == _BINARY and frame.fin and frame.payload_size <= self.read_limit:
            self.owner.frame_received(self, frame.get_payload_as_bytes())
        elif kind in (WSMsgType.BINARY, WSMsgType.CONTINUATION):
            self._take_fragment(frame)
        elif kind == WSMsgType.TEXT:
            detail = "frames are binary msgpack, this one is text"
            self.owner.broken(self, TextFrame(detail=detail))
        elif kind == WSMsgType.CLOSE:
            self._closing = True
            if not transport.is_close_frame_sent:
                transport.send_close(WSCloseCode.OK)
            transport.disconnect()

    def _take_fragment(self, frame: WSFrame) -> None:
        fragments = self._fragments or []
        if (frame.msg_type == WSMsgType.BINARY) == bool(fragments):
            self.owner.broken(self, MalformedMessage(detail="fragments out of order"))
            return
        size = frame.payload_size + sum(map(len, fragments))
        if size > self.read_limit:
            self.owner.broken(self, FrameTooLarge(size=size, limit=self.read_limit))
            return
        fragments.append(frame.get_payload_as_bytes())
        if frame.fin:
            self._fragments = None
            self.owner.frame_received(self, b"".join(fragments))
        else:
            self._fragments = fragments

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._closing = True
        self._queue.clear()
        if self._transport is not None:
            self.owner.closed(self)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if self._scheduled:
            self._flusher.add(self)


# --- at a server ---------------------------------------------------------------------------------

Accept = Callable[[WSUpgradeRequest], Channel]
"""Makes the channel of an upgrade request, or raises the error that answers it over HTTP."""


def mount(routes: dict[str, Accept], *, read_limit: int) -> type[asyncio.Protocol]:
    """A class for uvicorn's `ws=` that serves these paths without passing through ASGI."""

    def accept(request: WSUpgradeRequest) -> Any:
        return _accept(routes, request)

    class MountedProtocol(WSProtocol):  # type: ignore[misc]  # untyped base
        """picows' protocol, made the way uvicorn makes a WebSocket protocol."""

        def __init__(
            self, config: Any, server_state: Any, app_state: Any, _loop: Any = None
        ) -> None:
            self._connections = server_state.connections
            super().__init__(
                None,
                None,
                False,
                accept,
                _logger,
                True,
                5.0,
                False,
                20.0,
                20.0,
                WSAutoPingStrategy.PING_WHEN_IDLE,
                True,
                _OVERSIZE_READ * read_limit,
                None,
                2048,
            )

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self._connections.add(self)
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            self._connections.discard(self)
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            """uvicorn hands over the upgrade request that it has read."""
            rest = memoryview(data)
            while rest:
                buffer = self.get_buffer(len(rest))
                count = min(len(buffer), len(rest))
                buffer[:count] = rest[:count]
                rest = rest[count:]
                self.buffer_updated(count)

        def shutdown(self) -> None:
            """uvicorn is stopping; the owner has drained already."""
            if isinstance(self.listener, Channel):
                self.listener.close(WSCloseCode.SERVICE_RESTART, "server is stopping")
            else:
                self.transport.disconnect()

    return MountedProtocol


def _accept(routes: dict[str, Accept], request: WSUpgradeRequest) -> Any:
    path = request.path.decode("latin-1").partition("?")[0]
    try:
        if path not in routes:
            raise RouteNotFound(path=path)
        _check_upgrade(request)
        return routes[path](request)
    except RealmchatError as error:
        return WSUpgradeResponseWithListener(_refusal(error), None)
    except Exception as exc:
        return WSUpgradeResponseWithListener(_refusal(report_defect(exc, path=path)), None)


def _check_upgrade(request: WSUpgradeRequest) -> None:
    """As picows will, which says so in plain text only."""
    try:
        _validate_upgrade_request(request)
    except RuntimeError as exc:
        raise MalformedMessage(detail=str(exc)) from exc


def _refusal(error: RealmchatError) -> WSUpgradeResponse:
    response: WSUpgradeResponse = WSUpgradeResponse.create_error_response(
        HTTPStatus(error.status),
        msgspec.json.encode(error.body()),
        {"Content-Type": "application/json"},
    )
    return response


def bearer_token(request: WSUpgradeRequest) -> str:
    """The token of an `Authorization: Bearer` header; empty when there is none."""
    scheme, _, token = str(request.headers.get("Authorization", "")).partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


# --- at a client ---------------------------------------------------------------------------------


async def connect(
    url: str,
    channel: Channel,
    *,
    headers: dict[str, str],
    tls: ssl.SSLContext | None = None,
    timeout_seconds: float = 10,
) -> None:
    """Open `channel` to a `ws://` or `wss://` URL; its owner is told `opened`.

    It may take `timeout_seconds` to connect and as many for the handshake. Raises the server's own
    error where it answered one, else `OSError`, both in words.
    """
    try:
        # Given up in the handshake, picows closes the socket only by its own time-out.
        async with asyncio.timeout(2 * timeout_seconds):
            await ws_connect(
                lambda: channel,
                url,
                ssl_context=tls,
                websocket_handshake_timeout=timeout_seconds,
                logger_name=_logger,
                max_frame_size=_OVERSIZE_READ * channel.read_limit,
                extra_headers=headers,
                max_redirects=0,
                # Its transport may go on watching a socket that failed at once, after closing it:
                # the loop then spins, and the next connection with that descriptor is deaf.
                use_aiofastnet=False,
                read_buffer_init_size=2048,
            )
    except WSHandshakeError as exc:
        raise _server_error(exc) from exc
    except TimeoutError as exc:
        raise TimeoutError(f"no answer within {timeout_seconds:g} s") from exc
    finally:
        if not channel.was_opened:
            channel.abort()
    if not channel.was_opened:
        raise ConnectionError("the server closed the connection without an answer")


def _server_error(exc: WSHandshakeError) -> Exception:
    """What the server said in its refusal, or that no WebSocket server is there."""
    try:
        error = msgspec.json.decode(exc.raw_body or b"", type=dict[str, dict[str, Any]])["error"]
        return rebuild(str(error.pop("code")), {k: v for k, v in error.items() if k != "message"})
    except (msgspec.DecodeError, KeyError):
        return ConnectionError(f"no realmchat server answers there ({exc})")
