"""The one way to wait in tests: for a condition, with a deadline, never for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

DEADLINE_SECONDS = 20.0
_POLL_SECONDS = 0.02


def wait_until(
    condition: Callable[[], T],
    deadline_seconds: float = DEADLINE_SECONDS,
    *,
    poll_seconds: float = _POLL_SECONDS,
) -> T:
    """The first true value of a condition; `TimeoutError` when it never comes."""
    until = time.monotonic() + deadline_seconds
    while not (value := condition()):
        if time.monotonic() > until:
            raise TimeoutError(f"still {value!r} after {deadline_seconds} s")
        time.sleep(poll_seconds)
    return value


async def eventually(
    condition: Callable[[], T | Awaitable[T]], deadline_seconds: float = DEADLINE_SECONDS
) -> T:
    """As `wait_until`, for a condition that is a coroutine function or runs in the loop."""
    until = time.monotonic() + deadline_seconds
    while True:
        value = condition()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return value
        if time.monotonic() > until:
            raise TimeoutError(f"still {value!r} after {deadline_seconds} s")
        await asyncio.sleep(_POLL_SECONDS)
