"""The folder of this person's chat-cli: its permissions, and the service file."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chat_cli.tokens import write_private
from realm_protocol.errors import StoreUnwritable

SERVICE_FILE = "service.json"
ACCOUNTS_FOLDER = "accounts"


def prepare(home: Path) -> None:
    """Make the folder for its owner alone; raises `StoreUnwritable`."""
    try:
        for folder in (home, home / ACCOUNTS_FOLDER):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
    except OSError as exc:
        raise StoreUnwritable(path=str(home), detail=exc.strerror or str(exc)) from exc


@contextlib.contextmanager
def announced(home: Path, *, port: int, version: str) -> Iterator[None]:
    """Say in the service file where the service is found, while it runs."""
    path = home / SERVICE_FILE
    found: dict[str, Any] = {
        "port": port,
        "pid": os.getpid(),
        "version": version,
        "url": f"http://127.0.0.1:{port}",
    }
    write_private(path, json.dumps(found) + "\n")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
