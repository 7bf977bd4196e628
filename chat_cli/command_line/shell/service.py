"""The service as a shell sees it that stays: it may go away at any time, and come back elsewhere.

Commands don't come by here: they ask as every command line does.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from chat_cli.command_line.shell.sse import Event, EventReader
from realm_protocol.errors import RealmchatError, ServiceUnreachable, rebuild

_ANSWER_SECONDS = 30.0
_SILENCE_SECONDS = 45.0
"""A stream shows a sign of life every 15 seconds."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where the service is, and what opens it."""

    url: str
    token: str


@dataclass(frozen=True, slots=True)
class Stream:
    """One connection of events; `place` is the id that it begins behind."""

    place: int
    events: AsyncIterator[Event]


class LiveService:
    """Asked again and again; what is lost on the way is told by `up`. Close it at the end."""

    def __init__(self, find: Callable[[], Door], changed: Callable[[], None]) -> None:
        """`find` blocks until the service answers, or raises; `changed` hears of `up`."""
        self.up = True
        self._find = find
        self._changed = changed
        self._client: httpx.AsyncClient | None = None
        self._finding = asyncio.Lock()

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def get(self, path: str, **query: str) -> Any:
        """Raises what the service answered, or `ServiceUnreachable`."""
        client = await self._found()
        try:
            response = await client.get(path, params=query)
        except httpx.HTTPError as exc:
            raise await self._lost(client, exc) from exc
        return _answer(response)

    @asynccontextmanager
    async def events(self, address: str, place: int | None) -> AsyncIterator[Stream]:
        """Events of an account behind a place, or from now on, until the connection ends."""
        client = await self._found()
        headers = {} if place is None else {"Last-Event-ID": str(place)}
        path = f"/v1/accounts/{address}/events"
        try:
            async with client.stream("GET", path, headers=headers, timeout=_SILENCE_SECONDS) as got:
                if not got.is_success:
                    await got.aread()
                    _answer(got)
                yield Stream(int(got.headers["X-Event-Id"]), _read(got))
        except httpx.HTTPError as exc:
            raise await self._lost(client, exc) from exc

    async def _found(self) -> httpx.AsyncClient:
        async with self._finding:
            if self._client is None:
                door = await asyncio.to_thread(self._find)
                self._client = httpx.AsyncClient(
                    base_url=door.url,
                    headers={"Authorization": f"Bearer {door.token}"},
                    trust_env=False,  # no proxy may see what stays on loopback
                    timeout=_ANSWER_SECONDS,
                )
                self._is_up(True)
            return self._client

    async def _lost(self, client: httpx.AsyncClient, why: httpx.HTTPError) -> RealmchatError:
        if self._client is client:
            self._client = None
            self._is_up(False)
            await client.aclose()
        return ServiceUnreachable(detail=str(why) or type(why).__name__)

    def _is_up(self, up: bool) -> None:
        if up != self.up:
            self.up = up
            self._changed()


async def _read(response: httpx.Response) -> AsyncIterator[Event]:
    reader = EventReader()
    async for text in response.aiter_text():
        for event in reader.take(text):
            yield event


def _answer(response: httpx.Response) -> Any:
    try:
        answer = response.json()
        if response.is_success:
            return answer
        error = dict(answer["error"])
        code = str(error.pop("code"))
    except (ValueError, KeyError, TypeError) as exc:
        raise ServiceUnreachable(detail="what answers there is no chat-cli service") from exc
    raise rebuild(code, {name: value for name, value in error.items() if name != "message"})
