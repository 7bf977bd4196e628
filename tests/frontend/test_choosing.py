"""A dialog in which one writes a little and chooses from what is found."""

import asyncio
from typing import Any

import flet as ft

from frontend.views.choosing import Choice, Choosing
from frontend.views.look import Sizes
from frontend.window.words import Words
from tests.frontend.page_in_memory import PageInMemory


class _Dialog:
    """On a page; of each text exactly one thing is found, which is called as it."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.said: list[str] = []
        self.found: list[str] | None = None
        """Whatever is written; else exactly that."""
        self.choosing = Choosing(
            Sizes(),
            hint="Person",
            input_identifier="jump-input",
            narrow=False,
            find=self._find,
            nothing=lambda query: f"No {query}",
            words=Words("en"),
            say=self.said.append,
        )
        content: Any = self.choosing.dialog.content
        self.page = PageInMemory(content)
        self.named = content.content.controls[0].content
        self.field = self.named.content

    async def _find(self, query: str) -> list[Choice]:
        async def take() -> None:
            self.taken.append(query)

        found = [query] if self.found is None else self.found
        return [Choice(f"jump-{one}", "", one, "", lambda: ft.Text(""), take) for one in found]

    async def move(self, by: int) -> None:
        moving = asyncio.create_task(self.choosing.move(by))
        await asyncio.wait([moving], timeout=0)
        self.page.answer({})
        await moving

    async def write(self, text: str) -> None:
        await self.field.on_change(ft.Event("change", self.field, data=text))

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


async def test_what_enter_would_take_is_said() -> None:
    """The focus stays in the field, of which alone a screen reader would tell."""
    dialog = _Dialog()
    dialog.found = ["ana", "sari"]
    await dialog.choosing.fill()
    await dialog.move(1)
    dialog.found = []
    await dialog.write("x")

    assert dialog.said == ["ana, 1 of 2", "sari, 2 of 2", "No x"]


async def test_a_field_is_called_by_its_hint_once() -> None:
    """Flutter calls it so only while nothing stands there."""
    dialog = _Dialog()
    assert dialog.named.label is None
    await dialog.write("a")
    assert dialog.named.label == "Person"
    await dialog.write("")
    assert dialog.named.label is None
