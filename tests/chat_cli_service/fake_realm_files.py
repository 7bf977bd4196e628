"""The file side of the fake realm: tus up, ranges down, and what a bad line does to both."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from realm_protocol.errors import (
    FileDamaged,
    FileNotFound,
    NotSignedIn,
    RealmchatError,
    UploadNotFound,
    UploadOffsetConflict,
)
from realm_protocol.uploads import UPLOAD_TYPE, NewUpload, read_count, read_new_upload, read_range
from realm_service.streaming import file_headers

BLOCK = 4096


@dataclass
class FakeUpload:
    """What has come of an upload."""

    owner: str
    new: NewUpload
    content: bytearray = field(default_factory=bytearray)

    @property
    def is_whole(self) -> bool:
        right = hashlib.sha256(self.content).hexdigest() == self.new.sha256
        return len(self.content) == self.new.size and right


@dataclass
class FakeFiles:
    """All files of the realm; tests cut, refuse and damage."""

    uploads: dict[str, FakeUpload] = field(default_factory=dict)
    refusals: list[RealmchatError] = field(default_factory=list)
    """Refusals for the next new uploads."""
    cuts_up: list[int] = field(default_factory=list)
    """The connection of each next `PATCH` is cut after so many bytes."""
    forgets: bool = False
    """The upload that is cut next is forgotten, as one without bytes for a day."""
    cuts_down: list[int] = field(default_factory=list)
    """The same for each next `GET`."""
    damage_up: int = 0
    """So many of the next `PATCH` lose a byte's value on their way."""
    begun: int = 0
    offsets: list[int] = field(default_factory=list)
    """Where each `PATCH` went on."""
    ranges: list[str | None] = field(default_factory=list)
    """What each `GET` asked for."""
    held_from: int | None = None
    """A `PATCH` that comes so far is not answered any more, until it is cut."""

    def find(self, owner: str, file_id: str) -> FakeUpload:
        upload = self.uploads.get(file_id)
        if upload is None or upload.owner != owner:
            raise UploadNotFound(file_id=file_id)
        return upload

    def put(self, content: bytes) -> str:
        """A file that somebody has uploaded."""
        file_id = secrets.token_hex(16)
        new = NewUpload(len(content), hashlib.sha256(content).hexdigest())
        self.uploads[file_id] = FakeUpload("somebody", new, bytearray(content))
        return file_id

    def only(self) -> FakeUpload:
        (upload,) = self.uploads.values()
        return upload


def is_upload(method: str, path: str) -> bool:
    return method == "PATCH"


def add_files(app: FastAPI, realm: Any) -> None:
    """`/v1/uploads` and `/v1/files`. `realm` is a `FakeRealm`."""

    def who(request: Request) -> str:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        address: str = realm.sessions.get(token, ("", ""))[0]
        if not address:
            raise NotSignedIn
        return address

    _add_uploads(app, realm.files, who)
    _add_downloads(app, realm.files, who)


def _add_uploads(app: FastAPI, files: FakeFiles, who: Callable[[Request], str]) -> None:

    @app.post("/v1/uploads")
    async def begin(request: Request) -> Response:
        owner = who(request)
        if files.refusals:
            raise files.refusals.pop(0)
        headers = request.headers
        new = read_new_upload(headers.get("Upload-Length"), headers.get("Upload-Metadata"))
        file_id = secrets.token_hex(16)
        files.uploads[file_id] = FakeUpload(owner, new)
        files.begun += 1
        return Response(status_code=201, headers={"Location": f"/v1/uploads/{file_id}"})

    @app.head("/v1/uploads/{file_id}")
    async def progress(file_id: str, request: Request) -> Response:
        upload = files.find(who(request), file_id)
        return Response(headers={"Upload-Offset": str(len(upload.content))})

    @app.patch("/v1/uploads/{file_id}")
    async def append(file_id: str, request: Request) -> Response:
        upload = files.find(who(request), file_id)
        assert request.headers["Content-Type"] == UPLOAD_TYPE
        offset = read_count("Upload-Offset", request.headers.get("Upload-Offset"))
        files.offsets.append(offset)
        if upload.is_whole or offset != len(upload.content):
            raise UploadOffsetConflict(offset=len(upload.content), got=offset)
        cut = files.cuts_up.pop(0) if files.cuts_up else None
        if not await _receive(request, files, upload, cut):
            if files.forgets:
                files.forgets = False
                del files.uploads[file_id]
            return Cut()
        if len(upload.content) == upload.new.size and not upload.is_whole:
            del files.uploads[file_id]
            raise FileDamaged(file_id=file_id)
        return Response(status_code=204, headers={"Upload-Offset": str(len(upload.content))})

    @app.delete("/v1/uploads/{file_id}")
    async def drop(file_id: str, request: Request) -> Response:
        files.find(who(request), file_id)
        del files.uploads[file_id]
        return Response(status_code=204)


def _add_downloads(app: FastAPI, files: FakeFiles, who: Callable[[Request], str]) -> None:
    @app.get("/v1/files/{file_id}")
    async def download(file_id: str, request: Request) -> Response:
        who(request)
        upload = files.uploads.get(file_id)
        if upload is None or len(upload.content) != upload.new.size:
            raise FileNotFound(file_id=file_id)
        files.ranges.append(request.headers.get("Range"))
        part = read_range(request.headers.get("Range"), upload.new.size)
        etag = f'"{upload.new.sha256}"'
        status, headers = file_headers(part, upload.new.size, "text/plain", etag)
        whole = bytes(upload.content)
        content = whole if part is None else whole[part.start : part.stop]
        cut = files.cuts_down.pop(0) if files.cuts_down else len(content)
        return (
            Cut(content[:cut], status, headers)
            if cut < len(content)
            else Response(content, status, headers)
        )


async def _receive(request: Request, files: FakeFiles, upload: FakeUpload, cut: int | None) -> bool:
    """Take what comes; false when the connection is to be cut."""
    room = cut
    try:
        async for chunk in request.stream():
            taken = chunk if room is None else chunk[:room]
            if files.damage_up and taken:
                files.damage_up -= 1
                taken = bytes([taken[0] ^ 1]) + taken[1:]
            upload.content += taken
            room = None if room is None else room - len(taken)
            if room == 0:
                return False
            if files.held_from is not None and len(upload.content) >= files.held_from:
                await _gone(request)
                return False
    except ClientDisconnect:
        return False
    return True


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class Cut(Response):
    """An answer that breaks off: the server closes what isn't whole."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.body:
            start = {"type": "http.response.start", "status": self.status_code}
            await send({**start, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": self.body, "more_body": True})
