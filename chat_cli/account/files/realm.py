"""Bytes of files between here and the realm, by HTTP beside the WebSocket: tus up, ranges down.

One question each; trying again is whoever's who asks. Every failure is one of our errors.
"""

import json
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import httpx

from realm_protocol.bodies import FILE_ID_PATTERN
from realm_protocol.errors import (
    MalformedMessage,
    NotSignedIn,
    RealmchatError,
    RealmUnreachable,
    UploadNotFound,
    rebuild,
)
from realm_protocol.uploads import (
    TUS_VERSION,
    UPLOAD_TYPE,
    NewUpload,
    read_count,
    upload_headers,
)
from realm_service.long_answers import LONG_BYTES, LongAnswers

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 30.0
CONNECTIONS = 16
_UPLOADS = "/v1/uploads"


@dataclass(frozen=True, slots=True)
class AtRealm:
    """Where and as whom one asks."""

    url: str
    token: str

    def to(self, path: str) -> str:
        return self.url.rstrip("/") + path

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Tus-Resumable": TUS_VERSION}


class RealmFiles:
    """A client of realm servers. Close it at the end."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        # Proxies of the environment would see tokens that are for the realm.
        timeout = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS, pool=None)
        self._client = httpx.AsyncClient(
            verify=tls,
            trust_env=False,
            timeout=timeout,
            limits=httpx.Limits(max_connections=CONNECTIONS),
        )
        self._long = httpx.AsyncClient(transport=LongAnswers(tls), trust_env=False, timeout=timeout)

    async def close(self) -> None:
        await self._client.aclose()
        await self._long.aclose()

    # --- up --------------------------------------------------------------------------------------

    async def begin(self, at: AtRealm, upload: NewUpload) -> str:
        """Announce an upload; answers its id. Refused here is what main won't take at all."""
        with _in_words(at):
            answer = await self._client.post(
                at.to(_UPLOADS), headers={**at.headers, **upload_headers(upload)}
            )
        _check(answer)
        file_id = str(answer.headers.get("Location", "")).rpartition("/")[2]
        if re.fullmatch(FILE_ID_PATTERN, file_id) is None:
            raise RealmUnreachable(url=at.url, detail="it doesn't say where the upload is")
        return file_id

    async def offset(self, at: AtRealm, file_id: str) -> int:
        """How many bytes main has; raises `UploadNotFound` where it has given it up."""
        with _in_words(at):
            answer = await self._client.head(at.to(f"{_UPLOADS}/{file_id}"), headers=at.headers)
        if answer.status_code in (404, 410):
            raise UploadNotFound(file_id=file_id)
        if answer.status_code == 401:  # the answer to a HEAD has no body that would say more
            raise NotSignedIn
        _check(answer)
        return _offset(at, answer)

    async def send(
        self, at: AtRealm, file_id: str, offset: int, size: int, pieces: AsyncIterator[bytes]
    ) -> int:
        """Send the bytes from `offset` to `size`; answers how many main has then."""
        headers = {
            **at.headers,
            "Upload-Offset": str(offset),
            "Content-Type": UPLOAD_TYPE,
            "Content-Length": str(size - offset),
        }
        with _in_words(at):
            answer = await self._client.patch(
                at.to(f"{_UPLOADS}/{file_id}"), headers=headers, content=pieces
            )
        _check(answer)
        return _offset(at, answer)

    async def drop(self, at: AtRealm, file_id: str) -> None:
        """Have main throw away what it has of an upload."""
        with _in_words(at):
            answer = await self._client.delete(at.to(f"{_UPLOADS}/{file_id}"), headers=at.headers)
        _check(answer)

    # --- down ------------------------------------------------------------------------------------

    @asynccontextmanager
    async def open(
        self, at: AtRealm, file_id: str, size: int, headers: dict[str, str]
    ) -> AsyncIterator[httpx.Response]:
        """A file's bytes as they come, or those of a `Range`. Use `pieces` to read them.

        `size` is the file's, or 0 where it isn't known.
        """
        client = self._long if size >= LONG_BYTES else self._client
        asked = {**at.headers, "Accept-Encoding": "identity", **headers}
        with _in_words(at):
            request = client.build_request("GET", at.to(f"/v1/files/{file_id}"), headers=asked)
            answer = await client.send(request, stream=True)
        try:
            if answer.is_error:
                with _in_words(at):
                    await answer.aread()
                _check(answer)
            yield answer
        finally:
            await answer.aclose()

    async def pieces(self, at: AtRealm, answer: httpx.Response) -> AsyncIterator[bytes]:
        """The bytes of an answer; raises `RealmUnreachable` where they break off."""
        with _in_words(at):
            async for piece in answer.aiter_raw():
                yield piece


@contextmanager
def _in_words(at: AtRealm) -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise RealmUnreachable(url=at.url, detail=str(exc) or type(exc).__name__) from exc


def _offset(at: AtRealm, answer: httpx.Response) -> int:
    try:
        return read_count("Upload-Offset", answer.headers.get("Upload-Offset"))
    except MalformedMessage as exc:
        raise RealmUnreachable(url=at.url, detail=exc.message) from exc


def _check(answer: httpx.Response) -> None:
    """Raise what was answered, where it is an error."""
    if answer.is_success:
        return
    url = str(answer.request.url.copy_with(path="/", query=None))
    try:
        error = json.loads(answer.content)["error"]
        fields = {k: v for k, v in error.items() if k not in ("code", "message")}
        refusal: RealmchatError = rebuild(error["code"], fields)
    except (ValueError, KeyError, TypeError, AttributeError):
        refusal = RealmUnreachable(url=url, detail=f"HTTP {answer.status_code}")
    raise refusal
