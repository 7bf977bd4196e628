"""Which rows of a long list stand together, so that a change in one asks for no look at all. Pure.

A row stays where it is; what comes goes to the row before it, until there are enough of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ROWS = 10


@dataclass(frozen=True, slots=True)
class Chunk:
    """`number` stays the same as long as there is one of its rows."""

    number: int
    keys: tuple[str, ...]


def regrouped(keys: Iterable[str], before: Sequence[Chunk]) -> list[Chunk]:
    """The rows as they stand now. `before`: how they stood."""
    homes = {key: place for place, chunk in enumerate(before) for key in chunk.keys}
    fresh = max((chunk.number for chunk in before), default=-1) + 1
    found: list[tuple[int, list[str]]] = []
    place = -1
    for key in keys:
        home = homes.get(key, -1)
        if home > place:
            found.append((before[home].number, [key]))
            place = home
        elif found and (len(found[-1][1]) < ROWS or 0 <= home == place):
            found[-1][1].append(key)
        else:
            found.append((fresh, [key]))
            fresh += 1
    return [Chunk(number, tuple(rows)) for number, rows in found]


def nearest(heights: Sequence[float], middle: float, most: int) -> range:
    """Which chunks stand about a place: so many at most, next to each other. `heights` and `middle`
    from the same end.
    """
    first, top = 0, 0.0
    for place, height in enumerate(heights):
        first = place
        if top + height > middle:
            break
        top += height
    start = max(0, min(first - most // 2, len(heights) - most))
    return range(start, min(start + most, len(heights)))
