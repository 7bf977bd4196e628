"""Processes on this machine: started tethered, kept running, ended in time.

What they are for is not known here.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.logs import open_log

_TETHER = Path(__file__).with_name("tether.py")

STEADY_SECONDS = 5.0
RESTART_WAIT_SECONDS = 0.5


def restart_wait_seconds(lived_seconds: float) -> float:
    """How long to wait before a restart, always below the second within which it must happen.

    A service that had worked comes back at once; one that dies at its start doesn't take the
    processor from the others.
    """
    return 0.0 if lived_seconds >= STEADY_SECONDS else RESTART_WAIT_SECONDS


@dataclass(frozen=True)
class Exit:
    """A service ended by itself, or could not be started."""

    name: str
    reason: str
    in_a_row: int
    """How many times it ended since it last ran steadily, this one included."""


class Tether:
    """Starts processes that end with this one."""

    def __init__(self, by_pipe: bool = sys.platform != "linux") -> None:
        # The write end is held open by this process alone: it closes when this process ends.
        self._pipe = os.pipe() if by_pipe else None

    async def start(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdin: int = asyncio.subprocess.DEVNULL,
        stdout: int,
        stderr: int = asyncio.subprocess.STDOUT,
    ) -> asyncio.subprocess.Process:
        """In a session of its own, so that Ctrl-C reaches it through us alone, in order."""
        means = "kernel" if self._pipe is None else str(self._pipe[0])
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(_TETHER), means, str(os.getpid()), *command),
            env=environment,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
            pass_fds=() if self._pipe is None else (self._pipe[0],),
        )


class Keeper:
    """Keeps one service running until `ask_to_end`: it restarts what exits, nothing else."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log_file: Path,
        tether: Tether,
        exited: Callable[[Exit], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.log_file = log_file
        self.exits_in_a_row = 0
        self._command = command
        self._environment = environment
        self._tether = tether
        self._exited = exited
        self._clock = clock
        self._ending = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """None while it doesn't run."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and running else None

    async def run(self) -> None:
        while not self._ending.is_set():
            started_at = self._clock()
            reason = await self._run_once()
            if self._ending.is_set():
                return
            lived_seconds = self._clock() - started_at
            steady = lived_seconds >= STEADY_SECONDS
            self.exits_in_a_row = 1 if steady else self.exits_in_a_row + 1
            self._exited(Exit(self.name, reason, self.exits_in_a_row))
            await self._wait(restart_wait_seconds(lived_seconds))

    async def _run_once(self) -> str:
        """Start it and wait for its end; answers why it ended."""
        try:
            with open_log(self.log_file) as log:
                self._process = await self._tether.start(
                    self._command, self._environment, stdout=log.fileno()
                )
        except OSError as exc:
            return f"could not be started: {exc}"
        if self._ending.is_set():
            self.ask_to_end()
        return describe_exit(await self._process.wait())

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._ending.wait(), seconds)
        except TimeoutError:
            return

    def ask_to_end(self) -> None:
        """End it in its own order, also when it is stopped; it isn't restarted."""
        self._ending.set()
        self._signal(signal.SIGTERM)
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        self._ending.set()
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)


def describe_exit(code: int) -> str:
    if code >= 0:
        return f"exited with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
