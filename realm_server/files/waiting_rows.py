"""What the realm knows of files that wait for main: rows of its store, and the same in memory."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import msgspec
import sqlalchemy as sa

from realm_protocol.bodies import pack_file_body, read_file_body
from realm_protocol.errors import OutboxFull, TooManyUploads, UploadNotFound
from realm_protocol.file_types import UNKNOWN_TYPE
from realm_protocol.limits import UNFINISHED_UPLOADS
from realm_protocol.names import Address
from realm_protocol.uploads import NewUpload
from realm_server.schema import uploads
from realm_server.store import durable_engine
from realm_service.disk_threads import DiskThreads
from realm_service.sqlite import in_words


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A file that the realm takes in, or has taken in."""

    file_id: str
    sender: Address
    size: int
    sha256: str
    type: str
    is_whole: bool

    def described(self, body: bytes) -> bytes:
        """A message's body that names it, with what is known here in place of what it claims."""
        known = {"size": self.size, "type": self.type, "sha256": self.sha256}
        return pack_file_body(msgspec.structs.replace(read_file_body(body), **known))


class WaitingRows:
    """Of one realm. Reading is from memory; a change is synced when it returns."""

    def __init__(self, path: Path, threads: DiskThreads, limit: int) -> None:
        """`path` of the open store; `limit` in bytes of all files, half of it one person's."""
        self.changed: Callable[[], None] = _nobody
        """Called where there is one more or less, or one is whole."""
        self._path = path
        self._threads = threads
        self.limit = limit
        self._engine = durable_engine(path)
        with in_words(path), self._engine.connect() as connection:
            rows = connection.execute(sa.select(uploads).order_by(sa.text("rowid"))).all()
        self._files = {
            row.file_id: WaitingFile(**{**row._asdict(), "sender": Address(row.sender)})
            for row in rows
        }

    def close(self) -> None:
        self._engine.dispose()

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[WaitingFile]:
        return iter(list(self._files.values()))

    def __contains__(self, file_id: str) -> bool:
        return file_id in self._files

    @property
    def limit_of_one(self) -> int:
        """How many bytes one person may have here."""
        return self.limit // 2

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self._files.values())

    def whole(self, file_id: str) -> WaitingFile | None:
        """One whose bytes are all here."""
        file = self._files.get(file_id)
        return file if file is not None and file.is_whole else None

    # --- as `Uploads` needs it -------------------------------------------------------------------

    async def begin(self, owner: Address, file_id: str, upload: NewUpload) -> None:
        """Raises `OutboxFull` or `TooManyUploads`."""
        self._check_room(owner, upload.size)
        file = WaitingFile(file_id, owner, upload.size, upload.sha256, UNKNOWN_TYPE, False)
        self._files[file_id] = file
        try:
            await self._write(sa.insert(uploads).values(_row(file)))
        except BaseException:
            del self._files[file_id]
            raise
        self.changed()

    def _check_room(self, owner: Address, size: int) -> None:
        own = [file for file in self._files.values() if file.sender == owner]
        if sum(not file.is_whole for file in own) >= UNFINISHED_UPLOADS:
            raise TooManyUploads(limit=UNFINISHED_UPLOADS)
        if sum(file.size for file in own) + size > self.limit_of_one:
            raise OutboxFull(limit=self.limit_of_one)
        if self.bytes + size > self.limit:
            raise OutboxFull(limit=self.limit)

    async def find(self, owner: Address, file_id: str) -> WaitingFile:
        file = self._files.get(file_id)
        if file is None or file.sender != owner:
            raise UploadNotFound(file_id=file_id)
        return file

    async def finish(self, file_id: str, kind: str) -> None:
        whole = replace(self._files[file_id], type=kind, is_whole=True)
        here = uploads.c.file_id == file_id
        await self._write(sa.update(uploads).where(here).values(type=kind, is_whole=True))
        self._files[file_id] = whole
        self.changed()

    async def forget(self, file_id: str) -> None:
        if self.whole(file_id) is None and self.remove(file_id):
            await self.delete(file_id)
            self.changed()

    # --- the end ---------------------------------------------------------------------------------

    def remove(self, file_id: str) -> bool:
        """It is known no more, and shall be deleted; whether it was."""
        return self._files.pop(file_id, None) is not None

    async def delete(self, file_id: str) -> None:
        """Its row."""
        await self._write(sa.delete(uploads).where(uploads.c.file_id == file_id))

    async def _write(self, change: sa.Executable) -> None:
        def write() -> None:
            with in_words(self._path), self._engine.begin() as connection:
                connection.execute(change)

        await self._threads.run(write)


def _nobody() -> None:
    """Nobody waits for it."""


def _row(file: WaitingFile) -> dict[str, object]:
    return {**asdict(file), "sender": str(file.sender)}
