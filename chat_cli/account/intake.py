"""What comes from the realm goes into the store, in the order in which it came.

Until the heads of a connection are in (`get_in_step`), rows are only noticed: whether they
continue what is held here is not known before the epoch of main's store is.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection

from chat_cli.account import conversation_rows, message_rows, pending_rows, restored_main
from chat_cli.account.message_rows import Taken
from chat_cli.account.store import Store
from realm_protocol.commands import Head, MessageKey, PendingMessage, StoredMessage
from realm_protocol.errors import rebuild
from realm_protocol.events import MessageWithdrawn, Synced, WatermarkMoved
from realm_service.logs import get_logger

log = get_logger("chat_cli.intake")


class Intake:
    """Rows, heads and watermarks of one account."""

    def __init__(
        self,
        store: Store,
        me: str,
        *,
        now: Callable[[], int],
        took: Callable[[Taken], None],
        behind: Callable[[Iterable[str]], None],
        refused: Callable[[str], None],
        failed: Callable[[], None],
    ) -> None:
        """`behind` hears of conversations that may lack rows; `failed` of what can't be stored.

        `refused` hears of keys of the outbox that main has refused.
        """
        self.in_step = False
        self._store = store
        self._me = me
        self._now = now
        self._took = took
        self._behind = behind
        self._refused = refused
        self._failed = failed
        self._epoch = 0
        self._arrived: list[StoredMessage] = []
        self._heads: list[Head] = []
        self._noticed: dict[str, int] = {}
        self._early_marks: list[WatermarkMoved] = []

    def out_of_step(self) -> None:
        """The connection or the link behind it is gone."""
        self.flush()
        self.in_step = False
        self._heads.clear()
        self._noticed.clear()
        self._early_marks.clear()

    def get_in_step(self, synced: Synced) -> "asyncio.Future[list[str]]":
        """All heads are in: from here on rows are taken as they come.

        Answers the conversations that lack rows, once the heads are stored.
        """
        self.flush()
        if self.in_step and synced.epoch != self._epoch:
            # Heads of another store came over a connection that was in step with the old one:
            # only a new connection gets all of them.
            self._failed()
        heads, noticed, marks = self._heads, self._noticed, self._early_marks
        self._heads, self._noticed, self._early_marks = [], {}, []
        now = self._now()

        def take(connection: Connection) -> list[str]:
            restored_main.take_heads(
                connection, self._me, heads, synced.epoch, synced.position, now
            )
            for conversation, seq in noticed.items():
                conversation_rows.notice(connection, conversation, seq)
            for moved in marks:
                conversation_rows.take_watermark(connection, self._me, moved, now)
            return conversation_rows.incomplete(connection)

        # What comes from now on is submitted behind this job.
        self.in_step = True
        self._epoch = synced.epoch
        return self._store.run(take)

    def take_row(self, row: StoredMessage) -> None:
        if not self.in_step:
            seen = self._noticed.get(row.conversation, 0)
            self._noticed[row.conversation] = max(seen, row.seq)
            return
        if not self._arrived:
            asyncio.get_running_loop().call_soon(self.flush)
        self._arrived.append(row)

    def flush(self) -> None:
        """Rows that came in one turn go into the store together."""
        if not self._arrived:
            return
        rows, self._arrived = self._arrived, []
        now = self._now()
        self._submit(
            lambda connection: message_rows.take(connection, self._me, rows, now), self._took
        )

    def take_pending(self, message: PendingMessage) -> None:
        """The realm shows a message that main has not got."""
        now = self._now()
        self._submit(
            lambda connection: pending_rows.take(connection, self._me, [message], now),
            lambda _nothing: None,
        )

    def take_withdrawn(self, withdrawn: MessageWithdrawn) -> None:
        """Main refused a message that the realm kept."""
        now = self._now()
        name = MessageKey(withdrawn.sender, withdrawn.key)
        error = rebuild(withdrawn.code, withdrawn.fields)
        self._submit(
            lambda connection: pending_rows.withdraw(connection, self._me, name, error, now),
            lambda _nothing: self._refused(withdrawn.key),
        )

    def take_mark(self, moved: WatermarkMoved) -> None:
        if not self.in_step:
            self._early_marks.append(moved)
            return
        now = self._now()
        self._submit(
            lambda connection: conversation_rows.take_watermark(connection, self._me, moved, now),
            lambda _nothing: None,
        )

    def take_heads(self, heads: list[Head]) -> None:
        if not self.in_step:
            self._heads += heads
            return
        now = self._now()
        self._submit(lambda connection: take_heads(connection, self._me, heads, now), self._behind)

    def _submit(self, job: Callable[[Connection], Any], then: Callable[[Any], None]) -> None:
        def done(future: "asyncio.Future[Any]") -> None:
            if (error := future.exception()) is None:
                then(future.result())
            else:
                # The heads of the next connection tell it again.
                log.error("not_stored", error=str(error))
                self._failed()

        self._store.run(job).add_done_callback(done)


def take_heads(connection: Connection, me: str, heads: list[Head], now: int) -> list[str]:
    """Heads that came while in step; answers their conversations."""
    pending_rows.heads_came(connection, heads, now)
    return [conversation_rows.take_head(connection, me, head, now).conversation for head in heads]
