"""Sending the files of the spool: one after the other begins, goes on where it was cut, for ever.

When main has a file whole, its message takes its place in the outbox; what is said to main is
`realm`'s, what is kept is `upload_rows`'.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from chat_cli.account.files import images, upload_rows
from chat_cli.account.files.realm import AtRealm, RealmFiles
from chat_cli.account.files.spool import Spool
from chat_cli.account.files.transfers import Transfer, Transfers, of_upload
from chat_cli.account.files.upload_rows import Upload
from chat_cli.account.lanes import growing_wait
from chat_cli.account.store import Store
from realm_protocol.errors import (
    FileDamaged,
    FileUnreadable,
    LinkDown,
    NotSignedIn,
    OurFault,
    RealmchatError,
    RealmUnreachable,
    SessionEnded,
    TryLater,
    UploadNotFound,
    UploadOffsetConflict,
    UploadTakenOver,
)
from realm_protocol.names import Target, parse_target
from realm_protocol.uploads import NewUpload
from realm_service.logs import get_logger

log = get_logger("chat_cli.uploading")

AT_A_TIME = 3
"""A small file needn't wait for a large one."""

_AGAIN = (
    *(TryLater, OurFault, NotSignedIn, SessionEnded),
    *(UploadNotFound, UploadOffsetConflict, UploadTakenOver),
)
"""What stands in the way for now; all else is the last word."""


@dataclass(slots=True)
class _Tries:
    """How often an upload has been tried since main last got more of it."""

    in_vain: int = 0
    _most: int = -1

    def main_has(self, offset: int) -> None:
        if offset > self._most:
            self._most, self.in_vain = offset, 0


