"""Writing to standard output and standard error: lines for people, JSON Lines for programs.

What cannot be written is known here: a reader that went away, a full disk. How a message or a table
looks is not said here.
"""

import errno
import json
import os
import re
import sys
from typing import Any, TextIO

from chat_cli.command_line import texts
from chat_cli.command_line.texts import say
from realm_protocol.errors import RealmchatError

# C0 without tab and line feed, DEL and C1, separators that a terminal may take for line ends, and
# what turns the direction of text for good: all that could move the cursor or forge a line.
_controls = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")
_isolates = re.compile("[\u2066-\u2069\n]")
_POP_ISOLATE = "\u2069"


class OutputFailed(Exception):
    """What was to be printed could not be; nothing of it counts as shown."""

    def __init__(self, reader_is_gone: bool, why: str) -> None:
        self.reader_is_gone = reader_is_gone
        self.why = why
        super().__init__(why)


def clean(text: str) -> str:
    """A text of somebody else as it may go to a terminal: it steers nothing outside itself.

    Isolates, which right-to-left text needs, stay; those that a line leaves open are closed.
    """
    shown = _controls.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))
    return _balanced(shown) if _isolates.search(shown) else shown


def _balanced(text: str) -> str:
    depth = 0

    def keep(found: re.Match[str]) -> str:
        nonlocal depth
        mark = found[0]
        if mark == "\n":
            closing, depth = _POP_ISOLATE * depth, 0
            return closing + mark
        if mark == _POP_ISOLATE and not depth:
            return ""
        depth += -1 if mark == _POP_ISOLATE else 1
        return mark

    kept = _isolates.sub(keep, text)
    return kept + _POP_ISOLATE * depth


def put(line: str) -> None:
    """One line for people on standard output."""
    _write(line + "\n")


def put_json(value: Any) -> None:
    """One JSON line on standard output."""
    _write(json.dumps(value, ensure_ascii=False) + "\n")


def flush() -> None:
    """All that was put is out; raises `OutputFailed` where it isn't."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as exc:
        raise _failed(sys.stdout, exc) from exc


def _write(text: str) -> None:
    if sys.stdout is None:
        raise OutputFailed(False, os.strerror(errno.EBADF))
    try:
        sys.stdout.write(text)
    except OSError as exc:
        raise _failed(sys.stdout, exc) from exc


def _failed(stream: TextIO, exc: OSError) -> OutputFailed:
    """What is still buffered can't be written either, and must not be tried at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return OutputFailed(isinstance(exc, BrokenPipeError), exc.strerror or str(exc))


def put_error(error: RealmchatError, *, as_json: bool) -> None:
    """One line on standard error: what was wrong and what to do."""
    if as_json:
        _complain(json.dumps(error.body(), ensure_ascii=False, default=str))
    else:
        _complain(f"chat-cli: {clean(texts.say_error(error))}".replace("\n", " "))


def put_note(text: texts.Bilingual, **fields: object) -> None:
    """One line on standard error beside a result."""
    _complain(f"chat-cli: {say(text, **fields)}")


def _complain(line: str) -> None:
    if sys.stderr is not None:
        try:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
        except OSError:
            # Nobody can be told that nobody can be told; the exit code says it.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
