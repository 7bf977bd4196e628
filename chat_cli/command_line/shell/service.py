"""The service as a shell sees it that stays: it may go away at any time, and come back elsewhere.

Commands don't come by here: they ask as every command line does.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from chat_cli.client.asking import Asking, Door
from chat_cli.command_line.service_client import announced, connect
from realm_protocol.errors import ServiceUnreachable, ServiceWentAway, TimedOut
from realm_service.sse import SILENCE_SECONDS, Event, EventReader

_AWAY = (ServiceUnreachable, ServiceWentAway, TimedOut)


def finder(home: Path) -> Callable[[], Awaitable[Door]]:
    """Finds the service again and again: one that was killed is started, one that was stopped is
    left alone until somebody commands something.
    """
    found_before = False

    def look() -> Door:
        nonlocal found_before
        if found_before and announced(home) is None:
            raise ServiceUnreachable(detail="it was stopped")
        client = connect()
        client.close()
        found_before = True
        return Door(client.url, client.token)

    return lambda: asyncio.to_thread(look)


@dataclass(frozen=True, slots=True)
class Stream:
    """One connection of events; `place` is the id that it begins behind."""

    place: int
    events: AsyncIterator[Event]


class LiveService:
    """Asked again and again; `up` tells whether it answered the last time. Close it at the end."""

    def __init__(self, find: Callable[[], Awaitable[Door]], changed: Callable[[], None]) -> None:
        """`changed` hears of `up`."""
        self.up = True
        self._changed = changed
        self._asking = Asking(find, patience_seconds=0)

    async def close(self) -> None:
        await self._asking.close()

    async def get(self, path: str) -> Any:
        """Raises what the service answered, or that it is away."""
        with self._watching():
            return await self._asking.ask("GET", path)

    @asynccontextmanager
    async def events(self, address: str, place: int | None) -> AsyncIterator[Stream]:
        """Events of an account behind a place, or from now on, until the connection ends."""
        headers = {} if place is None else {"Last-Event-ID": str(place)}
        path = f"/v1/accounts/{address}/events"
        with self._watching():
            async with self._asking.stream(path, headers, silence_seconds=SILENCE_SECONDS) as got:
                self._is_up(True)
                yield Stream(int(got.headers["X-Event-Id"]), _read(got))

    @contextmanager
    def _watching(self) -> Iterator[None]:
        try:
            yield
        except _AWAY:
            self._is_up(False)
            raise
        self._is_up(True)

    def _is_up(self, up: bool) -> None:
        if up != self.up:
            self.up = up
            self._changed()


async def _read(response: httpx.Response) -> AsyncIterator[Event]:
    reader = EventReader()
    async for text in response.aiter_text():
        for event in reader.take(text):
            yield event
