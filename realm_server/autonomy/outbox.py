"""The outbox: messages that main can't take now are kept, shown within the site, and sent later.

`lanes` decides what goes out, `outbox_store` writes. A message is in one of both ways only: live,
or kept. What is kept goes to main by itself, in its lane's order, across cuts and restarts.
"""

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from realm_protocol.bodies import read_file_body
from realm_protocol.commands import (
    CheckPending,
    FetchPending,
    MessageKey,
    PendingMessage,
    PendingPage,
    SendMessage,
)
from realm_protocol.errors import (
    Blocked,
    KeyConflict,
    NotSignedIn,
    OutboxFull,
    RealmchatError,
    SessionEnded,
    TryLater,
    UserNotFound,
    rebuild,
)
from realm_protocol.events import MessagePending, MessageWithdrawn
from realm_protocol.limits import PAGE_BYTES, PAGE_MESSAGES
from realm_protocol.link import Forward, Queued
from realm_protocol.names import Address, GroupAddress, conversation_with, parse_target
from realm_protocol.wire import pack, tag_of
from realm_server.autonomy.lanes import Kept, OutboxLanes, Stage
from realm_server.autonomy.outbox_store import OutboxStore
from realm_server.autonomy.surroundings import Neighbours, WaitingFiles
from realm_server.client_sessions import ClientSession
from realm_server.counts import Counts
from realm_server.link import Link
from realm_server.requests import Request
from realm_server.routes import Routes
from realm_service.logs import get_logger

log = get_logger("realm.outbox")

_FORWARD = tag_of(Forward)
_QUEUED = tag_of(Queued)


