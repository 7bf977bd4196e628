"""Files of one realm, put together."""

from collections.abc import Callable
from typing import Any

from realm_server.counts import Counts
from realm_server.files.cache import FileCache
from realm_server.files.main_files import MainFiles
from realm_server.files.pace import Pace
from realm_server.link import MainServer
from realm_server.settings import RealmSettings
from realm_service.disk_threads import DiskThreads


class Files:
    """Made inside the event loop that it lives in; `drain`, then `close`."""

    def __init__(
        self,
        settings: RealmSettings,
        main: MainServer,
        counts: Counts,
        down: Callable[[], dict[str, Any]],
    ) -> None:
        """`down` makes the fields of `LinkDown`."""
        self.draining = False
        self.pace = Pace(settings.file_bytes_per_second)
        self.main = MainFiles(settings.main_url, main, down)
        self._threads = DiskThreads()
        folder = settings.folder() / "cache"
        self.cache = FileCache(
            folder, settings.file_cache_bytes, self.main, self._threads, self.pace, counts
        )
        self.cache.open()

    async def drain(self) -> None:
        """Take nothing new, and end what is under way: it goes on at another time."""
        self.draining = True
        await self.cache.drain()

    async def close(self) -> None:
        await self.main.close()
        self._threads.close()
