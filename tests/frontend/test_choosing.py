"""A dialog in which one writes a little and chooses from what is found."""

from typing import Any

import flet as ft

from frontend.views.choosing import Choice, Choosing
from frontend.views.look import Sizes
from tests.frontend.page_in_memory import PageInMemory


class _Dialog:
    """On a page; of each text exactly one thing is found, which is called as it."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.choosing = Choosing(
            Sizes(),
            hint="",
            input_identifier="jump-input",
            narrow=False,
            find=self._find,
            nothing=str,
        )
        content: Any = self.choosing.dialog.content
        self.page = PageInMemory(content)
        self.field = content.content.controls[0].content

    async def _find(self, query: str) -> list[Choice]:
        async def take() -> None:
            self.taken.append(query)

        return [Choice(f"jump-{query}", "", query, "", lambda: ft.Text(""), take)]

    async def enter(self) -> None:
        await self.field.on_submit(None)


async def test_enter_takes_what_was_found() -> None:
    """Nothing needs be written where what is wanted is shown already."""
    dialog = _Dialog()
    await dialog.choosing.fill()

    await dialog.enter()

    assert dialog.taken == [""]


async def test_enter_means_what_was_written_last() -> None:
    """What stood there before the last letters may be somebody else."""
    dialog = _Dialog()
    await dialog.choosing.fill()
    dialog.field.value = "sari"  # and nothing was found for it yet

    await dialog.enter()

    assert dialog.taken == ["sari"]


async def test_what_is_chosen_twice_is_done_once() -> None:
    """Enter, and again before the dialog has shut."""
    dialog = _Dialog()
    await dialog.choosing.fill()

    await dialog.enter()
    await dialog.enter()

    assert dialog.taken == [""]
