"""Which kept message goes out now: decided without a link, a disk or a clock."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from realm_protocol.commands import SendMessage
from realm_protocol.names import Address
from realm_server.autonomy.lanes import Kept, OutboxLanes
from realm_server.reconnecting import LONGEST_WAIT_SECONDS

MESSI = Address("messi@surabaya")


def kept(position: int, to: str = "henderson@jakarta") -> Kept:
    command = SendMessage(0, to, f"key-{position}", "text", b"hi", 0)
    return Kept(position, 1, MESSI, command, 0)


def lanes_with(*messages: Kept, window: int = 100) -> OutboxLanes:
    lanes = OutboxLanes(lambda: 0.5, messages=window)
    for one in messages:
        lanes.add(one)
        lanes.written(one)
    return lanes


def due(lanes: OutboxLanes, now: float = 0) -> list[int]:
    return [one.position for one in lanes.take_due(now)]


def test_lanes_take_turns() -> None:
    """A long lane doesn't keep a short one waiting; each keeps its order."""
    long = [kept(position) for position in (1, 2, 3, 4)]
    lanes = lanes_with(*long, kept(5, "ronaldo@jakarta"), kept(6, "ronaldo@jakarta"), window=4)

    assert due(lanes) == [1, 5, 2, 6]


def test_nothing_goes_out_before_it_is_on_the_disk() -> None:
    """Nor what follows it in its lane."""
    lanes = OutboxLanes(lambda: 0.5)
    first, second, elsewhere = kept(1), kept(2), kept(3, "ronaldo@jakarta")
    for one in (first, second, elsewhere):
        lanes.add(one)
    lanes.written(elsewhere)

    assert due(lanes) == [3]
    lanes.written(first)
    lanes.written(second)
    assert due(lanes) == [1, 2]


def test_a_refused_lane_waits_for_all_its_answers() -> None:
    """What was in flight behind the refused one comes back too; then it starts from the first."""
    messages = [kept(position) for position in (1, 2, 3)]
    lanes = lanes_with(*messages, window=2)
    assert due(lanes) == [1, 2]

    lanes.refused_for_now(messages[0], now=0)
    assert due(lanes, now=1000) == []
    lanes.refused_for_now(messages[1], now=0)

    at = lanes.next_due()
    assert at is not None
    assert due(lanes, now=at - 0.001) == []
    assert due(lanes, now=at) == [1, 2]


def test_waits_grow_to_half_a_minute_and_no_further() -> None:
    """A main that has no room is asked again for ever; an answer makes the waits short again."""
    message = kept(1)
    lanes = lanes_with(message, kept(2))
    now, waits = 0.0, []
    for _ in range(15):
        due(lanes, now)
        lanes.refused_for_now(message, now)
        for one in list(lanes):
            lanes.refused_for_now(one, now)
        at = lanes.next_due()
        assert at is not None
        waits.append(round(at - now, 3))
        now = at

    assert waits == sorted(waits)
    assert waits[0] < 0.1
    assert LONGEST_WAIT_SECONDS / 2 <= waits[-1] <= LONGEST_WAIT_SECONDS


def test_after_a_cut_everything_goes_out_again_in_order() -> None:
    """At once, also what was waiting after a refusal."""
    messages = [kept(position) for position in (1, 2, 3)]
    lanes = lanes_with(*messages)
    due(lanes)
    lanes.refused_for_now(messages[0], now=0)
    lanes.done(messages[1])

    lanes.cut()

    assert due(lanes) == [1, 3]


def test_what_went_out_live_holds_its_lane() -> None:
    """What comes behind it stays behind it, whichever way it is answered."""
    live, later = kept(1), kept(2)
    lanes = OutboxLanes(lambda: 0.5)
    lanes.add_in_flight(live)
    lanes.written(live)
    lanes.add(later)
    lanes.written(later)
    assert lanes.holds(live.conversation)

    lanes.refused_for_now(live, now=0)

    assert due(lanes, now=1) == [1, 2]


def test_an_empty_lane_is_forgotten() -> None:
    """Bytes and keys count what is kept, no more."""
    message = kept(1)
    lanes = lanes_with(message)
    assert (len(lanes), lanes.bytes) == (1, message.size)
    due(lanes)
    lanes.done(message)
    lanes.done(message)

    assert (len(lanes), lanes.bytes) == (0, 0)
    assert not lanes.holds(message.conversation)
    assert lanes.find(MESSI, "key-1") is None


def test_what_waits_for_its_file_holds_up_nothing() -> None:
    """It takes its place when the file is there, behind what has its place; and keeps that."""
    file, text = kept(1), kept(2)
    lanes = OutboxLanes(lambda: 0.5)
    lanes.add_aside(file)
    assert not lanes.holds(file.conversation)
    lanes.add(text)
    for one in (file, text):
        lanes.written(one)
    assert (due(lanes), [one.position for one in lanes]) == ([2], [1, 2])

    lanes.join(file)
    assert due(lanes) == [1]
    lanes.cut()
    assert due(lanes) == [2, 1]


def test_a_file_may_be_there_before_its_message_is_on_the_disk() -> None:
    """And main may lose it again: then it is waited for anew."""
    file = kept(1)
    lanes = OutboxLanes(lambda: 0.5)
    lanes.add_aside(file)
    lanes.join(file)
    assert due(lanes) == []
    lanes.written(file)
    lanes.put_aside(file)
    assert (due(lanes), lanes.holds(file.conversation)) == ([], False)
    lanes.join(file)
    assert due(lanes) == [1]
    lanes.done(file)
    assert (len(lanes), lanes.bytes) == (0, 0)


_ANSWERS = st.lists(st.sampled_from(("taken", "refused", "cut")), max_size=60)


@given(_ANSWERS, st.integers(1, 4))
def test_whatever_main_answers_each_lane_keeps_its_order(
    answers: Sequence[str], window: int
) -> None:
    """Main that refuses what follows a refused message, as it does, gets each lane in order."""
    targets = ("henderson@jakarta", "ronaldo@jakarta")
    messages = [kept(position, targets[position % 2]) for position in range(1, 9)]
    lanes = lanes_with(*messages, window=window)
    by_position = {one.position: one for one in messages}
    taken: list[int] = []
    refused: set[str] = set()
    now = 0.0
    script = iter(answers)
    while len(lanes):
        now += LONGEST_WAIT_SECONDS
        refused.clear()
        for one in [by_position[position] for position in due(lanes, now)]:
            answer = next(script, "taken")
            if answer == "cut":
                lanes.cut()
                break
            if answer == "refused" or one.conversation in refused:
                refused.add(one.conversation)
                lanes.refused_for_now(one, now)
            else:
                taken.append(one.position)
                lanes.done(one)

    assert sorted(taken) == [one.position for one in messages]
    for parity in (0, 1):
        lane = [position for position in taken if position % 2 == parity]
        assert lane == sorted(lane)
