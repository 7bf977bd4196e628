"""Who the open conversation is with: beside it where there is room, else in front of it."""

from typing import TYPE_CHECKING

from frontend.governing import Governing
from frontend.service.shapes import Conversation, Member
from frontend.views import dialogs
from frontend.views.details import DetailDeeds, Details, Shown
from frontend.views.still import show_changes
from frontend.window.governing import deeds_to, rights_in
from frontend.window.heading import head_of
from frontend.window.identity import is_guest
from realm_protocol.commands import GONE
from realm_protocol.errors import NotMember

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
        self._governing = Governing(chatting)
        self._of: tuple[object, ...] = ()
        self._beside: Details | None = None
        self._told: Shown | None = None

    async def toggle(self) -> None:
        chatting = self._chatting
        if not chatting.layout.docks:
            await self._show()
            return
        self.is_beside = not self.is_beside
        chatting.draw()

    async def _show(self) -> None:
        conversation = self._opened
        if conversation is None:
            return
        if _has_members(conversation) and not await self._ask_for_members(conversation):
            return
        words, asides = self._chatting.words, self._chatting.asides
        details = self._new(beside=False)
        details.tell(self._shown(conversation))
        asides.show(dialogs.holding(words, words("details"), details.control, asides.shut_dialog))

    def draw(self, conversation: Conversation | None) -> None:
        """Beside the messages, as the state is now."""
        if conversation is None or not (self.is_beside and self._chatting.layout.docks):
            self._of, self._beside = (), None
            self._chatting.frame.draw_details(None)
            return
        last = conversation.last_message
        changed = last.seq or 0 if last is not None and last.kind == "system" else 0
        if _has_members(conversation) and changed > self._known.get(conversation.conversation, -1):
            self._known[conversation.conversation] = changed
            self._chatting.spawn(self._refresh(conversation))
        chatting = self._chatting
        of = (conversation.conversation, chatting.sizes, chatting.words.language)
        if self._beside is None or self._of != of:
            self._of, self._beside, self._told = of, self._new(beside=True), None
        shown = self._shown(conversation)
        if shown != self._told:
            self._told = shown
            self._beside.tell(shown)
            show_changes(self._beside.control)
        chatting.frame.draw_details(self._beside.control)

    async def _refresh(self, conversation: Conversation) -> None:
        await self._ask_for_members(conversation)
        self._chatting.changed()

    async def _ask_for_members(self, conversation: Conversation) -> bool:
        chatting = self._chatting
        members = await chatting.asked(self._members_of(conversation))
        if members is None:
            return False
        self._members[conversation.conversation] = members
        return True

    async def _members_of(self, group: Conversation) -> list[Member]:
        """None, where one has left it meanwhile: the chat says that."""
        try:
            return await self._chatting.live.client.members(group.title)
        except NotMember:
            return []

    def _new(self, *, beside: bool) -> Details:
        chatting = self._chatting
        deeds = DetailDeeds(
            mute=self._mute,
            leave=self._ask_to_leave,
            invite=self._invite,
            rename=self._rename,
            set_access=self._set_access,
            on_member=self._on_member,
            in_menu=chatting.keyboard.in_menu,
        )
        return Details(chatting.sizes, chatting.words, deeds, beside=beside)

    def _shown(self, conversation: Conversation) -> Shown:
        chatting = self._chatting
        state = chatting.live.state
        head = head_of(state, conversation, chatting.words, chatting.clock())
        me = state.me
        known = self._members.get(conversation.conversation)
        members = known if _has_members(conversation) else None
        return Shown(
            conversation.kind,
            conversation.title,
            head.initials,
            head.name,
            "" if head.below == conversation.title else head.below,
            head.presence,
            conversation.muted,
            members,
            conversation.invite_only,
            rights_in(conversation),
            {one.address: deeds_to(conversation, me, one) for one in members or ()},
            may_leave=_has_members(conversation) and not is_guest(me),
        )

    @property
    def _opened(self) -> Conversation | None:
        return self._chatting.live.state.find(self._chatting.opened)

    async def _invite(self) -> None:
        if (group := self._opened) is not None:
            await self._governing.invite(group, self._members.get(group.conversation, []))

    async def _rename(self) -> None:
        if (group := self._opened) is not None:
            self._governing.rename(group)

    async def _set_access(self) -> None:
        if (group := self._opened) is not None:
            await self._governing.set_access(group)

    async def _on_member(self, deed: str, member: Member) -> None:
        if (group := self._opened) is not None:
            await self._governing.on_member(group, deed, member)

    async def _mute(self) -> None:
        chatting = self._chatting
        conversation = self._opened
        if conversation is not None:
            await chatting.asides.shut_dialog()
            wanted = not conversation.muted
            await chatting.tried(chatting.live.client.mute(conversation.conversation, wanted))

    async def _ask_to_leave(self) -> None:
        chatting = self._chatting
        conversation = self._opened
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
            ),
            question,
        )


def _has_members(conversation: Conversation) -> bool:
    """That one may know: as one of them."""
    return conversation.kind != "private" and conversation.role not in GONE
