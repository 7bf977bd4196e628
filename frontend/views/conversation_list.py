"""The list of conversations: a row each, made anew only when it looks different."""

from collections.abc import Awaitable, Callable

import flet as ft

from frontend.views import look
from frontend.views.avatar import avatar, badge, realm_chip, tick
from frontend.views.look import Sizes, isolated
from frontend.views.skeleton import list_skeleton
from frontend.views.still import Still, StillList, is_on_page
from frontend.window.listing import ListRow
from frontend.window.words import Words

ROWS = 60
"""In the tree at once; more come by a button below them."""


class ConversationList:
    """`opened` is told which conversation was chosen."""

    def __init__(self, opened: Callable[[str], Awaitable[None]]) -> None:
        self._opened = opened
        self._made: dict[str, tuple[ListRow, ft.Control]] = {}
        self._buttons: dict[str, ft.TextButton] = {}
        self._rows: list[ListRow] = []
        self._focused_row: str | None = None
        self._shown = ROWS
        self._sizes = Sizes()
        self._words = Words("en")
        self._empty = _empty("")
        self._skeleton: ft.Control = ft.Container()
        self._waiting = False
        self.list = StillList(spacing=2, padding=ft.Padding.all(4), expand=True)
        self.control = ft.Semantics(
            identifier="conv-list", container=True, content=self.list, expand=True
        )

    def restyle(self, sizes: Sizes, words: Words, *, still: bool) -> None:
        """Sizes or language changed: every row is made anew."""
        self._sizes, self._words = sizes, words
        self._made.clear()
        self._empty = _empty(words("no_chats"))
        self._skeleton = list_skeleton(sizes, still=still)

    def draw(self, rows: list[ListRow], *, waiting: bool) -> None:
        """Rows that look as before stay the same controls. `waiting`: they aren't known yet."""
        self._rows, self._waiting = rows, waiting
        drawn: list[ft.Control] = [self._control(row) for row in rows[: self._shown]]
        if not rows:
            drawn = [self._skeleton if waiting else self._empty]
        elif len(rows) > self._shown:
            drawn.append(ft.TextButton(self._words("show_more"), on_click=self._more))
        self.list.show(drawn)
        kept = {row.conversation for row in rows}
        self._made = {name: made for name, made in self._made.items() if name in kept}

    async def focus(self, conversation: str) -> None:
        if conversation in self._made and is_on_page(self.list):
            await self._buttons[conversation].focus()  # type: ignore[no-untyped-call]

    @property
    def has_focus(self) -> bool:
        return self._focused_row is not None

    async def move(self, by: int) -> None:
        """The focus, by so many rows."""
        shown = [row.conversation for row in self._rows[: self._shown]]
        if self._focused_row in shown:
            at = shown.index(self._focused_row) + by
            await self.focus(shown[max(0, min(at, len(shown) - 1))])

    def _focused(self, conversation: str | None) -> None:
        self._focused_row = conversation

    def _blurred(self, conversation: str) -> None:
        """The next row may tell that it has the focus before this one tells that it lost it."""
        if self._focused_row == conversation:
            self._focused_row = None

    def _more(self, event: ft.Event[ft.TextButton]) -> None:
        self._shown += ROWS
        self.draw(self._rows, waiting=self._waiting)

    def _control(self, row: ListRow) -> ft.Control:
        made = self._made.get(row.conversation)
        if made is None or made[0] != row:
            made = (row, self._make(row))
            self._made[row.conversation] = made
        return made[1]

    def _make(self, row: ListRow) -> ft.Control:
        async def chosen(event: ft.Event[ft.TextButton]) -> None:
            await self._opened(row.conversation)

        sizes = self._sizes
        button = ft.TextButton(
            content=ft.Row(
                [
                    ft.Container(
                        width=3,
                        height=36,
                        border_radius=2,
                        bgcolor=look.ACCENT if row.selected else ft.Colors.TRANSPARENT,
                    ),
                    avatar(row.kind, row.address, 28 if sizes.compact else 40, row.presence),
                    *self._lines(row),
                ],
                spacing=8,
            ),
            height=sizes.row,
            style=look.ringed(look.RADIUS_FIELD, look.SELECTED if row.selected else None),
            on_click=chosen,
            on_focus=lambda _: self._focused(row.conversation),
            on_blur=lambda _: self._blurred(row.conversation),
        )
        self._buttons[row.conversation] = button
        return Still(
            ft.Semantics(
                identifier=f"conv-{row.conversation}",
                container=True,
                selected=row.selected,
                content=button,
            )
        )

    def _lines(self, row: ListRow) -> list[ft.Control]:
        """What was said last stands below; where rows are to be compact, it doesn't."""
        if self._sizes.compact:
            return [ft.Container(self._first_line(row), expand=True), *self._marks(row)]
        return [
            ft.Column(
                [self._first_line(row), self._second_line(row)],
                spacing=0,
                expand=True,
                alignment=ft.MainAxisAlignment.CENTER,
            )
        ]

    def _first_line(self, row: ListRow) -> ft.Control:
        sizes = self._sizes
        parts: list[ft.Control] = [
            ft.Text(
                isolated(row.name),
                size=sizes.name,
                weight=look.BOLD if row.unread else ft.FontWeight.W_500,
                color=look.TEXT,
                no_wrap=True,
                overflow=ft.TextOverflow.ELLIPSIS,
                expand=True,
                expand_loose=True,
                tooltip=row.address,
                semantics_label=row.spoken,
            )
        ]
        if row.realm:
            parts.append(realm_chip(row.realm, sizes.of(11)))
        return ft.Row(
            [
                ft.Row(parts, spacing=6, expand=True),
                ft.Text(row.time, size=sizes.meta, color=look.TEXT2, no_wrap=True),
                ft.Container(width=6),
            ],
            spacing=6,
        )

    def _second_line(self, row: ListRow) -> ft.Control:
        sizes = self._sizes
        parts: list[ft.Control] = []
        if row.tick:
            parts.append(tick(row.tick, "", sizes.of(14)))
        if row.emphasis:
            parts.append(ft.Text(row.emphasis, size=sizes.preview, color=look.ACCENT, no_wrap=True))
        parts.append(
            ft.Text(
                isolated(row.preview),
                size=sizes.preview,
                color=look.TEXT if row.unread else look.TEXT2,
                max_lines=1,
                overflow=ft.TextOverflow.ELLIPSIS,
                expand=True,
            )
        )
        return ft.Row([*parts, *self._marks(row)], spacing=4, height=sizes.of(20))

    def _marks(self, row: ListRow) -> list[ft.Control]:
        """How much is unread, and whether its person wants to hear of it."""
        marks: list[ft.Control] = []
        if row.muted:
            off = ft.Icons.NOTIFICATIONS_OFF_OUTLINED
            marks.append(ft.Icon(off, size=self._sizes.of(14), color=look.TEXT2))
        if row.unread:
            spoken = self._words("unread", n=row.unread)
            marks.append(badge(row.unread, spoken, self._sizes.of(11), muted=row.muted))
        return [*marks, ft.Container(width=6)]


def _empty(text: str) -> ft.Control:
    return ft.Container(
        content=ft.Column(
            [
                ft.Icon(ft.Icons.FORUM_OUTLINED, size=48, color=look.OUTLINE),
                ft.Text(text, color=look.TEXT2, text_align=ft.TextAlign.CENTER),
            ],
            horizontal_alignment=ft.CrossAxisAlignment.CENTER,
            spacing=12,
        ),
        padding=ft.Padding.symmetric(vertical=48, horizontal=16),
        alignment=ft.Alignment.CENTER,
    )
