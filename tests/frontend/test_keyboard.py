"""Which part of the window a key is for."""

from types import SimpleNamespace
from typing import Any, cast

import flet as ft

from frontend.keyboard import Keyboard


class _Asides:
    """A dialog stands in front of the window."""

    choosing = None

    def __init__(self) -> None:
        self.dialog: object | None = object()

    async def shut_dialog(self) -> None:
        self.dialog = None


def _escape() -> ft.KeyboardEvent:
    named = {"name": "keyboard_event", "control": cast("Any", None), "key": "Escape"}
    return ft.KeyboardEvent(**named, shift=False, ctrl=False, alt=False, meta=False)


async def test_escape_shuts_a_menu_before_the_dialog_that_it_stands_in() -> None:
    """The page tells that a menu was shut only after the key that did it."""
    asides = _Asides()
    keyboard = Keyboard(cast("Any", SimpleNamespace(asides=asides)))

    keyboard.in_menu(True)
    await keyboard.press(_escape())
    keyboard.in_menu(False)
    assert asides.dialog is not None

    await keyboard.press(_escape())
    assert asides.dialog is None
