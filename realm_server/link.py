"""The realm's one link to main: connect, shake hands, stay alive, come back for ever.

It carries questions and their answers; what main tells unasked goes to the `LinkListener`.
"""

import asyncio
import contextlib
import random
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from picows import WSCloseCode

from realm_protocol.commands import SendMessage
from realm_protocol.errors import LinkBusy, LinkDown, RealmchatError, rebuild
from realm_protocol.limits import (
    LINK_FRAME_LIMIT,
    LINK_READ_LIMIT,
    LINK_SOCKET_LIMIT,
    LINK_UNACKNOWLEDGED_LIMIT,
    PROTOCOL_VERSION,
)
from realm_protocol.link import (
    FROM_MAIN,
    Answer,
    Forward,
    LinkHello,
    LinkRefused,
    LinkWelcome,
    Refusal,
)
from realm_protocol.wire import Misshapen, pack, tag_of
from realm_server.counts import Counts
from realm_server.reconnecting import STEADY_MS, Patience, growing_waits
from realm_server.requests import Asker, Request, Requests
from realm_service.channel import Channel, Flusher, close_code, connect
from realm_service.logs import get_logger, report_defect

log = get_logger("realm.link")

_FORWARD = tag_of(Forward)


@dataclass(frozen=True, slots=True)
class MainServer:
    """Where main is, and how this realm proves itself to it."""

    link_url: str
    key: str
    tls: ssl.SSLContext | None


@dataclass(frozen=True, slots=True)
class LinkTimes:
    """A link without a byte for `silent_sweeps` × `sweep_every` seconds is down."""

    sweep_every: float = 3
    silent_sweeps: int = 5
    handshake_seconds: float = 10
    suspect_after: float = 2
    """Main leaves a message, or the wish for a sign of life, unanswered so long: nobody waits."""


class LinkListener(Protocol):
    """Who is told what the link does."""

    def link_came(self, epoch: int) -> None:
        """The link is up: every connected session can be attached."""

    def link_suspected(self) -> None:
        """Main does not answer, though the link stands: it can't be reached."""

    def link_steadied(self) -> None:
        """It answers again."""

    def link_went(self, unanswered: list[Request]) -> None:
        """The link is down; with the messages that it has not answered, in their order.

        All else that was unanswered has been refused.
        """

    @property
    def handlers(self) -> Mapping[type, Callable[[Any], None]]:
        """Who takes what main tells unasked, in its order, by the message's class."""


