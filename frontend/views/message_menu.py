"""The ⋮ beside a message. Tab passes it by, so that a long conversation is no long way for keys:
the chosen message's menu is opened by a key, any by the mouse, a finger or a screen reader. All
that the message's own buttons and links do can be done from it.
"""

from collections.abc import Callable, Sequence

import flet as ft

from frontend.views import look
from frontend.views.doing import Entry, clicked, item
from frontend.views.still import show_changes

_SIDE = 28


class MessageMenu:
    """`entries` are asked for when it is opened: what can be done may be another by then."""

    def __init__(self, identifier: str, name: str, entries: Callable[[], Sequence[Entry]]) -> None:
        self.entries = entries
        # Not a button of Flet's: each of those is a stop for Tab.
        dots = ft.Container(
            ft.Icon(ft.Icons.MORE_VERT_ROUNDED, size=16, color=look.OUTLINE),
            width=_SIDE,
            height=_SIDE,
            alignment=ft.Alignment.CENTER,
            on_click=clicked(self.open),
        )
        self._menu = ft.ContextMenu(dots)
        self.control = ft.Semantics(
            identifier=identifier, container=True, button=True, label=name, content=self._menu
        )

    async def open(self) -> None:
        self._menu.items = [item(text, does) for text, does in self.entries()]
        show_changes(self._menu)
        await self._menu.open()
