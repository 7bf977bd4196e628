"""A named reader of the command line: takes what comes next, and acknowledges what is handled."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from chat_cli.command_line.tailing.lasting import LastingService

_PAGE_MESSAGES = 100
_WAIT_SECONDS = 20
"""Less than the service may take for an answer."""

Message = Mapping[str, Any]
Handle = Callable[[Sequence[Message]], Iterator[int]]
"""Handles messages; each place that it gives is done with, and all before it."""


def read_on(
    service: LastingService, path: str, handle: Handle, *, follow: bool, from_start: bool
) -> None:
    """Hand on all that the reader at `path` has before it; with `follow`, what comes later too."""
    query: dict[str, str | int] = {
        "limit": _PAGE_MESSAGES,
        "wait": _WAIT_SECONDS if follow else 0,
        "from": "start" if from_start else "now",
    }
    while True:
        messages = service.get(path, **query)["messages"]
        if not messages and not follow:
            return
        for place in handle(messages):
            service.post(path, {"place": place})
