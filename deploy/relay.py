"""The way of one realm to main, through this process, so that it can be cut and mended.

It passes bytes and knows nothing of them. Where it is cut, what was under way breaks off, and who
connects anew waits without a word, as where a cable is out; mended, they go on at once.
"""

import asyncio
import contextlib

from deploy.plan import HOST

_CHUNK = 64 * 1024
_KEPT = 1024 * 1024
"""Most of what is kept of one connection that waits."""


class Relay:
    """From a port that is free to another of this machine."""

    def __init__(self, target: int) -> None:
        self.port = 0
        """Known once it is open."""
        self._target = target
        self._mended = asyncio.Event()
        self._mended.set()
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    @property
    def is_cut(self) -> bool:
        return not self._mended.is_set()

    @property
    def connections(self) -> int:
        """How many there are: passing, or waiting for the way to be whole."""
        return len(self._connections)

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._come, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._mended.set()
        self._break_off()
        await asyncio.gather(*self._connections)

    def cut(self) -> None:
        self._mended.clear()
        self._break_off()

    def mend(self) -> None:
        self._mended.set()

    def _break_off(self) -> None:
        for writer in self._connections.values():
            writer.transport.abort()

    def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections[task] = writer
        task.add_done_callback(self._connections.pop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError):
                said = await self._said_until_mended(reader)
                if said is not None:
                    await self._pass_on(said, reader, writer)
        finally:
            writer.close()

    async def _said_until_mended(self, reader: asyncio.StreamReader) -> bytes | None:
        """What was said before the way was whole; None where nobody waits any more."""
        said = b""
        mended = asyncio.create_task(self._mended.wait())
        try:
            while self.is_cut and len(said) < _KEPT:
                more = asyncio.create_task(reader.read(_CHUNK))
                await asyncio.wait({mended, more}, return_when=asyncio.FIRST_COMPLETED)
                if not more.done():
                    more.cancel()
                elif not more.result():
                    return None
                else:
                    said += more.result()
            await mended
        finally:
            mended.cancel()
        return said

    async def _pass_on(
        self, said: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Both ways, until either end has nothing more to say."""
        there, back = await asyncio.open_connection(HOST, self._target)
        back.write(said)
        ways = [
            asyncio.create_task(_pump(reader, back)),
            asyncio.create_task(_pump(there, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            back.close()
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
