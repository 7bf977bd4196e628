"""The cache of files of one realm: each is pulled over the link once, whoever asks meanwhile.

All who wait follow the file as it grows. What nobody follows is dropped, the longest unused first,
where the cache is full. Two files with the same bytes are two here: how fast one's own comes back
must not tell whether somebody else has it too.
"""

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

from realm_protocol.errors import (
    AskedWrongly,
    FileDamaged,
    InternalError,
    RateLimited,
    RealmchatError,
    ServerDraining,
)
from realm_server.counts import Counts
from realm_server.files.blob import BLOCK_BYTES, BlockDamaged, CachedBlob
from realm_server.files.main_files import FoundFile, MainFiles
from realm_server.files.pace import Pace
from realm_server.files.room import check_room, unwritable
from realm_service.disk_threads import DiskThreads
from realm_service.freeing import free
from realm_service.giving_way import GivingWay
from realm_service.logs import get_logger, report_defect

log = get_logger("realm.cache")

READ_AT_ONCE = 64
"""Downloads of one session; each holds a block, also where its reader has stopped reading."""
_AGAIN_SECONDS = 5


class _Entry:
    """A blob, who follows it, and the pull that makes it grow."""

    def __init__(self, blob: CachedBlob) -> None:
        self.blob = blob
        self.followers = 0
        self.loaded = asyncio.Lock()
        self.is_loaded = False
        self.pull: asyncio.Task[None] | None = None
        self.asker = ""
        """The session in whose name the last pull was begun."""
        self.error: RealmchatError | None = None
        """Why that ended too early."""
        self._grew = asyncio.Event()

    def error_for(self, session: str) -> RealmchatError | None:
        """Why the last pull ended too early, unless that was its asker's own affair."""
        of_another = isinstance(self.error, AskedWrongly) and self.asker != session
        return None if of_another else self.error

    def tell(self) -> None:
        """It has grown, or will not."""
        self._grew.set()
        self._grew = asyncio.Event()

    async def change(self) -> None:
        await self._grew.wait()


