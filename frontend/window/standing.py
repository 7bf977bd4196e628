"""What stands before somebody who has scrolled up: what stood there already, and what is older, so
that nothing that arrives moves what they read. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from frontend.service.shapes import Message, Upload
from frontend.window.arriving import identity
from frontend.window.chunks import Chunk
from frontend.window.rows import Row, Seen


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
class Heights:
    """Which rows stood together, and how high those were that had been drawn, by their numbers."""

    chunks: tuple[Chunk, ...] = ()
    measured: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody left a conversation: what stood there, as high as it was, the line of new ones
    included, and how far above its end they were, at that moment and at most.
    """

    standing: Standing
    offset: float
    furthest: float = 0.0
    seen: Seen | None = None
    rows: tuple[Row, ...] = ()
    heights: Heights = Heights()


def _is_older(message: Message, first: int | None) -> bool:
    return first is not None and message.seq is not None and message.seq < first


def _first_seq(messages: Iterable[Message]) -> int | None:
    return next((m.seq for m in messages if m.seq is not None), None)
