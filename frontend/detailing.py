"""Who the open conversation is with: beside it where there is room, else in front of it."""

from typing import TYPE_CHECKING

import flet as ft

from frontend.service.shapes import Conversation, Member
from frontend.views import dialogs
from frontend.views.details import DetailDeeds, Shown, draw_details
from realm_protocol.commands import GONE

if TYPE_CHECKING:
    from frontend.chatting import Chatting


class Detailing:
    """Of the window of one account."""

    def __init__(self, chatting: "Chatting") -> None:
        self._chatting = chatting
        self.is_beside = False
        """Whether its person wants it there."""
        self._members: dict[str, list[Member]] = {}
        self._known: dict[str, int] = {}
        """Up to which change of a group its members were asked for."""

    async def toggle(self) -> None:
        chatting = self._chatting
        if not chatting.layout.docks:
            await self._show()
            return
        self.is_beside = not self.is_beside
        chatting.draw()
        chatting.page.update()

    async def _show(self) -> None:
        conversation = self._chatting.live.state.find(self._chatting.opened)
        if conversation is None:
            return
        if conversation.kind != "private" and not await self._ask_for_members(conversation):
            return
        words, asides = self._chatting.words, self._chatting.asides
        shown = self._drawn(conversation, beside=False)
        asides.show(dialogs.holding(words, words("details"), shown, asides.shut_dialog))

    def draw(self, conversation: Conversation | None) -> None:
        """Beside the messages, as the state is now."""
        if conversation is None or not (self.is_beside and self._chatting.layout.docks):
            self._chatting.frame.draw_details(None)
            return
        last = conversation.last_message
        changed = last.seq or 0 if last is not None and last.kind == "system" else 0
        if conversation.kind != "private" and changed > self._known.get(
            conversation.conversation, -1
        ):
            self._known[conversation.conversation] = changed
            self._chatting.spawn(self._refresh(conversation))
        self._chatting.frame.draw_details(self._drawn(conversation, beside=True))

    async def _refresh(self, conversation: Conversation) -> None:
        await self._ask_for_members(conversation)
        self._chatting.changed()

    async def _ask_for_members(self, conversation: Conversation) -> bool:
        chatting = self._chatting
        members = await chatting.asked(chatting.live.client.members(conversation.title))
        if members is None:
            return False
        self._members[conversation.conversation] = members
        return True

    def _drawn(self, conversation: Conversation, *, beside: bool) -> ft.Control:
        chatting = self._chatting
        head = chatting.head(conversation)
        gone = conversation.role in GONE
        shown = Shown(
            conversation.kind,
            conversation.title,
            head.name,
            "" if head.below == conversation.title else head.below,
            head.presence,
            conversation.muted,
            self._members.get(conversation.conversation),
        )
        may_leave = conversation.kind != "private" and not gone
        deeds = DetailDeeds(self._mute, self._ask_to_leave if may_leave else None)
        return draw_details(shown, chatting.sizes, chatting.words, deeds, beside=beside)

    async def _mute(self) -> None:
        chatting = self._chatting
        conversation = chatting.live.state.find(chatting.opened)
        if conversation is not None:
            await chatting.asides.shut_dialog()
            wanted = not conversation.muted
            await chatting.tried(chatting.live.client.mute(conversation.conversation, wanted))

    async def _ask_to_leave(self) -> None:
        chatting = self._chatting
        conversation = chatting.live.state.find(chatting.opened)
        if conversation is None:
            return
        group, asides = conversation.title, chatting.asides

        async def leave() -> None:
            await asides.shut_dialog()
            await chatting.tried(chatting.live.client.leave_group(group))

        words = chatting.words
        question = words("leave_sure", name=group)
        asides.show(
            dialogs.sure(
                *(words, question, words("leave_group"), "btn-leave-yes"), leave, asides.shut_dialog
            )
        )
