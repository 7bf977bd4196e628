"""What was sent, promised and seen, and whether the promises were kept. Plain facts, no I/O.

Facts come in the order in which they happened. What can be judged at once is judged at once; the
rest in `settle`, when everything runs again and all has arrived. A broken rule is a `Violation`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise


class Rule(Enum):
    """What must hold. The value is how a violation is told."""

    KEPT = "an acknowledged message is lost"
    ONE_PLACE = "a message has two places"
    NO_HOLE = "a log is not 1, 2, 3 …"
    ONE_ORDER = "two saw different rows under one number"
    SENT = "a row is there that nobody sent"
    IN_ORDER = "a sender's messages changed their order"
    FORWARD = "a watermark ran back"
    READ_STAYS = "a device is told another place than was read"
    UNREAD = "unread is not the messages of others beyond read"
    ARRIVED = "a message never arrived"
    SAME_END = "a device ends with less than the others"
    NOT_REFUSED = "a message was refused for good"
    SIGNED_IN = "a session ended that nobody ended"
    RUNNING = "a process ended by itself"
    NOTICED = "a connection without another end was not noticed"


@dataclass(frozen=True, slots=True)
class Violation:
    rule: Rule
    detail: str

    def __str__(self) -> str:
        return f"{self.rule.value}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a log, as somebody saw it. A system row has no key."""

    seq: int
    sender: str
    key: str
    text: str
    at: int
    """Main's clock at the commit, in milliseconds: of one row it is the same for everybody."""


Place = tuple[str, int]
"""A conversation and a seq."""

Message = tuple[str, str]
"""A sender's address and key: what names a message for ever."""

Members = Mapping[str, Sequence[str]]
"""The devices that must have a conversation in the end."""


