"""Telling main what this device holds and what its person has read: cumulative, repeated until
main confirms, never one mark per message.
"""

import asyncio
from collections.abc import Callable, Iterable

from chat_cli.account import conversation_rows
from chat_cli.account.conversation_rows import Standing
from chat_cli.account.store import Store
from realm_protocol.commands import ClientCommand, MoveWatermark
from realm_protocol.errors import RealmchatError
from realm_service.logs import get_logger

log = get_logger("chat_cli.marking")

Tell = Callable[[ClientCommand], None]


class Marking:
    """The watermarks of an account, whether or not there is a connection."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tell: Tell | None = None
        self._due: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self, tell: Tell) -> None:
        """The connection is in step: say what main doesn't know."""
        self._tell = tell
        self.repeat()

    def stop(self) -> None:
        self._tell = None

    def moved(self, conversations: Iterable[str]) -> None:
        """This device holds more of these, or its person has read on; it is in the store."""
        self._due.update(conversations)
        self._go()

    def repeat(self) -> None:
        """Say again what main hasn't confirmed: marks have no answer and may be lost."""
        job = self._store.run(
            lambda connection: [
                standing.conversation
                for find in (conversation_rows.unconfirmed_reads, conversation_rows.undelivered)
                for standing in find(connection)
            ]
        )
        job.add_done_callback(self._found)

    def _found(self, job: "asyncio.Future[list[str]]") -> None:
        if job.exception() is None:
            self.moved(job.result())

    def _go(self) -> None:
        if self._tell is not None and self._due and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._say())

    async def _say(self) -> None:
        while self._due and self._tell is not None:
            due, self._due = self._due, set()
            try:
                standings = await self._store.run(
                    lambda connection, due=due: [  # type: ignore[misc]
                        conversation_rows.find(connection, conversation) for conversation in due
                    ]
                )
            except RealmchatError as error:
                log.warning("marks_put_off", code=error.code)
                return
            for standing in standings:
                if standing is not None:
                    self._mark(standing)

    def _mark(self, standing: Standing) -> None:
        delivered = max(standing.holding.have, standing.mine.read)
        if self._tell is not None:
            self._tell(MoveWatermark(0, standing.conversation, delivered, standing.mine.read))
