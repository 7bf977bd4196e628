"""Coalescing of watermarks: at once when idle, then at most one a second each.

What can't go to main yet is parked by its person, until main knows a session of theirs again.
Decides what goes to main and when; sending it is `desk`'s.
"""

from collections import deque
from typing import NamedTuple

INTERVAL_SECONDS = 1.0
PARKED_OF_PERSON = 1000
"""Conversations. While cut off nobody can say which of them a person is really in."""
PARKED = 100_000
"""Of all persons; beyond, those are forgotten who have been away longest."""


class Mark(NamedTuple):
    person: int
    conversation: str
    delivered: int
    read: int


class _Window:
    """The second after a mark went out: the highest that came meanwhile."""

    __slots__ = ("changed", "delivered", "ends_at", "read")

    def __init__(self, delivered: int, read: int, ends_at: float) -> None:
        self.delivered = delivered
        self.read = read
        self.ends_at = ends_at
        self.changed = False


class Watermarks:
    """The marks of this site's people that are on their way to main."""

    def __init__(self) -> None:
        self._windows: dict[int, dict[str, _Window]] = {}
        self._ends: deque[tuple[float, int, str]] = deque()
        self._parked: dict[int, dict[str, Mark]] = {}
        self._parked_count = 0

    def __len__(self) -> int:
        return len(self._ends) + self._parked_count

    def move(self, mark: Mark, now: float) -> bool:
        """Take a mark in; true when it must go out at once."""
        windows = self._windows.setdefault(mark.person, {})
        window = windows.get(mark.conversation)
        if window is None:
            ends_at = now + INTERVAL_SECONDS
            windows[mark.conversation] = _Window(mark.delivered, mark.read, ends_at)
            self._ends.append((ends_at, mark.person, mark.conversation))
            return True
        if mark.delivered > window.delivered or mark.read > window.read:
            window.delivered = max(window.delivered, mark.delivered)
            window.read = max(window.read, mark.read)
            window.changed = True
        return False

    def next_end(self) -> float | None:
        """When `due` has something to do again."""
        return self._ends[0][0] if self._ends else None

    def due(self, now: float) -> list[Mark]:
        """The marks whose second is over; each opens a second anew."""
        marks = []
        while self._ends and self._ends[0][0] <= now:
            end, person, conversation = self._ends.popleft()
            window = self._windows.get(person, {}).get(conversation)
            if window is None or window.ends_at != end:
                continue  # its person left; this one they opened when they came back
            if window.changed:
                window.changed = False
                marks.append(Mark(person, conversation, window.delivered, window.read))
                window.ends_at = now + INTERVAL_SECONDS
                self._ends.append((window.ends_at, person, conversation))
            else:
                self._close(person, conversation)
        return marks

    def leave(self, person: int) -> list[Mark]:
        """A person's last session goes: what must go out before it."""
        return [
            Mark(person, conversation, window.delivered, window.read)
            for conversation, window in self._windows.pop(person, {}).items()
            if window.changed
        ]

    def leave_all(self) -> list[Mark]:
        """The realm is stopping: what must go out before it."""
        return [mark for person in list(self._windows) for mark in self.leave(person)]

    def _close(self, person: int, conversation: str) -> None:
        windows = self._windows[person]
        del windows[conversation]
        if not windows:
            del self._windows[person]

    # --- parked ----------------------------------------------------------------------------------

    def park(self, mark: Mark) -> bool:
        """Keep a mark until its person is back; false where no more of theirs fit."""
        parked = self._parked.setdefault(mark.person, {})
        known = parked.get(mark.conversation)
        if known is not None:
            mark = mark._replace(
                delivered=max(known.delivered, mark.delivered), read=max(known.read, mark.read)
            )
        elif len(parked) >= PARKED_OF_PERSON:
            return False
        else:
            self._parked_count += 1
        parked[mark.conversation] = mark
        while self._parked_count > PARKED:
            self.unpark(next(iter(self._parked)))
        return True

    def park_all(self) -> None:
        """The link is gone, perhaps with what went out last: that goes out again too."""
        for person, windows in self._windows.items():
            for conversation, window in windows.items():
                self.park(Mark(person, conversation, window.delivered, window.read))
        self._windows.clear()
        self._ends.clear()

    def unpark(self, person: int) -> list[Mark]:
        """What has been kept for this person."""
        parked = self._parked.pop(person, {})
        self._parked_count -= len(parked)
        return list(parked.values())
