"""The realm's end of files at main: requests in the name of a session."""

import hashlib
from dataclasses import dataclass
from typing import Any

import httpx

from realm_protocol.bodies import FileBody, pack_file_body
from realm_protocol.uploads import SESSION_HEADER, UPLOAD_TYPE, NewUpload, upload_headers


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class FileEnd:
    """One person's requests."""

    http: httpx.AsyncClient
    key: str
    token: str

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {self.key}",
            SESSION_HEADER: sha256(self.token.encode()),
            **more.pop("headers", {}),
        }
        return await self.http.request(method, path, headers=headers, **more)

    async def begin(self, content: bytes, **claims: Any) -> httpx.Response:
        upload = NewUpload(**{"size": len(content), "sha256": sha256(content), **claims})
        return await self.ask("POST", "/v1/uploads", headers=upload_headers(upload))

    async def begun(self, content: bytes) -> str:
        """The file id of a new upload."""
        answer = await self.begin(content)
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"].removeprefix("/v1/uploads/")

    async def append(self, file_id: str, offset: int, content: Any) -> httpx.Response:
        headers = {"Upload-Offset": str(offset), "Content-Type": UPLOAD_TYPE}
        return await self.ask("PATCH", f"/v1/uploads/{file_id}", headers=headers, content=content)

    async def offset(self, file_id: str) -> int:
        answer = await self.ask("HEAD", f"/v1/uploads/{file_id}")
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["Upload-Offset"])

    async def upload(self, content: bytes) -> str:
        """A whole file."""
        file_id = await self.begun(content)
        if content:
            answer = await self.append(file_id, 0, content)
            assert answer.status_code == 204, answer.text
        return file_id

    async def download(self, file_id: str, **headers: str) -> httpx.Response:
        return await self.ask("GET", f"/v1/files/{file_id}", headers=headers)


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]


def file_body(file_id: str, name: str = "photo.jpg", **claims: Any) -> bytes:
    """The body of a message that names a file; of its sender, who may claim anything."""
    claimed = {"size": 1, "type": "text/html", "sha256": "0" * 64, **claims}
    return pack_file_body(FileBody(file_id, name, **claimed))
