"""Delivery: which links must hear of what was committed, and who is online.

Lives on the event loop and is fed by the writer in commit order. A conversation is routed to the
realms that have members online; each gets one copy of an event, however many sessions it has there.
"""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from main_server.effects import (
    Answered,
    AttachedSession,
    DetachedSession,
    Effect,
    Entered,
    Failed,
    Left,
    LiveSession,
    Moved,
    PresenceShown,
    RealmCut,
    RefusedTo,
    Resolved,
    SessionsEnded,
    SiteChanged,
    Stored,
)
from realm_protocol import events, link
from realm_protocol.commands import Head
from realm_protocol.limits import HEADS_PER_EVENT
from realm_protocol.wire import WireMessage, pack, tag_of
from realm_service.logs import report_defect

_FANOUT = tag_of(link.Fanout)
_ANSWER = tag_of(link.Answer)
_NOTIFY = tag_of(link.Notify)
_ROUTES_PER_MESSAGE = 500


class RealmLink(Protocol):
    """A realm's link, as delivery sees it. Hashed by identity."""

    realm: str
    sessions: dict[int, LiveSession]
    watches: str
    """The conversation, its realm's room, that its operator watches; empty for none."""

    def send(self, message: bytes) -> None: ...

    def send_bulk(self, message: bytes) -> None: ...

    def cut(self, reason: str) -> None: ...


@dataclass(slots=True)
class _Presence:
    """A person with at least one attached session."""

    links: dict[RealmLink, int] = field(default_factory=dict)
    """How many sessions over each link."""
    conversations: set[str] = field(default_factory=set)
    peers: set[int] = field(default_factory=set)
    """Who sees this person come and go."""


