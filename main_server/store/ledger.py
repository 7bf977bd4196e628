"""The ledger: conversations with their counters, and the rows that the open batch appends.

Belongs to the writer thread. What it holds is a cache of the store: after a rollback it is
forgotten and read again. The hot path speaks to the driver directly; the rest is SQLAlchemy.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import chain
from typing import Literal, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from main_server.store.schema import blocks, conversations, is_in, memberships, people
from realm_protocol.commands import Accepted, Head
from realm_protocol.events import MessageStored
from realm_protocol.names import Address, GroupAddress
from realm_protocol.wire import pack, tag_of
from realm_service.logs import get_logger

log = get_logger("ledger")

T = TypeVar("T")
ConversationKind = Literal["private", "group", "room"]

_CACHED_CONVERSATIONS = 50_000
_CACHED_TARGETS = 200_000
_MESSAGE_STORED = tag_of(MessageStored)

# Many rows in one statement: each step of a statement hands the interpreter's lock over, and a busy
# event loop takes its time to give it back. OR ROLLBACK spares SQLite the journal it would keep to
# undo a statement alone. Few sizes, so that every statement stays prepared.
_ROWS_PER_STATEMENT = (256, 64, 16, 4, 1)

_MOVE_WATERMARKS = (
    "UPDATE memberships SET read = ?, delivered = ?, changed_at = ?"
    " WHERE conversation_id = ? AND person_id = ?"
)
_UNINDEXED = (
    "SELECT count(*) FROM messages WHERE id > (SELECT value FROM facts WHERE name = 'indexed_to')"
)
_COUNT = (
    "UPDATE conversations SET last_seq = counted.last_seq, changed_at = ?"
    " FROM (SELECT conversation_id, max(seq) AS last_seq FROM messages"
    " WHERE id > (SELECT value FROM facts WHERE name = 'indexed_to')"
    " GROUP BY conversation_id) AS counted"
    " WHERE conversations.id = counted.conversation_id"
    " AND conversations.last_seq < counted.last_seq"
)
_INDEX = (
    "INSERT OR IGNORE INTO message_index SELECT conversation_id, seq, id FROM messages"
    " WHERE id > (SELECT value FROM facts WHERE name = 'indexed_to') ORDER BY conversation_id, seq"
)
_INDEXED = (
    "UPDATE facts SET value = (SELECT coalesce(max(id), 0) FROM messages) WHERE name = 'indexed_to'"
)
_NEWEST_INDEXED = "SELECT max(seq) FROM message_index WHERE conversation_id = ?"


@lru_cache(maxsize=16)
def _insert_messages(count: int, conflict: str) -> str:
    row = "(?, ?, ?, ?, ?, ?, ?, ?)"
    return (
        f"INSERT {conflict} INTO messages"  # noqa: S608  nothing from outside is in it
        " (conversation_id, seq, sender_id, key, kind, body, sent_at, at)"
        f" VALUES {', '.join([row] * count)}"
    )


def _in_sizes(rows: list[T]) -> Iterator[list[T]]:
    """The rows in as few parts as the statements' sizes allow, in order."""
    start = 0
    for size in _ROWS_PER_STATEMENT:
        while len(rows) - start >= size:
            yield rows[start : start + size]
            start += size


@dataclass(slots=True)
class Member:
    person_id: int
    address: Address
    role: str
    first_seq: int
    read: int
    delivered: int
    joined_seq: int = 0


