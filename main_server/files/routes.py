"""The HTTP side of files: what realms ask in the name of their people."""

import re
from typing import Protocol

from fastapi import FastAPI, Request, Response

from main_server.files.downloads import Downloads
from main_server.files.service import Files
from realm_protocol.errors import FileNotFound, NotSignedIn
from realm_protocol.names import Address
from realm_protocol.uploads import SENDER_HEADER, SESSION_HEADER, UPLOADS_PATH
from realm_service.streaming import Stream, asked_range, file_headers
from realm_service.uploads import tus
from realm_service.uploads.taking import Uploads

_TOKEN_HASH = re.compile("[0-9a-f]{64}")
_UPLOAD = UPLOADS_PATH + "/{file_id}"


class Directory(Protocol):
    """Who is behind a request."""

    async def person_behind(self, realm_key: str, token_hash: bytes) -> int:
        """The person of the session that a realm speaks for; raises what hinders it."""

    async def sender_behind(self, realm_key: str, address: Address) -> int:
        """Somebody of the realm for whom it kept something, whatever became of their session."""


def _realm_key(request: Request) -> str:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise NotSignedIn
    return key.strip()


async def _asker(request: Request, directory: Directory) -> int:
    session = request.headers.get(SESSION_HEADER, "")
    if not _TOKEN_HASH.fullmatch(session):
        raise NotSignedIn
    return await directory.person_behind(_realm_key(request), bytes.fromhex(session))


async def _sender(request: Request, directory: Directory) -> int:
    address = Address.parse(request.headers.get(SENDER_HEADER, ""))
    return await directory.sender_behind(_realm_key(request), address)


async def _uploader(request: Request, directory: Directory) -> int:
    if SENDER_HEADER in request.headers:
        return await _sender(request, directory)
    return await _asker(request, directory)


def add_file_routes(app: FastAPI, files: Files, directory: Directory) -> None:
    """`/v1/uploads`, as tus 1.0 has it, and `/v1/files`."""
    _add_upload_routes(app, files.uploads, directory)
    _add_download_routes(app, files.downloads, directory)


def _add_upload_routes(app: FastAPI, uploads: Uploads[int], directory: Directory) -> None:

    @app.options(UPLOADS_PATH, tags=["files"])
    async def abilities() -> Response:
        """What this server can do, and the size of the largest file."""
        return tus.abilities(uploads.limit)

    @app.post(UPLOADS_PATH, tags=["files"])
    async def begin(request: Request) -> Response:
        """Announce a file: its size and SHA-256."""
        return await tus.begin(uploads, await _asker(request, directory), request)

    @app.post(_UPLOAD, tags=["files"])
    async def begin_as(file_id: str, request: Request) -> Response:
        """Announce a file that its realm took in alone, by the id that it has there."""
        return await tus.begin_as(uploads, await _sender(request, directory), file_id, request)

    @app.head(_UPLOAD, tags=["files"])
    async def progress(file_id: str, request: Request) -> Response:
        """How many bytes are here."""
        return await tus.progress(uploads, await _uploader(request, directory), file_id)

    @app.patch(_UPLOAD, tags=["files"])
    async def append(file_id: str, request: Request) -> Response:
        """Bytes from an offset on. With the last one the hash is checked."""
        return await tus.append(uploads, await _uploader(request, directory), file_id, request)

    @app.delete(_UPLOAD, tags=["files"])
    async def cancel(file_id: str, request: Request) -> Response:
        """End an upload that isn't whole."""
        return await tus.cancel(uploads, await _uploader(request, directory), file_id)


def _add_download_routes(app: FastAPI, downloads: Downloads, directory: Directory) -> None:
    @app.head("/v1/files/{file_id}", tags=["files"])
    @app.get("/v1/files/{file_id}", tags=["files"])
    async def download(file_id: str, request: Request) -> Response:
        """A file, or a range of it, for whoever may see a message that names it."""
        person = await _asker(request, directory)
        if not tus.is_file_id(file_id):
            raise FileNotFound(file_id=file_id)
        file = await downloads.find(person, file_id)
        etag = f'"{file.sha256}"'
        part = asked_range(request, file.size, etag)
        status, headers = file_headers(part, file.size, file.type, etag)
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers)
        blocks = downloads.blocks(file, range(file.size) if part is None else part)
        return await Stream.begin(blocks, status, headers)
