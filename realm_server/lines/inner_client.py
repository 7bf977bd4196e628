"""A client within this process: a session of the realm without a socket, and what it knows.

It speaks the commands and hears the events that a WebSocket client does, through the same doors.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from picows import WSCloseCode

from realm_protocol.commands import (
    GONE,
    REPLIES,
    Accepted,
    Head,
    Hello,
    Joined,
    ResolveName,
    Welcome,
)
from realm_protocol.errors import (
    AskedWrongly,
    RealmchatError,
    ServerDraining,
    SessionEnded,
    TimedOut,
    rebuild,
)
from realm_protocol.events import (
    SERVER_MESSAGES,
    AtRealm,
    Heads,
    LinkChanged,
    MessageStored,
    Refused,
    Reply,
    SignedOut,
    Synced,
)
from realm_protocol.limits import PROTOCOL_VERSION
from realm_protocol.names import Address
from realm_protocol.wire import WireMessage, check, join_frame, pack
from realm_server.client_sessions import ClientSession

ANSWER_SECONDS = 30
FRESH_SECONDS = 3600
"""Main takes note of a session's use when it comes in: one that is used comes in again."""


@dataclass(slots=True)
class Standing:
    """A conversation of the account, as far as it was told."""

    kind: str
    name: str
    """The other person's address, or the group's."""
    last_seq: int
    first_seq: int
    read: int


class InnerClient:
    """One session's channel and its owner's questions, asked one after the other."""

    def __init__(self, session: ClientSession, device: str) -> None:
        self.address = Address("")
        self.standings: dict[str, Standing] = {}
        """Every conversation that the account is in; whole once it is synced."""
        self.ended: RealmchatError | None = None
        """Why nothing can be asked any more."""
        self.token_hash = session.token_hash.hex()
        """How the session is named to main's side of files."""
        self._session = session
        self._device = device
        self._loop = asyncio.get_running_loop()
        self._entered_at = self._loop.time()
        self._number = 0
        self._asked: tuple[int, asyncio.Future[Any]] | None = None
        self._synced = asyncio.Event()
        self._closed = False
        session.channel = self
        session.opened(self)

    @property
    def is_fresh(self) -> bool:
        """Whether it may be used; else the session is entered anew."""
        return self.ended is None and self._loop.time() - self._entered_at < FRESH_SECONDS

    # --- asking ----------------------------------------------------------------------------------

    async def enter(self) -> None:
        """Be welcomed; raises what the realm or main says instead."""
        welcome: Welcome = await self.ask(
            Hello, version=PROTOCOL_VERSION, device=self._device, epoch=0, position=0
        )
        self.address = welcome.address

    async def ask(self, command: type[WireMessage], **fields: Any) -> Any:
        """The result of a command; raises what was answered instead."""
        if self.ended is not None:
            raise self.ended
        self._number += 1
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._asked = (self._number, answer)
        asked = pack(command(number=self._number, **fields))
        self._session.frame_received(self, join_frame([asked]))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answered = await answer
                # A kept message is as good as sent: it goes on by itself.
                kept = isinstance(answered, AtRealm)
                result: Any = answered if kept else check(answered, REPLIES[command])
        except TimeoutError as exc:
            raise TimedOut(seconds=ANSWER_SECONDS) from exc
        finally:
            self._asked = None
        if isinstance(result, Accepted | Joined):
            self._stands(result.conversation, result.seq)
        return result

    async def be_up_to_date(self) -> None:
        """Know of all that main had acknowledged by now; raises `LinkDown` while it is away."""
        # Answered behind every event of what was stored before it.
        await self.ask(ResolveName, kind="person", name=self.address.name)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._synced.wait()
        except TimeoutError as exc:
            raise TimedOut(seconds=ANSWER_SECONDS) from exc
        if self.ended is not None:
            raise self.ended

    def leave(self) -> None:
        """The session stays signed in; nobody listens here any more."""
        self.close(WSCloseCode.OK)

    # --- as the session's channel ----------------------------------------------------------------

    @property
    def bytes_waiting(self) -> int:
        return 0

    def send(self, message: bytes) -> None:
        try:
            heard = SERVER_MESSAGES.read(message)
        except AskedWrongly:
            return  # of a newer main: for clients that know it
        self._hear(heard)

    def close(self, code: WSCloseCode, reason: str = "") -> None:
        if not self._closed:
            self._closed = True
            self._end(ServerDraining())
            # Not within what the session is doing now.
            self._loop.call_soon(self._session.closed, self)

    def abort(self) -> None:
        self.close(WSCloseCode.ABNORMAL_CLOSURE)

    def silent_sweeps(self) -> int:
        return 0

    def pause_reading(self) -> None:
        """One question at a time is all that comes."""

    def resume_reading(self) -> None:
        """Reading never paused."""

    # --- what it hears ---------------------------------------------------------------------------

    def _hear(self, heard: Any) -> None:
        match heard:
            case Reply(number=number, result=result):
                self._answered(number, result)
            case AtRealm(number=number):
                self._answered(number, heard)
            case Refused(number=number, code=code, fields=fields):
                self._refused(number, rebuild(code, fields))
            case MessageStored(message=stored):
                self._stands(stored.conversation, stored.seq)
            case Heads(heads=heads):
                for head in heads:
                    self._learn(head)
            case Synced():
                self._synced.set()
            case LinkChanged(up=False):
                self._synced.clear()
            case SignedOut(reason=reason):
                self._end(SessionEnded(reason=reason))

    def _answered(self, number: int, result: Any) -> None:
        if (answer := self._answer_of(number)) is not None:
            answer.set_result(result)

    def _answer_of(self, number: int) -> asyncio.Future[Any] | None:
        """The question of this number, where somebody still waits for its answer."""
        if self._asked is None or self._asked[0] != number or self._asked[1].done():
            return None
        return self._asked[1]

    def _refused(self, number: int, error: RealmchatError) -> None:
        if number == 0:
            self._end(error)
        elif (answer := self._answer_of(number)) is not None:
            answer.set_exception(error)

    def _learn(self, head: Head) -> None:
        if head.role in GONE:
            self.standings.pop(head.conversation, None)
            return
        self.standings[head.conversation] = Standing(
            head.kind, head.name, head.last_seq, head.first_seq, head.read
        )

    def _stands(self, conversation: str, seq: int) -> None:
        standing = self.standings.get(conversation)
        if standing is not None:
            standing.last_seq = max(standing.last_seq, seq)

    def _end(self, error: RealmchatError) -> None:
        if self.ended is None:
            self.ended = error
        self._synced.set()
        if self._asked is not None and not self._asked[1].done():
            self._asked[1].set_exception(self.ended)
