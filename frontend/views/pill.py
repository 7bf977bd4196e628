"""A button over the messages that leads elsewhere among them."""

from collections.abc import Awaitable, Callable

import flet as ft

from frontend.views import look
from frontend.views.look import Sizes
from frontend.views.still import show_changes


class Pill:
    """There only while it leads somewhere."""

    def __init__(
        self, identifier: str, icon: ft.IconData, does: Callable[[], Awaitable[None]]
    ) -> None:
        async def clicked(event: ft.Event[ft.TextButton]) -> None:
            await does()

        self._text = ft.Text("", weight=look.BOLD, color=look.ON_ACCENT)
        style = look.ringed(20, look.ACCENT)
        style.side = look.ring(look.TEXT, rest=ft.BorderSide(2, look.ACCENT))
        style.padding = ft.Padding.symmetric(horizontal=14)
        button = ft.TextButton(
            content=ft.Row([ft.Icon(icon, size=16, color=look.ON_ACCENT), self._text], tight=True),
            height=look.TARGET,
            style=style,
            on_click=clicked,
        )
        self.control = ft.Semantics(
            identifier=identifier, container=True, content=button, visible=False
        )

    @property
    def is_shown(self) -> bool:
        return bool(self.control.visible)

    def show(self, visible: bool, words: str, sizes: Sizes) -> None:
        self.control.visible = visible
        self._text.value, self._text.size = words, sizes.preview
        show_changes(self.control)
