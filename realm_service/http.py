"""The HTTP side of every service: one shape of errors, health, metrics, and the docs page."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from realm_protocol.errors import (
    MalformedMessage,
    MethodNotAllowed,
    NotAllowed,
    RangeNotSatisfiable,
    RealmchatError,
    RequestTooLarge,
    RequestTooSlow,
    RouteNotFound,
)
from realm_protocol.uploads import ERROR_HEADER
from realm_service.listening import is_loopback
from realm_service.logs import report_defect


def new_app(
    title: str,
    version: str,
    *,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    description: str = "",
    body_limit: int = 64 * 1024,
    body_seconds: float = 60,
    streamed: Callable[[str, str], bool] = lambda *_: False,
) -> FastAPI:
    """A FastAPI whose docs page needs no outside request and whose errors have our one shape.

    It reads no more than `body_limit` bytes of a request's body, and no longer than `body_seconds`.
    Requests of which `streamed(method, path)` says so carry a file, whose size their route bounds:
    of them it waits for each part so long.
    """
    app = FastAPIOffline(
        title=title, version=version, description=description, lifespan=lifespan, redoc_url=None
    )
    app.add_middleware(_BodyLimit, limit=body_limit, seconds=body_seconds, streamed=streamed)
    app.add_exception_handler(RealmchatError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_defect)
    return app


class _BodyRefused(HTTPException):
    """An `HTTPException`, because FastAPI passes on no other that comes out of reading a body."""

    def __init__(self, error: RequestTooLarge | RequestTooSlow) -> None:
        super().__init__(error.status)
        self.error = error


class _BodyLimit:
    """ASGI middleware: refuses a body that is or says it is too large, or comes too slowly."""

    def __init__(
        self, app: ASGIApp, limit: int, seconds: float, streamed: Callable[[str, str], bool]
    ) -> None:
        self._app = app
        self._limit = limit
        self._seconds = seconds
        self._streamed = streamed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._streamed(scope["method"], scope["path"]):
            await self._app(scope, self._never_silent(receive), send)
            return
        said = next((int(v) for name, v in scope["headers"] if name == b"content-length"), 0)
        if said > self._limit:
            refusal = _refuse_body(RequestTooLarge(size=said, limit=self._limit))
            await refusal(scope, receive, send)
        else:
            await self._app(scope, self._bounded(receive), send)

    def _bounded(self, receive: Receive) -> Receive:
        until = asyncio.get_running_loop().time() + self._seconds
        size, more = 0, True

        async def receive_bounded() -> Message:
            nonlocal size, more
            if not more:  # it waits for the client to go
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError as exc:
                raise _BodyRefused(RequestTooSlow(seconds=self._seconds)) from exc
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
            if size > self._limit:
                raise _BodyRefused(RequestTooLarge(size=size, limit=self._limit))
            return message

        return receive_bounded

    def _never_silent(self, receive: Receive) -> Receive:
        more = True

        async def receive_in_time() -> Message:
            nonlocal more
            if not more:  # it waits for the client to go
                return await receive()
            try:
                async with asyncio.timeout(self._seconds):
                    message = await receive()
            except TimeoutError as exc:
                raise _BodyRefused(RequestTooSlow(seconds=self._seconds)) from exc
            more = message.get("more_body", False)
            return message

        return receive_in_time


def _refuse_body(error: RequestTooLarge | RequestTooSlow) -> JSONResponse:
    response = error_response(error)
    response.headers["Connection"] = "close"  # else the rest of the body is read, to be dropped
    return response


def error_response(error: RealmchatError) -> JSONResponse:
    """The one shape of an error: its status and `{"error": {"code", "message", …fields}}`."""
    headers = {}
    if "retry_after_seconds" in error.fields:
        headers["Retry-After"] = str(max(1, round(error.fields["retry_after_seconds"])))
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RangeNotSatisfiable) and isinstance(error.fields.get("size"), int):
        headers["Content-Range"] = f"bytes */{error.fields['size']}"
    return JSONResponse(error.body(), error.status, headers)


async def _answer_error(request: Request, exc: Exception) -> Response:
    if not isinstance(exc, RealmchatError):
        raise exc
    response = error_response(exc)
    if request.method == "HEAD":
        response.headers[ERROR_HEADER] = json.dumps(exc.body()["error"])
    return response


async def _answer_invalid(request: Request, exc: Exception) -> Response:
    if not isinstance(exc, RequestValidationError):
        raise exc
    first = exc.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return error_response(MalformedMessage(detail=f"{place}: {first['msg']}"))


async def _answer_http(request: Request, exc: Exception) -> Response:
    if not isinstance(exc, HTTPException):
        raise exc
    if isinstance(exc, _BodyRefused):
        return _refuse_body(exc.error)
    path = request.url.path
    if exc.status_code == 404:
        return error_response(RouteNotFound(path=path))
    if exc.status_code == 405:
        return error_response(MethodNotAllowed(method=request.method, path=path))
    return error_response(MalformedMessage(detail=str(exc.detail)))


async def _answer_defect(request: Request, exc: Exception) -> Response:
    return error_response(report_defect(exc, path=request.url.path))


class _HealthGuard:
    """ASGI middleware: what an operator looks at answers its own machine only.

    Plain ASGI: one of FastAPI's `middleware` would pass each chunk of a body through queues.
    """

    def __init__(self, app: ASGIApp, allow_remote: bool) -> None:
        self._app = app
        self._allow_remote = allow_remote

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._may_see(scope):
            refusal = error_response(NotAllowed(detail="this route answers its own machine only"))
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _may_see(self, scope: Scope) -> bool:
        watched = scope["path"].startswith(("/health", "/metrics", "/docs", "/openapi.json"))
        client = scope["client"][0] if scope.get("client") else ""
        return self._allow_remote or not watched or is_loopback(client)


def add_health(
    app: FastAPI,
    registry: CollectorRegistry,
    ready: Callable[[], Awaitable[dict[str, Any]]],
    *,
    allow_remote: bool,
) -> None:
    """`/health/live`, `/health/ready` and `/metrics`; the docs and these for loopback only.

    `ready` answers what there is to tell, with `"ready": bool` in it.
    """

    app.add_middleware(_HealthGuard, allow_remote=allow_remote)

    @app.get("/health/live", tags=["health"])
    async def live() -> dict[str, str]:
        """200 while the process answers."""
        return {"status": "ok"}

    @app.get("/health/ready", tags=["health"])
    async def is_ready() -> JSONResponse:
        """200 when it serves, else 503."""
        state = await ready()
        return JSONResponse(
            {"status": "ok" if state["ready"] else "starting", **state},
            200 if state["ready"] else 503,
        )

    @app.get("/metrics", tags=["health"])
    async def metrics() -> Response:
        """In Prometheus' text format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
