"""What stands in front of a window for a moment: dialogs, jump and search, details, questions."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import flet as ft

from frontend.jumping import Finding
from frontend.service.shapes import Message
from frontend.views import dialogs
from frontend.views.choosing import Choice, Choosing
from frontend.window import listing, times
from realm_protocol.errors import RealmchatError

if TYPE_CHECKING:
    from frontend.chatting import Chatting


class Asides:
    """Of the window of one account; one at a time."""

    def __init__(self, chatting: "Chatting") -> None:
        self._chatting = chatting
        self.dialog: ft.AlertDialog | None = None
        self.choosing: Choosing | None = None
        self.reading: dialogs.WholeText | None = None

    async def show_all(self, message: Message) -> None:
        chatting = self._chatting
        title = chatting.live.state.told_of(message.sender)
        reading = dialogs.WholeText(
            chatting.words, chatting.sizes, title, message.text, self.shut_dialog
        )
        self.show(reading.dialog)
        self.reading = reading

    async def show_info(self, message: Message) -> None:
        words, now = self._chatting.words, self._chatting.clock()
        told = [
            words("no_number") if message.seq is None else words("number", seq=message.seq),
            words("written", time=times.full(words, message.sent_at, now)),
        ]
        if message.at is not None:
            told.append(words("stored", time=times.full(words, message.at, now)))
        if message.sender == self._chatting.live.state.me:
            told.append(listing.state_words(message, words))
            told += await self._receipts(message)
        elif message.state in listing.UNTAKEN:
            told.append(listing.state_words(message, words))
        shown = dialogs.lines(words, words("message_info"), told, self.shut_dialog)
        self.show(shown, "\n".join(told))

    async def _receipts(self, message: Message) -> list[str]:
        if message.seq is None:
            return []
        try:
            got = await self._chatting.live.client.receipts(message.conversation, message.seq)
        except RealmchatError as error:
            return [error.message_in(self._chatting.words.language)]
        return [
            self._chatting.words("got_by", n=len(got.delivered), of=got.of),
            self._chatting.words("read_by", n=len(got.read), of=got.of),
        ]

    def show(self, dialog: ft.AlertDialog, said: str = "") -> None:
        """`said`: what it tells, which a screen reader passes by on its way to the first button."""
        self.choosing = self.reading = None
        if self.dialog is not None:
            self._chatting.page.pop_dialog()
        self.dialog = dialog
        dialog.on_dismiss = self._dismissed
        self._chatting.page.show_dialog(dialog)
        if said:
            self._chatting.outside.say(said)

    def _dismissed(self, event: ft.Event[ft.DialogControl]) -> None:
        if event.control is self.dialog:
            self.dialog = self.choosing = self.reading = None

    async def shut_dialog(self) -> None:
        if self.dialog is not None:
            self.dialog = self.choosing = self.reading = None
            self._chatting.page.pop_dialog()

    async def show_jump(self) -> None:
        """Any chat, person or group."""
        await self.choose(
            Choosing(
                self._chatting.sizes,
                hint=self._chatting.words("jump_hint"),
                words=self._chatting.words,
                say=self._chatting.outside.say,
                input_identifier="jump-input",
                narrow=self._chatting.layout.narrow,
                find=self._finding.anyone,
                nothing=lambda q: self._chatting.words("nothing_found", q=q),
            )
        )

    async def show_search(self) -> None:
        """Messages that this device has."""
        await self.choose(
            Choosing(
                self._chatting.sizes,
                hint=self._chatting.words("search"),
                words=self._chatting.words,
                say=self._chatting.outside.say,
                input_identifier="search-input",
                narrow=self._chatting.layout.narrow,
                find=self._finding.messages,
                nothing=lambda q: self._chatting.words("nothing_found", q=q),
                below=self._chatting.words("search_scope"),
            )
        )

    async def ask_which(
        self, name: str, addresses: list[str], meant: Callable[[str], Awaitable[None]]
    ) -> None:
        """Whom a bare name means, who are told apart by their addresses."""

        async def take(address: str) -> None:
            await self.shut_dialog()
            await meant(address)

        async def find(query: str) -> list[Choice]:
            fitting = [address for address in addresses if query.lower() in address]
            return [self._finding.called(address, take) for address in fitting]

        await self.choose(
            Choosing(
                self._chatting.sizes,
                hint=self._chatting.words("which", name=name),
                words=self._chatting.words,
                say=self._chatting.outside.say,
                input_identifier="which-input",
                narrow=self._chatting.layout.narrow,
                find=find,
                nothing=lambda q: self._chatting.words("nothing_found", q=q),
            )
        )

    @property
    def _finding(self) -> Finding:
        return Finding(
            self._chatting.live,
            self._chatting.words,
            self._chatting.clock,
            open=self._jump,
            open_message=self._jump_to_message,
            open_person=self._jump_to_person,
            join=self._join,
            asked=self._chatting.asked,
        )

    async def _jump(self, conversation: str) -> None:
        await self.shut_dialog()
        await self._chatting.open(conversation)

    async def _jump_to_message(self, message: Message) -> None:
        """Where it stands; one that is too far back, by itself."""
        await self.shut_dialog()
        await self._chatting.open(message.conversation, at_place=False)
        if not await self._chatting.pane.show_message(message):
            await self.show_all(message)

    async def _jump_to_person(self, address: str) -> None:
        await self.shut_dialog()
        await self._chatting.open_person(address)

    async def _join(self, group: str) -> None:
        await self.shut_dialog()
        name = await self._chatting.asked(self._chatting.live.client.join_group(group))
        if name is not None:
            await self._chatting.open_when_listed(name)

    async def choose(self, choosing: Choosing) -> None:
        """Show it, with what it finds at first."""
        self.show(choosing.dialog)
        self.choosing = choosing
        await choosing.fill()

    async def show_keys(self) -> None:
        self.show(dialogs.keys(self._chatting.words, self._chatting.sizes, self.shut_dialog))

    async def new_group(self) -> None:
        async def make(name: str) -> str:
            try:
                conversation = await self._chatting.live.client.create_group(name)
            except RealmchatError as error:
                return error.message_in(self._chatting.words.language)
            await self.shut_dialog()
            await self._chatting.open_when_listed(conversation)
            return ""

        chatting = self._chatting
        self.show(dialogs.new_group(chatting.words, chatting.sizes, make, self.shut_dialog))
