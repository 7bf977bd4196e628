"""How a command that runs for long is ended: by Ctrl-C or SIGTERM, between two steps of its work.

A signal interrupts what is a wait, and nothing else: a message that was written out is still
acknowledged before the end.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class EndAsked(BaseException):
    """Stop waiting: the command is to end. No error, so that nothing takes it for one."""


class Ending:
    """Whether the end was asked for."""

    def __init__(self) -> None:
        self.asked = False
        self._waiting = False

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Listen to the signals meanwhile."""
        before = {number: signal.signal(number, self._hear) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """What is done here may be cut short: raises `EndAsked`."""
        self._waiting = True
        try:
            # Behind the line above: a signal between the two is heard by one of them.
            if self.asked:
                raise EndAsked
            yield
        finally:
            self._waiting = False

    def pause(self, seconds: float) -> None:
        """Raises `EndAsked`."""
        with self.waiting():
            time.sleep(seconds)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        if self._waiting:
            self._waiting = False
            raise EndAsked
