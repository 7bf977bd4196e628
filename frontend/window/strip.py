"""When the sentence about the link stands over the pane: the status line says it at once; the strip
is for what lasts. Pure.
"""

from datetime import datetime, timedelta

from frontend.window.listing import LinkWords

LASTING = timedelta(seconds=10)
_PASSING = ("cut_off", "unreachable", "away")
"""What mostly mends itself. All else that is wrong is said at once."""


class Strip:
    """Of one window: hidden by whoever has read it, until something else is wrong."""

    def __init__(self) -> None:
        self._state = ""
        self._since: datetime | None = None
        self._hidden = ""

    def see(self, state: str, now: datetime) -> bool:
        """Take in how the link is; True when it has just gone, and may go on to last."""
        if state != self._hidden:
            self._hidden = ""
        self._state = state
        if state not in _PASSING:
            self._since = None
        elif self._since is None:
            self._since = now
            return True
        return False

    def hide(self) -> None:
        self._hidden = self._state

    def is_shown(self, now: datetime) -> bool:
        """Whether what is wrong has its place over the pane by now."""
        has_lasted = self._since is None or now - self._since >= LASTING
        return has_lasted and self._state != self._hidden


class HeardLink:
    """What of the link a screen reader was told."""

    def __init__(self) -> None:
        self._state = "up"

    def news_of(self, link: LinkWords) -> str:
        """Once for each cut, and its end; what waits is counted on without a word."""
        if link.state in ("connecting", self._state):
            return ""
        self._state = link.state
        return link.strip or link.line
