"""Streams of events: durable ones read from the store, passing ones from memory.

A stream holds one slice of the log at a time, so a slow reader costs the same as a fast one.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from chat_cli.account import event_log
from chat_cli.account.event_log import Event
from chat_cli.account.store import Store
from realm_protocol.errors import RateLimited

SLICE = 200
PASSING_LIMIT = 256
STREAM_LIMIT = 64


class _Listener:
    """One stream's bell, and the passing events that it hasn't taken yet: the newest ones."""

    __slots__ = ("bell", "passing")

    def __init__(self) -> None:
        self.bell = asyncio.Event()
        self.passing: deque[Event] = deque(maxlen=PASSING_LIMIT)


class Feed:
    """The events of one account."""

    def __init__(self, store: Store, *, keep_alive_seconds: float = 15) -> None:
        self.stream_limit = STREAM_LIMIT
        self._store = store
        self._keep_alive = keep_alive_seconds
        self._listeners: set[_Listener] = set()
        self._closed = False
        self._reads: tuple[int, int] | None = None
        self._reading: asyncio.Future[event_log.Slice] | None = None
        store.events_appended = self._ring

    def tell(self, kind: str, data: dict[str, Any]) -> None:
        """Something that passes: who isn't listening needn't know."""
        for listener in self._listeners:
            listener.passing.append(Event(None, kind, data))
        self._ring()

    @property
    def streams(self) -> int:
        """How many are open."""
        return len(self._listeners)

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        self._ring()

    def _ring(self) -> None:
        for listener in self._listeners:
            listener.bell.set()

    async def place(self, last_event_id: int | None) -> int:
        """Where a stream begins: after the reader's last event, or now."""
        if last_event_id is not None:
            return last_event_id
        return await self._store.run(event_log.newest_id)

    def follow(self, place: int, first: Event) -> AsyncIterator[Event | None]:
        """`first`, then events after `place`, for ever; `None` is a sign of life.

        Raises `RateLimited` when too many streams are open.
        """
        self._check_room()
        return self._stream(place, first)

    async def _stream(self, place: int, first: Event) -> AsyncIterator[Event | None]:
        with self._listening() as listener:
            yield first
            async for event in self._follow(listener, place):
                yield event

    @contextmanager
    def bell(self) -> Iterator[asyncio.Event]:
        """Set whenever there may be something new, and when the feed is closed.

        Raises `RateLimited` when too many are listening.
        """
        self._check_room()
        with self._listening() as listener:
            yield listener.bell

    @contextmanager
    def _listening(self) -> Iterator[_Listener]:
        listener = _Listener()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def _check_room(self) -> None:
        if len(self._listeners) >= self.stream_limit:
            raise RateLimited(retry_after_seconds=5)

    async def _follow(self, listener: _Listener, place: int) -> AsyncIterator[Event | None]:
        while not self._closed:
            listener.bell.clear()
            read = await self._read(place)
            if read.gone:
                yield Event(read.newest, "reset", {"reason": "events before this are gone"})
                place = read.newest
                continue
            for event in read.events:
                yield event
                place = event.id or place
            while listener.passing:
                yield listener.passing.popleft()
            if not read.events and not await self._rung(listener):
                yield None

    async def _read(self, place: int) -> event_log.Slice:
        """Once for all streams that stand at a place: fifty windows cost the store what one does.

        What was committed at the time is part of the place, so that nothing newer is overlooked.
        """
        reads = place, self._store.last_event_id
        reading = self._reading
        if reading is None or self._reads != reads or _has_failed(reading):
            reading = self._store.run(
                lambda connection: event_log.read_after(connection, place, SLICE)
            )
            self._reads, self._reading = reads, reading
        # Shielded: a reader that leaves must not take it from the others.
        return await asyncio.shield(reading)

    async def _rung(self, listener: _Listener) -> bool:
        try:
            async with asyncio.timeout(self._keep_alive):
                return await listener.bell.wait()
        except TimeoutError:
            return False


def _has_failed(reading: "asyncio.Future[event_log.Slice]") -> bool:
    return reading.done() and reading.exception() is not None
