"""What the database knows of uploads, as taking them in needs it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from sqlalchemy.engine import Connection

from main_server.rules import files as rules
from main_server.rules.files import StoredFile
from main_server.store.writer import Transaction
from realm_protocol.limits import FILE_LIMIT
from realm_protocol.uploads import NewUpload

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What the operator allows, in bytes."""

    file: int = FILE_LIMIT
    quota: int = 20 * FILE_LIMIT
    """Of all files of one person."""


class Store(Protocol):
    """The database, as files need it."""

    async def read(self, question: Callable[[Connection], T]) -> T: ...

    async def write(self, work: Callable[[Transaction], T]) -> T: ...


class StoredUploads:
    """The rows of `Uploads`, whose owners are the numbers of persons."""

    def __init__(self, store: Store, quota: int) -> None:
        self._store = store
        self._quota = quota

    async def begin(self, owner: int, file_id: str, upload: NewUpload) -> None:
        noted = partial(
            rules.begin_upload,
            file_id=file_id,
            person_id=owner,
            upload=upload,
            quota=self._quota,
        )
        await self._store.write(noted)

    async def find(self, owner: int, file_id: str) -> StoredFile:
        find = partial(rules.find_upload, file_id=file_id, person_id=owner)
        return await self._store.read(find)

    async def finish(self, file_id: str, kind: str) -> None:
        await self._store.write(partial(rules.finish_upload, file_id=file_id, kind=kind))

    async def forget(self, file_id: str) -> None:
        await self._store.write(partial(rules.forget_uploads, file_ids=[file_id]))
