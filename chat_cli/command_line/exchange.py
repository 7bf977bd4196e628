"""HTTP with the service, for a process that lives a moment: one connection, one request at a time.

Python's `http.client` would cost 19 ms of each command for e-mail headers and TLS that loopback has
no use for; httptools is the parser in C that the service itself reads with. What is asked and what
an answer means is not said here.
"""

import select
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import httptools

from realm_protocol.errors import ServiceUnreachable, ServiceWentAway, TimedOut

_CHUNK = 256 * 1024


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes


class Streamed(NamedTuple):
    """An answer that goes on: its headers, with names in lower case, and its body as it comes."""

    status: int
    headers: Mapping[str, str]
    pieces: Iterator[bytes]


class _Reading:
    """An answer that is coming in; the parser calls its methods by their names."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._body = bytearray()
        self.answer: Answer | None = None
        self.keeps_alive = False
        self.head_is_in = False
        self.headers: dict[str, str] = {}

    @property
    def status(self) -> int:
        return self._parser.get_status_code()

    def take(self, received: bytes) -> None:
        self._parser.feed_data(received)

    def take_body(self) -> bytes:
        """What has come of the body since the last time, of an answer that goes on."""
        taken, self._body = bytes(self._body), bytearray()
        return taken

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.head_is_in = True

    def on_body(self, part: bytes) -> None:
        self._body += part

    def on_message_complete(self) -> None:
        self.answer = Answer(self.status, bytes(self._body))
        self.keeps_alive = self._parser.should_keep_alive()


class Connection:
    """A connection to a service of this machine, by its IPv4 address."""

    def __init__(self, host: str, port: int, timeout_seconds: float) -> None:
        """Raises `ServiceUnreachable`."""
        self._host = f"{host}:{port}"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(timeout_seconds)
            self._socket.connect((host, port))
        except OSError as exc:
            self._socket.close()
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
        with self._in_words(timeout_seconds):
            self._send(method, path, headers, body, timeout_seconds)
            return self._rest(_Reading(), time.monotonic() + timeout_seconds)

    def stream(
        self, path: str, *, headers: Mapping[str, str], silence_seconds: float
    ) -> "Streamed | Answer":
        """An answer that goes on, or what was answered instead; raises as `ask`."""
        with self._in_words(silence_seconds):
            self._send("GET", path, headers, None, silence_seconds)
            reading = _Reading()
            while not reading.head_is_in:
                self._feed(reading)
            if reading.status >= 300:
                return self._rest(reading, time.monotonic() + silence_seconds)
            return Streamed(reading.status, reading.headers, self._pieces(reading, silence_seconds))

    def send_up(
        self,
        path: str,
        pieces: Iterable[bytes],
        *,
        headers: Mapping[str, str],
        size: int | None,
        silence_seconds: float,
    ) -> Answer:
        """`POST` a body as it comes; where its size isn't known, in chunks. Raises as `ask`.

        An answer that comes before the end ends it: it says why the rest isn't wanted.
        """
        length = {"Transfer-Encoding": "chunked"} if size is None else {"Content-Length": str(size)}
        with self._in_words(silence_seconds):
            self._send("POST", path, {**headers, **length}, None, silence_seconds)
            is_whole = self._send_pieces(pieces, chunked=size is None)
            answer = self._rest(_Reading(), time.monotonic() + silence_seconds)
        if not is_whole:
            self.close()
        return answer

    def _send_pieces(self, pieces: Iterable[bytes], *, chunked: bool) -> bool:
        """Whether all of them went out."""
        try:
            for piece in pieces:
                if select.select([self._socket], [], [], 0)[0]:
                    return False
                self._socket.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            if chunked:
                self._socket.sendall(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            return False  # the answer that was sent before may still be read
        return True

    def _pieces(self, reading: _Reading, silence_seconds: float) -> Iterator[bytes]:
        with self._in_words(silence_seconds):
            while reading.answer is None:
                yield reading.take_body()
                self._feed(reading)
            yield reading.answer.body

    @contextmanager
    def _in_words(self, timeout_seconds: float) -> Iterator[None]:
        try:
            yield
        except TimeoutError as exc:
            self.close()
            raise TimedOut(seconds=timeout_seconds) from exc
        except OSError as exc:
            self.close()
            raise ServiceWentAway from exc

    def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        timeout_seconds: float,
    ) -> None:
        lines = {"Host": self._host, "Accept": "application/json", **headers}
        if body is not None:
            lines |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._socket.settimeout(timeout_seconds)
        self._socket.sendall(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + (body or b""))

    def _rest(self, reading: _Reading, until: float) -> Answer:
        while reading.answer is None:
            self._socket.settimeout(max(until - time.monotonic(), 0.001))
            self._feed(reading)
        if not reading.keeps_alive:
            self.close()
        return reading.answer

    def _feed(self, reading: _Reading) -> None:
        received = self._socket.recv(_CHUNK)
        if not received:
            raise ConnectionResetError
        try:
            reading.take(received)
        except httptools.HttpParserError as exc:
            self.close()
            raise ServiceUnreachable(detail="what answers there speaks no HTTP") from exc
