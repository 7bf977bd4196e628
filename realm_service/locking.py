"""The lock of a store: one process at a time. Light to import, for command lines that ask."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from realm_protocol.errors import StoreLocked, StoreUnwritable


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the store for this process; raises `StoreLocked` or `StoreUnwritable`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(_lock(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        raise StoreUnwritable(path=str(path.parent), detail=exc.strerror) from exc
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise StoreLocked(path=str(path)) from exc
        # SQLite gives its log the rights of the file, so the file comes first and is private.
        path.touch(mode=0o600)
        yield
    finally:
        os.close(descriptor)


def is_locked(path: Path) -> bool:
    """Whether a process holds the store. Asking holds it for an instant: none may be starting."""
    try:
        descriptor = os.open(_lock(path), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _lock(path: Path) -> Path:
    return path.with_name(path.name + ".lock")
