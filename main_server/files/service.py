"""Files of one main server, put together."""

from pathlib import Path

from main_server.files.collecting import Collector
from main_server.files.downloads import Downloads
from main_server.files.folder import BlobFolder
from main_server.files.uploads import FileLimits, Store, Uploads
from realm_service.disk_threads import DiskThreads


class Files:
    """`make` the folder before the first request; `drain`, then `close`."""

    def __init__(self, folder: BlobFolder, store: Store, limits: FileLimits) -> None:
        self.folder = folder
        self._threads = DiskThreads()
        self.uploads = Uploads(folder, store, self._threads, limits)
        self.downloads = Downloads(folder, store, self._threads)
        self.collector = Collector(folder, store, self._threads, self.uploads)

    def drain(self) -> None:
        """End what is under way; uploads keep what has arrived."""
        self.uploads.drain()
        self.downloads.drain()

    def close(self) -> None:
        self._threads.close()


def files_beside(database: Path) -> Path:
    """The folder of files where no other is set."""
    return database.with_name("files")
