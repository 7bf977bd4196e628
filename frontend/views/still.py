"""What is drawn once. Flet looks for changes in everything below what is updated; into these only
when they are updated themselves, so that a message costs the same in a long list.
"""

from collections.abc import Sequence

import flet as ft


@ft.control("Container", isolated=True)  # type: ignore[arg-type]
class Still(ft.Container):
    """A row. Whoever changes something in it updates it."""


@ft.control("ListView", isolated=True)  # type: ignore[arg-type]
class StillList(ft.ListView):
    """Rows, which are given by `show`."""

    def show(self, rows: Sequence[ft.Control]) -> bool:
        """Whether these are others than before; where the list is on the page, that is told."""
        same = len(rows) == len(self.controls) and all(
            one is other for one, other in zip(rows, self.controls, strict=True)
        )
        if same:
            return False
        self.controls = list(rows)
        if self.parent is not None:
            self.update()
        return True
