"""Files that leave one account's window: handed to chat-cli piece by piece, which sends them.

Where the bytes come from is a `Source`: a browser, a paste, the disk of a desktop. No Flet here.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ulid import ULID

from frontend.live import LiveAccount
from frontend.service.shapes import Conversation, Refusal, Upload
from frontend.window import uploads
from realm_protocol.errors import FileUnreadable, RealmchatError

_PIECE_BYTES = 256 * 1024
_TELL_SECONDS = 0.25
_PATIENCE_SECONDS = 3.0

Take = Callable[[AsyncIterator[bytes]], Awaitable[None]]


class SourceLost(Exception):
    """The bytes stopped coming: a page that was shut, a file that was moved."""


class Source(Protocol):
    """A file that was chosen."""

    name: str
    size: int

    async def hand(self, take: Take) -> None:
        """Give its bytes to `take`, now or when they come."""

    def release(self) -> None:
        """Nobody will ask for them again."""


class Pasted:
    """Bytes that are here already."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self.size = len(content)
        self._content = content

    async def hand(self, take: Take) -> None:
        await take(self._pieces())

    async def _pieces(self) -> AsyncIterator[bytes]:
        for start in range(0, self.size, _PIECE_BYTES):
            yield self._content[start : start + _PIECE_BYTES]

    def release(self) -> None:
        self._content = b""


class OnDisk:
    """A file of this machine, where the window is a program of its own."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.size = path.stat().st_size
        self._path = path

    async def hand(self, take: Take) -> None:
        await take(self._pieces())

    async def _pieces(self) -> AsyncIterator[bytes]:
        try:
            with self._path.open("rb") as file:
                while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
                    yield piece
        except OSError as exc:
            raise SourceLost from exc

    def release(self) -> None:
        """It stays where it is."""


class Uploading:
    """The files of one account that were chosen in this window."""

    def __init__(self, live: LiveAccount) -> None:
        self._live = live
        self._sources: dict[str, Source] = {}

    def begin(self, conversation: Conversation, source: Source, now: datetime) -> str:
        """Show it where its message will stand; answers its key, with which it is handed over."""
        key = str(ULID())
        self._sources[key] = source
        upload = Upload(key, conversation.conversation, source.name, source.size, now)
        self._live.apply(uploads.begin, upload)
        return key

    async def hand(self, key: str) -> None:
        """Done when chat-cli has it whole, or won't; unless it was cancelled before."""

        async def take(pieces: AsyncIterator[bytes]) -> None:
            await self._take(key, pieces)

        if key in self._sources:
            try:
                await self._sources[key].hand(take)
            except SourceLost:
                self._lose(key)

    async def sent(self, key: str) -> None:
        """Wait a moment for its message, so that the next file's stands behind it."""
        await self._live.until(lambda state: key not in state.uploads, _PATIENCE_SECONDS)

    async def _take(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        """What goes wrong is told in the bubble."""
        upload = self._live.state.uploads.get(key)
        conversation = None if upload is None else self._live.state.find(upload.conversation)
        if upload is None or conversation is None:
            return  # cancelled before its turn came
        try:
            transfer = await self._live.client.send_file(
                conversation.title, conversation.kind, upload, self._counted(key, pieces)
            )
        except SourceLost:
            self._lose(key)
        except RealmchatError as error:
            self._live.apply(uploads.fail, key, Refusal(error.code, error.fields))
        else:
            self._release(key)
            self._live.apply(uploads.take_over, key, transfer)

    def _lose(self, key: str) -> None:
        self._live.apply(uploads.fail, key, Refusal(FileUnreadable.code, {}))

    async def _counted(self, key: str, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same pieces; how many have gone is told now and then."""
        clock = asyncio.get_running_loop().time
        done, told_at = 0, clock()
        async for piece in pieces:
            if key not in self._live.state.uploads:
                raise SourceLost  # cancelled
            yield piece
            done += len(piece)
            if clock() - told_at >= _TELL_SECONDS:
                told_at = clock()
                self._live.apply(uploads.move, key, done)

    # --- what a person does ----------------------------------------------------------------------

    async def cancel(self, key: str) -> None:
        """Stop it; the service keeps what it has, for `retry`."""
        upload = self._live.state.uploads.get(key)
        if upload is not None and upload.transfer:
            await self._live.client.cancel_upload(upload.transfer)
        else:
            self._forget(key)

    async def retry(self, key: str) -> None:
        """Raises why it can't be gone on with."""
        upload = self._live.state.uploads.get(key)
        if upload is None:
            return
        if upload.transfer:
            await self._live.client.retry_upload(upload.transfer)
        elif key in self._sources:
            self._live.apply(uploads.restart, key)
            await self.hand(key)

    async def remove(self, key: str) -> None:
        upload = self._live.state.uploads.get(key)
        if upload is not None and upload.transfer:
            await self._live.client.remove_upload(upload.transfer)
        self._forget(key)

    def _forget(self, key: str) -> None:
        self._release(key)
        self._live.apply(uploads.forget, key)

    def _release(self, key: str) -> None:
        if (source := self._sources.pop(key, None)) is not None:
            source.release()

    def close(self) -> None:
        for key in list(self._sources):
            self._release(key)
