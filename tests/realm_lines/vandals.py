"""Programs that mean no harm and do it, or mean it: noise, half lines, floods, sudden ends.

    python -m tests.realm_lines.vandals [--seconds N] [--seed N]

plays them against real servers for a minute: no traceback, no growth, others unaffected.
"""

import argparse
import contextlib
import random
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from realm_server.lines.connections import DIALECTS
from realm_server.lines.deeds import Dialect
from tests.realm_lines.field import Field, Program, running_field
from tests.waiting import wait_until

_RESET = b"\x01\x00\x00\x00\x00\x00\x00\x00"
"""SO_LINGER: what is unsent is dropped, and the other end told so."""
_PATIENCE_SECONDS = 5
_VANDALS = 8
_PAUSE_SECONDS = 0.1
_SETTLED_SECONDS = 60
_MOST_GROWTH_BYTES = 48 * 1024**2
_LONGEST_ANSWER_SECONDS = 5.0
_LEFT_ALONE = {"auth", "register", "logout"}
"""Words with which a vandal would use up what a whole address may do, or end its own session."""


@dataclass(frozen=True, slots=True)
class Vandal:
    """One program's noise; the same for the same chance."""

    chance: random.Random
    dialect: Dialect
    token: str

    def noise(self) -> Iterator[bytes]:
        makers = (self._request, self._half, self._mutated, self._flood, self._file, self._bytes)
        for _ in range(self.chance.randrange(12)):
            yield self.chance.choice(makers)()

    def _bytes(self) -> bytes:
        return self.chance.randbytes(self.chance.choice((1, 300, 100_000)))

    def _request(self) -> bytes:
        word = self.dialect.words[self._choice(sorted(set(self.dialect.words) - _LEFT_ALONE))]
        arguments = [self._argument(parameter.name) for parameter in word.parameters]
        ends = self._choice(["\r\n", " \r\n", "\n", "\r\n\r\n", "\r\n\r\naGVq\r\n\r\n"])
        return (" ".join([word.name, *arguments]) + ends).encode(errors="replace")

    def _argument(self, name: str) -> str:
        if name == "token" and self.chance.random() < 0.8:
            return self.token
        names = ["messi", "lineker@jakarta", "group:satu", "a,b", "jakarta", "9" * 40, "../../x"]
        return self._choice([*names, "b'aGVq'", "", " ", "\x00", "\u202e", "x" * 500])

    def _half(self) -> bytes:
        request = self._request()
        return request[: self.chance.randrange(len(request))]

    def _mutated(self) -> bytes:
        request = bytearray(self._request())
        for _ in range(self.chance.randrange(1, 4)):
            request[self.chance.randrange(len(request))] = self.chance.randrange(256)
        return bytes(request)

    def _flood(self) -> bytes:
        return f"inbox {self.token}\r\n".encode() * self.chance.choice((2, 50, 2000))

    def _file(self) -> bytes:
        header = f"sendfile {self.token} messi {self._argument('file')}"
        parted = " b'" if self.dialect.name == "mesin" else " \r\n\r\n"
        content = b"QUJD" * self.chance.choice((1, 1000, 100_000))
        ends = self._choice(["'\r\n", "\r\n\r\n", "", "=\r\n"])
        return (header + parted).encode() + content + ends.encode()

    def _choice(self, values: list[str]) -> str:
        return self.chance.choice(values)

    def visit(self, port: int) -> None:
        """One connection, from its first byte to its end; in half of them nothing is read."""
        with contextlib.closing(socket.create_connection(("127.0.0.1", port), 30)) as program:
            program.settimeout(_PATIENCE_SECONDS)
            # A realm that waits for its answers to be read, or has hung up, is right to.
            with contextlib.suppress(OSError):
                for noise in self.noise():
                    program.sendall(noise)
                    if self.chance.random() < 0.5:
                        program.settimeout(0.01)
                        with contextlib.suppress(TimeoutError):
                            program.recv(65536)
                        program.settimeout(_PATIENCE_SECONDS)
            if self.chance.random() < 0.5:
                program.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def open_files(field: Field) -> int:
    """How many files and sockets the realm has open."""
    return len(list(Path(f"/proc/{field.realms['surabaya'].pid}/fd").iterdir()))


def memory(field: Field) -> int:
    """Bytes that the realm holds in memory."""
    status = Path(f"/proc/{field.realms['surabaya'].pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


# --- a minute of it ------------------------------------------------------------------------------


@dataclass
class Report:
    """What was seen of the realm meanwhile."""

    visits: int = 0
    slowest_seconds: float = 0
    """Of an answer to somebody who does nothing wrong."""
    problems: list[str] = field(default_factory=list)


def run(seconds: float, seed: int, say: Callable[[str], None]) -> Report:
    """Two storms: what the first leaves behind, the second must not leave once more."""
    report = Report()
    with tempfile.TemporaryDirectory() as home, running_field(Path(home)) as field:
        people = [field.signed_in(name, "surabaya", "mesin") for name in ("messi", "henderson")]
        (witness, token), (_, vandals_token) = people
        open_before, after = open_files(field), []
        for number in range(2):
            with _storm(field, f"{seed}-{number}", vandals_token, report):
                _watch(witness, token, seconds / 2, report)
            # Connections to main for files stay open for a while.
            wait_until(lambda: open_files(field) <= open_before + 16, _SETTLED_SECONDS)
            after.append(memory(field))
            say(f"{report.visits} visits, {after[-1] / 1e6:.0f} MB, {open_files(field)} files")
        report.problems += field.defects
        if after[1] > after[0] + _MOST_GROWTH_BYTES:
            report.problems.append(f"memory grew from {after[0]} to {after[1]} bytes")
        if report.slowest_seconds > _LONGEST_ANSWER_SECONDS:
            report.problems.append(f"an answer took {report.slowest_seconds:.1f} s")
    return report


@contextlib.contextmanager
def _storm(field: Field, seed: str, token: str, report: Report) -> Iterator[None]:
    """Vandals come and go at both listeners until the block ends."""
    over = threading.Event()

    def rampage(number: int) -> None:
        chance = random.Random(f"{seed}-{number}")
        while not over.is_set():
            name = chance.choice(sorted(DIALECTS))
            Vandal(chance, DIALECTS[name], token).visit(field.ports["surabaya", name])
            report.visits += 1

    threads = [threading.Thread(target=rampage, args=(number,)) for number in range(_VANDALS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _watch(witness: Program, token: str, seconds: float, report: Report) -> None:
    """Somebody who does nothing wrong is answered all the while."""
    until = time.monotonic() + seconds
    while (asked := time.monotonic()) < until:
        if witness.message(f"send {token} lineker halo") != "OK Message Sent":
            report.problems.append("the witness was refused")
        report.slowest_seconds = max(report.slowest_seconds, time.monotonic() - asked)
        time.sleep(_PAUSE_SECONDS)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.realm_lines.vandals")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    report = run(asked.seconds, asked.seed, lambda line: print(line, flush=True))
    print(f"slowest answer to a witness: {report.slowest_seconds:.2f} s")
    for problem in report.problems:
        print(f"problem: {problem[:2000]}")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
