"""Keeping in step with what the realm keeps for main: what this device missed, what became of it.

Events of a connection come in order; only what was told on none is asked for here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from chat_cli.account import pending_rows
from chat_cli.account.store import Store
from realm_protocol.commands import (
    CheckPending,
    ClientCommand,
    FetchPending,
    MessageKey,
    PendingPage,
)

_AT_A_TIME = 500


class Request(Protocol):
    """Asks the realm. `heard` gets the answer before what comes behind it is received."""

    def __call__(
        self, command: ClientCommand, heard: Callable[[Any], None] | None = None
    ) -> Awaitable[Any]: ...


class Pending:
    """Of one account. `request` asks the realm, which answers by itself."""

    def __init__(self, store: Store, me: str, *, now: Callable[[], int], request: Request) -> None:
        self.in_step = False
        """What comes now continues what is here."""
        self._taken: asyncio.Future[None]
        self._store = store
        self._me = me
        self._now = now
        self._request = request

    async def catch_up(self) -> None:
        """Take what the realm has kept since this device was here last."""
        more = True
        while more:
            after = await self._store.run(pending_rows.newest_position)
            page: PendingPage = await self._request(FetchPending(0, after), self._take)
            await self._taken
            more = page.more

    def _take(self, page: PendingPage) -> None:
        """At once: what comes from now on is submitted behind this job."""
        self.in_step = not page.more
        now = self._now()
        self._taken = self._store.run(
            lambda connection: pending_rows.take(connection, self._me, page.messages, now)
        )

    async def find_gone(self) -> list[MessageKey]:
        """Which messages the realm keeps no more, of those that this device takes for kept."""
        waiting = await self._store.run(lambda c: pending_rows.unsettled(c, self._me))
        gone: list[MessageKey] = []
        for start in range(0, len(waiting), _AT_A_TIME):
            some = waiting[start : start + _AT_A_TIME]
            kept = await self._request(CheckPending(0, some))
            gone += [one for one in some if one not in kept]
        return gone

    async def settle(self, gone: list[MessageKey]) -> list[str]:
        """Main's log is complete here, and has not shown these. Answers whose lanes have more."""
        now = self._now()
        return await self._store.run(
            lambda connection: pending_rows.settle_gone(connection, self._me, gone, now)
        )

    async def offer_own(self, gone: list[MessageKey]) -> list[str]:
        """Main can't be asked: one's own messages of these are for the realm to keep again."""
        return await self.settle([one for one in gone if one.sender == self._me])
