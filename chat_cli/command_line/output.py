"""Writing to standard output and standard error: lines for people, JSON Lines for programs.

What cannot be written is known here: a reader that went away, a full disk. How a message or a table
looks is not said here.
"""

import errno
import json
import os
import sys
from typing import Any, TextIO

from chat_cli.command_line import texts
from chat_cli.command_line.texts import say
from realm_protocol.errors import RealmchatError


class OutputFailed(Exception):
    """What was to be printed could not be; nothing of it counts as shown."""

    def __init__(self, reader_is_gone: bool, why: str) -> None:
        self.reader_is_gone = reader_is_gone
        self.why = why
        super().__init__(why)


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
        from realm_service.terminal_text import clean  # most commands have no error to tell

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
