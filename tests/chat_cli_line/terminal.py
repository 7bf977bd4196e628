"""A terminal with a program in it: what is typed goes in, and the screen can be read."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import pyte

from tests.waiting import wait_until

ENTER, TAB, UP = "\r", "\t", "\x1b[A"
CTRL_C, CTRL_D = "\x03", "\x04"
_POLL_SECONDS = 0.05


def _take_terminal() -> None:
    """In the program's process: Ctrl-C of this terminal is for it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class _Screen(pyte.Screen):
    """Answers where the cursor is, as terminals do when a program asks."""

    answer: Callable[[bytes], None]

    def write_process_input(self, data: str) -> None:
        self.answer(data.encode())


class Terminal:
    """Used in `with`: the program is ended with it."""

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], *, columns: int = 80, rows: int = 24
    ) -> None:
        self.raw = b""
        """All that the program has written."""
        self._command = list(command)
        self._env = {**env, "TERM": "xterm-256color"}
        self._size = (rows, columns)
        self._screen = _Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)

    def __enter__(self) -> Self:
        self._here, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", *self._size, 0, 0))
        self._screen.answer = lambda data: self._write(data)
        self._process = subprocess.Popen(
            self._command,
            stdin=there,
            stdout=there,
            stderr=there,
            env=self._env,
            start_new_session=True,
            preexec_fn=_take_terminal,
        )
        os.close(there)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._here)

    def type(self, keys: str) -> None:
        self._write(keys.encode())

    def enter(self, line: str) -> None:
        self.type(line + ENTER)

    def _write(self, data: bytes) -> None:
        os.write(self._here, data)

    @property
    def rows(self) -> list[str]:
        """What stands on the screen, from the top, without the spaces at the ends."""
        self._read()
        return [row.rstrip() for row in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.rows)

    @property
    def bar(self) -> str:
        """The last row that has anything in it."""
        return next((row for row in reversed(self.rows) if row), "")

    @property
    def line(self) -> str:
        """The row where the cursor is: the prompt, and what is typed."""
        self._read()
        return self._screen.display[self._screen.cursor.y].rstrip()

    def wait_for(self, *texts: str) -> None:
        """Until all of these stand on the screen."""
        self.wait_until(lambda: all(text in self.text for text in texts), f"{texts}")

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        try:
            wait_until(condition)
        except TimeoutError as exc:
            raise AssertionError(f"no {what} on the screen:\n{self.text}") from exc

    def ended(self) -> int:
        """The exit code, once the program has left."""
        self.wait_until(lambda: self._gone(), "end")
        return self._process.returncode

    def _gone(self) -> bool:
        self._read()
        return self._process.poll() is not None

    def _read(self) -> None:
        """Take in what has been written until now."""
        while select.select([self._here], [], [], _POLL_SECONDS)[0]:
            try:
                data = os.read(self._here, 65536)
            except OSError:  # the program has left
                return
            if not data:
                return
            self.raw += data
            self._stream.feed(data)
