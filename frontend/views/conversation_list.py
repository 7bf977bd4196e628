"""The list of conversations: a row each, with the newest above."""

from collections.abc import Awaitable, Callable

import flet as ft

from frontend.views import look
from frontend.views.conversation_row import ConversationRow
from frontend.views.look import Sizes
from frontend.views.skeleton import list_skeleton
from frontend.views.still import StillList, is_on_page
from frontend.window.listing import ListRow
from frontend.window.words import Words

ROWS = 60
"""In the tree at once; more come by a button below them."""


class ConversationList:
    """`opened` is told which conversation was chosen, `more` that more are to be drawn."""

    def __init__(
        self, opened: Callable[[str], Awaitable[None]], *, more: Callable[[], None]
    ) -> None:
        self._opened = opened
        self._more = more
        self._made: dict[str, ConversationRow] = {}
        self._focused_row: str | None = None
        self.longest = ROWS
        """So many are drawn at most."""
        self._sizes = Sizes()
        self._words = Words("en")
        self._empty = _empty("")
        self._skeleton: ft.Control = ft.Container()
        self._below = ft.TextButton("", on_click=self._ask_for_more)
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
        self._below.content = words("show_more")

    def draw(self, rows: list[ListRow], *, known: bool, waiting: bool, has_more: bool) -> None:
        """Rows that are there stay the same controls. `waiting`: for them to be `known`, for a
        while; `has_more`: there are others below these.
        """
        self._made = {row.conversation: self._drawn(row) for row in rows}
        drawn: list[ft.Control] = [made.control for made in self._made.values()]
        if not rows and known:
            drawn = [self._empty]
        elif not rows and waiting:
            drawn = [self._skeleton]
        elif has_more:
            drawn.append(self._below)
        self.list.show(drawn)

    def _drawn(self, row: ListRow) -> ConversationRow:
        made = self._made.get(row.conversation)
        if made is None:
            return ConversationRow(
                row, self._sizes, self._words, opened=self._opened, focused=self._focused
            )
        made.show(row)
        return made

    def _ask_for_more(self, event: ft.Event[ft.TextButton]) -> None:
        self.longest += ROWS
        self._more()

    # --- the focus -------------------------------------------------------------------------------

    async def focus(self, conversation: str) -> None:
        if conversation in self._made and is_on_page(self.list):
            await self._made[conversation].button.focus()  # type: ignore[no-untyped-call]

    @property
    def has_focus(self) -> bool:
        return self._focused_row is not None

    async def move(self, by: int) -> None:
        """The focus, by so many rows."""
        shown = list(self._made)
        if self._focused_row in shown:
            at = shown.index(self._focused_row) + by
            await self.focus(shown[max(0, min(at, len(shown) - 1))])

    def _focused(self, conversation: str, has_it: bool) -> None:
        """The next row may tell that it has the focus before the last one tells that it lost it."""
        if has_it:
            self._focused_row = conversation
        elif self._focused_row == conversation:
            self._focused_row = None


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
