"""Files of one realm, put together."""

from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

from realm_protocol.errors import LinkDown, ServerDraining
from realm_protocol.uploads import UPLOAD_TYPE, UPLOADS_PATH, NewUpload, upload_headers
from realm_server.counts import Counts
from realm_server.files.cache import FileCache
from realm_server.files.main_files import FoundFile, MainFiles
from realm_server.files.opening import Opening
from realm_server.files.pace import Pace
from realm_server.files.waiting import WaitingFiles
from realm_server.link import Link, MainServer
from realm_server.settings import RealmSettings
from realm_server.store import KnownSession
from realm_service.disk_threads import DiskThreads
from realm_service.giving_way import GivingWay


class Files:
    """Made inside the event loop that it lives in; `drain`, then `close`."""

    def __init__(
        self,
        settings: RealmSettings,
        main: MainServer,
        counts: Counts,
        link: Link,
        store: Path,
    ) -> None:
        """`store` is the path of the realm's open one. `opening` is set before the first request.

        Raises `StorageFull` or `StoreUnwritable`.
        """
        self.draining = False
        self.opening: Opening
        self._link = link
        way = GivingWay(lambda: counts.messages_from_clients + counts.messages_from_main)
        self.pace = Pace(settings.file_bytes_per_second, way)
        self.main = MainFiles(settings.main_url, main, link.down_fields)
        self.threads = DiskThreads()
        self.waiting = WaitingFiles(
            settings.folder() / "uploads",
            store,
            self.main,
            self.threads,
            self.pace,
            way,
            settings.upload_bytes,
        )
        folder = settings.folder() / "cache"
        self.cache = FileCache(
            folder, settings.file_cache_bytes, self.main, self.threads, self.pace, way, counts
        )
        self.cache.open()

    @property
    def takes_in(self) -> bool:
        """Whether a new upload is taken in here, since main can't take it."""
        return not self._link.is_steady

    def uploader(self, session: str) -> KnownSession:
        """Whose upload it is that is taken in here; raises what hinders it."""
        return self.opening.person(session)

    async def upload(self, session: str, upload: NewUpload, content: AsyncIterator[bytes]) -> str:
        """Bring a whole file to main for the person behind a session; its id."""
        if self.draining:
            raise ServerDraining
        if self.takes_in:
            return await self._take_in(session, upload, content)
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

    async def _take_in(self, session: str, upload: NewUpload, content: AsyncIterator[bytes]) -> str:
        sender = self.uploader(session).address
        file_id = await self.waiting.begin(sender, upload)
        if upload.size:
            await self.waiting.uploads.append(sender, file_id, 0, content)
        return file_id

    async def find(self, session: str, file_id: str) -> FoundFile:
        """A file that the person behind a session may open; raises what hinders it."""
        waiting = self.opening.waiting(session, file_id)
        if waiting is not None:
            return waiting
        if self._link.is_up:
            return await self.main.find(session, file_id)
        file = self.opening.of_site(session, file_id)
        if not await self.cache.holds(file):
            raise LinkDown(**self._link.down_fields())
        return file

    async def fetch(self, session: str, file_id: str) -> FoundFile:
        """Have all bytes of a file in the cache; raises what hinders it."""
        file = await self.find(session, file_id)
        async for _ in self.content(session, file):
            pass
        return file

    def content(self, session: str, file: FoundFile) -> AsyncGenerator[bytes, None]:
        """All bytes of a file."""
        return self.cache.blocks(session, file, range(file.size))

    async def drain(self) -> None:
        """Take nothing new, and end what is under way: it goes on at another time."""
        self.draining = True
        self.waiting.stop()
        self.waiting.uploads.drain()
        await self.cache.drain()

    async def close(self) -> None:
        await self.waiting.close()
        await self.main.close()
        self.threads.close()
