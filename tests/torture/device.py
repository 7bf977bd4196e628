"""A device that speaks the realm protocol, as careful as any client should be; `History` hears all.

It keeps what it sent until main has it, sends it again in order after each cut, and fetches every
hole. What goes out when is decided by the same lanes as chat-cli's; it has no file.
"""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Sequence

from chat_cli.account.connection import RealmConnection
from chat_cli.account.lanes import SendingLanes, Unsent, Verdict
from realm_protocol.commands import (
    Accepted,
    CreateGroup,
    FetchMessages,
    Head,
    Hello,
    MoveWatermark,
    OpenConversation,
    Page,
    PendingMessage,
    SendMessage,
    StoredMessage,
)
from realm_protocol.errors import RealmchatError
from realm_protocol.events import (
    AtRealm,
    Heads,
    LinkChanged,
    MessagePending,
    MessageStored,
    MessageWithdrawn,
    ServerMessage,
    SignedOut,
    Synced,
    WatermarkMoved,
)
from realm_protocol.limits import PROTOCOL_VERSION
from realm_protocol.names import Address, GroupAddress
from realm_service.channel import connect
from tests.torture.history import History, Row
from tests.waiting import eventually

_ANSWER_SECONDS = 10.0
_CONNECT_SECONDS = 5.0
_LOOK_SECONDS = 2.0
_SILENT_LOOKS = 5
"""The realm is taken for gone when nothing came for so many times `_LOOK_SECONDS`."""
_WAIT_SECONDS = (0.05, 0.5)
_AGAIN_SECONDS = 0.3
_BEYOND_ALL = 2**53 - 1


