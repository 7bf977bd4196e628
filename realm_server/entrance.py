"""The entrance: who may come in, who is in, and what becomes of them as the link comes and goes.

Main confirms each session; while it is away, sessions that it has confirmed before may go on.
"""

import hashlib
import itertools
from collections.abc import Callable, Mapping
from typing import Any

from picows import WSCloseCode, WSUpgradeRequest

from realm_protocol.commands import Hello, Welcome
from realm_protocol.errors import (
    AskedWrongly,
    LinkDown,
    MalformedMessage,
    NotSignedIn,
    RealmchatError,
    ServerDraining,
    SessionEnded,
    rebuild,
)
from realm_protocol.events import Draining, Heads, LinkChanged, Reply, SignedOut, Synced
from realm_protocol.limits import CLIENT_FRAME_LIMIT, PROTOCOL_VERSION, SESSION_UNSENT_LIMIT
from realm_protocol.link import Attach, Attached, Detach
from realm_protocol.wire import check, pack, tag_of, unpack_value
from realm_server.autonomy.site_answers import SiteAnswers
from realm_server.client_sessions import ClientSession, Stage
from realm_server.counts import Counts
from realm_server.desk import Desk
from realm_server.link import Link
from realm_server.requests import Request
from realm_server.routes import Routes
from realm_server.store import KnownSession, Store
from realm_service.channel import Channel, Flusher, bearer_token
from realm_service.logs import get_logger

log = get_logger("realm.entrance")

_ATTACH = tag_of(Attach)
_DETACH = tag_of(Detach)
_FRAME_LIMIT = 64 * 1024
"""What the realm puts into one frame to a client."""


def _do_nothing() -> None:
    """Nobody waits."""


class _Attaching:
    """Asks main about one session, and brings the answer to the entrance."""

    __slots__ = ("_entrance", "_session")

    def __init__(self, entrance: "Entrance", session: ClientSession) -> None:
        self._entrance = entrance
        self._session = session

    def answered(self, request: Request, result: bytes) -> None:
        self._entrance.attached(self._session, check(unpack_value(result), Attached))

    def refused(self, request: Request, code: str, fields: Mapping[str, Any]) -> None:
        self._entrance.not_attached(self._session, rebuild(code, fields))


