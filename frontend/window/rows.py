"""What stands in a pane of messages, from top to bottom: days, groups of one sender, the line above
what is new. Pure; how it looks is `views`'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial

from frontend.service.shapes import Message, Upload
from frontend.window import uploads as on_their_way
from frontend.window.changes import named_in
from frontend.window.identity import NOBODY, People, realm_of

GROUP_MINUTES = 5
STATES_WITH_WORDS = ("saved", "at_realm", "at_main", "delivered", "read")


@dataclass(frozen=True, slots=True)
class DayRow:
    day: date
    above: str = field(default="", compare=False)
    """The message below it: another row stands above older ones of its day."""


@dataclass(frozen=True, slots=True)
class NewRow:
    """The line above the first message that hadn't been read when the conversation was opened."""


@dataclass(frozen=True, slots=True)
class SystemRow:
    message: Message
    names: Mapping[str, str] = field(default_factory=dict)
    """Of those whom it is about."""


@dataclass(frozen=True, slots=True)
class BubbleRow:
    message: Message
    own: bool
    begins: bool
    """It begins a group: its sender is named, and there is room above."""
    tells_state: bool
    """The last own message of its state says it in words."""
    upload: Upload | None = None
    """Of a file that isn't a message yet."""
    name: str = ""
    """What its sender is called."""
    initials: str = ""
    """Of its sender."""


Row = DayRow | NewRow | SystemRow | BubbleRow


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a conversation has been seen: to this number, and so many of the others' messages
    that have none yet.
    """

    seq: int
    unnumbered: int = 0


def row_key(row: Row) -> str:
    """What a row keeps when others come: the same row, drawn once."""
    match row:
        case DayRow(day=day, above=above):
            return f"day-{day.isoformat()}-{above}"
        case NewRow():
            return "new-line"
        case SystemRow(message=message):
            return f"system-{message.seq}"
        case BubbleRow(message=message):
            return bubble_key(message)


def bubble_key(message: Message) -> str:
    return f"msg-{message.sender}-{message.key}"


def moment(message: Message) -> datetime:
    """When a message is shown to be of; its place comes of its number alone."""
    return message.at or message.sent_at


def rows_of(
    messages: Sequence[Message],
    me: str,
    seen: Seen | None,
    now: datetime,
    uploads: Sequence[Upload] = (),
    people: People = NOBODY,
) -> list[Row]:
    """The rows of a conversation; the line of new ones stands behind what was `seen`."""
    messages = (*messages, *(on_their_way.as_message(upload, me) for upload in uploads))
    moving = {upload.key: upload for upload in uploads}
    last_of_state = {
        m.state: m
        for m in messages
        if m.sender == me and m.kind != "system" and m.key not in moving
    }
    rows: list[Row] = []
    before: Message | None = None
    first_new = None if seen is None else _first_new(messages, me, seen)
    today: date | None = None
    told_of = partial(people.told_of, own_realm=realm_of(me))
    for message in messages:
        day = moment(message).astimezone(now.tzinfo).date()
        if day != today:
            rows.append(DayRow(day, bubble_key(message)))
            today, before = day, None
        if message is first_new:
            rows.append(NewRow())
            before = None
        if message.kind == "system":
            rows.append(SystemRow(message, named_in(message, told_of)))
            before = None
            continue
        own = message.sender == me
        upload = moving.get(message.key) if own else None
        tells = own and upload is None and last_of_state[message.state] is message
        begins = not _continues(before, message)
        tells = tells and _has_words(message)
        sender = message.sender
        called = people.title_of(sender), people.initials_of(sender)
        rows.append(BubbleRow(message, own, begins, tells, upload, *called))
        before = message
    return rows


def with_words_of(rows: Sequence[Row], before: Sequence[Row]) -> list[Row]:
    """The rows, of which those that stood there say as much of their states as they did: a line of
    words that came or went would move what stands above it.
    """
    told = {row_key(row): row.tells_state for row in before if isinstance(row, BubbleRow)}

    def as_before(row: Row) -> Row:
        if not isinstance(row, BubbleRow) or row_key(row) not in told:
            return row
        return replace(row, tells_state=told[row_key(row)])

    return [as_before(row) for row in rows]


def seen_of(messages: Sequence[Message], me: str, read: int, unread: int) -> Seen:
    """What was seen where `read` is the number up to which all was, and `unread` are left."""
    new = sum(_is_new(message, me, read) for message in messages)
    return Seen(read, min(max(0, new - unread), unnumbered(messages, me)))


def unnumbered(messages: Sequence[Message], me: str) -> int:
    """How many of the others' messages have no number yet: main hasn't got them."""
    return sum(message.seq is None and message.sender != me for message in messages)


def _first_new(messages: Sequence[Message], me: str, seen: Seen) -> Message | None:
    known = seen.unnumbered
    for message in messages:
        if not _is_new(message, me, seen.seq):
            continue
        if message.seq is not None or not known:
            return message
        known -= 1
    return None


def _is_new(message: Message, me: str, after: int) -> bool:
    new = message.seq is None or message.seq > after
    return new and message.sender != me and message.kind != "system"


def _has_words(message: Message) -> bool:
    return message.state in STATES_WITH_WORDS


def _continues(before: Message | None, message: Message) -> bool:
    if before is None or before.sender != message.sender:
        return False
    apart = abs(moment(message) - moment(before))
    return apart <= timedelta(minutes=GROUP_MINUTES)
