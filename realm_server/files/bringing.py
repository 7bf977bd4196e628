"""Bringing to main the files that the realm took in alone: each goes on where it was cut, for ever.

What main has begun to take, it tells; which files there are is `waiting`'s.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from realm_protocol.errors import (
    FileDamaged,
    OurFault,
    RealmchatError,
    TryLater,
    UploadNotFound,
    UploadOffsetConflict,
    UploadTakenOver,
)
from realm_protocol.uploads import UPLOAD_TYPE, UPLOADS_PATH, NewUpload, upload_headers
from realm_server.files.main_files import MainFiles
from realm_server.files.pace import Pace
from realm_server.files.waiting_rows import WaitingFile
from realm_server.reconnecting import growing_waits
from realm_service.disk_threads import DiskThreads
from realm_service.logs import get_logger, report_defect

log = get_logger("realm.bringing")

AT_A_TIME = 3
"""A small file needn't wait for a large one."""
_PIECE_BYTES = 256 * 1024
_AGAIN = (TryLater, OurFault, UploadNotFound, UploadOffsetConflict, UploadTakenOver)
"""What stands in the way for now; all else is main's last word."""


class Bringing:
    """Of one realm, while its link is up."""

    def __init__(
        self,
        main: MainFiles,
        blob: Callable[[str], Path],
        threads: DiskThreads,
        pace: Pace,
        jitter: Callable[[], float],
        *,
        came: Callable[[WaitingFile], None],
        refused: Callable[[WaitingFile, RealmchatError], None],
    ) -> None:
        """`blob` is where the bytes of a hash lie. One of the last two is called for each file."""
        self._main = main
        self._blob = blob
        self._threads = threads
        self._pace = pace
        self._jitter = jitter
        self._came = came
        self._refused = refused
        self._slots = asyncio.Semaphore(AT_A_TIME)
        self._running: dict[str, asyncio.Task[None]] = {}

    def start(self, file: WaitingFile) -> None:
        """See to it that this one gets to main."""
        if file.file_id not in self._running:
            task = asyncio.create_task(self._see_through(file), name="bringing")
            self._running[file.file_id] = task
            task.add_done_callback(lambda done: self._ended(file.file_id, done))

    def _ended(self, file_id: str, task: asyncio.Task[None]) -> None:
        if self._running.get(file_id) is task:
            del self._running[file_id]

    def stop(self) -> None:
        """The link is gone; each goes on from where main has it."""
        for task in self._running.values():
            task.cancel()
        self._running.clear()

    async def _see_through(self, file: WaitingFile) -> None:
        waits = growing_waits(self._jitter)
        while True:
            try:
                async with self._slots:
                    await self._bring(file)
                log.info("file_brought", file_id=file.file_id, size=file.size)
                self._came(file)
                return
            except RealmchatError as error:
                if await self._is_final(file, error):
                    log.warning("file_not_brought", file_id=file.file_id, code=error.code)
                    self._refused(file, error)
                    return
                log.info("file_put_off", file_id=file.file_id, code=error.code)
            except Exception as error:  # a defect, or the disk: it may go better later
                report_defect(error, during="bringing a file to main")
            await asyncio.sleep(next(waits))

    async def _bring(self, file: WaitingFile) -> None:
        place = f"{UPLOADS_PATH}/{file.file_id}"
        headers = upload_headers(NewUpload(file.size, file.sha256))
        offset = await self._main.bring(file.sender, "POST", place, headers)
        while offset < file.size:
            headers = {
                "Content-Type": UPLOAD_TYPE,
                "Content-Length": str(file.size - offset),
                "Upload-Offset": str(offset),
            }
            pieces = self._pace.paced(self._pieces(file, offset))
            offset = await self._main.bring(file.sender, "PATCH", place, headers, pieces)

    async def _pieces(self, file: WaitingFile, offset: int) -> AsyncIterator[bytes]:
        path = self._blob(file.sha256)
        while offset < file.size:
            piece = await self._threads.run(_read, path, offset)
            if not piece:  # it is gone, or cut short
                raise FileDamaged(file_id=file.file_id)
            offset += len(piece)
            yield piece

    async def _is_final(self, file: WaitingFile, error: RealmchatError) -> bool:
        if isinstance(error, FileDamaged):  # on its way, or here: then it is no use
            return not await self._threads.run(_is_sound, self._blob(file.sha256), file.sha256)
        return not isinstance(error, _AGAIN)


def _read(path: Path, offset: int) -> bytes:
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(offset)
            return file.read(_PIECE_BYTES)
    except FileNotFoundError:
        return b""


def _is_sound(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False
