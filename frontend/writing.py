"""What Enter does in the window of one account: a message, a command, a slip that sends nothing."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from frontend.service.shapes import Message
from frontend.window import commands, slash
from frontend.window.state import ordered
from realm_protocol.errors import AmbiguousName, RealmchatError

if TYPE_CHECKING:
    from frontend.chatting import Chatting

TYPING_EVERY_SECONDS = 3.0


class Writing:
    """Of the window of one account."""

    def __init__(self, chatting: "Chatting") -> None:
        self._chatting = chatting
        self._typed_at = 0.0

    async def typed(self, text: str) -> None:
        """The others may see that somebody is writing."""
        chatting = self._chatting
        conversation = chatting.live.state.conversations.get(chatting.opened or "")
        now = asyncio.get_running_loop().time()
        if conversation is None or not text.strip() or text.lstrip().startswith("/"):
            return
        if now - self._typed_at > TYPING_EVERY_SECONDS:
            self._typed_at = now
            with contextlib.suppress(RealmchatError):  # nobody needs to know
                await chatting.live.client.type_in(conversation.conversation)

    async def entered(self, text: str) -> None:
        match slash.meaning(text):
            case slash.Send(text=message):
                await self._send(message)
            case slash.Run(line=line):
                self._empty()
                await self._run(line)
            case slash.Unknown(word=word, text=whole):
                self._offer_as_text(word, whole)
            case slash.NotHere():
                self._tell("not_here")

    async def _send(self, text: str) -> None:
        chatting = self._chatting
        conversation = chatting.live.state.find(chatting.opened)
        if conversation is None:
            return
        self._empty()
        chatting.live.send(conversation, text)
        await chatting.answering()

    def _empty(self) -> None:
        chatting = self._chatting
        chatting.composer.clear()
        chatting.frame.hide_card()
        if chatting.opened is not None:
            chatting.live.keep_draft(chatting.opened, "")

    def _tell(self, text: str) -> None:
        words = self._chatting.words
        self._chatting.frame.show_card(words("only_you"), [words(text)], [])

    def _offer_as_text(self, word: str, text: str) -> None:
        async def send() -> None:
            await self._send(text)

        words = self._chatting.words
        told = [words("unknown_command", word=word)]
        self._chatting.frame.show_card(words("only_you"), told, [(words("send_as_text"), send)])

    async def _run(self, line: str) -> None:
        chatting = self._chatting
        conversation = chatting.opened
        try:
            result = await chatting.live.client.run_line(line)
        except RealmchatError as error:
            await self._give_back(f"/{line}", conversation)
            await self._tell_refusal(line, error)
            return
        told = commands.told(result, chatting.live.state.me, chatting.words, chatting.clock())
        self._tell_of(line, told or [chatting.words("done")])

    async def _give_back(self, text: str, conversation: str | None) -> None:
        """To be changed, where it was written, unless something newer was."""
        chatting = self._chatting
        if chatting.opened == conversation:
            await chatting.composer.write(text)
        elif conversation is not None and not chatting.live.state.drafts.get(conversation):
            chatting.live.keep_draft(conversation, text)

    async def _tell_refusal(self, line: str, error: RealmchatError) -> None:
        candidates = error.fields.get("candidates")
        if isinstance(error, AmbiguousName) and isinstance(candidates, list):
            name = str(error.fields["name"])
            await self._chatting.asides.ask_which(name, candidates, self._meaning(line, name))
        else:
            self._tell_of(line, [error.message_in(self._chatting.words.language)])

    def _meaning(self, line: str, name: str) -> Callable[[str], Awaitable[None]]:
        async def meant(address: str) -> None:
            if self._chatting.composer.text == f"/{line}":
                self._empty()
            await self._run(slash.in_full(line, name, address))

        return meant

    def _tell_of(self, line: str, told: list[str]) -> None:
        title = f"/{line.split()[0]} · {self._chatting.words('only_you')}"
        self._chatting.frame.show_card(title, told, [])

    def known(self) -> list[slash.Known]:
        """Names that complete an argument."""
        state = self._chatting.live.state
        found = [
            slash.Known("person" if one.kind == "private" else "group", one.title)
            for one in ordered(state)
        ]
        people = [slash.Known("person", address) for address in sorted(state.people.names)]
        return [*dict.fromkeys((*found, *people))]

    async def edit(self, message: Message) -> None:
        """A refused message, to be changed and sent."""
        await self._chatting.composer.write(message.text)
