"""What a command came to: a card above the composer that its person alone sees."""

from collections.abc import Sequence

import flet as ft

from frontend.views import look
from frontend.views.doing import Done, clicked
from frontend.views.look import Sizes, isolated
from frontend.window.words import Words


def draw_card(
    title: str,
    told: Sequence[str],
    buttons: Sequence[tuple[str, Done]],
    sizes: Sizes,
    words: Words,
    shut: Done,
    *,
    narrow: bool,
) -> ft.Control:
    rows: list[ft.Control] = [
        ft.Text(isolated(line), size=sizes.preview, color=look.INFO) for line in told[:200]
    ]
    actions: list[ft.Control] = [
        ft.TextButton(text, on_click=clicked(does)) for text, does in buttons
    ]
    return ft.Semantics(
        identifier="command-card",
        container=True,
        content=ft.Container(
            ft.Column(
                [
                    ft.Row(
                        [
                            ft.Icon(ft.Icons.VISIBILITY_OUTLINED, size=16, color=look.INFO),
                            ft.Text(title, size=sizes.meta, color=look.INFO, expand=True),
                            look.icon_button(
                                ft.Icons.CLOSE_ROUNDED,
                                words("close"),
                                "btn-close-card",
                                clicked(shut),
                            ),
                        ],
                    ),
                    ft.SelectionArea(
                        ft.Column(
                            rows,
                            spacing=2,
                            scroll=ft.ScrollMode.AUTO,
                            height=_height(told, sizes, narrow=narrow),
                        )
                    ),
                    ft.Row(actions, alignment=ft.MainAxisAlignment.END, visible=bool(actions)),
                ],
                spacing=2,
            ),
            bgcolor=look.INFO_BACKGROUND,
            border_radius=look.RADIUS_BUBBLE,
            padding=ft.Padding.only(left=12, right=4, bottom=8),
        ),
    )


_MOST_ROWS = 3
"""So many need no scrolling, however long they are."""


def _height(told: Sequence[str], sizes: Sizes, *, narrow: bool) -> float | None:
    """What all of it takes, or as much as leaves room for the messages."""
    if len(told) <= _MOST_ROWS:
        return None
    characters = (44 if narrow else 120) * 100 // sizes.percent
    lines = sum(1 + len(line) // characters for line in told)
    return min(sizes.of(180), sizes.of(22) * lines + 4)
