"""Bytes of files as they come from the realm, checked, and gone on with where a line was cut."""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack

import httpx
from ulid import ULID

from chat_cli.account.files.realm import AtRealm, RealmFiles
from chat_cli.account.files.transfers import Transfer, Transfers
from chat_cli.account.lanes import growing_wait
from realm_protocol.bodies import FileBody
from realm_protocol.errors import (
    FileDamaged,
    NotSignedIn,
    RealmchatError,
    RealmUnreachable,
    TransferCancelled,
    TryLater,
)
from realm_service.logs import get_logger

log = get_logger("chat_cli.downloading")

CUTS_IN_A_ROW = 6
"""So often in a row a cut download is taken up without a byte; its reader can ask again."""
_PART = re.compile(r"bytes ([0-9]+)-([0-9]+)/([0-9]+)")


class Downloads:
    """The downloads of one account."""

    def __init__(
        self,
        transfers: Transfers,
        realm: RealmFiles,
        *,
        at: Callable[[], AtRealm | None],
        jitter: Callable[[], float],
    ) -> None:
        self._transfers = transfers
        self._realm = realm
        self._at = at
        self._jitter = jitter

    async def open(
        self, file_id: str, asked_range: str | None, known: FileBody | None
    ) -> "Download":
        """Raises the realm's refusal, or why it can't be asked.

        `known` is what a message says of the file, where one is held here.
        """
        source = _Source(self._realm, self._at, file_id, known.size if known else 0)
        try:
            answer = await source.open(asked_range)
            part, size = _part_of(answer)
        except BaseException:
            await source.close()
            raise
        transfer = Transfer(
            str(ULID()),
            "download",
            known.name if known else file_id,
            size,
            {"file_id": file_id},
            done=part.start,
        )
        self._transfers.add(transfer)
        return Download(
            source,
            part,
            size,
            sha256=known.sha256 if known else answer.headers.get("ETag", "").strip('"'),
            is_partial=answer.status_code == httpx.codes.PARTIAL_CONTENT,
            tell=self._transfers,
            transfer=transfer,
            jitter=self._jitter,
        )


class _Source:
    """The realm's answer that is read at this moment."""

    def __init__(
        self, realm: RealmFiles, at: Callable[[], AtRealm | None], file_id: str, size: int
    ) -> None:
        """`size` is 0 where it isn't known."""
        self._realm = realm
        self._at = at
        self._file_id = file_id
        self._size = size
        self._stack = AsyncExitStack()

    async def open(self, asked_range: str | None) -> httpx.Response:
        await self.close()
        at = self._at()
        if at is None:
            raise NotSignedIn
        headers = {} if asked_range is None else {"Range": asked_range}
        opening = self._realm.open(at, self._file_id, self._size, headers)
        self._answer = await self._stack.enter_async_context(opening)
        self._asked = at
        return self._answer

    async def pieces(self) -> AsyncIterator[bytes]:
        async for piece in self._realm.pieces(self._asked, self._answer):
            yield piece

    async def close(self) -> None:
        await self._stack.aclose()


class Download:
    """A file, or a part of one, whose bytes come."""

    def __init__(
        self,
        source: _Source,
        part: range,
        size: int,
        *,
        sha256: str,
        is_partial: bool,
        tell: Transfers,
        transfer: Transfer,
        jitter: Callable[[], float],
    ) -> None:
        self.part = part
        self.size = size
        self.sha256 = sha256
        self.is_partial = is_partial
        self._source = source
        self._tell = tell
        self._transfer = transfer
        self._jitter = jitter
        self._position = part.start
        self._digest = hashlib.sha256()

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The bytes; of a whole file the last ones only when all are known to be right.

        Raises `FileDamaged`, `TransferCancelled`, or why the rest can't be had.
        """
        self._tell.change(self._transfer, "running")
        held = b""
        try:
            async for piece in self._received():
                if held:
                    yield held
                held = piece
            self._check()
            if held:
                yield held
            self._tell.change(self._transfer, "done")
        except RealmchatError as error:
            if self._transfer.state == "running":
                self._tell.change(self._transfer, "refused", error)
            raise
        finally:
            if self._transfer.state == "running":  # whoever read it has gone
                self._tell.change(self._transfer, "cancelled")
            await self._source.close()

    async def _received(self) -> AsyncIterator[bytes]:
        """As they come; where the line is cut, from there on again."""
        cuts = 0
        while self._position < self.part.stop:
            try:
                if cuts:
                    await self._take_up()
                async for piece in self._source.pieces():
                    cuts = 0
                    self._count(piece)
                    yield piece
                if self._position < self.part.stop:
                    raise RealmUnreachable(url="", detail="the file broke off")
            except TryLater as error:
                cuts += 1
                log.info("download_cut", code=error.code, cuts=cuts)
                if cuts > CUTS_IN_A_ROW:
                    raise
                if cuts > 1:
                    await asyncio.sleep(growing_wait(cuts - 1, self._jitter()))

    async def _take_up(self) -> None:
        answer = await self._source.open(f"bytes={self._position}-{self.part.stop - 1}")
        if _part_of(answer) != (range(self._position, self.part.stop), self.size):
            raise FileDamaged(file_id=self._transfer.about["file_id"])

    @property
    def _is_all(self) -> bool:
        return len(self.part) == self.size

    def _count(self, piece: bytes) -> None:
        if self._transfer.state == "cancelled":
            raise TransferCancelled(transfer=self._transfer.id)
        if self._is_all:
            self._digest.update(piece)
        self._position += len(piece)
        self._tell.moved(self._transfer, self._position)

    def _check(self) -> None:
        too_many = self._position != self.part.stop
        wrong = self._is_all and self._digest.hexdigest() != self.sha256
        if too_many or wrong:
            raise FileDamaged(file_id=self._transfer.about["file_id"])


def _part_of(answer: httpx.Response) -> tuple[range, int]:
    """Which part of how many bytes was answered; raises `RealmUnreachable` where it isn't said."""
    if answer.status_code == httpx.codes.PARTIAL_CONTENT:
        found = _PART.fullmatch(answer.headers.get("Content-Range", ""))
        if found is not None:
            return range(int(found[1]), int(found[2]) + 1), int(found[3])
    elif (length := answer.headers.get("Content-Length", "")).isdecimal():
        return range(int(length)), int(length)
    url = str(answer.request.url.copy_with(path="/"))
    raise RealmUnreachable(url=url, detail="it doesn't say how long the file is")
