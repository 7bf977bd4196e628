"""Rows that are one stop for Tab, and the focus that is sent there."""

import asyncio

from frontend.views.one_stop import OneStop
from frontend.window.focus import Focus
from tests.frontend.page_in_memory import PageInMemory


class Stop:
    """Choosing one of its rows takes until `chosen` is set, as scrolling there does."""

    def __init__(self) -> None:
        self.chosen = asyncio.Event()
        self.is_covered = False
        self.left = 0
        self.view = OneStop(
            "rows",
            focused=self._choose,
            left=self._leave,
            entered=self._choose,
            covered=lambda: self.is_covered,
            focus=Focus(lambda: 0.0),
        )
        self.page = PageInMemory(self.view.control)

    async def _choose(self) -> None:
        await self.chosen.wait()

    def _leave(self) -> None:
        self.left += 1

    async def focus(self, *, covered: bool) -> bool:
        """Whether the page is asked for the focus; `covered` by the time that a row is chosen."""
        focusing = asyncio.create_task(self.view.focus())
        await asyncio.wait([focusing], timeout=0)
        self.is_covered = covered
        self.chosen.set()
        await asyncio.wait([focusing], timeout=0)
        asked = any(body.get("name") == "focus" for _, body in self.page.sent())
        self.page.answer({})
        return asked


async def test_the_focus_comes_when_a_row_is_chosen() -> None:
    """And its row stays chosen."""
    stop = Stop()

    assert await stop.focus(covered=False)
    assert stop.view.has_focus
    assert not stop.left


async def test_the_focus_is_not_taken_from_a_dialog_that_was_opened_meanwhile() -> None:
    """Its person writes there already; no row is chosen without the focus."""
    stop = Stop()

    assert not await stop.focus(covered=True)
    assert not stop.view.has_focus
    assert stop.left == 1


async def test_nor_where_the_page_brought_it_elsewhere_in_between() -> None:
    """It is sent once more then, and not to behind a dialog."""
    stop = Stop()
    stop.is_covered = True
    stop.page.sent()

    await asyncio.wait([asyncio.create_task(stop.view.seek())], timeout=0)

    assert not stop.page.sent()
