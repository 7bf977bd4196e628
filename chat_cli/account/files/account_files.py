"""Files of an account as the routes see them: sending, fetching, and what is under way."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Connection, func, select
from ulid import ULID

from chat_cli.account.feed import Feed
from chat_cli.account.files import upload_rows
from chat_cli.account.files.downloading import Download, Downloads
from chat_cli.account.files.realm import AtRealm, RealmFiles
from chat_cli.account.files.spool import Incoming, Spool, Spooled
from chat_cli.account.files.transfers import Transfer, Transfers, of_upload
from chat_cli.account.files.upload_rows import NewUpload, Upload
from chat_cli.account.files.uploading import Uploads
from chat_cli.account.outbox_rows import Sent
from chat_cli.account.outgoing import Outgoing
from chat_cli.account.recipients import Recipient, conversation_with
from chat_cli.account.schema import messages, pending
from chat_cli.account.shapes import read_file
from chat_cli.account.store import Store
from realm_protocol.bodies import FileBody
from realm_protocol.errors import TryLater
from realm_protocol.file_names import safe_file_name
from realm_protocol.names import Address, Target, check_key, print_target

Json = dict[str, Any]


class AccountFiles:
    """The files of one account, whether or not there is a connection."""

    def __init__(
        self,
        store: Store,
        me: Address,
        feed: Feed,
        outgoing: Outgoing,
        spool: Spool,
        realm: RealmFiles,
        *,
        at: Callable[[], AtRealm | None],
        resolve: Callable[[Recipient], Awaitable[Target]],
        check: Callable[[Target], Awaitable[None]],
        outbox_limit: int,
        now: Callable[[], int],
        jitter: Callable[[], float],
    ) -> None:
        """`check` asks main whether a message can reach somebody."""
        self._store = store
        self._me = me
        self._outgoing = outgoing
        self._spool = spool
        self._resolve = resolve
        self._check = check
        self._outbox_limit = outbox_limit
        self._now = now
        self._transfers = Transfers(feed, asyncio.get_running_loop().time)
        self._uploads = Uploads(
            store,
            spool,
            self._transfers,
            realm,
            at=at,
            check=check,
            complete=self._complete,
            jitter=jitter,
        )
        self._downloads = Downloads(self._transfers, realm, at=at, jitter=jitter)

    async def go_on(self) -> None:
        """Take up what was under way when the service ended."""
        await self._uploads.go_on()

    async def close(self) -> None:
        await self._uploads.close()

    def hurry(self) -> None:
        """The realm can be reached."""
        self._uploads.hurry()

    # --- sending ---------------------------------------------------------------------------------

    async def check(self, recipient: Recipient) -> None:
        """Refuse a file for whom no message can reach, before it comes. Where main can't be asked
        now it is asked before the file goes.
        """
        with contextlib.suppress(TryLater):
            await self._check(await self._resolve(recipient))

    def begin(self, expected: int) -> Incoming:
        """Take a file in; raises `FileTooLarge` or `StorageFull` before its first byte."""
        return self._spool.begin(str(ULID()), expected)

    async def send(
        self,
        spooled: Spooled,
        name: str,
        recipient: Recipient,
        *,
        key: str | None,
        go_on: bool,
        wait_seconds: float,
    ) -> tuple[Sent, Json | None]:
        """Send a file that is here whole, and wait so long for main to have its message; answers
        what became of the two. Of a key that is known there is a message only.

        `go_on`: where the same file is on its way to the same recipient already, that is meant.
        Raises a refusal that is final in that time.
        """
        safe = safe_file_name(name)
        try:
            known = await self._keep(spooled, safe, recipient, key, go_on=go_on)
        except BaseException:
            self._spool.remove(spooled.id)
            raise
        if isinstance(known, Sent):
            self._spool.remove(spooled.id)
            return known, None
        if known.id != spooled.id:
            self._spool.remove(spooled.id)
            await self.retry(known.id)
        else:
            self._uploads.start(known)
        sent, upload = await self._outcome(known.id, wait_seconds)
        if sent.refusal is not None:
            raise sent.refusal
        return sent, self._json(upload)

    async def _keep(
        self, spooled: Spooled, name: str, recipient: Recipient, key: str | None, *, go_on: bool
    ) -> Sent | Upload:
        if go_on and key is None:
            same = await self._store.run(
                lambda c: upload_rows.find_unfinished(c, recipient, name, spooled.sha256)
            )
            if same is not None:
                return same
        chosen = check_key(key) if key is not None else str(ULID())
        target = await self._resolve(recipient)
        conversation = conversation_with(self._me, target)
        new = NewUpload(spooled, chosen, print_target(target), conversation, name)
        now = self._now()
        return await self._store.run(lambda c: upload_rows.begin(c, self._me, new, recipient, now))

    async def _outcome(self, upload: str, seconds: float) -> tuple[Sent, Upload]:
        """What became of a file and its message within this time."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        await self._uploads.ended(upload, seconds)
        known = await self._store.run(lambda c: upload_rows.get(c, upload))
        sent: Sent | None = known.sent
        if known.state == "done":
            sent = await self._outgoing.outcome(known.key, max(until - loop.time(), 0))
        return sent or known.sent, known

    async def _complete(self, upload: str) -> bool:
        now = self._now()
        sent = await self._store.run(
            lambda c: upload_rows.complete(c, self._me, upload, limit=self._outbox_limit, now=now)
        )
        if sent is not None:
            await self._outgoing.reload(sent.conversation)
        return sent is not None

    # --- fetching --------------------------------------------------------------------------------

    async def open(self, file_id: str, asked_range: str | None) -> tuple[Download, FileBody | None]:
        """The bytes of a file, and what a message says of it where one is held here."""
        known = await self._store.run(lambda c: find_file(c, file_id))
        return await self._downloads.open(file_id, asked_range, known), known

    # --- what is under way -----------------------------------------------------------------------

    async def list(self) -> list[Json]:
        """All transfers, the oldest first."""
        uploads = await self._store.run(upload_rows.list_all)
        downloads = [self._transfers.json(transfer) for transfer in self._transfers.downloads()]
        told = [self._json(upload) for upload in uploads] + downloads
        return sorted(told, key=lambda transfer: str(transfer["transfer"]))

    async def get(self, transfer: str, wait_seconds: float = 0) -> tuple[Json, Sent | None]:
        """How far it is, and what became of an upload's message, after waiting at most so long for
        main to have that. Raises `TransferNotFound`.
        """
        if (download := self._find_download(transfer)) is not None:
            return self._transfers.json(download), None
        sent, upload = await self._outcome(transfer, wait_seconds)
        return self._json(upload), sent

    async def cancel(self, transfer: str) -> Json:
        """Stop it; an upload can be gone on with. Raises `TransferNotFound`."""
        if (download := self._find_download(transfer)) is not None:
            if download.state in ("waiting", "running"):
                self._transfers.change(download, "cancelled")
            return self._transfers.json(download)
        upload = await self._store.run(lambda c: upload_rows.cancel(c, transfer))
        if upload.state == "cancelled":
            await self._uploads.stop(transfer)
            self._transfers.change(self._transfers.add(of_upload(upload)), "cancelled")
        return self._json(upload)

    async def retry(self, transfer: str) -> Json:
        """Go on with an upload that was cancelled or refused, or at once with one that waits."""
        if (download := self._find_download(transfer)) is not None:
            return self._transfers.json(download)  # whoever reads it asks again
        upload = await self._store.run(lambda c: upload_rows.retry(c, transfer))
        if upload.state == "going":
            self._transfers.change(self._transfers.add(of_upload(upload)), "waiting")
            self._uploads.start(upload)
            self._uploads.hurry()
        return self._json(upload)

    async def remove(self, transfer: str) -> Json:
        """Forget it, with the bytes that wait here. What main has as a message stays."""
        if (download := self._find_download(transfer)) is not None:
            self._transfers.change(download, "cancelled")
            self._transfers.forget(transfer)
            return self._transfers.json(download)
        upload = await self._store.run(lambda c: upload_rows.remove(c, transfer))
        await self._uploads.stop(transfer)
        await self._uploads.drop(upload)
        self._spool.remove(transfer)
        self._transfers.forget(transfer)
        return self._json(upload)

    def _find_download(self, transfer: str) -> Transfer | None:
        found = self._transfers.find(transfer)
        return found if found is not None and found.direction == "download" else None

    def _json(self, upload: Upload) -> Json:
        """As it moves, where it does; else as the store has it."""
        moving = self._transfers.find(upload.id)
        is_moving = moving is not None and upload.state in ("going", "done")
        return self._transfers.json(moving if moving and is_moving else of_upload(upload))


def find_file(connection: Connection, file_id: str) -> FileBody | None:
    """What a message that is held here says of a file."""
    for table in (messages, pending):
        of_it = func.json_extract(table.c.file, "$.file_id") == file_id
        found = connection.scalar(
            select(table.c.file).where(table.c.file.is_not(None), of_it).limit(1)
        )
        if found is not None:
            return read_file(found)
    return None
