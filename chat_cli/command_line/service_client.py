"""The command line's side of the service: find it, start it where none runs, and ask it.

Whoever listens on the port must first prove that it holds the service's token; until then it gets
nothing but a random challenge.
"""

import hashlib
import hmac
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from realm_protocol.errors import RealmchatError, ServiceUnreachable, TimedOut, rebuild
from realm_service.home import home_folder

START_SECONDS = 20.0
"""How long a service that was just started may take until it answers."""
_LOSER_SECONDS = 3.0
"""How long a second service, started at the same moment, may be awaited once ours gave way."""
_POLL_SECONDS = 0.05
_PROOF_SECONDS = 5.0
ANSWER_SECONDS = 30.0
LOG_NAME = "service.log"


class ServiceClient:
    """A service that has proved itself, asked in its owner's name."""

    def __init__(self, url: str, token: str) -> None:
        self.token = token
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,  # a proxy of the environment must never see what stays on loopback
        )

    def get(self, path: str, **query: str | int) -> Any:
        """Raises what the service answered, `ServiceUnreachable` or `TimedOut`."""
        return self._ask("GET", path, query, None, ANSWER_SECONDS)

    def post(
        self, path: str, body: dict[str, Any], *, wait_seconds: float | None = None
    ) -> dict[str, Any]:
        """As `get`; `wait_seconds` is how long the service may wait before it answers."""
        query = {} if wait_seconds is None else {"wait": wait_seconds}
        answer = self._ask("POST", path, query, body, ANSWER_SECONDS + (wait_seconds or 0))
        if not isinstance(answer, dict):
            raise ServiceUnreachable(detail="what answers there is no chat-cli service")
        return answer

    def delete(self, path: str) -> None:
        """As `get`, for what has nothing to tell but that it is done."""
        self._ask("DELETE", path, {}, None, ANSWER_SECONDS)

    def _ask(
        self,
        method: str,
        path: str,
        query: dict[str, Any],
        body: dict[str, Any] | None,
        timeout_seconds: float,
    ) -> Any:
        try:
            response = self._http.request(
                method, path, params=query, json=body, timeout=timeout_seconds
            )
            answer = response.json()
        except httpx.TimeoutException as exc:
            raise TimedOut(seconds=timeout_seconds) from exc
        except (httpx.HTTPError, ValueError) as exc:
            raise ServiceUnreachable(detail=str(exc) or type(exc).__name__) from exc
        if response.is_success:
            return answer
        raise _answered_error(answer)


def _answered_error(answer: Any) -> RealmchatError:
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("code"), str):
        return ServiceUnreachable(detail="what answers there is no chat-cli service")
    fields = {name: value for name, value in error.items() if name not in ("code", "message")}
    return rebuild(error["code"], fields)


def connect() -> ServiceClient:
    """The service of this person on this machine, started where none runs."""
    home = home_folder("chat-cli")
    return find(home) or _start(home)


def find(home: Path) -> ServiceClient | None:
    """The running service, where one left its file and proves that it is the one."""
    try:
        url = str(json.loads((home / "service.json").read_bytes())["url"])
        token = (home / "token").read_text().strip()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return ServiceClient(url, token) if token and _proves(url, token) else None


def _proves(url: str, token: str) -> bool:
    """Whether the process at this URL holds the token, told without showing it the token."""
    challenge = secrets.token_hex(32)
    try:
        answer = httpx.get(
            f"{url}/v1/health",
            params={"challenge": challenge},
            timeout=_PROOF_SECONDS,
            trust_env=False,
        )
        proof = answer.json()["proof"]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
        return False
    expected = hmac.new(token.encode(), challenge.encode(), hashlib.sha256).hexdigest()
    return isinstance(proof, str) and hmac.compare_digest(proof.encode(), expected.encode())


def _start(home: Path) -> ServiceClient:
    try:
        process = _launch(home)
    except OSError as exc:
        detail = f"{exc.filename or home}: {exc.strerror}"
        raise ServiceUnreachable(detail=detail) from exc
    until = time.monotonic() + START_SECONDS
    gave_way = False
    while time.monotonic() < until:
        client = find(home)
        if client is not None:
            return client
        if not gave_way and process.poll() is not None:
            # Another command may have started one at the same moment, which holds the folder.
            gave_way = True
            until = min(until, time.monotonic() + _LOSER_SECONDS)
        time.sleep(_POLL_SECONDS)
    log = home / LOG_NAME
    raise ServiceUnreachable(detail=f"it did not start ({_last_line(log)}); its log is {log}")


def _launch(home: Path) -> subprocess.Popen[bytes]:
    """The service as a process of its own, which outlives this one and its terminal."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(home / LOG_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "wb") as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "chat_cli", "serve"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            start_new_session=True,
        )


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError as exc:
        return str(exc)
    return lines[-1][:300] if lines else "it said nothing"
