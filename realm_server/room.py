"""The open room of this realm, for its operators: its record, and what is written there now.

Main keeps the record. What it tells of the room only wakes those who watch: they fetch what is
there, so that a cut link, a lost event and a slow watcher are all one and the same.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from realm_protocol.commands import Page, StoredMessage
from realm_protocol.errors import TryLater
from realm_protocol.limits import PAGE_MESSAGES
from realm_protocol.link import FetchRoom, ReadRoom, UnwatchRoom
from realm_protocol.link import Room as RoomFacts
from realm_protocol.names import group_conversation
from realm_protocol.rooms import room_address
from realm_protocol.wire import check, pack, unpack_value
from realm_server.awaiting import ask_main
from realm_server.link import Link

_ANSWER_SECONDS = 30
_AGAIN_SECONDS = 5.0
"""After what main could not answer at the moment."""


class Room:
    """Of one realm, whether it opens it or not."""

    def __init__(self, realm: str, link: Link) -> None:
        self.conversation = group_conversation(room_address(realm))
        self._link = link
        self._watchers: set[asyncio.Event] = set()
        self._watched_since = 0
        """Of which link main knows that it is watched: its `came_at`."""

    def wake(self) -> None:
        """Something was written there, or the link has come back: those who watch look again."""
        for news in self._watchers:
            news.set()

    async def read(self, by: str, *, watch: bool = False) -> RoomFacts:
        """An operator begins to read it; raises `RoomNotOpen`. Main's audit log has who it is."""
        packed = await ask_main(self._link, ReadRoom, by, watch, seconds=_ANSWER_SECONDS)
        if watch:
            self._watched_since = self._link.came_at
        return check(unpack_value(packed), RoomFacts)

    async def record(self, after: int, before: int = 0) -> AsyncGenerator[StoredMessage, None]:
        """Rows with `after` < seq < `before`; 0 for all up to the newest."""
        more = True
        while more:
            asked = (after, before, PAGE_MESSAGES)
            packed = await ask_main(self._link, FetchRoom, *asked, seconds=_ANSWER_SECONDS)
            page: Page = check(unpack_value(packed), Page)
            for message in page.messages:
                after = message.seq
                yield message
            more = page.more

    async def watch(self, by: str, after: int) -> AsyncGenerator[StoredMessage, None]:
        """Rows with seq > `after`, and then each as it is written, whatever the link does."""
        news = asyncio.Event()
        self._watchers.add(news)
        try:
            while True:
                news.clear()
                wait: float | None = None
                try:
                    if self._watched_since != self._link.came_at:  # main forgets it with the link
                        await self.read(by, watch=True)
                    async for message in self.record(after):
                        after = message.seq
                        yield message
                except TryLater:
                    wait = _AGAIN_SECONDS
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), wait)
        finally:
            self._watchers.discard(news)
            if not self._watchers:
                self._watched_since = 0
                self._link.tell(pack(UnwatchRoom()))
