"""What can wait gives way to messages: it takes its share of the event loop and no more.

Bytes of files, and what a realm catches up with. While nobody writes they take all of it.
"""

import asyncio
import time
from collections.abc import Callable

FILES_SHARE = 0.05
"""Of the event loop's time, while messages move. What disk threads do follows from it."""
_STEP_SECONDS = 0.0002
"""So much of a processor at a stretch: a message that comes then waits no longer."""
_LONGEST_STEP_SECONDS = 0.002
"""More than this was not its own doing."""
_MOVING_SECONDS = 0.25
"""Messages move while one has come within that time."""


class GivingWay:
    """Of one service, for all its work of a kind; used from its event loop alone."""

    def __init__(
        self,
        messages: Callable[[], int],
        *,
        share: float = FILES_SHARE,
        clock: Callable[[], float] = time.monotonic,
        processor: Callable[[], float] = time.thread_time,
    ) -> None:
        """`messages` tells how many have come since the start, `share` is at most 1.

        `clock`, and what this thread has used of a `processor`, are in seconds.
        """
        self._messages = messages
        self._share = share
        self._clock = clock
        self._processor = processor
        self._seen = 0
        self._seen_at = float("-inf")
        self._used = processor()
        self._resumes_at = float("-inf")

    async def give(self) -> None:
        """Called after each piece of work: returns when the next one may be handled."""
        seconds = self.rest()
        if seconds > 0:
            await asyncio.sleep(seconds)
            self.go_on()

    def rest(self) -> float:
        """Seconds to wait; none while no messages move, or this stretch isn't over."""
        now = self._clock()
        if now < self._resumes_at:
            return self._resumes_at - now
        if not self._messages_move(now):
            self.go_on()
            return 0
        used = min(self._processor() - self._used, _LONGEST_STEP_SECONDS)
        if used < _STEP_SECONDS:
            return 0
        seconds = used * (1 / self._share - 1)
        self._resumes_at = now + seconds
        return seconds

    def go_on(self) -> None:
        """The rest is over: what the loop uses counts from here."""
        self._used = self._processor()

    def _messages_move(self, now: float) -> bool:
        if (messages := self._messages()) != self._seen:
            self._seen, self._seen_at = messages, now
        return now - self._seen_at < _MOVING_SECONDS
