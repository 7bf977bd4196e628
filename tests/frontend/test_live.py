"""An account kept in step: nothing that overtakes is lost, what is written goes out in order."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from frontend.live import LiveAccount
from frontend.service.shapes import Conversation, Info, Link, Message, Person, Upload
from realm_protocol.errors import (
    NotMember,
    NotSignedIn,
    RealmchatError,
    ServiceUnreachable,
)
from realm_service.sse import Event
from tests.frontend.chat_log import BEGIN, CONVERSATION, ME, PEER, ChatLog, message_json
from tests.waiting import eventually


class ChatCli:
    """chat-cli, as one account's client asks it: a log in memory, which may be away."""

    address = ME

    def __init__(self) -> None:
        self.log = ChatLog()
        self.error: RealmchatError | None = None
        self.refusal: RealmchatError | None = None
        self.sent: list[tuple[str, str]] = []
        self.info_may_answer = asyncio.Event()
        self.info_may_answer.set()
        self.infos = 0
        self.listings = 0
        self.streams = 0
        """That are open."""
        self._bell = asyncio.Event()

    def leave(self, error: RealmchatError) -> None:
        """From now on nothing answers but this."""
        self.error = error
        self._bell.set()

    def come_back(self) -> None:
        self.error = None

    def tell(self, deed: str) -> None:
        getattr(self.log, deed)()
        self._bell.set()

    def _check(self) -> None:
        if self.error is not None:
            raise self.error

    async def info(self) -> Info:
        self._check()
        self.infos += 1
        await self.info_may_answer.wait()
        return Info(Link("up", "surabaya", BEGIN), 0)

    async def conversations(self) -> tuple[list[Conversation], int]:
        self._check()
        self.listings += 1
        return self.log.conversations()

    async def uploads(self) -> list[Upload]:
        self._check()
        return []

    async def history(
        self, conversation: str, *, before: int | None = None, limit: int = 60
    ) -> tuple[list[Message], int]:
        self._check()
        rows = self.log.newest(limit) if before is None else self.log.before(before, limit)
        return rows, self.log.newest_id

    async def people(self, query: str) -> list[Person]:
        self._check()
        return [Person(PEER, "Jordan Henderson", True)]

    async def send(self, to: str, kind: str, text: str, key: str) -> str:
        self._check()
        self.sent.append((text, key))
        if self.refusal is not None:
            raise self.refusal
        return CONVERSATION

    async def events(self, place: int) -> AsyncIterator[Event]:
        self.streams += 1
        try:
            while True:
                self._bell.clear()
                self._check()
                for event in self.log.events[place:]:
                    yield event
                    place = event.id or place
                await self._bell.wait()
        finally:
            self.streams -= 1


def _nothing(*_: Any) -> None:
    """Nobody is looking."""


@contextmanager
def _running(
    chat_cli: ChatCli, arrived: Callable[[Message], None] = _nothing
) -> Iterator[LiveAccount]:
    client: Any = chat_cli
    live = LiveAccount(client, clock=lambda: BEGIN, changed=_nothing, arrived=arrived)
    task = asyncio.get_running_loop().create_task(live.run())
    try:
        yield live
    finally:
        task.cancel()


async def test_what_comes_while_an_answer_is_awaited_is_kept() -> None:
    """Names and events that overtake a slow answer aren't undone by it."""
    chat_cli = ChatCli()
    with _running(chat_cli) as live:
        await eventually(lambda: live.state.people.names)
        chat_cli.info_may_answer.clear()
        asked = chat_cli.infos
        chat_cli.log.tell("link", _link_down())
        chat_cli.tell("other_writes")
        await eventually(lambda: chat_cli.infos > asked)
        chat_cli.tell("other_writes")
        await eventually(lambda: live.state.place == chat_cli.log.newest_id)

        chat_cli.info_may_answer.set()

        await eventually(lambda: live.state.total_unread == 2)
        assert live.state.people.names == {PEER: "Jordan Henderson"}
        assert live.state.place == chat_cli.log.newest_id


async def test_many_messages_at_once_are_counted_with_few_questions() -> None:
    """The list is read at once for the first of them, and soon once for all others."""
    chat_cli = ChatCli()
    with _running(chat_cli) as live:
        await eventually(lambda: live.state.people.names)
        asked = chat_cli.listings
        chat_cli.tell("other_writes")
        await eventually(lambda: live.state.total_unread == 1)

        for _ in range(50):
            chat_cli.tell("other_writes")
            await asyncio.sleep(0)
        await eventually(lambda: live.state.total_unread == 51)

        assert chat_cli.listings - asked <= 3


