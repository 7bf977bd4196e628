"""What is drawn once. Flet looks for changes in everything below what is updated; into these only
when they are updated themselves, so that a message costs the same in a long list.

Each is equal to itself alone. Flet's controls are equal where they say the same, and in place of
such a one no other is put: what is drawn in that would be seen nowhere.
"""

from collections.abc import Sequence
from operator import is_
from typing import Any

import flet as ft


def is_on_page(control: ft.Control) -> bool:
    """Whether it is drawn: what isn't can neither be updated nor have the focus.

    What was taken away still names its parents; the index of the session tells them apart.
    """
    try:
        index = control.page.session.index
    except RuntimeError:
        return False
    return index.get(control._i) is control


def show_changes(control: ft.Control) -> None:
    """What was changed in it, where it is drawn."""
    if is_on_page(control):
        control.update()


class Told:
    """What the parts of a view show, so that one is only drawn when that is another."""

    def __init__(self) -> None:
        self._told: dict[str, object] = {}

    def is_new(self, part: str, *what: object) -> bool:
        """Whether a part shows something else; from now on it shows this."""
        same = self._told.get(part) == what
        self._told[part] = what
        return not same

    def forget(self, *parts: str) -> None:
        """All, where none is named."""
        for part in parts or tuple(self._told):
            self._told.pop(part, None)


@ft.control("Container", isolated=True)  # type: ignore[arg-type]
class Still(ft.Container):
    """A row. Whoever changes something in it shows that."""

    __eq__ = object.__eq__


@ft.control("ListView", isolated=True)  # type: ignore[arg-type]
class StillList(ft.ListView):
    """Rows, which are given by `show`. `goings` are the places that the page was asked to scroll to
    and hasn't told of yet: what it tells of the list till then is past.
    """

    __eq__ = object.__eq__
    goings = 0

    async def scroll_to(self, *where: Any, **how: Any) -> None:
        self.goings += 1
        try:
            await super().scroll_to(*where, **how)
        finally:
            self.goings -= 1

    def show(self, rows: Sequence[ft.Control]) -> None:
        _show(self, rows)


@ft.control("Column", isolated=True)  # type: ignore[arg-type]
class StillColumn(ft.Column):
    """Rows within a list, which are given by `show`."""

    __eq__ = object.__eq__

    def show(self, rows: Sequence[ft.Control]) -> None:
        _show(self, rows)


def _show(list_: StillList | StillColumn, rows: Sequence[ft.Control]) -> None:
    """Told to the page only when these are others than before."""
    same = len(rows) == len(list_.controls) and all(map(is_, rows, list_.controls))
    if not same:
        list_.controls = list(rows)
        show_changes(list_)
