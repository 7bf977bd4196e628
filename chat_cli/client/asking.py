"""Requests to the service, which may go away at any time and come back elsewhere.

What was asked is not known here, nor what an answer means; errors become the classes of
`realm_protocol.errors` in this one place.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from realm_protocol.errors import (
    RealmchatError,
    ServiceUnreachable,
    ServiceWentAway,
    TimedOut,
    rebuild,
)

T = TypeVar("T")

ANSWER_SECONDS = 30.0
_FIRST_WAIT_SECONDS = 0.05
_LONGEST_WAIT_SECONDS = 2.0
_NO_SERVICE = "what answers there is no chat-cli service"


@dataclass(frozen=True, slots=True)
class Door:
    """Where the service is, and the token that opens it."""

    url: str
    token: str


Find = Callable[[], Awaitable[Door]]


class Asking:
    """One program's way to the service."""

    def __init__(self, find: Find, *, patience_seconds: float) -> None:
        """`find` answers where the service is now, or raises; it is asked again after a cut.

        `patience_seconds`: how long what may be asked twice is tried again.
        """
        self._find = find
        self._patience = patience_seconds
        self._http: httpx.AsyncClient | None = None
        self._finding = asyncio.Lock()

    async def close(self) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        wait_seconds: float = 0,
    ) -> Any:
        """One request; `wait_seconds` is how long the service may wait before it answers.

        Raises what the service answered, `ServiceUnreachable`, `ServiceWentAway` or `TimedOut`.
        """
        http = await self._open()
        timeout = ANSWER_SECONDS + wait_seconds
        try:
            response = await http.request(method, path, params=query, json=body, timeout=timeout)
        except httpx.HTTPError as exc:
            raise await self._lost(http, exc, timeout) from exc
        return _answer(response)

    async def ask_again(self, method: str, path: str, **how: Any) -> Any:
        """As `ask`, for what may be asked twice: while the service is away it is awaited."""
        return await self.patiently(lambda: self.ask(method, path, **how))

    async def patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """What an attempt answers, made again while the service can't be reached."""
        until = time.monotonic() + self._patience
        wait = _FIRST_WAIT_SECONDS
        while True:
            try:
                return await attempt()
            except (ServiceUnreachable, ServiceWentAway, TimedOut):
                if time.monotonic() + wait > until:
                    raise
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)

    @asynccontextmanager
    async def stream(
        self, path: str, headers: Mapping[str, str], *, silence_seconds: float
    ) -> AsyncIterator[httpx.Response]:
        """An answer that goes on; raises as `ask`, also when it is cut or silent for too long."""
        http = await self._open()
        try:
            async with http.stream("GET", path, headers=headers, timeout=silence_seconds) as got:
                if not got.is_success:
                    await got.aread()
                    _answer(got)
                yield got
        except httpx.HTTPError as exc:
            raise await self._lost(http, exc, silence_seconds) from exc

    async def _open(self) -> httpx.AsyncClient:
        async with self._finding:
            if self._http is None:
                door = await self._find()
                self._http = httpx.AsyncClient(
                    base_url=door.url,
                    headers={"Authorization": f"Bearer {door.token}"},
                    trust_env=False,  # a proxy of the environment must never see it
                    timeout=ANSWER_SECONDS,
                )
            return self._http

    async def _lost(
        self, http: httpx.AsyncClient, exc: httpx.HTTPError, timeout_seconds: float
    ) -> RealmchatError:
        """The connections are of no use any more: the next request finds the service anew."""
        if isinstance(exc, httpx.ReadTimeout):
            return TimedOut(seconds=timeout_seconds)
        if self._http is http:
            self._http = None
            await http.aclose()
        if isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout):
            return ServiceUnreachable(detail=str(exc) or type(exc).__name__)
        return ServiceWentAway()


def _answer(response: httpx.Response) -> Any:
    try:
        found = response.json()
        if response.is_success:
            return found
        error = dict(found["error"])
        code = str(error.pop("code"))
    except (ValueError, KeyError, TypeError) as exc:
        raise ServiceUnreachable(detail=_NO_SERVICE) from exc
    error.pop("message", None)
    raise rebuild(code, error)
