"""A file on its way from a program: as its base64 text comes, its bytes go to the disk.

They have no name there, so that nothing is left behind. They go to main once they are whole, which
wants to know their hash before the first of them.
"""

import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO

from realm_protocol.errors import FileTooLarge, RealmchatError
from realm_protocol.uploads import NewUpload
from realm_server.files.room import check_room, unwritable
from realm_server.lines.base64_text import Base64Decoder
from realm_service.disk_threads import DiskThreads

_PIECE_BYTES = 256 * 1024


class Carried:
    """One file. What hinders it is raised once it is whole: until then it has to be read."""

    def __init__(self, folder: Path, limit: int, threads: DiskThreads) -> None:
        """`limit` in bytes."""
        self._limit = limit
        self._threads = threads
        self._decoder = Base64Decoder()
        self._digest = hashlib.sha256()
        self._size = 0
        self._error: RealmchatError | None = None
        self._file: IO[bytes] | None = None
        try:
            check_room(folder, limit)
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # until `close`
        except RealmchatError as error:
            self._error = error
        except OSError as exc:
            self._error = unwritable(exc)

    async def take(self, text: bytes) -> None:
        """More of its text."""
        await self._keep(lambda: self._decoder.feed(text))

    async def finish(self) -> NewUpload:
        """What has come, once its text has ended; raises what is wrong with it."""
        await self._keep(self._decoder.finish)
        if self._error is not None:
            raise self._error
        if self._size > self._limit:
            raise FileTooLarge(size=self._size, limit=self._limit)
        return NewUpload(self._size, self._digest.hexdigest())

    async def _keep(self, decode: Callable[[], bytes]) -> None:
        if self._error is not None or self._file is None:
            return
        try:
            content = decode()
            self._size += len(content)
            if self._size <= self._limit:
                self._digest.update(content)
                await self._threads.run(self._file.write, content)
        except RealmchatError as error:
            self._error = error
        except OSError as exc:
            self._error = unwritable(exc)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes, once it is whole."""
        if self._file is None:
            return
        try:
            self._file.seek(0)
            while piece := await self._threads.run(self._file.read, _PIECE_BYTES):
                yield piece
        except OSError as exc:
            raise unwritable(exc) from exc

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
