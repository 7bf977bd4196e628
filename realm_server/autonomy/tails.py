"""The newest messages of each conversation, held without a hole: what of them is kept, and where.

Rows in, rows out; within a transaction that is handed in.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec import Raw
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection

from realm_protocol.bodies import read_file_body
from realm_protocol.limits import NEW_DEVICE_MESSAGES
from realm_protocol.wire import join_frame
from realm_server.autonomy.replica_tables import conversations

MESSAGES = NEW_DEVICE_MESSAGES
"""Of one conversation; more while the oldest of them lie in one run with newer ones."""
BYTES = 1024 * 1024
"""Of one conversation; its newest message is held however long it is."""


class Tail(NamedTuple):
    """Messages from `first` to `last` are held; none where `last` lies before `first`."""

    first: int
    last: int
    size: int


class Run(NamedTuple):
    """Messages that follow on each other, as their readers got them: packed events."""

    first: int
    events: Sequence[bytes]
    files: Sequence[tuple[int, str]]
    """The seq of each that names a file, and the file's id."""

    @property
    def last(self) -> int:
        return self.first + len(self.events) - 1

    def part(self, first: int, last: int) -> "Run":
        """What of it lies from `first` to `last`, which may be nothing."""
        first = max(first, self.first)
        events = self.events[first - self.first : max(0, last + 1 - self.first)]
        return Run(first, events, [named for named in self.files if first <= named[0] <= last])


EMPTY = Tail(1, 0, 0)


class _Stored(msgspec.Struct, array_like=True, gc=False):
    """As much of a `StoredMessage` as is asked here; what follows is not read."""

    conversation: Raw
    seq: int
    key: Raw
    kind: str
    sender: Raw
    body: bytes


_event = msgspec.msgpack.Decoder(tuple[int, _Stored])


def newest_run(arrived: Iterable[bytes]) -> Run:
    """The last packed `MessageStored` that follow on each other, as many as are held."""
    first, events, named = 1, list[bytes](), list[tuple[int, str]]()
    for event in arrived:
        _, stored = _event.decode(event)
        if stored.seq != first + len(events):
            first, events, named = stored.seq, [], []
        events.append(event)
        if stored.kind == "file":
            named.append((stored.seq, read_file_body(stored.body).file_id))
    run = Run(first, events, named)
    seqs = range(run.last, first - 1, -1)
    newest_first = zip(seqs, seqs, map(len, reversed(events)), strict=True)
    return run.part(fitting(newest_first), run.last)


def joins(held: Tail, first: int, last: int) -> bool:
    """Whether a run and what is held are one run."""
    return held.last >= held.first and first <= held.last + 1 and last >= held.first - 1


def fitting(newest_first: Iterable[tuple[int, int, int]]) -> int:
    """The lowest seq to keep, of stretches that follow on each other: first, last and size.

    Of those that are kept, none but the newest has so many or so much behind it already.
    """
    lowest = newest = total = 0
    for first, last, size in newest_first:
        newest = newest or last
        total += size
        if lowest and (newest - last >= MESSAGES or total > BYTES):
            break
        lowest = first
    return lowest


def write_tails(
    connection: Connection, arrived: Mapping[str, Sequence[bytes]], touched_at: int
) -> int:
    """Take in what arrived, in the order of each conversation. Returns how many bytes it adds."""
    added = 0
    rows = []
    for conversation, events in arrived.items():
        held = read_tail(connection, conversation)
        tail = _write_run(connection, conversation, held, newest_run(events))
        if tail is not held:
            rows.append(_row(conversation, tail, touched_at))
            added += tail.size - held.size
    if rows:
        connection.execute(_KEEP, rows)
    return added


def _write_run(connection: Connection, conversation: str, held: Tail, run: Run) -> Tail:
    """What is held then. Where the run leaves a hole to what is held, the newer one remains."""
    if not run.events or (run.last < held.first - 1 and held.last >= held.first):
        return held
    if not joins(held, run.first, run.last):
        if held.size:
            _delete(connection, conversation)
        held = Tail(run.first, run.first - 1, 0)
    _insert(connection, conversation, run.part(run.first, held.first - 1))
    _insert(connection, conversation, run.part(held.last + 1, run.last))
    return _cut(connection, conversation)


def _insert(connection: Connection, conversation: str, run: Run) -> None:
    if not run.events:
        return
    row = (conversation, run.first, run.last, join_frame(run.events))
    connection.exec_driver_sql("INSERT INTO messages VALUES (?, ?, ?, ?)", row)
    if run.files:
        named = [(file_id, conversation, seq) for seq, file_id in run.files]
        connection.exec_driver_sql("INSERT OR IGNORE INTO files VALUES (?, ?, ?)", named)


def read_tail(connection: Connection, conversation: str) -> Tail:
    """What is held of a conversation."""
    row = connection.exec_driver_sql(_FIND, (conversation,)).one_or_none()
    return EMPTY if row is None else Tail._make(row)


def _cut(connection: Connection, conversation: str) -> Tail:
    """Forget what is too much; returns what remains."""
    runs = [tuple(row) for row in connection.exec_driver_sql(_RUNS, (conversation,))]
    lowest = fitting(runs)
    if lowest > runs[-1][0]:
        _delete(connection, conversation, below=lowest)
    return Tail(lowest, runs[0][1], sum(size for first, _, size in runs if first >= lowest))


def _delete(connection: Connection, conversation: str, below: int = 2**53) -> None:
    for forget in _FORGET:
        connection.exec_driver_sql(forget, (conversation, below))


def forget_quietest(connection: Connection, size: int) -> int:
    """Forget messages of what was quiet longest, about so many bytes. Returns how many."""
    forgotten = 0
    for row in connection.execute(_QUIETEST).all():
        if forgotten >= size:
            break
        _delete(connection, row.conversation)
        connection.execute(_KEEP, _row(row.conversation, EMPTY, 0))
        forgotten += row.held_bytes
    return forgotten


def _row(conversation: str, tail: Tail, touched_at: int) -> dict[str, Any]:
    return {
        "conversation": conversation,
        "last_seq": tail.last,
        "held_from": tail.first,
        "held_to": tail.last,
        "held_bytes": tail.size,
        "touched_at": touched_at,
    }


# Those of each write, plain: compiling or binding them would cost more than they do.
_FIND = "SELECT held_from, held_to, held_bytes FROM conversations WHERE conversation = ?"
_RUNS = (
    "SELECT first_seq, last_seq, length(events) FROM messages WHERE conversation = ?"
    " ORDER BY first_seq DESC"
)
_FORGET = (
    "DELETE FROM messages WHERE conversation = ? AND first_seq < ?",
    "DELETE FROM files WHERE conversation = ? AND seq < ?",
)
_QUIETEST = (
    sa.select(conversations.c.conversation, conversations.c.held_bytes)
    .where(conversations.c.held_bytes > 0)
    .order_by(conversations.c.touched_at)
    .limit(1000)
)
_keep = insert(conversations)
_KEEP = _keep.on_conflict_do_update(
    index_elements=[conversations.c.conversation],
    set_={
        "last_seq": sa.func.max(conversations.c.last_seq, _keep.excluded.last_seq),
        "held_from": _keep.excluded.held_from,
        "held_to": _keep.excluded.held_to,
        "held_bytes": _keep.excluded.held_bytes,
        "touched_at": _keep.excluded.touched_at,
    },
)
