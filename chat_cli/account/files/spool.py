"""The bytes of files that wait to be sent: one file for each upload, in a folder of the account.

What is to be done with them stands in the store, which is told of a file once it is here whole.
"""

import asyncio
import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path

from realm_protocol.errors import FileTooLarge, RealmchatError, StorageFull, StoreUnwritable
from realm_protocol.file_types import SNIFFED_BYTES, sniff_type
from realm_service.writing import write_all

ROOM_LEFT_BYTES = 64 * 1024 * 1024
"""So much of the disk is left to the messages, whose files lie beside."""
_BATCH_BYTES = 1024 * 1024
_PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Spooled:
    """A file that is here whole, and known to the disk."""

    id: str
    size: int
    sha256: str
    type: str
    """As its first bytes show."""


class Spool:
    """The folder. Made when the first file comes."""

    def __init__(self, folder: Path, limit: int) -> None:
        """`limit` in bytes of one file."""
        self._folder = folder
        self.limit = limit

    def path(self, upload: str) -> Path:
        return self._folder / upload

    def begin(self, upload: str, expected: int) -> "Incoming":
        """Take a file of about so many bytes; raises `FileTooLarge` or `StorageFull` at once."""
        self.check_size(expected)
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            if shutil.disk_usage(self._folder).free < expected + ROOM_LEFT_BYTES:
                raise StorageFull(server="chat-cli service")
            return Incoming(upload, self.path(upload), self)
        except OSError as exc:
            raise _in_words(self._folder, exc) from exc

    def check_size(self, size: int) -> None:
        if size > self.limit:
            raise FileTooLarge(size=size, limit=self.limit)

    async def read(self, upload: str, offset: int) -> AsyncIterator[bytes]:
        """The bytes from `offset` on."""
        with self.path(upload).open("rb") as file:
            file.seek(offset)
            while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
                yield piece

    async def is_sound(self, upload: str, sha256: str) -> bool:
        """Whether the bytes are still those that came."""
        digest = hashlib.sha256()
        try:
            async for piece in self.read(upload, 0):
                digest.update(piece)
        except OSError:
            return False
        return digest.hexdigest() == sha256

    def remove(self, upload: str) -> None:
        self.path(upload).unlink(missing_ok=True)

    def keep_only(self, uploads: Iterable[str]) -> None:
        """Throw away what a crash has left: what came half, and what is done with."""
        kept = set(uploads)
        with contextlib.suppress(FileNotFoundError):
            for path in self._folder.iterdir():
                if path.name not in kept:
                    path.unlink()

    def erase(self) -> None:
        """All of it."""
        shutil.rmtree(self._folder, ignore_errors=True)


class Incoming:
    """A file that comes in, hashed on its way."""

    def __init__(self, upload: str, path: Path, spool: Spool) -> None:
        self._upload = upload
        self._path = path
        self._spool = spool
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(descriptor, "wb", buffering=0)
        self._digest = hashlib.sha256()
        self._head = b""
        self._size = 0
        self._batch: list[bytes] = []
        self._waiting = 0
        self._writing: asyncio.Future[None] | None = None

    async def take(self, piece: bytes) -> None:
        """Raises `FileTooLarge`, `StorageFull` or `StoreUnwritable`."""
        self._size += len(piece)
        self._spool.check_size(self._size)
        if len(self._head) < SNIFFED_BYTES:
            self._head += piece[:SNIFFED_BYTES]
        self._batch.append(piece)
        self._waiting += len(piece)
        if self._waiting >= _BATCH_BYTES:
            await self._hand_over()

    async def finish(self) -> Spooled:
        """When this answers, a power cut loses nothing of it. Raises as `take`."""
        await self._hand_over()
        await self._written()
        try:
            await asyncio.to_thread(self._sync)
        except OSError as exc:
            raise _in_words(self._path, exc) from exc
        kind = sniff_type(self._head[:SNIFFED_BYTES])
        return Spooled(self._upload, self._size, self._digest.hexdigest(), kind)

    async def abandon(self) -> None:
        """It is not wanted, or not to be had."""
        with contextlib.suppress(RealmchatError):
            await self._written()
        with contextlib.suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)

    async def _hand_over(self) -> None:
        """Write while the next bytes come; no more than one batch is behind."""
        await self._written()
        batch, self._batch, self._waiting = self._batch, [], 0
        self._writing = asyncio.ensure_future(asyncio.to_thread(self._write, batch))

    async def _written(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            try:
                await writing
            except OSError as exc:
                raise _in_words(self._path, exc) from exc

    def _write(self, batch: list[bytes]) -> None:
        together = b"".join(batch)
        self._digest.update(together)
        write_all(self._file.fileno(), together)

    def _sync(self) -> None:
        os.fsync(self._file.fileno())
        self._file.close()
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _in_words(path: Path, exc: OSError) -> RealmchatError:
    if exc.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(server="chat-cli service")
    return StoreUnwritable(path=str(path), detail=exc.strerror or str(exc))
