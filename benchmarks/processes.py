"""Server processes of a benchmark: starting, stopping, and what they cost in CPU and memory.

Linux only: CPU and memory are read from /proc.
"""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_POLL_SECONDS = 0.02


class ServerFailed(Exception):
    """A server of the benchmark ended, or did not get ready in time."""


@dataclass
class Server:
    """One running server process, whose output goes to `log`."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self) -> None:
        """Ask it to end, and make it end when it doesn't."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def start(
    name: str, command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Server:
    """Start a server; its output is added to `NAME.log` in `folder`."""
    log = folder / f"{name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
        )
    return Server(name, process, log)


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """Run an operator's command to its end; its standard output."""
    finished = subprocess.run(
        list(command),
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise ServerFailed(f"{' '.join(command)}\n{finished.stdout}{finished.stderr}")
    return finished.stdout


def script(name: str) -> str:
    """The path of a console script that is installed beside this Python."""
    return str(Path(sys.executable).parent / name)


def wait_ready(server: Server, ready: Callable[[], bool], deadline_seconds: float = 30) -> None:
    """Return once `ready` says so; raise `ServerFailed` with the end of the log otherwise."""
    deadline = time.monotonic() + deadline_seconds
    while not ready():
        if server.process.poll() is not None or time.monotonic() > deadline:
            tail = server.log.read_text(errors="replace")[-3000:]
            raise ServerFailed(f"{server.name} is not ready:\n{tail}")
        time.sleep(_POLL_SECONDS)


def answers(url: str, ca_file: str = "") -> Callable[[], bool]:
    """Whether a GET of this URL is answered with 200."""
    import ssl

    tls = ssl.create_default_context(cafile=ca_file) if ca_file else None

    def check() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=5, context=tls) as response:  # noqa: S310
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return check


def accepts(port: int) -> Callable[[], bool]:
    """Whether something listens on this port of the loopback interface."""

    def check() -> bool:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            return False
        return True

    return check


def free_port() -> int:
    """A port of the loopback interface that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def allow_many_sockets() -> None:
    """Raise the limit of open files as far as it goes; children inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


# --- what they cost ------------------------------------------------------------------------------


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def memory_bytes(pid: int) -> int:
    """The proportional set size: what the process has in memory, shared pages divided."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ServerFailed(f"/proc/{pid}/smaps_rollup has no Pss")


@contextlib.contextmanager
def stopping(servers: list[Server]) -> Iterator[None]:
    """Stop all servers of the list at the end, the last started first."""
    try:
        yield
    finally:
        while servers:
            servers.pop().stop()
