"""The outbox' decisions: every message gets there once, in its conversation's order."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from chat_cli.account.lanes import SendingLanes, Unsent, Verdict, growing_wait, judge
from realm_protocol.errors import (
    AfterRefused,
    LinkDown,
    NotMember,
    RateLimited,
    RealmchatError,
    SessionEnded,
    UserNotFound,
)
from realm_protocol.lanes import Lanes


def message(ordinal: int, conversation: str = "c") -> Unsent:
    return Unsent(ordinal, f"k{ordinal}", f"{conversation}@r", conversation, "text", 0)


def lanes_of(*messages: Unsent, window: int = 128) -> SendingLanes:
    lanes = SendingLanes(jitter=lambda: 0.0, window=window)
    lanes.add(messages)
    return lanes


def test_messages_go_out_in_the_order_they_were_written() -> None:
    """Whatever order they were read from the store in."""
    lanes = lanes_of(message(2), message(1), message(3))
    assert [m.ordinal for m in lanes.take_due(0)] == [1, 2, 3]
    assert lanes.take_due(0) == []


def test_a_message_is_in_flight_once() -> None:
    """Adding what is known already changes nothing."""
    lanes = lanes_of(message(1))
    lanes.take_due(0)
    lanes.add([message(1)])
    assert lanes.take_due(0) == []


def test_no_more_are_unanswered_than_the_window_allows() -> None:
    """The next goes out when one is answered."""
    lanes = lanes_of(message(1), message(2), message(3), window=2)
    assert [m.ordinal for m in lanes.take_due(0)] == [1, 2]
    lanes.accepted("k1")
    assert [m.ordinal for m in lanes.take_due(0)] == [3]


def test_a_cut_offers_all_that_is_unanswered_again_in_order() -> None:
    """What was answered is not offered again."""
    lanes = lanes_of(message(1), message(2), message(3))
    lanes.take_due(0)
    lanes.accepted("k2")
    lanes.cut()
    assert [m.ordinal for m in lanes.take_due(0)] == [1, 3]


def test_a_rate_limit_is_waited_out() -> None:
    """As long as the realm says; the followers stay behind their first."""
    lanes = lanes_of(message(1), message(2))
    lanes.take_due(0)
    lanes.refused("k1", RateLimited(retry_after_seconds=3), 0)
    assert lanes.next_due() is None, "the second is not answered yet"
    lanes.refused("k2", AfterRefused(key="k1"), 0)
    assert lanes.next_due() == 3
    assert lanes.take_due(2.9) == []
    assert [m.ordinal for m in lanes.take_due(3)] == [1]


def test_after_a_refusal_one_message_tries_the_way() -> None:
    """More with each that is taken: a hundred offered for one that is taken would be a storm."""
    lanes = lanes_of(*(message(number) for number in range(1, 9)))
    lanes.take_due(0)
    lanes.refused("k1", RateLimited(retry_after_seconds=1), 0)
    for number in range(2, 9):
        lanes.refused(f"k{number}", AfterRefused(key="k1"), 0)

    assert [m.ordinal for m in lanes.take_due(1)] == [1]
    lanes.accepted("k1")
    assert [m.ordinal for m in lanes.take_due(1)] == [2, 3]
    lanes.accepted("k2")
    assert [m.ordinal for m in lanes.take_due(1)] == [4, 5]
    lanes.wake()
    assert [m.ordinal for m in lanes.take_due(1)] == [6, 7, 8]


def test_a_stopped_lane_without_room_waits_for_an_answer() -> None:
    """A timer that is due and finds no room would be set again and again."""
    lanes = lanes_of(message(1, "a"), message(2, "b"), message(3, "c"), window=2)
    lanes.take_due(0)
    lanes.refused("k1", LinkDown(), 0)
    assert lanes.take_due(0.1) == []
    assert lanes.next_due() is None
    lanes.accepted("k2")
    assert lanes.next_due() == 0.25


def test_conversations_take_turns() -> None:
    """A long one holds up nobody else's."""
    lanes = lanes_of(*(message(n, "a") for n in range(1, 5)), message(5, "b"), window=2)
    assert [m.ordinal for m in lanes.take_due(0)] == [1, 2]
    lanes.accepted("k1")
    assert [m.ordinal for m in lanes.take_due(0)] == [5]
    lanes.accepted("k2")
    assert [m.ordinal for m in lanes.take_due(0)] == [3]


