"""What a command costs the machine that it is typed on: `chat-cli send` beside an empty Python.

Linux only, as the rest of the benchmark is: the cost is what the kernel says of the process.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.population import PASSWORD
from benchmarks.processes import ServerFailed, script
from benchmarks.report import Row
from benchmarks.systems import Realmchat

_PAIRS = 20
"""Sends in a run, each with an empty Python after it, so that a busy machine is busy for both."""
AT_MOST_MS = 50


@dataclass(frozen=True)
class Machine:
    """A person's own, with a chat-cli of theirs."""

    home: Path
    environment: Mapping[str, str]

    def run(self, *words: str, typed: str = "") -> str:
        """A command to its end; its standard output. Raises `ServerFailed` with what it said."""
        finished = subprocess.run(
            [script("chat-cli"), *words],
            input=typed,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if finished.returncode:
            said = f"{finished.stdout}{finished.stderr}"
            raise ServerFailed(f"chat-cli {' '.join(words)}: {finished.returncode}\n{said}")
        return finished.stdout

    def cpu_ms(self, *words: str, expected: int = 0) -> float:
        """What a command takes besides what its service does."""
        return cpu_ms([script("chat-cli"), *words], self.environment, expected)

    def service_pid(self) -> int:
        return int(json.loads(self.run("status", "--json"))["pid"])


@contextmanager
def machine_of(running: Realmchat, address: str) -> Iterator[Machine]:
    """Signed in, and the service up."""
    with tempfile.TemporaryDirectory(prefix="realmchat-command-") as home:
        machine = Machine(Path(home), _environment(Path(home)))
        login = ["login", address, "--realm-url", running.http_url, "--password-stdin", "--quiet"]
        machine.run(*login, typed=f"{PASSWORD}\n")
        try:
            yield machine
        finally:
            machine.run("stop", "--quiet")


@contextmanager
def signed_in(running: Realmchat, address: str, friend: str) -> Iterator[Callable[[], float]]:
    """One person's chat-cli; gives what sends a message, and tells the cost."""
    with machine_of(running, address) as machine:
        send = ["send", friend, "hello", "--wait", "0", "--quiet"]
        yield lambda: machine.cpu_ms(*send, expected=3)


def _environment(home: Path) -> dict[str, str]:
    """A machine as people have it: the platform's folders, and compiled modules."""
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CHAT_CLI_", "REALMCHAT_", "XDG_", "PYTHON"))
    }
    folders = {"HOME": str(home), "PYTHONPYCACHEPREFIX": str(home / "compiled")}
    return {**others, **folders, "CHAT_CLI_PORT": "0"}


def cpu_ms(command: Sequence[str], environment: Mapping[str, str], expected: int = 0) -> float:
    """User and system time of a process from its start to its end."""
    pid = os.posix_spawn(command[0], list(command), environment, file_actions=_SILENT)
    _, status, used = os.wait4(pid, 0)
    if (code := os.waitstatus_to_exitcode(status)) != expected:
        raise ServerFailed(f"{' '.join(command)} ended with {code}")
    return (used.ru_utime + used.ru_stime) * 1000


_SILENT = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]


def empty_python_ms() -> float:
    return cpu_ms([sys.executable, "-c", "pass"], os.environ)


def rows(work: str, runs: int, send: Callable[[], float]) -> list[Row]:
    """Some runs of pairs; what counts is the median of each."""
    send()  # compiles the modules, as an installation does
    sending, empty = [], []
    for _ in range(runs):
        pairs = [(send(), empty_python_ms()) for _ in range(_PAIRS)]
        sending.append(statistics.median(pair[0] for pair in pairs))
        empty.append(statistics.median(pair[1] for pair in pairs))
    beyond = [sent - nothing for sent, nothing in zip(sending, empty, strict=True)]
    name = "python -c pass"
    return [
        Row(work, "CPU of chat-cli send", "ms", sending, empty, name),
        Row(work, f"  beyond {name}", "ms", beyond, at_most=AT_MOST_MS),
    ]
