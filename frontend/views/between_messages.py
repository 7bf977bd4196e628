"""What stands between messages: days, the line above what is new, and what happened to a group."""

import flet as ft

from frontend.views import look
from frontend.views.look import isolated
from frontend.views.manner import Manner
from frontend.window import times
from frontend.window.changes import change_words
from frontend.window.rows import DayRow, NewRow, Row, SystemRow, row_key

NEW_LINE = "new-line"


def day(row: DayRow, manner: Manner) -> ft.Control:
    text = times.day(manner.words, row.day, manner.now.date())
    chip = ft.Container(
        content=ft.Text(text, size=manner.sizes.meta, color=look.TEXT2),
        padding=ft.Padding.symmetric(horizontal=10, vertical=2),
        border_radius=20,
        bgcolor=look.RAISED,
    )
    return ft.Semantics(
        identifier=f"day-{row.day.isoformat()}",
        container=True,
        heading_level=3,
        content=ft.Container(ft.Row([chip], alignment=ft.MainAxisAlignment.CENTER), padding=8),
        key=scroll_key(row),
    )


def new_line(manner: Manner) -> ft.Control:
    def line() -> ft.Control:
        return ft.Container(height=1, bgcolor=look.ACCENT, expand=True)

    text = ft.Text(
        manner.words("new_messages"), size=manner.sizes.meta, color=look.ACCENT, weight=look.BOLD
    )
    return ft.Container(
        ft.Semantics(
            identifier=NEW_LINE,
            container=True,
            content=ft.Row([line(), text, line()], spacing=8),
        ),
        padding=6,
        key=scroll_key(NewRow()),
    )


def system(row: SystemRow, manner: Manner) -> ft.Control:
    return ft.Container(
        ft.Row(
            [
                ft.Icon(ft.Icons.INFO_OUTLINE_ROUNDED, size=14, color=look.TEXT2),
                ft.Text(
                    isolated(change_words(row.message, manner.words, row.names)),
                    size=manner.sizes.meta,
                    color=look.TEXT2,
                    expand=True,
                    expand_loose=True,
                ),
                ft.Text(manner.clock(row.message), size=manner.sizes.meta, color=look.TEXT2),
            ],
            alignment=ft.MainAxisAlignment.CENTER,
            spacing=6,
        ),
        padding=6,
        key=scroll_key(row),
    )


def scroll_key(row: Row) -> ft.ScrollKey:
    """By which the list can go to it. Not of the whole row: Flet would take a row that was made
    anew for the one before.
    """
    return ft.ScrollKey(row_key(row))  # type: ignore[call-arg]  # hidden by a class of Flet's
