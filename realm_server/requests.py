"""What main has been asked and has not answered yet. Plain bookkeeping, without the link itself."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from realm_protocol.commands import SendMessage
from realm_protocol.limits import LINK_UNACKNOWLEDGED_LIMIT


class Asker(Protocol):
    """Who asked main, and is told what it said."""

    def answered(self, request: "Request", result: bytes) -> None:
        """Main's result, packed."""

    def refused(self, request: "Request", code: str, fields: Mapping[str, Any]) -> None:
        """Main refused, or the link went before it answered (`link_down`)."""


class Request(msgspec.Struct, gc=False):
    """One question to main. A struct, because one is made for every message."""

    asker: Asker
    number: int
    """The client's own number for it."""
    message: SendMessage | None
    """What goes into the outbox where main does not answer; None of anything else."""
    size: int


class Requests:
    """The unanswered requests of a realm, by `ref`, within the limit of bytes of the link."""

    def __init__(self, limit: int = LINK_UNACKNOWLEDGED_LIMIT) -> None:
        self._waiting: dict[int, Request] = {}
        self._limit = limit
        self._when_empty: Callable[[], None] | None = None
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether the link holds all that it may."""
        return self.bytes >= self._limit

    def add(self, ref: int, request: Request) -> None:
        self._waiting[ref] = request
        self.bytes += request.size

    def get(self, ref: int) -> Request | None:
        return self._waiting.get(ref)

    def take(self, ref: int) -> Request | None:
        """The request of this answer; None when main answers what nobody asked."""
        request = self._waiting.pop(ref, None)
        if request is not None:
            self.bytes -= request.size
            if self._when_empty is not None:
                self._tell_empty()
        return request

    @property
    def oldest(self) -> int:
        """The number of the message that has waited longest; 0 when none waits.

        What else is asked may take its time: passwords, all that a site has missed.
        """
        return next((ref for ref, one in self._waiting.items() if one.message is not None), 0)

    def messages(self) -> list[Request]:
        """Those that are messages of clients, in the order in which they were asked."""
        return [request for request in self._waiting.values() if request.message is not None]

    def take_all(self) -> list[Request]:
        """All of them, in the order in which they were asked."""
        waiting = list(self._waiting.values())
        self._waiting.clear()
        self.bytes = 0
        self._tell_empty()
        return waiting

    def when_empty(self, call: Callable[[], None]) -> None:
        """Call once nothing is unanswered any more; at once when that is so already."""
        self._when_empty = call
        self._tell_empty()

    def _tell_empty(self) -> None:
        if self._when_empty is not None and not self._waiting:
            call, self._when_empty = self._when_empty, None
            call()
