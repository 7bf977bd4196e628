"""The HTTP side of files: what realms ask in the name of their people's sessions."""

import re
from collections.abc import AsyncGenerator
from typing import Protocol

from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect

from main_server.files.downloads import Downloads
from main_server.files.service import Files
from realm_protocol.bodies import FILE_ID_PATTERN
from realm_protocol.errors import (
    FileNotFound,
    MalformedMessage,
    NotSignedIn,
    UploadNotFound,
)
from realm_protocol.uploads import (
    SESSION_HEADER,
    TUS_EXTENSIONS,
    TUS_VERSION,
    UPLOAD_TYPE,
    check_tus_version,
    read_count,
    read_new_upload,
)
from realm_service.streaming import Stream, asked_range, file_headers
from realm_service.uploads.taking import Uploads

_TOKEN_HASH = re.compile("[0-9a-f]{64}")
_FILE_ID = re.compile(FILE_ID_PATTERN)
_UPLOAD_PATH = "/v1/uploads/"


class Directory(Protocol):
    """Who is behind a request."""

    async def person_behind(self, realm_key: str, token_hash: bytes) -> int:
        """The person of the session that a realm speaks for; raises what hinders it."""


def is_upload(method: str, path: str) -> bool:
    """Whether a request carries a file: its size is bounded by what was announced."""
    return method == "PATCH" and path.startswith(_UPLOAD_PATH)


async def _asker(request: Request, directory: Directory) -> int:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    session = request.headers.get(SESSION_HEADER, "")
    if scheme.lower() != "bearer" or not _TOKEN_HASH.fullmatch(session):
        raise NotSignedIn
    return await directory.person_behind(key.strip(), bytes.fromhex(session))


def _tus(**headers: object) -> dict[str, str]:
    named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return {"Tus-Resumable": TUS_VERSION, "Cache-Control": "no-store", **named}


async def _chunks(request: Request) -> AsyncGenerator[bytes, None]:
    """The body, up to where its sender went away."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        return


def add_file_routes(app: FastAPI, files: Files, directory: Directory) -> None:
    """`/v1/uploads`, as tus 1.0 has it, and `/v1/files`."""
    _add_upload_routes(app, files.uploads, directory)
    _add_download_routes(app, files.downloads, directory)


def _add_upload_routes(app: FastAPI, uploads: Uploads[int], directory: Directory) -> None:

    @app.options("/v1/uploads", tags=["files"])
    async def abilities() -> Response:
        """What this server can do, and the size of the largest file."""
        headers = _tus(
            Tus_Version=TUS_VERSION,
            Tus_Extension=TUS_EXTENSIONS,
            Tus_Max_Size=uploads.limit,
        )
        return Response(status_code=204, headers=headers)

    @app.post("/v1/uploads", tags=["files"])
    async def begin(request: Request) -> Response:
        """Announce a file: its size and SHA-256."""
        check_tus_version(request.headers.get("Tus-Resumable"))
        person = await _asker(request, directory)
        length = request.headers.get("Upload-Length")
        upload = read_new_upload(length, request.headers.get("Upload-Metadata"))
        file_id = await uploads.begin(person, upload)
        headers = _tus(Location=_UPLOAD_PATH + file_id, Upload_Offset=0)
        return Response(status_code=201, headers=headers)

    @app.head(_UPLOAD_PATH + "{file_id}", tags=["files"])
    async def progress(file_id: str, request: Request) -> Response:
        """How many bytes are here."""
        person = await _asker(request, directory)
        found = await uploads.progress(person, _upload_id(file_id))
        return Response(headers=_tus(Upload_Offset=found.offset, Upload_Length=found.size))

    @app.patch(_UPLOAD_PATH + "{file_id}", tags=["files"])
    async def append(file_id: str, request: Request) -> Response:
        """Bytes from an offset on. With the last one the hash is checked."""
        # A refusal leaves the rest of the body to be read and dropped: closing at once would cut
        # a sender off before it could read why.
        check_tus_version(request.headers.get("Tus-Resumable"))
        if request.headers.get("Content-Type") != UPLOAD_TYPE:
            raise MalformedMessage(detail=f"Content-Type is {UPLOAD_TYPE}")
        offset = read_count("Upload-Offset", request.headers.get("Upload-Offset"))
        person = await _asker(request, directory)
        after = await uploads.append(person, _upload_id(file_id), offset, _chunks(request))
        return Response(status_code=204, headers=_tus(Upload_Offset=after.offset))

    @app.delete(_UPLOAD_PATH + "{file_id}", tags=["files"])
    async def cancel(file_id: str, request: Request) -> Response:
        """End an upload that isn't whole."""
        person = await _asker(request, directory)
        await uploads.cancel(person, _upload_id(file_id))
        return Response(status_code=204, headers=_tus())


def _add_download_routes(app: FastAPI, downloads: Downloads, directory: Directory) -> None:
    @app.head("/v1/files/{file_id}", tags=["files"])
    @app.get("/v1/files/{file_id}", tags=["files"])
    async def download(file_id: str, request: Request) -> Response:
        """A file, or a range of it, for whoever may see a message that names it."""
        person = await _asker(request, directory)
        if not _FILE_ID.fullmatch(file_id):
            raise FileNotFound(file_id=file_id)
        file = await downloads.find(person, file_id)
        etag = f'"{file.sha256}"'
        part = asked_range(request, file.size, etag)
        status, headers = file_headers(part, file.size, file.type, etag)
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers)
        blocks = downloads.blocks(file, range(file.size) if part is None else part)
        return await Stream.begin(blocks, status, headers)


def _upload_id(file_id: str) -> str:
    """It becomes the name of a file: nothing else than an id may come so far."""
    if not _FILE_ID.fullmatch(file_id):
        raise UploadNotFound(file_id=file_id)
    return file_id