class Entrance:
    """Of one realm; `server` is what it calls itself, `now` the wall clock in milliseconds."""

    def __init__(
        self,
        server: str,
        link: Link,
        store: Store,
        routes: Routes[ClientSession],
        desk: Desk,
        site: SiteAnswers,
        flusher: Flusher,
        counts: Counts,
        now: Callable[[], int],
    ) -> None:
        self.sessions: dict[int, ClientSession] = {}
        """Every connection by its handle, also one that is not in yet."""
        self.draining = False
        self._server = server
        self._link = link
        self._store = store
        self._routes = routes
        self._desk = desk
        self._site = site
        self._flusher = flusher
        self._counts = counts
        self._now = now
        self._handles = itertools.count(1)
        self._unconfirmed: set[int] = set()
        """Sessions that were in when the link came, and of which main has not said anything yet."""
        self._when_confirmed: Callable[[], None] = _do_nothing

    # --- coming in -------------------------------------------------------------------------------

    def accept(self, request: WSUpgradeRequest) -> Channel:
        """The channel of a client that connects; raises what answers its upgrade request."""
        token = bearer_token(request)
        if not token:
            raise NotSignedIn
        session = self.new_session(token)
        channel = Channel(
            session,
            self._flusher,
            read_limit=CLIENT_FRAME_LIMIT,
            frame_limit=_FRAME_LIMIT,
            unsent_limit=SESSION_UNSENT_LIMIT,
        )
        session.channel = channel
        return channel

    def new_session(self, token: str) -> ClientSession:
        """A session without its channel yet; raises `ServerDraining`."""
        if self.draining:
            raise ServerDraining
        token_hash = hashlib.sha256(token.encode(errors="replace")).digest()
        return ClientSession(next(self._handles), token_hash, self, self._desk, self._counts)

    def came(self, session: ClientSession) -> None:
        """Its socket is open."""
        self.sessions[session.handle] = session

    def hello(self, session: ClientSession, hello: Hello) -> None:
        """A client has said who it is: ask main, or go by what main has said before."""
        session.stage = Stage.ENTERING
        try:
            if self.draining:
                raise ServerDraining
            if not self._link.is_up:
                self._enter_cut_off(session)
                return
            self._attach(session)
            if self._link.is_suspect:
                self._not_wait_for_main(session)
        except RealmchatError as error:
            session.turn_away(hello.number, error, WSCloseCode.TRY_AGAIN_LATER)

    def _attach(self, session: ClientSession) -> None:
        fields = (session.handle, session.token_hash, session.epoch, session.position)
        self._link.ask(_ATTACH, fields, _Attaching(self, session))
        session.awaits_heads = True
        if not session.attaching:
            session.attaching = session.known_to_main = True
            self._routes.expected += 1

    def _enter_cut_off(self, session: ClientSession) -> None:
        known = self._store.find(session.token_hash, self._now())
        if known is None:
            raise LinkDown(**self._link.down_fields())
        self._welcome(session, known)
        self._routes.attach(session)
        self._tell_site(session)

    def _tell_site(self, session: ClientSession) -> None:
        """Where everything stands as this site knows it. For main the client stays where it was."""
        epoch = self._site.epoch
        if epoch == 0 or session.epoch not in (0, epoch):
            return
        for heads in self._site.heads(session.person):
            session.send(pack(Heads(heads)))
        session.send(pack(Synced(epoch, session.position)))

    def _welcome(self, session: ClientSession, known: KnownSession) -> None:
        session.person, session.address = known.person, known.address
        session.session_id, session.limit_class = known.session_id, known.limit_class
        session.expires_at = known.expires_at
        if session.stage is Stage.ENTERING:
            session.stage = Stage.READY
            session.told_up = self._link.is_steady
            welcome = Welcome(
                PROTOCOL_VERSION,
                self._server,
                known.address,
                known.session_id,
                session.told_up,
                self._link.since,
            )
            session.send(pack(Reply(session.hello_number, welcome)))

    # --- what main says of a session -------------------------------------------------------------

    def attached(self, session: ClientSession, attached: Attached) -> None:
        """Main confirms it: welcome it, and let it get its events."""
        self._no_longer_attaching(session)
        if session.stage is Stage.CLOSED:
            self._routes.forget_absent()
            return
        known = KnownSession(
            session.token_hash,
            attached.session_id,
            attached.person,
            attached.address,
            attached.expires_at,
            attached.limit_class,
        )
        self._store.remember(known)
        self._welcome(session, known)
        self._routes.attach(session)
        self._desk.person_came(session)
        session.go_on()

    def not_attached(self, session: ClientSession, error: RealmchatError) -> None:
        """Main refuses it, or the link went before main could answer."""
        self._no_longer_attaching(session)
        session.known_to_main = False
        if session.stage is Stage.CLOSED:
            return
        if isinstance(error, LinkDown):
            self._go_on_cut_off(session)
        elif isinstance(error, AskedWrongly):
            self._store.forget(session.token_hash)
            self._send_away(session, error)
        else:
            session.turn_away(session.hello_number, error, WSCloseCode.TRY_AGAIN_LATER)

    def _no_longer_attaching(self, session: ClientSession) -> None:
        if session.attaching:
            session.attaching = False
            self._routes.expected -= 1
        self._confirmed(session)

    def _go_on_cut_off(self, session: ClientSession) -> None:
        if session.stage is Stage.ENTERING:
            try:
                self._enter_cut_off(session)
            except RealmchatError as refusal:
                session.turn_away(session.hello_number, refusal, WSCloseCode.TRY_AGAIN_LATER)
        else:
            self._routes.attach(session)  # it hears from its neighbours
        session.go_on()

    def _not_wait_for_main(self, session: ClientSession) -> None:
        """Main is silent: a session that it has confirmed before goes on, whatever it will say."""
        if session.stage is Stage.READY or self._store.find(session.token_hash, self._now()):
            self._no_longer_attaching(session)
            self._go_on_cut_off(session)

    def _send_away(self, session: ClientSession, error: RealmchatError) -> None:
        if session.stage is Stage.READY:
            reason = str(error.fields.get("reason", error.message))
            session.send(pack(SignedOut(reason)))
            session.close(WSCloseCode.POLICY_VIOLATION, error.code)
        else:
            session.turn_away(session.hello_number, error, WSCloseCode.POLICY_VIOLATION)

    def end(self, handle: int, reason: str) -> None:
        """Main has ended the session behind this handle."""
        session = self.sessions.get(handle)
        if session is not None and session.stage is not Stage.CLOSED:
            self._store.forget(session.token_hash)
            session.known_to_main = False
            if self._routes.detach(session):
                self._routes.forget(session.person)  # main has forgotten this person too
            self._send_away(session, SessionEnded(reason=reason))

    # --- going -----------------------------------------------------------------------------------

    def gone(self, session: ClientSession) -> None:
        """The socket is closed."""
        self.sessions.pop(session.handle, None)
        self._take_leave(session)
        self._confirmed(session)

    def _take_leave(self, session: ClientSession) -> None:
        """Main need not send what is for it, and counts its person as there no longer."""
        if self._routes.detach(session):
            self._desk.person_leaves(session)
            self._routes.forget_left(session.person)
        if session.known_to_main:
            session.known_to_main = False
            self._link.tell(pack((_DETACH, session.handle)))

    # --- the link --------------------------------------------------------------------------------

    def link_came(self, confirmed: Callable[[], None]) -> None:
        """Tell it to those who are in, and have main confirm each of them anew.

        `confirmed` is called once main has answered for all of them.
        """
        self._routes.clear()
        ready = self._ready()
        for session in ready:
            self._tell_link(session)
        self._unconfirmed = {session.handle for session in ready}
        self._when_confirmed = confirmed
        for session in ready:
            self._attach_again(session)
        self._look_whether_confirmed()

    def attach_all(self) -> None:
        """Ask main about each session that is in, from where it was synced last."""
        for session in self._ready():
            self._attach_again(session)

    def _ready(self) -> list[ClientSession]:
        return [session for session in self.sessions.values() if session.stage is Stage.READY]

    def _confirmed(self, session: ClientSession) -> None:
        if session.handle in self._unconfirmed:
            self._unconfirmed.discard(session.handle)
            self._look_whether_confirmed()

    def _look_whether_confirmed(self) -> None:
        if not self._unconfirmed:
            confirmed, self._when_confirmed = self._when_confirmed, _do_nothing
            confirmed()

    def _attach_again(self, session: ClientSession) -> None:
        try:
            self._attach(session)
        except RealmchatError as error:
            session.turn_away(0, error, WSCloseCode.TRY_AGAIN_LATER)

    def link_suspected(self) -> None:
        """Main does not answer: nobody waits for what it says of them."""
        for session in list(self.sessions.values()):
            if session.attaching:
                self._not_wait_for_main(session)
        self.tell_all_of_link()

    def link_went(self) -> None:
        """They stay, hear from each other only, and are told so."""
        self._unconfirmed.clear()
        self._when_confirmed = _do_nothing
        self._desk.link_went()
        for session in self.sessions.values():
            session.known_to_main = session.awaits_heads = False
        self.tell_all_of_link()

    def synced(self, session: ClientSession, synced: Synced) -> None:
        """Its client has been told all heads."""
        session.epoch, session.position = synced.epoch, synced.position
        session.awaits_heads = False
        self._tell_of_link(session)

    def tell_all_of_link(self) -> None:
        """Whether main can be reached has changed; who is in hears it, if it is news to them."""
        for session in self._ready():
            self._tell_of_link(session)

    def _tell_of_link(self, session: ClientSession) -> None:
        """Not between the heads that main sends: a client forgets those that it can't finish."""
        if session.told_up == self._link.is_steady or session.awaits_heads:
            return
        self._tell_link(session)
        if session.epoch:  # it has all heads; it need only know that no more come
            session.send(pack(Synced(session.epoch, session.position)))

    def _tell_link(self, session: ClientSession) -> None:
        session.told_up = self._link.is_steady
        session.send(pack(LinkChanged(session.told_up, self._link.since)))

    # --- all at once -----------------------------------------------------------------------------

    def tell_all(self, event: bytes) -> None:
        """One event for every session that is in."""
        for session in self.sessions.values():
            if session.stage is Stage.READY:
                session.send(event)

    def drain(self) -> None:
        """Nobody comes in any more, and no command is taken."""
        self.draining = self._desk.draining = True
        self.tell_all(pack(Draining()))

    def close_all(self) -> None:
        """They shall come back to the server that follows."""
        for session in list(self.sessions.values()):
            session.close(WSCloseCode.SERVICE_RESTART, "draining")

    # --- looking after them ----------------------------------------------------------------------

    def look_after(self, turn: int, turns: int) -> None:
        """One share of all sessions: each is looked after once in `turns` calls.

        Who is silent is asked for a sign of life, and is cut the next time.
        """
        now = self._now()
        for session in list(self.sessions.values()):
            if session.handle % turns == turn % turns:
                self._look_after(session, now)

    def _look_after(self, session: ClientSession, now: int) -> None:
        silent = session.channel.silent_sweeps() > 1
        if silent or session.stage is Stage.CLOSED:
            session.channel.abort()
        elif session.stage is Stage.READY and session.expires_at <= now:
            self._take_leave(session)
            self._store.forget(session.token_hash)
            self._send_away(session, SessionEnded(reason="expired"))
        elif session.stage is Stage.NEW and session.was_new:
            late = MalformedMessage(detail="no Hello came in good time")
            session.turn_away(0, late, WSCloseCode.POLICY_VIOLATION)
        session.was_new = True
