"""The message that is chosen by keys, which has a ring: one stop for Tab, in which ↑ and ↓ go from
one to the next.
"""

from collections.abc import Awaitable, Callable, Mapping

from frontend.service.shapes import Message
from frontend.views.bubbles import DrawnRow
from frontend.views.manner import Manner
from frontend.views.one_stop import OneStop
from frontend.views.still import show_changes
from frontend.window.focus import Focus
from frontend.window.listing import UNTAKEN, state_words
from frontend.window.rows import BubbleRow


class MessageChoice:
    """`shown` is asked to bring a row into view, `entered` what Enter does with a message, and
    `covered` whether something stands in front of all: what was chosen still is, after it.
    """

    def __init__(
        self,
        *,
        shown: Callable[[str], Awaitable[None]],
        entered: Callable[[Message], Awaitable[None]],
        covered: Callable[[], bool],
        focus: Focus,
    ) -> None:
        self._shown = shown
        self._entered = entered
        self._rows: Mapping[str, DrawnRow] = {}
        self._manner: Manner | None = None
        self._key: str | None = None
        self._hit: str | None = None
        self.is_in_menu = False
        """Its menu is open, and has the focus meanwhile."""
        self._stop = OneStop(
            "msg-chosen",
            focused=self._focused,
            left=self.leave,
            entered=self._enter,
            covered=lambda: self.is_in_menu or covered(),
            focus=focus,
        )
        self.stop = self._stop.control
        """Stands in the pane, without being seen."""

    def draw(self, rows: Mapping[str, DrawnRow], manner: Manner) -> None:
        """The rows were drawn; what was chosen still is, if it is there."""
        self._rows, self._manner = rows, manner
        for key in (self._key, self._hit):
            if key is not None and key in rows:
                rows[key].ring(key == self._hit)
        self._stop.say(self._spoken())

    def clear(self) -> None:
        self._key = self._hit = None
        self.is_in_menu = False

    @property
    def message(self) -> Message | None:
        """The chosen one."""
        return None if self._bubble is None else self._bubble.message

    @property
    def _bubble(self) -> BubbleRow | None:
        drawn = self._rows.get(self._key or "")
        return drawn.row if drawn is not None and isinstance(drawn.row, BubbleRow) else None

    @property
    def _newest(self) -> BubbleRow | None:
        drawn = (one.row for one in reversed(list(self._rows.values())))
        return next((row for row in drawn if isinstance(row, BubbleRow)), None)

    @property
    def has_focus(self) -> bool:
        return self._stop.has_focus

    async def focus(self) -> None:
        """Choose the newest, or go on where one was."""
        await self._stop.focus()

    async def move(self, by: int) -> bool:
        """To an older one (-1) or a newer one; False behind the newest."""
        keys = [key for key, row in self._rows.items() if isinstance(row.row, BubbleRow)]
        if not keys:
            return False
        at = keys.index(self._key) if self._key in keys else len(keys)
        if at + by >= len(keys):
            return False
        await self._choose(keys[max(at + by, 0)])
        return True

    async def open_menu(self) -> None:
        """Of the chosen one, which still is when its menu is shut."""
        if self._key is None:
            return
        await self._shown(self._key)
        row = self._rows.get(self._key)
        if row is not None and row.menu is not None:
            self.is_in_menu = True
            await row.menu.open()

    def leave_menu(self) -> None:
        """The key that shuts it means nothing else."""
        self.is_in_menu = False

    async def _choose(self, key: str) -> None:
        self._unring()
        self._key = key
        self._rows[key].ring(False)
        show_changes(self._rows[key].control)
        self._stop.say(self._spoken())
        await self._shown(key)

    async def show_hit(self, key: str) -> None:
        """A message that was searched for, marked until another is chosen."""
        self._unring()
        self._key = self._hit = key
        if key in self._rows:
            self._rows[key].ring(True)
            show_changes(self._rows[key].control)

    def _unring(self) -> None:
        for key in {self._key, self._hit} - {None}:
            if (row := self._rows.get(key or "")) is not None:
                row.unring()
                show_changes(row.control)
        self._hit = None

    def _spoken(self) -> str:
        """The chosen one, or the one to which the keys come; as it is now."""
        bubble, manner = self._bubble or self._newest, self._manner
        if manner is None:
            return ""
        if bubble is None:
            return manner.words("messages")
        message = bubble.message
        told = [manner.who(bubble), message.text, manner.clock(message)]
        if bubble.own or message.state in UNTAKEN:
            told.append(state_words(message, manner.words))
        return ", ".join(told)

    async def _focused(self) -> None:
        self.is_in_menu = False
        if self.message is None:
            await self.move(-1)

    def leave(self) -> None:
        """None is chosen any more."""
        self._unring()
        self._key = None

    async def _enter(self) -> None:
        if (message := self.message) is not None:
            await self._entered(message)