class Device:
    """One session of a person."""

    def __init__(self, name: str, person: Address, history: History, chance: random.Random) -> None:
        self.name = name
        self.person = person
        self.connects = 0
        self.have: dict[str, int] = defaultdict(int)
        self.read: dict[str, int] = defaultdict(int)
        self._history = history
        self._chance = chance
        self._loop = asyncio.get_running_loop()
        self._lanes = SendingLanes(jitter=chance.random)
        self._owed: dict[str, Unsent] = {}
        self._done: list[Unsent] = []
        self._sent = 0
        self._last_seq: dict[str, int] = defaultdict(int)
        self._fetching: set[str] = set()
        self._epoch = self._position = 0
        self._connection: RealmConnection | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def owed(self) -> int:
        """How many neither main nor the realm has acknowledged."""
        return len(self._owed)

    # --- what its person does --------------------------------------------------------------------

    def send(self, target: str, text: str) -> None:
        self._sent += 1
        key = f"{self.name}-{self._sent}"
        now = int(time.time() * 1000)
        message = Unsent(self._sent, key, target, target, text, now)
        self._history.sent(self.name, self.person, target, key, text)
        self._owed[key] = message
        self._lanes.add([message])
        self._pump()

    def send_again(self) -> None:
        """Something that was acknowledged, as one does who isn't sure."""
        if self._done:
            message = self._chance.choice(self._done)
            self._owed[message.key] = message
            self._lanes.add([message])
            self._pump()

    def read_on(self) -> None:
        """Say what has arrived, and read some of it, in a conversation or two."""
        known = [conversation for conversation, have in self.have.items() if have]
        for conversation in self._chance.sample(known, min(2, len(known))):
            read = self.read[conversation]
            if self._chance.random() < 0.5:
                read = self._chance.randint(read, self.have[conversation])
            self._mark(conversation, read)

    def mark_all(self) -> None:
        """Again what may have been lost on its way."""
        for conversation in list(self.have):
            self._mark(conversation, self.read[conversation])

    def _mark(self, conversation: str, read: int) -> None:
        self.read[conversation] = read
        self._history.moved(self.person, conversation, read)
        if self._connection is not None:
            have = self.have[conversation]
            self._connection.tell(MoveWatermark(0, conversation, have, read))

    async def create_group(self, group: GroupAddress, others: Sequence[Address]) -> None:
        """Once it is connected."""
        connection = await eventually(lambda: self._connection)
        await connection.request(CreateGroup(0, group, list(others)), _ANSWER_SECONDS)

    async def head(self, conversation: str) -> Head | None:
        """Where main says that it stands; None when it can't be asked now."""
        if self._connection is None:
            return None
        try:
            asked = OpenConversation(0, conversation)
            head: Head = await self._connection.request(asked, _ANSWER_SECONDS)
        except RealmchatError:
            return None
        return head

    # --- its connection --------------------------------------------------------------------------

    async def run(self, url: str, token: str) -> None:
        """Stay connected to its realm, until cancelled."""
        while True:
            try:
                await self._connect_once(f"ws{url.removeprefix('http')}/v1/client", token)
            except (RealmchatError, OSError):
                self._connection = None  # the realm is away, or sends it away for now
            await asyncio.sleep(self._chance.uniform(*_WAIT_SECONDS))

    async def _connect_once(self, url: str, token: str) -> None:
        connection = RealmConnection(url, self._hear)
        headers = {"Authorization": f"Bearer {token}"}
        await connect(url, connection.channel, headers=headers, timeout_seconds=_CONNECT_SECONDS)
        self._connection = connection
        try:
            hello = Hello(0, PROTOCOL_VERSION, self.name, self._epoch, self._position)
            self._history.told_anew(self.name)
            await connection.request(hello, _ANSWER_SECONDS)
            self.connects += 1
            self._pump()
            await self._until_it_ends(connection)
        finally:
            self._connection = None
            connection.channel.abort()
            self._fetching.clear()
            self._lanes.cut()

    async def _until_it_ends(self, connection: RealmConnection) -> None:
        while not connection.closed_event.is_set():
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    await connection.closed_event.wait()
            except TimeoutError:
                if connection.channel.silent_sweeps() >= _SILENT_LOOKS:
                    return

    def _hear(self, message: ServerMessage) -> None:
        match message:
            case MessageStored(message=stored):
                self._take(stored.conversation, _row(stored))
            case Heads(heads=heads):
                for head in heads:
                    self._history.began(self.person, head.conversation, head.read)
                    self._want(head.conversation, head.last_seq)
            case Synced(epoch=epoch, position=position):
                self._epoch, self._position = epoch, position
            case LinkChanged(up=True):
                self._history.told_anew(self.name)
                self._lanes.wake()
                self._pump()
            case WatermarkMoved():
                place = (message.conversation, message.address)
                self._history.watermark(self.name, *place, message.delivered, message.read)
            case MessagePending(message=pending):
                self._history.pending(self.name, *_named(pending))
            case MessageWithdrawn():
                self._history.refused(message.sender, message.key, message.code)
            case SignedOut(reason=reason):
                self._history.signed_out(self.name, reason)

    # --- sending ---------------------------------------------------------------------------------

    def _pump(self) -> None:
        if self._connection is None:
            return
        for message in self._lanes.take_due(self._loop.time()):
            self._offer(self._connection, message)
        if self._timer is not None:
            self._timer.cancel()
        due = self._lanes.next_due()
        self._timer = self._loop.call_at(due, self._pump) if due is not None else None

    def _offer(self, connection: RealmConnection, message: Unsent) -> None:
        body = message.text.encode()
        command = SendMessage(0, message.target, message.key, "text", body, message.sent_at)
        connection.ask(
            command,
            lambda answer: self._answered(message, answer),
            lambda error: self._refused(connection, message, error),
        )

    def _answered(self, message: Unsent, answer: Accepted | AtRealm) -> None:
        """Acknowledged by main, or by the realm: from then on it is theirs to keep."""
        if isinstance(answer, Accepted):
            place = (answer.conversation, answer.seq)
            self._history.promised_by_main(self.person, message.key, place)
            row = Row(answer.seq, self.person, message.key, message.text, answer.at)
            self._take(answer.conversation, row)
        else:
            self._history.promised_by_realm(self.person, message.key)
        if self._owed.pop(message.key, None) is not None:
            self._lanes.accepted(message.key)
            if len(self._done) < 1000:
                self._done.append(message)
        self._pump()

    def _refused(self, connection: RealmConnection, message: Unsent, error: RealmchatError) -> None:
        if connection is not self._connection:
            return  # a cut: what is unanswered goes out again
        if self._lanes.refused(message.key, error, self._loop.time()) is Verdict.FINAL:
            del self._owed[message.key]
            self._history.refused(self.person, message.key, error.code)
        self._pump()

    # --- receiving -------------------------------------------------------------------------------

    def _take(self, conversation: str, row: Row) -> None:
        """A row, from wherever it came: the next of its log, one known, or one beyond a hole."""
        if row.seq == self.have[conversation] + 1:
            self.have[conversation] = row.seq
            self._history.viewed(self.name, conversation, row)
        else:
            self._history.noticed(self.name, conversation, row)
        self._want(conversation, row.seq)

    def _want(self, conversation: str, last_seq: int) -> None:
        self._last_seq[conversation] = max(self._last_seq[conversation], last_seq)
        if conversation not in self._fetching and self._is_behind(conversation):
            self._fetch(conversation)

    def _is_behind(self, conversation: str) -> bool:
        return self.have[conversation] < self._last_seq[conversation]

    def _fetch(self, conversation: str) -> None:
        connection = self._connection
        if connection is None:
            return  # the heads after the next connect will say it again
        self._fetching.add(conversation)
        have = self.have[conversation]
        asked = FetchMessages(0, conversation, have, _BEYOND_ALL, 500, False)

        def answered(page: Page) -> None:
            for stored in page.messages:
                self._take(conversation, _row(stored))
            self._fetch_on(connection, conversation, at_once=bool(page.messages))

        def refused(error: RealmchatError) -> None:
            self._fetch_on(connection, conversation, at_once=False)

        connection.ask(asked, answered, refused)

    def _fetch_on(self, connection: RealmConnection, conversation: str, *, at_once: bool) -> None:
        def go_on() -> None:
            if connection is self._connection:
                self._fetching.discard(conversation)
                if self._is_behind(conversation):
                    self._fetch(conversation)

        if at_once:
            go_on()
        else:
            self._loop.call_later(_AGAIN_SECONDS, go_on)


def _named(pending: PendingMessage) -> tuple[str, str, str]:
    return str(pending.sender), pending.key, pending.body.decode()


def _row(stored: StoredMessage) -> Row:
    text = stored.body.decode() if stored.key else ""
    return Row(stored.seq, str(stored.sender), stored.key, text, stored.at)
