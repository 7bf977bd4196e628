"""Uploads: from the announcement of a file to its blob, over as many requests as it takes.

Whoever takes it alone knows how far it has come. What is promised as the offset is synced before.
"""

import asyncio
import os
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from realm_protocol.errors import (
    FileDamaged,
    FileTooLarge,
    MalformedMessage,
    StorageFull,
    UploadNotFound,
    UploadOffsetConflict,
)
from realm_protocol.file_types import sniff_type
from realm_protocol.uploads import NewUpload
from realm_service.disk_threads import DiskThreads
from realm_service.giving_way import GivingWay
from realm_service.logs import get_logger
from realm_service.uploads.folder import BlobFolder
from realm_service.uploads.part import Hashed, Part
from realm_service.uploads.turns import Turn, Turns

log = get_logger("uploads")

_CHUNK_BYTES = 1024 * 1024
"""Gathered at most while a thread writes what came before."""
_KNOWN_HASHES = 4096

Owner = TypeVar("Owner")
_Owner = TypeVar("_Owner", contravariant=True)


@dataclass(frozen=True, slots=True)
class Progress:
    """Bytes that are here, of how many."""

    offset: int
    size: int


class Announced(Protocol):
    """A file that was announced."""

    @property
    def file_id(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def sha256(self) -> str: ...

    @property
    def is_whole(self) -> bool: ...


class UploadRows(Protocol[_Owner]):
    """What is known of uploads besides their bytes; each change is synced when it returns."""

    async def begin(self, owner: _Owner, file_id: str, upload: NewUpload) -> None:
        """Note one; raises what the limits say, and `UploadNotFound` where the id is another's."""

    async def find(self, owner: _Owner, file_id: str) -> Announced:
        """One's own, finished or not; raises `UploadNotFound`."""

    async def finish(self, file_id: str, kind: str) -> None:
        """The blob is in its place; its first bytes show this media type."""

    async def forget(self, file_id: str) -> None:
        """It came to nothing; a whole file is none of these."""


class Uploads(Generic[Owner]):
    """All that are under way at this server."""

    def __init__(
        self,
        folder: BlobFolder,
        rows: UploadRows[Owner],
        threads: DiskThreads,
        way: GivingWay,
        limit: int,
    ) -> None:
        """`limit` in bytes of one file."""
        self.limit = limit
        self.placing = asyncio.Lock()
        """Held while a blob gets its row, or is dropped because it has none."""
        self._folder = folder
        self._rows = rows
        self._threads = threads
        self._way = way
        self._turns = Turns()
        self._known: OrderedDict[str, Hashed] = OrderedDict()

    def drain(self) -> None:
        self._turns.drain()

    async def begin(self, owner: Owner, upload: NewUpload) -> str:
        """The id of a new upload; raises what the limits say, before a byte is sent."""
        file_id = secrets.token_hex(16)
        await self._begin(owner, file_id, upload)
        return file_id

    async def begin_as(self, owner: Owner, file_id: str, upload: NewUpload) -> Progress:
        """As `begin`, under the id that the file has where it comes from; or go on with it."""
        try:
            known = await self._rows.find(owner, file_id)
        except UploadNotFound:
            await self._begin(owner, file_id, upload)
        else:
            if (known.size, known.sha256) != (upload.size, upload.sha256):
                raise UploadNotFound(file_id=file_id)
        return await self.progress(owner, file_id)

    async def _begin(self, owner: Owner, file_id: str, upload: NewUpload) -> None:
        if upload.size > self.limit:
            raise FileTooLarge(size=upload.size, limit=self.limit)
        await self._threads.run(self._folder.check_room, upload.size)
        # The part first: an upload in the database always has one.
        await self._threads.run(self._folder.begin_part, file_id)
        try:
            await self._rows.begin(owner, file_id, upload)
        except UploadNotFound:
            raise  # the id is another's, and so is the part
        except BaseException:
            await self._threads.run(self._folder.drop_part, file_id)
            raise
        if upload.size == 0:
            await self.progress(owner, file_id)

    async def progress(self, owner: Owner, file_id: str) -> Progress:
        """How far it has come; all of that is synced."""
        async with self._turns.take(file_id):
            upload = await self._rows.find(owner, file_id)
            if upload.is_whole:
                return Progress(upload.size, upload.size)
            async with self._opened(upload) as part:
                if part.size == upload.size:
                    # There are no bytes; or a crash came between the last one and the blob.
                    await self._finish(upload, part)
                return Progress(part.size, upload.size)

    async def append(
        self, owner: Owner, file_id: str, offset: int, chunks: AsyncIterator[bytes]
    ) -> Progress:
        """Take bytes until they end. The last one of the file makes it whole."""
        async with self._turns.take(file_id) as turn:
            upload = await self._rows.find(owner, file_id)
            if upload.is_whole:
                raise UploadOffsetConflict(offset=upload.size, got=offset)
            async with self._opened(upload) as part:
                if offset != part.size:
                    raise UploadOffsetConflict(offset=part.size, got=offset)
                await self._receive(_bounded(chunks, upload.size - offset), turn, part)
                if part.size == upload.size:
                    await self._finish(upload, part)
                return Progress(part.size, upload.size)

    async def cancel(self, owner: Owner, file_id: str) -> None:
        """End an upload that isn't whole."""
        async with self._turns.take(file_id):
            upload = await self._rows.find(owner, file_id)
            if upload.is_whole:
                raise UploadNotFound(file_id=file_id)
            await self._throw_away(file_id)

    async def end_if_silent(self, file_id: str, since: float) -> None:
        """End one that has got nothing since then, of the disk's clock in seconds."""
        async with self._turns.take(file_id):
            if await self._threads.run(self._folder.is_part_older, file_id, since):
                await self._throw_away(file_id)

    # --- the bytes -------------------------------------------------------------------------------

    @asynccontextmanager
    async def _opened(self, upload: Announced) -> AsyncIterator[Part]:
        """The part, whose bytes are synced and whose hash is kept when the block ends."""
        file_id = upload.file_id
        known = self._known.pop(file_id, None)
        try:
            part = await self._threads.run(self._open, file_id, known)
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

    def _open(self, file_id: str, known: Hashed | None) -> Part:
        return Part(self._folder.part(file_id), self._folder.server, known)

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
                await self._way.give()
        finally:
            if writing is not None:
                await writing
            await self._threads.run(part.append, gathered)

    async def _finish(self, upload: Announced, part: Part) -> None:
        """Check the hash, put the blob in its place, and only then say that the file is whole."""
        if part.digest != upload.sha256:
            log.warning("upload_damaged", file_id=upload.file_id)
            raise FileDamaged(file_id=upload.file_id)
        await self._threads.run(part.sync)
        before = await self._threads.run(self._folder.hold, upload.sha256)
        try:
            async with self.placing:
                await self._threads.run(self._folder.keep, upload.file_id, upload.sha256)
                await self._rows.finish(upload.file_id, sniff_type(part.hashed.head))
            await self._threads.run(self._folder.drop_part, upload.file_id)
        finally:
            # Nobody waits for it: to give up a large blob takes its time, and would tell whoever
            # sent the same bytes that they were here.
            self._threads.start(os.close, before)

    async def _throw_away(self, file_id: str) -> None:
        """The row first: a part without a row is collected, a row without a part would hang."""
        await self._rows.forget(file_id)
        await self._threads.run(self._folder.give_up_part, file_id)


async def _bounded(chunks: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """The chunks that are not empty; raises where they are more than was announced."""
    async for chunk in chunks:
        if len(chunk) > size:
            raise MalformedMessage(detail="there are more bytes than Upload-Length says")
        size -= len(chunk)
        if chunk:
            yield chunk
