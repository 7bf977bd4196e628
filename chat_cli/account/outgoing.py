"""Sending the outbox: what `lanes` decides goes to the realm, and its answers into the store."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from chat_cli.account import message_rows, outbox_rows
from chat_cli.account.lanes import SendingLanes, Unsent, Verdict
from chat_cli.account.message_rows import Taken
from chat_cli.account.outbox_rows import Sent
from chat_cli.account.recipients import Recipient
from chat_cli.account.shapes import kind_of, read_file
from chat_cli.account.store import Store
from realm_protocol.bodies import pack_file_body
from realm_protocol.commands import Accepted, ClientCommand, SendMessage
from realm_protocol.errors import RealmchatError
from realm_protocol.events import AtRealm
from realm_service.logs import get_logger

log = get_logger("chat_cli.outgoing")

Ask = Callable[
    [ClientCommand, Callable[[Any], None], Callable[[RealmchatError], None]],
    None,
]


class Outgoing:
    """The outbox of an account, whether or not there is a connection."""

    def __init__(
        self,
        store: Store,
        me: str,
        *,
        lanes: SendingLanes,
        limit: int,
        now: Callable[[], int],
        took: Callable[[Taken], None],
    ) -> None:
        """`limit` in bytes of text; `took` hears what became of accepted messages."""
        self._store = store
        self._me = me
        self._lanes = lanes
        self._limit = limit
        self._now = now
        self._took = took
        self._loop = asyncio.get_running_loop()
        self._ask: Ask | None = None
        self._starting: Ask | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._waiting_for: dict[str, list[asyncio.Future[None]]] = {}
        self._last_answer = 0.0
        self.is_linked = False
        """Whether the realm has its link: else nobody need wait for main."""

    @property
    def is_going(self) -> bool:
        """Whether messages go out."""
        return self._starting is not None

    async def save(self, unsent: Unsent, recipient: Recipient) -> Sent:
        """Keep a message, synced to disk, then send it as soon as may be."""
        sent = await self._store.run(
            lambda connection: outbox_rows.save(
                connection, self._me, unsent, recipient, limit=self._limit
            )
        )
        await self.reload(sent.conversation)
        return sent

    async def reload(self, conversation: str) -> None:
        """Take up what the store has to send into a conversation."""
        self._lanes.add(
            await self._store.run(lambda connection: outbox_rows.to_send(connection, conversation))
        )
        self._pump()

    async def start(self, ask: Ask, *, linked: bool) -> None:
        """The realm takes messages: everything that it hasn't got goes out, in order.

        `linked` where it can pass them on to main at once.
        """
        self._starting = ask
        self.is_linked = linked
        unsent = await self._store.run(outbox_rows.to_send)
        if self._starting is not ask:
            return  # The link went, or another connection came, while the file was read.
        self._lanes.replace(unsent)
        self._ask = ask
        self._last_answer = self._loop.time()
        self._pump()

    def link_went(self) -> None:
        """The realm keeps what it can't pass on: nobody waits for main any more."""
        self.is_linked = False
        for key in self._waiting_for:
            self.settled(key)

    def stop(self) -> None:
        """No connection, or no link behind it."""
        self._ask = self._starting = None
        self._lanes.cut()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def unanswered_for(self) -> float:
        """Seconds since the realm last answered a message, while some are unanswered."""
        if self._ask is None or not self._lanes.in_flight:
            return 0.0
        return self._loop.time() - self._last_answer

    async def outcome(self, key: str, seconds: float) -> Sent | None:
        """What became of a message, after waiting for main at most so long.

        One that the realm keeps is not waited for while the realm can't reach main.
        """
        until = self._loop.time() + seconds
        while True:
            future: asyncio.Future[None] = self._loop.create_future()
            with self._waiting(key, future):
                sent = await self._find(key)
                left = until - self._loop.time()
                if sent is None or left <= 0 or not self._is_waited_for(sent):
                    return sent
                await asyncio.wait([future], timeout=left)

    def _is_waited_for(self, sent: Sent) -> bool:
        return sent.state == "saved" or (sent.state == "at_realm" and self.is_linked)

    @contextmanager
    def _waiting(self, key: str, future: "asyncio.Future[None]") -> Iterator[None]:
        waiting = self._waiting_for.setdefault(key, [])
        waiting.append(future)
        try:
            yield
        finally:
            waiting.remove(future)
            if not waiting:
                del self._waiting_for[key]

    def settled(self, key: str) -> None:
        """Something became of it, or nothing will for long; whoever waits looks."""
        for future in self._waiting_for.get(key, []):
            if not future.done():
                future.set_result(None)

    async def _find(self, key: str) -> Sent | None:
        return await self._store.run(
            lambda connection: outbox_rows.find_sent(connection, self._me, key)
        )

    # --- sending ---------------------------------------------------------------------------------

    def _pump(self) -> None:
        ask = self._ask
        if ask is None:
            return
        if not self._lanes.in_flight:
            self._last_answer = self._loop.time()
        for unsent in self._lanes.take_due(self._loop.time()):
            self._send(ask, unsent)
        self._set_timer()

    def _send(self, ask: Ask, unsent: Unsent) -> None:
        body = unsent.text.encode()
        if unsent.file is not None:
            body = pack_file_body(read_file(unsent.file))
        kind = kind_of(unsent.file)
        command = SendMessage(0, unsent.target, unsent.key, kind, body, unsent.sent_at)
        ask(
            command,
            lambda answer: self._answered(unsent.key, answer),
            lambda error: self._refused(unsent.key, error),
        )

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self._lanes.next_due()
        if due is not None:
            self._timer = self._loop.call_at(due, self._pump)

    def _answered(self, key: str, answer: Accepted | AtRealm) -> None:
        self._last_answer = self._loop.time()
        self._lanes.accepted(key)
        now = self._now()
        if isinstance(answer, AtRealm):
            position = answer.position
            kept = self._store.run(
                lambda connection: outbox_rows.keep_at_realm(connection, key, position, now)
            )
            kept.add_done_callback(lambda job: self._recorded(key, job))
        else:
            job = self._store.run(
                lambda connection: message_rows.accept(connection, self._me, key, answer, now)
            )
            job.add_done_callback(self._acceptance_recorded)
        self._pump()

    def _acceptance_recorded(self, job: "asyncio.Future[Taken]") -> None:
        if (error := job.exception()) is None:
            self._took(job.result())
        else:
            # The row is still `saved`: it is offered again and gets the same answer.
            log.error("answer_not_recorded", error=str(error))

    def _refused(self, key: str, error: RealmchatError) -> None:
        if self._ask is None:
            return
        self._last_answer = self._loop.time()
        verdict = self._lanes.refused(key, error, self._loop.time())
        log.info("message_refused", code=error.code, verdict=verdict.value)
        if verdict is Verdict.FINAL:
            now = self._now()
            job = self._store.run(
                lambda connection: outbox_rows.refuse(connection, key, error, now)
            )
            job.add_done_callback(lambda job: self._recorded(key, job))
        self._pump()

    def _recorded(self, key: str, job: "asyncio.Future[None]") -> None:
        if (error := job.exception()) is not None:
            log.error("answer_not_recorded", error=str(error))
        self.settled(key)
