"""Fetching what is missing: one fetch per conversation at a time, until nothing is."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from chat_cli.account import conversation_rows, message_rows, sync
from chat_cli.account.lanes import growing_wait
from chat_cli.account.message_rows import Taken
from chat_cli.account.store import Store
from chat_cli.account.sync import Missing
from realm_protocol.commands import ClientCommand, FetchMessages, OpenConversation
from realm_protocol.errors import RealmchatError, TryLater
from realm_protocol.limits import PAGE_MESSAGES
from realm_service.logs import get_logger

log = get_logger("chat_cli.catching_up")

AT_A_TIME = 4

Request = Callable[[ClientCommand], Awaitable[Any]]


class CatchingUp:
    """Lives as long as one connection is in step; `stop` ends it."""

    def __init__(
        self,
        store: Store,
        me: str,
        *,
        now: Callable[[], int],
        request: Request,
        took: Callable[[Taken], None],
        completed: Callable[[], Awaitable[None]],
    ) -> None:
        """`completed` is called after each conversation that lacks nothing any more."""
        self._store = store
        self._me = me
        self._now = now
        self._request = request
        self._took = took
        self._completed = completed
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._slots = asyncio.Semaphore(AT_A_TIME)
        self.pages = 0
        """How many pages have come: a sign of progress."""
        self._idle = asyncio.Event()
        self._idle.set()

    def want(self, conversation: str) -> None:
        """See to it that a conversation is complete."""
        if conversation in self._running:
            self._again.add(conversation)
            return
        self._idle.clear()
        task = asyncio.create_task(self._complete(conversation))
        self._running[conversation] = task

    async def idle(self, patience_seconds: float) -> bool:
        """Wait until nothing that was wanted is missing, as long as pages keep coming.

        Answers whether that has come.
        """
        pages = -1
        while pages != self.pages:
            pages = self.pages
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience_seconds):
                    await self._idle.wait()
                    return True
        return False

    def stop(self) -> None:
        """The connection is gone; the next one's heads say anew what is missing."""
        running, self._running = self._running, {}
        for task in running.values():
            task.cancel()
        self._idle.set()

    async def _complete(self, conversation: str) -> None:
        attempt = 0
        try:
            while True:
                self._again.discard(conversation)
                try:
                    async with self._slots:
                        await self._fetch_all(conversation)
                except TryLater as error:
                    attempt += 1
                    log.info("fetch_put_off", code=error.code)
                    await asyncio.sleep(growing_wait(attempt, 0.5))
                    continue
                await self._completed()
                # Nothing is awaited from here to `_ended`: whoever wants more must be heard.
                if conversation not in self._again:
                    break
        except RealmchatError as error:
            # For example: no longer a member. The next head starts anew.
            log.info("fetch_refused", code=error.code)
        finally:
            self._ended(conversation)

    def _ended(self, conversation: str) -> None:
        # After a stop, another fetch of the same conversation may run already.
        if self._running.get(conversation) is asyncio.current_task():
            del self._running[conversation]
            if not self._running:
                self._idle.set()

    async def _fetch_all(self, conversation: str) -> None:
        missing = await self._find_missing(conversation)
        while missing is not None:
            command = FetchMessages(
                0, conversation, missing.after, missing.before, PAGE_MESSAGES, newest=False
            )
            page = await self._request(command)
            now = self._now()
            taken, next_missing = await self._store.run(
                lambda connection, page=page, now=now: message_rows.take_page(  # type: ignore[misc]
                    connection, self._me, conversation, page, now
                )
            )
            self.pages += 1
            self._took(taken)
            if next_missing == missing:
                log.warning("fetch_brought_nothing", conversation=conversation)
                return
            missing = next_missing

    async def _find_missing(self, conversation: str) -> Missing | None:
        known = await self._store.run(
            lambda connection: conversation_rows.find(connection, conversation)
        )
        if known is None:
            head = await self._request(OpenConversation(0, conversation))
            now = self._now()
            known = await self._store.run(
                lambda connection: conversation_rows.take_head(connection, self._me, head, now)
            )
        return sync.missing(known.holding)
