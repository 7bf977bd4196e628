"""What an operator asks of the files that wait at a realm: whether each has its bytes, all right.

They are the only copies until main has them. It reads beside a realm server that runs, and changes
nothing.
"""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

from realm_protocol.errors import StoreDamaged
from realm_server.autonomy.verifying import opened
from realm_service.uploads.folder import BlobFolder

_SHOWN = 10


class _Waiting(NamedTuple):
    file_id: str
    size: int
    sha256: str
    is_whole: bool


def verify_waiting(store: Path, root: Path) -> dict[str, int]:
    """Counts them, and what a crash has left beside them: the next start removes that.

    Raises `StoreDamaged` with the first whose bytes are missing or wrong.
    """
    folder = BlobFolder(root, "realm server")
    wrong = [file for file in _read_rows(store) if not _has_bytes(folder, file)]
    rows = _read_rows(store)
    # A server that runs may have brought it to main meanwhile, and dropped it.
    damaged = [file.file_id for file in wrong if file in rows and not _has_bytes(folder, file)]
    if damaged:
        detail = f"{len(damaged)} files that wait have lost bytes: {', '.join(damaged[:_SHOWN])}"
        raise StoreDamaged(path=str(root), detail=detail)
    return {
        "waiting_files": sum(file.is_whole for file in rows),
        "begun_uploads": sum(not file.is_whole for file in rows),
        "stray_files": _count_strays(folder, rows),
    }


def _read_rows(store: Path) -> list[_Waiting]:
    with opened(store) as connection:
        found: list[Any] = connection.execute(
            "SELECT file_id, size, sha256, is_whole FROM uploads ORDER BY rowid"
        ).fetchall()
    return [_Waiting(*row) for row in found]


def _has_bytes(folder: BlobFolder, file: _Waiting) -> bool:
    """Of one that is whole the right ones; of one that has begun no more than it shall have."""
    try:
        if not file.is_whole:
            return folder.part(file.file_id).stat().st_size <= file.size
        with folder.blob(file.sha256).open("rb") as blob:
            return hashlib.file_digest(blob, "sha256").hexdigest() == file.sha256
    except FileNotFoundError:
        return False


def _count_strays(folder: BlobFolder, rows: list[_Waiting]) -> int:
    """Bytes that no row names."""
    if not folder.root.exists():
        return 0
    hashes = {file.sha256 for file in rows if file.is_whole}
    ids = {file.file_id for file in rows}
    return sum(blob.name not in hashes for blob in folder.blobs()) + sum(
        part not in ids for part in folder.parts()
    )
