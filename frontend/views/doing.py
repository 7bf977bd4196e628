"""What buttons and items of menus do, as the views are told it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import flet as ft

T = TypeVar("T")
Done = Callable[[], Awaitable[None]]
Entry = tuple[str, Done]
"""Of a menu: what it is called, and what it does."""


@dataclass(frozen=True)
class Doings:
    """What the frame's own buttons do."""

    search: Done
    new_chat: Done
    new_group: Done
    settings: Done
    keys: Done
    add_account: Done
    sign_out: Done
    switch: Callable[[str], Awaitable[None]]
    details: Done
    back: Done
    start_service: Done
    hide_strip: Done
    in_menu: Callable[[bool], None]
    """Told whether one of its menus is open."""
    say: Callable[[str], None]


def clicked(does: Done) -> Callable[[ft.Event[Any]], Awaitable[None]]:
    async def handler(event: ft.Event[Any]) -> None:
        await does()

    return handler


def bound(does: Callable[[T], Awaitable[None]], what: T) -> Done:
    async def done() -> None:
        await does(what)

    return done


def watched(menu: ft.PopupMenuButton, in_menu: Callable[[bool], None]) -> ft.PopupMenuButton:
    """It tells whether it is open, and so has the keys."""
    menu.on_open = lambda _: in_menu(True)
    menu.on_cancel = menu.on_select = lambda _: in_menu(False)
    return menu


def item(text: str, does: Done) -> ft.PopupMenuItem:
    return ft.PopupMenuItem(content=text, on_click=clicked(does))
