"""HTTP with the service, for a process that lives a moment: one connection, one request at a time.

Python's `http.client` would cost 19 ms of each command for e-mail headers and TLS that loopback has
no use for; httptools is the parser in C that the service itself reads with. What is asked and what
an answer means is not said here.
"""

import select
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httptools

from realm_protocol.errors import ServiceUnreachable, ServiceWentAway, TimedOut

_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


class _Reading:
    """An answer that is coming in; the parser calls its methods by their names."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._body = bytearray()
        self.answer: Answer | None = None
        self.keeps_alive = False

    def take(self, received: bytes) -> None:
        self._parser.feed_data(received)

    def on_body(self, part: bytes) -> None:
        self._body += part

    def on_message_complete(self) -> None:
        self.answer = Answer(self._parser.get_status_code(), bytes(self._body))
        self.keeps_alive = self._parser.should_keep_alive()


class Connection:
    """A connection to a service of this machine."""

    def __init__(self, host: str, port: int, timeout_seconds: float) -> None:
        """Raises `ServiceUnreachable`."""
        self._host = f"{host}:{port}"
        try:
            self._socket = socket.create_connection((host, port), timeout_seconds)
        except OSError as exc:
            raise ServiceUnreachable(detail=exc.strerror or str(exc)) from exc
        self._open = True

    @property
    def usable(self) -> bool:
        """Whether another request can go over it: the service hasn't closed it meanwhile."""
        return self._open and not select.select([self._socket], [], [], 0)[0]

    def close(self) -> None:
        self._open = False
        self._socket.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        timeout_seconds: float,
    ) -> Answer:
        """Ask once. Raises `ServiceWentAway`, `TimedOut` or `ServiceUnreachable`."""
        lines = {"Host": self._host, "Accept": "application/json", **headers}
        if body is not None:
            lines |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        request = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + (body or b"")
        try:
            self._socket.settimeout(timeout_seconds)
            self._socket.sendall(request)
            return self._read(time.monotonic() + timeout_seconds)
        except TimeoutError as exc:
            self.close()
            raise TimedOut(seconds=timeout_seconds) from exc
        except OSError as exc:
            self.close()
            raise ServiceWentAway from exc

    def _read(self, until: float) -> Answer:
        reading = _Reading()
        while reading.answer is None:
            self._socket.settimeout(max(until - time.monotonic(), 0.001))
            received = self._socket.recv(_CHUNK)
            if not received:
                raise ConnectionResetError
            try:
                reading.take(received)
            except httptools.HttpParserError as exc:
                self.close()
                raise ServiceUnreachable(detail="what answers there speaks no HTTP") from exc
        if not reading.keeps_alive:
            self.close()
        return reading.answer
