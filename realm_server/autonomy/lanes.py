"""What the realm keeps for main, lane by lane: which of it goes out now. Pure.

There is one lane for each conversation, in the order in which the realm took its messages. One that
names a file is aside until main has the bytes, and takes its place then. The clock's reading is
handed in, nothing is sent or written here.
"""

from bisect import insort
from collections import deque
from collections.abc import Callable, Iterator
from enum import Enum
from operator import attrgetter

from realm_protocol.bodies import read_file_body
from realm_protocol.commands import PendingMessage, SendMessage
from realm_protocol.limits import LINK_FRAME_LIMIT
from realm_protocol.names import Address, GroupAddress, conversation_with, parse_target
from realm_server.client_sessions import ClientSession
from realm_server.reconnecting import growing_waits

MESSAGES_IN_FLIGHT = 256
BYTES_IN_FLIGHT = LINK_FRAME_LIMIT
"""Of what is sent again: what people write meanwhile must not wait long behind it."""
KEEPING_BYTES = 256
"""What keeping a message takes besides its own bytes."""


class Stage(Enum):
    WRITING = "writing"
    """On its way to the disk."""
    WAITING = "waiting"
    """On the disk; it goes out when its turn comes."""
    IN_FLIGHT = "in flight"
    """Main has been asked."""
    DONE = "done"
    """Main has it, or refused it for good; or it could not be kept."""


class Kept:
    """One message that the realm keeps."""

    __slots__ = (
        "askers",
        "at",
        "command",
        "conversation",
        "file_id",
        "is_aside",
        "is_on_disk",
        "live_in",
        "order",
        "person",
        "position",
        "sender",
        "shown_body",
        "size",
        "stage",
    )

    def __init__(
        self,
        position: int,
        person: int,
        sender: Address,
        command: SendMessage,
        at: int,
    ) -> None:
        """`person` of the sender; `at` the wall clock in milliseconds."""
        self.position = position
        self.person = person
        self.sender = sender
        self.conversation = conversation_with(sender, parse_target(command.to))
        self.command = command
        self.at = at
        self.file_id = read_file_body(command.body).file_id if command.kind == "file" else ""
        """Of the file that it names; empty where it names none."""
        self.shown_body = command.body
        """As people of the site get to see it."""
        self.is_aside = False
        """It has no place in its lane yet: it waits for its file."""
        self.order = 0
        """Of its place in its lane."""
        self.size = len(command.body) + len(command.to) + KEEPING_BYTES
        self.stage = Stage.WRITING
        self.is_on_disk = False
        """Only then it is acknowledged and shown; it may be in flight before."""
        self.askers: list[tuple[ClientSession, int]] = []
        """Who is to hear that it is on the disk, each with their number for it."""
        self.live_in: ClientSession | None = None
        """The session that main knows it from: it went out live, on the link that is up now."""

    @property
    def neighbour(self) -> Address | None:
        """Who of its own site it is for; None of a group, and of somebody elsewhere."""
        target = parse_target(self.command.to)
        is_person_here = not isinstance(target, GroupAddress) and target.realm == self.sender.realm
        return target if is_person_here else None

    def is_same(self, command: SendMessage) -> bool:
        """Whether a message with its key is this one again."""
        mine = self.command
        return (parse_target(mine.to), mine.kind, mine.body) == (
            parse_target(command.to),
            command.kind,
            command.body,
        )

    def pending(self) -> PendingMessage:
        """As people of the site get to see it."""
        command = self.command
        return PendingMessage(
            self.position,
            command.to,
            self.conversation,
            command.key,
            command.kind,
            self.sender,
            self.shown_body,
            command.sent_at,
            self.at,
        )