async def test_where_nobody_looks_nothing_is_asked() -> None:
    """A tab that was left costs the service nothing; who comes back sees it all."""
    chat_cli = ChatCli()
    with _running(chat_cli) as live:
        await eventually(lambda: live.state.people.names)
        live.open(CONVERSATION)
        await eventually(lambda: live.state.histories[CONVERSATION].loaded)
        live.rest(True)
        asked = chat_cli.listings
        for _ in range(5):
            chat_cli.tell("other_writes")
        await eventually(lambda: not chat_cli.streams)
        assert chat_cli.listings == asked

        live.rest(False)

        await eventually(lambda: live.state.total_unread == 5)
        await eventually(lambda: live.state.place == chat_cli.log.newest_id)
        assert [m.seq for m in live.state.histories[CONVERSATION].messages] == [1, 2, 3, 4, 5]


async def test_what_somebody_wrote_who_left_goes_out() -> None:
    """The service comes back to a tab that nobody looks at any more."""
    chat_cli = ChatCli()
    with _running(chat_cli) as live:
        await eventually(lambda: live.state.listed)
        chat_cli.leave(ServiceUnreachable(detail="gone"))
        await eventually(lambda: live.state.away)
        live.send(chat_cli.log.conversations()[0][0], "and good night")

        live.rest(True)
        chat_cli.come_back()

        await eventually(lambda: chat_cli.sent)


def _link_down() -> dict[str, Any]:
    return {"state": "cut_off", "realm": "surabaya", "since": BEGIN.isoformat()}


async def test_only_what_others_said_is_spoken() -> None:
    """That somebody joined isn't a message of theirs, and one's own is known."""
    chat_cli = ChatCli()
    said: list[str] = []
    with _running(chat_cli, lambda message: said.append(message.key)) as live:
        await eventually(lambda: live.state.listed)
        joined = {**message_json(1, PEER, "joined", "delivered"), "kind": "system"}
        chat_cli.log.tell("message", joined)
        chat_cli.tell("i_write")
        chat_cli.tell("other_writes")
        await eventually(lambda: live.state.place == chat_cli.log.newest_id)
    assert said == ["other-2"]


async def test_what_is_written_while_the_service_is_away_goes_out_in_order() -> None:
    """Each with the key it was given at first, so that it is there once."""
    chat_cli = ChatCli()
    with _running(chat_cli) as live:
        await eventually(lambda: live.state.listed)
        live.open(CONVERSATION)
        chat_cli.leave(ServiceUnreachable(detail="gone"))
        await eventually(lambda: live.state.away)

        conversation = chat_cli.log.conversations()[0][0]
        for text in ("one", "two", "three"):
            live.send(conversation, text)
        shown = live.state.histories[CONVERSATION].messages
        assert [(m.text, m.state) for m in shown[-3:]] == [
            (text, "saved") for text in ("one", "two", "three")
        ]
        chat_cli.come_back()

        await eventually(lambda: len(chat_cli.sent) == 3)
        assert [text for text, _ in chat_cli.sent] == ["one", "two", "three"]
        assert [key for _, key in chat_cli.sent] == [m.key for m in shown[-3:]]
        assert not live.state.away


async def test_a_refusal_stays_at_its_message() -> None:
    """With the reason, which is told; what was written after it goes out all the same."""
    chat_cli = ChatCli()
    told: list[Message] = []
    with _running(chat_cli, told.append) as live:
        await eventually(lambda: live.state.listed)
        live.open(CONVERSATION)
        conversation = chat_cli.log.conversations()[0][0]

        chat_cli.refusal = NotMember(group="jarkom3@surabaya")
        live.send(conversation, "refused")
        await eventually(lambda: chat_cli.sent)
        chat_cli.refusal = None
        live.send(conversation, "taken")
        await eventually(lambda: len(chat_cli.sent) == 2)

        refused = live.state.histories[CONVERSATION].messages[0]
        assert refused.state == "refused"
        assert refused.refusal is not None
        assert refused.refusal.code == NotMember.code
        assert told == [refused]


async def test_a_session_that_ended_is_told_and_asked_no_more() -> None:
    """The person signs in again; nothing goes round in circles meanwhile."""
    chat_cli = ChatCli()
    with _running(chat_cli) as live:
        await eventually(lambda: live.state.listed)

        chat_cli.leave(NotSignedIn())

        await eventually(lambda: live.state.ended)
