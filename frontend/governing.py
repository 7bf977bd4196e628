"""Governing the open group: inviting and removing people, roles, name, access.

Who may do what is `window.governing`'s; main refuses the rest, in words.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from frontend.service.shapes import Conversation, Member, Person
from frontend.views import dialogs
from frontend.views.avatar import face_of
from frontend.views.choosing import Choice, Choosing
from frontend.window.governing import ROLE_OF
from frontend.window.identity import realm_of
from realm_protocol.errors import RealmchatError

if TYPE_CHECKING:
    from frontend.chatting import Chatting

_PEOPLE = 50
_QUESTIONS = {"hand_over": "hand_over_sure", "remove_member": "remove_member_sure"}


class Governing:
    """Of the window of one account."""

    def __init__(self, chatting: "Chatting") -> None:
        self._chatting = chatting

    # --- the group -------------------------------------------------------------------------------

    async def invite(self, group: Conversation, members: list[Member]) -> None:
        """Whoever is found may be chosen, but for those who are in it."""
        words = self._chatting.words
        here = {member.address for member in members}
        await self._chatting.asides.choose(
            Choosing(
                self._chatting.sizes,
                hint=words("invite_whom"),
                words=words,
                say=self._chatting.outside.say,
                input_identifier="invite-input",
                narrow=self._chatting.layout.narrow,
                find=lambda query: self._find(group, here, query),
                nothing=lambda q: words("nothing_found", q=q),
            )
        )

    async def _find(self, group: Conversation, here: set[str], query: str) -> list[Choice]:
        people = await self._chatting.asked(self._chatting.live.client.people(query)) or []
        own = self._chatting.live.state.realm
        found = sorted(
            (person for person in people if person.address not in here),
            key=lambda person: (realm_of(person.address) != own, person.address),
        )
        return [self._choice(group, person) for person in found[:_PEOPLE]]

    def _choice(self, group: Conversation, person: Person) -> Choice:
        invited = partial(self._chatting.live.client.invite, group.title, person.address)
        return Choice(
            identifier=f"invite-{person.address}",
            heading=self._chatting.words("people_at", realm=realm_of(person.address)),
            title=person.name or person.address,
            detail=person.address,
            face=lambda: face_of(person),
            take=lambda: self._do(invited()),
        )

    def rename(self, group: Conversation) -> None:
        chatting = self._chatting

        async def rename(name: str) -> str:
            try:
                await chatting.live.client.rename_group(group.title, name)
            except RealmchatError as error:
                return error.message_in(chatting.words.language)
            await chatting.asides.shut_dialog()
            return ""

        asides = chatting.asides
        asides.show(
            dialogs.rename_group(
                chatting.words, chatting.sizes, group.name, rename, asides.shut_dialog
            )
        )

    async def set_access(self, group: Conversation) -> None:
        """The other of the two."""
        client = self._chatting.live.client
        await self._do(client.set_access(group.title, invite_only=not group.invite_only))

    # --- its members -----------------------------------------------------------------------------

    async def on_member(self, group: Conversation, deed: str, member: Member) -> None:
        """What `deeds_to` has; asked before where one can't take it back alone."""
        client = self._chatting.live.client
        match deed:
            case "hand_over":
                self._ask_first(deed, group, member, partial(self._hand_over, group, member))
            case "remove_member":
                remove = partial(client.remove_member, group.title, member.address)
                self._ask_first(deed, group, member, remove)
            case _:
                await self._do(client.set_role(group.title, member.address, ROLE_OF[deed]))

    def _ask_first(
        self,
        deed: str,
        group: Conversation,
        member: Member,
        do: Callable[[], Awaitable[object]],
    ) -> None:
        words, asides = self._chatting.words, self._chatting.asides

        async def done() -> None:
            await self._do(do())

        # Two of one name must not be taken for each other here.
        name = f"{member.name} ({member.address})" if member.name else member.address
        question = words(_QUESTIONS[deed], name=name, group=group.title)
        asides.show(
            dialogs.sure(words, question, words(deed), "btn-sure-yes", done, asides.shut_dialog),
            question,
        )

    async def _hand_over(self, group: Conversation, member: Member) -> None:
        """To the other first: a group is never without an owner."""
        client = self._chatting.live.client
        await client.set_role(group.title, member.address, "owner")
        await client.set_role(group.title, self._chatting.live.state.me, "admin")

    async def _do(self, deed: Awaitable[object]) -> None:
        """What comes of it is told by a row of the conversation, and why nothing did by a card."""
        await self._chatting.asides.shut_dialog()
        await self._chatting.tried(deed)
