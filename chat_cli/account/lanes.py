"""Which unsent messages go out now: one lane per conversation, each in order. Pure: a clock's
reading is handed in, nothing is sent here.

A message leaves its lane when main has it or refused it for good. A refusal for now stops its
lane: nothing overtakes it, and when every answer is in, the lane starts again from its first.
"""

from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

from realm_protocol.errors import (
    AfterRefused,
    NotSignedIn,
    RealmchatError,
    SessionEnded,
    TryLater,
)
from realm_protocol.limits import SESSION_UNANSWERED_SENDS

FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 30.0


class Verdict(Enum):
    """What a refusal means for the message."""

    AGAIN = "again"
    FOLLOWS = "follows"
    """It was behind one that waits; it goes out after that one."""
    KEPT = "kept"
    """The session is over; the message waits for the next one."""
    FINAL = "final"


def judge(error: RealmchatError) -> Verdict:
    """Whether a refused message is offered again."""
    if isinstance(error, AfterRefused):
        return Verdict.FOLLOWS
    if isinstance(error, TryLater):
        return Verdict.AGAIN
    if isinstance(error, NotSignedIn | SessionEnded):
        return Verdict.KEPT
    return Verdict.FINAL


@dataclass(frozen=True, slots=True, order=True)
class Unsent:
    """A message of the outbox. They are sent in the order of `ordinal`."""

    ordinal: int
    key: str
    target: str
    conversation: str
    text: str
    sent_at: int
    file: str | None = None
    """What there is to know of a file, as the outbox keeps it."""


@dataclass(slots=True)
class _Lane:
    waiting: list[Unsent] = field(default_factory=list)
    in_flight: dict[str, Unsent] = field(default_factory=dict)
    stopped_until: float | None = None
    refusals: int = 0

    def may_start(self, now: float) -> bool:
        if self.stopped_until is None:
            return True
        # What is in flight behind a refused message will be refused too: wait for those answers,
        # or it would go out twice.
        return not self.in_flight and now >= self.stopped_until


class SendingLanes:
    """All lanes of an account."""

    def __init__(
        self, *, jitter: Callable[[], float], window: int = SESSION_UNANSWERED_SENDS // 2
    ) -> None:
        """`jitter` gives numbers from 0 to 1; `window` bounds what is unanswered at a time."""
        self._lanes: dict[str, _Lane] = {}
        self._lane_of: dict[str, _Lane] = {}
        self._jitter = jitter
        self._window = window
        self._allowed = window
        """Of the window: one after a refusal for now, one more with each that is settled. What is
        offered in vain costs both sides as much as what is taken."""
        self._in_flight = 0

    @property
    def in_flight(self) -> int:
        """How many are sent and not answered."""
        return self._in_flight

    def add(self, messages: Iterable[Unsent]) -> None:
        """Put messages where their order wants them; those that are here already stay."""
        for message in messages:
            if message.key in self._lane_of:
                continue
            lane = self._lanes.setdefault(message.conversation, _Lane())
            insort(lane.waiting, message)
            self._lane_of[message.key] = lane

    def take_due(self, now: float) -> list[Unsent]:
        """What goes out now, in order; it is in flight until it is answered or cut.

        A lane that had its turn is behind the others.
        """
        due: list[Unsent] = []
        for conversation, lane in list(self._lanes.items()):
            room = self._allowed - self._in_flight
            if room <= 0:
                break
            if not lane.waiting or not lane.may_start(now):
                continue
            self._lanes[conversation] = self._lanes.pop(conversation)
            lane.stopped_until = None
            leaving, lane.waiting = lane.waiting[:room], lane.waiting[room:]
            lane.in_flight.update((message.key, message) for message in leaving)
            self._in_flight += len(leaving)
            due += leaving
        return due

    def next_due(self) -> float | None:
        """When a stopped lane may start again; None also where only an answer makes room for it."""
        if self._in_flight >= self._allowed:
            return None
        times = [
            lane.stopped_until
            for lane in self._lanes.values()
            if lane.waiting and lane.stopped_until is not None and not lane.in_flight
        ]
        return min(times, default=None)

    def accepted(self, key: str) -> None:
        """Main has it."""
        self._answered(key, keep=False)

    def refused(self, key: str, error: RealmchatError, now: float) -> Verdict:
        """Main or the realm refused it."""
        verdict = judge(error)
        lane = self._answered(key, keep=verdict is not Verdict.FINAL)
        if lane is not None and verdict is not Verdict.FINAL:
            self._stop(lane, verdict, error, now)
        return verdict

    def _stop(self, lane: _Lane, verdict: Verdict, error: RealmchatError, now: float) -> None:
        if verdict is Verdict.AGAIN:
            self._allowed = 1
            lane.refusals += 1
            again_at = now + self._wait(lane.refusals, error)
            lane.stopped_until = max(again_at, lane.stopped_until or 0)
        elif lane.stopped_until is None:
            lane.stopped_until = now + FIRST_WAIT_SECONDS

    def cut(self) -> None:
        """The connection is gone: all that is unanswered goes out again, in order, on the next."""
        for lane in self._lanes.values():
            for message in lane.in_flight.values():
                insort(lane.waiting, message)
            lane.in_flight.clear()
        self._in_flight = 0
        self.wake()

    def wake(self) -> None:
        """What was refused for now may go at once: the reason is gone."""
        self._allowed = self._window
        for lane in self._lanes.values():
            if lane.stopped_until is not None:
                lane.stopped_until = 0.0

    def replace(self, messages: Iterable[Unsent]) -> None:
        """Forget all lanes and begin with what the store has."""
        self._lanes.clear()
        self._lane_of.clear()
        self._in_flight = 0
        self.add(messages)

    def _answered(self, key: str, *, keep: bool) -> _Lane | None:
        """`None` when nothing of this key is in flight: the answer came after a cut."""
        lane = self._lane_of.get(key)
        message = lane.in_flight.pop(key, None) if lane else None
        if lane is None or message is None:
            return None
        self._in_flight -= 1
        if keep:
            insort(lane.waiting, message)
            return lane
        lane.refusals = 0
        self._allowed = min(self._window, self._allowed + 1)
        del self._lane_of[key]
        if not lane.waiting and not lane.in_flight:
            del self._lanes[message.conversation]
        return lane

    def _wait(self, refusals: int, error: RealmchatError) -> float:
        asked = error.fields.get("retry_after_seconds")
        if isinstance(asked, int | float) and asked > 0:
            return float(asked)
        return growing_wait(refusals, self._jitter())


def growing_wait(attempt: int, jitter: float) -> float:
    """Seconds before attempt number `attempt` + 1: twice as long each time, at most 30.

    `jitter` from 0 to 1 takes up to half of it away, so that many don't come back at once.
    """
    longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0 ** min(attempt - 1, 16))
    return longest * (1 - jitter / 2)