class History:
    """Of one run. Devices, conversations and people are named by strings."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []
        self.promised_at_realm = 0
        self.promised_at_main = 0
        self._texts: dict[Message, str] = {}
        self._lanes: dict[tuple[str, str], list[Message]] = defaultdict(list)
        """What a device sent to a target, in its order."""
        self._promises: dict[Message, Place | None] = {}
        """Without a place while only a realm has acknowledged it."""
        self._book: dict[str, dict[int, Row]] = defaultdict(dict)
        """Each conversation as those who saw it first have it."""
        self._last: dict[str, int] = defaultdict(int)
        self._places: dict[Message, Place] = {}
        self._unseen: dict[Message, None] = {}
        """Sent, and in no log yet."""
        self._have: dict[tuple[str, str], int] = defaultdict(int)
        self._told: dict[tuple[str, str, str], tuple[int, int]] = {}
        self._read: dict[tuple[str, str], int] = {}

    @property
    def sent_messages(self) -> int:
        return len(self._texts)

    @property
    def rows(self) -> int:
        """All that are known of, system rows too."""
        return sum(map(len, self._book.values()))

    def last_seq(self, conversation: str) -> int:
        """Up to where anybody has seen it."""
        return self._last[conversation]

    # --- what happens ----------------------------------------------------------------------------

    def sent(self, device: str, sender: str, target: str, key: str, text: str) -> None:
        """A device took a message: from now on it is owed."""
        message = (sender, key)
        self._texts[message] = text
        self._unseen[message] = None
        self._lanes[device, target].append(message)

    def promised_by_realm(self, sender: str, key: str) -> None:
        """Acknowledged as `at_realm`."""
        self.promised_at_realm += 1
        self._promises.setdefault((sender, key), None)

    def promised_by_main(self, sender: str, key: str, place: Place) -> None:
        """Acknowledged as `at_main`; each time it is, with the same place."""
        self.promised_at_main += 1
        self._put((sender, key), place)
        self._promises[sender, key] = place

    def pending(self, device: str, sender: str, key: str, text: str) -> None:
        """A device shows what a neighbour said while main couldn't be reached."""
        if self._texts.get((sender, key)) != text:
            self._break(Rule.SENT, f"{device} shows {key} of {sender}, without a number")

    def refused(self, sender: str, key: str, code: str) -> None:
        """Refused for good. Nothing that these runs send may be."""
        self._break(Rule.NOT_REFUSED, f"{key} of {sender}: {code}")

    def signed_out(self, device: str, reason: str) -> None:
        self._break(Rule.SIGNED_IN, f"{device}: {reason}")

    def ended(self, process: str, log: str) -> None:
        self._break(Rule.RUNNING, f"{process}: {log}")

    def unnoticed(self, what: str) -> None:
        self._break(Rule.NOTICED, what)

    def miscounted(self, stored: int) -> None:
        """Main counts its messages in the end."""
        self._break(Rule.SAME_END, f"main stores {stored} rows, {self.rows} have been seen")

    def viewed(self, device: str, conversation: str, row: Row) -> None:
        """A device shows a row, the next of its log."""
        have = self._have[device, conversation]
        if row.seq != have + 1:
            self._break(Rule.NO_HOLE, f"{device} shows {conversation} {row.seq} after {have}")
        self._have[device, conversation] = row.seq
        self.noticed(device, conversation, row)

    def noticed(self, device: str, conversation: str, row: Row) -> None:
        """A device was told a row, which it may know or not be ready for."""
        known = self._book[conversation].setdefault(row.seq, row)
        if known is row:
            self._last[conversation] = max(self._last[conversation], row.seq)
            self._enter(conversation, row)
        elif known != row:
            detail = f"{conversation} {row.seq} is {known}, and {row} at {device}"
            self._break(Rule.ONE_ORDER, detail)

    def _enter(self, conversation: str, row: Row) -> None:
        if not row.key:
            return
        message = (row.sender, row.key)
        if self._texts.get(message) != row.text:
            self._break(Rule.SENT, f"{conversation} {row}")
        self._unseen.pop(message, None)
        self._put(message, (conversation, row.seq))

    def _put(self, message: Message, place: Place) -> None:
        if self._places.setdefault(message, place) != place:
            self._break(Rule.ONE_PLACE, f"{message}: {self._places[message]} and {place}")

    def began(self, person: str, conversation: str, read: int) -> None:
        """Somebody came into a conversation: what was said before counts as read."""
        self._read.setdefault((person, conversation), read)

    def moved(self, person: str, conversation: str, read: int) -> None:
        """A person read up to here, on one of their devices."""
        self._read[person, conversation] = max(self.read(person, conversation), read)

    def watermark(
        self, device: str, conversation: str, person: str, delivered: int, read: int
    ) -> None:
        """A device was told somebody's watermarks."""
        place = (device, conversation, person)
        before = self._told.get(place, (0, 0))
        if delivered < before[0] or read < before[1]:
            detail = f"{person} in {conversation}, at {device}: {before}, then {(delivered, read)}"
            self._break(Rule.FORWARD, detail)
        if read > delivered:
            self._break(Rule.FORWARD, f"{person} in {conversation} read {read} before {delivered}")
        self._told[place] = (delivered, read)

    def told_anew(self, device: str) -> None:
        """Its link came again: main may have forgotten marks that it had not written yet."""
        for place in [place for place in self._told if place[0] == device]:
            del self._told[place]

    # --- when all has arrived --------------------------------------------------------------------

    def unsettled(self, members: Members) -> int:
        """How much is still to arrive: messages in any log, conversations at a device."""
        return len(self._unseen) + len(list(self._behind(members)))

    def _behind(self, members: Members) -> Iterator[tuple[str, str]]:
        for conversation in self._book:
            last = self.last_seq(conversation)
            for device in members[conversation]:
                if self._have[device, conversation] < last:
                    yield device, conversation

    def settle(self, members: Members) -> None:
        """Judge the end, once all that will arrive has arrived."""
        for conversation, book in self._book.items():
            if len(book) != self.last_seq(conversation):
                self._break(Rule.NO_HOLE, f"{conversation} has {len(book)} rows up to {max(book)}")
        for device, conversation in self._behind(members):
            have, last = self._have[device, conversation], self.last_seq(conversation)
            self._break(Rule.SAME_END, f"{device} has {conversation} up to {have} of {last}")
        for message in self._unseen:
            if message in self._promises:
                told = f"{message}, promised at {self._promises[message] or 'its realm'}"
                self._break(Rule.KEPT, told)
            else:
                self._break(Rule.ARRIVED, str(message))
        self._settle_order()

    def _settle_order(self) -> None:
        for (device, target), messages in self._lanes.items():
            placed = [each for each in messages if each in self._places]
            for one, other in pairwise(placed):
                first, second = self._places[one][1], self._places[other][1]
                if first > second:
                    detail = f"{device} to {target}: {one[1]} ({first}), {other[1]} ({second})"
                    self._break(Rule.IN_ORDER, detail)

    def read(self, person: str, conversation: str) -> int:
        """Up to where somebody has read, on any device."""
        return self._read.get((person, conversation), 0)

    def check_read(
        self, device: str, person: str, conversation: str, read: int, *, or_more: bool = False
    ) -> None:
        """In the end a device is told up to where its person has read.

        `or_more` where reading to the end reads what stands behind it without a number, too.
        """
        expected = self.read(person, conversation)
        if read < expected or (read > expected and not or_more):
            detail = f"{person} read {conversation} to {expected}; {device} is told {read}"
            self._break(Rule.READ_STAYS, detail)

    def check_unread(
        self, device: str, person: str, conversation: str, read: int, unread: int
    ) -> None:
        """In the end a device counts what its person has not read."""
        book = self._book[conversation].values()
        others = sum(1 for row in book if row.key and row.sender != person and row.seq > read)
        if unread != others:
            detail = f"{device} counts {unread} in {conversation} beyond {read}, there are {others}"
            self._break(Rule.UNREAD, detail)

    def _break(self, rule: Rule, detail: str) -> None:
        self.violations.append(Violation(rule, detail))
