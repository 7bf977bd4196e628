"""The operator's way to a running server: a Unix socket in its folder that only its owner opens.

What is asked and answered over it is each server's own.
"""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

_ADDRESS_LIMIT = 100

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def socket_path(store: Path) -> Path:
    """Beside the store, so that whoever may open the one finds the other."""
    return store.with_name(f"{store.name}.operator")


async def listen(path: Path, serve: Serve, line_limit: int) -> asyncio.Server:
    """Take the operator's connections; the socket takes the place of one that a crash left."""
    with _fresh(path) as address:
        return await asyncio.start_unix_server(serve, path=address, limit=line_limit)


@contextlib.contextmanager
def _fresh(path: Path) -> Iterator[str]:
    """The address of a socket that is made inside, for its owner only."""
    path.unlink(missing_ok=True)
    previous = os.umask(0o177)
    try:
        with _address_of(path) as address:
            yield address
    finally:
        os.umask(previous)


def remove(path: Path) -> None:
    """The server stops: nobody shall look for it here."""
    path.unlink(missing_ok=True)


def connect(path: Path, seconds: float | None) -> socket.socket:
    """A connection to the running server; raises `ConnectionError` when none runs."""
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.settimeout(seconds)
        with _address_of(path) as address:
            sock.connect(address)
    except OSError as exc:
        sock.close()
        raise ConnectionError("no server runs on this store") from exc
    return sock


@contextlib.contextmanager
def _address_of(path: Path) -> Iterator[str]:
    """The path as a socket's address, which has 107 bytes at most: through its folder if longer."""
    if len(os.fsencode(path)) <= _ADDRESS_LIMIT:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def peer_of(writer: asyncio.StreamWriter) -> str:
    """Which user of this machine is at the other end, for the audit log."""
    sock = writer.get_extra_info("socket")
    if not hasattr(socket, "SO_PEERCRED"):
        return "operator"
    credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", credentials)
    return f"uid {uid}"
