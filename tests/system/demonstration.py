"""`realmchat up` on a home and ports of its own, as a test starts, watches and ends it."""

import signal
import subprocess
from pathlib import Path

import httpx

from tests import ports
from tests.system.processes import CLEAR, console_script, environment
from tests.waiting import wait_until

PORTS = {
    "main-server": 8080,
    "realm-surabaya": 8000,
    "realm-jakarta": 8001,
    "chat-cli": 7000,
    "chat-frontend": 8550,
}
_HEALTH = {"chat-cli": "/v1/health", "chat-frontend": "/"}
LINE_PORTS = (8889, 8887, 8890, 8888)


class Demonstration:
    """One home; `start` may be called again after it ended."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.printed = ""
        self._up: subprocess.Popen[str] | None = None
        self.move()

    def move(self) -> None:
        """The next start is at other ports."""
        self.offset = ports.free_offset([*PORTS.values(), *LINE_PORTS])

    @property
    def up(self) -> subprocess.Popen[str]:
        assert self._up is not None, "never started"
        return self._up

    def begin(self) -> None:
        """Start it, and don't wait."""
        self._up = subprocess.Popen(
            [
                *(console_script("realmchat"), "up", "--home", str(self.home)),
                *("--port-offset", str(self.offset)),
            ],
            env=environment(self.home),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.printed = ""

    def start(self) -> None:
        """Until it says that all is up; fails with what it printed when it ends instead."""
        self.begin()
        assert self.up.stdout is not None
        while "Ctrl-C stops everything" not in self.printed:
            line = self.up.stdout.readline()
            assert line, self.printed
            self.printed += line

    def moved(self, text: str) -> str:
        """A text with the usual ports moved to where this system listens."""
        for port in PORTS.values():
            text = text.replace(f":{port}", f":{port + self.offset}")
        for port in LINE_PORTS:
            text = text.replace(f"127.0.0.1 {port}", f"127.0.0.1 {port + self.offset}")
        return text

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{PORTS[service] + self.offset}"

    def is_healthy(self, service: str) -> bool:
        path = _HEALTH.get(service, "/health/ready")
        try:
            url = self.url(service) + path
            return httpx.get(url, timeout=2, trust_env=False, verify=CLEAR).is_success
        except httpx.TransportError:
            return False

    def pids(self) -> dict[str, int]:
        """The services that run now, by name."""
        found = {}
        for child in _children(self.up.pid):
            words = _command(child)
            name = next((Path(w).name for w in words if Path(w).name in PORTS), None)
            if "realm-server" in {Path(w).name for w in words}:
                name = f"realm-{words[words.index('--name') + 1]}"
            if name:
                found[name] = child
        return found

    def interrupt(self) -> int:
        """What Ctrl-C does; answers the exit code."""
        self.up.send_signal(signal.SIGINT)
        self.up.communicate(timeout=15)
        return self.up.returncode

    def end(self) -> None:
        if self._up is not None:
            self._up.kill()
            self._up.communicate()


def is_running(pid: int) -> bool:
    """Alive, and no zombie."""
    stat = _told(Path(f"/proc/{pid}/stat"))
    return bool(stat) and stat.rpartition(")")[2].split()[0] != "Z"


def wait_ended(pids: list[int], seconds: float) -> None:
    wait_until(lambda: not any(map(is_running, pids)), seconds)


def _children(pid: int) -> list[int]:
    """Of its main thread, which starts them. Threads that wait for them come and go."""
    return [int(child) for child in _told(Path(f"/proc/{pid}/task/{pid}/children")).split()]


def _command(pid: int) -> list[str]:
    return _told(Path(f"/proc/{pid}/cmdline")).split("\0")


def _told(of_process: Path) -> str:
    """Nothing of one that has ended, also between opening and reading."""
    try:
        return of_process.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
