"""The file of lines typed before: its owner's alone, and never with a password in it."""

import contextlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

from prompt_toolkit.history import History

from chat_cli.command_line.shell.lines import may_be_remembered

HISTORY_FILE = "shell_history"
KEPT_LINES = 2000


class ShellHistory(History):
    """One JSON string a line, the newest last, so that a text with line breaks comes back whole."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def append_string(self, string: str) -> None:
        """Remember a line, unless it may hold a password; then neither file nor memory has it."""
        if may_be_remembered(string) and string != next(iter(self.get_strings()[-1:]), None):
            super().append_string(string)

    def load_history_strings(self) -> Iterable[str]:
        """The newest first."""
        lines = self._read()
        if len(lines) > 2 * KEPT_LINES:
            self._shorten(lines[-KEPT_LINES:])
        return [text for line in reversed(lines[-KEPT_LINES:]) if (text := _text(line))]

    def store_string(self, string: str) -> None:
        # One write at the end of the file: shells side by side don't cut each other's lines.
        with contextlib.suppress(OSError):  # a full disk costs the memory of a line, not the shell
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(json.dumps(string).encode() + b"\n")

    def _read(self) -> list[str]:
        try:
            return self._path.read_text(errors="replace").splitlines()
        except OSError:
            return []

    def _shorten(self, lines: list[str]) -> None:
        shorter = self._path.with_suffix(f".{os.getpid()}")
        shorter.touch(mode=0o600)
        shorter.write_text("".join(f"{line}\n" for line in lines))
        shorter.replace(self._path)


def _text(line: str) -> str:
    """What a line of the file says; nothing for one that a full disk cut off."""
    try:
        text = json.loads(line)
    except ValueError:
        return ""
    return text if isinstance(text, str) else ""
