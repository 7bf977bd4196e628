"""At which region of the window the focus is: where it was sent last. The page tells where it came
to and went from, but later than the next key may be pressed, and it may come to where it was sent
twice in the other order; then it is sent once more. No views here.
"""

from collections.abc import Callable
from typing import Protocol

IN_FLIGHT_SECONDS = 3.0
"""Longer than the focus needs to come to where it was sent."""


class Region(Protocol):
    """Something that takes the keys."""

    async def seek(self) -> None:
        """Have the page bring the focus here."""

    def leave(self) -> None:
        """The keys go elsewhere."""


class Focus:
    """Which region the keys are for."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._at: Region | None = None
        self._told: Region | None = None
        """Where the page said that it is."""
        self._sent: list[tuple[Region, float]] = []
        """Where it was sent and hasn't come to yet, the oldest first."""

    @property
    def at(self) -> Region | None:
        """None where the page has the focus on something else."""
        self._on_the_way()
        return self._at

    def send(self, region: Region) -> None:
        """Its `seek` follows, which tells of itself by `sought`."""
        at = self.at
        if at is not None and at is not region:
            at.leave()
        self._at = region

    def sought(self, region: Region) -> None:
        """The page was asked. It says nothing where the focus is there already."""
        sent = self._on_the_way()
        is_there = not sent and self._told is region
        if not is_there and region not in sent[-1:]:
            self._sent.append((region, self._now()))

    def give_up(self, region: Region) -> None:
        """It was sent there, and the page won't be asked: it is where the page says."""
        if self.at is region and region not in self._on_the_way():
            self._at = self._told

    async def came(self, region: Region) -> None:
        """The page tells so: because it was asked, perhaps before the last time; or of its own, as
        when a dialog is shut, and goes on then to where it was sent.
        """
        self._told = region
        sent = self._on_the_way()
        if region not in sent:
            if not sent:
                self._at = region
            return
        del self._sent[sent.index(region)]
        if self._at is not None and self._at is not region:
            await self._at.seek()

    def went(self, region: Region) -> None:
        """The page tells so."""
        if self._told is region:
            self._told = None
        if self.at is region and not self._sent:
            self._at = None

    def _on_the_way(self) -> list[Region]:
        """What never came has ended: the focus is where the page says."""
        until = self._now() - IN_FLIGHT_SECONDS
        left = [(region, at) for region, at in self._sent if at > until]
        if self._sent and not left:
            self._at = self._told
        self._sent = left
        return [region for region, _ in left]
