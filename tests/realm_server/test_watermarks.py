"""Coalescing of watermarks, without a socket."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from realm_server.watermarks import (
    INTERVAL_SECONDS,
    PARKED,
    PARKED_OF_PERSON,
    Mark,
    Watermarks,
)


def test_an_idle_mark_goes_out_at_once() -> None:
    """Who reads now and then is seen to read without delay."""
    assert Watermarks().move(Mark(1, "c", 5, 3), now=0)


def test_marks_of_one_second_become_the_highest() -> None:
    """What came within the second goes out once, cumulated."""
    marks = Watermarks()
    marks.move(Mark(1, "c", 5, 3), now=0)

    assert not marks.move(Mark(1, "c", 9, 3), now=0.1)
    assert not marks.move(Mark(1, "c", 7, 7), now=0.2)

    assert marks.due(0.9) == []
    assert marks.due(1.0) == [Mark(1, "c", 9, 7)]
    assert marks.due(2.0) == []


def test_a_mark_that_changes_nothing_is_not_repeated() -> None:
    """A device that says the same again costs main nothing."""
    marks = Watermarks()
    marks.move(Mark(1, "c", 5, 5), now=0)
    marks.move(Mark(1, "c", 5, 5), now=0.5)

    assert marks.due(1.0) == []
    assert marks.next_end() is None


def test_who_leaves_and_comes_back_opens_a_second_of_their_own() -> None:
    """The end of the one before cuts nothing short."""
    marks = Watermarks()
    marks.move(Mark(1, "c", 5, 5), now=0)
    marks.leave(1)
    assert marks.move(Mark(1, "c", 6, 6), now=0.9)
    assert not marks.move(Mark(1, "c", 7, 7), now=0.95)

    assert marks.due(1.0) == []
    assert marks.due(1.9) == [Mark(1, "c", 7, 7)]
    assert marks.due(2.9) == []
    assert marks.next_end() is None


def test_a_parked_mark_waits_for_its_person() -> None:
    """However long; the highest of each conversation, told once."""
    marks = Watermarks()
    for seq in (5, 9, 7):
        assert marks.park(Mark(1, "c", seq, 12 - seq))
    marks.park(Mark(1, "d", 1, 1))

    assert marks.due(1000) == []
    assert marks.unpark(2) == []
    assert marks.unpark(1) == [Mark(1, "c", 9, 7), Mark(1, "d", 1, 1)]
    assert marks.unpark(1) == []


def test_a_link_that_goes_leaves_every_window_parked() -> None:
    """Also what went out last: it may have gone with the link."""
    marks = Watermarks()
    marks.move(Mark(1, "c", 5, 3), now=0)
    marks.move(Mark(1, "c", 6, 6), now=0.1)
    marks.move(Mark(1, "d", 2, 2), now=0.1)

    marks.park_all()

    assert marks.due(5) == []
    assert marks.unpark(1) == [Mark(1, "c", 6, 6), Mark(1, "d", 2, 2)]
    assert len(marks) == 0


def test_what_is_parked_has_its_bounds() -> None:
    """One person can't fill the memory; many push out those who have been away longest."""
    marks = Watermarks()
    for number in range(PARKED_OF_PERSON):
        assert marks.park(Mark(1, f"c{number}", 1, 1))

    assert not marks.park(Mark(1, "one more", 1, 1))
    assert marks.park(Mark(1, "c0", 2, 2))

    for person in range(2, PARKED // PARKED_OF_PERSON + 2):
        for number in range(PARKED_OF_PERSON):
            assert marks.park(Mark(person, f"c{number}", 1, 1))
    assert len(marks) == PARKED
    assert marks.unpark(1) == []
    assert len(marks.unpark(2)) == PARKED_OF_PERSON


def test_what_a_leaving_person_moved_goes_out_first() -> None:
    """The last session of a person takes nothing with it."""
    marks = Watermarks()
    marks.move(Mark(1, "c", 5, 3), now=0)
    marks.move(Mark(1, "c", 6, 6), now=0.1)
    marks.move(Mark(2, "c", 6, 6), now=0.1)

    assert marks.leave(1) == [Mark(1, "c", 6, 6)]
    assert marks.leave(1) == []
    assert marks.due(5) == []


moves = st.lists(
    st.tuples(st.floats(0, 0.7), st.integers(1, 2), st.sampled_from("ab"), st.integers(0, 50)),
    max_size=60,
)


@given(moves)
def test_the_last_state_arrives_and_no_second_sees_two(
    moved: list[tuple[float, int, str, int]],
) -> None:
    """Each person's highest mark arrives, and marks of one conversation are a second apart."""
    marks = Watermarks()
    now = 0.0
    out: list[tuple[float, Mark]] = []
    highest: dict[tuple[int, str], int] = {}
    for wait, person, conversation, seq in moved:
        now += wait
        out += [(now, mark) for mark in marks.due(now)]
        mark = Mark(person, conversation, seq, seq)
        highest[person, conversation] = max(highest.get((person, conversation), 0), seq)
        if marks.move(mark, now):
            out.append((now, mark))
    while (end := marks.next_end()) is not None:
        out += [(end, mark) for mark in marks.due(end)]

    for key, seq in highest.items():
        sent = [(at, m.read) for at, m in out if (m.person, m.conversation) == key]
        assert max(read for _, read in sent) == seq
        times = [at for at, _ in sent]
        assert all(b - a >= INTERVAL_SECONDS - 1e-9 for a, b in pairwise(times))
