"""The realm's HTTP side of files: what clients ask, with their session's token.

Main takes their uploads; while it is away the realm does, and goes on with those that it has begun.
"""

from collections.abc import AsyncIterator, Callable

from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect

from realm_protocol.errors import FileNotFound, ServerDraining, UploadNotFound
from realm_protocol.names import Address
from realm_protocol.uploads import UPLOADS_PATH
from realm_server.files.main_files import session_of
from realm_server.files.service import Files
from realm_service.streaming import Stream, asked_range, file_headers
from realm_service.uploads import tus

_UPLOAD = UPLOADS_PATH + "/{file_id}"
_ASKED = (
    *("Tus-Resumable", "Upload-Length", "Upload-Offset", "Upload-Metadata"),
    *("Content-Type", "Content-Length"),
)
_ANSWERED = (
    *("Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size"),
    *("Upload-Offset", "Upload-Length", "Location", "Cache-Control"),
)


def add_file_routes(app: FastAPI, files: Callable[[], Files]) -> None:
    """`/v1/uploads`, passed on to main or taken in, and `/v1/files`, from the cache."""
    _add_beginnings(app, files)
    _add_uploads(app, files)

    @app.head("/v1/files/{file_id}", tags=["files"])
    @app.get("/v1/files/{file_id}", tags=["files"])
    async def download(file_id: str, request: Request) -> Response:
        """A file, or a range of it, for whoever may see a message that names it."""
        return await _download(files(), request, file_id)


def _add_beginnings(app: FastAPI, files: Callable[[], Files]) -> None:
    @app.options(UPLOADS_PATH, tags=["files"])
    async def abilities(request: Request) -> Response:
        """What uploads can do, and the size of the largest file."""
        if files().takes_in:
            return tus.abilities(files().waiting.rows.limit_of_one)
        return await _pass_on(files(), request)

    @app.post(UPLOADS_PATH, tags=["files"])
    async def begin(request: Request) -> Response:
        """Announce a file: its size and SHA-256."""
        if files().takes_in:
            return await tus.begin(files().waiting, _uploader(files(), request), request)
        return await _pass_on(files(), request)


def _add_uploads(app: FastAPI, files: Callable[[], Files]) -> None:
    """Those that the realm has begun to take in, it takes to their end."""

    @app.head(_UPLOAD, tags=["files"])
    async def progress(file_id: str, request: Request) -> Response:
        """How many bytes are there."""
        if file_id in files().waiting:
            sender = _uploader(files(), request)
            return await tus.progress(files().waiting.uploads, sender, file_id)
        return await _pass_on(files(), request, file_id)

    @app.patch(_UPLOAD, tags=["files"])
    async def append(file_id: str, request: Request) -> Response:
        """Bytes from an offset on."""
        if file_id in files().waiting:
            sender = _uploader(files(), request)
            return await tus.append(files().waiting.uploads, sender, file_id, request)
        return await _pass_on(files(), request, file_id)

    @app.delete(_UPLOAD, tags=["files"])
    async def cancel(file_id: str, request: Request) -> Response:
        """End an upload that isn't whole."""
        if file_id in files().waiting:
            sender = _uploader(files(), request)
            return await tus.cancel(files().waiting.uploads, sender, file_id)
        return await _pass_on(files(), request, file_id)


def _uploader(files: Files, request: Request) -> Address:
    if files.draining:
        raise ServerDraining
    return files.uploader(_session(request)).address


def _session(request: Request) -> str:
    return session_of(request.headers.get("Authorization", ""))


async def _pass_on(files: Files, request: Request, file_id: str | None = None) -> Response:
    if files.draining:
        raise ServerDraining
    session = _session(request)
    if file_id is not None and not tus.is_file_id(file_id):
        raise UploadNotFound(file_id=file_id)
    headers = {name: request.headers[name] for name in _ASKED if name in request.headers}
    path = UPLOADS_PATH if file_id is None else f"{UPLOADS_PATH}/{file_id}"
    body = files.pace.paced(_chunks(files, request)) if request.method == "PATCH" else None
    try:
        answer = await files.main.pass_on(session, request.method, path, headers, body)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody reads it
    told = {name: answer.headers[name] for name in _ANSWERED if name in answer.headers}
    return Response(status_code=answer.status_code, headers=told)


async def _chunks(files: Files, request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        if files.draining:
            raise ServerDraining
        if chunk:
            yield chunk


async def _download(files: Files, request: Request, file_id: str) -> Response:
    session = _session(request)
    if not tus.is_file_id(file_id):
        raise FileNotFound(file_id=file_id)
    file = await files.find(session, file_id)
    etag = f'"{file.sha256}"'
    part = asked_range(request, file.size, etag)
    status, headers = file_headers(part, file.size, file.type, etag)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    whole = range(file.size) if part is None else part
    return await Stream.begin(files.cache.blocks(session, file, whole), status, headers)