class Link:
    """One at a time, from this realm to main. A `Channel`'s owner."""

    def __init__(
        self,
        realm: str,
        main: MainServer,
        requests: Requests,
        counts: Counts,
        *,
        epoch: Callable[[], int],
        now: Callable[[], int],
        times: LinkTimes,
        line_ports: Sequence[int] = (),
        open_room: bool = False,
    ) -> None:
        """`epoch` is main's as seen last; `now` the wall clock in milliseconds."""
        self.is_up = False
        self.is_suspect = False
        """It is up, and main has not answered for a while."""
        self.since = now()
        """Since when main can be reached, or can't, in milliseconds; at first the realm's start."""
        self.came_at = 0
        """When the link last came, in milliseconds."""
        self._realm = realm
        self._main = main
        self._requests = requests
        self._counts = counts
        self._epoch = epoch
        self._now = now
        self._times = times
        self._line_ports = list(line_ports)
        self._open_room = open_room
        self._last_ref = 0
        self._lasted_ms = 0
        self._listener: LinkListener
        self._handlers: dict[type, Callable[[Any], None]] = {}
        self._flusher: Flusher
        self._channel: Channel | None = None
        self._welcomed: asyncio.Future[None]
        self._ended: asyncio.Future[None]

    @property
    def is_steady(self) -> bool:
        """Whether main can be expected to answer at once."""
        return self.is_up and not self.is_suspect

    # --- asking and telling ----------------------------------------------------------------------

    def check_room(self) -> None:
        """Raises `LinkDown` or `LinkBusy` when nothing can be asked now."""
        if not self.is_up:
            raise LinkDown(**self.down_fields())
        if self._requests.is_full:
            raise LinkBusy(realm=self._realm)

    def ask(
        self,
        tag: int,
        fields: tuple[Any, ...],
        asker: Asker,
        number: int = 0,
        message: SendMessage | None = None,
    ) -> None:
        """Ask main; `asker` is told the answer. The message is `[tag, ref, *fields]`."""
        self.check_room()
        self._last_ref = ref = self._last_ref + 1
        self._send_request(ref, pack((tag, ref, *fields)), asker, number, message)

    def pass_on(self, asker: Asker, handle: int, message: SendMessage) -> None:
        """Ask main to store a message of a session.

        Of whoever has just made sure by `check_room` that it may: this is the hot path.
        """
        self._last_ref = ref = self._last_ref + 1
        packed = pack((_FORWARD, ref, handle, message))
        self._send_request(ref, packed, asker, message.number, message)

    def _send_request(
        self, ref: int, packed: bytes, asker: Asker, number: int, message: SendMessage | None
    ) -> None:
        self._requests.add(ref, Request(asker, number, message, len(packed)))
        if self._channel is not None:
            self._channel.send(packed)

    def tell(self, packed: bytes) -> None:
        """Tell main something that has no answer; nothing happens while the link is down."""
        if self._channel is not None and self.is_up:
            self._channel.send(packed)

    def down_fields(self) -> dict[str, Any]:
        """The fields of `LinkDown`, in words that people read."""
        since = datetime.fromtimestamp(self.since // 1000, UTC).isoformat()
        return {"realm": self._realm, "since": since.replace("+00:00", "Z")}

    @property
    def bytes_waiting(self) -> int:
        return self._channel.bytes_waiting if self._channel is not None else 0

    # --- staying connected -----------------------------------------------------------------------

    async def run(self, listener: LinkListener, flusher: Flusher) -> None:
        """Hold the link until cancelled."""
        self._listener = listener
        self._handlers = {
            Answer: self._answered,
            Refusal: self._refused,
            LinkWelcome: self._come_up,
            LinkRefused: self._stay_down,
            Misshapen: _raise_misshapen,
            **listener.handlers,
        }
        self._flusher = flusher
        waits = growing_waits(random.random)
        while True:
            try:
                await self._hold()
                if self._lasted_ms >= STEADY_MS:
                    waits = growing_waits(random.random)
            except RealmchatError as error:
                log.error("link_refused", code=error.code, detail=error.message)
            except OSError as error:
                log.warning("link_unreachable", url=self._main.link_url, detail=str(error))
            except Exception as error:  # a defect: the site must not be cut off for ever
                report_defect(error, during="holding the link")
            await asyncio.sleep(next(waits))

    async def _hold(self) -> None:
        """One link from its connect to its end; raises where it never came up."""
        loop = asyncio.get_running_loop()
        self._welcomed, self._ended = loop.create_future(), loop.create_future()
        channel = Channel(
            self,
            self._flusher,
            read_limit=LINK_READ_LIMIT,
            frame_limit=LINK_FRAME_LIMIT,
            unsent_limit=2 * LINK_UNACKNOWLEDGED_LIMIT,
            socket_limit=LINK_SOCKET_LIMIT,
        )
        try:
            await connect(
                self._main.link_url,
                channel,
                headers={"Authorization": f"Bearer {self._main.key}"},
                tls=self._main.tls,
                timeout_seconds=self._times.handshake_seconds,
            )
            await self._be_welcomed()
            await self._watch(channel)
            channel.abort()
        finally:
            channel.close(WSCloseCode.GOING_AWAY)
            self._forget(channel)

    async def _be_welcomed(self) -> None:
        seconds = self._times.handshake_seconds
        try:
            async with asyncio.timeout(seconds):
                await self._welcomed
        except TimeoutError as exc:
            raise TimeoutError(
                f"main took the connection and said nothing for {seconds:g} s"
            ) from exc

    async def _watch(self, channel: Channel) -> None:
        """Until the link ends; cut it when nothing is heard any more, asked for a sign of life."""
        loop = asyncio.get_running_loop()
        patience = Patience(self._times.suspect_after, channel.ping)
        next_look = next_sweep = now = loop.time()
        while not self._ended.done():
            if now >= next_look:
                next_look = now + patience.look_every
                self._suspect(patience.is_over(self._requests.oldest, channel.received()))
            if now >= next_sweep:
                next_sweep = now + self._times.sweep_every
                if channel.silent_sweeps() >= self._times.silent_sweeps:
                    log.warning("link_silent")
                    channel.abort()
            await asyncio.wait({self._ended}, timeout=min(next_look, next_sweep) - now)
            now = loop.time()

    def _suspect(self, is_suspect: bool) -> None:
        if is_suspect == self.is_suspect or not self.is_up:
            return
        self.is_suspect, self.since = is_suspect, self._now()
        if is_suspect:
            log.warning("link_suspect", unanswered=len(self._requests))
            self._listener.link_suspected()
        else:
            log.info("link_steady")
            self._listener.link_steadied()

    # --- what the channel tells ------------------------------------------------------------------

    def opened(self, channel: Channel) -> None:
        self._channel = channel
        hello = (0, PROTOCOL_VERSION, self._realm, self._epoch(), self._line_ports, self._open_room)
        channel.send(pack(LinkHello(*hello)))

    def frame_received(self, channel: Channel, frame: bytes) -> None:
        if channel is not self._channel:
            return
        try:
            messages = FROM_MAIN.open_frame(frame, LINK_READ_LIMIT)
            self._counts.messages_from_main += len(messages)
            for message in messages:
                self._handlers[type(message)](message)
        except RealmchatError as error:
            self.broken(channel, error)
        except Exception as error:  # a defect: a new link with new heads repairs what it broke
            report_defect(error, during="a frame from main")
            channel.abort()

    def broken(self, channel: Channel, error: RealmchatError) -> None:
        log.error("link_broken", code=error.code, detail=error.message)
        channel.close(close_code(error), error.code)
        self._forget(channel)

    def overflowed(self, channel: Channel) -> None:
        log.warning("link_overflowed", bytes=channel.bytes_waiting)
        channel.abort()

    def closed(self, channel: Channel) -> None:
        self._forget(channel)

    def _forget(self, channel: Channel) -> None:
        """This one is gone, or given up; its socket may linger beside the next link's."""
        if channel is not self._channel:
            return
        self._channel = None
        if not self._welcomed.done():
            self._welcomed.set_exception(ConnectionError("the main server closed the link"))
            self._welcomed.exception()  # it may be closed before anybody waits
        if not self._ended.done():
            self._ended.set_result(None)
        if self.is_up:
            self._go_down()

    # --- what main says --------------------------------------------------------------------------

    def _answered(self, answer: Answer) -> None:
        request = self._requests.take(answer.ref)
        if request is not None:
            request.asker.answered(request, answer.result)

    def _refused(self, refusal: Refusal) -> None:
        request = self._requests.take(refusal.ref)
        if request is not None:
            request.asker.refused(request, refusal.code, refusal.fields)

    def _stay_down(self, refused: LinkRefused) -> None:
        with contextlib.suppress(asyncio.InvalidStateError):
            self._welcomed.set_exception(rebuild(refused.code, refused.fields))

    def _come_up(self, welcome: LinkWelcome) -> None:
        self._welcomed.set_result(None)
        self.is_up, self.since = True, self._now()
        self.came_at = self.since
        self._counts.link_connects += 1
        log.info("link_up", server=welcome.server, epoch=welcome.epoch)
        self._listener.link_came(welcome.epoch)

    def _go_down(self) -> None:
        now = self._now()
        self._lasted_ms = now - self.came_at
        if self.is_steady:
            self.since = now
        self.is_up = self.is_suspect = False
        unanswered = self._requests.take_all()
        log.warning("link_down", unanswered=len(unanswered))
        fields = self.down_fields()
        messages = []
        for request in unanswered:
            if request.message is not None:
                messages.append(request)
                continue
            try:
                request.asker.refused(request, LinkDown.code, fields)
            except Exception as error:  # a defect: the others must be told all the same
                report_defect(error, during="the end of the link")
        self._listener.link_went(messages)


def _raise_misshapen(misshapen: Misshapen) -> None:
    raise misshapen.error
