"""The command line's side of the service: find it, let it prove itself, and ask it.

Whoever listens on the port must first prove, on each connection, that it holds the service's token;
until then it gets nothing but a random challenge. Starting a service is `starting`'s.
"""

import hmac
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from chat_cli import profiles
from chat_cli.command_line.exchange import Answer, Connection, Streamed
from realm_protocol.errors import (
    OtherServiceVersion,
    RealmchatError,
    ServiceHangs,
    ServiceUnreachable,
    TimedOut,
    rebuild,
)
from realm_service.version import VERSION

SERVICE_FILE = "service.json"
TOKEN_FILE = "token"  # noqa: S105  # a file's name
ACCOUNTS_FOLDER = "accounts"
HOST = "127.0.0.1"
ANSWER_SECONDS = 30.0
_PROOF_SECONDS = 5.0
_NO_SERVICE = "what answers there is no chat-cli service"


class Announced(NamedTuple):
    """What a service has left in its home, for commands to find it by."""

    port: int
    pid: int
    token: str


def announced(home: Path) -> Announced | None:
    """The service that says it runs; None where none says so. Raises `ServiceUnreachable`."""
    try:
        found = json.loads((home / SERVICE_FILE).read_bytes())
        token = (home / TOKEN_FILE).read_text(encoding="ascii").strip()
        return Announced(int(found["port"]), int(found["pid"]), token) if token else None
    except FileNotFoundError:
        return None
    except PermissionError as exc:
        raise ServiceUnreachable(detail=f"{exc.filename}: {exc.strerror}") from exc
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Body(NamedTuple):
    """What is sent as it comes; `size` is None where nobody knows it before."""

    type: str
    size: int | None
    pieces: Iterable[bytes]


class ServiceClient:
    """A service that has proved itself, asked in its owner's name."""

    def __init__(self, service: Announced) -> None:
        """Raises `ServiceUnreachable` where nothing listens, or not the one that was announced."""
        self.token = service.token
        self.pid = service.pid
        self.url = f"http://{HOST}:{service.port}"
        self.port = service.port
        self._connection, self.version = self._connect()

    def check_version(self) -> None:
        """Raises `OtherServiceVersion`, where it was started before an upgrade or after one."""
        if self.version != VERSION:
            raise OtherServiceVersion(service=self.version, command=VERSION)

    def get(self, path: str, **query: str | float) -> Any:
        """Raises what the service answered, `ServiceWentAway`, `ServiceUnreachable`, `TimedOut`."""
        return self._ask("GET", path, query, None, ANSWER_SECONDS)

    def post(
        self, path: str, body: Mapping[str, Any], *, wait_seconds: float | None = None
    ) -> dict[str, Any]:
        """As `get`; `wait_seconds` is how long the service may wait before it answers."""
        query = {} if wait_seconds is None else {"wait": wait_seconds}
        answer = self._ask("POST", path, query, body, ANSWER_SECONDS + (wait_seconds or 0))
        if not isinstance(answer, dict):
            raise ServiceUnreachable(detail=_NO_SERVICE)
        return answer

    def send_up(
        self, path: str, body: Body, *, silence_seconds: float, **query: str | float
    ) -> dict[str, Any]:
        """`POST` what is too large to be held, over a connection of its own; raises as `get`."""
        connection, _ = self._connect()
        try:
            answer = connection.send_up(
                _with_query(path, query),
                body.pieces,
                headers={"Authorization": f"Bearer {self.token}", "Content-Type": body.type},
                size=body.size,
                silence_seconds=silence_seconds,
            )
        finally:
            connection.close()
        value = _json(answer)
        if answer.status < 300 and isinstance(value, dict):
            return value
        raise _answered_error(value)

    def delete(self, path: str) -> None:
        """As `get`, for what has nothing to tell but that it is done."""
        self._ask("DELETE", path, {}, None, ANSWER_SECONDS)

    @contextmanager
    def stream(
        self, path: str, headers: Mapping[str, str], *, silence_seconds: float
    ) -> Iterator[Streamed]:
        """An answer that goes on, over a connection of its own; raises as `get`."""
        connection, _ = self._connect()
        headers = {**headers, "Authorization": f"Bearer {self.token}"}
        try:
            answer = connection.stream(path, headers=headers, silence_seconds=silence_seconds)
            if isinstance(answer, Answer):
                raise _answered_error(_json(answer))
            yield answer
        finally:
            connection.close()

    def close(self) -> None:
        self._connection.close()

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        body: Mapping[str, Any] | None,
        timeout_seconds: float,
    ) -> Any:
        if not self._connection.usable:
            self._connection.close()
            self._connection, self.version = self._connect()
        answer = self._connection.ask(
            method,
            _with_query(path, query),
            headers={"Authorization": f"Bearer {self.token}"},
            body=None if body is None else json.dumps(body).encode(),
            timeout_seconds=timeout_seconds,
        )
        value = _json(answer)
        if answer.status < 300:
            return value
        raise _answered_error(value)

    def _connect(self) -> tuple[Connection, str]:
        """A connection whose other end holds the token; its version."""
        connection = Connection(HOST, self.port, _PROOF_SECONDS)
        try:
            return connection, _proved(connection, self.token)
        except RealmchatError:
            connection.close()
            raise


def _proved(connection: Connection, token: str) -> str:
    """The version of a service that holds the token, which it tells without being shown it."""
    challenge = os.urandom(32).hex()
    path = f"/v1/health?challenge={challenge}"
    value = _json(connection.ask("GET", path, headers={}, timeout_seconds=_PROOF_SECONDS))
    expected = hmac.new(token.encode(), challenge.encode(), "sha256").hexdigest()
    proof = value.get("proof") if isinstance(value, dict) else None
    if not isinstance(proof, str) or not hmac.compare_digest(proof.encode(), expected.encode()):
        raise ServiceUnreachable(detail=_NO_SERVICE)
    return str(value.get("version"))


def _with_query(path: str, query: Mapping[str, Any]) -> str:
    if not query:
        return path
    # Here, because the commands that run most ask nothing that needs quoting.
    from urllib.parse import urlencode

    return f"{path}?{urlencode(query)}"


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError as exc:
        raise ServiceUnreachable(detail=_NO_SERVICE) from exc


def _answered_error(answer: Any) -> RealmchatError:
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("code"), str):
        return ServiceUnreachable(detail=_NO_SERVICE)
    fields = {name: value for name, value in error.items() if name not in ("code", "message")}
    return rebuild(error["code"], fields)


def find(home: Path) -> ServiceClient | None:
    """The running service, where one left its file and proves that it is the one.

    Raises `ServiceHangs` where it runs but doesn't answer.
    """
    service = announced(home)
    if service is None:
        return None
    try:
        return ServiceClient(service)
    except TimedOut as exc:
        # Whoever listens says nothing: ours, if our home is held; else its port is another's now.
        from realm_service.locking import is_locked

        if is_locked(home / ACCOUNTS_FOLDER):
            raise ServiceHangs(pid=service.pid) from exc
        return None
    except RealmchatError:
        return None


def connect() -> ServiceClient:
    """The service of this person on this machine, started where none runs.

    Raises `ServiceUnreachable`, or `OtherServiceVersion`.
    """
    client = find(profiles.home())
    if client is None:
        from chat_cli.command_line.starting import start  # it runs nearly always

        client = start()
    client.check_version()
    return client
