"""What can be jumped to: chats, people and groups of all sites, and messages of this device."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from frontend.live import LiveAccount
from frontend.service.shapes import Conversation, Group, Message, Person
from frontend.views.avatar import avatar, face_of
from frontend.views.choosing import Choice
from frontend.window import listing, times
from frontend.window.identity import initials, is_guest, realm_of
from frontend.window.state import ordered
from frontend.window.words import Words
from realm_protocol.errors import RealmchatError

_PEOPLE = 50
_HITS = 100


@dataclass(frozen=True)
class Finding:
    """`open…` are told what was chosen; `asked` answers a question, or tells why it can't."""

    live: LiveAccount
    words: Words
    clock: Callable[[], datetime]
    open: Callable[[str], Awaitable[None]]
    open_message: Callable[[Message], Awaitable[None]]
    open_person: Callable[[str], Awaitable[None]]
    join: Callable[[str], Awaitable[None]]
    asked: Callable[[Awaitable[Any]], Awaitable[Any]]

    async def anyone(self, query: str) -> list[Choice]:
        begun = query.lower()
        chats = [
            self._chat_choice(one) for one in ordered(self.live.state) if self._fits(one, begun)
        ]
        people = self._known()
        groups: list[Group] = []
        try:
            if query:
                people = await self.live.client.people(query)
            groups = await self.live.client.groups()
        except RealmchatError:
            return chats  # cut off: those that are known here
        here = {one.title for one in self.live.state.conversations.values()} | {self.live.state.me}
        found = sorted(
            (person for person in people if person.address not in here),
            key=lambda person: (realm_of(person.address) != self.live.state.realm, person.address),
        )
        open_groups = [g for g in groups if not g.joined and begun in g.group]
        return [
            *chats,
            *map(self._group_choice, open_groups),
            *map(self._person_choice, found[:_PEOPLE]),
        ]

    def _known(self) -> list[Person]:
        """Who there is, for somebody who doesn't know whom to look for."""
        state = self.live.state
        return [
            Person(address, state.people.names.get(address, ""), there.online)
            for address, there in state.presence.items()
            if not is_guest(address)
        ]

    def _fits(self, one: Conversation, begun: str) -> bool:
        name = listing.title_of(self.live.state, one).lower()
        return begun in one.title or begun in name

    def _chat_choice(self, one: Conversation) -> Choice:
        state = self.live.state

        async def take() -> None:
            await self.open(one.conversation)

        return Choice(
            identifier=f"jump-{one.title}",
            heading=self.words("chats"),
            title=listing.title_of(state, one),
            detail=one.title,
            face=lambda: avatar(one.kind, one.title, listing.initials_of(state, one), 32),
            take=take,
        )

    def _person_choice(self, person: Person) -> Choice:
        async def take() -> None:
            await self.open_person(person.address)

        return Choice(
            identifier=f"jump-{person.address}",
            heading=self.words("people_at", realm=realm_of(person.address)),
            title=person.name or person.address,
            detail=person.address,
            face=lambda: face_of(person),
            take=take,
        )

    def _group_choice(self, group: Group) -> Choice:
        async def take() -> None:
            await self.join(group.group)

        told = [self.words("join_group")]
        if group.members is not None:
            told.append(self.words("members", n=group.members))
        return Choice(
            identifier=f"jump-group:{group.group}",
            heading=self.words("groups"),
            title=group.group,
            detail=" · ".join(told),
            face=lambda: avatar("group", group.group, initials(group.group), 32),
            take=take,
        )

    def called(self, address: str, take: Callable[[str], Awaitable[None]]) -> Choice:
        """One of several people, or groups, of one name."""

        async def take_it() -> None:
            await take(address)

        chats = self.live.state.conversations.values()
        is_group = any(one.kind == "group" and one.title == address for one in chats)
        name = "" if is_group else self.live.state.people.names.get(address, "")
        return Choice(
            identifier=f"which-{address}",
            heading="",
            title=name or address,
            detail=address,
            face=lambda: avatar(
                "group" if is_group else "private", address, initials(address, name), 32
            ),
            take=take_it,
        )

    async def messages(self, query: str) -> list[Choice]:
        if not query:
            return []
        found = await self.asked(self.live.client.search(query)) or []
        return [self._hit(message) for message in found[:_HITS]]

    def _hit(self, message: Message) -> Choice:
        async def take() -> None:
            await self.open_message(message)

        state, now = self.live.state, self.clock()
        conversation = state.find(message.conversation)
        told = [state.told_of(message.sender)]
        if conversation is not None:
            told.append(listing.told_of_chat(state, conversation))
        return Choice(
            identifier=f"hit-{message.conversation}-{message.seq}",
            heading="",
            title=" · ".join(dict.fromkeys(told)),
            detail=listing.as_read(message.text),
            at=times.in_list(self.words, message.at or message.sent_at, now),
            face=lambda: avatar("private", message.sender, state.initials_of(message.sender), 32),
            take=take,
        )
