"""Downloads: a blob's bytes for whoever may open the file, checked on their way out."""

import asyncio
import errno
import hashlib
import os
from collections.abc import AsyncGenerator
from functools import partial

from main_server.files.rows import Store
from main_server.rules import files as rules
from main_server.rules.files import StoredFile
from realm_protocol.errors import FileDamaged, ServerDraining
from realm_service.disk_threads import DiskThreads
from realm_service.giving_way import GivingWay
from realm_service.logs import get_logger
from realm_service.uploads.folder import BlobFolder

log = get_logger("downloads")

_BLOCK_BYTES = 1024 * 1024


class Downloads:
    """All that are under way at this server."""

    def __init__(
        self, folder: BlobFolder, store: Store, threads: DiskThreads, way: GivingWay
    ) -> None:
        self._folder = folder
        self._store = store
        self._threads = threads
        self._way = way
        self._draining = False
        self._damaged: dict[str, tuple[int, int]] = {}
        """Blobs that were found to be other bytes than their hash, by inode and time."""

    def drain(self) -> None:
        self._draining = True

    async def find(self, person_id: int, file_id: str) -> StoredFile:
        """A file that this person may open and that isn't known to be damaged."""
        find = partial(rules.find_readable, file_id=file_id, person_id=person_id)
        file = await self._store.read(find)
        await self._threads.run(self._check, file)
        return file

    def _check(self, file: StoredFile) -> None:
        """Whether the blob is there with its size, and isn't the one that was found damaged."""
        try:
            stat = self._folder.blob(file.sha256).stat()
        except FileNotFoundError as exc:
            raise self._damage(file, (0, 0)) from exc
        if stat.st_size != file.size:
            raise self._damage(file, (stat.st_ino, stat.st_mtime_ns))
        if self._damaged.get(file.sha256) == (stat.st_ino, stat.st_mtime_ns):
            raise FileDamaged(file_id=file.file_id)

    def _damage(self, file: StoredFile, version: tuple[int, int]) -> FileDamaged:
        log.error("blob_damaged", file_id=file.file_id, sha256=file.sha256)
        self._damaged[file.sha256] = version
        return FileDamaged(file_id=file.file_id)

    async def blocks(self, file: StoredFile, part: range) -> AsyncGenerator[bytes, None]:
        """The bytes of this part. Of a whole file the last block comes only if the hash is right.

        Raises `FileDamaged` in its place.
        """
        descriptor = await self._threads.run(self._open, file)
        digest = hashlib.sha256() if len(part) == file.size else None
        reading = self._read(descriptor, part, digest)
        try:
            while part:
                block, part = await reading, part[_BLOCK_BYTES:]
                if digest is not None and not part and digest.hexdigest() != file.sha256:
                    raise self._damage(file, self._version(descriptor))
                if self._draining:
                    raise ServerDraining
                reading = self._read(descriptor, part, digest)  # while this one is sent
                yield block
                await self._way.give()
        except OSError as exc:
            raise self._damage(file, (0, 0)) from exc
        finally:
            await asyncio.wait([reading])
            await self._threads.run(os.close, descriptor)

    def _open(self, file: StoredFile) -> int:
        try:
            return os.open(self._folder.blob(file.sha256), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError as exc:
            raise self._damage(file, (0, 0)) from exc

    def _read(
        self, descriptor: int, part: range, digest: "hashlib._Hash | None"
    ) -> "asyncio.Future[bytes]":
        return self._threads.start(_read_block, descriptor, part[:_BLOCK_BYTES], digest)

    @staticmethod
    def _version(descriptor: int) -> tuple[int, int]:
        stat = os.fstat(descriptor)
        return stat.st_ino, stat.st_mtime_ns


def _read_block(descriptor: int, part: range, digest: "hashlib._Hash | None") -> bytes:
    block = os.pread(descriptor, len(part), part.start)
    if len(block) != len(part):
        raise OSError(errno.EIO, "the blob is cut short")
    if digest is not None:
        digest.update(block)
    return block