class Outbox:
    """Of one realm. `now` is the wall clock in milliseconds, `limit` in bytes."""

    def __init__(
        self,
        store: OutboxStore,
        link: Link,
        routes: Routes[ClientSession],
        neighbours: Neighbours,
        files: WaitingFiles,
        counts: Counts,
        *,
        limit: int,
        now: Callable[[], int],
    ) -> None:
        self.is_idle = False
        """Nothing is kept and main answers: everything goes live. One look for each message."""
        self.lanes = OutboxLanes(random.SystemRandom().random)
        self._store = store
        self._link = link
        self._routes = routes
        self._neighbours = neighbours
        self._files = files
        self._naming: dict[str, list[Kept]] = {}
        """By the file that they name."""
        self._counts = counts
        self.limit = limit
        self._now = now
        self._loop = asyncio.get_running_loop()
        self._is_open = False
        self._timer: asyncio.TimerHandle | None = None
        self._is_pump_due = False
        known, self._position = store.read_all()
        for kept in known:
            self._add(kept)
            self.lanes.written(kept)
        store.start(self._loop.call_soon_threadsafe, self._written, self._not_written)

    @property
    def queued(self) -> int:
        """How many messages wait for main."""
        return len(self.lanes)

    @property
    def queued_bytes(self) -> int:
        return self.lanes.bytes

    @property
    def oldest_at(self) -> int | None:
        """When the oldest message was taken, in milliseconds; None when there is none."""
        oldest = self.lanes.oldest
        return None if oldest is None else oldest.at

    @property
    def oldest_ms(self) -> int:
        """How long the oldest message has been kept; 0 when there is none."""
        oldest_at = self.oldest_at
        return 0 if oldest_at is None else max(0, self._now() - oldest_at)

    def stop(self) -> None:
        """The realm is stopping: nothing goes out any more."""
        self._is_open = False

    def close(self) -> None:
        """Once nothing is taken any more: what was taken is on the disk then."""
        self._store.close()

    # --- taking ----------------------------------------------------------------------------------

    def lets_pass(self, sender: Address, command: SendMessage) -> bool:
        """Whether a message may go live: main answers, and nothing is kept before it."""
        conversation = conversation_with(sender, parse_target(command.to))
        return (
            self._link.is_steady
            and not self.lanes.holds(conversation)
            and not self._waits_for_file(sender, command)
        )

    def _waits_for_file(self, sender: Address, command: SendMessage) -> bool:
        is_file = command.kind == "file"
        return is_file and self._files.is_awaited(sender, read_file_body(command.body).file_id)

    def knows(self, session: ClientSession, command: SendMessage) -> bool:
        """Answer a message that is kept already; raises `KeyConflict` where it is another one."""
        kept = self.lanes.find(session.address, command.key)
        if kept is None:
            return False
        if not kept.is_same(command):
            raise KeyConflict(key=command.key)
        session.unanswered += 1
        if kept.stage is Stage.WRITING:
            kept.askers.append((session, command.number))
        else:
            session.kept(command.number, kept.position)
        return True

    def keep(self, session: ClientSession, command: SendMessage) -> None:
        """Keep a message until main can be reached.

        Raises `OutboxFull`, or `UserNotFound` or `Blocked` where main would surely say so.
        """
        kept = self._new(session, command)
        self._check_target(kept)
        self._add(kept)
        self._keep(kept, session, command.number)
        session.unanswered += 1

    def _check_target(self, kept: Kept) -> None:
        """Who is nobody of this site when the link goes is nobody until it is back. So are blocks.

        Of groups only main can tell: somebody elsewhere may have let the sender in meanwhile.
        """
        neighbour = kept.neighbour
        if self._link.is_up or neighbour is None or not self._neighbours.are_known:
            return
        if self._neighbours.person_at(neighbour) is None:
            raise UserNotFound(address=str(neighbour))
        if neighbour != kept.sender and self._neighbours.blocks(neighbour, kept.person):
            raise Blocked(address=str(neighbour))

    def _new(self, session: ClientSession, command: SendMessage) -> Kept:
        kept = Kept(self._position + 1, session.person, session.address, command, self._now())
        if self.lanes.bytes + kept.size > self.limit:
            raise OutboxFull(limit=self.limit)
        self._position += 1
        return kept

    def _add(self, kept: Kept) -> None:
        """What names a file that main has not got is aside until it has."""
        file = self._files.find(kept.sender, kept.file_id)
        if file is not None:
            kept.shown_body = file.described(kept.command.body)
        if kept.file_id:
            self._naming.setdefault(kept.file_id, []).append(kept)
        if self._files.is_awaited(kept.sender, kept.file_id):
            self.lanes.add_aside(kept)
        else:
            self.lanes.add(kept)

    def _keep(self, kept: Kept, session: ClientSession, number: int) -> None:
        kept.askers.append((session, number))
        self.is_idle = False
        self._store.keep(kept)

    def _take_over(self, unanswered: Iterable[Request], *, in_flight: bool) -> None:
        """What went out live and was not answered is kept, before anything that comes later."""
        sessions = set()
        for request in unanswered:
            session, command = request.asker, request.message
            if not isinstance(session, ClientSession) or command is None:
                continue  # it is kept already
            try:
                self._take_over_one(request, session, command, in_flight=in_flight)
            except RealmchatError as error:
                session.unanswered -= 1
                session.refuse_message(command, error)
            if request.asker is session:
                request.asker = _NOBODY  # it has its answer
            sessions.add(session)
        for session in sessions:
            session.go_on()

    def _take_over_one(
        self, request: Request, session: ClientSession, command: SendMessage, *, in_flight: bool
    ) -> None:
        session.pass_lane(command.to, command.key, under_way=True)
        if self.knows(session, command):
            session.unanswered -= 1
            return
        kept = self._new(session, command)
        if in_flight:
            kept.live_in = session
            self.lanes.add_in_flight(kept)
            request.asker = _Replaying(self, kept)
        else:
            self._add(kept)
        self._keep(kept, session, command.number)

    # --- what the disk says ----------------------------------------------------------------------

    def _written(self, batch: list[Kept]) -> None:
        for kept in batch:
            askers, kept.askers = kept.askers, []
            self._show(kept, askers)
            self.lanes.written(kept)
            for session, number in askers:
                session.kept(number, kept.position)
                session.go_on()
        self._counts.messages_kept += len(batch)
        self._pump_soon()

    def _not_written(self, batch: list[Kept], error: RealmchatError) -> None:
        for kept in batch:
            self._forget(kept)
            for session, number in kept.askers:
                session.not_kept(replace(kept.command, number=number), error)
        self._look_whether_idle()

    # --- the link --------------------------------------------------------------------------------

    def link_went(self, unanswered: Iterable[Request]) -> None:
        """What was in flight goes before anything later; all waits for the next link."""
        self._is_open = self.is_idle = False
        self.lanes.cut()
        self._files.stop()
        self._take_over(unanswered, in_flight=False)

    def link_suspected(self, unanswered: Iterable[Request]) -> None:
        """Main is silent: what it has not answered is kept too, and may yet be answered."""
        self.is_idle = False
        self._take_over(unanswered, in_flight=True)

    def link_steadied(self) -> None:
        self._look_whether_idle()
        self._pump_soon()

    def start(self) -> None:
        """The sessions of this site are confirmed: what is kept goes out."""
        self._is_open = self._link.is_up
        self._files.start()
        self._look_whether_idle()
        self._pump_soon()

    def main_is_another(self) -> None:
        """It was restored: files that it had are brought again before the messages that name them.

        To be called before `start`, while nothing is in flight.
        """
        self._files.main_is_another()
        for kept in list(self.lanes):
            if not kept.is_aside and self._files.is_awaited(kept.sender, kept.file_id):
                self.lanes.put_aside(kept)

    def _look_whether_idle(self) -> None:
        self.is_idle = self._link.is_steady and not len(self.lanes) and not len(self._files)

    def _pump_soon(self) -> None:
        if not self._is_pump_due:
            self._is_pump_due = True
            self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        self._is_pump_due = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._is_open or not self._link.is_steady:
            return
        for kept in self.lanes.take_due(self._loop.time()):
            self._send(kept)
        due = self.lanes.next_due()
        if due is not None:
            self._timer = self._loop.call_at(due, self._pump)

    def _send(self, kept: Kept) -> None:
        tag = _QUEUED
        fields: tuple[Any, ...] = (kept.sender, kept.command)
        session = kept.live_in
        if session is not None and session.known_to_main:
            # Main stopped the lane of this session: only by it the lane goes on.
            tag, fields = _FORWARD, (session.handle, kept.command)
        try:
            self._link.ask(tag, fields, _Replaying(self, kept), message=kept.command)
        except TryLater:
            self.lanes.refused_for_now(kept, self._loop.time())

    # --- what main says --------------------------------------------------------------------------

    def stored(self, kept: Kept) -> None:
        """Main has it."""
        self._counts.messages_replayed += 1
        self._done(kept)

    def refused(self, kept: Kept, error: RealmchatError) -> None:
        if kept.stage is not Stage.IN_FLIGHT:
            return  # the link has gone
        if isinstance(error, NotSignedIn | SessionEnded) and kept.live_in is not None:
            kept.live_in = None  # what was sent before the session ended needs none
            self.lanes.refused_for_now(kept, self._loop.time())
        elif isinstance(error, TryLater):
            self.lanes.refused_for_now(kept, self._loop.time())
        else:
            self._end(kept, error)
        self._pump_soon()

    def _end(self, kept: Kept, error: RealmchatError) -> None:
        log.info("message_withdrawn", position=kept.position, code=error.code)
        self._counts.messages_withdrawn += 1
        self._withdraw(kept, error)
        self._done(kept)

    def _done(self, kept: Kept) -> None:
        self._forget(kept)
        self._store.forget(kept)
        self._look_whether_idle()
        self._pump_soon()

    def _forget(self, kept: Kept) -> None:
        self.lanes.done(kept)
        naming = self._naming.get(kept.file_id, [])
        if kept in naming:
            naming.remove(kept)
            if not naming:
                del self._naming[kept.file_id]
                self._files.named_no_more(kept.file_id)

    # --- files -----------------------------------------------------------------------------------

    def names(self, file_id: str) -> bool:
        """Whether something that is kept names this file."""
        return file_id in self._naming

    def shows_file(self, person: int, file_id: str) -> bool:
        """Whether something that is kept, and that this person sees, names the file."""
        return any(person in self._who_sees(kept) for kept in self._naming.get(file_id, ()))

    def file_came(self, file_id: str) -> None:
        """Main has its bytes: what names it takes its place."""
        for kept in self._naming.get(file_id, ()):
            if kept.is_aside:
                self.lanes.join(kept)
        self._pump_soon()

    def file_refused(self, file_id: str, error: RealmchatError) -> None:
        """Main will never have its bytes."""
        for kept in list(self._naming.get(file_id, ())):
            if kept.is_aside and kept.stage is not Stage.WRITING:
                self._end(kept, error)
            elif kept.is_aside:
                self.lanes.join(kept)  # its sender has no answer yet: main will refuse it

    def files_changed(self) -> None:
        """More of them wait, or fewer."""
        self._look_whether_idle()

    # --- within the site -------------------------------------------------------------------------

    def _show(self, kept: Kept, askers: list[tuple[ClientSession, int]]) -> None:
        """To everybody here who is in its conversation; its sender's own session knows it."""
        event = pack(MessagePending(kept.pending()))
        knowing = {session for session, _ in askers}
        for session in self._routes.of_persons(self._who_sees(kept)):
            if session not in knowing:
                session.channel.send(event)
                self._counts.deliveries += 1

    def _withdraw(self, kept: Kept, error: RealmchatError) -> None:
        event = pack(
            MessageWithdrawn(
                kept.conversation, kept.sender, kept.command.key, error.code, error.fields
            )
        )
        for session in self._routes.of_persons(self._who_sees(kept)):
            session.channel.send(event)
            self._counts.deliveries += 1

    def _who_sees(self, kept: Kept) -> set[int]:
        if isinstance(parse_target(kept.command.to), GroupAddress):
            members = self._neighbours.members_here(kept.conversation)
            # Whoever is in no group shows nothing to it: main will say so to them.
            return {kept.person, *members} if kept.person in members else {kept.person}
        neighbour = kept.neighbour
        if neighbour is None or self._neighbours.blocks(neighbour, kept.person):
            return {kept.person}
        peer = self._neighbours.person_at(neighbour)
        return {kept.person} if peer is None else {kept.person, peer}

    # --- for a device that was away --------------------------------------------------------------

    def pending(self, session: ClientSession, asked: FetchPending) -> PendingPage:
        """What is kept of the asker's conversations behind a position."""
        found: list[PendingMessage] = []
        size = 0
        for kept in self._seen_by(session.person, asked.after):
            size += kept.size
            if found and (size > PAGE_BYTES or len(found) == PAGE_MESSAGES):
                return PendingPage(found, more=True)
            found.append(kept.pending())
        return PendingPage(found, more=False)

    def _seen_by(self, person: int, after: int) -> Iterator[Kept]:
        shown: dict[tuple[str, int], bool] = {}
        for kept in self.lanes:
            if kept.position <= after or kept.stage is Stage.WRITING:
                continue
            place = (kept.conversation, kept.person)
            if place not in shown:
                shown[place] = person in self._who_sees(kept)
            if shown[place]:
                yield kept

    def still_kept(self, asked: CheckPending) -> list[MessageKey]:
        """Which of these have had no outcome yet."""
        return [one for one in asked.messages if self.lanes.find(one.sender, one.key) is not None]


class _Nobody:
    """Whatever main says of it, whoever asked has been told something already."""

    def answered(self, request: Request, result: bytes) -> None:
        """Too late."""

    def refused(self, request: Request, code: str, fields: Mapping[str, Any]) -> None:
        """Too late."""


_NOBODY = _Nobody()


class _Replaying:
    """Asks main to take one kept message."""

    __slots__ = ("_kept", "_outbox")

    def __init__(self, outbox: Outbox, kept: Kept) -> None:
        self._outbox = outbox
        self._kept = kept

    def answered(self, request: Request, result: bytes) -> None:
        self._outbox.stored(self._kept)

    def refused(self, request: Request, code: str, fields: Mapping[str, Any]) -> None:
        self._outbox.refused(self._kept, rebuild(code, fields))
