"""What an operator asks of files: whether every file of the database has its bytes."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from realm_protocol.errors import StoreDamaged
from realm_service.uploads.folder import BlobFolder

_SHOWN = 10


def verify_files(store: Path, folder: BlobFolder) -> dict[str, Any]:
    """Counts them; raises `StoreDamaged` with the first whose bytes are missing or cut short.

    Sizes alone: whether the bytes are right is checked whenever a file is opened.
    """
    with contextlib.closing(
        sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)
    ) as it:
        rows = it.execute(
            "SELECT sha256, size, count(*) FROM files WHERE whole_at IS NOT NULL"
            " GROUP BY sha256, size"
        ).fetchall()
    missing = [sha256 for sha256, size, _ in rows if _size(folder.blob(sha256)) != size]
    if missing:
        detail = f"{len(missing)} blobs missing or cut short: {', '.join(missing[:_SHOWN])}"
        raise StoreDamaged(path=str(folder.root), detail=detail)
    return {"files": sum(count for _, _, count in rows)}


def _size(blob: Path) -> int | None:
    try:
        return blob.stat().st_size
    except FileNotFoundError:
        return None
