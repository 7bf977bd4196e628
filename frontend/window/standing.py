"""What stands before somebody who has scrolled up: what stood there already, and what is older, so
that nothing that arrives moves what they read. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from frontend.service.shapes import Message, Upload
from frontend.window.arriving import identity


@dataclass(frozen=True, slots=True)
class Standing:
    """What was drawn last of a conversation."""

    messages: tuple[Message, ...] = ()
    uploads: tuple[Upload, ...] = ()

    @property
    def first_seq(self) -> int | None:
        return _first_seq(self.messages)

    @property
    def last_seq(self) -> int:
        return max((m.seq or 0 for m in self.messages), default=0)

    def now(self, messages: Sequence[Message], uploads: Iterable[Upload], me: str) -> "Standing":
        """The same as it is now, with older ones that came; a file may be a message by now."""
        stood = {identity(m) for m in self.messages} | {(me, one.key) for one in self.uploads}
        first = self.first_seq
        return Standing(
            tuple(m for m in messages if identity(m) in stood or _is_older(m, first)),
            tuple(one for one in uploads if (me, one.key) in stood),
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody left a conversation: what stood there, and how far they were above its end."""

    standing: Standing
    offset: float


def _is_older(message: Message, first: int | None) -> bool:
    return first is not None and message.seq is not None and message.seq < first


def _first_seq(messages: Iterable[Message]) -> int | None:
    return next((m.seq for m in messages if m.seq is not None), None)
