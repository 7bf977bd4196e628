"""What a shell shows of an account's events: each thing once, and nothing its person knows."""

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chat_cli.command_line.shell.arrivals import (
    Arrivals,
    Message,
    Missed,
    NotSent,
    Sent,
    Withdrawn,
)
from realm_service.sse import Event, EventReader

MESSI, HENDERSON = "messi@surabaya", "henderson@jakarta"


def message(number: int, sender: str, key: str) -> Event:
    return Event(number, "message", {"from": sender, "key": key, "text": "hi"})


def state(number: int, key: str, reached: str, **more: Any) -> Event:
    return Event(number, "state", {"key": key, "state": reached, **more})


def test_a_message_is_shown_once() -> None:
    """Also when a connection that came back tells it again."""
    arrivals = Arrivals(MESSI)

    shown = [arrivals.take(message(number, HENDERSON, f"k{number}")) for number in (1, 2, 2, 1, 3)]

    assert [isinstance(one, Message) for one in shown] == [True, True, False, False, True]


def test_own_messages_of_this_shell_are_not_shown() -> None:
    """Whether their event comes before the answer or after it; another device's are."""
    arrivals = Arrivals(MESSI)
    arrivals.sending("mine")
    before = arrivals.take(message(1, MESSI, "mine"))
    arrivals.answered("mine", "at_main", HENDERSON)
    arrivals.sending("second")
    arrivals.answered("second", "at_main", HENDERSON)

    assert before is None
    assert arrivals.take(message(2, MESSI, "second")) is None
    assert isinstance(arrivals.take(message(3, MESSI, "of the phone")), Message)


def test_a_saved_message_is_told_of_when_it_is_sent() -> None:
    """Once; what was sent at once was told by its command."""
    arrivals = Arrivals(MESSI)
    arrivals.sending("late")
    arrivals.answered("late", "saved", HENDERSON)
    arrivals.sending("prompt")
    arrivals.answered("prompt", "at_main", HENDERSON)

    told = [
        arrivals.take(state(1, "prompt", "at_main")),
        arrivals.take(state(2, "late", "at_realm")),
        arrivals.take(state(3, "late", "at_main")),
        arrivals.take(state(4, "late", "read")),
    ]

    assert told == [None, None, Sent(HENDERSON), None]


def test_an_event_may_overtake_the_answer() -> None:
    """The command says `saved`, the event that it has been sent was first: both are told."""
    arrivals = Arrivals(MESSI)
    arrivals.sending("k")

    overtaking = arrivals.take(state(1, "k", "at_main"))
    afterwards = arrivals.answered("k", "saved", HENDERSON)

    assert (overtaking, afterwards) == (None, Sent(HENDERSON))
    assert arrivals.take(state(2, "k", "delivered")) is None


def test_a_late_refusal_is_told_with_its_reason() -> None:
    """A refusal that the command itself was answered is not told twice."""
    arrivals = Arrivals(MESSI)
    arrivals.sending("late")
    arrivals.answered("late", "saved", HENDERSON)
    arrivals.sending("refused at once")
    refused = {"code": "blocked", "message": "…", "address": HENDERSON}

    told = arrivals.take(state(1, "late", "refused", error=refused))
    at_once = arrivals.take(state(2, "refused at once", "refused", error=refused))

    assert told == NotSent(HENDERSON, refused)
    assert at_once is None
    assert arrivals.answered("refused at once", None, HENDERSON) is None


def test_what_was_lost_or_withdrawn_is_said() -> None:
    """A reset begins a new count of ids; the link is kept for the bar."""
    arrivals = Arrivals(MESSI)
    arrivals.take(message(900, HENDERSON, "k1"))

    reset = arrivals.take(Event(5, "reset", {"reason": "events before this are gone"}))
    next_one = arrivals.take(message(6, HENDERSON, "k2"))
    withdrawn = arrivals.take(Event(7, "withdrawn", {"key": "k2", "reason": "removed"}))
    arrivals.take(Event(None, "link", {"state": "up"}))

    assert isinstance(reset, Missed)
    assert isinstance(next_one, Message)
    assert withdrawn == Withdrawn("removed")
    assert arrivals.link == {"state": "up"}


STREAM = (
    'event: link\ndata: {"state": "up"}\n\n: still here\n\n'
    'id: 7\nevent: message\ndata: {"text": "a\u2028b\x85c"}\n\n'
    'id: 8\nevent: reset\ndata: {"reason": "gone"}\n\n'
)


@given(st.lists(st.integers(0, len(STREAM))))
def test_a_stream_is_read_the_same_however_it_is_cut(cuts: list[int]) -> None:
    """Pieces end anywhere, and separators of Unicode within a text end no line."""
    ends = [0, *sorted(cuts), len(STREAM)]
    reader = EventReader()

    events = [
        event for start, end in itertools.pairwise(ends) for event in reader.take(STREAM[start:end])
    ]

    assert events == [
        Event(None, "link", {"state": "up"}),
        Event(7, "message", {"text": "a\u2028b\x85c"}),
        Event(8, "reset", {"reason": "gone"}),
    ]
