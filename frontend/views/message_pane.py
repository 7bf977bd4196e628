"""The messages of the open conversation, newest at the bottom. What is being read never moves:
while somebody has scrolled up, what arrives is counted on a button and not drawn.
"""

from collections.abc import Awaitable, Callable, Sequence

import flet as ft

from frontend.service.shapes import Message, Upload
from frontend.views.between_messages import NEW_LINE
from frontend.views.laid_out import LaidOut
from frontend.views.manner import Deeds, Manner
from frontend.views.message_choice import MessageChoice
from frontend.views.message_rows import MessageRows
from frontend.views.no_messages import NoMessages
from frontend.views.pill import Pill
from frontend.views.skeleton import pane_skeleton
from frontend.views.still import StillList, Told, is_on_page, show_changes
from frontend.window.focus import Focus
from frontend.window.rows import Row, Seen, bubble_key, rows_of, seen_of, unnumbered, with_words_of
from frontend.window.standing import Place, Standing
from frontend.window.state import History

AT_BOTTOM = 24
_HIDDEN_ABOVE = 120
"""A row that begins so near to the upper edge may be cut off by it."""
_FAR_VIEWS = 2
"""So many views away, too little is known of how high the rows between are."""
_ROWS_ABOVE = 30
"""Are held above one that is gone to: the first that is held changes when others come."""
_LOAD_BEFORE = 800
"""Pixels above the view at which older messages are asked for."""
_EVERY = -1
"""Milliseconds after a movement in which no other is told: with any, the last turn of a wheel may
never be, and the list stands elsewhere than is known.
"""


