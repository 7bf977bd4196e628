"""The line below the list, always there: how the connection is, and what can be done about it."""

import flet as ft

from frontend.views import look
from frontend.views.doing import Done, clicked
from frontend.views.look import Sizes
from frontend.views.still import show_changes
from frontend.window.listing import LinkWords
from frontend.window.words import Words

LINK_ICONS = {
    "up": (ft.Icons.CLOUD_DONE_OUTLINED, look.TEXT2),
    "connecting": (ft.Icons.SYNC_ROUNDED, look.TEXT2),
    "cut_off": (ft.Icons.WARNING_AMBER_ROUNDED, look.WARN),
    "unreachable": (ft.Icons.CLOUD_OFF_OUTLINED, look.WARN),
    "away": (ft.Icons.POWER_OFF_OUTLINED, look.ERROR),
    "signed_out": (ft.Icons.LOGOUT_ROUNDED, look.ERROR),
}
_HEIGHT = 36
_LINES = 2


class StatusLine:
    """`start` starts chat-cli, where that is what lacks."""

    def __init__(self, start: Done) -> None:
        self._start = start
        self._box = ft.Container()
        self.control = ft.Semantics(identifier="status-line", container=True, content=self._box)

    def tell(self, link: LinkWords, sizes: Sizes, words: Words) -> None:
        """What is wrong takes as many lines as large letters need; no word of it is cut."""
        grows = sizes.are_large and bool(link.strip)
        icon, colour = LINK_ICONS[link.state]
        told = ft.Text(
            link.line,
            size=sizes.meta,
            color=colour,
            expand=True,
            max_lines=None if grows else _LINES,
            # With an ellipsis a text of no number of lines has one.
            overflow=ft.TextOverflow.CLIP if grows else ft.TextOverflow.ELLIPSIS,
            tooltip=link.strip or None,
        )
        start = [self._button(sizes, words)] if link.state == "away" else []
        self._box.content = ft.Row([ft.Icon(icon, size=16, color=colour), told, *start], spacing=8)
        self._box.height = None if grows else sizes.of(_HEIGHT)
        self._box.padding = ft.Padding.symmetric(horizontal=12, vertical=6 if grows else 0)
        self._box.bgcolor = look.WARN_BACKGROUND if link.strip else look.SURFACE
        show_changes(self._box)

    def _button(self, sizes: Sizes, words: Words) -> ft.Control:
        style = look.ringed(look.RADIUS_CHIP)
        style.padding = ft.Padding.symmetric(horizontal=8)
        style.color = look.ACCENT
        button = ft.TextButton(
            words("start_it"), style=style, height=sizes.of(30), on_click=clicked(self._start)
        )
        return ft.Semantics(identifier="btn-start-service", container=True, content=button)
