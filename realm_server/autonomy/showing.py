"""Showing what the realm keeps to the people of its site: at once, and to devices that were away.

Who may see a message is decided here; what becomes of it is the outbox's.
"""

from collections.abc import Iterator

from realm_protocol.commands import FetchPending, PendingMessage, PendingPage
from realm_protocol.errors import RealmchatError
from realm_protocol.events import MessagePending, MessageWithdrawn
from realm_protocol.limits import PAGE_BYTES, PAGE_MESSAGES
from realm_protocol.names import GroupAddress, parse_target
from realm_protocol.wire import pack
from realm_server.autonomy.lanes import Kept, OutboxLanes
from realm_server.autonomy.surroundings import Neighbours
from realm_server.client_sessions import ClientSession
from realm_server.counts import Counts
from realm_server.routes import Routes


class Showing:
    """Of one realm."""

    def __init__(
        self, routes: Routes[ClientSession], neighbours: Neighbours, counts: Counts
    ) -> None:
        self._routes = routes
        self._neighbours = neighbours
        self._counts = counts

    def show(self, kept: Kept, askers: list[tuple[ClientSession, int]]) -> None:
        """To everybody here who is in its conversation; its sender's own session knows it."""
        self._tell(kept, pack(MessagePending(kept.pending())), {session for session, _ in askers})

    def withdraw(self, kept: Kept, error: RealmchatError) -> None:
        """Whoever saw it hears that main will not take it."""
        name = (kept.conversation, kept.sender, kept.command.key)
        self._tell(kept, pack(MessageWithdrawn(*name, error.code, error.fields)), set())

    def _tell(self, kept: Kept, event: bytes, knowing: set[ClientSession]) -> None:
        for session in self._routes.of_persons(self._who_sees(kept)):
            if session not in knowing:
                session.channel.send(event)
                self._counts.deliveries += 1

    def is_seen_by(self, kept: Kept, person: int) -> bool:
        return person in self._who_sees(kept)

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

    def page(self, lanes: OutboxLanes, person: int, asked: FetchPending) -> PendingPage:
        """What is kept of a person's conversations behind a position."""
        found: list[PendingMessage] = []
        size = 0
        for kept in self._seen_by(lanes, person, asked.after):
            size += kept.size
            if found and (size > PAGE_BYTES or len(found) == PAGE_MESSAGES):
                return PendingPage(found, more=True)
            found.append(kept.pending())
        return PendingPage(found, more=False)

    def _seen_by(self, lanes: OutboxLanes, person: int, after: int) -> Iterator[Kept]:
        shown: dict[tuple[str, int], bool] = {}
        for kept in lanes:
            if kept.position <= after or not kept.is_on_disk:
                continue
            place = (kept.conversation, kept.person)
            if place not in shown:
                shown[place] = self.is_seen_by(kept, person)
            if shown[place]:
                yield kept
