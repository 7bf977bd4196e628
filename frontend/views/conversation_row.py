"""A conversation in the list: made once, and changed where it looks different, so that a message
costs little.
"""

from collections.abc import Awaitable, Callable

import flet as ft

from frontend.views import look
from frontend.views.avatar import TICKS, avatar, realm_chip
from frontend.views.look import Sizes, isolated
from frontend.views.one_stop import pressable
from frontend.views.still import Still, show_changes
from frontend.window.listing import ListRow
from frontend.window.uploads import shortened
from frontend.window.words import Words

_BESIDE = 14
"""Characters beside the name at most."""


class ConversationRow:
    """`opened` is told that it was clicked."""

    def __init__(
        self,
        row: ListRow,
        sizes: Sizes,
        words: Words,
        *,
        opened: Callable[[str], Awaitable[None]],
    ) -> None:
        async def clicked(event: ft.Event[ft.Container]) -> None:
            await opened(row.conversation)

        self._row: ListRow | None = None
        self._sizes, self._words = sizes, words
        self._make_parts(row)
        self._box = ft.Container(
            ft.Row([self._bar, self._face, *self._lines(row)], spacing=8),
            height=sizes.row,
            border_radius=look.RADIUS_FIELD,
            on_hover=self._hovered,
        )
        self._named = pressable(f"conv-{row.conversation}", self._box, clicked)
        self.control = Still(self._named)
        self.show(row)

    def _make_parts(self, row: ListRow) -> None:
        sizes = self._sizes
        self._bar = ft.Container(width=3, height=36, border_radius=2)
        self._face = ft.Container()
        self._name = ft.Text(
            size=sizes.name,
            color=look.TEXT,
            no_wrap=True,
            overflow=ft.TextOverflow.ELLIPSIS,
            expand=True,
            expand_loose=True,
            tooltip=row.address,
        )
        self._beside = ft.Text(size=sizes.meta, color=look.TEXT2, no_wrap=True)
        # What is spoken for the name has it.
        self._told = ft.Semantics(exclude_semantics=True, content=self._beside)
        self._below = ft.Row(spacing=6)
        self._time = ft.Text(size=sizes.meta, color=look.TEXT2, no_wrap=True)
        self._tick = ft.Icon(TICKS["saved"][0], size=sizes.of(14))
        self._emphasis = ft.Text(size=sizes.preview, color=look.ACCENT, no_wrap=True)
        self._preview = ft.Text(
            size=sizes.preview, max_lines=1, overflow=ft.TextOverflow.ELLIPSIS, expand=True
        )
        quiet = ft.Icons.NOTIFICATIONS_OFF_OUTLINED
        self._quiet = ft.Icon(quiet, size=sizes.of(14), color=look.TEXT2)
        self._count = ft.Text(size=sizes.meta, weight=look.BOLD, text_align=ft.TextAlign.CENTER)
        self._badge = ft.Container(
            content=self._count,
            height=sizes.of(20),
            padding=ft.Padding.symmetric(horizontal=sizes.of(7)),
            border_radius=sizes.of(20),
            alignment=ft.Alignment.CENTER,
        )

    def _lines(self, row: ListRow) -> list[ft.Control]:
        """What was said last stands below; where rows are to be compact, it doesn't. Beside large
        letters there is no room for the site and what is told of the name, but below them.
        """
        chip: list[ft.Control] = [realm_chip(row.realm, self._sizes.meta)] if row.realm else []
        told: list[ft.Control] = [self._told, *chip]
        large = self._sizes.are_large
        self._below.controls, beside = (told, []) if large else ([], told)
        below: list[ft.Control] = [self._below] if large else []
        first = ft.Row(
            [ft.Row([self._name, *beside], spacing=6, expand=True), self._time, _gap()], spacing=6
        )
        marks = [self._quiet, self._badge, _gap()]
        if self._sizes.compact:
            return [_column([first, *below]), *marks]
        second = ft.Row(
            [self._tick, self._emphasis, self._preview, *marks],
            spacing=4,
            height=self._sizes.of(20),
        )
        return [_column([first, second, *below])]

    # --- what it shows ---------------------------------------------------------------------------

    def show(self, row: ListRow) -> None:
        """Told to the page only where it looks different."""
        was, self._row = self._row, row
        if row == was:
            return
        if was is None or was.selected != row.selected:
            self._select(row.selected)
        if was is None or (was.initials, was.presence) != (row.initials, row.presence):
            size = 28 if self._sizes.compact else 40
            self._face.content = avatar(row.kind, row.address, row.initials, size, row.presence)
        self._name.value, self._name.semantics_label = isolated(row.name), row.spoken
        self._beside.value, self._told.visible = _brief(row.beside), bool(row.beside)
        self._below.visible = bool(row.beside or row.realm)
        self._name.weight = look.BOLD if row.unread else ft.FontWeight.W_500
        self._time.value = row.time
        self._show_last(row)
        self._show_marks(row)
        show_changes(self.control)

    def _select(self, selected: bool) -> None:
        self._bar.bgcolor = look.ACCENT if selected else ft.Colors.TRANSPARENT
        self._box.bgcolor = look.SELECTED if selected else None
        self._named.selected = selected

    def _hovered(self, event: ft.Event[ft.Container]) -> None:
        if self._row is not None and not self._row.selected:
            self._box.bgcolor = look.RAISED if event.data else None
            show_changes(self.control)

    def ring(self, has_focus: bool) -> None:
        """Let it be seen where the keys are."""
        self._box.foreground_decoration = look.ring_over(look.RADIUS_FIELD) if has_focus else None
        show_changes(self.control)

    def _show_last(self, row: ListRow) -> None:
        self._tick.visible = bool(row.tick)
        if row.tick:
            self._tick.icon, self._tick.color = TICKS[row.tick]
        self._emphasis.visible, self._emphasis.value = bool(row.emphasis), row.emphasis
        self._preview.value = isolated(row.preview)
        self._preview.color = look.TEXT if row.unread else look.TEXT2

    def _show_marks(self, row: ListRow) -> None:
        """How much is unread, and whether its person wants to hear of it."""
        self._quiet.visible = row.muted
        self._badge.visible = row.unread > 0
        self._badge.bgcolor = look.MUTED if row.muted else look.ACCENT
        self._count.value = str(row.unread) if row.unread < 100 else "99+"
        self._count.semantics_label = self._words("unread", n=row.unread)
        self._count.color = look.ON_MUTED if row.muted else look.ON_ACCENT


def _brief(told: str) -> str:
    """An address's name may be longer than the row is wide."""
    return isolated(shortened(told, _BESIDE))


def _column(lines: list[ft.Control]) -> ft.Control:
    return ft.Column(lines, spacing=0, expand=True, alignment=ft.MainAxisAlignment.CENTER)


def _gap() -> ft.Control:
    return ft.Container(width=6)
