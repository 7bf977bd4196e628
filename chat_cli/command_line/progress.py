"""How far a file is, on one line of a terminal that is written over; nothing where nobody looks.

The line and its parts are pure; `Progress` writes it to standard error, beside the result.
"""

import sys
import time
import unicodedata
from collections.abc import Mapping
from typing import Any

from chat_cli.command_line import texts
from chat_cli.command_line.amounts import amount, duration
from chat_cli.command_line.call import Call
from chat_cli.command_line.texts import say
from realm_service.terminal_text import clean

SHOW_SECONDS = 0.1
_BAR_WIDTH = 20
_LONGEST_NAME = 40
_LONGEST_LEFT_SECONDS = 100 * 3600
_CLEAR_TO_END = "\x1b[K"


def progress_line(name: str, done: int, size: int | None, rate: float, width: int) -> str:
    """One line of at most `width` columns: how much, how fast, how long still."""
    told = [say(texts.PROGRESS, done=amount(done), size=amount(size)) if size else amount(done)]
    if rate > 0:
        told.append(say(texts.PROGRESS_RATE, rate=amount(rate)))
        left = ((size or done) - done) / rate
        if size and left < _LONGEST_LEFT_SECONDS:
            told.append(say(texts.PROGRESS_LEFT, time=duration(left)))
    elif size is None or done < size:
        told.append(say(texts.PROGRESS_WAITING))
    line = "  ".join(told)
    if size:
        line = f"{_bar(done, size)}  {line}"
    room = min(max(width - 1 - len(line) - 2, 0), _LONGEST_NAME)
    return f"{_fitting(' '.join(clean(name).split()), room)}  {line}"[: width - 1]


def _fitting(text: str, columns: int) -> str:
    """As much of a text as has room; some characters take two columns."""
    for end, character in enumerate(text):
        columns -= 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
        if columns < 0:
            return text[:end]
    return text


def _bar(done: int, size: int) -> str:
    filled = done * _BAR_WIDTH // size
    return f"[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {done * 100 // size:3}%"


class Progress:
    """The line of one file. Use it in a `with`: at its end the line is gone."""

    def __init__(self, call: Call, name: str, size: int | None) -> None:
        # Within the shell, standard error is the line editor's: a line there can't be written over.
        own = sys.stderr if sys.stderr is sys.__stderr__ else None
        seen = own is not None and own.isatty()
        self._shows = seen and not call.quiet and not call.as_json
        self._width = _width() if self._shows else 0
        self._name = name
        self._size = size
        self._marks: list[tuple[float, int]] = []
        self._shown_at = float("-inf")

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._shows:
            self._write("")

    def moved(self, done: int) -> None:
        """So many bytes; how fast that is, is found out here."""
        now = time.monotonic()
        if self._shows and now - self._shown_at >= SHOW_SECONDS:
            self._marks = [*self._marks[-50:], (now, done)]
            (since, before) = self._marks[0]
            self._show(done, (done - before) / (now - since) if now > since else 0, now)

    def told(self, transfer: Mapping[str, Any]) -> None:
        """As the service says of a transfer."""
        now = time.monotonic()
        if self._shows and now - self._shown_at >= SHOW_SECONDS:
            self._show(transfer["done"], transfer["rate"], now)

    def _show(self, done: int, rate: float, now: float) -> None:
        self._shown_at = now
        self._write(progress_line(self._name, done, self._size, rate, self._width))

    def _write(self, line: str) -> None:
        sys.stderr.write(f"\r{line}{_CLEAR_TO_END}")
        sys.stderr.flush()


def _width() -> int:
    import shutil  # here, because only a terminal needs it

    return shutil.get_terminal_size().columns
