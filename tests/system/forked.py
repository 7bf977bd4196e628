"""Console scripts forked from a process that has imported already what the services import.

An interpreter and those imports cost a second of processor time, and the suite starts hundreds of
services. What runs is the script's own entry point, in a process of its own.
"""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from multiprocessing import forkserver
from pathlib import Path

from deploy.tether import die_with_parent

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(
    ["main_server.cli", "main_server.app", "realm_server.cli", "chat_cli.app"]
)


class Forked:
    """A running script; what `subprocess.Popen` offers of it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Start it; what it writes is added to the log. It ends with this process."""
        asked = (list(command), dict(environment), str(log))
        self._process = _forking.Process(target=_run, args=asked, daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self.pid = self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


def _run(command: list[str], environment: dict[str, str], log: str) -> None:
    """In the new process."""
    die_with_parent()
    # This end of it would keep the process that forked us, and so us, beyond the suite.
    os.close(forkserver._forkserver._forkserver_alive_fd)  # type: ignore[attr-defined]
    asked_by = multiprocessing.parent_process()
    if asked_by is None or not asked_by.is_alive():
        return
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = command
    (script,) = entry_points(group="console_scripts", name=Path(command[0]).name)
    script.load()()
