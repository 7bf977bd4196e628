"""Replaying: what the realm keeps goes to main by itself, lane by lane, and what main says of it.

`lanes` decides what goes out now. What becomes of a message then is the outbox's.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from realm_protocol.errors import NotSignedIn, RealmchatError, SessionEnded, TryLater, rebuild
from realm_protocol.link import Forward, Queued
from realm_protocol.wire import tag_of
from realm_server.autonomy.lanes import Kept, OutboxLanes, Stage
from realm_server.link import Link
from realm_server.requests import Asker, Request

_FORWARD = tag_of(Forward)
_QUEUED = tag_of(Queued)


class Outcomes(Protocol):
    """Who is told what became of a message; each has one outcome."""

    def stored(self, kept: Kept) -> None:
        """Main has it."""

    def refused(self, kept: Kept, error: RealmchatError) -> None:
        """Main will never take it."""


class Replaying:
    """Of one realm, while its link is up. Its clock is the event loop's."""

    def __init__(self, lanes: OutboxLanes, link: Link, outcomes: Outcomes) -> None:
        self._lanes = lanes
        self._link = link
        self._outcomes = outcomes
        self._loop = asyncio.get_running_loop()
        self._is_open = False
        self._timer: asyncio.TimerHandle | None = None
        self._is_pump_due = False

    def start(self) -> None:
        """The sessions of this site are confirmed: what is kept goes out."""
        self._is_open = self._link.is_up
        self.go_on()

    def stop(self) -> None:
        """Nothing goes out any more."""
        self._is_open = False

    def go_on(self) -> None:
        """Something may go out now that couldn't before: once for all that is told in a turn."""
        if not self._is_pump_due:
            self._is_pump_due = True
            self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        self._is_pump_due = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._is_open or not self._link.is_steady:
            return
        for kept in self._lanes.take_due(self._loop.time()):
            self._send(kept)
        due = self._lanes.next_due()
        if due is not None:
            self._timer = self._loop.call_at(due, self._pump)

    def _send(self, kept: Kept) -> None:
        tag = _QUEUED
        fields: tuple[Any, ...] = (kept.sender, kept.command)
        session = kept.live_in
        if session is not None and session.known_to_main:
            # Main stopped the lane of this session: only by it the lane goes on.
            tag, fields = _FORWARD, (session.handle, kept.command)
        try:
            self._link.ask(tag, fields, self.asker(kept), message=kept.command)
        except TryLater:
            self._lanes.refused_for_now(kept, self._loop.time())

    # --- what main says --------------------------------------------------------------------------

    def asker(self, kept: Kept) -> Asker:
        """Who takes main's answer for a message that is kept."""
        return _Replayed(self, kept)

    def answered(self, kept: Kept) -> None:
        self._outcomes.stored(kept)
        self.go_on()

    def refused(self, kept: Kept, error: RealmchatError) -> None:
        if kept.stage is not Stage.IN_FLIGHT:
            return  # the link has gone
        if isinstance(error, NotSignedIn | SessionEnded) and kept.live_in is not None:
            kept.live_in = None  # what was sent before the session ended needs none
            self._lanes.refused_for_now(kept, self._loop.time())
        elif isinstance(error, TryLater):
            self._lanes.refused_for_now(kept, self._loop.time())
        else:
            self._outcomes.refused(kept, error)
        self.go_on()


class _Replayed:
    """Asks main to take one kept message."""

    __slots__ = ("_kept", "_replaying")

    def __init__(self, replaying: Replaying, kept: Kept) -> None:
        self._replaying = replaying
        self._kept = kept

    def answered(self, request: Request, result: bytes) -> None:
        self._replaying.answered(self._kept)

    def refused(self, request: Request, code: str, fields: Mapping[str, Any]) -> None:
        self._replaying.refused(self._kept, rebuild(code, fields))


class _Nobody:
    """Whatever main says of it, whoever asked has been told something already."""

    def answered(self, request: Request, result: bytes) -> None:
        """Too late."""

    def refused(self, request: Request, code: str, fields: Mapping[str, Any]) -> None:
        """Too late."""


NOBODY = _Nobody()
