"""The rows of the open conversation that are in the tree: those near the view. They stand in
columns of a few, so that one that comes is compared with its neighbours only; where a column is far
away, its place is kept free.
"""

from collections.abc import Callable, Iterable, Sequence

import flet as ft

from frontend.views.bubbles import DrawnRow
from frontend.views.manner import Deeds, Manner
from frontend.views.row_heights import height_of
from frontend.views.still import StillColumn, StillList
from frontend.window.chunks import ROWS, Chunk, nearest, regrouped
from frontend.window.rows import Row, row_key
from frontend.window.standing import Heights

MOST_ROWS = 200


class MessageRows:
    """Of a list that stands upside down: its first control is the lowest."""

    def __init__(self, list_: StillList, deeds: Deeds) -> None:
        self._list = list_
        self._deeds = deeds
        self._chunks: list[Chunk] = []
        self._columns: dict[int, StillColumn] = {}
        self._measured: dict[int, float] = {}
        self._upwards: list[float] = []
        """The heights of the columns."""
        self._near = range(0)
        self._alone: str | None = None
        self._manner: Manner | None = None
        self._rows: dict[str, Row] = {}
        self.drawn: dict[str, DrawnRow] = {}
        """By their keys, from top to bottom."""

    def clear(self) -> None:
        self._chunks = []
        self._columns, self._measured, self._rows, self.drawn = {}, {}, {}, {}
        self._alone = None
        self._list.show([])

    @property
    def heights(self) -> Heights:
        return Heights(tuple(self._chunks), dict(self._measured))

    def stand_as(self, heights: Heights) -> None:
        """What is drawn next takes as much room as it did."""
        self._chunks, self._measured = list(heights.chunks), dict(heights.measured)

    def show_in(self, list_: StillList) -> None:
        """In another list."""
        self._list = list_

    def forget_drawn(self) -> None:
        """All look different: they are made anew."""
        self.drawn = {}
        self._measured = {}

    def draw(self, rows: Sequence[Row], manner: Manner, middle: float) -> None:
        """`middle` of the view, in pixels from the lower end. Rows that look as before stay the
        same controls.
        """
        self._manner = manner
        by_key = self._rows = {row_key(row): row for row in rows}
        homes = {key: chunk.number for chunk in self._chunks for key in chunk.keys}
        self._chunks = regrouped(by_key, self._chunks)
        upwards = self._chunks[::-1]
        self._upwards = [self._height(one) for one in upwards]
        self._near = self._about(middle)
        near = [upwards[place] for place in reversed(self._near)]
        made: dict[str, DrawnRow] = {}
        for chunk in near:
            for key in chunk.keys:
                known = self.drawn.get(key) if homes.get(key) == chunk.number else None
                made[key] = self._row(by_key[key], known, manner)
        self.drawn = made
        self._show(near)

    def covers(self, middle: float) -> bool:
        """Whether what is in the tree is what is near the view."""
        return self._about(middle) == self._near

    def leave_alone(self, key: str | None) -> None:
        """From the next drawing on only rows beside this one are in the tree, with None all that
        are near the view again. Of what isn't there, it is known how high it stands.
        """
        self._alone = key

    def _about(self, middle: float) -> range:
        for place, chunk in enumerate(reversed(self._chunks)):
            if self._alone in chunk.keys:
                return range(place, place + 1)
        return nearest(self._upwards, middle, MOST_ROWS // ROWS)

    def _row(self, row: Row, known: DrawnRow | None, manner: Manner) -> DrawnRow:
        if known is not None and known.shows(row, manner):
            return known
        return DrawnRow(row, manner, self._deeds)

    def _show(self, near: Sequence[Chunk]) -> None:
        full = {chunk.number: chunk.keys for chunk in near}
        upwards = [chunk.number for chunk in reversed(self._chunks)]
        self._columns = {number: self._column(number) for number in upwards}
        for number, height in zip(upwards, self._upwards, strict=True):
            keys, column = full.get(number, ()), self._columns[number]
            column.height = None if keys else height
            column.show([self.drawn[key].control for key in keys])
        self._list.show(list(self._columns.values()))

    # --- their heights ---------------------------------------------------------------------------

    def edges(self, key: str) -> tuple[float, float] | None:
        """About how many pixels a row's lower and upper edge are above the end; None where it isn't
        there.
        """
        below = 0.0
        for chunk in reversed(self._chunks):
            height = self._height(chunk)
            if key in chunk.keys:
                place = chunk.keys.index(key)
                share = height / self.reckoned(chunk.keys)
                lower = below + share * self.reckoned(chunk.keys[place + 1 :])
                return lower, lower + share * self.reckoned([key])
            below += height
        return None

    def above(self, key: str) -> list[str]:
        """The rows above one, from the first on."""
        keys = list(self._rows)
        return keys[: keys.index(key)] if key in self._rows else []

    def reckoned(self, keys: Iterable[str]) -> float:
        """How high rows are together, about."""
        manner = self._manner
        if manner is None:
            return 0.0
        narrow, percent = manner.narrow, manner.sizes.percent
        return sum(height_of(self._rows[key], narrow=narrow, percent=percent) for key in keys)

    def _height(self, chunk: Chunk) -> float:
        """As it was drawn; about, where it never was."""
        known = self._measured.get(chunk.number)
        return self.reckoned(chunk.keys) if known is None else known

    def _column(self, number: int) -> StillColumn:
        known = self._columns.get(number)
        if known is not None:
            return known
        return StillColumn(
            spacing=0,
            tight=True,
            horizontal_alignment=ft.CrossAxisAlignment.STRETCH,
            on_size_change=self._measuring(number),
        )

    def _measuring(
        self, number: int
    ) -> Callable[[ft.LayoutSizeChangeEvent[ft.LayoutControl]], None]:
        def measured(event: ft.LayoutSizeChangeEvent[ft.LayoutControl]) -> None:
            # Of another conversation's rows it may come after they were taken away.
            if event.control.height is None and self._columns.get(number) is event.control:
                self._measured[number] = event.height

        return measured
