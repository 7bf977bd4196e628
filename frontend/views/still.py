"""What is drawn once. Flet looks for changes in everything below what is updated; into these only
when they are updated themselves, so that a message costs the same in a long list.
"""

from collections.abc import Sequence

import flet as ft


def is_on_page(control: ft.Control) -> bool:
    """Whether it is drawn: what isn't can neither be updated nor have the focus."""
    try:
        return control.page is not None
    except RuntimeError:
        return False


@ft.control("Container", isolated=True)  # type: ignore[arg-type]
class Still(ft.Container):
    """A row. Whoever changes something in it shows that."""

    def show_changes(self) -> None:
        if is_on_page(self):
            self.update()


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
        if is_on_page(self):
            self.update()
        return True
