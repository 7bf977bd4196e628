"""The shell around an account's decisions: it connects, keeps in step with main, connects again."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from chat_cli.account import event_log, identity, restored_main
from chat_cli.account.catching_up import CatchingUp
from chat_cli.account.connection import RealmConnection
from chat_cli.account.feed import Feed
from chat_cli.account.identity import Identity
from chat_cli.account.intake import Intake
from chat_cli.account.lanes import growing_wait
from chat_cli.account.link_state import Link, LinkState
from chat_cli.account.marking import Marking
from chat_cli.account.message_rows import Taken
from chat_cli.account.outgoing import Outgoing
from chat_cli.account.pending import Pending
from chat_cli.account.store import Store
from realm_protocol.commands import (
    ClientCommand,
    EndSession,
    FetchMessages,
    FindPeople,
    Hello,
    ListMembers,
    OpenConversation,
    ResolveName,
    Welcome,
)
from realm_protocol.errors import (
    NotSignedIn,
    RealmchatError,
    RealmUnreachable,
    SessionEnded,
    SessionNotFound,
    TimedOut,
    UserDisabled,
    WrongRealm,
)
from realm_protocol.events import (
    Heads,
    LinkChanged,
    MessagePending,
    MessageStored,
    MessageWithdrawn,
    PresenceChanged,
    ServerMessage,
    SignedOut,
    Synced,
    Typing,
    WatermarkMoved,
)
from realm_protocol.limits import PROTOCOL_VERSION
from realm_service.channel import connect
from realm_service.logs import get_logger
from realm_service.times import rfc3339

log = get_logger("chat_cli.engine")

ANSWER_SECONDS = 10.0
READY_SECONDS = 5.0
FRESH_SECONDS = 2.0
LIFE_SECONDS = 5.0
SILENT_SWEEPS = 3
"""The realm is taken for gone when nothing came for so many times LIFE_SECONDS."""
UNANSWERED_SECONDS = 30.0
"""A realm that lives, but doesn't answer messages for so long, is asked on a new connection."""

_OF_SITE = (FetchMessages, FindPeople, ListMembers, OpenConversation)
"""What a realm without its link answers from what it knows of its site, or refuses."""
_SESSION_OVER = (NotSignedIn, SessionEnded, UserDisabled, WrongRealm)