class Uploads:
    """The uploads of one account."""

    def __init__(
        self,
        store: Store,
        spool: Spool,
        transfers: Transfers,
        realm: RealmFiles,
        *,
        at: Callable[[], AtRealm | None],
        check: Callable[[Target], Awaitable[None]],
        complete: Callable[[str], Awaitable[bool]],
        jitter: Callable[[], float],
    ) -> None:
        """`at` is None while nobody is signed in. `check` raises why main would refuse a message to
        somebody. `complete` puts the message of an upload into the outbox; false where it was
        stopped meanwhile.
        """
        self._store = store
        self._spool = spool
        self._transfers = transfers
        self._realm = realm
        self._at = at
        self._check = check
        self._complete = complete
        self._jitter = jitter
        self._slots = asyncio.Semaphore(AT_A_TIME)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._hurried: set[asyncio.Event] = set()

    async def go_on(self) -> None:
        """Take up what the store has, when the service starts."""
        known = await self._store.run(upload_rows.list_all)
        self._spool.keep_only(upload.id for upload in known if upload.state != "done")
        for upload in known:
            if upload.state == "going":
                self.start(upload)

    async def close(self) -> None:
        """Stop; what is under way goes on after the next start."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def start(self, upload: Upload) -> None:
        """See to it that this one gets to main."""
        if upload.id not in self._running:
            transfer = self._transfers.add(of_upload(upload))
            task = asyncio.create_task(self._see_through(upload.id, transfer))
            self._running[upload.id] = task
            task.add_done_callback(lambda _: self._running.pop(upload.id, None))

    async def stop(self, upload: str) -> None:
        """End the work on one; the caller has said in the store what becomes of it."""
        task = self._running.get(upload)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def ended(self, upload: str, seconds: float) -> None:
        """Wait at most so long until the work on it is over."""
        task = self._running.get(upload)
        if task is not None and seconds > 0:
            await asyncio.wait([task], timeout=seconds)

    def hurry(self) -> None:
        """The realm can be reached again, or somebody asks: don't wait any longer."""
        for event in self._hurried:
            event.set()

    async def drop(self, upload: Upload) -> None:
        """Have main throw away what it has; it does so by itself after a day."""
        at = self._at()
        if at is not None and upload.file_id is not None and upload.state != "done":
            with contextlib.suppress(RealmchatError):
                await self._realm.drop(at, upload.file_id)

    # --- one upload ------------------------------------------------------------------------------

    async def _see_through(self, upload: str, transfer: Transfer) -> None:
        tries = _Tries()
        while True:
            try:
                async with self._slots:
                    await self._send(upload, transfer, tries)
                return
            except _AGAIN as error:
                tries.in_vain += 1
                log.info("upload_put_off", code=error.code)
                self._transfers.change(transfer, "waiting", error)
                await self._wait(error, tries.in_vain)
            except RealmchatError as error:
                await self._refuse(upload, transfer, error)
                return
            except OSError as exc:
                detail = exc.strerror or type(exc).__name__
                unreadable = FileUnreadable(path=transfer.name, detail=detail)
                await self._refuse(upload, transfer, unreadable)
                return

    async def _send(self, upload: str, transfer: Transfer, tries: "_Tries") -> None:
        """All that is left to do, once."""
        known = await self._store.run(lambda connection: upload_rows.get(connection, upload))
        if known.file_id is None:
            with contextlib.suppress(LinkDown):  # the realm takes it, and main will say
                await self._check(parse_target(known.target))
        await self._look_at(known)
        at = self._at()
        if at is None:
            raise NotSignedIn
        file_id = known.file_id or await self._begin(at, known)
        try:
            await self._send_bytes(at, known, file_id, transfer, tries)
        except (UploadNotFound, FileDamaged) as error:
            await self._store.run(lambda c: upload_rows.keep_file_id(c, upload, None))
            await self._check_own(known, error)
            raise
        if await self._complete(upload):
            self._spool.remove(upload)
            self._transfers.change(transfer, "done")

    async def _look_at(self, upload: Upload) -> None:
        """Before the first byte goes: what a list will show of the picture."""
        if upload.picture is None:
            path = self._spool.path(upload.id)
            picture = await images.look_at(path, upload.size, upload.type)
            await self._store.run(lambda c: upload_rows.keep_picture(c, upload.id, picture))

    async def _begin(self, at: AtRealm, upload: Upload) -> str:
        file_id = await self._realm.begin(at, NewUpload(upload.size, upload.sha256))
        await self._store.run(lambda c: upload_rows.keep_file_id(c, upload.id, file_id))
        return file_id

    async def _send_bytes(
        self, at: AtRealm, upload: Upload, file_id: str, transfer: Transfer, tries: "_Tries"
    ) -> None:
        """Until main has said that it has them all, and that they are right."""
        offset = await self._realm.offset(at, file_id)
        tries.main_has(offset)
        self._transfers.change(transfer, "running")
        self._transfers.moved(transfer, offset)
        if offset == upload.size:
            return
        pieces = self._counted(upload.id, offset, transfer)
        reached = await self._realm.send(at, file_id, offset, upload.size, pieces)
        self._transfers.moved(transfer, reached)
        if reached < upload.size:
            raise RealmUnreachable(url=at.url, detail="it took only a part of the file")

    async def _counted(self, upload: str, offset: int, transfer: Transfer) -> AsyncIterator[bytes]:
        async for piece in self._spool.read(upload, offset):
            yield piece
            offset += len(piece)
            self._transfers.moved(transfer, offset)

    async def _check_own(self, upload: Upload, error: RealmchatError) -> None:
        """Where main says that bytes were damaged, it may have been here: then it is no use."""
        if isinstance(error, FileDamaged):
            if not await self._spool.is_sound(upload.id, upload.sha256):
                raise FileUnreadable(path=upload.name, detail="its copy here is damaged")
            log.warning("upload_damaged_on_its_way")

    async def _refuse(self, upload: str, transfer: Transfer, error: RealmchatError) -> None:
        log.info("upload_refused", code=error.code)
        await self._store.run(lambda connection: upload_rows.refuse(connection, upload, error))
        self._transfers.change(transfer, "refused", error)

    async def _wait(self, error: RealmchatError, attempt: int) -> None:
        """What got on before it was cut goes on at once; all else after growing waits."""
        asked = error.fields.get("retry_after_seconds")
        wait = float(asked) if isinstance(asked, int | float) else 0.0
        if not wait and attempt <= 1:
            return
        hurried = asyncio.Event()
        self._hurried.add(hurried)
        try:
            async with asyncio.timeout(wait or growing_wait(attempt - 1, self._jitter())):
                await hurried.wait()
        except TimeoutError:
            pass  # time for the next attempt
        finally:
            self._hurried.discard(hurried)
