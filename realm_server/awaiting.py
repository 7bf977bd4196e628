"""Asking main from a coroutine."""

import asyncio
from collections.abc import Mapping
from typing import Any

from realm_protocol.errors import TimedOut, rebuild
from realm_protocol.wire import WireMessage, tag_of
from realm_server.link import Link
from realm_server.requests import Request


class _Awaited:
    """Asks main for a coroutine."""

    def __init__(self) -> None:
        self.result: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def answered(self, request: Request, result: bytes) -> None:
        if not self.result.done():
            self.result.set_result(result)

    def refused(self, request: Request, code: str, fields: Mapping[str, Any]) -> None:
        if not self.result.done():
            self.result.set_exception(rebuild(code, fields))


async def ask_main(link: Link, kind: type[WireMessage], *fields: Any, seconds: float) -> bytes:
    """Main's packed result; raises its refusal, `LinkDown`, `LinkBusy` or `TimedOut`."""
    asker = _Awaited()
    link.ask(tag_of(kind), fields, asker)
    try:
        async with asyncio.timeout(seconds):
            return await asker.result
    except TimeoutError as exc:
        raise TimedOut(seconds=seconds) from exc
