"""Server-sent events, as the service's stream has them: lines in, events out. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """`id` is None for what nobody resumes from."""

    id: int | None
    type: str
    data: Mapping[str, Any]


class EventReader:
    """Puts the lines of one connection together; a comment is a sign of life and no event."""

    def __init__(self) -> None:
        self._fields: dict[str, str] = {}

    def take(self, line: str) -> Event | None:
        """The event that this line completes."""
        if line:
            name, _, value = line.partition(":")
            if name:
                self._fields[name] = value.removeprefix(" ")
            return None
        fields, self._fields = self._fields, {}
        if "event" not in fields:
            return None
        place = int(fields["id"]) if "id" in fields else None
        return Event(place, fields["event"], json.loads(fields.get("data", "{}")))
