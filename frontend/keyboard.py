"""The keyboard map: what a dialog or a completion wants first, then what the window does."""

from typing import TYPE_CHECKING

import flet as ft

from frontend.window.state import ordered

if TYPE_CHECKING:
    from frontend.chatting import Chatting


_GOING = ("Tab", "F6", "Arrow Up", "Arrow Down")


class Keyboard:
    """Of the window of one account."""

    def __init__(self, chatting: "Chatting") -> None:
        self._chatting = chatting
        self._goes_back = False
        """Tab was pressed with Shift, the last time."""
        self._is_in_menu = False
        self.is_used = False
        """To go about, and not only to write: the focus is to be seen somewhere."""

    def in_menu(self, is_open: bool) -> None:
        """The menu of a button has the keys, or not any more."""
        self._is_in_menu = is_open

    async def press(self, event: ft.KeyboardEvent) -> None:
        """A key that was pressed anywhere in the window, the composer included."""
        self.is_used |= event.key in _GOING
        if self._is_in_menu and event.key == "Escape":
            # It shuts the menu, and means nothing to what is behind it.
            self._is_in_menu = False
        elif self._chatting.asides.choosing is not None or self._chatting.asides.dialog is not None:
            await self._key_in_dialog(event)
        elif self._chatting.composer.is_completing and await self._key_in_completion(event):
            return
        elif event.ctrl or event.meta:
            await self._key_with_control(event)
        elif event.alt and event.key in ("Arrow Up", "Arrow Down"):
            await self._chatting.step(-1 if event.key == "Arrow Up" else 1, event.shift)
        elif event.key == "Tab":
            self._goes_back = event.shift
            await self._help_into_text()
        else:
            await self._plain_key(event)

    async def _key_in_dialog(self, event: ft.KeyboardEvent) -> None:
        asides = self._chatting.asides
        if event.key == "Escape":
            await asides.shut_dialog()
        elif asides.choosing is not None and event.key in ("Arrow Up", "Arrow Down"):
            await asides.choosing.move(-1 if event.key == "Arrow Up" else 1)
        elif asides.reading is not None:
            await asides.reading.press(event.key)

    async def _key_in_completion(self, event: ft.KeyboardEvent) -> bool:
        match event.key:
            case "Arrow Up":
                await self._chatting.composer.move(-1)
            case "Arrow Down":
                await self._chatting.composer.move(1)
            case "Tab":
                await self._chatting.composer.complete()
            case "Escape":
                self._chatting.composer.stop_completing()
            case _:
                return False
        return True

    async def _key_with_control(self, event: ft.KeyboardEvent) -> None:
        match event.key.upper():
            case "K":
                await self._chatting.asides.show_jump()
            case "F" if event.shift:
                await self._chatting.asides.show_search()
            case "/":
                await self._chatting.asides.show_keys()
            case "END":
                await self._chatting.pane.to_newest()

    async def _help_into_text(self) -> None:
        """Where text can be selected, Tab stops without being seen: not for long."""
        if self._goes_back and self._chatting.pane.choice.has_focus:
            await self._chatting.frame.focus_details()
        elif not self._goes_back and self._chatting.frame.is_at_details:
            await self._chatting.pane.choice.focus()

    async def tab_in_text(self) -> None:
        """From a text that was clicked, or where such a stop was met; `press` was told before."""
        if self._goes_back:
            await self._chatting.frame.focus_details()
        else:
            await self._chatting.pane.choice.focus()

    async def _plain_key(self, event: ft.KeyboardEvent) -> None:
        chatting = self._chatting
        match event.key:
            case "F6":
                await self._next_region(-1 if event.shift else 1)
            case "F7":
                await chatting.pane.to_first_new()
            case "Page Up":
                await chatting.pane.scroll_by(1)
            case "Page Down":
                await chatting.pane.scroll_by(-1)
            case "Escape" if chatting.pane.choice.is_in_menu:
                chatting.pane.choice.leave_menu()
            case "Escape":
                chatting.composer.focus()
            case _ if chatting.pane.choice.has_focus:
                await self._key_among_messages(event)
            case _ if chatting.list.has_focus:
                await self._key_in_list(event)
            case "Arrow Up" if chatting.composer.has_focus and not chatting.composer.text:
                await chatting.pane.choice.focus()

    async def _key_among_messages(self, event: ft.KeyboardEvent) -> None:
        """Enter is the stop's own."""
        chatting, choice = self._chatting, self._chatting.pane.choice
        match event.key.upper():
            case "ARROW UP":
                await choice.move(-1)
            case "ARROW DOWN":
                if not await choice.move(1):
                    chatting.composer.focus()
            case "C" if choice.message is not None:
                await chatting.copy(choice.message)
            case "I" if choice.message is not None:
                await chatting.asides.show_info(choice.message)
            case "M" | "CONTEXT MENU":
                await choice.open_menu()
            case "F10" if event.shift:
                await choice.open_menu()

    async def _key_in_list(self, event: ft.KeyboardEvent) -> None:
        """Enter is the row's own."""
        match event.key:
            case "Arrow Up":
                await self._chatting.list.move(-1)
            case "Arrow Down":
                await self._chatting.list.move(1)
            case "Home":
                await self._chatting.list.move(-len(self._chatting.live.state.conversations))
            case "End":
                await self._chatting.list.move(len(self._chatting.live.state.conversations))

    async def _next_region(self, by: int) -> None:
        """List, messages, composer, and again."""
        chatting = self._chatting
        if chatting.opened is None:
            await self._focus_list()
            return
        regions = (self._focus_list, chatting.pane.choice.focus, self._focus_composer)
        at = 0 if chatting.list.has_focus else 1 if chatting.pane.choice.has_focus else 2
        await regions[(at + by) % len(regions)]()

    async def _focus_list(self) -> None:
        rows = ordered(self._chatting.live.state)
        if rows:
            await self._chatting.list.focus(self._chatting.opened or rows[0].conversation)

    async def _focus_composer(self) -> None:
        self._chatting.composer.focus()
