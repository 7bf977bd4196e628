"""Ways of files between browsers of this machine and chat-cli, through this process, not its disk.

A way is opened by a ticket: random, for one file, for as long as its account is signed in here.
Whoever has no ticket finds nothing. Of files that a page has chosen the window says when it wants
which; the page asks for that, and brings it.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from frontend.service.account import AccountClient
from frontend.service.shapes import File
from frontend.uploading import SourceLost, Take
from realm_protocol.errors import TransferNotFound
from realm_service.streaming import HARMLESS, Stream

_PASSED_ON = (
    *("content-length", "content-type", "content-range", "accept-ranges", "etag"),
    "content-disposition",
)


_ASKED_SECONDS = 25.0
"""A page asks again after that."""
_PICK = "^[0-9a-f-]{36}$"


class Slip(msgspec.Struct, frozen=True):
    """What stands for a file that a page has chosen."""

    pick: Annotated[str, msgspec.Meta(pattern=_PICK)]
    index: Annotated[int, msgspec.Meta(ge=0)]
    size: Annotated[int, msgspec.Meta(ge=0)]


def read_slip(content: bytes) -> Slip | None:
    """None where it is a file itself."""
    try:
        return msgspec.json.decode(content, type=Slip)
    except msgspec.MsgspecError:
        return None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which file of its pick a page should bring, and where to."""

    index: int
    url: str


class FileGate:
    """The tickets of this process."""

    def __init__(self) -> None:
        self._awaited: dict[str, Take] = {}
        self._picks: dict[str, asyncio.Queue[Wanted | None]] = {}
        self._shown: dict[str, tuple[AccountClient, File]] = {}
        self._tickets: dict[tuple[AccountClient, str], str] = {}

    def want(self, slip: Slip, take: Take) -> str:
        """Have a file brought, once; answers the ticket."""
        ticket = secrets.token_urlsafe(24)
        self._awaited[ticket] = take
        self._pick(slip.pick).put_nowait(Wanted(slip.index, f"/files/in/{ticket}"))
        return ticket

    def give_up(self, ticket: str) -> None:
        """It didn't come in time."""
        self._awaited.pop(ticket, None)

    def forget(self, pick: str) -> None:
        """None of these files is wanted any more: the page may let go of them."""
        self._pick(pick).put_nowait(None)

    def _pick(self, pick: str) -> "asyncio.Queue[Wanted | None]":
        return self._picks.setdefault(pick, asyncio.Queue())

    async def wanted(self, pick: str) -> "Wanted | None":
        """The next file that the page should bring; None if none is wanted by now. Raises
        `TransferNotFound` when none will be.
        """
        try:
            async with asyncio.timeout(_ASKED_SECONDS):
                wanted = await self._pick(pick).get()
        except TimeoutError:
            return None
        if wanted is None:
            del self._picks[pick]
            raise TransferNotFound(transfer=pick[:8])
        return wanted

    def url(self, client: AccountClient, file: File, *, save: bool) -> str:
        """Where a browser gets a file, to show or to save it; the same whenever it is asked."""
        ticket = self._tickets.get((client, file.file_id))
        if ticket is None:
            ticket = secrets.token_urlsafe(24)
            self._tickets[client, file.file_id] = ticket
            self._shown[ticket] = (client, file)
        return f"/files/out/{ticket}" + ("?save=1" if save else "")

    def shut(self, client: AccountClient) -> None:
        """Its account is signed out here."""
        for key in [key for key in self._tickets if key[0] is client]:
            del self._shown[self._tickets.pop(key)]

    def awaited(self, ticket: str) -> Take:
        """Raises `TransferNotFound`."""
        take = self._awaited.pop(ticket, None)
        if take is None:
            raise TransferNotFound(transfer=ticket[:8])
        return take

    def shown(self, ticket: str) -> tuple[AccountClient, File]:
        """Raises `TransferNotFound`."""
        if ticket not in self._shown:
            raise TransferNotFound(transfer=ticket[:8])
        return self._shown[ticket]


def routes(gate: FileGate) -> APIRouter:
    """What the page asks by the URLs of a gate."""
    router = APIRouter(prefix="/files", include_in_schema=False)

    @router.put("/in/{ticket}")
    async def take_in(request: Request, ticket: str) -> dict[str, Any]:
        """What becomes of it is told in the window."""
        await gate.awaited(ticket)(_pieces(request))
        return {}

    @router.get("/wanted/{pick}")
    async def wanted(pick: Annotated[str, Path(pattern=_PICK)]) -> Response:
        found = await gate.wanted(pick)
        if found is None:
            return Response(status_code=204)
        return JSONResponse({"index": found.index, "url": found.url})

    @router.get("/out/{ticket}")
    async def give_out(
        ticket: str,
        save: bool = False,
        range_: Annotated[str | None, Header(alias="Range")] = None,
    ) -> Response:
        client, file = gate.shown(ticket)
        stack = AsyncExitStack()
        answer = await stack.enter_async_context(client.open_file(file.file_id, range_))
        headers = {name: answer.headers[name] for name in _PASSED_ON if name in answer.headers}
        headers |= {name.lower(): value for name, value in _safe(save).items()}
        return await Stream.begin(_blocks(stack, answer), answer.status_code, headers)

    return router


def _safe(save: bool) -> dict[str, str]:
    """A browser runs nothing of it; asked to, it shows it instead of saving it."""
    shown = {
        **HARMLESS,
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    }
    del shown["Content-Disposition"]
    return shown if save else {**shown, "Content-Disposition": "inline"}


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect as exc:
        raise SourceLost from exc


async def _blocks(stack: AsyncExitStack, answer: Any) -> AsyncGenerator[bytes, None]:
    async with stack:
        async for block in answer.aiter_bytes():
            yield block
