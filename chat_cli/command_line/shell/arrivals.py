"""What the events of an account come to in a shell: what is shown of them, and what they change.

Pure. Where events come from is `following`'s; how a message looks is shared with other commands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from realm_service.sse import Event


@dataclass(frozen=True, slots=True)
class Message:
    """A message to show."""

    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """What had only been saved has reached the main server."""

    to: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """A message was refused after its command had ended."""

    to: str
    error: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A message that people of this site have seen was refused by the main server."""

    reason: Any


@dataclass(frozen=True, slots=True)
class Missed:
    """Events between two connections are gone."""


Shown = Message | Sent | NotSent | Withdrawn | Missed

_KEPT_ONLY = ("saved", "at_realm")


@dataclass
class Arrivals:
    """The events of one account, in their order. Knows what this shell has sent itself."""

    address: str
    link: Mapping[str, Any] | None = None
    """The connection's state, as the newest event says; None until one has."""
    _sent_here: set[str] = field(default_factory=set)
    """Keys of this shell's own messages: their person knows the text already."""
    _under_way: dict[str, Sent | NotSent | None] = field(default_factory=dict)
    """Keys whose command hasn't ended, and what events said of them meanwhile."""
    _waiting: dict[str, str] = field(default_factory=dict)
    """Whom each message is for that was saved only, by its key."""
    _newest: int = 0

    @property
    def linked(self) -> bool:
        """Whether main can be asked now, as far as is known."""
        return self.link is None or bool(self.link["up"])

    def sending(self, key: str) -> None:
        """A line of this shell is about to send."""
        self._sent_here.add(key)
        self._under_way[key] = None

    def answered(self, key: str, state: str | None, to: str) -> Shown | None:
        """How the command ended: the state it was told, or None when it was refused.

        What is to be shown beyond that: an event may have overtaken the answer.
        """
        overtook = self._under_way.pop(key, None)
        if state not in _KEPT_ONLY:
            return None
        if overtook is not None:
            return replace(overtook, to=to)
        self._waiting[key] = to
        return None

    def take(self, event: Event) -> Shown | None:
        """What to show of an event; one that was taken before is nothing."""
        if event.id is not None:
            if event.id <= self._newest and event.type != "reset":
                return None
            self._newest = event.id
        match event.type:
            case "message":
                return self._message(event.data)
            case "state":
                return self._state(event.data)
            case "withdrawn":
                return Withdrawn(event.data.get("reason"))
            case "reset":
                return Missed()
            case "link":
                self.link = event.data
        return None

    def _message(self, row: Mapping[str, Any]) -> Shown | None:
        own = row["from"] == self.address
        return None if own and row["key"] in self._sent_here else Message(row)

    def _state(self, told: Mapping[str, Any]) -> Shown | None:
        key, error = told["key"], told.get("error")
        if told["state"] in _KEPT_ONLY:
            return None
        to = self._waiting.pop(key, "")
        shown: Sent | NotSent = NotSent(to, error) if error else Sent(to)
        if key in self._under_way:
            self._under_way[key] = shown
            return None
        return shown if to else None
