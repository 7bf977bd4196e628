"""Uploads: from the announcement of a file to its blob, over as many requests as it takes.

Main alone knows how far an upload has come. What it promises as the offset is synced before.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from sqlalchemy.engine import Connection

from main_server.files.folder import BlobFolder
from main_server.files.part import Hashed, Part
from main_server.files.turns import Turn, Turns
from main_server.rules import files as rules
from main_server.rules.files import StoredFile
from main_server.store.writer import Transaction
from realm_protocol.errors import (
    FileDamaged,
    FileTooLarge,
    MalformedMessage,
    StorageFull,
    UploadNotFound,
    UploadOffsetConflict,
)
from realm_protocol.file_types import sniff_type
from realm_protocol.limits import FILE_LIMIT
from realm_protocol.uploads import NewUpload
from realm_service.disk_threads import DiskThreads
from realm_service.logs import get_logger

log = get_logger("uploads")

T = TypeVar("T")

_CHUNK_BYTES = 1024 * 1024
"""Gathered at most while a thread writes what came before."""
_KNOWN_HASHES = 4096


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What the operator allows, in bytes."""

    file: int = FILE_LIMIT
    quota: int = 20 * FILE_LIMIT
    """Of all files of one person."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Bytes that are here, of how many."""

    offset: int
    size: int


class Store(Protocol):
    """The database, as files need it."""

    async def read(self, question: Callable[[Connection], T]) -> T: ...

    async def write(self, work: Callable[[Transaction], T]) -> T: ...


