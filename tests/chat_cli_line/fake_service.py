"""A small service that speaks chat-cli's HTTP: real sockets, scripted answers."""

import hashlib
import hmac
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from realm_protocol.errors import RealmchatError, RouteNotFound
from realm_service.version import VERSION

MESSI = "messi@surabaya"
ACCOUNT = {
    "account": MESSI,
    "signed_in": True,
    "signed_in_at": "2026-11-21T03:00:00Z",
    "realm_url": "http://127.0.0.1:8000",
    "link": "up",
}


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    authorization: str
    body: Any


@dataclass
class FakeService:
    """Answers what `answers` says for `METHOD path`: a value, or an error to refuse with."""

    home: Path
    token: str = "the-services-token"
    proves: bool = True
    version: str = VERSION
    answers: dict[str, Any] = field(default_factory=lambda: {"GET /v1/accounts": [ACCOUNT]})
    asked: list[Asked] = field(default_factory=list)
    breaks_off: list[str] = field(default_factory=list)
    """Each `METHOD path` that is heard once more, and then not answered."""

    def start(self) -> "FakeService":
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                service.take(self)

            do_POST = do_DELETE = do_GET  # noqa: N815  # names of http.server's

            def log_message(self, *_: object) -> None:
                """Tests read `asked` instead."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()
        self.announce()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def announce(self) -> None:
        """The files that a service leaves in its home."""
        folder = self.home / "chat-cli"
        folder.mkdir(parents=True, exist_ok=True)
        found = {
            "port": self.port,
            "pid": 1,
            "version": VERSION,
            "url": f"http://127.0.0.1:{self.port}",
        }
        (folder / "service.json").write_text(json.dumps(found))
        (folder / "token").write_text(self.token + "\n")

    def take(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        raw = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        asked = Asked(
            request.command,
            unquote(parts.path),
            {name: values[0] for name, values in parse_qs(parts.query).items()},
            request.headers.get("Authorization", ""),
            json.loads(raw) if raw else None,
        )
        self.asked.append(asked)
        if (route := f"{asked.method} {asked.path}") in self.breaks_off:
            self.breaks_off.remove(route)
            request.close_connection = True
            return
        status, answer = self._answer(asked)
        body = json.dumps(answer).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _answer(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == "/v1/health":
            secret = self.token if self.proves else "another token"
            challenge = asked.query["challenge"]
            proof = hmac.new(secret.encode(), challenge.encode(), hashlib.sha256).hexdigest()
            return 200, {"status": "ok", "version": self.version, "proof": proof}
        answer = self.answers.get(f"{asked.method} {asked.path}", RouteNotFound(path=asked.path))
        if isinstance(answer, RealmchatError):
            return answer.status, answer.body()
        return 200, answer

    def last(self, method: str) -> Asked:
        """The newest request of this method."""
        return next(asked for asked in reversed(self.asked) if asked.method == method)
