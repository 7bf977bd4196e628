"""Rows of a long list, in chunks: which change when some come, and which are near the view."""

from hypothesis import given
from hypothesis import strategies as st

from frontend.window.chunks import ROWS, Chunk, nearest, regrouped

_keys = st.lists(st.integers(0, 300).map(str), unique=True)


@given(_keys, _keys)
def test_every_row_stands_once_and_in_order(before: list[str], now: list[str]) -> None:
    """Whatever stood there before."""
    chunks = regrouped(now, regrouped(before, ()))

    assert [key for chunk in chunks for key in chunk.keys] == now
    assert len({chunk.number for chunk in chunks}) == len(chunks)


@given(st.integers(0, 200), st.integers(0, 90), st.integers(0, 90))
def test_rows_that_stay_stay_in_their_chunks(held: int, older: int, newer: int) -> None:
    """Older ones make chunks of their own; newer ones fill the last."""
    rows = [str(number) for number in range(older + held + newer)]
    before = regrouped(rows[older : older + held], ())

    after = regrouped(rows, before)

    assert all(len(chunk.keys) <= ROWS for chunk in after)
    kept = {chunk.number: chunk for chunk in after}
    assert all(kept[chunk.number] == chunk for chunk in before[:-1])
    assert all(kept[chunk.number].keys[: len(chunk.keys)] == chunk.keys for chunk in before[-1:])


def test_a_row_that_went_elsewhere_is_counted_there() -> None:
    """As a message that got its number behind others."""
    before = [Chunk(0, ("a", "b")), Chunk(1, ("c", "d"))]

    assert regrouped(["b", "c", "a", "d"], before) == [Chunk(0, ("b",)), Chunk(1, ("c", "a", "d"))]


@given(st.lists(st.floats(10, 2000), max_size=60), st.floats(0, 60_000))
def test_the_nearest_chunks_hold_the_middle_of_the_view(
    heights: list[float], middle: float
) -> None:
    """So many at most, and all while there are no more."""
    near = nearest(heights, middle, 10)

    assert len(near) == min(10, len(heights))
    if middle < sum(heights):
        below = sum(heights[: near.start])
        assert below <= middle <= below + sum(heights[near.start : near.stop]) + 1e-6
