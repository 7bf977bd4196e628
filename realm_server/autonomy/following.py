"""Following main: keeps the replica in step over the link, from its coming to its going.

Main tells changes as they happen. What it can't have told, since the link was away or nobody of a
conversation was there, is asked for: at once when the link comes, and from time to time. It gives
way to messages, which would else share main's disk and processor with a site's whole history.
"""

import asyncio

from realm_protocol.commands import Page
from realm_protocol.errors import AskedWrongly, RealmchatError, StoreUnwritable
from realm_protocol.link import SiteFacts, SiteHistory, SitePage, SiteSync
from realm_protocol.wire import check, unpack_value
from realm_server.autonomy.replica import Replica
from realm_server.awaiting import ask_main
from realm_server.counts import Counts
from realm_server.link import Link
from realm_server.store import Store
from realm_service.giving_way import GivingWay
from realm_service.logs import get_logger, report_defect

log = get_logger("realm.following")

SECONDS_BETWEEN = 300.0
"""Conversations that go on while nobody of them is here are caught up with so often."""
SECONDS_AFTER_FAILURE = 10.0
_ANSWER_SECONDS = 60.0
_SHARE = 0.03
"""Of this realm's event loop, while messages move; main has twice as much to do for it. A page of a
conversation takes a millisecond or two, so that some twenty of them come in a second."""


class Following:
    """Of one realm."""

    def __init__(self, link: Link, replica: Replica, store: Store, counts: Counts) -> None:
        self.replica = replica
        self._link = link
        self._store = store
        self._way = GivingWay(
            lambda: counts.messages_from_clients + counts.deliveries, share=_SHARE
        )
        self._task: asyncio.Task[None] | None = None

    def told(self, facts: SiteFacts) -> None:
        """Main tells what has just changed."""
        self.replica.take_news(facts)
        self._store.forget_ended(facts.ended_sessions)

    def link_came(self, epoch: int) -> None:
        """Ask for what was missed; in another epoch, for everything."""
        if self.replica.epoch != epoch:
            self.replica.begin_anew(epoch)
        self._stop()
        self._task = asyncio.create_task(self._follow())

    def link_went(self) -> None:
        """What is held now is what the site has."""
        self._stop()
        self.replica.write()

    def begin_anew(self) -> None:
        """The replica's file was damaged, and is empty now."""
        self.replica.read_file()
        if self._link.is_up:
            self.link_came(self._store.epoch)

    async def close(self) -> None:
        """The realm is stopping."""
        task = self._task
        self._stop()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _follow(self) -> None:
        while True:
            try:
                await self._catch_up()
                wait = SECONDS_BETWEEN
            except RealmchatError as error:
                log.warning("site_not_caught_up", code=error.code, detail=error.message)
                wait = SECONDS_AFTER_FAILURE
            except Exception as error:  # a defect: the site must not be left behind for ever
                report_defect(error, during="following main")
                wait = SECONDS_AFTER_FAILURE
            await asyncio.sleep(wait)

    async def _catch_up(self) -> None:
        revision = await self._sync()
        self.replica.caught_up(revision)
        for conversation, held_to in await self.replica.behind():
            await self._fetch(conversation, held_to)
            await self._way.give()

    async def _sync(self) -> int:
        """All that changed since the revision that is known; returns the new one."""
        since = self.replica.revision
        first: SitePage | None = None
        cursor: list[int] = []
        while first is None or cursor:
            asked = (self.replica.epoch, since, cursor)
            answer = await ask_main(self._link, SiteSync, *asked, seconds=_ANSWER_SECONDS)
            page: SitePage = check(unpack_value(answer), SitePage)
            first = first or page
            self._store.forget_ended(page.facts.ended_sessions)
            if not await self.replica.take(page.facts):
                raise StoreUnwritable(path="site.db", detail="the replica could not be written")
            cursor = page.cursor
        # Of the first page: what changed while the others were read is told again.
        return first.revision

    async def _fetch(self, conversation: str, held_to: int) -> None:
        """The newest messages of a conversation that went on unheard."""
        try:
            answer = await ask_main(
                self._link, SiteHistory, conversation, held_to, seconds=_ANSWER_SECONDS
            )
        except AskedWrongly as error:  # nobody of this site is in it any more
            log.info("history_refused", conversation=conversation, code=error.code)
            return
        page: Page = check(unpack_value(answer), Page)
        self.replica.take_rows(conversation, page.messages)
