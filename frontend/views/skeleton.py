"""What stands where rows will be, once they are waited for."""

import flet as ft

from frontend.views import look
from frontend.views.look import Sizes

_ROWS = 6
_BUBBLES = (220, 320, 180, 280, 240)


def list_skeleton(sizes: Sizes, *, still: bool) -> ft.Control:
    """Rows as high as those of the list."""
    rows: list[ft.Control] = [
        ft.Container(
            ft.Row(
                [
                    ft.Container(width=40, height=40, border_radius=20, bgcolor=look.LINE),
                    ft.Column(
                        [_bar(140, 12), _bar(200, 10)],
                        spacing=8,
                        alignment=ft.MainAxisAlignment.CENTER,
                    ),
                ],
                spacing=12,
            ),
            height=sizes.row,
            padding=ft.Padding.symmetric(horizontal=12),
        )
        for _ in range(_ROWS)
    ]
    return _moving(ft.Column(rows, spacing=2), still)


def pane_skeleton(*, still: bool) -> ft.Control:
    bubbles: list[ft.Control] = [
        ft.Row(
            [_bar(width, 40, look.RADIUS_BUBBLE)],
            alignment=ft.MainAxisAlignment.END if nth % 2 else ft.MainAxisAlignment.START,
        )
        for nth, width in enumerate(_BUBBLES)
    ]
    column = ft.Column(bubbles, spacing=12, alignment=ft.MainAxisAlignment.END)
    return _moving(ft.Container(column, padding=24), still)


def _bar(width: float, height: float, radius: float = 4) -> ft.Control:
    return ft.Container(width=width, height=height, border_radius=radius, bgcolor=look.LINE)


def _moving(shown: ft.Control, still: bool) -> ft.Control:
    if not still:
        shown = ft.Shimmer(shown, base_color=look.LINE, highlight_color=look.RAISED)
    return ft.Semantics(exclude_semantics=True, content=shown)
