"""Files give way to messages: bytes of files take their share of the event loop and no more.

While nobody writes they take all of it.
"""

import asyncio
import time
from collections.abc import Callable

_SHARE = 0.25
"""Of the event loop's time, while messages move. What disk threads do follows from it."""
_STEP_SECONDS = 0.001
"""So much of a processor at a stretch: a message that comes then waits no longer."""
_LONGEST_STEP_SECONDS = 0.01
"""More than this was not the files' doing."""
_MOVING_SECONDS = 0.25
"""Messages move while one has come within that time."""


class GivingWay:
    """Of one service, for all its transfers together; used from its event loop alone."""

    def __init__(
        self,
        messages: Callable[[], int],
        *,
        clock: Callable[[], float] = time.monotonic,
        processor: Callable[[], float] = time.thread_time,
    ) -> None:
        """`messages` tells how many have come since the start.

        `clock`, and what this thread has used of a `processor`, are in seconds.
        """
        self._messages = messages
        self._clock = clock
        self._processor = processor
        self._seen = 0
        self._seen_at = float("-inf")
        self._used = processor()
        self._resumes_at = float("-inf")

    async def give(self) -> None:
        """Called after each piece of a file: returns when the next one may be handled."""
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
        seconds = used * (1 / _SHARE - 1)
        self._resumes_at = now + seconds
        return seconds

    def go_on(self) -> None:
        """The rest is over: what the loop uses counts from here."""
        self._used = self._processor()

    def _messages_move(self, now: float) -> bool:
        if (messages := self._messages()) != self._seen:
            self._seen, self._seen_at = messages, now
        return now - self._seen_at < _MOVING_SECONDS
