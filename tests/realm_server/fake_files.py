"""Main's HTTP side of files, as far as a realm needs it: in memory, and as bad as a test wants."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request, Response
from starlette.responses import StreamingResponse

from realm_protocol.errors import FileNotFound, RealmchatError
from realm_protocol.uploads import ERROR_HEADER, SENDER_HEADER, SESSION_HEADER, read_range


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class FakeFiles:
    """`content` by file id; `readers` are the tokens that may open all of them."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.content: dict[str, bytes] = {}
        self.readers: set[str] = set()
        self.refuses: RealmchatError | None = None
        self.gets: list[str] = []
        """The ranges that were asked, in order."""
        self.ends_after: int | None = None
        """Bytes of an answer after which its connection breaks."""
        self.may_send = asyncio.Event()
        self.may_send.set()
        self.damages = False
        self.began = asyncio.Event()
        """Set with the first bytes of an upload."""
        self.uploads: list[tuple[str, str, dict[str, str], bytes]] = []
        """Method, path, headers and body of what was passed on."""
        self.brought: dict[str, bytearray] = {}
        """What realms have brought in their people's names, by file id."""
        self.bringers: dict[str, str] = {}
        """Their senders."""
        self.may_take = asyncio.Event()
        self.may_take.set()
        self.takes: int | None = None
        """Bytes of what is brought after which its connection breaks, once."""
        self.app = FastAPI()
        self.app.add_api_route("/v1/files/{file_id}", self._file, methods=["GET", "HEAD"])
        for path in ("/v1/uploads", "/v1/uploads/{file_id}"):
            methods = ["OPTIONS", "POST", "HEAD", "PATCH", "DELETE"]
            self.app.add_api_route(path, self._upload, methods=methods)

    def add(self, file_id: str, content: bytes) -> str:
        self.content[file_id] = content
        return file_id

    def _refusal(self, request: Request, file_id: str) -> RealmchatError | None:
        assert request.headers["Authorization"] == f"Bearer {self.key}"
        session = request.headers[SESSION_HEADER]
        if self.refuses is not None:
            return self.refuses
        if session not in {sha256(token.encode()) for token in self.readers}:
            return FileNotFound(file_id=file_id)
        return None if file_id in self.content else FileNotFound(file_id=file_id)

    async def _file(self, file_id: str, request: Request) -> Response:
        error = self._refusal(request, file_id)
        if error is not None:
            return _told(error, request.method)
        content = self.content[file_id]
        headers = {"ETag": f'"{sha256(content)}"', "Content-Type": "image/png"}
        if request.method == "HEAD":
            return Response(headers={**headers, "Content-Length": str(len(content))})
        self.gets.append(request.headers.get("Range", ""))
        part = read_range(request.headers.get("Range"), len(content)) or range(len(content))
        sent = content[part.start : part.stop]
        if self.damages:
            sent = bytes([sent[0] ^ 1]) + sent[1:]
        length = {"Content-Length": str(len(sent))}
        return StreamingResponse(self._stream(sent), 206, {**headers, **length})

    async def _stream(self, content: bytes) -> AsyncIterator[bytes]:
        left = len(content) if self.ends_after is None else self.ends_after
        for start in range(0, min(left, len(content)), 65536):
            yield content[start : min(start + 65536, left)]
            await self.may_send.wait()
        if left < len(content):
            raise ConnectionError("cut, as the test wants it")

    async def _bring(self, request: Request) -> Response:
        assert request.headers["Authorization"] == f"Bearer {self.key}"
        file_id = request.url.path.rpartition("/")[2]
        content = self.brought.setdefault(file_id, bytearray())
        self.bringers[file_id] = request.headers[SENDER_HEADER]
        if request.method == "PATCH":
            assert int(request.headers["Upload-Offset"]) == len(content)
        async for chunk in request.stream():
            await self.may_take.wait()
            content += chunk
            if self.takes is not None and len(content) >= self.takes:
                self.takes = None
                raise ConnectionError("cut, as the test wants it")
        headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(len(content))}
        return Response(status_code=204, headers=headers)

    async def _upload(self, request: Request) -> Response:
        if SENDER_HEADER in request.headers and self.refuses is None:
            return await self._bring(request)
        body = b""
        async for chunk in request.stream():
            body += chunk
            self.began.set()
        told = {name.title(): value for name, value in request.headers.items()}
        self.uploads.append((request.method, request.url.path, told, body))
        if self.refuses is not None:
            return _told(self.refuses, request.method)
        headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": str(len(body)), "X-Secret": "no"}
        return Response(status_code=204, headers=headers)


def _told(error: RealmchatError, method: str) -> Response:
    body = error.body()
    if method == "HEAD":
        return Response(status_code=error.status, headers={ERROR_HEADER: json.dumps(body["error"])})
    return Response(json.dumps(body), error.status, media_type="application/json")
