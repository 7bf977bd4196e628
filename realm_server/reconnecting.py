"""When main is too slow to answer, and when to try the link again: plain decisions on numbers."""

from collections.abc import Callable, Iterator

FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 30.0
STEADY_MS = 1000
"""After a link that lasted so long the waits begin anew. One that ends at once makes them grow."""

_LOOKS = 6
"""Looks for each patience: a cut is noticed that fraction later at most, and idle links are asked
for a sign every second one."""
_CALM_LOOKS = 3
"""Without a reason to doubt main, before it is trusted again: a word that people read must stay."""


def growing_waits(random: Callable[[], float]) -> Iterator[float]:
    """Seconds before each next attempt: doubling up to 30, each between a half and the whole.

    `random` gives numbers in [0, 1): the realms of one main must not all come back at once.
    """
    wait = FIRST_WAIT_SECONDS
    while True:
        yield wait * (1 + random()) / 2
        wait = min(LONGEST_WAIT_SECONDS, wait * 2)


class Patience:
    """How long main may leave a message unanswered, or say nothing at all though asked for a sign.

    To be asked every `look_every` seconds. It counts those looks, not time: while this process
    itself is held up, what main has said may lie unread.
    """

    def __init__(self, seconds: float, ask_for_sign: Callable[[], None]) -> None:
        self.look_every = seconds / _LOOKS
        self._ask_for_sign = ask_for_sign
        self._oldest = 0
        self._looks_at_oldest = 0
        self._heard = -1
        self._looks_since_asked = 0
        self._calm_looks = _CALM_LOOKS

    def is_over(self, oldest: int, heard: int) -> bool:
        """Whether main is not to be waited for: until it has answered well for a while.

        `oldest` is the number of the message that waits longest, 0 where none does; `heard` counts
        what has come from main.
        """
        has_waited, is_silent = self._has_waited(oldest), self._is_silent(heard)
        self._calm_looks = 0 if has_waited or is_silent else self._calm_looks + 1
        return self._calm_looks < _CALM_LOOKS

    def _has_waited(self, oldest: int) -> bool:
        self._looks_at_oldest = self._looks_at_oldest + 1 if oldest == self._oldest else 0
        self._oldest = oldest
        return oldest != 0 and self._looks_at_oldest >= _LOOKS

    def _is_silent(self, heard: int) -> bool:
        if heard != self._heard:
            self._heard, self._looks_since_asked = heard, -1
            return False
        if self._looks_since_asked < 0:
            self._ask_for_sign()
        self._looks_since_asked += 1
        return self._looks_since_asked >= _LOOKS
