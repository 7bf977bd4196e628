"""Named readers as the routes see them: what comes next, waiting for it, and being done with it."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from chat_cli.account import readers
from chat_cli.account.feed import Feed
from chat_cli.account.readers import HandedOut
from chat_cli.account.reading import JsonRow, Snapshot
from chat_cli.account.store import Store
from realm_protocol.names import check_name


class NamedReaders:
    """The readers of one account."""

    def __init__(
        self,
        store: Store,
        feed: Feed,
        me: str,
        *,
        now: Callable[[], int],
        freshen: Callable[[], Awaitable[None]],
    ) -> None:
        """`freshen` lets the store hold what main has, as far as it can be asked."""
        self._store = store
        self._feed = feed
        self._me = me
        self._now = now
        self._freshen = freshen

    async def list(self) -> Snapshot[list[JsonRow]]:
        return await self._store.run(readers.list_all)

    async def read(
        self, name: str, *, from_start: bool, limit: int, wait_seconds: float
    ) -> Snapshot[JsonRow]:
        """The next messages of a reader; with none, so many seconds are waited for some.

        A reader that isn't known begins: with what comes now, or with the first message here.
        """
        checked = check_name(name)
        await self._begin(checked, from_start=from_start)
        found = await self._hand_out(checked, limit)
        if not found.value.messages:
            if wait_seconds:
                found = await self._await_some(checked, limit, wait_seconds)
            else:
                await self._freshen()
                found = await self._hand_out(checked, limit)
        return Snapshot(found.value.json(), found.event_id)

    async def acknowledge(self, name: str, place: int) -> int:
        checked = check_name(name)
        return await self._store.run(
            lambda connection: readers.acknowledge(connection, checked, place)
        )

    async def forget(self, name: str) -> None:
        checked = check_name(name)
        await self._store.run(lambda connection: readers.forget(connection, checked))

    async def _begin(self, name: str, *, from_start: bool) -> None:
        if await self._store.run(lambda connection: readers.is_known(connection, name)):
            return
        # What main had before is not new, also when it hasn't come here yet.
        await self._freshen()
        now = self._now()
        await self._store.run(partial(readers.begin, name=name, from_start=from_start, now=now))

    async def _await_some(self, name: str, limit: int, wait_seconds: float) -> Snapshot[HandedOut]:
        with self._feed.bell() as bell:
            try:
                async with asyncio.timeout(wait_seconds):
                    while not self._feed.closed:
                        bell.clear()
                        found = await self._hand_out(name, limit)
                        if found.value.messages:
                            return found
                        await bell.wait()
            except TimeoutError:
                pass
        return await self._hand_out(name, limit)

    async def _hand_out(self, name: str, limit: int) -> Snapshot[HandedOut]:
        return await self._store.run(
            lambda connection: readers.hand_out(connection, self._me, name, limit)
        )
