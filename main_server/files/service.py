"""Files of one main server, put together."""

from pathlib import Path

from main_server.files.collecting import Collector
from main_server.files.downloads import Downloads
from main_server.files.rows import FileLimits, Store, StoredUploads
from realm_service.disk_threads import DiskThreads
from realm_service.giving_way import GivingWay
from realm_service.uploads.folder import BlobFolder
from realm_service.uploads.taking import Uploads


class Files:
    """`make` the folder before the first request; `drain`, then `close`."""

    def __init__(
        self, folder: BlobFolder, store: Store, limits: FileLimits, way: GivingWay
    ) -> None:
        self.folder = folder
        self._threads = DiskThreads()
        rows = StoredUploads(store, limits.quota)
        self.uploads = Uploads[int](folder, rows, self._threads, way, limits.file)
        self.downloads = Downloads(folder, store, self._threads, way)
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


def blob_folder(root: Path) -> BlobFolder:
    """The bytes of this server's files, below `root`."""
    return BlobFolder(root, "main server")
