"""Requests to chat-cli, which may go away at any time and come back elsewhere.

Errors become the classes of `realm_protocol.errors` here, and nowhere else.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from frontend.service.finding import Door
from frontend.service.forms import Form
from realm_protocol.errors import (
    RealmchatError,
    ServiceUnreachable,
    ServiceWentAway,
    TimedOut,
    rebuild,
)

ANSWER_SECONDS = 30.0
_TAKING_SECONDS = 120.0
"""A large file is written to the disk before the service answers."""
_CONNECT_SECONDS = 5.0
_NO_CHAT_CLI = "what answers there is no chat-cli"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered; of a state, the id of the last event that it contains."""

    value: Any
    event_id: int | None


def new_http() -> httpx.AsyncClient:
    """One for all windows of a process. Each window holds a stream, so there is no upper limit."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    return httpx.AsyncClient(trust_env=False, timeout=ANSWER_SECONDS, limits=limits)


class Asking:
    """The way of all windows of a process to the service."""

    def __init__(self, http: httpx.AsyncClient, find: Callable[[], Awaitable[Door]]) -> None:
        """`find` answers where the service is now, or raises; it is asked again after a cut."""
        self.http = http
        self._find = find
        self._door: Door | None = None
        self._finding = asyncio.Lock()

    async def door(self) -> Door:
        """Raises `ServiceUnreachable`."""
        async with self._finding:
            if self._door is None:
                self._door = await self._find()
            return self._door

    async def ask(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        form: Form | None = None,
    ) -> Answer:
        """Ask once, with an account's token, or with the service's to sign somebody in."""
        door = await self.door()
        headers = _headers(token or door.token)
        if form is not None:
            headers |= {"Content-Type": form.content_type, "Content-Length": str(form.length)}
        seconds = ANSWER_SECONDS if form is None else _TAKING_SECONDS
        try:
            response = await self.http.request(
                method,
                door.url + path,
                params=query,
                json=body,
                content=None if form is None else form.pieces,
                headers=headers,
                timeout=httpx.Timeout(seconds, connect=_CONNECT_SECONDS),
            )
        except httpx.TransportError as exc:
            raise self._lost(door, exc) from exc
        if not response.is_success:
            raise _error(response)
        place = response.headers.get("X-Event-Id")
        try:
            return Answer(response.json(), int(place) if place else None)
        except ValueError as exc:
            raise ServiceUnreachable(detail=_NO_CHAT_CLI) from exc

    @asynccontextmanager
    async def stream(
        self, path: str, token: str, headers: Mapping[str, str], silence_seconds: float
    ) -> AsyncIterator[httpx.Response]:
        """An answer that goes on; whatever cuts it, also while it is read, becomes an error."""
        door = await self.door()
        timeout = httpx.Timeout(silence_seconds, connect=_CONNECT_SECONDS)
        try:
            async with self.http.stream(
                "GET", door.url + path, headers={**_headers(token), **headers}, timeout=timeout
            ) as response:
                if not response.is_success:
                    await response.aread()
                    raise _error(response)
                yield response
        except httpx.TransportError as exc:
            raise self._lost(door, exc) from exc

    def _lost(self, door: Door, exc: httpx.TransportError) -> RealmchatError:
        if isinstance(exc, httpx.TimeoutException):
            return TimedOut(seconds=ANSWER_SECONDS)
        if self._door is door:
            self._door = None
        if isinstance(exc, httpx.ConnectError):
            return ServiceUnreachable(detail=f"nothing answers at {door.url}")
        return ServiceWentAway()


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _error(response: httpx.Response) -> RealmchatError:
    try:
        told = dict(response.json()["error"])
        code = str(told.pop("code"))
    except (ValueError, KeyError, TypeError):
        return ServiceUnreachable(detail=_NO_CHAT_CLI)
    told.pop("message", None)
    return rebuild(code, told)
