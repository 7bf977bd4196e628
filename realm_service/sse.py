"""Server-sent events, as chat-cli's stream has them: lines in, events out. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SILENCE_SECONDS = 45.0
"""A stream on which nothing comes for so long is dead: the service shows life every 15 seconds."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: `type` says what, `data` is as the service tells it.

    Durable events have an `id` to resume from; what passes, such as typing, has none.
    """

    id: int | None
    type: str
    data: Mapping[str, Any]


class EventReader:
    """Puts the pieces of one connection together; a comment is a sign of life and no event.

    Lines end at a line feed alone: other separators of Unicode are part of people's texts.
    """

    def __init__(self) -> None:
        self._rest = ""
        self._fields: dict[str, str] = {}

    def take(self, text: str) -> list[Event]:
        """The events that this piece completes."""
        *lines, self._rest = (self._rest + text).split("\n")
        return [event for line in lines if (event := self._take_line(line)) is not None]

    def _take_line(self, line: str) -> Event | None:
        if line:
            name, _, value = line.partition(":")
            self._fields[name] = value.removeprefix(" ")
            return None
        fields, self._fields = self._fields, {}
        if "event" not in fields:
            return None
        place = int(fields["id"]) if "id" in fields else None
        return Event(place, fields["event"], json.loads(fields.get("data", "{}")))
