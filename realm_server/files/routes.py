"""The realm's HTTP side of files: what clients ask, with their session's token."""

import re
from collections.abc import AsyncIterator, Callable

from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect

from realm_protocol.bodies import FILE_ID_PATTERN
from realm_protocol.errors import FileNotFound, ServerDraining, UploadNotFound
from realm_protocol.uploads import UPLOADS_PATH
from realm_server.files.main_files import session_of
from realm_server.files.service import Files
from realm_service.streaming import Stream, asked_range, file_headers

_FILE_ID = re.compile(FILE_ID_PATTERN)
_ASKED = (
    *("Tus-Resumable", "Upload-Length", "Upload-Offset", "Upload-Metadata"),
    *("Content-Type", "Content-Length"),
)
_ANSWERED = (
    *("Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size"),
    *("Upload-Offset", "Upload-Length", "Location", "Cache-Control"),
)


def is_upload(method: str, path: str) -> bool:
    """Whether a request carries a file: main bounds its size."""
    return method == "PATCH" and path.startswith(UPLOADS_PATH + "/")


def add_file_routes(app: FastAPI, files: Callable[[], Files]) -> None:
    """`/v1/uploads`, passed on to main, and `/v1/files`, from the cache."""

    @app.options(UPLOADS_PATH, tags=["files"])
    async def abilities(request: Request) -> Response:
        """What uploads can do, and the size of the largest file."""
        return await _pass_on(files(), request)

    @app.post(UPLOADS_PATH, tags=["files"])
    async def begin(request: Request) -> Response:
        """Announce a file: its size and SHA-256."""
        return await _pass_on(files(), request)

    @app.head(UPLOADS_PATH + "/{file_id}", tags=["files"])
    async def progress(file_id: str, request: Request) -> Response:
        """How many bytes main has."""
        return await _pass_on(files(), request, file_id)

    @app.patch(UPLOADS_PATH + "/{file_id}", tags=["files"])
    async def append(file_id: str, request: Request) -> Response:
        """Bytes from an offset on."""
        return await _pass_on(files(), request, file_id)

    @app.delete(UPLOADS_PATH + "/{file_id}", tags=["files"])
    async def cancel(file_id: str, request: Request) -> Response:
        """End an upload that isn't whole."""
        return await _pass_on(files(), request, file_id)

    @app.head("/v1/files/{file_id}", tags=["files"])
    @app.get("/v1/files/{file_id}", tags=["files"])
    async def download(file_id: str, request: Request) -> Response:
        """A file, or a range of it, for whoever may see a message that names it."""
        return await _download(files(), request, file_id)


async def _pass_on(files: Files, request: Request, file_id: str | None = None) -> Response:
    if files.draining:
        raise ServerDraining
    session = session_of(request.headers.get("Authorization", ""))
    if file_id is not None and not _FILE_ID.fullmatch(file_id):
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
    session = session_of(request.headers.get("Authorization", ""))
    if not _FILE_ID.fullmatch(file_id):
        raise FileNotFound(file_id=file_id)
    file = await files.main.find(session, file_id)
    etag = f'"{file.sha256}"'
    part = asked_range(request, file.size, etag)
    status, headers = file_headers(part, file.size, file.type, etag)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    whole = range(file.size) if part is None else part
    return await Stream.begin(files.cache.blocks(session, file, whole), status, headers)
