"""Answers whose bytes are made as they are sent: downloads of files, with their ranges.

Where the bytes come from is the asker's own matter.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from realm_protocol.errors import RealmchatError
from realm_protocol.uploads import content_range, read_range
from realm_service.logs import get_logger

log = get_logger("streaming")

HARMLESS = {
    "Content-Disposition": "attachment",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-cache",
}
"""What keeps a browser from running a file that somebody sent."""


class Stream(Response):
    """Sends blocks as they come.

    Where one can't be had the connection is cut: the asker sees fewer bytes than were announced,
    and may ask for the rest.
    """

    def __init__(
        self, blocks: AsyncGenerator[bytes, None], status: int, headers: Mapping[str, str]
    ) -> None:
        super().__init__(status_code=status, headers=dict(headers))
        self._blocks = blocks

    @classmethod
    async def begin(
        cls, blocks: AsyncGenerator[bytes, None], status: int, headers: Mapping[str, str]
    ) -> "Stream":
        """With the first block there: what hinders it is still an answer in words."""
        first = await anext(blocks, b"")
        return cls(_behind(first, blocks), status, headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            async for block in self._blocks:
                if gone.done():
                    return
                await send({"type": "http.response.body", "body": block, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except RealmchatError as error:
            log.warning("download_cut", code=error.code, detail=error.message)
        finally:
            gone.cancel()
            await self._blocks.aclose()


async def _behind(first: bytes, blocks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(blocks):
        yield first
        async for block in blocks:
            yield block


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def asked_range(request: Request, size: int, etag: str) -> range | None:
    """The part that a request asks for; None for all, also where it knows another version."""
    known = request.headers.get("If-Range")
    return None if known not in (None, etag) else read_range(request.headers.get("Range"), size)


def file_headers(part: range | None, size: int, kind: str, etag: str) -> tuple[int, dict[str, str]]:
    """The status and headers of a file, or of a part of it."""
    headers = {
        **HARMLESS,
        "Accept-Ranges": "bytes",
        "Content-Length": str(size if part is None else len(part)),
        "Content-Type": kind,
        "ETag": etag,
    }
    if part is None:
        return 200, headers
    return 206, {**headers, "Content-Range": content_range(part, size)}
