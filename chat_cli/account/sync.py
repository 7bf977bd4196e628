"""What a device holds of a conversation, and what it must fetch. Pure: numbers in, decisions out.

A conversation is 1, 2, 3 … without holes. A device holds `floor + 1 … have` and knows of
`last_seq`. Whatever lies between is missing and is fetched before anything after it is shown.
"""

from dataclasses import dataclass, replace
from enum import Enum

from realm_protocol.limits import NEW_DEVICE_MESSAGES


class Arrival(Enum):
    """What a row is to a device that holds the log up to `have`."""

    NEXT = "next"
    """It continues the log: show it."""
    HELD = "held"
    """It is here already, or lies below the floor: drop it."""
    BEYOND = "beyond"
    """Rows before it are missing: fetch them first."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One conversation on this device."""

    floor: int
    have: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class Missing:
    """Rows with `after` < seq < `before`."""

    after: int
    before: int


def begin(first_seq: int, last_seq: int, read: int) -> Holding:
    """A conversation that is new to this device: every unread message, and some before them."""
    floor = max(min(read, last_seq - NEW_DEVICE_MESSAGES), first_seq - 1, 0)
    return Holding(floor, floor, max(last_seq, floor))


def told(holding: Holding, first_seq: int, last_seq: int) -> Holding:
    """A head came. Heads may be older than what we know, so numbers only grow.

    Whoever joins an invite-only group again may not see what was said meanwhile: the part that
    is held continues behind that gap.
    """
    known = noticed(holding, last_seq)
    if first_seq - 1 > known.have:
        return replace(
            known,
            floor=first_seq - 1,
            have=first_seq - 1,
            last_seq=max(known.last_seq, first_seq - 1),
        )
    return known


def noticed(holding: Holding, seq: int) -> Holding:
    """A row of this seq exists."""
    return replace(holding, last_seq=max(holding.last_seq, seq))


def arrived(holding: Holding, seq: int) -> tuple[Holding, Arrival]:
    """A row came, by event or in a fetched page."""
    known = noticed(holding, seq)
    if seq <= known.have:
        return known, Arrival.HELD
    if seq == known.have + 1:
        return replace(known, have=seq), Arrival.NEXT
    return known, Arrival.BEYOND


def missing(holding: Holding) -> Missing | None:
    """What to fetch, from where the device stands to the end."""
    if holding.have >= holding.last_seq:
        return None
    return Missing(holding.have, holding.last_seq + 1)


def restored(holding: Holding, lowest_held: int | None, last_seq: int) -> Holding:
    """Main came back from a backup: what is held is fetched again, up to main's head.

    `lowest_held` is the first row here, which may lie below the floor.
    """
    floor = holding.floor if lowest_held is None else min(holding.floor, lowest_held - 1)
    floor = min(floor, last_seq)
    return Holding(floor, floor, last_seq)


def page_range(
    *, before: int | None, after: int | None, limit: int, first_seq: int, last_seq: int
) -> Missing:
    """The rows of a page of history: as many as `limit`, below `before` or above `after`."""
    if after is not None:
        upper = min(last_seq + 1, after + limit + 1)
        if before is not None:
            upper = min(upper, before)
        return Missing(max(after, first_seq - 1), upper)
    upper = last_seq + 1 if before is None else min(before, last_seq + 1)
    return Missing(max(upper - 1 - limit, first_seq - 1, 0), upper)


def size(rows: Missing) -> int:
    """How many rows lie in a range of a log without holes."""
    return max(0, rows.before - rows.after - 1)