class Delivery:
    """Carries out effects. Not thread-safe: everything happens on the event loop."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._routes: dict[str, dict[RealmLink, int]] = {}
        self._present: dict[int, _Presence] = {}
        self._links: set[RealmLink] = set()
        self._next_expiry: float = math.inf
        """No attached session expires before; in milliseconds."""
        self._carry_out: dict[type, Callable[[Any], None]] = {
            Stored: self._stored,
            Answered: self._answered,
            RefusedTo: self._refused,
            Entered: self._entered,
            Left: self._left,
            Moved: self._moved,
            PresenceShown: self._presence_shown,
            AttachedSession: self._attached,
            DetachedSession: self._detached,
            SessionsEnded: self._sessions_ended,
            SiteChanged: self._site_changed,
            RealmCut: self._realm_cut,
            Resolved: self._resolved,
            Failed: self._failed,
        }

    def carry_out(self, effects: Iterable[Effect]) -> None:
        """Tell everybody concerned, in this order."""
        carry_out = self._carry_out
        for effect in effects:
            try:
                carry_out[type(effect)](effect)
            except Exception as exc:
                # Somebody was not told. Realms that connect anew ask for what they miss.
                report_defect(exc, effect=type(effect).__name__)
                for realm_link in list(self._links):
                    realm_link.cut("internal error")

    @property
    def online(self) -> dict[int, Any]:
        """Who is online, by person id; to look into, not to change."""
        return self._present

    def online_at(self, realm_link: RealmLink) -> int:
        """How many sessions a realm has attached."""
        return len(realm_link.sessions)

    # --- links -----------------------------------------------------------------------------------

    def link_opened(self, realm_link: RealmLink) -> None:
        self._links.add(realm_link)

    def link_closed(self, realm_link: RealmLink) -> None:
        """Its sessions are no longer attached."""
        self._links.discard(realm_link)
        self.unwatch(realm_link)
        for handle in list(realm_link.sessions):
            self._drop(realm_link, handle)

    def typing(self, session: LiveSession, conversation: str) -> None:
        """Pass on that somebody types; never stored."""
        presence = self._present.get(session.person_id)
        if presence is None or conversation not in presence.conversations:
            return
        event = pack(events.Typing(conversation, session.address))
        message = pack((_FANOUT, conversation, event, 0, b""))
        for realm_link in self._routes.get(conversation, ()):
            realm_link.send(message)

    # --- messages --------------------------------------------------------------------------------

    def _stored(self, effect: Stored) -> None:
        conversation, event = effect.conversation, effect.event
        asker = effect.asker
        shared = None
        for realm_link in self._routes.get(conversation, ()):
            if asker is not None and realm_link is asker.link:
                message = pack((_FANOUT, conversation, event, asker.ref, effect.answer))
                asker = None
            else:
                message = shared = shared or pack((_FANOUT, conversation, event, 0, b""))
            realm_link.send(message)
        if asker is not None:
            asker.link.send(pack((_ANSWER, asker.ref, effect.answer)))

    def _answered(self, effect: Answered) -> None:
        result = effect.result
        packed = result if isinstance(result, bytes) else pack(result)
        effect.asker.link.send(pack((_ANSWER, effect.asker.ref, packed)))

    def _refused(self, effect: RefusedTo) -> None:
        error = effect.error
        effect.asker.link.send(pack(link.Refusal(effect.asker.ref, error.code, error.fields)))

    def _moved(self, effect: Moved) -> None:
        persons = [effect.person_id]
        if effect.peer_id is not None and effect.peer_id != effect.person_id:
            persons.append(effect.peer_id)
        self._notify(
            persons,
            events.WatermarkMoved(
                effect.conversation, effect.address, effect.delivered, effect.read
            ),
        )

    def _notify(self, persons: Iterable[int], event: WireMessage) -> None:
        """One event for these persons' sessions, one copy to each link."""
        by_link: dict[RealmLink, list[int]] = {}
        for person in persons:
            presence = self._present.get(person)
            for realm_link in presence.links if presence else ():
                by_link.setdefault(realm_link, []).append(person)
        if by_link:
            packed = pack(event)
            for realm_link, here in by_link.items():
                realm_link.send(pack((_NOTIFY, here, packed)))

    # --- memberships -----------------------------------------------------------------------------

    def _entered(self, effect: Entered) -> None:
        self._tell_membership(effect)
        presence = self._present.get(effect.person_id)
        if effect.peer_id is not None and (peer := self._present.get(effect.peer_id)):
            peer.peers.add(effect.person_id)
        if presence is None:
            return
        conversation = effect.head.conversation
        if conversation not in presence.conversations:
            presence.conversations.add(conversation)
            for realm_link in presence.links:
                self._route(realm_link, effect.person_id, [conversation])
        self._notify([effect.person_id], events.Heads([effect.head]))

    def _left(self, effect: Left) -> None:
        self._tell_membership(effect)
        self._notify([effect.person_id], events.Heads([effect.head]))
        presence = self._present.get(effect.person_id)
        conversation = effect.head.conversation
        if presence is None or conversation not in presence.conversations:
            return
        presence.conversations.discard(conversation)
        for realm_link in presence.links:
            self._unroute(realm_link, conversation)
            realm_link.send(pack(link.Unroute(effect.person_id, conversation)))

    def watch(self, realm_link: RealmLink, conversation: str) -> None:
        """From now on this link gets the events of a conversation, whoever is online there."""
        if not realm_link.watches:
            realm_link.watches = conversation
            self._add_route(realm_link, conversation)

    def unwatch(self, realm_link: RealmLink) -> None:
        if realm_link.watches:
            self._unroute(realm_link, realm_link.watches)
            realm_link.watches = ""

    def _tell_membership(self, effect: Entered | Left) -> None:
        """To the realm, which knows the conversations of those too who are not there."""
        known = link.SiteMembership(effect.person_id, effect.head, effect.revision)
        facts = link.SiteFacts(memberships=[known])
        self._site_changed(SiteChanged(effect.address.realm, facts))

    def _site_changed(self, effect: SiteChanged) -> None:
        for realm_link in self._links:
            if realm_link.realm == effect.realm:
                realm_link.send(pack(effect.facts))

    def _route(
        self, realm_link: RealmLink, person: int, ids: list[str], *, replaces: bool = False
    ) -> None:
        for conversation in ids:
            self._add_route(realm_link, conversation)
        for start in range(0, len(ids) or 1, _ROUTES_PER_MESSAGE):
            some = ids[start : start + _ROUTES_PER_MESSAGE]
            realm_link.send(pack(link.Route(person, some, replaces and start == 0)))

    def _add_route(self, realm_link: RealmLink, conversation: str) -> None:
        links = self._routes.setdefault(conversation, {})
        links[realm_link] = links.get(realm_link, 0) + 1

    def _unroute(self, realm_link: RealmLink, conversation: str) -> None:
        links = self._routes[conversation]
        links[realm_link] -= 1
        if links[realm_link] == 0:
            del links[realm_link]
        if not links:
            del self._routes[conversation]

    # --- sessions --------------------------------------------------------------------------------

    def _attached(self, effect: AttachedSession) -> None:
        realm_link, session = effect.asker.link, effect.session
        if realm_link not in self._links:
            return
        presence = self._present.get(session.person_id)
        if presence is None:
            presence = self._present[session.person_id] = _Presence(peers=set(effect.peers))
            presence.conversations = set(effect.conversations)
            self._announce(session, presence, online=True)
        again = effect.handle in realm_link.sessions
        first_here = realm_link not in presence.links
        presence.links[realm_link] = presence.links.get(realm_link, 0) + 1
        if first_here:
            # The realm may still hold what it was told before an absence that it did not notice.
            known = sorted(presence.conversations)
            self._route(realm_link, session.person_id, known, replaces=True)
        if again:
            self._drop(realm_link, effect.handle)
        realm_link.sessions[effect.handle] = session
        self._next_expiry = min(self._next_expiry, session.expires_at)
        self._answered(Answered(effect.asker, _confirmation(session)))
        self._tell_heads(realm_link, effect)

    def _tell_heads(self, realm_link: RealmLink, effect: AttachedSession) -> None:
        for heads in _chunks(effect.heads, HEADS_PER_EVENT):
            realm_link.send(pack(link.Tell(effect.handle, pack(events.Heads(heads)))))
        synced = events.Synced(effect.epoch, effect.position)
        realm_link.send(pack(link.Tell(effect.handle, pack(synced))))

    def _detached(self, effect: DetachedSession) -> None:
        if effect.handle in effect.link.sessions:
            self._drop(effect.link, effect.handle)

    def _drop(self, realm_link: RealmLink, handle: int) -> None:
        session = realm_link.sessions.pop(handle)
        presence = self._present[session.person_id]
        presence.links[realm_link] -= 1
        if presence.links[realm_link]:
            return
        del presence.links[realm_link]
        for conversation in presence.conversations:
            self._unroute(realm_link, conversation)
        if not presence.links:
            del self._present[session.person_id]
            self._announce(session, presence, online=False)

    def _announce(self, session: LiveSession, presence: _Presence, *, online: bool) -> None:
        if presence.peers:
            now = int(self._clock() * 1000)
            event = events.PresenceChanged(session.address, online, now)
            self._notify(presence.peers - {session.person_id}, event)

    def _presence_shown(self, effect: PresenceShown) -> None:
        presence = self._present.get(effect.person_id)
        if presence is None or (effect.to_id in presence.peers) == effect.shown:
            return
        if effect.shown:
            presence.peers.add(effect.to_id)
        else:
            presence.peers.discard(effect.to_id)
        now = int(self._clock() * 1000)
        self._notify([effect.to_id], events.PresenceChanged(effect.address, effect.shown, now))

    def _sessions_ended(self, effect: SessionsEnded) -> None:
        ended = set(effect.session_ids)
        if ended:
            facts = link.SiteFacts(ended_sessions=effect.session_ids)
            self._site_changed(SiteChanged(effect.realm, facts))
        for realm_link in self._links:
            for handle, session in list(realm_link.sessions.items()):
                if session.session_id in ended:
                    self._end(realm_link, handle, effect.reason)

    def end_expired(self) -> None:
        """End what is attached and valid no longer, where its realm did not see to it.

        To be called now and then: it looks at the sessions only once one of them has expired.
        """
        now = self._clock() * 1000
        if now < self._next_expiry:
            return
        self._next_expiry = math.inf
        for realm_link in self._links:
            for handle, session in list(realm_link.sessions.items()):
                if session.expires_at <= now:
                    self._end(realm_link, handle, "expired")
                else:
                    self._next_expiry = min(self._next_expiry, session.expires_at)

    def _end(self, realm_link: RealmLink, handle: int, reason: str) -> None:
        realm_link.sessions[handle].end_reason = reason
        realm_link.send(pack(link.EndHandle(handle, reason)))
        self._drop(realm_link, handle)

    def _realm_cut(self, effect: RealmCut) -> None:
        for realm_link in [each for each in self._links if each.realm == effect.realm]:
            realm_link.cut(effect.reason)

    # --- calls from inside main ------------------------------------------------------------------

    def _resolved(self, effect: Resolved) -> None:
        if not effect.future.done():
            effect.future.set_result(effect.result)

    def _failed(self, effect: Failed) -> None:
        if not effect.future.done():
            effect.future.set_exception(effect.error)


def _confirmation(session: LiveSession) -> link.Attached:
    return link.Attached(
        person=session.person_id,
        address=session.address,
        session_id=session.session_id,
        expires_at=session.expires_at,
        limit_class=session.limit_class,
    )


def _chunks(heads: list[Head], size: int) -> Iterable[list[Head]]:
    return (heads[start : start + size] for start in range(0, len(heads), size))
