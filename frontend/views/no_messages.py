"""What stands where a conversation has no message yet."""

import flet as ft

from frontend.views import look
from frontend.views.still import show_changes


class NoMessages:
    """Over the whole pane, while it has something to say."""

    def __init__(self) -> None:
        self._text = ft.Text("", color=look.TEXT2, text_align=ft.TextAlign.CENTER)
        self.control = ft.Container(
            ft.Column(
                [ft.Icon(ft.Icons.CHAT_BUBBLE_OUTLINE, size=48, color=look.OUTLINE), self._text],
                horizontal_alignment=ft.CrossAxisAlignment.CENTER,
                alignment=ft.MainAxisAlignment.CENTER,
            ),
            alignment=ft.Alignment.CENTER,
            expand=True,
            left=0,
            right=0,
            top=0,
            bottom=0,
            visible=False,
        )

    def say(self, text: str) -> None:
        self._text.value, self.control.visible = text, bool(text)
        show_changes(self.control)
