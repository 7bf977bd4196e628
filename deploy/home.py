"""The folder of a system on one machine: claimed by one `realmchat`, and whether it was filled."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from realm_protocol.errors import AskedWrongly
from realm_service.settings import HOME_VARIABLE

_LOCK = "realmchat.lock"
_FILLED = "demonstration-made"


class HomeUnwritable(AskedWrongly):
    code = "home_unwritable"
    text = "The folder {home} can't be written: {detail}. Choose another with --home."


class HomeInUse(AskedWrongly):
    code = "home_in_use"
    status = 409
    text = "Another realmchat (process {pid}) runs on {home}. Stop it, or give another --home."


def choose_home(asked: Path | None) -> Path:
    """`--home`, else `REALMCHAT_HOME`, else the platform's folder for data: as services do."""
    chosen = asked or os.environ.get(HOME_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(platformdirs.user_data_dir("realmchat", appauthor=False))


@contextmanager
def claim(home: Path) -> Iterator[None]:
    """Hold the home; raises `HomeUnwritable` or `HomeInUse`. The hold ends with the process."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(home / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as exc:
        raise HomeUnwritable(home=str(home), detail=exc.strerror) from exc
    try:
        _lock(lock, home)
        yield
    finally:
        os.close(lock)


def _lock(lock: int, home: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        pid = os.read(lock, 32).decode() or "unknown"
        raise HomeInUse(home=str(home), pid=pid) from exc
    try:
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
    except OSError as exc:
        raise HomeUnwritable(home=str(home), detail=exc.strerror) from exc


def is_filled(home: Path) -> bool:
    """Whether the demonstration was made here, to its end."""
    return (home / _FILLED).exists()


def announced(home: Path) -> str:
    """The addresses that main's directory was last told; empty when nobody knows."""
    return (home / _FILLED).read_text()


def mark_filled(home: Path, addresses: str) -> None:
    """The demonstration is made, and main's directory has these addresses."""
    (home / _FILLED).write_text(addresses)
