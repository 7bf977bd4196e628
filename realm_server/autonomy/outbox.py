"""The outbox: messages that main can't take now are kept, and each has its outcome later.

A message is in one of both ways only: live, or kept. What is kept `outbox_store` writes, `showing`
shows within the site, and `replaying` sends to main in its lane's order, across cuts and restarts.
"""

import asyncio
import random
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from realm_protocol.bodies import read_file_body
from realm_protocol.commands import (
    CheckPending,
    FetchPending,
    MessageKey,
    PendingPage,
    SendMessage,
)
from realm_protocol.errors import Blocked, KeyConflict, OutboxFull, RealmchatError, UserNotFound
from realm_protocol.names import Address, conversation_with, parse_target
from realm_server.autonomy.lanes import Kept, OutboxLanes, Stage
from realm_server.autonomy.outbox_store import OutboxStore
from realm_server.autonomy.replaying import NOBODY, Replaying
from realm_server.autonomy.showing import Showing
from realm_server.autonomy.surroundings import Neighbours, WaitingFiles
from realm_server.client_sessions import ClientSession
from realm_server.counts import Counts
from realm_server.link import Link
from realm_server.requests import Request
from realm_server.routes import Routes
from realm_service.logs import get_logger

log = get_logger("realm.outbox")


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
        self._neighbours = neighbours
        self._showing = Showing(routes, neighbours, counts)
        self._replaying = Replaying(self.lanes, link, self)
        self._files = files
        self._naming: dict[str, list[Kept]] = {}
        """By the file that they name."""
        self._counts = counts
        self.limit = limit
        self._now = now
        known, self._position = store.read_all()
        for kept in known:
            self._add(kept)
            self.lanes.written(kept)
        loop = asyncio.get_running_loop()
        store.start(loop.call_soon_threadsafe, self._written, self._not_written)

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
        self._replaying.stop()

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
        if kept.is_on_disk:
            session.kept(command.number, kept.position)
        else:
            kept.askers.append((session, command.number))
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
                request.asker = NOBODY  # it has its answer
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
            request.asker = self._replaying.asker(kept)
        else:
            self._add(kept)
        self._keep(kept, session, command.number)

    # --- what the disk says ----------------------------------------------------------------------

    def _written(self, batch: list[Kept]) -> None:
        for kept in batch:
            askers, kept.askers = kept.askers, []
            if kept.stage is not Stage.DONE:  # else all have main's word already
                self._showing.show(kept, askers)
            self.lanes.written(kept)
            for session, number in askers:
                session.kept(number, kept.position)
                session.go_on()
        self._counts.messages_kept += len(batch)
        self._replaying.go_on()

    def _not_written(self, batch: list[Kept], error: RealmchatError) -> None:
        for kept in batch:
            self._forget(kept)
            for session, number in kept.askers:
                session.not_kept(replace(kept.command, number=number), error)
        self._look_whether_idle()

    # --- the link --------------------------------------------------------------------------------

    def link_went(self, unanswered: Iterable[Request]) -> None:
        """What was in flight goes before anything later; all waits for the next link."""
        self.is_idle = False
        self._replaying.stop()
        self.lanes.cut()
        self._files.stop()
        self._take_over(unanswered, in_flight=False)

    def link_suspected(self, unanswered: Iterable[Request]) -> None:
        """Main is silent: what it has not answered is kept too, and may yet be answered."""
        self.is_idle = False
        self._take_over(unanswered, in_flight=True)

    def link_steadied(self) -> None:
        self._look_whether_idle()
        self._replaying.go_on()

    def start(self) -> None:
        """The sessions of this site are confirmed: what is kept goes out."""
        self._files.start()
        self._look_whether_idle()
        self._replaying.start()

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

    # --- what main says --------------------------------------------------------------------------

    def stored(self, kept: Kept) -> None:
        """Main has it."""
        self._counts.messages_replayed += 1
        self._done(kept)

    def refused(self, kept: Kept, error: RealmchatError) -> None:
        """Main, or this realm for it, will never take it."""
        log.info("message_withdrawn", position=kept.position, code=error.code)
        self._counts.messages_withdrawn += 1
        self._showing.withdraw(kept, error)
        self._done(kept)

    def _done(self, kept: Kept) -> None:
        self._forget(kept)
        self._store.forget(kept)
        self._look_whether_idle()
        self._replaying.go_on()

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
        naming = self._naming.get(file_id, ())
        return any(self._showing.is_seen_by(kept, person) for kept in naming)

    def file_came(self, file_id: str) -> None:
        """Main has its bytes: what names it takes its place."""
        for kept in self._naming.get(file_id, ()):
            if kept.is_aside:
                self.lanes.join(kept)
        self._replaying.go_on()

    def file_refused(self, file_id: str, error: RealmchatError) -> None:
        """Main will never have its bytes."""
        for kept in list(self._naming.get(file_id, ())):
            if kept.is_aside and kept.stage is not Stage.WRITING:
                self.refused(kept, error)
            elif kept.is_aside:
                self.lanes.join(kept)  # its sender has no answer yet: main will refuse it

    def files_changed(self) -> None:
        """More of them wait, or fewer."""
        self._look_whether_idle()

    # --- for a device that was away --------------------------------------------------------------

    def pending(self, session: ClientSession, asked: FetchPending) -> PendingPage:
        """What is kept of the asker's conversations behind a position."""
        return self._showing.page(self.lanes, session.person, asked)

    def still_kept(self, asked: CheckPending) -> list[MessageKey]:
        """Which of these have had no outcome yet."""
        return [one for one in asked.messages if self.lanes.find(one.sender, one.key) is not None]