class _WriteBehind:
    """Writes a block of a blob while the next one comes."""

    def __init__(self, entry: _Entry, threads: DiskThreads) -> None:
        self._entry = entry
        self._threads = threads
        self._gathered: list[memoryview] = []
        self._lacks = entry.blob.block_lacks
        self._writing: asyncio.Task[None] | None = None

    async def take(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        while rest:
            some, rest = rest[: self._lacks], rest[self._lacks :]
            self._gathered.append(some)
            self._lacks -= len(some)
            if not self._lacks:
                await self._written()
                self._writing = asyncio.create_task(self._write(self._gathered))
                self._gathered, self._lacks = [], BLOCK_BYTES

    async def finish(self) -> None:
        await self._written()
        await self._write(self._gathered)

    async def _written(self) -> None:
        if self._writing is not None:
            await self._writing

    async def _write(self, pieces: list[memoryview]) -> None:
        await self._threads.run(self._entry.blob.append, pieces)
        self._entry.tell()


class FileCache:
    """Of one realm."""

    def __init__(
        self,
        folder: Path,
        limit: int,
        main: MainFiles,
        threads: DiskThreads,
        pace: Pace,
        way: GivingWay,
        counts: Counts,
    ) -> None:
        """`limit` in bytes; what is followed at this moment may pass it."""
        self._folder = folder
        self._limit = limit
        self._main = main
        self._threads = threads
        self._pace = pace
        self._way = way
        self._counts = counts
        self._entries: dict[str, _Entry] = {}
        """By file id, the longest unused first."""
        self._reading: Counter[str] = Counter()
        """How many downloads each session has open."""
        self._draining = False

    def open(self) -> None:
        """Take the folder, with what an earlier run has left: it is checked before it is used."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime):
            file_id = path.name.partition(".")[0]
            if (older := self._entries.pop(file_id, None)) is not None:
                free(older.blob.path)
            entry = self._entries[file_id] = _Entry(CachedBlob(path, "", 0))
            entry.blob.written = path.stat().st_size
        self._evict()

    async def drain(self) -> None:
        """End what is under way."""
        self._draining = True
        pulls = [entry.pull for entry in self._entries.values() if entry.pull is not None]
        for pull in pulls:
            pull.cancel()
        await asyncio.gather(*pulls, return_exceptions=True)

    @property
    def bytes_kept(self) -> int:
        return sum(entry.blob.written for entry in self._entries.values())

    async def holds(self, file: FoundFile) -> bool:
        """Whether all its bytes are here, and right."""
        if file.file_id not in self._entries:
            return False
        with self._followed(file) as entry:
            await self._load(entry)
            return entry.blob.is_whole

    # --- following -------------------------------------------------------------------------------

    async def blocks(
        self, session: str, file: FoundFile, part: range
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of this part, as they come. `session` may open the file: it was asked before.

        Raises what ends it; a later request goes on where the cache is then.
        """
        if self._reading[session] >= READ_AT_ONCE:
            raise RateLimited(retry_after_seconds=_AGAIN_SECONDS)
        self._reading[session] += 1
        try:
            async with contextlib.aclosing(self._blocks(session, file, part)) as blocks:
                async for block in blocks:
                    yield block
        finally:
            self._reading[session] -= 1
            if not self._reading[session]:
                del self._reading[session]

    async def _blocks(
        self, session: str, file: FoundFile, part: range
    ) -> AsyncGenerator[bytes, None]:
        position = part.start
        while position < part.stop:
            with self._followed(file) as entry:
                try:
                    async for block in self._follow(entry, session, file, position):
                        some = block[: part.stop - position]
                        position += len(some)
                        yield some
                        if position == part.stop:
                            return
                except BlockDamaged:
                    log.error("cached_file_damaged", file_id=file.file_id)
                    self._forget(file.file_id, entry)

    @contextlib.contextmanager
    def _followed(self, file: FoundFile) -> Iterator[_Entry]:
        entry = self._entry(file)
        self._entries.pop(file.file_id, None)
        self._entries[file.file_id] = entry  # the last one used
        entry.followers += 1
        try:
            yield entry
        finally:
            entry.followers -= 1
            self._evict()

    def _entry(self, file: FoundFile) -> _Entry:
        entry = self._entries.get(file.file_id)
        if entry is None:
            return self._new_entry(file)
        if not entry.is_loaded:  # an earlier run may have left it
            entry.blob.sha256, entry.blob.size = file.sha256, file.size
        elif (entry.blob.sha256, entry.blob.size) != (file.sha256, file.size):
            self._forget(file.file_id, entry)  # as main has it now it is another file
            return self._new_entry(file)
        return entry

    def _new_entry(self, file: FoundFile) -> _Entry:
        # A name of its own: one that is given up may still be written to for a moment.
        path = self._folder / f"{file.file_id}.{secrets.token_hex(4)}"
        return _Entry(CachedBlob(path, file.sha256, file.size))

    async def _follow(
        self, entry: _Entry, session: str, file: FoundFile, position: int
    ) -> AsyncGenerator[bytes, None]:
        blob = entry.blob
        await self._load(entry)
        self._counts.file_cache_hits += blob.is_whole
        waited = False
        while position < blob.size:
            if self._draining:
                raise ServerDraining
            if blob.may_read(position):
                block = blob.fresh(position) or await self._threads.run(blob.read, position)
                position += len(block)
                yield block
                await self._way.give()
            elif entry.pull is not None:
                await entry.change()
                waited = True
            elif waited and (error := entry.error_for(session)) is not None:
                raise error
            else:
                self._begin_pull(entry, session, file)

    async def _load(self, entry: _Entry) -> None:
        async with entry.loaded:
            if not entry.is_loaded:
                try:
                    await self._threads.run(entry.blob.load)
                except OSError as exc:
                    raise unwritable(exc) from exc
                entry.is_loaded = True

    # --- pulling ---------------------------------------------------------------------------------

    def _begin_pull(self, entry: _Entry, session: str, file: FoundFile) -> None:
        entry.asker, entry.error = session, None
        entry.pull = asyncio.create_task(self._pull(entry, session, file), name="pull")

    async def _pull(self, entry: _Entry, session: str, file: FoundFile) -> None:
        """Until the blob is whole, nobody follows any more, or main can't be asked."""
        try:
            await self._fetch(entry, session, file)
            if entry.blob.written == file.size and not entry.blob.finish():
                await self._threads.run(entry.blob.clear)
                raise FileDamaged(file_id=file.file_id)
        except RealmchatError as error:
            log.warning("pull_ended", code=error.code, file_id=file.file_id)
            entry.error = error
        except OSError as exc:
            log.error("cache_unwritable", detail=str(exc))
            entry.error = unwritable(exc)
        except asyncio.CancelledError:
            entry.error = ServerDraining()
            raise
        except Exception as exc:
            report_defect(exc, during="pulling a file")
            entry.error = InternalError(incident="pull")
        finally:
            entry.pull = None
            entry.blob.forget_fresh()
            entry.tell()

    async def _fetch(self, entry: _Entry, session: str, file: FoundFile) -> None:
        blob = entry.blob
        if file.path is not None and await self._threads.run(blob.adopt, file.path):
            if not blob.is_whole:
                raise FileDamaged(file_id=file.file_id)
            return
        missing = file.size - blob.written
        if missing == 0:
            return
        check_room(self._folder, missing)
        self._counts.file_pulls += 1
        async with self._main.opened(session, file, blob.written) as chunks:
            behind = _WriteBehind(entry, self._threads)
            try:
                async for chunk in chunks:
                    await self._pace.spend(len(chunk))
                    await behind.take(chunk)
                    if not entry.followers:
                        break
            finally:
                await behind.finish()  # what came before a cut is written too

    # --- dropping --------------------------------------------------------------------------------

    def _forget(self, file_id: str, entry: _Entry) -> None:
        """Drop a blob; whoever still follows it begins with a new one."""
        if self._entries.get(file_id) is entry:
            del self._entries[file_id]
            if entry.pull is not None:
                entry.pull.cancel()
            self._threads.start(free, entry.blob.path)

    def _evict(self) -> None:
        too_many = self.bytes_kept - self._limit
        for file_id, entry in list(self._entries.items()):
            if too_many <= 0:
                return
            if entry.followers == 0 and entry.pull is None:
                too_many -= entry.blob.written
                self._forget(file_id, entry)
