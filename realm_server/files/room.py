"""Room on the disk of a realm, for bytes of files."""

import errno
import shutil
from pathlib import Path

from realm_protocol.errors import RealmchatError, StorageFull, StoreUnwritable

_KEPT_FREE = 64 * 1024 * 1024


def check_room(folder: Path, size: int) -> None:
    """Raises `StorageFull` where so many bytes would leave too little to everything else."""
    if shutil.disk_usage(folder).free < size + _KEPT_FREE:
        raise StorageFull(server="realm server")


def unwritable(exc: OSError) -> RealmchatError:
    """What an error of the disk is called."""
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(server="realm server")
    return StoreUnwritable(path=str(exc.filename or "cache"), detail=exc.strerror)
