"""How the messages of a conversation are drawn, and what can be done with one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from frontend.service.shapes import Message
from frontend.views.files import FileDeeds
from frontend.views.look import Sizes
from frontend.window import times
from frontend.window.identity import NOBODY, People, realm_of, with_site
from frontend.window.rows import BubbleRow, moment
from frontend.window.words import Words

Doing = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True)
class Deeds:
    """What can be done with a message."""

    copy: Doing
    info: Doing
    edit: Doing
    show_all: Doing
    open_link: Callable[[str], Awaitable[None]]
    files: FileDeeds


@dataclass(frozen=True)
class Manner:
    """How rows are drawn."""

    words: Words
    sizes: Sizes
    me: str
    kind: str
    narrow: bool
    now: datetime
    linked: bool = True
    people: People = NOBODY

    @property
    def realm(self) -> str:
        return self.me.partition("@")[2]

    def who(self, row: BubbleRow) -> str:
        """Whose message it is, in a sentence."""
        if row.own:
            return self.words("you")
        return with_site(row.name, realm_of(row.message.sender), self.realm)

    def clock(self, message: Message) -> str:
        """The time of day that a message is of."""
        return times.clock(self.words, moment(message), self.now)
