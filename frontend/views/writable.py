"""A field that can be given the focus."""

import itertools

import flet as ft

from frontend.views.still import show_changes

_times = itertools.count(1)


@ft.control("TextField")  # type: ignore[arg-type]
class Writable(ft.TextField):
    """Flet's own `focus()` waits for the page's answer, which may be gone, and doesn't find a field
    of several lines in which Enter submits. The client still takes a property of that name, which
    finds any, each time that it is another.
    """

    focus: str | None = None  # type: ignore[assignment]

    def take_focus(self) -> None:
        """With the next frame of the page, where it is on one."""
        self.focus = str(next(_times))
        show_changes(self)