class MessagePane:
    """`older` is asked for more history, `reach` for all of it from a seq on; `moved` is told that
    the place in it changed, `tab_within` that Tab was pressed where text has the focus.
    """

    def __init__(
        self,
        deeds: Deeds,
        *,
        older: Callable[[], Awaitable[None]],
        moved: Callable[[], Awaitable[None]],
        all_read: Callable[[], Awaitable[None]],
        reach: Callable[[int], Awaitable[None]],
        entered: Callable[[Message], Awaitable[None]],
        tab_within: Callable[[], Awaitable[None]],
        covered: Callable[[], bool],
        focus: Focus,
    ) -> None:
        self._older = older
        self._moved = moved
        self._all_read = all_read
        self._reach = reach
        self._tab_within = tab_within
        self._rows: list[Row] = []
        self.choice = MessageChoice(
            shown=self._bring_into_view, entered=entered, covered=covered, focus=focus
        )
        self._manner: Manner | None = None
        self._told = Told()
        self._conversation = ""
        self._places: dict[str, Place] = {}
        """Of conversations that were left while their reader had scrolled up."""
        self._standing = Standing()
        self._held_back = 0
        """Messages that came since, and aren't drawn."""
        self._left: Place | None = None
        """Where the open one was left, until the list stands there again."""
        self._is_elsewhere = False
        """The list stands where it stood in the conversation before."""
        self._way: object | None = None
        """To where the list is going: another key may send it elsewhere before it is there."""
        self._offset = 0.0
        self._furthest = 0.0
        self._room_above = float("inf")
        self._view_height = 0.0
        self._seen: Seen | None = None
        self._seen_is_exact = True
        self._new_height = 0.0
        self.list = self._fresh_list()
        # Text is selected across messages, and is still text to a screen reader, which takes a
        # selectable control for a field.
        self._selection = ft.SelectionArea(self.list)
        # Stops of Tab's without a ring: who listens knows when the focus is at one.
        listening = ft.KeyboardListener(
            content=self._selection, include_semantics=False, on_key_down=self._pressed_within
        )
        self._drawn = MessageRows(self.list, deeds)
        self._laid_out = LaidOut()
        self._newest = Pill("btn-newest", ft.Icons.ARROW_DOWNWARD_ROUNDED, self._to_newest)
        self._first = Pill("btn-first-new", ft.Icons.ARROW_UPWARD_ROUNDED, self._to_first)
        self._read = Pill("btn-mark-read", ft.Icons.DONE_ALL_ROUNDED, self._mark)
        self._nothing = NoMessages()
        self._skeleton = ft.Container(left=0, right=0, top=0, bottom=0, visible=False)
        self.control = ft.Stack(
            [
                ft.Container(
                    ft.Semantics(
                        identifier="msg-list",
                        container=True,
                        content=listening,
                    ),
                    left=0,
                    right=0,
                    top=0,
                    bottom=0,
                ),
                self._nothing.control,
                self._skeleton,
                ft.Row(
                    [self._first.control, self._read.control],
                    top=8,
                    left=0,
                    right=0,
                    spacing=8,
                    wrap=True,
                    alignment=ft.MainAxisAlignment.CENTER,
                ),
                ft.Container(self._newest.control, right=16, bottom=8),
                # Tab goes by the place: after them, to what stands over or beside them.
                ft.Container(self.choice.stop, left=0, top=0),
                ft.Container(self._laid_out.control, left=0, top=0),
            ],
            expand=True,
        )

    async def _pressed_within(self, event: ft.KeyDownEvent) -> None:
        if event.key == "Tab":
            await self._tab_within()

    def _fresh_list(self, padding: ft.PaddingValue | None = None) -> StillList:
        return StillList(
            reverse=True,
            expand=True,
            spacing=0,
            padding=padding,
            on_scroll=self._scrolled,
            scroll_interval=_EVERY,
            cache_extent=600,
        )

    def set_margin(self, margin: int) -> None:
        """Pixels on either side of the messages. Who arranges the window tells the page."""
        self.list.padding = ft.Padding.symmetric(horizontal=margin, vertical=8)

    # --- what is shown ---------------------------------------------------------------------------

    def open(
        self, conversation: str, new_after: int | None, view_height: float, *, at_place: bool = True
    ) -> None:
        """Another conversation, where its reader left it; `new_after` is how far it had been read.
        Once it is drawn, `settle` brings the view there.
        """
        self._keep_place()
        self._way = None
        self._is_elsewhere = self._offset > 0 or self.is_going
        place = self._places.pop(conversation, None) if at_place else None
        self._conversation = conversation
        if self._is_elsewhere:
            self._begin_list()
        self._drawn.clear()
        self.choice.clear()
        self._held_back = 0
        self._view_height = view_height
        self._seen_is_exact = place is not None or new_after is None
        self._left = place
        seen = None if new_after is None else Seen(new_after)
        self._stand_at(place or Place(Standing(), 0.0, seen=seen))

    def _stand_at(self, place: Place) -> None:
        """As it was there, down to the line of what was new: all that is below what is read."""
        self._standing, self._rows, self._seen = place.standing, list(place.rows), place.seen
        self._offset, self._furthest = place.offset, place.furthest
        self._drawn.stand_as(place.heights)
        self._told.forget("rows")

    def _begin_list(self) -> None:
        """The client reckons where rows stand from those that stood there before; with the heights
        of another conversation it would go astray.
        """
        self.list = self._selection.content = self._fresh_list(self.list.padding)
        self._drawn.show_in(self.list)
        show_changes(self._selection)

    def _keep_place(self) -> None:
        if self._left is not None:
            self._places[self._conversation] = self._left
        elif self.at_bottom:
            self._places.pop(self._conversation, None)
        else:
            self._places[self._conversation] = Place(
                *(self._standing, self._offset, self._furthest, self._seen),
                *(tuple(self._rows), self._drawn.heights),
            )

    async def settle(self) -> None:
        """Bring the list to where its reader is; drawn anew, it stands at its end."""
        if not self._offset and not self._is_elsewhere:
            return
        left = self._left
        if left is not None and left.standing.first_seq is not None:
            await self._reach(left.standing.first_seq)
            if self._left is not left:  # another was opened meanwhile, or its newest asked for
                return
            self._stand_at(left)
            await self._moved()
        self._left, self._is_elsewhere = None, False
        if is_on_page(self.list):
            await self.list.scroll_to(offset=self._offset)

    def restyle(self, *, still: bool) -> None:
        self._drawn.forget_drawn()
        self._told.forget()
        self._skeleton.content = pane_skeleton(still=still)

    def wait(self, waits: bool) -> None:
        """Show that messages are on their way."""
        if self._told.is_new("waiting", waits):
            self._skeleton.visible = waits
            show_changes(self._skeleton)

    def end_new_line(self) -> None:
        """Somebody answered: what was new isn't any more."""
        self._seen, self._held_back = None, 0
        self._seen_is_exact = True

    def begin_new_line(self, after: int) -> None:
        """Something came while nobody looked: the line stands above it."""
        if self._seen is None or not self._line_is_ahead():
            self._seen_to(after)

    def _seen_to(self, seq: int) -> None:
        """All that stands here, with what has no number yet."""
        self._seen = Seen(seq, unnumbered(self._standing.messages, self._me))
        self._seen_is_exact = True

    def _line_is_ahead(self) -> bool:
        return self._new_height > 0

    def draw(
        self,
        history: History,
        uploads: Sequence[Upload],
        manner: Manner,
        empty: str,
        unread: int,
    ) -> None:
        """Rows that look as before stay the same controls. `unread` is what the service counts."""
        if self._manner is None or _differs(self._manner, manner):
            self._drawn.forget_drawn()
            self._told.forget("rows")
        self._manner = manner
        stands = self._to_stand(history, uploads, manner.me)
        if self._seen is not None and not self._seen_is_exact and history.loaded:
            self._seen = seen_of(history.messages, manner.me, self._seen.seq, unread)
            self._seen_is_exact = True
        line_is_held = _holds(history, self._seen)
        line = self._seen if line_is_held else None
        others = self._told.is_new(
            "rows", stands, line, manner.linked, manner.people, self.at_bottom
        )
        if others or not self._drawn.covers(self._middle):
            rows = rows_of(
                *(stands.messages, manner.me, line, manner.now, stands.uploads), manner.people
            )
            self._rows = rows if self.at_bottom else with_words_of(rows, self._rows)
            self._drawn.draw(self._rows, manner, self._middle)
            self.choice.draw(self._drawn.drawn, manner)
        rows = self._rows
        self._say_nothing(empty if history.loaded and not rows and not self._held_back else "")
        self._new_height = self._below_line() if line_is_held else float("inf")
        self._label(manner, unread)

    def _to_stand(self, history: History, uploads: Sequence[Upload], me: str) -> Standing:
        """Scrolled up, what stood there already, as it is now, and what is before it."""
        if self.at_bottom:
            self._meet_held_back()
            stands = Standing(history.messages, tuple(uploads))
        else:
            stands = self._standing.now(history.messages, uploads, me)
        self._standing = stands
        self._held_back = len(history.messages) - len(stands.messages)
        return stands

    def _meet_held_back(self) -> None:
        """What came while they had scrolled up is new to who comes down to it, and not yet seen."""
        if self._held_back and self.has_seen_new:
            self._seen_to(self._standing.last_seq)
            self._furthest = self._offset

    def _say_nothing(self, text: str) -> None:
        """Where no message is; an empty text where some are."""
        if self._told.is_new("nothing", text):
            self._nothing.say(text)

    def _label(self, manner: Manner, unread: int) -> None:
        words, sizes, later = manner.words, manner.sizes, self._held_back
        scrolled = self._offset > 4 * AT_BOTTOM
        if self._told.is_new("newest", scrolled, later, sizes):
            text = words("newest_count", n=later) if later else words("newest")
            self._newest.show(scrolled or later > 0, text, sizes)
        ahead = self._seen is not None and not self.has_seen_new and unread > 0
        if self._told.is_new("ahead", ahead, unread if ahead else 0, sizes):
            self._first.show(ahead, words("first_new", n=unread), sizes)
            self._read.show(ahead, words("mark_read"), sizes)

    # --- where it stands -------------------------------------------------------------------------

    @property
    def at_bottom(self) -> bool:
        return self._offset <= AT_BOTTOM

    @property
    def is_going(self) -> bool:
        """It may stand elsewhere soon."""
        return self.list.goings > 0

    @property
    def _middle(self) -> float:
        return self._offset + self._view_height / 2

    @property
    def has_seen_new(self) -> bool:
        """Whether the line of new messages has been in view since they came."""
        return self._new_height <= self._furthest + self._view_height

    @property
    def last_seq_shown(self) -> int:
        return self._standing.last_seq

    @property
    def shows_unnumbered(self) -> bool:
        """Messages of neighbours that main hasn't got."""
        return unnumbered(self._standing.messages, self._me) > 0

    @property
    def _me(self) -> str:
        return "" if self._manner is None else self._manner.me

    async def _scrolled(self, event: ft.OnScrollEvent) -> None:
        if event.control is not self.list:  # of the conversation before
            return
        was = self.at_bottom, self.has_seen_new
        self._offset = event.pixels
        self._furthest = max(self._furthest, event.pixels)
        self._view_height = event.viewport_dimension
        self._room_above = event.max_scroll_extent - event.pixels
        if self._room_above < _LOAD_BEFORE:
            await self._older()
        pill = self._newest.is_shown != (self._offset > 4 * AT_BOTTOM)
        far = not self._drawn.covers(self._middle)
        if was != (self.at_bottom, self.has_seen_new) or pill or far:
            await self._moved()

    async def scroll_by(self, pages: int) -> None:
        """Up by pages of the view, or down."""
        if is_on_page(self.list):
            await self.list.scroll_to(delta=pages * self._view_height * 0.9)

    async def to_newest(self) -> None:
        await self._to_newest()

    async def to_first_new(self) -> None:
        """Where some came that aren't drawn, they are, with the line above them."""
        if self._held_back:
            await self._draw_at(0.0)
        if self._seen is not None and is_on_page(self.list):
            await self._to_first()

    async def _draw_at(self, offset: float) -> None:
        """What is in the tree is what is near the view."""
        self._offset = offset
        await self._moved()

    async def _to_newest(self) -> None:
        self._left = None
        self.stay()
        await self._draw_at(0.0)
        if is_on_page(self.list):
            await self.list.scroll_to(offset=0)

    async def _to_first(self) -> None:
        """What lies between is fetched first; how high it is can only be reckoned."""
        conversation = self._conversation
        if self._seen is not None:
            await self._reach(max(1, self._seen.seq - _ROWS_ABOVE))
        if self._conversation == conversation:  # else another was opened meanwhile
            await self._go(NEW_LINE, 0.6)

    def _below_line(self) -> float:
        """About how many pixels what is new takes, with its line; 0 without one."""
        edges = self._drawn.edges(NEW_LINE)
        return 0.0 if edges is None else edges[1]

    # --- going to a message ----------------------------------------------------------------------

    async def show_message(self, message: Message) -> bool:
        """Go to one that was searched for, with a ring; whether it could be reached."""
        if message.seq is not None:
            await self._reach(max(1, message.seq - _ROWS_ABOVE))
        key = bubble_key(message)
        if self._drawn.edges(key) is None:
            return False
        await self._go(key, 0.5)
        await self.choice.show_hit(key)
        return True

    async def _bring_into_view(self, key: str) -> None:
        edges = self._drawn.edges(key)
        if edges is None:
            return
        if not self._offset - 8 <= edges[0] <= self._offset + self._view_height - _HIDDEN_ABOVE:
            await self._go(key, 0.5)

    async def _go(self, key: str, share: float) -> None:
        """A row into the view: its upper edge that share of it above the lower one, or the first
        message at the upper one.
        """
        edges, further = self._drawn.edges(key), share * self._view_height
        target = max(0.0, edges[1] - further) if edges is not None else 0.0
        self._way = way = object()
        is_far = abs(target - self._offset) > _FAR_VIEWS * self._view_height
        self._drawn.leave_alone(key if is_far else None)
        await self._draw_at(target)
        if not self._goes(way):
            return
        await self.list.scroll_to(offset=target)
        await self._laid_out.wait()
        if is_far and self._way is way:
            self._drawn.leave_alone(None)
            await self._moved()
            await self._laid_out.wait()
        above = self._drawn.above(key)
        if not above or not self._goes(way):
            return
        # Near enough, the row above it is built, and can be gone to by its key, at the lower edge:
        # from there on it is known how far the row is, however high all of them are.
        await self.list.scroll_to(scroll_key=above[-1])
        if self._room_above < 1:  # the list had ended before that
            further -= max(0.0, self._view_height - self._drawn.reckoned(above))
        if self._goes(way) and further > 0:
            await self.list.scroll_to(offset=max(0.0, self._offset - further))

    def stay(self) -> None:
        """Go nowhere any more: the page was left, and what it was asked for is never answered."""
        self._way = None
        self._drawn.leave_alone(None)

    def _goes(self, way: object) -> bool:
        """Whether the list is still to go there."""
        return self._way is way and is_on_page(self.list)

    async def _mark(self) -> None:
        self._furthest = float("inf")
        await self._all_read()


def _holds(history: History, seen: Seen | None) -> bool:
    """Whether the place behind what was seen is in what is held, so that a line can stand there."""
    if seen is None:
        return True
    first = next((m.seq for m in history.messages if m.seq is not None), None)
    return history.loaded and (history.whole or first is None or first <= seen.seq + 1)


def _differs(one: Manner, other: Manner) -> bool:
    """Whether rows have to be made anew: the time of day alone is no reason."""
    return (one.words.language, one.sizes, one.me, one.kind, one.narrow, one.now.date()) != (
        *(other.words.language, other.sizes, other.me, other.kind),
        *(other.narrow, other.now.date()),
    )
