"""Whether a message may go live: who the sender is, their lane, their rate.

This is the one door of rule 5 to 7: a message that can't go live now is refused here, and its lane
stops until it comes again. Nothing here does I/O; the clock is handed in.
"""

import math
from collections.abc import Hashable
from dataclasses import dataclass

from realm_protocol.commands import SendMessage
from realm_protocol.errors import IsGuest, NotForGuests, RateLimited
from realm_protocol.names import parse_target, print_target
from realm_protocol.rooms import GUEST_LIMITS, is_guest


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and then so many a second."""

    burst: int
    per_second: float


class RateLimiter:
    """One token bucket for each key: a person, an IP address. A full bucket is not kept."""

    __slots__ = ("_buckets", "rate")

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._buckets: dict[Hashable, tuple[float, float]] = {}
        """Tokens, and when they were counted."""

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Hashable, now: float) -> None:
        """Use one token at `now` (seconds, monotonic); raises `RateLimited` when none is left."""
        tokens = self._tokens(key, now)
        if tokens < 1:
            wait = (1 - tokens) / self.rate.per_second
            raise RateLimited(retry_after_seconds=math.ceil(wait * 10) / 10)
        self._buckets[key] = (tokens - 1, now)

    def give_back(self, key: Hashable, now: float) -> None:
        """The use turned out not to count."""
        self._buckets[key] = (min(self.rate.burst, self._tokens(key, now) + 1), now)

    def sweep(self, now: float) -> None:
        """Forget the buckets that are full again."""
        full = [key for key in self._buckets if self._tokens(key, now) >= self.rate.burst]
        for key in full:
            del self._buckets[key]

    def _tokens(self, key: Hashable, now: float) -> float:
        bucket = self._buckets.get(key)
        if bucket is None:
            return self.rate.burst
        tokens, counted_at = bucket
        return min(self.rate.burst, tokens + (now - counted_at) * self.rate.per_second)


class SendingLimits:
    """How fast a person may send, by the limit class of the session."""

    def __init__(self, standard: Rate, guest: Rate) -> None:
        self._standard = RateLimiter(standard)
        self._guest = RateLimiter(guest)

    def take(self, person: int, limit_class: str, now: float) -> None:
        """Raises `RateLimited`. The class `trusted` has no limit; one unknown here is standard."""
        if limit_class == GUEST_LIMITS:
            self._guest.take(person, now)
        elif limit_class != "trusted":
            self._standard.take(person, now)

    def sweep(self, now: float) -> None:
        self._standard.sweep(now)
        self._guest.sweep(now)


def check_guests(command: SendMessage, limit_class: str) -> None:
    """Guests write texts to the room, and nobody writes to them elsewhere; also while main is away.

    Raises `NotForGuests` or `IsGuest`.
    """
    to = command.to.lower()
    if limit_class == GUEST_LIMITS and not (command.kind == "text" and to.startswith("group:")):
        raise NotForGuests
    if is_guest(to):
        raise IsGuest(address=to)


def lane_of(to: str) -> str:
    """One spelling for each target, so that no lane can be passed by in capital letters."""
    return print_target(parse_target(to))
