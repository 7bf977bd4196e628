"""Log files of services: one per service, bounded, and their last lines for the screen."""

from pathlib import Path
from typing import BinaryIO

SIZE_LIMIT = 10 * 1024 * 1024
_TAIL_BYTES = 16 * 1024


def open_log(path: Path) -> BinaryIO:
    """Open for appending; a file beyond the limit becomes `NAME.log.1` and the older one goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > SIZE_LIMIT:
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")


def last_lines(path: Path, count: int) -> list[str]:
    """The newest lines of a log; none when there is no log."""
    try:
        with path.open("rb") as log:
            size = log.seek(0, 2)
            log.seek(max(0, size - _TAIL_BYTES))
            text = log.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-count:]
