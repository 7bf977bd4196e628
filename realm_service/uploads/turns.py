"""Whose turn an upload is: one request at a time, and the newest ends the one before it.

A sender whose connection broke comes back while the old one still seems to live here.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from realm_protocol.errors import RealmchatError, ServerDraining, UploadTakenOver

T = TypeVar("T")


class Turn:
    """One request's hold of an upload."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self._end: RealmchatError | None = None
        self._waiting: asyncio.Timeout | None = None

    async def wait_for(self, bytes_to_come: Callable[[], Awaitable[T]]) -> T:
        """Wait for the network, unless somebody else's turn has come: then raises what ended it.

        Only here it ends: what goes to the disk is always carried through.
        """
        if self._end is not None:
            raise self._end
        try:
            async with asyncio.timeout(None) as self._waiting:
                return await bytes_to_come()
        except TimeoutError as exc:
            raise self._end or exc from exc
        finally:
            self._waiting = None

    def end(self, error: RealmchatError) -> None:
        """The first reason is the one that is told."""
        self._end = self._end or error
        if self._waiting is not None:
            self._waiting.reschedule(0)


class Turns:
    """Of all uploads."""

    def __init__(self) -> None:
        self._holders: dict[str, Turn] = {}
        self._draining = False

    @asynccontextmanager
    async def take(self, file_id: str) -> AsyncIterator[Turn]:
        """The turn of this upload; raises `ServerDraining`."""
        while (holder := self._holders.get(file_id)) is not None:
            holder.end(UploadTakenOver(file_id=file_id))
            await holder.over.wait()
        if self._draining:
            raise ServerDraining
        turn = self._holders[file_id] = Turn()
        try:
            yield turn
        finally:
            del self._holders[file_id]
            turn.over.set()

    def drain(self) -> None:
        """End all turns; what has arrived is kept."""
        self._draining = True
        for turn in self._holders.values():
            turn.end(ServerDraining())