class Engine:
    """The connection of one account, made again for ever until the session is over."""

    def __init__(
        self,
        who: Identity,
        store: Store,
        feed: Feed,
        outgoing: Outgoing,
        *,
        device: str,
        tls: ssl.SSLContext | None,
        linked: Callable[[], None],
        now: Callable[[], int],
        jitter: Callable[[], float],
    ) -> None:
        """`linked` hears that the realm takes what is sent, with main behind it or without."""
        self.who = who
        self.state = LinkState(Link.CONNECTING, who.address.realm, who.realm_url, now())
        self.marking = Marking(store)
        self._store = store
        self._feed = feed
        self._outgoing = outgoing
        self._device = device
        self._tls = tls
        self._linked = linked
        self._now = now
        self._jitter = jitter
        self._intake = Intake(
            store,
            who.address,
            now=now,
            took=self.took,
            behind=self._want,
            refused=outgoing.settled,
            failed=self._abort,
        )
        self._pending = Pending(store, who.address, now=now, request=self._request_now)
        self._catching_up = CatchingUp(
            store,
            who.address,
            now=now,
            request=self._request_now,
            took=self.took,
            completed=self._release,
        )
        self._connection: RealmConnection | None = None
        self._attempt = 0
        self._hurried = asyncio.Event()
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    # --- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        self._spawn(self._run())

    async def stop(self) -> None:
        """End the connection; nothing is sent any more."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._cut()

    async def _run(self) -> None:
        while not self._is_over():
            try:
                await self._connect_once()
                problem = "the connection was cut"
            except _SESSION_OVER as error:
                await self._session_over(error.message)
            except RealmchatError as error:
                problem = error.message
            except OSError as exc:
                problem = str(exc) or type(exc).__name__
            if not self._is_over():
                await self._wait_for_next_attempt(problem)

    def _is_over(self) -> bool:
        return self.state.link is Link.SIGNED_OUT

    async def _connect_once(self) -> None:
        """One connection, from its handshake to its end."""
        self._set_link(Link.CONNECTING)
        who = await self._store.run(identity.read)
        if who is None or who.state != "active":
            raise SessionEnded(reason=who.ended_reason if who else "signed out")
        self.who = who
        connection = RealmConnection(_socket_url(who.realm_url), self._receive)
        headers = {"Authorization": f"Bearer {who.session.token}"}
        await connect(connection.url, connection.channel, headers=headers, tls=self._tls)
        try:
            await self._hold(connection)
        except RealmUnreachable:
            # Cut before the welcome: what the realm said before it closed says more.
            raise connection.refusal or RealmUnreachable(
                url=who.realm_url, detail="the connection was cut"
            ) from None
        finally:
            connection.channel.close()
            connection.channel.abort()
            self._cut()
        if connection.refusal is not None:
            raise connection.refusal

    async def _hold(self, connection: RealmConnection) -> None:
        self._connection = connection
        hello = Hello(0, PROTOCOL_VERSION, self._device, self.who.epoch, self.who.position)
        welcome: Welcome = await connection.request(hello, ANSWER_SECONDS)
        self._attempt = 0
        if not welcome.link_up:
            self._set_link(Link.CUT_OFF, since=welcome.link_since)
            self._spawn(self._go_on_cut_off(connection))
        else:
            self._spawn(self._catch_up_pending())
        while not connection.closed_event.is_set():
            try:
                async with asyncio.timeout(LIFE_SECONDS):
                    await connection.closed_event.wait()
            except TimeoutError:
                self._look_for_life(connection)

    def _look_for_life(self, connection: RealmConnection) -> None:
        silent = connection.channel.silent_sweeps() >= SILENT_SWEEPS
        if silent or self._outgoing.unanswered_for() > UNANSWERED_SECONDS:
            log.warning("realm_silent", account=self.who.address)
            connection.channel.abort()
        self.marking.repeat()

    def _abort(self) -> None:
        if self._connection is not None:
            self._connection.channel.abort()

    def _cut(self) -> None:
        self._connection = None
        self._pending.in_step = False
        self._out_of_step()

    def _out_of_step(self) -> None:
        self._outgoing.stop()
        self._lose_main()

    def _lose_main(self) -> None:
        self._intake.out_of_step()
        self.marking.stop()
        self._catching_up.stop()

    async def _session_over(self, reason: str) -> None:
        log.info("session_over", account=self.who.address)
        await self._store.run(lambda connection: identity.end(connection, "ended", reason))
        self._set_link(Link.SIGNED_OUT, problem=reason)

    async def _wait_for_next_attempt(self, problem: str) -> None:
        self._attempt += 1
        self._set_link(Link.UNREACHABLE, problem=problem)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(growing_wait(self._attempt, self._jitter())):
                await self._hurried.wait()
        self._hurried.clear()

    def _set_link(self, link: Link, *, since: int | None = None, problem: str = "") -> None:
        known = self.state
        self.state = LinkState(
            link, self.who.address.realm, self.who.realm_url, since or self._now(), problem
        )
        if link is not Link.CONNECTING and (known.link, known.problem) != (link, problem):
            self._feed.tell("link", self.state.json())
        self._changed.set()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task_failed", account=self.who.address, exc_info=error)
            self._abort()

    # --- asking ----------------------------------------------------------------------------------

    def hurry(self) -> None:
        """Somebody wants something: connect at once instead of waiting."""
        if self.state.link is Link.UNREACHABLE:
            self._hurried.set()

    async def request(self, command: ClientCommand, *, ready_seconds: float = READY_SECONDS) -> Any:
        """The result of a command at main; raises its refusal, or why main can't be asked."""
        await self.settle(ready_seconds)
        of_site = self.state.link is Link.CUT_OFF and isinstance(command, _OF_SITE)
        if self.state.link is not Link.UP and not of_site:
            raise self.state.refusal()
        return await self._request_now(command)

    async def _request_now(
        self, command: ClientCommand, heard: Callable[[Any], None] | None = None
    ) -> Any:
        if self._connection is None:
            raise RealmUnreachable(url=self.who.realm_url, detail="the connection was cut")
        return await self._connection.request(command, ANSWER_SECONDS, heard)

    def tell(self, command: ClientCommand) -> None:
        """A command without an answer; dropped while cut off."""
        if self._connection is not None and self.state.link is Link.UP:
            self._connection.tell(command)

    async def settle(self, seconds: float) -> None:
        """Wait until an attempt that is under way, or due at once, has come to something."""
        self.hurry()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.state.link is Link.CONNECTING or self._hurried.is_set():
                    self._changed.clear()
                    await self._changed.wait()

    async def freshen(self) -> None:
        """Let the store hold what main had acknowledged when this was called.

        Answers and events share one order, so that an answer from main comes after all that was
        committed before it. Without link, or without answer in time, the store is as it is.
        """
        try:
            async with asyncio.timeout(FRESH_SECONDS):
                await self._wait_for_main()
            await self._catching_up.idle(FRESH_SECONDS)
        except TimeoutError:
            log.info("answering_from_store", account=self.who.address)
        except RealmchatError as error:
            log.debug("answering_from_store", account=self.who.address, code=error.code)

    async def _wait_for_main(self) -> None:
        """Until what main had committed by now has come here, or is known to be missing."""
        barrier = ResolveName(0, "person", self.who.address.name)
        await self.request(barrier, ready_seconds=FRESH_SECONDS / 2)
        self._intake.flush()
        await self._store.run(event_log.newest_id)

    # --- what the realm tells --------------------------------------------------------------------

    def _receive(self, message: ServerMessage) -> None:
        match message:
            case MessageStored(message=row):
                self._intake.take_row(row)
            case MessagePending(message=pending):
                if self._pending.in_step:
                    self._intake.take_pending(pending)
            case MessageWithdrawn():
                self._intake.take_withdrawn(message)
            case WatermarkMoved():
                self._intake.take_mark(message)
            case Heads(heads=heads):
                self._intake.take_heads(heads)
            case Synced():
                self._synced(message)
            case _:
                self._hear(message)

    def _hear(self, message: ServerMessage) -> None:
        """What is in no log."""
        match message:
            case PresenceChanged(address=address, online=online, at=at):
                told = {"address": address, "online": online, "at": rfc3339(at)}
                self._feed.tell("presence", told)
            case Typing(conversation=conversation, address=address):
                self._feed.tell("typing", {"conversation": conversation, "address": address})
            case LinkChanged(up=up, since=since):
                self._link_changed(up, since)
            case SignedOut(reason=reason):
                self._spawn(self._session_over(reason))

    def _link_changed(self, up: bool, since: int) -> None:
        if up:
            self._out_of_step()
            self._set_link(Link.CONNECTING, since=since)
            return
        self._lose_main()
        self._set_link(Link.CUT_OFF, since=since)
        if self._connection is not None:
            self._spawn(self._go_on_cut_off(self._connection))

    async def _go_on_cut_off(self, connection: RealmConnection) -> None:
        """The realm keeps what is sent, and passes it on when it can."""
        self._outgoing.link_went()
        self._linked()
        if not self._pending.in_step:
            await self._catch_up_pending()
            await self._offer_lost()
        if connection is self._connection and not self._outgoing.is_going:
            await self._outgoing.start(connection.ask, linked=False)

    async def _catch_up_pending(self) -> None:
        try:
            await self._pending.catch_up()
        except TimedOut:
            self._abort()  # over a new connection it may say
        except RealmchatError as error:
            log.warning("pending_not_fetched", account=self.who.address, code=error.code)

    async def _offer_lost(self) -> None:
        """What the realm said it keeps, and keeps no more."""
        try:
            await self._pending.offer_own(await self._pending.find_gone())
        except RealmchatError as error:
            log.warning("pending_not_checked", account=self.who.address, code=error.code)

    async def _settle_pending(self) -> None:
        """What the realm keeps no more is in main's log, or main refused it."""
        try:
            gone = await self._pending.find_gone()
            if not gone:
                return
            await self._wait_for_main()
            if not self._intake.in_step or not await self._catching_up.idle(FRESH_SECONDS):
                return
            for conversation in await self._pending.settle(gone):
                await self._outgoing.reload(conversation)
        except (RealmchatError, TimeoutError) as error:
            log.warning("pending_not_settled", account=self.who.address, error=str(error))

    def _synced(self, synced: Synced) -> None:
        """The heads are in; the rest follows in `_go_on`."""
        self._spawn(self._go_on(self._intake.get_in_step(synced)))

    async def _go_on(self, stored: "asyncio.Future[list[str]]") -> None:
        connection = self._connection
        try:
            behind = await stored
            await self._release()
        except RealmchatError as error:
            log.error("heads_not_stored", account=self.who.address, code=error.code)
            self._abort()
            return
        if connection is None or connection is not self._connection or not self._intake.in_step:
            return
        self._want(behind)
        if self.state.link is Link.CUT_OFF:
            return  # in step with the site; main's heads come behind its link
        self._set_link(Link.UP)
        self._linked()
        # Before anything is awaited: a cut meanwhile stops both.
        self.marking.start(connection.tell)
        await self._outgoing.start(connection.ask, linked=True)
        await self._settle_pending()
        await self._end_superseded()

    def _want(self, conversations: Iterable[str]) -> None:
        if self._connection is not None:
            for conversation in conversations:
                self._catching_up.want(conversation)

    def took(self, taken: Taken) -> None:
        """Rows have come into the store: fetch what they show to be missing, tell who waits."""
        for key in taken.settled:
            self._outgoing.settled(key)
        if self._intake.in_step:
            self._want(taken.behind | taken.unknown)
            self.marking.moved(taken.from_others)

    async def _release(self) -> None:
        """A conversation is complete: what a restored main has lost is known now."""
        for conversation in await self._store.run(restored_main.release):
            await self._outgoing.reload(conversation)

    async def _end_superseded(self) -> None:
        """End the session that a later login replaced."""
        who = await self._store.run(identity.read)
        if who is None or not who.superseded_session:
            return
        ended = who.superseded_session
        try:
            await self._request_now(EndSession(0, ended))
        except SessionNotFound:
            log.debug("session_gone_already", account=who.address)
        except RealmchatError as error:
            log.info("session_not_ended", account=who.address, code=error.code)
            return
        await self._store.run(lambda connection: identity.superseded_ended(connection, ended))


def _socket_url(realm_url: str) -> str:
    scheme, _, rest = realm_url.partition("://")
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest.rstrip('/')}/v1/client"
