"""How much of one session is taken in one turn of the event loop."""

import asyncio
from typing import Any

import pytest

from realm_protocol.commands import SetTyping
from realm_protocol.wire import join_frame, pack
from realm_server.client_sessions import ClientSession, Stage
from realm_server.counts import Counts
from tests.realm_server.raw_client import message

TURN = 1000


class FakeDesk:
    """Keeps what it is told to take. Messages wait for an answer, all else has none."""

    def __init__(self) -> None:
        self.taken: list[int] = []

    def take(self, session: ClientSession, command: Any) -> None:
        self.taken.append(command.number)
        if not isinstance(command, SetTyping):
            session.unanswered += 1


class FakeChannel:
    """A socket that is read or not."""

    is_read = True

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def session(desk: FakeDesk) -> ClientSession:
    entrance: Any = None  # who is in has passed it
    made = ClientSession(1, b"", entrance, desk, Counts())
    made.stage = Stage.READY
    channel: Any = FakeChannel()
    made.channel = channel
    return made


def receive(session: ClientSession, numbers: range, kind: Any = SetTyping) -> None:
    one = message if kind is not SetTyping else lambda number: SetTyping(number, "c1")
    session.frame_received(session.channel, join_frame([pack(one(n)) for n in numbers]))


async def test_a_frame_of_thousands_gives_the_others_their_turn(
    session: ClientSession, desk: FakeDesk
) -> None:
    """A thousand a turn, in order; what comes behind waits, and the socket is not read."""
    receive(session, range(2500))
    receive(session, range(2500, 2600))
    after_each_turn = []
    while len(desk.taken) < 2600:
        after_each_turn.append((len(desk.taken), session.channel.is_read))
        await asyncio.sleep(0)

    assert after_each_turn == [(TURN, False), (2 * TURN, False)]
    assert desk.taken == list(range(2600))
    assert session.channel.is_read


async def test_many_small_frames_are_no_way_around_it(
    session: ClientSession, desk: FakeDesk
) -> None:
    """One read of the socket may bring thousands of them."""
    for number in range(3 * TURN):
        receive(session, range(number, number + 1))
    assert len(desk.taken) == TURN

    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert desk.taken == list(range(3 * TURN))


async def test_answers_do_not_lengthen_a_turn(session: ClientSession, desk: FakeDesk) -> None:
    """What is held goes on in the next turn, whoever asks for it before."""
    receive(session, range(3 * TURN))

    for _ in range(10):
        session.go_on()

    assert len(desk.taken) == TURN


async def test_a_turn_ends_before_all_answers_came(session: ClientSession, desk: FakeDesk) -> None:
    """Held for both reasons, it goes on when neither is left; nothing is passed by."""
    receive(session, range(TURN + 500), message)
    taken = []
    while len(desk.taken) < TURN + 500:
        taken.append(len(desk.taken))
        session.unanswered = 0
        session.go_on()
        await asyncio.sleep(0)

    assert desk.taken == list(range(TURN + 500))
    assert max(b - a for a, b in zip([0, *taken], [*taken, TURN + 500], strict=True)) <= 2 * 256
