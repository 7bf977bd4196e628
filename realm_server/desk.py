"""The desk: takes the commands of sessions that are in, and asks main for what they want.

A message goes live or into the outbox, watermarks through their coalescer, all else as it is.
"""

import asyncio
from typing import Any

from realm_protocol.bodies import check_body
from realm_protocol.commands import (
    CheckPending,
    FetchPending,
    Hello,
    MoveWatermark,
    SendMessage,
    SetTyping,
)
from realm_protocol.errors import (
    AskedWrongly,
    ConversationNotFound,
    LinkDown,
    MalformedMessage,
    RealmchatError,
    ServerDraining,
    TryLater,
)
from realm_protocol.link import Forward, Mark
from realm_protocol.wire import pack, tag_of
from realm_server.admission import SendingLimits, check_guests
from realm_server.autonomy.outbox import Outbox
from realm_server.autonomy.site_answers import SiteAnswers
from realm_server.client_sessions import ClientSession
from realm_server.link import Link
from realm_server.routes import Routes
from realm_server.watermarks import Mark as PersonsMark
from realm_server.watermarks import Watermarks

TYPING_EVERY_SECONDS = 1.0

_FORWARD = tag_of(Forward)
_MARK = tag_of(Mark)


class Desk:
    """Of one realm. Its clock is the event loop's."""

    def __init__(
        self,
        link: Link,
        limits: SendingLimits,
        watermarks: Watermarks,
        routes: Routes[ClientSession],
        outbox: Outbox,
        site: SiteAnswers,
    ) -> None:
        self.draining = False
        self._link = link
        self._outbox = outbox
        self._site = site
        self._limits = limits
        self._watermarks = watermarks
        self._routes = routes
        self._loop = asyncio.get_running_loop()
        self._marks_timer: asyncio.TimerHandle | None = None

    def take(self, session: ClientSession, command: Any) -> None:
        """Refuse a command, or hand it on; its answer goes to the session."""
        kind = type(command)
        if kind is SendMessage:
            self._send(session, command)
        elif kind is MoveWatermark:
            self._move(session, command)
        elif kind is SetTyping:
            self._tell_typing(session, command)
        elif kind is FetchPending:
            session.reply(command.number, self._outbox.pending(session, command))
        elif kind is CheckPending:
            session.reply(command.number, self._outbox.still_kept(command))
        elif kind is Hello:
            detail = "a Hello comes once, as the first message of a connection"
            session.refuse(command.number, MalformedMessage(detail=detail))
        else:
            self._ask(session, command)

    def _tell_typing(self, session: ClientSession, command: SetTyping) -> None:
        """Passed on to a whole group, and worth nothing late: what comes too often is dropped."""
        now = self._loop.time()
        if session.known_to_main and now - session.typed_at >= TYPING_EVERY_SECONDS:
            session.typed_at = now
            self._link.tell(pack((_FORWARD, 0, session.handle, command)))

    # --- messages --------------------------------------------------------------------------------

    def _send(self, session: ClientSession, command: SendMessage) -> None:
        outbox = self._outbox
        try:
            check_body(command.kind, command.body)
            check_guests(command, session.limit_class)
            if outbox.is_idle:
                self._send_live(session, command)
            elif not outbox.knows(session, command):
                self._send_or_keep(session, command)
        except (AskedWrongly, TryLater) as error:
            session.refuse_message(command, error, at_door=True)

    def _send_or_keep(self, session: ClientSession, command: SendMessage) -> None:
        if self._outbox.lets_pass(session.address, command):
            self._send_live(session, command)
        else:
            self._admit(session, command)
            self._outbox.keep(session, command)

    def _send_live(self, session: ClientSession, command: SendMessage) -> None:
        self._link.check_room()
        self._admit(session, command)
        self._link.pass_on(session, session.handle, command)
        session.unanswered += 1

    def _admit(self, session: ClientSession, command: SendMessage) -> None:
        """The door of every message. Raises what stops its lane."""
        if self.draining:
            raise ServerDraining
        session.pass_lane(command.to, command.key)
        self._limits.take(session.person, session.limit_class, self._loop.time())

    def _ask(self, session: ClientSession, command: Any) -> None:
        try:
            if self.draining:
                raise ServerDraining
            if not self._link.is_steady:
                session.reply(command.number, self._site.answer(session, command))
                return
            self._link.ask(_FORWARD, (session.handle, command), session, command.number)
            session.unanswered += 1
        except RealmchatError as error:
            session.refuse(command.number, error)

    # --- watermarks ------------------------------------------------------------------------------

    def _move(self, session: ClientSession, command: MoveWatermark) -> None:
        mark = PersonsMark(session.person, command.conversation, command.delivered, command.read)
        if not session.known_to_main:
            if not self._watermarks.park(mark):
                session.refuse(command.number, LinkDown(**self._link.down_fields()))
        elif not self._routes.is_in(mark.person, mark.conversation):
            # Each conversation has a window of its own: made up ones would all go out at once.
            error = ConversationNotFound(conversation=mark.conversation)
            session.refuse(command.number, error)
        else:
            self._take_mark(session, mark)

    def _take_mark(self, session: ClientSession, mark: PersonsMark) -> None:
        if self._watermarks.move(mark, self._loop.time()):
            self._tell_mark(session, mark)
        self._set_timer()

    def person_came(self, session: ClientSession) -> None:
        """Main knows a session of this person: tell what was moved while it knew none."""
        for mark in self._watermarks.unpark(session.person):
            if self._routes.is_in(mark.person, mark.conversation):
                self._take_mark(session, mark)

    def person_leaves(self, session: ClientSession) -> None:
        """The last session of a person goes: tell what its devices have moved."""
        for mark in self._watermarks.leave(session.person):
            self._tell_mark(session, mark)

    def link_went(self) -> None:
        """What goes on in a second's window waits for the next link."""
        self._watermarks.park_all()

    def tell_all_marks(self) -> None:
        """The realm is stopping."""
        for mark in self._watermarks.leave_all():
            self._tell_or_park(mark)

    def _set_timer(self) -> None:
        end = self._watermarks.next_end()
        if self._marks_timer is None and end is not None:
            self._marks_timer = self._loop.call_at(end, self._tell_due_marks)

    def _tell_due_marks(self) -> None:
        self._marks_timer = None
        for mark in self._watermarks.due(self._loop.time()):
            self._tell_or_park(mark)
        self._set_timer()

    def _tell_or_park(self, mark: PersonsMark) -> None:
        sessions = self._routes.of_person(mark.person)
        if sessions:
            self._tell_mark(sessions[0], mark)
        else:
            self._watermarks.park(mark)

    def _tell_mark(self, session: ClientSession, mark: PersonsMark) -> None:
        self._link.tell(pack((_MARK, session.handle, mark.conversation, mark.delivered, mark.read)))
