"""Faults from a seed: the same each time, of every kind, never two at one place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.torture.schedule import Kind, make_schedule

PROCESSES = ["main", "surabaya", "jakarta", "bandung", "chat-cli"]
LINKS = ["surabaya–main", "jakarta–main", "people–surabaya", "people–jakarta"]
OF_LINKS = {Kind.CUT, Kind.BREAK, Kind.DELAY, Kind.LOSS, Kind.REORDER, Kind.SLOW}
TARGETS = {kind: LINKS if kind in OF_LINKS else PROCESSES for kind in Kind}

seeds = st.integers(0, 2**32)


@given(seeds)
def test_a_seed_names_a_schedule(seed: int) -> None:
    """What failed once is played again."""
    assert make_schedule(seed, 30, 60, TARGETS) == make_schedule(seed, 30, 60, TARGETS)


@given(seeds)
def test_no_place_has_two_faults_at_once(seed: int) -> None:
    """A process that is killed while it is stopped would be two faults that look like one."""
    faults = make_schedule(seed, 50, 40, TARGETS)

    for number, fault in enumerate(faults):
        for other in faults[number + 1 :]:
            apart = other.at > fault.at + fault.seconds or fault.at > other.at + other.seconds
            assert apart or fault.target != other.target


@given(seeds)
def test_every_fault_is_mended_in_time(seed: int) -> None:
    """They come in order, within the time, and as many as were asked for."""
    faults = make_schedule(seed, 50, 40, TARGETS)

    assert len(faults) == 50
    assert [fault.at for fault in faults] == sorted(fault.at for fault in faults)
    assert all(fault.at >= 0 and fault.at + fault.seconds <= 40 for fault in faults)


@given(seeds)
def test_every_kind_has_its_turn(seed: int) -> None:
    """As often as any other, but for one; each at a place where it can be."""
    faults = make_schedule(seed, 50, 40, TARGETS)

    times = [sum(fault.kind is kind for fault in faults) for kind in Kind]
    assert max(times) - min(times) <= 1
    assert all(fault.target in TARGETS[fault.kind] for fault in faults)


def test_what_has_no_place_is_left_out() -> None:
    """Where no wires can be slowed, the other kinds take their turns."""
    faults = make_schedule(1, 20, 60, {Kind.KILL: PROCESSES, Kind.DELAY: []})

    assert {fault.kind for fault in faults} == {Kind.KILL}


def test_too_many_faults_are_refused() -> None:
    """Rather than played one upon another."""
    with pytest.raises(ValueError, match="no room"):
        make_schedule(1, 1000, 10, {Kind.FREEZE: ["main"]})
