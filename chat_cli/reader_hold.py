"""One program at a time reads under a name: two would each take half of what is said.

The hold is a lock of the operating system, which ends with its process, however that ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from realm_protocol.errors import ReaderInUse, StoreLocked
from realm_protocol.names import check_name
from realm_service.locking import locked

FOLDER = "readers"


@contextmanager
def held(home: Path, account: str, name: str) -> Iterator[None]:
    """Read as `name` alone on this machine; raises `ReaderInUse`, or `InvalidName`."""
    # No name has a plus sign, so that no two readers share a file.
    path = home / FOLDER / f"{account}+{check_name(name)}"
    try:
        with locked(path):
            yield
    except StoreLocked as exc:
        raise ReaderInUse(name=name) from exc
