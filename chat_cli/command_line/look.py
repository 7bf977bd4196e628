"""How what is printed shall look: for a person at a terminal, or for whatever reads a pipe.

Decided once for each run. Pure, but for asking the streams and the environment.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from chat_cli.command_line import texts
from chat_cli.command_line.texts import say

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_NARROWEST = 20


@dataclass(frozen=True, slots=True)
class Look:
    """`width` counts a terminal's columns; `now` is in the time zone of whoever looks."""

    at_terminal: bool
    colours: bool
    width: int
    now: datetime

    def paint(self, text: str, style: str) -> str:
        """The text in a style, where colours are wanted."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colours and text else text

    def time(self, moment: str) -> str:
        """A time of the service as it is read here: minutes in a pipe, as people say it else."""
        at = datetime.fromisoformat(moment).astimezone(self.now.tzinfo)
        return said_time(at, self.now) if self.at_terminal else f"{at:%Y-%m-%d %H:%M}"


def look_of_stdout(color: str, environment: Mapping[str, str]) -> Look:
    """`color` is the setting: `auto`, `always` or `never`."""
    at_terminal = sys.stdout is not None and sys.stdout.isatty()
    capable = at_terminal and environment.get("TERM") != "dumb"
    return Look(
        at_terminal=at_terminal,
        colours=color == "always" or (color == "auto" and capable),
        width=_width(environment) if at_terminal else 0,
        now=datetime.now(UTC).astimezone(),
    )


def _width(environment: Mapping[str, str]) -> int:
    """As the environment says, else the terminal itself; never so narrow that nothing fits."""
    given = environment.get("COLUMNS", "")
    columns = int(given) if given.isdecimal() else 0
    return max(columns or os.get_terminal_size(sys.stdout.fileno()).columns or 80, _NARROWEST)


def said_time(at: datetime, now: datetime) -> str:
    """`today 15:04`, `yesterday 15:04`, `12 Nov 15:04`, `12 Nov 2025`: both in one time zone."""
    days = (now.date() - at.date()).days
    if days == 0:
        return say(texts.TODAY, time=f"{at:%H:%M}")
    if days == 1:
        return say(texts.YESTERDAY, time=f"{at:%H:%M}")
    day = f"{at.day} {say(texts.MONTHS).split()[at.month - 1]}"
    return f"{day} {at:%H:%M}" if at.year == now.year else f"{day} {at.year}"
