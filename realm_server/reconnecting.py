"""When main is too slow to answer, and when to try the link again: plain decisions on numbers."""

from collections.abc import Callable, Iterator

FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 30.0
STEADY_MS = 1000
"""After a link that lasted so long the waits begin anew. One that ends at once makes them grow."""


def growing_waits(random: Callable[[], float]) -> Iterator[float]:
    """Seconds before each next attempt: doubling up to 30, each between a half and the whole.

    `random` gives numbers in [0, 1): the realms of one main must not all come back at once.
    """
    wait = FIRST_WAIT_SECONDS
    while True:
        yield wait * (1 + random()) / 2
        wait = min(LONGEST_WAIT_SECONDS, wait * 2)


class Patience:
    """How long main may leave a question unanswered. To be asked now and then, not for each."""

    def __init__(self, seconds: float) -> None:
        self.look_every = seconds / 4
        self._seconds = seconds
        self._oldest = 0
        self._seen_at = 0.0

    def is_over(self, oldest: int, now: float) -> bool:
        """Whether `oldest`, the number of what waits longest, has done so for too long.

        0 where nothing waits. `now` in seconds, monotonic.
        """
        if oldest != self._oldest:
            self._oldest, self._seen_at = oldest, now
        return oldest != 0 and now - self._seen_at >= self._seconds
