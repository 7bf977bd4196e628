"""A field of line programs: the servers that they meet, and what a program is, byte for byte."""

import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ports import free_port
from tests.system.processes import MainProcess, RealmProcess

END = b"\r\n\r\n"
_ANSWER_SECONDS = 30
_OPEN = ("--registration", "open", "--password-min", "5")
FILE_LIMIT_OF_JAKARTA = 100_000
_MORE = {"jakarta": ("--lobby", "--line-file-bytes", str(FILE_LIMIT_OF_JAKARTA))}
_PEOPLE = {
    "messi": ("Lionel Messi", "Argentina"),
    "henderson": ("Jordan Henderson", "Inggris"),
    "lineker": ("Gary Lineker", "Inggris"),
}
PASSWORD = "surabaya"


class Program:
    """One TCP connection. It reads as the programs do: until what came ends an answer."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def send(self, data: bytes | str) -> None:
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def answer(self) -> bytes:
        """The next answer with its end; raises `EOFError` where the realm hung up."""
        while END not in self._received:
            received = self.socket.recv(65536)
            if not received:
                raise EOFError(self._received)
            self._received += received
        answer, _, self._received = self._received.partition(END)
        return answer + END

    def raw(self, line: str) -> bytes:
        """What a request is answered, byte for byte."""
        self.send(line + " \r\n")
        return self.answer()

    def ask(self, line: str) -> Any:
        answer: Any = json.loads(self.raw(line))
        return answer

    def message(self, line: str) -> str:
        """The sentence of an answer, after its status."""
        answer = self.ask(line)
        return f"{answer['status']} {answer['message']}"

    def auth(self, name: str, password: str = PASSWORD) -> str:
        """The token."""
        answer = self.ask(f"auth {name} {password}")
        assert answer["status"] == "OK", answer
        return str(answer["tokenid"])

    def is_hung_up(self) -> bool:
        """Waits until the realm ends the connection; false where it says something instead."""
        try:
            return self._received == b"" and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self.socket.close()


@dataclass
class Field:
    """Main, two realms with both listeners each, and the programs that were started."""

    main: MainProcess
    realms: dict[str, RealmProcess]
    ports: dict[tuple[str, str], int]
    programs: list[Program] = field(default_factory=list)

    def connect(self, realm: str, dialect: str) -> Program:
        program = Program(self.ports[realm, dialect])
        self.programs.append(program)
        return program

    def signed_in(self, name: str, realm: str, dialect: str) -> tuple[Program, str]:
        """A program and the token of whom it has signed in."""
        program = self.connect(realm, dialect)
        return program, program.auth(name)

    @property
    def defects(self) -> list[str]:
        """What the realms' logs say of any."""
        lines = [line for realm in self.realms.values() for line in realm.log_text.splitlines()]
        return [line for line in lines if "defect" in line or "Traceback" in line]

    def hang_up(self) -> None:
        while self.programs:
            self.programs.pop().close()


def _realm(home: Path, name: str, main: MainProcess, ports: dict[tuple[str, str], int]) -> Any:
    places = [f"{ports[name, dialect]}:{dialect}" for dialect in ("mesin", "kelompok5")]
    options = [word for place in places for word in ("--line-port", place)]
    options += _MORE.get(name, ())
    return RealmProcess(home, name, main.url, options=(*_OPEN, *options))


@contextmanager
def running_field(home: Path, names: Sequence[str] = ("surabaya", "jakarta")) -> Iterator[Field]:
    main = MainProcess(home)
    ports = {(name, dialect): free_port() for name in names for dialect in ("mesin", "kelompok5")}
    realms = {name: _realm(home, name, main, ports) for name in names}
    running = Field(main, realms, ports)
    with ExitStack() as ending:
        for service in (main, *realms.values()):
            ending.callback(service.end)
        ending.callback(running.hang_up)
        main.start()
        main.wait_ready()
        for realm in realms.values():
            realm.save_key(main.add_realm(realm.realm, realm.port))
            realm.start()
        main.operate("user", "import", stdin=_people_of(names))
        for realm in realms.values():
            realm.wait_ready()
        yield running


def _people_of(realms: Sequence[str]) -> str:
    return "\n".join(
        json.dumps(
            {
                "address": f"{name}@{realm}",
                "password": PASSWORD,
                "name": full_name,
                "country": country,
            }
        )
        for realm in realms
        for name, (full_name, country) in _PEOPLE.items()
    )
