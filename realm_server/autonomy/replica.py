"""The replica: what this site knows of its own people, so that it can serve them while cut off.

Main is the truth: what it tells is taken in here, and served only while main is away. Messages that
pass through the realm are kept in memory and written behind, the newest of each conversation.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from realm_protocol.commands import GONE, FetchMessages, Head, Page, StoredMessage
from realm_protocol.events import MessageStored
from realm_protocol.limits import PAGE_MESSAGES
from realm_protocol.link import SiteFacts, SitePerson
from realm_protocol.names import Address, GroupAddress
from realm_protocol.wire import array_header, pack, tag_of
from realm_server.autonomy import replica_rows as rows
from realm_server.autonomy import tails
from realm_server.autonomy.replica_tables import REPLICA
from realm_server.autonomy.site_file import SiteFile

HEARD_BYTES = 32 * 1024 * 1024
"""Written at once when so much has gathered."""
_SHARE_OF_TIME = 0.01
"""That writing may take of the site's thread, however much passes through the realm."""
_STORED = array_header(2) + pack(tag_of(MessageStored))
_CACHED = 50_000
_FILLED = 0.75
"""Of the room: beyond, what was forgotten last would be fetched first."""


class Replica:
    """Of one realm, over its open file. `limit` in bytes of messages; `now` in milliseconds."""

    def __init__(self, file: SiteFile, limit: int, now: Callable[[], int]) -> None:
        self.epoch = 0
        """Of main's store, when all this was told; 0 when nothing was."""
        self.revision = 0
        """Everything up to here is known; 0 while not everything is."""
        self._file = file
        self._limit = limit
        self._now = now
        self._heard: dict[str, deque[bytes]] = {}
        self._heard_bytes = 0
        self._members: dict[str, Collection[int]] = {}
        self._people: dict[Address, SitePerson | None] = {}
        self._rests_until = 0.0
        self._unwritten = 0
        self._size = 0
        self.read_file()

    def read_file(self) -> None:
        """Begin with what the file says, which may be nothing."""
        known = {row.name: row.value for row in self._file.read(rows.FACTS)}
        self.epoch, self.revision = known.get("epoch", 0), known.get("revision", 0)
        self._size = sum(row.size or 0 for row in self._file.read(rows.HELD_BYTES))
        self._forget_read()

    def _forget_read(self) -> None:
        """What was read of the file may be old."""
        self._members.clear()
        self._people.clear()

    # --- people ----------------------------------------------------------------------------------

    def person(self, address: Address) -> SitePerson | None:
        """The person of this site at an address."""
        found = self._file.read(rows.PERSON_AT, address=str(address))
        return rows.person_of(found[0]) if found else None

    def person_at(self, address: Address) -> int | None:
        """Main's number of the person at an address of this site; None also for the disabled."""
        known = self._enabled(address)
        return None if known is None else known.person

    def blocks(self, address: Address, person: int) -> bool:
        """Whether who is at an address takes no private messages from somebody of this site."""
        known = self._enabled(address)
        return known is not None and person in known.blocked

    def _enabled(self, address: Address) -> SitePerson | None:
        if address not in self._people:
            if len(self._people) >= _CACHED:
                self._people.clear()
            known = self.person(address)
            self._people[address] = None if known is None or known.disabled else known
        return self._people[address]

    def people(self, query: str, limit: int) -> list[SitePerson]:
        """Those whose address or name contains the query, those who begin with it first."""
        return [rows.person_of(row) for row in self._file.read(rows.people_with(query, limit))]

    # --- where they are --------------------------------------------------------------------------

    def members_here(self, conversation: str) -> Collection[int]:
        """Who of this site is in a conversation now."""
        members = self._members.get(conversation)
        if members is None:
            if len(self._members) >= _CACHED:
                self._members.clear()
            found = self._file.read(rows.MEMBERS_HERE, conversation=conversation)
            members = self._members[conversation] = frozenset(row.person for row in found)
        return members

    def members(self, conversation: str) -> list[tuple[SitePerson, Head]]:
        """The people of this site who are in a conversation now, and how far each has got."""
        found = self._file.read(rows.MEMBERS, conversation=conversation)
        return [(rows.person_of(row), rows.head_of(row)) for row in found]

    def head(self, person: int, conversation: str) -> Head | None:
        """How a conversation stands for a person who is in it."""
        found = self._file.read(rows.HEAD, person=person, conversation=conversation)
        return rows.head_of(found[0]) if found else None

    def heads(self, person: int) -> list[Head]:
        """How everything stands that a person is in."""
        return [rows.head_of(row) for row in self._file.read(rows.HEADS, person=person)]

    def open_groups(self, realm: str) -> list[GroupAddress]:
        """A realm's own that anybody of it may enter; those in which somebody of this site is."""
        heads = map(rows.head_told, self._file.read(rows.GROUPS_HERE))
        names = [GroupAddress(head.name) for head in heads if not (head.invite_only or head.closed)]
        return sorted(name for name in names if name.realm == realm)

    # --- messages --------------------------------------------------------------------------------

    def page(self, head: Head, asked: FetchMessages) -> Page | None:
        """What a member asks for; None where the first row of it isn't held."""
        after = max(asked.after, head.first_seq - 1)
        if after >= head.last_seq or 0 < asked.before <= after + 1:
            return Page([], False)
        held = self._tail(head.conversation)
        before = min(asked.before or held.last + 1, held.last + 1)
        first = max(after + 1, held.first)
        if first >= before or (first > after + 1 and not asked.newest):
            return None
        found = self._file.read(
            rows.RUNS, conversation=head.conversation, first=first, before=before
        )
        events = rows.events_of(found, first, before)
        limit = min(asked.limit, PAGE_MESSAGES)
        if asked.newest:
            page = rows.fitting_messages(reversed(events[-limit:]))
            page.reverse()
            return Page(page, page[0].seq > after + 1)
        page = rows.fitting_messages(events[:limit])
        return Page(page, page[-1].seq + 1 < before)

    def naming(self, file_id: str) -> list[StoredMessage]:
        """The messages that name a file, of those that are held."""
        return [rows.message_named(row) for row in self._file.read(rows.NAMING, file_id=file_id)]

    def _tail(self, conversation: str) -> tails.Tail:
        found = self._file.read(rows.TAIL, conversation=conversation)
        return tails.Tail._make(found[0]) if found else tails.EMPTY

    def heard(self, conversation: str, event: bytes) -> None:
        """An event of a conversation on its way to its readers. On the hot path."""
        if not event.startswith(_STORED):
            return
        tail = self._heard.get(conversation)
        if tail is None:
            tail = self._heard[conversation] = deque(maxlen=tails.MESSAGES)
        elif len(tail) == tails.MESSAGES:
            self._heard_bytes -= len(tail[0])
        tail.append(event)
        self._heard_bytes += len(event)
        if self._heard_bytes > HEARD_BYTES:
            self.write()

    def take_rows(self, conversation: str, newest: Sequence[StoredMessage]) -> None:
        """The newest rows of a conversation, as main told them when it was asked."""
        self._write_tails({conversation: [pack(MessageStored(row)) for row in newest]})

    def keep_up(self) -> None:
        """Write what was heard, unless the last time took so long that this would be too soon.

        Of a lively conversation most is forgotten meanwhile, and never written.
        """
        if time.monotonic() >= self._rests_until:
            self.write()

    def write(self) -> None:
        """Write what was heard since the last time."""
        if self._heard:
            heard, self._heard, self._heard_bytes = self._heard, {}, 0
            self._write_tails(heard)

    def _write_tails(self, arrived: Mapping[str, Sequence[bytes]]) -> None:
        self._file.write(partial(self._take_tails, arrived=arrived, at=self._now()))

    def _take_tails(
        self, connection: Connection, arrived: Mapping[str, Sequence[bytes]], at: int
    ) -> None:
        begun = time.monotonic()
        self._size += tails.write_tails(connection, arrived, at)
        if self._size > self._limit:
            self._size -= tails.forget_quietest(connection, self._size - self._limit)
        ended = time.monotonic()
        self._rests_until = ended + (ended - begun) / _SHARE_OF_TIME

    async def settled(self) -> None:
        """Until all that was told is known to whoever asks."""
        await self._file.settled()

    async def behind(self) -> list[tuple[str, int]]:
        """Conversations of which newer messages are known than are held, and up to where they are.

        Those that changed last come first. None where there is hardly room for more.
        """
        self.write()
        await self._file.settled()
        if self._size > self._limit * _FILLED:
            return []
        return [(row.conversation, row.held_to) for row in self._file.read(rows.BEHIND)]

    # --- what main tells -------------------------------------------------------------------------

    def take(self, told: SiteFacts) -> "asyncio.Future[bool | None]":
        """Take in what main tells of this site; None comes of it where that could not be."""
        return self._change(partial(rows.write_site, told=told))

    def take_news(self, told: SiteFacts) -> "asyncio.Future[bool | None]":
        """As `take`, of what has just changed: who is where is known before it is written."""
        for each in told.memberships:
            conversation = each.head.conversation
            others = frozenset(self.members_here(conversation)) - {each.person}
            here = {each.person} if each.head.role not in GONE else set()
            self._members[conversation] = others | here
        return self.take(told)

    def begin_anew(self, epoch: int) -> None:
        """Forget everything: main will tell all of it, as it stands in this epoch."""
        self.epoch, self.revision = epoch, 0
        self._heard.clear()
        self._heard_bytes = 0
        self._change(self._forget)
        self._change(partial(rows.write_facts, epoch=epoch))

    def _forget(self, connection: Connection) -> None:
        for table in REPLICA:
            connection.execute(sa.delete(table))
        self._size = 0

    def caught_up(self, revision: int) -> None:
        """Everything up to this revision was told."""
        self.revision = revision
        self._change(partial(rows.write_facts, revision=revision))

    def _change(self, job: Callable[[Connection], None]) -> "asyncio.Future[bool | None]":
        def done(connection: Connection) -> bool:
            job(connection)
            return True

        self._unwritten += 1
        written = self._file.write(done)
        written.add_done_callback(self._written)
        return written

    def _written(self, _: object) -> None:
        self._unwritten -= 1
        if not self._unwritten:  # else the file may still know less
            self._forget_read()
