"""Removing large files. It blocks: it is called from threads."""

import os
from pathlib import Path

_STEP_BYTES = 16 * 1024 * 1024


def free(path: Path) -> None:
    """Remove a file, if it is there, and give its room back a little at a time.

    A disk that must free a gigabyte at once makes every sync wait meanwhile, also those of the
    database. Whoever reads the file finds it cut short. Bytes with another name stay.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        status = os.fstat(descriptor)
        if status.st_nlink == 1:
            for size in reversed(range(0, status.st_size, _STEP_BYTES)):
                os.ftruncate(descriptor, size)
                os.fsync(descriptor)
    finally:
        os.close(descriptor)
    path.unlink(missing_ok=True)
