"""What the realm answers by itself while main is away, from its replica.

Nothing is answered that main might answer otherwise: who or what is not known here is not told to
be nowhere. `LinkDown` says why, and since when.
"""

from collections.abc import Callable, Mapping
from typing import Any

from realm_protocol.commands import (
    FetchMessages,
    FindPeople,
    Group,
    Head,
    ListGroups,
    ListMembers,
    Member,
    OpenConversation,
    Page,
    Person,
    ResolveName,
)
from realm_protocol.errors import LinkDown, NotMember, NotSignedIn
from realm_protocol.limits import HEADS_PER_EVENT
from realm_protocol.names import Address, GroupAddress, group_conversation
from realm_protocol.rooms import GUEST_LIMITS
from realm_server.autonomy.replica import Replica
from realm_server.client_sessions import ClientSession
from realm_server.link import Link
from realm_server.routes import Routes

_FOR_GUESTS = (FetchMessages, ListMembers, OpenConversation)
"""Each looks for itself at what its asker is in; that is the room alone."""


class SiteAnswers:
    """Of one realm."""

    def __init__(
        self, realm: str, replica: Replica, routes: Routes[ClientSession], link: Link
    ) -> None:
        self._realm = realm
        self._replica = replica
        self._routes = routes
        self._link = link
        self._answers: Mapping[type, Callable[[ClientSession, Any], Any]] = {
            FetchMessages: self._fetch,
            OpenConversation: self._open,
            ListMembers: self._list_members,
            ListGroups: self._list_groups,
            FindPeople: self._find_people,
            ResolveName: self._resolve,
        }

    @property
    def epoch(self) -> int:
        """Of main's store, as the site knows it; 0 when it knows nothing."""
        return self._replica.epoch

    def answer(self, session: ClientSession, command: Any) -> Any:
        """The result of a command; raises `LinkDown` where only main knows it."""
        answer = self._answers.get(type(command))
        is_guest = session.limit_class == GUEST_LIMITS
        if answer is None or (is_guest and not isinstance(command, _FOR_GUESTS)):
            raise self._unknown()
        return answer(session, command)

    def heads(self, person: int) -> list[list[Head]]:
        """How everything stands that a person is in, as many at a time as one event holds."""
        heads = self._replica.heads(person)
        return [
            heads[start : start + HEADS_PER_EVENT]
            for start in range(0, len(heads), HEADS_PER_EVENT)
        ]

    def _unknown(self) -> LinkDown:
        return LinkDown(**self._link.down_fields())

    # --- conversations ---------------------------------------------------------------------------

    def _head(self, session: ClientSession, conversation: str) -> Head:
        head = self._replica.head(session.person, conversation)
        if head is None:
            raise self._unknown()  # they may have joined where the site has not heard of it
        return head

    def _fetch(self, session: ClientSession, asked: FetchMessages) -> Page:
        page = self._replica.page(self._head(session, asked.conversation), asked)
        if page is None:
            raise self._unknown()
        return page

    def _open(self, session: ClientSession, asked: OpenConversation) -> Head:
        return self._head(session, asked.conversation)

    # --- groups ----------------------------------------------------------------------------------

    def _list_members(self, session: ClientSession, asked: ListMembers) -> list[Member]:
        """Those of this site."""
        members = self._replica.members(group_conversation(asked.group))
        if not members:
            raise self._unknown()
        if session.person not in {person.person for person, _ in members}:
            raise NotMember(group=str(asked.group))
        return [
            Member(
                person.address,
                person.display_name,
                head.role,  # type: ignore[arg-type]  # who is gone is not among them
                bool(self._routes.of_person(person.person)),
                head.read,
                head.delivered,
            )
            for person, head in members
        ]

    def _list_groups(self, session: ClientSession, asked: ListGroups) -> list[Group]:
        """Those that one is in; of their members, those of this site are counted."""
        return [
            Group(
                GroupAddress(head.name),
                head.conversation,
                len(self._replica.members_here(head.conversation)),
                True,
                head.kind,
                head.display_name,
                head.invite_only,
                head.closed,
                head.role,  # type: ignore[arg-type]  # who is gone has no head
            )
            for head in sorted(self._replica.heads(session.person), key=lambda head: head.name)
            if head.kind != "private"
        ]

    # --- whoever asks ----------------------------------------------------------------------------

    async def people(self, limit: int) -> list[Address]:
        """Who is of this site, for those who need not say who they are."""
        await self._know_all()
        return [person.address for person in self._replica.people("", limit)]

    async def open_groups(self) -> list[GroupAddress]:
        """Those that anybody of this site may enter, likewise."""
        await self._know_all()
        return self._replica.open_groups(self._realm)

    async def _know_all(self) -> None:
        """What main told is known; raises `NotSignedIn` where it never told all: it has to say."""
        if not self._replica.revision:
            raise NotSignedIn
        await self._replica.settled()

    # --- people ----------------------------------------------------------------------------------

    def _find_people(self, session: ClientSession, asked: FindPeople) -> list[Person]:
        """Those of this site; people of other sites only main knows."""
        if asked.realm and asked.realm.lower() != self._realm:
            raise self._unknown()
        return [
            Person(
                person.address,
                person.display_name,
                person.country,
                bool(self._routes.of_person(person.person)),
            )
            for person in self._replica.people(asked.query.strip().lower(), asked.limit)
        ]

    def _resolve(self, session: ClientSession, asked: ResolveName) -> Address:
        """A name of this site; what it may mean elsewhere only main knows."""
        if asked.kind == "person":
            address = Address.of(asked.name, self._realm)
            if self._replica.person(address) is None:
                raise self._unknown()
            return address
        group = GroupAddress.of(asked.name, self._realm)
        if not self._replica.members_here(group_conversation(group)):
            raise self._unknown()
        return group
