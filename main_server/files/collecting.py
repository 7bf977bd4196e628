"""Collecting what nobody needs: uploads given up, files never sent, bytes without a row.

Rows go first, bytes after them. So whatever a crash leaves behind is bytes without a row, which
the next round finds; and no row that stands loses its bytes.
"""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from main_server.files.rows import Store
from main_server.rules import files as rules
from realm_protocol.limits import UNFINISHED_UPLOAD_HOURS
from realm_service.disk_threads import DiskThreads
from realm_service.logs import get_logger
from realm_service.uploads.folder import BlobFolder
from realm_service.uploads.taking import Uploads

log = get_logger("collecting")

_AT_A_TIME = 200


class Collector:
    """Of one server's files."""

    def __init__(
        self, folder: BlobFolder, store: Store, threads: DiskThreads, uploads: Uploads[int]
    ) -> None:
        self._folder = folder
        self._store = store
        self._threads = threads
        self._uploads = uploads

    async def collect(self, now: float | None = None) -> None:
        """One round. `now` is the disk's clock in seconds."""
        now = time.time() if now is None else now
        await self._end_uploads(now - UNFINISHED_UPLOAD_HOURS * 3600)
        while await self._store.write(partial(rules.forget_unsent, limit=_AT_A_TIME)):
            pass
        await self._drop_blobs()

    async def _end_uploads(self, silent_since: float) -> None:
        """Those that have got nothing for long, and parts that a crash has left."""
        silent = set(await self._threads.run(self._folder.parts_older_than, silent_since))
        begun = partial(rules.uploads_begun_before, milliseconds=int(silent_since * 1000))
        for file_id in silent.union(await self._store.read(begun)):
            await self._uploads.end_if_silent(file_id, silent_since)

    async def _drop_blobs(self) -> None:
        """Those that no row names. None can get a row meanwhile: placing one waits for us."""
        for some in _chunks(await self._threads.run(self._folder.blobs)):
            by_name = {path.name: path for path in some}
            async with self._uploads.placing:
                unnamed = await self._store.read(partial(rules.without_file, hashes=list(by_name)))
                for name in unnamed:
                    await self._threads.run(by_name[name].unlink)
            if unnamed:
                log.info("blobs_dropped", count=len(unnamed))


def _chunks(paths: list[Path]) -> Iterator[list[Path]]:
    return (paths[start : start + _AT_A_TIME] for start in range(0, len(paths), _AT_A_TIME))