@dataclass(slots=True)
class Conversation:
    """A conversation as the writer sees it. `members` holds those who are in it now."""

    row_id: int
    public_id: str
    kind: ConversationKind
    group: GroupAddress | None
    last_seq: int
    members: dict[int, Member]
    blockers: set[int] = field(default_factory=set)
    """Who of a private conversation refuses messages of the other."""
    is_closed: bool = False
    """Nobody joins or writes there."""
    display_name: str = ""
    open_from: int | None = 1
    """Whoever joins sees what has been written from here on; None: one is invited, and sees what is
    written from then on."""

    @property
    def is_invite_only(self) -> bool:
        return self.open_from is None

    def peer_of(self, person_id: int) -> Member | None:
        """The other one of a private conversation; oneself when one writes to oneself."""
        if self.kind != "private":
            return None
        others = [member for key, member in self.members.items() if key != person_id]
        return others[0] if others else self.members.get(person_id)

    def head_for(self, member: Member) -> Head:
        """How the conversation stands for this member."""
        peer = self.peer_of(member.person_id)
        return Head(
            conversation=self.public_id,
            kind=self.kind,
            name=str(self.group if peer is None else peer.address),
            last_seq=self.last_seq,
            read=member.read,
            delivered=member.delivered,
            peer_read=peer.read if peer else 0,
            peer_delivered=peer.delivered if peer else 0,
            first_seq=member.first_seq,
            role=member.role,  # type: ignore[arg-type]  # the schema's words are Head's
            display_name=self.display_name,
            invite_only=self.is_invite_only,
            closed=self.is_closed,
        )


@dataclass(frozen=True, slots=True)
class StoredKey:
    """What a sender's key was used for."""

    conversation: str
    seq: int
    at: int
    kind: str
    body: bytes


