"""How many rows are one stop for Tab. Flet makes a stop of each of its buttons, and can take none
out of the order: so the rows are no buttons of its, and one that isn't seen has the focus for them.
"""

from collections.abc import Awaitable, Callable

import flet as ft

from frontend.views import look
from frontend.views.still import is_on_page, show_changes
from frontend.window.focus import Focus


class OneStop:
    """It speaks what was chosen of its rows; `entered` is told of Enter. The focus that it loses to
    what stands in front of the window for a moment (`covered`) comes back: `left` isn't told then.
    """

    def __init__(
        self,
        identifier: str,
        *,
        focused: Callable[[], Awaitable[None]],
        left: Callable[[], None],
        entered: Callable[[], Awaitable[None]],
        covered: Callable[[], bool],
        focus: Focus,
    ) -> None:
        self._focused, self._left = focused, left
        self._entered, self._covered = entered, covered
        self._focus = focus
        self._told = ft.Text("", semantics_label="")
        self._button = ft.TextButton(
            content=self._told,
            width=1,
            height=1,
            # With none at all, it wouldn't be there for a screen reader either.
            opacity=0.01,
            on_focus=self._got_focus,
            on_blur=self._lost_focus,
            on_click=self._clicked,
        )
        self.control = ft.Semantics(identifier=identifier, container=True, content=self._button)

    def say(self, text: str) -> None:
        if self._told.semantics_label != text:
            self._told.semantics_label = text
            show_changes(self.control)

    @property
    def has_focus(self) -> bool:
        return self._focus.at is self

    async def focus(self, chosen: Callable[[], Awaitable[None]] | None = None) -> None:
        """Once one of its rows is `chosen`; unless by then another key has sent the focus on, or
        opened what stands in front of the window, which has it then.
        """
        if not is_on_page(self._button):
            return
        self._focus.send(self)
        await (chosen or self._focused)()
        if self.has_focus and not self._covered():
            await self.seek()
        else:
            self._focus.give_up(self)
            self._left()

    async def seek(self) -> None:
        if is_on_page(self._button) and not self._covered():
            self._focus.sought(self)
            await self._button.focus()  # type: ignore[no-untyped-call]  # of Flet's

    def leave(self) -> None:
        self._left()

    async def _got_focus(self, event: ft.Event[ft.TextButton]) -> None:
        await self._focus.came(self)
        if self.has_focus:
            await self._focused()

    def _lost_focus(self, event: ft.Event[ft.TextButton]) -> None:
        self._focus.went(self)
        if not self.has_focus and not self._covered():
            self._left()

    async def _clicked(self, event: ft.Event[ft.TextButton]) -> None:
        await self._entered()


def pressable(
    identifier: str,
    content: ft.Container,
    does: ft.ControlEventHandler[ft.Container] | None,
    *,
    name: str | None = None,
    action: ft.ClientAction | None = None,
) -> ft.Semantics:
    """A button that is no stop: for the mouse, a finger or a screen reader. It is called `name`, or
    as its content is; `action` is done by the client itself.
    """
    content.on_click, content.action = does, action
    return ft.Semantics(
        identifier=identifier, container=True, button=True, label=name, content=content
    )


def pressable_icon(
    identifier: str,
    icon: ft.IconData,
    name: str,
    does: ft.ControlEventHandler[ft.Container] | None,
    action: ft.ClientAction | None = None,
) -> ft.Semantics:
    shown = ft.Container(
        ft.Icon(icon, size=20, color=look.TEXT2),
        width=look.TARGET,
        height=look.TARGET,
        alignment=ft.Alignment.CENTER,
        tooltip=name,
    )
    return pressable(identifier, shown, does, name=name, action=action)


def pressable_text(
    identifier: str, text: str, size: float, does: ft.ControlEventHandler[ft.Container]
) -> ft.Semantics:
    words = ft.Text(text, size=size, color=look.ACCENT, weight=ft.FontWeight.W_500)
    shown = ft.Container(words, padding=ft.Padding.symmetric(horizontal=12, vertical=10))
    return pressable(identifier, shown, does)
