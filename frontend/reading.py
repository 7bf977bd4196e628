"""What counts as read in the window of an account: what was on the screen of somebody who looks."""

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from frontend.chatting import Chatting

SEEN_SECONDS = 0.5
"""How long messages are on the screen of somebody who looks before they count as read."""


class Reading:
    """Of the window of one account."""

    def __init__(self, chatting: "Chatting") -> None:
        self._chatting = chatting
        self._looks = True
        self._task: asyncio.Task[None] | None = None

    def looking(self, looks: bool) -> None:
        """Whether the window has its person's attention."""
        self._looks = looks
        chatting = self._chatting
        conversation = chatting.live.state.find(chatting.opened)
        if not looks and conversation is not None and not conversation.unread:
            chatting.pane.begin_new_line(conversation.last_seq)
        self.consider()

    def consider(self) -> None:
        """Something is on the screen that wasn't, or somebody looks who didn't."""
        if (self._task is None or self._task.done()) and self._to_read() is not None:
            self._task = self._chatting.spawn(self._read_soon())

    def _to_read(self) -> int | None:
        """Up to where the open conversation is seen and not yet read; 0 where no message has a
        number yet.
        """
        chatting = self._chatting
        conversation = chatting.live.state.conversations.get(chatting.opened or "")
        if conversation is None or not chatting.outside.is_shown(chatting) or not self._looks:
            return None
        seq = chatting.pane.last_seq_shown
        seen = chatting.pane.at_bottom and chatting.pane.has_seen_new
        # What has no number yet is read with the last that has one.
        behind = conversation.unread > 0 and chatting.pane.shows_unnumbered
        return seq if seen and (seq > conversation.read or behind) else None

    async def _read_soon(self) -> None:
        await asyncio.sleep(SEEN_SECONDS)
        seq, opened = self._to_read(), self._chatting.opened
        if seq is not None and opened is not None:
            await self._chatting.live.mark_read(opened, seq)

    async def read_all(self) -> None:
        """As its person wants it, seen or not."""
        chatting = self._chatting
        conversation = chatting.live.state.find(chatting.opened)
        if conversation is not None:
            await chatting.live.mark_read(conversation.conversation, conversation.last_seq)
        chatting.changed()
