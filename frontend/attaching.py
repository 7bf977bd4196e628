"""Files in the window of one account: chosen in its page or pasted there, saved and opened."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import flet as ft

from frontend.file_gate import FileGate, Slip, read_slip
from frontend.service.shapes import Conversation, File
from frontend.uploading import OnDisk, Pasted, Source, SourceLost, Take, Uploading
from frontend.views.files import FileDeeds
from realm_protocol.file_names import safe_file_name

if TYPE_CHECKING:
    from frontend.chatting import Chatting

_BEGIN_SECONDS = 60.0
"""A browser that doesn't begin in that time has lost what was chosen."""


class _InBrowser:
    """A file that was chosen in a page, which brings it by a way of its own. `picks` counts those
    of each choice that may still be wanted.
    """

    def __init__(self, gate: FileGate, name: str, slip: Slip, picks: Counter[str]) -> None:
        self.name = name
        self.size = slip.size
        self._gate = gate
        self._slip = slip
        self._picks = picks
        picks[slip.pick] += 1

    async def hand(self, take: Take) -> None:
        begun, done = asyncio.Event(), asyncio.Event()

        async def took(pieces: AsyncIterator[bytes]) -> None:
            begun.set()
            try:
                await take(pieces)
            finally:
                done.set()

        ticket = self._gate.want(self._slip, took)
        try:
            async with asyncio.timeout(_BEGIN_SECONDS):
                await begun.wait()
        except TimeoutError as exc:
            self._gate.give_up(ticket)
            raise SourceLost from exc
        await done.wait()

    def release(self) -> None:
        self._picks[self._slip.pick] -= 1
        if not self._picks[self._slip.pick]:
            del self._picks[self._slip.pick]
            self._gate.forget(self._slip.pick)


class Attaching:
    """`gate` is None where the window is a program of its own, which has the files itself."""

    def __init__(self, chatting: "Chatting", gate: FileGate | None) -> None:
        self._chatting = chatting
        self._gate = gate
        self._uploading = Uploading(chatting.live)
        self._picks: Counter[str] = Counter()
        self.deeds = FileDeeds(
            url=self._url,
            save=self._save,
            show=self._show,
            cancel=lambda key: chatting.tried(self._uploading.cancel(key)),
            retry=lambda key: chatting.tried(self._uploading.retry(key)),
            remove=lambda key: chatting.tried(self._uploading.remove(key)),
        )

    # --- sending ---------------------------------------------------------------------------------

    def choice(self) -> ft.PickFiles:
        """What a button does that lets files be chosen."""
        picker = ft.FilePicker(on_result=self._chosen)
        return ft.PickFiles(
            picker,
            allow_multiple=True,
            with_data=self._gate is not None,
            cancel_upload_on_window_blur=False,
        )

    async def _chosen(self, event: ft.FilePickerResultEvent) -> None:
        await self._send(
            [
                OnDisk(Path(file.path)) if file.path else self._source(file.name, file.bytes)
                for file in event.files
            ]
        )

    async def pasted(self, event: ft.TextFieldPasteFilesEvent) -> None:
        await self._send([self._source(file.name, file.bytes) for file in event.files])

    def _source(self, name: str, content: bytes | None) -> Source:
        """A page brings slips; the client of a desktop pastes files themselves."""
        slip = None if self._gate is None or content is None else read_slip(content)
        if self._gate is None or slip is None:
            return Pasted(name, content or b"")
        return _InBrowser(self._gate, name, slip, self._picks)

    async def _send(self, sources: Sequence[Source]) -> None:
        conversation = self._chatting.live.state.find(self._chatting.opened)
        if conversation is None:
            for source in sources:
                source.release()
            return
        self._chatting.composer.focus()
        self._chatting.spawn(self._send_in_order(conversation, sources))
        await self._chatting.answering()

    async def _send_in_order(self, conversation: Conversation, sources: Sequence[Source]) -> None:
        """One after the other, so that they stand in the order in which they were chosen."""
        now = self._chatting.clock()
        for key in [self._uploading.begin(conversation, source, now) for source in sources]:
            await self._uploading.hand(key)
            await self._uploading.sent(key)

    # --- having ----------------------------------------------------------------------------------

    def _url(self, file: File, save: bool) -> str:
        if self._gate is None or not file.file_id:
            return ""
        return self._gate.url(self._chatting.live.client, file, save=save)

    async def _save(self, file: File) -> None:
        if url := self._url(file, True):
            await ft.UrlLauncher().launch_url(ft.Url(url, target=ft.UrlTarget.SELF))
            return
        place = await ft.FilePicker().save_file(file_name=safe_file_name(file.name))
        if place:
            await self._chatting.tried(self._fetch(file, Path(place)))

    async def _show(self, file: File) -> None:
        if url := self._url(file, False):
            await ft.UrlLauncher().launch_url(ft.Url(url, target=ft.UrlTarget.BLANK))
            return
        folder = Path(tempfile.mkdtemp(prefix="realmchat-"))
        place = folder / safe_file_name(file.name)
        await self._chatting.tried(self._fetch(file, place))
        await ft.UrlLauncher().launch_url(place.as_uri())

    async def _fetch(self, file: File, place: Path) -> None:
        async with self._chatting.live.client.open_file(file.file_id, None) as answer:
            with place.open("wb") as target:
                async for block in answer.aiter_bytes():
                    await asyncio.to_thread(target.write, block)

    def close(self) -> None:
        self._uploading.close()
        if self._gate is not None:
            self._gate.shut(self._chatting.live.client)
