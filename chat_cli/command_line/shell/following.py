"""What the shell knows of one account, kept up to date by its stream of events.

What an event comes to is decided in `arrivals`; this asks, waits and hands on.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from chat_cli.command_line.shell.arrivals import Arrivals, Message, Missed, Shown
from chat_cli.command_line.shell.known import Known
from chat_cli.command_line.shell.service import LiveService
from realm_protocol.errors import AskedWrongly, RealmchatError
from realm_service.sse import Event

_SHORTEST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 2.0
_ABOUT_UNREAD = ("message", "read", "withdrawn", "reset")

Show = Callable[["Following", Shown], None]


class Following:
    """One account: its stream is resumed where it was cut, as often as it takes."""

    def __init__(
        self, address: str, service: LiveService, show: Show, changed: Callable[[], None]
    ) -> None:
        self.address = address
        self.arrivals = Arrivals(address)
        self.known = Known()
        self.conversations: dict[str, Mapping[str, Any]] = {}
        self.unread = 0
        self._service = service
        self._show = show
        self._changed = changed
        self._place: int | None = None
        self._ask_again = asyncio.Event()

    async def run(self) -> None:
        """Until the account is signed out of this machine."""
        counting = asyncio.create_task(self._keep_counting())
        try:
            await self._follow_for_ever()
        finally:
            counting.cancel()

    async def _follow_for_ever(self) -> None:
        wait = _SHORTEST_WAIT_SECONDS
        while True:
            began = self._place
            try:
                await self._follow()
            except AskedWrongly:
                return  # the account, or its session, is no more
            except RealmchatError:
                self._changed()
            moved = self._place != began
            wait = _SHORTEST_WAIT_SECONDS if moved else min(wait * 2, _LONGEST_WAIT_SECONDS)
            await asyncio.sleep(wait)

    async def _follow(self) -> None:
        """One connection to its end."""
        async with self._service.events(self.address, self._place) as stream:
            if self._place is None:
                self._place = stream.place
            await self._learn_conversations()
            async for event in stream.events:
                await self._take(event)

    async def _take(self, event: Event) -> None:
        shown = self.arrivals.take(event)
        if isinstance(shown, Message):
            await self._learn_of(shown.row)
        if isinstance(shown, Missed):
            await self._learn_conversations()
        if shown is not None:
            self._show(self, shown)
        if event.id is not None:
            # Behind showing it: what was taken and not shown comes again.
            self._place = event.id
        if event.type in _ABOUT_UNREAD:
            self._ask_again.set()
        if event.type == "link" and event.data["up"]:
            await self._learn_names()
        self._changed()

    async def _learn_of(self, row: Mapping[str, Any]) -> None:
        self.known = self.known.with_people([row["from"]])
        if row["conversation"] not in self.conversations:
            await self._learn_conversations()

    async def _learn_conversations(self) -> None:
        rows = await self._service.get(f"/v1/accounts/{self.address}/conversations")
        self.conversations = {row["conversation"]: row for row in rows}
        self.known = self.known.with_conversations(rows)
        self.unread = sum(row["unread"] for row in rows)
        self._changed()

    async def _learn_names(self) -> None:
        """Those that can be written to beyond one's conversations, as far as main can be asked."""
        try:
            groups = await self._service.get(f"/v1/accounts/{self.address}/groups")
            self.known = self.known.with_groups(row["group"] for row in groups)
            people = await self._service.get(f"/v1/accounts/{self.address}/users")
            self.known = self.known.with_people(row["address"] for row in people)
            realms = await self._service.get(f"/v1/accounts/{self.address}/realms")
            self.known = self.known.with_realms(realms)
        except RealmchatError:
            return  # cut off: the names of the conversations have to do

    async def _keep_counting(self) -> None:
        """One question at a time, however much arrives meanwhile."""
        while True:
            await self._ask_again.wait()
            self._ask_again.clear()
            try:
                info = await self._service.get(f"/v1/accounts/{self.address}/info")
            except RealmchatError:
                continue  # the next connection asks again
            self.unread = info["unread"]
            self._changed()
