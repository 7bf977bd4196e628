"""What requests of tus 1.0 ask of uploads, and how they are answered. Who asks is known already."""

import re
from collections.abc import AsyncGenerator
from typing import Protocol, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from realm_protocol.bodies import FILE_ID_PATTERN
from realm_protocol.errors import MalformedMessage, UploadNotFound
from realm_protocol.uploads import (
    TUS_EXTENSIONS,
    TUS_VERSION,
    UPLOAD_TYPE,
    UPLOADS_PATH,
    NewUpload,
    check_tus_version,
    read_count,
    read_new_upload,
)
from realm_service.uploads.taking import Owner, Uploads

_Owner = TypeVar("_Owner", contravariant=True)
_FILE_ID = re.compile(FILE_ID_PATTERN)


class Beginning(Protocol[_Owner]):
    """What takes new uploads."""

    async def begin(self, owner: _Owner, upload: NewUpload) -> str:
        """The id of a new upload; raises what the limits say, before a byte is sent."""


def is_upload(method: str, path: str) -> bool:
    """Whether a request carries a file: its size is bounded by what was announced."""
    return method == "PATCH" and path.startswith(UPLOADS_PATH + "/")


def is_file_id(text: str) -> bool:
    """It becomes the name of a file: nothing else than an id may come so far."""
    return _FILE_ID.fullmatch(text) is not None


def abilities(limit: int) -> Response:
    """To `OPTIONS`: what uploads can do, and the size of the largest file."""
    headers = _tus(Tus_Version=TUS_VERSION, Tus_Extension=TUS_EXTENSIONS, Tus_Max_Size=limit)
    return Response(status_code=204, headers=headers)


async def begin(uploads: Beginning[Owner], owner: Owner, request: Request) -> Response:
    """To a `POST` that announces a file: its size and SHA-256."""
    check_tus_version(request.headers.get("Tus-Resumable"))
    length = request.headers.get("Upload-Length")
    upload = read_new_upload(length, request.headers.get("Upload-Metadata"))
    file_id = await uploads.begin(owner, upload)
    headers = _tus(Location=f"{UPLOADS_PATH}/{file_id}", Upload_Offset=0)
    return Response(status_code=201, headers=headers)


async def begin_as(
    uploads: Uploads[Owner], owner: Owner, file_id: str, request: Request
) -> Response:
    """To a `POST` with the id that the file has already; also where it was begun before."""
    check_tus_version(request.headers.get("Tus-Resumable"))
    length = request.headers.get("Upload-Length")
    upload = read_new_upload(length, request.headers.get("Upload-Metadata"))
    found = await uploads.begin_as(owner, _checked(file_id), upload)
    headers = _tus(Location=f"{UPLOADS_PATH}/{file_id}", Upload_Offset=found.offset)
    return Response(status_code=201, headers=headers)


async def progress(uploads: Uploads[Owner], owner: Owner, file_id: str) -> Response:
    """To `HEAD`: how many bytes are here."""
    found = await uploads.progress(owner, _checked(file_id))
    return Response(headers=_tus(Upload_Offset=found.offset, Upload_Length=found.size))


async def append(uploads: Uploads[Owner], owner: Owner, file_id: str, request: Request) -> Response:
    """To `PATCH`: bytes from an offset on. With the last one the hash is checked."""
    # A refusal leaves the rest of the body to be read and dropped: closing at once would cut
    # a sender off before it could read why.
    check_tus_version(request.headers.get("Tus-Resumable"))
    if request.headers.get("Content-Type") != UPLOAD_TYPE:
        raise MalformedMessage(detail=f"Content-Type is {UPLOAD_TYPE}")
    offset = read_count("Upload-Offset", request.headers.get("Upload-Offset"))
    after = await uploads.append(owner, _checked(file_id), offset, _chunks(request))
    return Response(status_code=204, headers=_tus(Upload_Offset=after.offset))


async def cancel(uploads: Uploads[Owner], owner: Owner, file_id: str) -> Response:
    """To `DELETE`: end an upload that isn't whole."""
    await uploads.cancel(owner, _checked(file_id))
    return Response(status_code=204, headers=_tus())


def _tus(**headers: object) -> dict[str, str]:
    named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return {"Tus-Resumable": TUS_VERSION, "Cache-Control": "no-store", **named}


def _checked(file_id: str) -> str:
    if not is_file_id(file_id):
        raise UploadNotFound(file_id=file_id)
    return file_id


async def _chunks(request: Request) -> AsyncGenerator[bytes, None]:
    """The body, up to where its sender went away."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        return