class _Lane:
    __slots__ = ("in_flight", "is_ready", "returned", "stopped_until", "waiting", "waits")

    def __init__(self) -> None:
        self.waiting: deque[Kept] = deque()
        self.returned: list[Kept] = []
        """What went out and must again: before all that waits."""
        self.in_flight: dict[int, Kept] = {}
        self.stopped_until: float | None = None
        self.waits: Iterator[float] | None = None
        self.is_ready = False

    def __bool__(self) -> bool:
        return bool(self.waiting or self.returned or self.in_flight)

    def first(self) -> Kept | None:
        """What goes out next; None while it isn't on the disk, or an answer must come first."""
        first = self.returned[0] if self.returned else self.waiting[0] if self.waiting else None
        if first is None or first.stage is Stage.WRITING or self._would_overtake(first):
            return None
        return first

    def _would_overtake(self, first: Kept) -> bool:
        """Of what went out live main stops the lane of its session, and of nobody else."""
        before = next(iter(self.in_flight.values()), None)
        if before is None or before.live_in is None:
            return False
        return first.live_in is None or not first.live_in.known_to_main

    def take_first(self) -> Kept:
        return self.returned.pop(0) if self.returned else self.waiting.popleft()


class OutboxLanes:
    """All lanes of a realm."""

    def __init__(
        self,
        jitter: Callable[[], float],
        *,
        messages: int = MESSAGES_IN_FLIGHT,
        size: int = BYTES_IN_FLIGHT,
    ) -> None:
        """`jitter` gives numbers in [0, 1); `messages` and `size` bound what is in flight."""
        self._jitter = jitter
        self._messages = messages
        self._size = size
        self._lanes: dict[str, _Lane] = {}
        self._by_key: dict[tuple[Address, str], Kept] = {}
        self._ready: deque[_Lane] = deque()
        self._stopped: list[_Lane] = []
        self._last_order = 0
        self._in_flight = 0
        self._size_in_flight = 0
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._by_key)

    def __iter__(self) -> Iterator[Kept]:
        """All that is kept, in the order in which it was taken."""
        return iter(self._by_key.values())

    def holds(self, conversation: str) -> bool:
        """Whether something of this conversation is kept: what comes later goes behind it."""
        return conversation in self._lanes

    def find(self, sender: Address, key: str) -> Kept | None:
        return self._by_key.get((sender, key))

    # --- coming ----------------------------------------------------------------------------------

    def add(self, kept: Kept) -> None:
        """Put a message at the end of its lane."""
        self._know(kept)
        self._lane_of(kept).waiting.append(kept)

    def add_aside(self, kept: Kept) -> None:
        """A message that gets its place only with `join`: what comes meanwhile goes before it."""
        self._know(kept)
        kept.is_aside = True

    def join(self, kept: Kept) -> None:
        """Put a message that was aside at the end of its lane."""
        kept.is_aside = False
        lane = self._lane_of(kept)
        lane.waiting.append(kept)
        self._make_ready(lane)

    def put_aside(self, kept: Kept) -> None:
        """Take a message that isn't in flight out of its lane again."""
        self._leave(self._lanes[kept.conversation], kept)
        kept.is_aside = True

    def add_in_flight(self, kept: Kept) -> None:
        """A message that went out live, and is kept from now on. Its lane is empty but for such."""
        self._know(kept)
        lane = self._lane_of(kept)
        kept.stage = Stage.IN_FLIGHT
        self._count(lane, kept)

    def _know(self, kept: Kept) -> None:
        self._by_key[kept.sender, kept.command.key] = kept
        self.bytes += kept.size

    def _lane_of(self, kept: Kept) -> _Lane:
        self._last_order += 1
        kept.order = self._last_order
        return self._lanes.setdefault(kept.conversation, _Lane())

    def written(self, kept: Kept) -> None:
        """It is on the disk."""
        kept.is_on_disk = True
        if kept.stage is Stage.WRITING:
            kept.stage = Stage.WAITING
            if not kept.is_aside:
                self._make_ready(self._lanes[kept.conversation])

    # --- going out -------------------------------------------------------------------------------

    def take_due(self, now: float) -> Iterator[Kept]:
        """What goes out now, one of each lane in turn; it is in flight until it is answered."""
        self._start_stopped(now)
        while self._ready and self._has_room():
            lane = self._ready.popleft()
            lane.is_ready = False
            kept = lane.first()
            if kept is None or lane.stopped_until is not None:
                continue
            lane.take_first()
            kept.stage = Stage.IN_FLIGHT
            self._count(lane, kept)
            self._make_ready(lane)
            yield kept

    @property
    def oldest(self) -> Kept | None:
        """What has been kept longest."""
        return next(iter(self), None)

    def next_due(self) -> float | None:
        """When a stopped lane may start again."""
        starts = (self._starts_at(lane) for lane in self._stopped)
        return min((at for at in starts if at is not None), default=None)

    def _has_room(self) -> bool:
        return self._in_flight < self._messages and self._size_in_flight < self._size

    def _count(self, lane: _Lane, kept: Kept) -> None:
        lane.in_flight[kept.position] = kept
        self._in_flight += 1
        self._size_in_flight += kept.size - KEEPING_BYTES

    def _make_ready(self, lane: _Lane) -> None:
        if not lane.is_ready and lane.stopped_until is None and lane.first() is not None:
            lane.is_ready = True
            self._ready.append(lane)

    def _start_stopped(self, now: float) -> None:
        for lane in list(self._stopped):
            starts_at = self._starts_at(lane)
            if starts_at is not None and starts_at <= now:
                self._stopped.remove(lane)
                lane.stopped_until = None
                self._make_ready(lane)

    def _starts_at(self, lane: _Lane) -> float | None:
        # What is in flight behind a refused message will be refused too: wait for those answers,
        # or it would go out twice.
        return None if lane.in_flight else lane.stopped_until

    # --- answers ---------------------------------------------------------------------------------

    def done(self, kept: Kept) -> None:
        """Main has it, or refused it for good; or it could not be kept."""
        if kept.stage is Stage.DONE:
            return
        if not kept.is_aside:
            self._leave(self._lanes[kept.conversation], kept)
        kept.stage = Stage.DONE
        del self._by_key[kept.sender, kept.command.key]
        self.bytes -= kept.size

    def _leave(self, lane: _Lane, kept: Kept) -> None:
        if kept.stage is Stage.IN_FLIGHT:
            self._uncount(lane, kept)
            lane.waits = None
            self._make_ready(lane)
        elif kept in lane.returned:
            lane.returned.remove(kept)
        else:
            lane.waiting.remove(kept)
        if not lane:
            self._forget(kept.conversation)

    def refused_for_now(self, kept: Kept, now: float) -> None:
        """Its lane waits, each time longer, and goes on from its first."""
        if kept.stage is not Stage.IN_FLIGHT:
            return
        lane = self._lanes[kept.conversation]
        self._return(lane, kept)
        if lane.stopped_until is None:
            lane.waits = lane.waits or growing_waits(self._jitter)
            lane.stopped_until = now + next(lane.waits)
            self._stopped.append(lane)

    def cut(self) -> None:
        """The link is gone: what is unanswered goes out again, in order, on the next."""
        for lane in self._lanes.values():
            for kept in list(lane.in_flight.values()):
                self._return(lane, kept)
                kept.live_in = None
            lane.stopped_until = lane.waits = None
            self._make_ready(lane)
        self._stopped.clear()

    def _return(self, lane: _Lane, kept: Kept) -> None:
        self._uncount(lane, kept)
        kept.stage = Stage.WAITING
        insort(lane.returned, kept, key=attrgetter("order"))

    def _uncount(self, lane: _Lane, kept: Kept) -> None:
        del lane.in_flight[kept.position]
        self._in_flight -= 1
        self._size_in_flight -= kept.size - KEEPING_BYTES

    def _forget(self, conversation: str) -> None:
        lane = self._lanes.pop(conversation)
        if lane in self._stopped:
            self._stopped.remove(lane)
