"""Dialogs in which one writes a little and chooses from what is found: jump and search.

↑ and ↓ move, Enter takes, Esc shuts.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import flet as ft

from frontend.views import look
from frontend.views.look import Sizes, isolated
from frontend.views.named_field import NamedField
from frontend.views.still import show_changes
from frontend.window.words import Words

_ROW = 48
_BETWEEN = 2


@dataclass(frozen=True)
class Choice:
    """Something to choose. Choices of one `heading` stand together."""

    identifier: str
    heading: str
    title: str
    detail: str
    face: Callable[[], ft.Control]
    take: Callable[[], Awaitable[None]]
    at: str = ""
    """When it was, where that is told."""


class Choosing:
    """`find` answers the choices for what was written; a later answer replaces an earlier one."""

    def __init__(
        self,
        sizes: Sizes,
        *,
        hint: str,
        input_identifier: str,
        narrow: bool,
        find: Callable[[str], Awaitable[list[Choice]]],
        nothing: Callable[[str], str],
        words: Words,
        say: Callable[[str], None],
        below: str = "",
    ) -> None:
        self._sizes = sizes
        self._find = find
        self._nothing = nothing
        self._words, self._say = words, say
        self._asked = 0
        self._query = ""
        self._found_for: str | None = None
        self._choices: list[Choice] = []
        self._chosen = 0
        self._is_taken = False
        self._field = look.field("", sizes, hint=hint, autofocus=True)
        self._field.label = None
        self._field.prefix_icon = ft.Icons.SEARCH_ROUNDED
        self._field.ignore_up_down_keys = True
        self._field.on_change = self._typed
        self._field.on_submit = self._submitted
        self._named_field = NamedField(input_identifier, self._field)
        self._list = ft.ListView(spacing=_BETWEEN, expand=True)
        note = [ft.Text(below, size=sizes.meta, color=look.TEXT2)] if below else []
        self.dialog = ft.AlertDialog(
            content=ft.Container(
                ft.Column(
                    [
                        self._named_field.control,
                        *note,
                        self._list,
                    ],
                    spacing=8,
                    horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
                ),
                width=None if narrow else 560,
                height=440,
            ),
            content_padding=16,
            semantics_label=hint,
            bgcolor=look.SURFACE,
            shape=ft.RoundedRectangleBorder(radius=look.RADIUS_DIALOG),
            inset_padding=ft.Padding.all(8 if narrow else 40),
        )

    async def fill(self) -> None:
        """Find for what is written now."""
        self._asked += 1
        asked, query = self._asked, self._query
        choices = await self._find(query)
        if asked == self._asked:
            self._choices, self._chosen, self._found_for = choices, 0, query
            self._draw()
            self._say_chosen()

    async def move(self, by: int) -> None:
        if self._choices:
            self._chosen = (self._chosen + by) % len(self._choices)
            self._draw()
            self._say_chosen()
            each = self._sizes.of(_ROW) + _BETWEEN
            await self._list.scroll_to(offset=each * max(0, self._chosen - 3))

    def _say_chosen(self) -> None:
        """The focus stays in the field: of what Enter would take, a screen reader knows nothing."""
        if self._choices:
            one, number = self._choices[self._chosen], self._chosen + 1
            place = self._words("place_among", n=number, of=len(self._choices))
            told = (one.title, one.detail, one.at, place)
            self._say(", ".join(part for part in told if part))
        elif self._query:
            self._say(self._nothing(self._query))

    async def _typed(self, event: ft.Event[ft.TextField]) -> None:
        self._named_field.holds(str(event.data or ""))
        self._query = str(event.data or "").strip()
        await self.fill()

    async def _submitted(self, event: ft.Event[ft.TextField]) -> None:
        """Who writes a whole name and Enter doesn't mean what was found before its last letters."""
        self._query = str(self._field.value or "").strip()
        if self._found_for != self._query:
            await self.fill()
        if self._found_for == self._query and self._choices:
            await self._take(self._choices[self._chosen])
        else:
            self._field.take_focus()

    async def _take(self, choice: Choice) -> None:
        if not self._is_taken:  # else clicked twice
            self._is_taken = True
            await choice.take()

    def _draw(self) -> None:
        rows: list[ft.Control] = []
        heading = ""
        for index, choice in enumerate(self._choices):
            if choice.heading != heading:
                heading = choice.heading
                rows.append(
                    ft.Container(
                        ft.Text(heading, size=self._sizes.meta, weight=look.BOLD, color=look.TEXT2),
                        padding=ft.Padding.only(left=8, top=8),
                    )
                )
            rows.append(self._row(choice, index == self._chosen))
        if not rows and self._query:
            rows.append(
                ft.Container(ft.Text(self._nothing(self._query), color=look.TEXT2), padding=24)
            )
        self._list.controls = rows
        show_changes(self._list)

    def _row(self, choice: Choice, chosen: bool) -> ft.Control:
        async def take(event: ft.Event[ft.TextButton]) -> None:
            await self._take(choice)

        style = look.ringed(look.RADIUS_FIELD, look.SELECTED if chosen else None)
        style.padding = ft.Padding.symmetric(horizontal=8)
        return ft.Semantics(
            identifier=choice.identifier,
            container=True,
            selected=chosen,
            content=ft.TextButton(
                content=ft.Row(
                    [
                        choice.face(),
                        ft.Column(
                            [
                                self._title(choice),
                                _line(choice.detail, self._sizes.preview, look.TEXT2, None),
                            ],
                            spacing=0,
                            expand=True,
                            alignment=ft.MainAxisAlignment.CENTER,
                        ),
                    ],
                    spacing=10,
                ),
                height=self._sizes.of(_ROW),
                style=style,
                on_click=take,
            ),
        )

    def _title(self, choice: Choice) -> ft.Control:
        """What it is called gives way to when it was."""
        title = _line(choice.title, self._sizes.name, look.TEXT, look.BOLD)
        if not choice.at:
            return title
        title.expand = True
        return ft.Row([title, ft.Text(choice.at, size=self._sizes.meta, color=look.TEXT2)])


def _line(text: str, size: float, colour: str, weight: ft.FontWeight | None) -> ft.Control:
    return ft.Text(
        isolated(text),
        size=size,
        color=colour,
        weight=weight,
        max_lines=1,
        overflow=ft.TextOverflow.ELLIPSIS,
    )
