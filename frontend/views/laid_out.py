"""When the client has laid out what it was told: only then can the list go to a row that is new."""

import asyncio
from contextlib import suppress
from typing import Any

import flet as ft

from frontend.views.still import is_on_page

_LONGEST_SECONDS = 5.0
"""A page that was left lays nothing out."""


class LaidOut:
    """Takes no room anywhere; that its size became another is told after all was laid out."""

    def __init__(self) -> None:
        self._told = asyncio.Event()
        self.control = ft.Container(width=0, height=0, on_size_change=self._tell)

    def _tell(self, _: Any) -> None:
        self._told.set()

    async def wait(self) -> None:
        """Until everything that was changed before this stands where it will."""
        if not is_on_page(self.control):
            return
        self._told.clear()
        self.control.height = 1 - (self.control.height or 0)
        self.control.update()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_SECONDS):
                await self._told.wait()