class Ledger:
    """Appends rows with gapless numbers. Nothing is durable before the writer's COMMIT."""

    def __init__(self, connection: Connection) -> None:
        driver = connection.connection.driver_connection
        if not isinstance(driver, sqlite3.Connection):
            raise TypeError("the append path speaks to sqlite3")
        self.connection = connection
        self._driver = driver
        self._by_id: dict[str, Conversation] = {}
        self._targets: dict[tuple[int, str], Conversation] = {}
        self._rows: list[tuple[int, int, int, str | None, str, bytes, int, int]] = []
        self._numbers: dict[int, int] = {}
        self._uncounted: dict[int, int] = {}
        self._marked: dict[tuple[int, int], Member] = {}
        self._marks_written: set[tuple[int, int]] = set()
        self.unindexed: int = self._driver.execute(_UNINDEXED).fetchone()[0]
        """About how many messages have no place in their index yet."""
        self._being_settled = 0
        self._position = 0
        self._careful = False

    # --- conversations ---------------------------------------------------------------------------

    def target(self, person_id: int, to: str) -> Conversation | None:
        """The conversation that `to` meant when this person last wrote there, if it is cached."""
        return self._targets.get((person_id, to))

    def remember_target(self, person_id: int, to: str, conversation: Conversation) -> None:
        if len(self._targets) >= _CACHED_TARGETS:
            self._targets.clear()
        self._targets[person_id, to] = conversation

    def conversation(self, public_id: str) -> Conversation | None:
        """A conversation by its id, read from the store when it isn't cached."""
        return self._by_id.get(public_id) or self._load(public_id)

    def add(self, conversation: Conversation) -> None:
        """Take a conversation that has just been inserted."""
        if len(self._by_id) >= _CACHED_CONVERSATIONS:
            self.flush()
            self.forget()
        self._by_id[conversation.public_id] = conversation

    def cached(self, public_id: str) -> Conversation | None:
        """A conversation only if it is cached: to keep the cache true after a change."""
        return self._by_id.get(public_id)

    def begin(self, position: int, *, careful: bool = False) -> None:
        """Begin a transaction; what changes in it gets this position.

        In a careful one a row at fault leaves the transaction standing, for a savepoint.
        """
        self._driver.execute("BEGIN IMMEDIATE")
        self._position = position
        self._careful = careful

    def commit(self) -> None:
        """Write what was appended, and sync it to the disk."""
        self.flush()
        self._driver.execute("COMMIT")
        for place in self._marks_written:
            del self._marked[place]
        self._marks_written.clear()
        if self._being_settled:
            self._uncounted.clear()
            self.unindexed -= self._being_settled
            self._being_settled = 0
        self._uncounted.update(self._numbers)
        self._numbers.clear()

    def roll_back(self) -> None:
        """Nothing of the transaction happened."""
        self.forget()
        self._numbers.clear()
        if self._driver.in_transaction:
            self._driver.execute("ROLLBACK")

    @property
    def in_transaction(self) -> bool:
        """False once SQLite has ended a transaction by itself, on a full disk."""
        return self._driver.in_transaction

    @property
    def changes(self) -> int:
        """Counts up with every row that is written or waits to be: refusals mostly write none."""
        return self._driver.total_changes + len(self._rows)

    def forget(self) -> None:
        """Drop the cache: the store rolled back, or rights changed."""
        self._rows.clear()
        self._by_id.clear()
        self._targets.clear()
        self._marks_written.clear()
        self._being_settled = 0

    def _load(self, public_id: str) -> Conversation | None:
        row = self.connection.execute(
            sa.select(conversations).where(conversations.c.public_id == public_id)
        ).one_or_none()
        if row is None:
            return None
        self._check_counter(row.id, row.last_seq)
        loaded = Conversation(
            row_id=row.id,
            public_id=row.public_id,
            kind=row.kind,
            group=GroupAddress(row.address) if row.address else None,
            last_seq=max(row.last_seq, self.uncounted(row.id)),
            members=self._load_members(row.id),
            is_closed=row.closed_at is not None,
            display_name=row.display_name,
            open_from=row.open_from,
        )
        if row.kind == "private":
            loaded.blockers = self.blockers_among(list(loaded.members))
        self.add(loaded)
        return loaded

    def _check_counter(self, row_id: int, last_seq: int) -> None:
        """A counter that was set back would give a number for the second time."""
        newest = self._driver.execute(_NEWEST_INDEXED, (row_id,)).fetchone()[0] or 0
        if newest > last_seq:
            raise ValueError(f"conversation {row_id} has counted to {last_seq} and holds {newest}")

    def _load_members(self, conversation_row: int) -> dict[int, Member]:
        rows = self.connection.execute(
            sa.select(
                memberships.c.person_id,
                people.c.address,
                memberships.c.role,
                memberships.c.first_seq,
                memberships.c.read,
                memberships.c.delivered,
                memberships.c.joined_seq,
            )
            .join(people, people.c.id == memberships.c.person_id)
            .where(memberships.c.conversation_id == conversation_row, is_in())
        )
        members = {row.person_id: Member(row[0], Address(row[1]), *row[2:]) for row in rows}
        for key, member in members.items():
            # Watermarks that wait for their write are newer than the store.
            members[key] = self._marked.get((conversation_row, key), member)
        return members

    def blockers_among(self, member_ids: list[int]) -> set[int]:
        """Which of these persons have blocked another of them."""
        return set(
            self.connection.scalars(
                sa.select(blocks.c.person_id).where(
                    blocks.c.person_id.in_(member_ids), blocks.c.blocked_id.in_(member_ids)
                )
            )
        )

    def blockers_of(self, person_id: int) -> set[int]:
        """Who has blocked this person."""
        found = sa.select(blocks.c.person_id).where(blocks.c.blocked_id == person_id)
        return set(self.connection.scalars(found))

    # --- rows ------------------------------------------------------------------------------------

    def append(
        self,
        conversation: Conversation,
        sender: tuple[int, Address],
        key: str | None,
        kind: str,
        body: bytes,
        times: tuple[int, int],
    ) -> tuple[bytes, bytes]:
        """Give a message its number; returns the packed event and the packed `Accepted`.

        `times` are the sender's and main's clock.
        """
        seq = conversation.last_seq + 1
        conversation.last_seq = seq
        row_id = conversation.row_id
        sent_at, at = times
        self._rows.append((row_id, seq, sender[0], key, kind, body, sent_at, at))
        self._numbers[row_id] = seq
        public_id = conversation.public_id
        stored = (public_id, seq, key or "", kind, sender[1], body, sent_at, at)
        return pack((_MESSAGE_STORED, stored)), pack((public_id, seq, at))

    def accepted(self, stored: StoredKey) -> bytes:
        """The first answer to a key, packed again."""
        return pack(Accepted(stored.conversation, stored.seq, stored.at))

    def find_key(self, person_id: int, key: str) -> StoredKey | None:
        """What this sender's key was used for, if it was. Rows of the batch must be flushed."""
        row = self._driver.execute(
            "SELECT c.public_id, m.seq, m.at, m.kind, m.body FROM messages m"
            " JOIN conversations c ON c.id = m.conversation_id"
            " WHERE m.sender_id = ? AND m.key = ?",
            (person_id, key),
        ).fetchone()
        return None if row is None else StoredKey(*row)

    def flush(self) -> None:
        """Write the rows of the batch into the open transaction."""
        if self._rows:
            conflict = "" if self._careful else "OR ROLLBACK"
            for part in _in_sizes(self._rows):
                statement = _insert_messages(len(part), conflict)
                self._driver.execute(statement, list(chain.from_iterable(part)))
            self.unindexed += len(self._rows)
            self._rows.clear()

    # --- watermarks ------------------------------------------------------------------------------

    def mark(
        self, conversation: Conversation, member: Member, read: int, delivered: int
    ) -> Callable[[], None]:
        """Move the member's watermarks; they are written behind. Returns what undoes it."""
        place = (conversation.row_id, member.person_id)
        before = (self._marked.get(place), member.read, member.delivered)
        member.read, member.delivered = read, delivered
        self._marked[place] = member
        self._marks_written.discard(place)
        return partial(self._mark_back, place, member, before)

    def _mark_back(
        self, place: tuple[int, int], member: Member, before: tuple[Member | None, int, int]
    ) -> None:
        marked, member.read, member.delivered = before
        if marked is None:
            self._marked.pop(place, None)
        else:
            self._marked[place] = marked

    def unmark(self, conversation: Conversation, person_id: int) -> Callable[[], None]:
        """The person's membership row has the last word now. Returns what undoes it."""
        place = (conversation.row_id, person_id)
        self._marks_written.discard(place)
        marked = self._marked.pop(place, None)
        if marked is None:
            return lambda: None
        return partial(self._mark_back, place, marked, (marked, marked.read, marked.delivered))

    @property
    def has_marks(self) -> bool:
        return bool(self._marked)

    def flush_marks(self) -> None:
        """Write the watermarks that moved into the open transaction."""
        rows = [
            (member.read, member.delivered, self._position, *place)
            for place, member in sorted(self._marked.items())
        ]
        self._driver.executemany(_MOVE_WATERMARKS, rows)
        self._marks_written = set(self._marked)

    # --- what is settled behind ------------------------------------------------------------------

    def uncounted(self, row_id: int) -> int:
        """The last number of this conversation, where its counter doesn't tell it yet; else 0."""
        return self._numbers.get(row_id) or self._uncounted.get(row_id, 0)

    @property
    def numbers(self) -> dict[int, int]:
        """A copy of the numbers that the open transaction has given last, for a savepoint."""
        return dict(self._numbers)

    def put_back_numbers(self, numbers: dict[int, int]) -> None:
        """What was given since then is not given."""
        self._numbers = numbers

    def settle(self) -> None:
        """Note of each message that isn't indexed yet where it stands, and count it.

        Of two that bear one number the first keeps its place; `verify` names the conversation.
        """
        self.flush()
        if not self.unindexed:
            return
        found: int = self._driver.execute(_UNINDEXED).fetchone()[0]
        self._driver.execute(_COUNT, (self._position,))
        indexed = self._driver.execute(_INDEX).rowcount
        if indexed != found:
            log.critical("numbers_given_twice", messages=found - indexed)
        self._driver.execute(_INDEXED)
        self._being_settled = self.unindexed
        self._numbers.clear()
