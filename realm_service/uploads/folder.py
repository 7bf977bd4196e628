"""The bytes of files on the disk: parts that are arriving, and blobs by their SHA-256.

This is the seam that an object store would take. All of it blocks: it is called from threads.
What a file means, and whose it is, is its server's database's.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from realm_protocol.errors import StorageFull, StoreUnwritable
from realm_service.freeing import free

_FULL = (errno.ENOSPC, errno.EDQUOT)
ROOM_KEPT_FREE = 64 * 1024 * 1024
"""For the database: files never take the last room of a disk."""


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


class BlobFolder:
    """`parts/FILE_ID` and `blobs/ab/abcd…`; a blob appears whole and synced, or not at all."""

    def __init__(
        self, root: Path, server: str, *, free: Callable[[Path], int] = free_bytes
    ) -> None:
        """`server` is how errors call the one whose disk it is."""
        self.root = root
        self.server = server
        self._parts = root / "parts"
        self._blobs = root / "blobs"
        self._free = free

    def make(self) -> None:
        """The folders, for the owner's eyes alone; raises `StoreUnwritable`."""
        with self._in_words(self.root):
            for folder in (self.root, self._parts, self._blobs):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def check_room(self, size: int) -> None:
        """Raises `StorageFull` where a file of this size has no room."""
        if self._free(self.root) < size + ROOM_KEPT_FREE:
            raise StorageFull(server=self.server)

    def _in_words(self, path: Path) -> AbstractContextManager[None]:
        return disk_in_words(path, self.server)

    # --- parts -----------------------------------------------------------------------------------

    def part(self, file_id: str) -> Path:
        """Where the bytes of an upload gather."""
        return self._parts / file_id

    def begin_part(self, file_id: str) -> None:
        with self._in_words(self._parts):
            self.part(file_id).touch(mode=0o600)  # an id that was chosen may come after a crash
            sync_folder(self._parts)

    def drop_part(self, file_id: str) -> None:
        """Its bytes may be a blob's, or have been: somebody may be reading them."""
        self.part(file_id).unlink(missing_ok=True)

    def give_up_part(self, file_id: str) -> None:
        """Its bytes are nobody's; where a blob has them too, that keeps them."""
        free(self.part(file_id))

    def is_part_older(self, file_id: str, seconds: float) -> bool:
        """Whether it has got nothing since this moment of the disk's clock, or is not there."""
        try:
            return self.part(file_id).stat().st_mtime < seconds
        except FileNotFoundError:
            return True

    def parts(self) -> list[str]:
        return [path.name for path in self._parts.iterdir()]

    def parts_older_than(self, seconds: float) -> list[str]:
        return [name for name in self.parts() if self.is_part_older(name, seconds)]

    # --- blobs -----------------------------------------------------------------------------------

    def blob(self, sha256: str) -> Path:
        return self._blobs / sha256[:2] / sha256

    def hold(self, sha256: str) -> int:
        """A descriptor: while it is open, a blob that loses its name keeps its room on the disk."""
        try:
            return os.open(self.blob(sha256), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return os.open(self._blobs, os.O_RDONLY | os.O_CLOEXEC)

    def keep(self, file_id: str, sha256: str) -> None:
        """Make a blob of a part that is whole and synced. The part stays until it is dropped.

        It takes the place of a blob with the same hash, which may have been damaged since.
        """
        blob = self.blob(sha256)
        new = blob.with_name(f".{sha256}.{file_id}")
        with self._in_words(blob.parent):
            if not blob.parent.exists():
                blob.parent.mkdir(mode=0o700, exist_ok=True)
                sync_folder(self._blobs)
            new.unlink(missing_ok=True)
            os.link(self.part(file_id), new)
            new.replace(blob)
            new.unlink(missing_ok=True)  # still there where the blob was this very part already
            sync_folder(blob.parent)

    def blobs(self) -> list[Path]:
        """Every blob, named by its hash; and what a crash has left beside them."""
        return list(self._blobs.glob("*/*"))


def sync_folder(folder: Path) -> None:
    """Else a crash may forget that a file in it has been made or renamed."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def disk_in_words(path: Path, server: str) -> Iterator[None]:
    """What the disk refuses: `StorageFull` or `StoreUnwritable`."""
    try:
        yield
    except OSError as exc:
        if exc.errno in _FULL:
            raise StorageFull(server=server) from exc
        raise StoreUnwritable(path=str(exc.filename or path), detail=exc.strerror) from exc
