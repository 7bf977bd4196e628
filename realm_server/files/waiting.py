"""Files that wait for main: taken in while it is away, brought there when it is back.

The message that names such a file waits for its bytes; the file stays here until main has both.
"""

import asyncio
import random
import time
from pathlib import Path
from typing import Protocol

from realm_protocol.errors import FileDamaged, RealmchatError
from realm_protocol.limits import UNFINISHED_UPLOAD_HOURS
from realm_protocol.names import Address
from realm_protocol.uploads import NewUpload
from realm_server.files.bringing import Bringing
from realm_server.files.main_files import MainFiles
from realm_server.files.pace import Pace
from realm_server.files.waiting_rows import WaitingFile, WaitingRows
from realm_service.disk_threads import DiskThreads
from realm_service.giving_way import GivingWay
from realm_service.logs import get_logger
from realm_service.uploads.folder import BlobFolder
from realm_service.uploads.taking import Uploads

log = get_logger("realm.waiting_files")

_ANY_SIZE = 2**53
"""What one file may have, main says; here the room for all of them counts."""


class Messages(Protocol):
    """The messages that are kept, and name files."""

    def file_came(self, file_id: str) -> None:
        """Main has its bytes."""

    def file_refused(self, file_id: str, error: RealmchatError) -> None:
        """Main will never have them."""

    def names(self, file_id: str) -> bool:
        """Whether one of them names this file."""

    def files_changed(self) -> None:
        """There are more of them, or fewer."""


class WaitingFiles:
    """Of one realm. `messages` is set before the first file is taken."""

    def __init__(
        self,
        folder: Path,
        store: Path,
        main: MainFiles,
        threads: DiskThreads,
        pace: Pace,
        way: GivingWay,
        limit: int,
    ) -> None:
        """Raises `StorageFull` or `StoreUnwritable`. `limit` in bytes."""
        self.messages: Messages
        self.rows = WaitingRows(store, threads, limit)
        self._folder = BlobFolder(folder, "realm server")
        self._folder.make()
        self._drop_unknown()
        self.uploads = Uploads[Address](self._folder, self.rows, threads, way, _ANY_SIZE)
        self._threads = threads
        self._at_main: set[str] = set()
        self._is_open = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._bringing = Bringing(
            main,
            self.path,
            threads,
            pace,
            random.SystemRandom().random,
            came=self._came,
            refused=self._refused,
        )
        self.rows.changed = self._changed

    def _drop_unknown(self) -> None:
        """What a crash has left without a row."""
        hashes = {file.sha256 for file in self.rows if file.is_whole}
        for blob in self._folder.blobs():
            if blob.name not in hashes:
                blob.unlink()
        for part in self._folder.parts():
            if part not in self.rows or self.rows.whole(part) is not None:
                self._folder.drop_part(part)

    async def close(self) -> None:
        """What is under way goes on after the next start."""
        self.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.rows.close()

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, file_id: str) -> bool:
        return file_id in self.rows

    def path(self, sha256: str) -> Path:
        """Where the bytes of a whole one lie."""
        return self._folder.blob(sha256)

    # --- taking in -------------------------------------------------------------------------------

    async def begin(self, owner: Address, upload: NewUpload) -> str:
        """The id of a file that is to be taken in; raises why it can't be, before its bytes."""
        await self._end_silent()
        return await self.uploads.begin(owner, upload)

    async def _end_silent(self) -> None:
        """What nobody has gone on with for long makes room."""
        since = time.time() - UNFINISHED_UPLOAD_HOURS * 3600
        for file_id in await self._threads.run(self._folder.parts_older_than, since):
            await self.uploads.end_if_silent(file_id, since)

    def _changed(self) -> None:
        self.messages.files_changed()
        if self._is_open:
            self.start()

    # --- what messages ask -----------------------------------------------------------------------

    def find(self, sender: Address, file_id: str) -> WaitingFile | None:
        """One's own, whose bytes are all here."""
        file = self.rows.whole(file_id)
        return file if file is not None and file.sender == sender else None

    def is_awaited(self, sender: Address, file_id: str) -> bool:
        """Whether a message that names it must wait until main has its bytes."""
        return file_id not in self._at_main and self.find(sender, file_id) is not None

    def named_no_more(self, file_id: str) -> None:
        """The last message that named it has its outcome."""
        file = self.rows.whole(file_id)
        if file is not None and file_id in self._at_main:
            self._drop(file)

    # --- bringing them to main -------------------------------------------------------------------

    def start(self) -> None:
        """The link is up, and main knows again who may do what."""
        self._is_open = True
        for file in self.rows:
            if file.is_whole and file.file_id not in self._at_main:
                self._bringing.start(file)

    def stop(self) -> None:
        """The link is gone."""
        self._is_open = False
        self._bringing.stop()

    def main_is_another(self) -> None:
        """It may not have any more what it had."""
        self._at_main.clear()

    def _came(self, file: WaitingFile) -> None:
        self._at_main.add(file.file_id)
        self.messages.file_came(file.file_id)
        if not self.messages.names(file.file_id):
            self._drop(file)

    def _refused(self, file: WaitingFile, error: RealmchatError) -> None:
        if isinstance(error, FileDamaged):
            log.error("waiting_file_damaged", file_id=file.file_id, sha256=file.sha256)
        self.messages.file_refused(file.file_id, error)
        self._drop(file)

    def _drop(self, file: WaitingFile) -> None:
        """From now on it is main's alone: a message that names it needs not wait."""
        self.rows.remove(file.file_id)
        self._at_main.discard(file.file_id)
        self.messages.files_changed()
        task = asyncio.create_task(self._forget(file))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forget(self, file: WaitingFile) -> None:
        """The row first: a row without bytes could never be brought."""
        await self.rows.delete(file.file_id)
        async with self.uploads.placing:  # the same bytes may become another file's just now
            if all(file.sha256 != other.sha256 for other in self.rows):
                await self._threads.run(self._unlink, file.sha256)

    def _unlink(self, sha256: str) -> None:
        self.path(sha256).unlink(missing_ok=True)
