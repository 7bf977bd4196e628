"""Files at main, as this realm asks for them over HTTP connections beside the link.

Main decides everything: who may, how far an upload has come, what a file is.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from realm_protocol.errors import (
    LinkDown,
    NotSignedIn,
    RealmchatError,
    RealmDisabled,
    RealmKeyInvalid,
    UnknownError,
    rebuild,
)
from realm_protocol.names import Address
from realm_protocol.uploads import ERROR_HEADER, SENDER_HEADER, SESSION_HEADER, read_count
from realm_server.link import MainServer
from realm_service.logs import get_logger
from realm_service.long_answers import LONG_BYTES, LongAnswers

log = get_logger("realm.files")

_TIMES = httpx.Timeout(60, connect=10)
_OF_THE_REALM = (RealmKeyInvalid, RealmDisabled)
"""What main says of the realm and not of the person."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that the person behind a session may open."""

    file_id: str
    size: int
    type: str
    sha256: str
    path: Path | None = None
    """Where the realm has it already, for it keeps it until main has it."""


def session_of(authorization: str) -> str:
    """How a client's session is named to main; raises `NotSignedIn`."""
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn
    return hashlib.sha256(token.strip().encode(errors="replace")).hexdigest()


class MainFiles:
    """Opened with `async with`."""

    def __init__(self, url: str, main: MainServer, down: Callable[[], dict[str, Any]]) -> None:
        """`down` makes the fields of `LinkDown`."""
        self._down = down
        headers = {"Authorization": f"Bearer {main.key}"}
        self._http = httpx.AsyncClient(
            base_url=url,
            headers=headers,
            verify=main.tls if main.tls is not None else True,
            timeout=_TIMES,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=8),
            trust_env=False,
        )
        self._long = httpx.AsyncClient(
            base_url=url,
            headers=headers,
            transport=LongAnswers(main.tls),
            timeout=_TIMES,
            trust_env=False,
        )

    async def close(self) -> None:
        await self._http.aclose()
        await self._long.aclose()

    async def pass_on(
        self,
        session: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: AsyncIterator[bytes] | None = None,
    ) -> httpx.Response:
        """Main's answer where it is none of its errors; those are raised."""
        asker = {SESSION_HEADER: session}
        async with self._answered(asker, method, path, headers, body) as answer:
            await answer.aread()
            return answer

    async def bring(
        self,
        sender: Address,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: AsyncIterator[bytes] | None = None,
    ) -> int:
        """How many bytes main has of a file that was taken in here, after this request."""
        asker = {SENDER_HEADER: str(sender)}
        async with self._answered(asker, method, path, headers, body) as answer:
            return read_count("Upload-Offset", answer.headers.get("Upload-Offset"))

    async def find(self, session: str, file_id: str) -> FoundFile:
        """Raises `FileNotFound`, also where there is one that this person may not open."""
        answer = await self.pass_on(session, "HEAD", f"/v1/files/{file_id}", {})
        return FoundFile(
            file_id,
            int(answer.headers["Content-Length"]),
            answer.headers["Content-Type"],
            answer.headers["ETag"].strip('"'),
        )

    @asynccontextmanager
    async def opened(
        self, session: str, file: FoundFile, start: int
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes of a file from there on; ends early where the connection is cut."""
        headers = {
            "Range": f"bytes={start}-",
            "Accept-Encoding": "identity",
            SESSION_HEADER: session,
        }
        http = self._long if file.size - start >= LONG_BYTES else self._http
        request = http.build_request("GET", f"/v1/files/{file.file_id}", headers=headers)
        async with self._sent(http, request) as answer:
            yield answer.aiter_raw()

    @asynccontextmanager
    async def _answered(
        self,
        asker: Mapping[str, str],
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: AsyncIterator[bytes] | None = None,
    ) -> AsyncIterator[httpx.Response]:
        request = self._http.build_request(method, path, headers={**headers, **asker}, content=body)
        async with self._sent(self._http, request) as answer:
            yield answer

    @asynccontextmanager
    async def _sent(
        self, http: httpx.AsyncClient, request: httpx.Request
    ) -> AsyncIterator[httpx.Response]:
        try:
            answer = await http.send(request, stream=True)
            try:
                if answer.is_error:
                    raise await self._refusal(answer)
                yield answer
            finally:
                await answer.aclose()
        except httpx.TransportError as exc:
            log.info("main_files_unreachable", detail=str(exc))
            raise LinkDown(**self._down()) from exc

    async def _refusal(self, answer: httpx.Response) -> RealmchatError:
        text = answer.headers.get(ERROR_HEADER) or await answer.aread()
        try:
            told = json.loads(text)
            fields = told.get("error", told)
            error = rebuild(
                str(fields.pop("code")), {k: v for k, v in fields.items() if k != "message"}
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            return UnknownError(peer_code=f"HTTP {answer.status_code}")
        if isinstance(error, _OF_THE_REALM):
            log.error("main_refuses_files", code=error.code)
            return LinkDown(**self._down())
        return error
