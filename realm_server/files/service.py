"""Files of one realm, put together."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

from realm_protocol.errors import ServerDraining
from realm_protocol.uploads import UPLOAD_TYPE, UPLOADS_PATH, NewUpload, upload_headers
from realm_server.counts import Counts
from realm_server.files.cache import FileCache
from realm_server.files.main_files import FoundFile, MainFiles
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
        self.threads = DiskThreads()
        folder = settings.folder() / "cache"
        self.cache = FileCache(
            folder, settings.file_cache_bytes, self.main, self.threads, self.pace, counts
        )
        self.cache.open()

    async def upload(self, session: str, upload: NewUpload, content: AsyncIterator[bytes]) -> str:
        """Bring a whole file to main for the person behind a session; its id."""
        if self.draining:
            raise ServerDraining
        headers = upload_headers(upload)
        begun = await self.main.pass_on(session, "POST", UPLOADS_PATH, headers)
        place = begun.headers["Location"]
        if upload.size:
            headers = {
                "Content-Type": UPLOAD_TYPE,
                "Content-Length": str(upload.size),
                "Upload-Offset": "0",
            }
            await self.main.pass_on(session, "PATCH", place, headers, self.pace.paced(content))
        return str(place.rpartition("/")[2])

    async def fetch(self, session: str, file_id: str) -> FoundFile:
        """Have all bytes of a file in the cache; raises what hinders it."""
        file = await self.main.find(session, file_id)
        async for _ in self.content(session, file):
            pass
        return file

    def content(self, session: str, file: FoundFile) -> AsyncGenerator[bytes, None]:
        """All bytes of a file."""
        return self.cache.blocks(session, file, range(file.size))

    async def drain(self) -> None:
        """Take nothing new, and end what is under way: it goes on at another time."""
        self.draining = True
        await self.cache.drain()

    async def close(self) -> None:
        await self.main.close()
        self.threads.close()