class Uploads:
    """All that are under way at this server."""

    def __init__(
        self, folder: BlobFolder, store: Store, threads: DiskThreads, limits: FileLimits
    ) -> None:
        self.limits = limits
        self.placing = asyncio.Lock()
        """Held while a blob gets its row, or is dropped because it has none."""
        self._folder = folder
        self._store = store
        self._threads = threads
        self._turns = Turns()
        self._known: OrderedDict[str, Hashed] = OrderedDict()

    def drain(self) -> None:
        self._turns.drain()

    async def begin(self, person_id: int, upload: NewUpload) -> str:
        """The id of a new upload; raises what the limits say, before a byte is sent."""
        if upload.size > self.limits.file:
            raise FileTooLarge(size=upload.size, limit=self.limits.file)
        await self._threads.run(self._folder.check_room, upload.size)
        file_id = secrets.token_hex(16)
        # The part first: an upload in the database always has one.
        await self._threads.run(self._folder.begin_part, file_id)
        noted = partial(
            rules.begin_upload,
            file_id=file_id,
            person_id=person_id,
            upload=upload,
            quota=self.limits.quota,
        )
        try:
            await self._store.write(noted)
        except BaseException:
            await self._threads.run(self._folder.drop_part, file_id)
            raise
        if upload.size == 0:
            await self.progress(person_id, file_id)
        return file_id

    async def progress(self, person_id: int, file_id: str) -> Progress:
        """How far it has come; all of that is synced."""
        async with self._turns.take(file_id):
            upload = await self._find(person_id, file_id)
            if upload.is_whole:
                return Progress(upload.size, upload.size)
            async with self._opened(upload) as part:
                if part.size == upload.size:
                    # There are no bytes; or a crash came between the last one and the blob.
                    await self._finish(upload, part)
                return Progress(part.size, upload.size)

    async def append(
        self, person_id: int, file_id: str, offset: int, chunks: AsyncIterator[bytes]
    ) -> Progress:
        """Take bytes until they end. The last one of the file makes it whole."""
        async with self._turns.take(file_id) as turn:
            upload = await self._find(person_id, file_id)
            if upload.is_whole:
                raise UploadOffsetConflict(offset=upload.size, got=offset)
            async with self._opened(upload) as part:
                if offset != part.size:
                    raise UploadOffsetConflict(offset=part.size, got=offset)
                await self._receive(_bounded(chunks, upload.size - offset), turn, part)
                if part.size == upload.size:
                    await self._finish(upload, part)
                return Progress(part.size, upload.size)

    async def cancel(self, person_id: int, file_id: str) -> None:
        """End an upload that isn't whole."""
        async with self._turns.take(file_id):
            upload = await self._find(person_id, file_id)
            if upload.is_whole:
                raise UploadNotFound(file_id=file_id)
            await self._throw_away(file_id)

    async def end_if_silent(self, file_id: str, since: float) -> None:
        """End one that has got nothing since then, of the disk's clock in seconds."""
        async with self._turns.take(file_id):
            if await self._threads.run(self._folder.is_part_older, file_id, since):
                await self._throw_away(file_id)

    # --- the bytes -------------------------------------------------------------------------------

    async def _find(self, person_id: int, file_id: str) -> StoredFile:
        find = partial(rules.find_upload, file_id=file_id, person_id=person_id)
        return await self._store.read(find)

    @asynccontextmanager
    async def _opened(self, upload: StoredFile) -> AsyncIterator[Part]:
        """The part, whose bytes are synced and whose hash is kept when the block ends."""
        file_id = upload.file_id
        known = self._known.pop(file_id, None)
        try:
            part = await self._threads.run(Part, self._folder.part(file_id), known)
        except FileNotFoundError as exc:
            await self._throw_away(file_id)
            raise UploadNotFound(file_id=file_id) from exc
        try:
            yield part
            await self._threads.run(part.sync)
        except (StorageFull, FileDamaged):
            # What can't be finished leaves nothing behind; a full disk needs its room.
            await self._throw_away(file_id)
            raise
        except BaseException:
            await self._threads.run(part.sync)
            raise
        finally:
            self._remember(file_id, part.hashed)
            await self._threads.run(part.close)

    def _remember(self, file_id: str, hashed: Hashed) -> None:
        self._known[file_id] = hashed
        if len(self._known) > _KNOWN_HASHES:
            self._known.popitem(last=False)

    async def _receive(self, chunks: AsyncIterator[bytes], turn: Turn, part: Part) -> None:
        """Write what comes, at most a chunk behind; what came before a cut is written too."""
        writing: asyncio.Future[None] | None = None
        gathered: list[bytes] = []
        try:
            while chunk := await turn.wait_for(lambda: anext(chunks, b"")):
                gathered.append(chunk)
                if writing is not None and (
                    writing.done() or sum(map(len, gathered)) >= _CHUNK_BYTES
                ):
                    await writing
                    writing = None
                if writing is None:
                    writing = self._threads.start(part.append, gathered)
                    gathered = []
        finally:
            if writing is not None:
                await writing
            await self._threads.run(part.append, gathered)

    async def _finish(self, upload: StoredFile, part: Part) -> None:
        """Check the hash, put the blob in its place, and only then say that the file is whole."""
        if part.digest != upload.sha256:
            log.warning("upload_damaged", file_id=upload.file_id)
            raise FileDamaged(file_id=upload.file_id)
        await self._threads.run(part.sync)
        kind = sniff_type(part.hashed.head)
        async with self.placing:
            await self._threads.run(self._folder.keep, upload.file_id, upload.sha256)
            await self._store.write(partial(rules.finish_upload, file_id=upload.file_id, kind=kind))
        await self._threads.run(self._folder.drop_part, upload.file_id)

    async def _throw_away(self, file_id: str) -> None:
        """The row first: a part without a row is collected, a row without a part would hang."""
        await self._store.write(partial(rules.forget_uploads, file_ids=[file_id]))
        await self._threads.run(self._folder.drop_part, file_id)


async def _bounded(chunks: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """The chunks that are not empty; raises where they are more than was announced."""
    async for chunk in chunks:
        if len(chunk) > size:
            raise MalformedMessage(detail="there are more bytes than Upload-Length says")
        size -= len(chunk)
        if chunk:
            yield chunk
