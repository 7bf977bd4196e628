"""The list of conversations: a row each, with the newest above. It is one stop for Tab, in which ↑
and ↓ go from row to row.
"""

from collections.abc import Awaitable, Callable

import flet as ft

from frontend.views import look
from frontend.views.conversation_row import ConversationRow
from frontend.views.look import Sizes
from frontend.views.one_stop import OneStop, pressable_text
from frontend.views.skeleton import list_skeleton
from frontend.views.still import StillList, is_on_page
from frontend.window.focus import Focus
from frontend.window.listing import ListRow, spoken_row
from frontend.window.words import Words

ROWS = 60
"""In the tree at once; more come by a button below them, or by going on with the keys."""
_PADDING, _BETWEEN = 4, 2
_SCROLL_MS = 100


class ConversationList:
    """`opened` is told which conversation was chosen, `more` that more are to be drawn; `covered`
    tells whether something stands in front of all.
    """

    def __init__(
        self,
        opened: Callable[[str], Awaitable[None]],
        *,
        more: Callable[[], None],
        covered: Callable[[], bool],
        focus: Focus,
    ) -> None:
        self._opened = opened
        self._more = more
        self._rows: dict[str, ListRow] = {}
        self._made: dict[str, ConversationRow] = {}
        self._chosen: str | None = None
        """By keys."""
        self._has_more = False
        self._offset = self._view_height = 0.0
        self.longest = ROWS
        """So many are drawn at most."""
        self._sizes = Sizes()
        self._words = Words("en")
        self._empty = _empty("")
        self._skeleton: ft.Control = ft.Container()
        self._below: ft.Control = ft.Container()
        self.list = StillList(
            spacing=_BETWEEN,
            padding=ft.Padding.all(_PADDING),
            expand=True,
            on_scroll=self._scrolled,
            scroll_interval=_SCROLL_MS,
            on_size_change=self._resized,
        )
        self.control = ft.Semantics(
            identifier="conv-list", container=True, content=self.list, expand=True
        )
        self._stop = OneStop(
            "conv-chosen",
            focused=self._focused,
            left=self.leave,
            entered=self._enter,
            covered=covered,
            focus=focus,
        )
        self.stop = self._stop.control
        """Stands above the list, without being seen."""

    def restyle(self, sizes: Sizes, words: Words, *, still: bool) -> None:
        """Sizes or language changed: every row is made anew."""
        self._sizes, self._words = sizes, words
        self._made.clear()
        self._empty = _empty(words("no_chats"))
        self._skeleton = list_skeleton(sizes, still=still)
        more = pressable_text("btn-more", words("show_more"), sizes.name, self._ask_for_more)
        self._below = ft.Row([more], alignment=ft.MainAxisAlignment.CENTER)

    def draw(self, rows: list[ListRow], *, known: bool, waiting: bool, has_more: bool) -> None:
        """Rows that are there stay the same controls. `waiting`: for them to be `known`, for a
        while; `has_more`: there are others below these.
        """
        self._rows, self._has_more = {row.conversation: row for row in rows}, has_more
        self._made = {row.conversation: self._drawn(row) for row in rows}
        drawn: list[ft.Control] = [made.control for made in self._made.values()]
        if not rows and known:
            drawn = [self._empty]
        elif not rows and waiting:
            drawn = [self._skeleton]
        elif has_more:
            drawn.append(self._below)
        self.list.show(drawn)
        self._stop.say(self._spoken(self._chosen if self._chosen in self._rows else self._begin))

    def _drawn(self, row: ListRow) -> ConversationRow:
        made = self._made.get(row.conversation)
        if made is None:
            made = ConversationRow(row, self._sizes, self._words, opened=self._opened)
            made.ring(row.conversation == self._chosen)
        else:
            made.show(row)
        return made

    def _ask_for_more(self, _: ft.Event[ft.Container] | None = None) -> None:
        self.longest += ROWS
        self._more()

    # --- the focus -------------------------------------------------------------------------------

    @property
    def has_focus(self) -> bool:
        return self._stop.has_focus

    async def focus(self, conversation: str) -> None:
        """With one of them chosen."""
        if conversation in self._made:
            await self._stop.focus(lambda: self._choose(conversation))

    async def begin(self) -> None:
        """Where the keys come to by themselves."""
        await self._stop.focus()

    async def move(self, by: int) -> None:
        """To another one, by so many rows."""
        shown = list(self._made)
        if self._chosen not in shown:  # it has gone
            await self._focused()
            return
        to = shown.index(self._chosen) + by
        if to >= len(shown) and self._has_more:
            self._ask_for_more()
        await self._choose(shown[max(0, min(to, len(shown) - 1))])

    def leave(self) -> None:
        """None is chosen any more."""
        if self._chosen in self._made:
            self._made[self._chosen].ring(False)
        self._chosen = None

    async def _focused(self) -> None:
        """At the open one, where none was chosen."""
        if self._chosen in self._made:
            return
        if (begin := self._begin) is not None:
            await self._choose(begin)

    @property
    def _begin(self) -> str | None:
        """Where the keys come to."""
        opened = (one for one, row in self._rows.items() if row.selected)
        return next(opened, next(iter(self._rows), None))

    def _spoken(self, conversation: str | None) -> str:
        """Of a list without any, that too."""
        if conversation is None:
            return self._words("no_chats")
        return spoken_row(self._rows[conversation], self._words)

    async def _choose(self, conversation: str) -> None:
        self.leave()
        self._chosen = conversation
        self._made[conversation].ring(True)
        self._stop.say(self._spoken(conversation))
        await self._bring_into_view(list(self._made).index(conversation))

    async def _enter(self) -> None:
        if self._chosen is not None:
            await self._opened(self._chosen)

    # --- what of it is seen ----------------------------------------------------------------------

    async def _scrolled(self, event: ft.OnScrollEvent) -> None:
        self._offset, self._view_height = event.pixels, event.viewport_dimension

    def _resized(self, event: ft.LayoutSizeChangeEvent[ft.LayoutControl]) -> None:
        self._view_height = event.height

    async def _bring_into_view(self, place: int) -> None:
        top = _PADDING + place * (self._sizes.row + _BETWEEN)
        lowest = top - _PADDING
        highest = top + self._sizes.row + _PADDING - self._view_height
        to = max(0.0, min(max(self._offset, highest), lowest))
        if to != self._offset and is_on_page(self.list):
            # The next key may come before the list tells where it is.
            self._offset = to
            await self.list.scroll_to(offset=to)


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
