"""Starting the service where none runs, once whoever asks first, and stopping it.

The service is a process of its own, which outlives the command and its terminal.
"""

import errno
import fcntl
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from chat_cli import profiles
from chat_cli.command_line.service_client import ACCOUNTS_FOLDER, ServiceClient, announced, find
from realm_protocol.errors import ServiceUnreachable, TimedOut
from realm_service.locking import is_locked

if TYPE_CHECKING:
    import subprocess

T = TypeVar("T")

START_SECONDS = 20.0
"""How long a service that was just started may take until it answers."""
STOP_SECONDS = 20.0
"""How long one may take to end what it is at; each of its readers has some seconds to leave."""
_LOSER_SECONDS = 3.0
"""How long a second service, started at the same moment, may be awaited once ours gave way."""
_POLL_SECONDS = 0.05
_LOCK_NAME = "starting.lock"
LOG_NAME = "service.log"


def start() -> ServiceClient:
    """Start the service, or find the one that another command has just started.

    Raises `ServiceUnreachable`.
    """
    home = profiles.home()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(home):
            return find(home) or _launched(home)
    except OSError as exc:
        raise ServiceUnreachable(detail=f"{exc.filename or home}: {exc.strerror}") from exc


def stop(client: ServiceClient) -> bool:
    """End the service, and wait until its home is free; whether it was started again meanwhile."""
    home = profiles.home()

    def started_again() -> bool:
        service = announced(home)
        return service is not None and service.pid != client.pid

    with _alone(home):  # a command that comes now waits, and then starts the next one
        client.post("/v1/service/stop", {})
        if not _await(
            lambda: started_again() or not is_locked(home / ACCOUNTS_FOLDER), STOP_SECONDS
        ):
            raise TimedOut(seconds=STOP_SECONDS)
        return started_again()


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One command at a time starts or stops the service; the others wait, and find what it did."""
    descriptor = os.open(home / _LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _await(lambda: _take(descriptor), START_SECONDS + STOP_SECONDS):
            raise ServiceUnreachable(detail="another command has been starting it for too long")
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _launched(home: Path) -> ServiceClient:
    process = _launch(home)
    until = time.monotonic() + START_SECONDS
    client = None
    while client is None and time.monotonic() < until:
        if process.poll() is not None:
            # A service that no command started may hold the folder, and be about to answer.
            client = _await(lambda: find(home), _LOSER_SECONDS)
            break
        client = _await(lambda: find(home), _POLL_SECONDS)
    if client is None:
        log = home / LOG_NAME
        raise ServiceUnreachable(detail=f"it did not start ({_why(log)}); its log is {log}")
    return client


def _await(condition: Callable[[], T], seconds: float) -> T:
    """The first true value of a condition, or the last false one when the time is over."""
    until = time.monotonic() + seconds
    while not (value := condition()) and time.monotonic() < until:
        time.sleep(_POLL_SECONDS)
    return value


def _launch(home: Path) -> "subprocess.Popen[bytes]":
    import subprocess  # here, because a command seldom starts a service

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


def _why(log: Path) -> str:
    try:
        if os.statvfs(log.parent).f_bavail == 0:
            return os.strerror(errno.ENOSPC)  # the service could not even say so
        return last_words(log.read_text(errors="replace"))
    except OSError as exc:
        return str(exc)


def last_words(log: str) -> str:
    """What a service said before it ended: the last line, of a traceback the error."""
    lines = log.splitlines()
    if not lines:
        return "it said nothing"
    try:
        said = str(json.loads(lines[-1])["event"]).splitlines()[-1]
    except (ValueError, KeyError, TypeError, IndexError):
        said = lines[-1]
    return said[:300]
