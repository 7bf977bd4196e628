"""Delivery: what main tells unasked goes to the sessions that it is for, in main's order."""

from collections.abc import Callable
from typing import Any

from realm_protocol.events import Synced
from realm_protocol.link import (
    EndHandle,
    Fanout,
    Notify,
    Resync,
    Route,
    SiteFacts,
    Tell,
    Unroute,
)
from realm_protocol.wire import array_header, check, tag_of, unpack_value
from realm_server.autonomy.cut_off_sign_in import CutOffSignIn
from realm_server.autonomy.following import Following
from realm_server.autonomy.outbox import Outbox
from realm_server.client_sessions import ClientSession, Stage
from realm_server.counts import Counts
from realm_server.entrance import Entrance
from realm_server.requests import Request, Requests
from realm_server.room import Room
from realm_server.routes import Routes
from realm_server.store import Store
from realm_service.logs import get_logger

log = get_logger("realm.delivery")

_SYNCED_HEAD = array_header(3) + bytes((tag_of(Synced),))


class Delivery:
    """The listener of the link."""

    def __init__(
        self,
        routes: Routes[ClientSession],
        requests: Requests,
        entrance: Entrance,
        outbox: Outbox,
        following: Following,
        cut_off: CutOffSignIn,
        store: Store,
        counts: Counts,
        room: Room,
    ) -> None:
        self._routes = routes
        self._requests = requests
        self._entrance = entrance
        self._outbox = outbox
        self._following = following
        self._cut_off = cut_off
        self._heard = following.replica.heard
        self._store = store
        self._counts = counts
        self._room = room
        self.handlers: dict[type, Callable[[Any], None]] = {
            Fanout: self._fan_out,
            Notify: self._notify,
            Tell: self._tell,
            Route: self._route,
            Unroute: self._unroute,
            EndHandle: self._end_handle,
            Resync: self._resync,
            SiteFacts: self._following.told,
        }

    # --- the link --------------------------------------------------------------------------------

    def link_came(self, epoch: int) -> None:
        if self._store.epoch not in (0, epoch):
            log.warning("main_has_another_epoch", before=self._store.epoch, now=epoch)
            self._outbox.main_is_another()
        self._store.link_came(epoch)
        self._following.link_came(epoch)
        self._cut_off.offer_all()
        self._entrance.link_came(self._outbox.start)
        self._room.wake()

    def link_suspected(self) -> None:
        self._outbox.link_suspected(self._requests.messages())
        self._entrance.link_suspected()

    def link_steadied(self) -> None:
        self._outbox.link_steadied()
        self._entrance.tell_all_of_link()

    def link_went(self, unanswered: list[Request]) -> None:
        self._following.link_went()
        self._outbox.link_went(unanswered)
        self._entrance.link_went()

    # --- events ----------------------------------------------------------------------------------

    def _fan_out(self, fanout: Fanout) -> None:
        request = self._requests.take(fanout.ref) if fanout.ref else None
        asker = None if request is None else request.asker
        event = fanout.event
        self._heard(fanout.conversation, event)
        count = 0
        for session in self._routes.in_conversation(fanout.conversation):
            if session is not asker:
                session.channel.send(event)
                count += 1
        self._counts.deliveries += count
        if request is not None:
            request.asker.answered(request, fanout.result)
        if fanout.conversation == self._room.conversation:
            self._room.wake()

    def _notify(self, notify: Notify) -> None:
        for session in self._routes.of_persons(notify.persons):
            session.channel.send(notify.event)
            self._counts.deliveries += 1

    def _tell(self, tell: Tell) -> None:
        session = self._entrance.sessions.get(tell.handle)
        if session is None or session.stage is not Stage.READY:
            return
        session.channel.send(tell.event)
        self._counts.deliveries += 1
        if tell.event.startswith(_SYNCED_HEAD):
            self._entrance.synced(session, check(unpack_value(tell.event), Synced))

    # --- who is where ----------------------------------------------------------------------------

    def _route(self, route: Route) -> None:
        if route.replaces:
            self._routes.forget(route.person)
        self._routes.route(route.person, route.conversations)

    def _unroute(self, unroute: Unroute) -> None:
        self._routes.unroute(unroute.person, unroute.conversation)

    def _end_handle(self, end: EndHandle) -> None:
        self._entrance.end(end.handle, end.reason)

    def _resync(self, _: Resync) -> None:
        self._entrance.attach_all()
        self._room.wake()
