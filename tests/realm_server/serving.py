"""Serving an application within the test's own event loop, on a free port."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from realm_service.http_connection import bounded_http
from realm_service.listening import bind
from tests.waiting import eventually


class Served:
    """A server that runs. `stop` is what SIGTERM does."""

    def __init__(self, server: uvicorn.Server, task: asyncio.Task[None], port: int) -> None:
        self.port = port
        self._server = server
        self._task = task

    async def stop(self) -> None:
        self._server.should_exit = True
        await self._task


class _Draining(uvicorn.Server):
    drain: Callable[[], Awaitable[None]] | None = None

    async def shutdown(self, sockets: Any = None) -> None:
        if self.drain is not None:
            await self.drain()
        await super().shutdown(sockets)


@asynccontextmanager
async def served(
    app: FastAPI,
    websocket: type[asyncio.Protocol] | None = None,
    *,
    http: type[asyncio.Protocol] | None = None,
    port: int = 0,
    drain: Callable[[], Awaitable[None]] | None = None,
    tls: tuple[Path, Path] | None = None,
) -> AsyncIterator[Served]:
    sock = bind("127.0.0.1", port)
    config = uvicorn.Config(
        app,
        http=http or bounded_http(),
        ws=websocket or "none",
        log_config=None,
        ssl_certfile=tls[0] if tls else None,
        ssl_keyfile=tls[1] if tls else None,
        timeout_graceful_shutdown=5,
    )
    config.load()
    server = _Draining(config)
    server.drain = drain
    task = asyncio.create_task(server._serve([sock]))
    await eventually(lambda: server.started or task.done())
    running = Served(server, task, sock.getsockname()[1])
    try:
        yield running
    finally:
        await running.stop()