def test_one_stopped_conversation_leaves_the_others_alone() -> None:
    """Order is kept within a conversation only."""
    lanes = lanes_of(message(1, "a"), message(2, "b"))
    lanes.take_due(0)
    lanes.refused("k1", LinkDown(), 0)
    lanes.accepted("k2")
    lanes.add([message(3, "a"), message(4, "b")])
    assert [m.ordinal for m in lanes.take_due(0)] == [4]


def test_a_final_refusal_lets_the_others_go_on() -> None:
    """The refused one is gone; the next is not stopped."""
    lanes = lanes_of(message(1), message(2))
    lanes.take_due(0)
    assert lanes.refused("k1", NotMember(group="g@r"), 0) is Verdict.FINAL
    lanes.cut()
    assert [m.ordinal for m in lanes.take_due(0)] == [2]


def test_the_end_of_a_session_keeps_messages() -> None:
    """They wait for the next sign-in; they are not refused."""
    assert judge(SessionEnded(reason="x")) is Verdict.KEPT


@given(st.integers(1, 1000), st.floats(0, 1))
def test_waits_grow_and_stay_below_half_a_minute(attempt: int, jitter: float) -> None:
    """At least half of the longest, so that a realm that comes back isn't stormed."""
    wait = growing_wait(attempt, jitter)
    assert growing_wait(attempt, 1) <= wait <= 30
    assert growing_wait(attempt + 1, jitter) >= wait


@dataclass
class World:
    """A realm with a line that loses, and a store of what it has accepted."""

    log: list[Unsent] = field(default_factory=list)
    known: dict[str, Unsent] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    stopped: Lanes = field(default_factory=Lanes)

    def answer(self, sent: Unsent, fate: str) -> RealmchatError | None:
        try:
            self.stopped.admit(sent.target, sent.key)
        except AfterRefused as error:
            return error
        if sent.key in self.known:
            return None
        if fate == "later":
            self.stopped.stop(sent.target, sent.key)
            return LinkDown()
        if fate == "never" or sent.key in self.refused:
            self.refused.add(sent.key)
            return UserNotFound(address=sent.target)
        self.known[sent.key] = sent
        self.log.append(sent)
        return None


fates = st.sampled_from(["stored", "stored", "later", "never", "cut before", "cut after"])


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from("ab"), max_size=20),
    st.lists(fates, max_size=60),
    st.lists(st.booleans(), max_size=60),
    st.integers(1, 8),
)
def test_whatever_the_line_does_each_arrives_once_in_order(
    conversations: list[str], fate_list: list[str], waiting: list[bool], window: int
) -> None:
    """Cuts before and after storing, refusals for now and for good, in any sequence."""
    lanes = lanes_of(window=window)
    world = World()
    unsent = [message(n, where) for n, where in enumerate(conversations, 1)]
    now = 0.0
    done: set[str] = set()
    while len(done) < len(conversations):
        if unsent:
            lanes.add([unsent.pop(0)])
        if not unsent or not waiting or waiting.pop():
            now += 31
        answers = _converse(world, lanes.take_due(now), fate_list)
        if answers is None:
            world.stopped = Lanes()
            lanes.cut()
            continue
        for key, error in answers:
            if error is None:
                lanes.accepted(key)
            elif lanes.refused(key, error, now) is not Verdict.FINAL:
                continue
            done.add(key)
    for where in set(conversations):
        stored = [m.ordinal for m in world.log if m.conversation == where]
        assert stored == sorted(set(stored))
    assert {m.key for m in world.log} | world.refused >= done
    assert lanes.in_flight == 0


def _converse(
    world: World, sent: list[Unsent], fate_list: list[str]
) -> list[tuple[str, RealmchatError | None]] | None:
    """The answers to what was sent; None when the line was cut and none arrives."""
    answers = []
    for one in sent:
        fate = fate_list.pop() if fate_list else "stored"
        if fate == "cut before":
            return None
        error = world.answer(one, fate)
        if fate == "cut after":
            return None
        answers.append((one.key, error))
    return answers
