"""One account of a window, kept in step with chat-cli while the window is open. No Flet here.

What comes is handed to `window.arriving`, which decides; this asks, waits and tries again.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import Any

from ulid import ULID

from frontend.service import shapes
from frontend.service.account import PAGE, AccountClient
from frontend.service.shapes import Conversation, Message, Refusal
from frontend.window import arriving, uploads
from frontend.window.state import AccountState
from realm_protocol.errors import (
    AccountNotFound,
    ConversationNotFound,
    NotAllowed,
    NotForGuests,
    NotSignedIn,
    RealmchatError,
    ServiceUnreachable,
    ServiceWentAway,
    SessionEnded,
    TimedOut,
    TryLater,
)
from realm_service.sse import Event

_LIST_SECONDS = 0.5
"""Between two readings of the list, however many messages come."""
_FIRST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 2.0
_REACHED = 900
"""Messages that are drawn at most to get to one."""
_AWAY = (ServiceUnreachable, ServiceWentAway, TimedOut)
_OVER = (NotSignedIn, AccountNotFound, NotAllowed, SessionEnded)


class LiveAccount:
    """`changed` is called after each change of the state, `arrived` for what another said, and for
    an own message that was refused.
    """

    def __init__(
        self,
        client: AccountClient,
        *,
        clock: Callable[[], datetime],
        changed: Callable[[], None],
        arrived: Callable[[Message], None],
    ) -> None:
        self.client = client
        self.state = AccountState(client.address)
        self._clock = clock
        self._changed = changed
        self._arrived = arrived
        self._stale = asyncio.Event()
        self._unsent = asyncio.Event()
        self._info_due = True
        self._looked_at = asyncio.Event()
        self._looked_at.set()
        self._list_read_at = -_LIST_SECONDS
        self._reading_later: asyncio.TimerHandle | None = None
        self._sending: dict[str, tuple[Conversation, Message]] = {}
        self._older: set[str] = set()
        self._bells: set[asyncio.Event] = set()

    # --- being in step ---------------------------------------------------------------------------

    async def run(self) -> None:
        """Until the token opens nothing any more, or the task is cancelled."""
        wait = _FIRST_WAIT_SECONDS
        while True:
            try:
                if not self._is_wanted:
                    await self._looked_at.wait()
                await self._catch_up()
                wait = _FIRST_WAIT_SECONDS
                await self._follow()
                if not self._is_wanted:
                    continue
            except _OVER:
                self._set(replace(self.state, ended=True))
                return
            except _AWAY:
                self._set(replace(self.state, away=True))
            except RealmchatError:
                # Something that will pass: a store under repair, too many streams.
                wait = _LONGEST_WAIT_SECONDS
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)

    async def _catch_up(self) -> None:
        """Everything as it is now; the stream then continues from the first of these answers."""
        info = await self.client.info()
        rows, place = await self.client.conversations()
        going = await self.client.uploads()
        state = arriving.take_conversations(self.state, rows, place)
        state = uploads.take_listed(arriving.take_info(state, info), going)
        self._set(replace(state, away=False))

    async def _follow(self) -> None:
        """Take events as they come, read again what they make stale, and send, until a cut."""
        self._stale.set()
        self._unsent.set()
        ending = [
            asyncio.create_task(work())
            for work in (self._take_events, self._refresh, self._deliver)
        ]
        people = asyncio.create_task(self._meet_people())
        try:
            await asyncio.wait(ending, return_when=asyncio.FIRST_COMPLETED)
            for task in ending:
                if task.done():
                    task.result()
        finally:
            for task in (*ending, people):
                task.cancel()
            await asyncio.gather(*ending, people, return_exceptions=True)

    @property
    def _is_wanted(self) -> bool:
        """Somebody looks, or has left something that must go out."""
        return self._looked_at.is_set() or bool(self._sending)

    async def _take_events(self) -> None:
        """Until it isn't wanted: who looks again is told from the same place on."""
        async with aclosing(self.client.events(self.state.place)) as events:
            async for event in events:
                self._take(event)
                if not self._is_wanted:
                    return

    def _take(self, event: Event) -> None:
        before = self.state
        self._set(arriving.take_event(before, event, self._clock()))
        if self.state is before:
            return
        if event.type == "message" and _is_said(event.data, self.state.me):
            self._arrived(shapes.message(event.data))
        if event.type == "state" and event.data["state"] == "refused":
            self._tell_refused(event.data["conversation"], event.data["key"])
        if event.type == "link":
            self._info_due = True
        link = self.state.link
        if event.type == "state" and link is not None and link.state != "up":
            self._info_due = True
        self._stale.set()

    async def _refresh(self) -> None:
        """One answer at a time: what became stale meanwhile is asked for behind it."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            if not self._looked_at.is_set():
                continue
            if self._info_due:
                self._info_due = False
                info = await self.client.info()
                self._set(arriving.take_info(self.state, info))
            if self.state.outdated and self._may_read_list():
                known = self.state.conversations.keys()
                await self.read_list()
                if self.state.conversations.keys() - known:
                    await self._meet_people()
            for name, history in list(self.state.histories.items()):
                if not history.loaded:
                    await self._load(name)

    def _may_read_list(self) -> bool:
        """Else it is read as soon as it may be."""
        loop = asyncio.get_running_loop()
        wait = self._list_read_at + _LIST_SECONDS - loop.time()
        if wait <= 0:
            self._list_read_at = loop.time()
        elif self._reading_later is None or self._reading_later.when() < loop.time():
            self._reading_later = loop.call_later(wait, self._stale.set)
        return wait <= 0

    async def _load(self, conversation: str) -> None:
        try:
            page, _ = await self.client.history(conversation)
        except ConversationNotFound:
            page = []  # nobody has written there yet
        self._set(arriving.take_newest(self.state, conversation, page, PAGE))
        if not self.state.histories[conversation].loaded:
            self._stale.set()

    async def _meet_people(self) -> None:
        """Names and who is there; without them the window shows addresses. Guests aren't told."""
        try:
            people = await self.client.people("")
        except (TryLater, NotForGuests):
            return
        self._set(arriving.take_people(self.state, people, self._clock()))

    # --- what a person does ----------------------------------------------------------------------

    def rest(self, rests: bool) -> None:
        """Nobody looks: what happens meanwhile is asked for when somebody does."""
        if rests:
            self._looked_at.clear()
        else:
            self._looked_at.set()
        self._stale.set()

    def open(self, conversation: str) -> None:
        """Hold its messages; they are asked for where that wasn't done yet."""
        self._set(arriving.open_history(self.state, conversation))
        self._stale.set()

    def begin(self, conversation: Conversation) -> None:
        self._set(arriving.begin_conversation(self.state, conversation))

    def shut(self, conversation: str) -> None:
        self._set(arriving.shut_history(self.state, conversation))

    def keep_draft(self, conversation: str, text: str) -> None:
        self._set(arriving.keep_draft(self.state, conversation, text))

    def apply(self, change: Callable[..., AccountState], *told: Any) -> None:
        """Change the state by what a person did here: `change(state, *told)`."""
        self._set(change(self.state, *told))

    async def until(self, holds: Callable[[AccountState], bool], seconds: float) -> bool:
        """Wait so long at most for the state to be so; whether it is."""
        bell = asyncio.Event()
        self._bells.add(bell)
        try:
            async with asyncio.timeout(seconds):
                while not holds(self.state):
                    bell.clear()
                    await bell.wait()
        except TimeoutError:
            return False
        finally:
            self._bells.discard(bell)
        return True

    def forget_typing(self) -> None:
        self._set(arriving.forget_typing(self.state, self._clock()))

    async def read_list(self) -> None:
        """The conversations as they are now."""
        rows, place = await self.client.conversations()
        self._set(arriving.take_conversations(self.state, rows, place))

    async def load_back_to(self, conversation: str, seq: int) -> None:
        """Everything from a message on, and a little before it; unless that is too much."""
        known = self.state.histories.get(conversation)
        held = known.messages if known is not None else ()
        first = next((m.seq for m in held if m.seq is not None), None)
        if first is not None and 0 < first - seq <= _REACHED:
            await self.load_older(conversation, first - seq + PAGE // 2)

    async def load_older(self, conversation: str, count: int = PAGE) -> bool:
        """A page before what is held; whether there was one."""
        history = self.state.histories.get(conversation)
        if history is None or not history.loaded or history.whole or conversation in self._older:
            return False
        first = next((m.seq for m in history.messages if m.seq is not None), None)
        if first is None:
            return False
        self._older.add(conversation)
        try:
            page, _ = await self.client.history(conversation, before=first, limit=count)
        except TryLater:
            return False  # asked again when somebody scrolls there again
        finally:
            self._older.discard(conversation)
        self._set(arriving.take_older(self.state, conversation, page, count))
        return bool(page)

    def send(self, conversation: Conversation, text: str) -> None:
        """Show a message at once; the service gets it now, or when it is back."""
        message = Message(
            conversation=conversation.conversation,
            seq=None,
            key=str(ULID()),
            kind="text",
            sender=self.state.me,
            text=text,
            at=None,
            sent_at=self._clock(),
            state="saved",
        )
        self._sending[message.key] = (conversation, message)
        self._set(arriving.show_sending(self.state, message))
        self._unsent.set()

    async def _deliver(self) -> None:
        """In order, one at a time; what the service can't take now stays for when it is back."""
        while True:
            await self._unsent.wait()
            self._unsent.clear()
            while self._sending:
                await self._send(*next(iter(self._sending.values())))

    async def _send(self, conversation: Conversation, message: Message) -> None:
        """The same key goes out again after a cut, so that it is there once."""
        try:
            await self.client.send(conversation.title, conversation.kind, message.text, message.key)
        except (*_AWAY, *_OVER):
            raise
        except RealmchatError as error:
            refusal = Refusal(error.code, error.fields)
            self._set(arriving.show_failure(self.state, message, refusal))
            self._tell_refused(message.conversation, message.key)
        self._sending.pop(message.key, None)

    def _tell_refused(self, conversation: str, key: str) -> None:
        """Where it is held: it is seen in its place there."""
        history = self.state.histories.get(conversation)
        for message in () if history is None else history.messages:
            if (message.sender, message.key) == (self.state.me, key):
                self._arrived(message)

    async def mark_read(self, conversation: str, seq: int) -> None:
        """What was seen is read; a service that is away is told the next time it is seen."""
        known = self.state.conversations.get(conversation)
        if known is None or seq < known.read or (seq == known.read and not known.unread):
            return
        try:
            await self.client.mark_read(conversation, seq)
        except TryLater:
            return

    def _set(self, state: AccountState) -> None:
        if state is not self.state:
            self.state = state
            for bell in self._bells:
                bell.set()
            self._changed()


def _is_said(message: Mapping[str, Any], me: str) -> bool:
    """By another: that somebody joined or left is no message of theirs."""
    return bool(message["from"] != me and message["kind"] != "system")
