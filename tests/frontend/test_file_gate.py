"""Files between a page and chat-cli: by tickets alone, and nothing of them runs in a browser."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from frontend.file_gate import FileGate, Slip, read_slip, routes
from frontend.service.shapes import File
from realm_service.http import new_app

PICK = "0f8fad5b-d9cb-469f-a165-70867728950e"
FILE = File("f" * 32, "page.html", 11, "text/html")


class ChatCli:
    """A client of an account: it has one file."""

    @asynccontextmanager
    async def open_file(
        self, file_id: str, asked_range: str | None
    ) -> AsyncIterator[httpx.Response]:
        yield httpx.Response(
            206 if asked_range else 200,
            content=b"hello world",
            headers={
                "Content-Type": "text/plain",
                "Content-Disposition": 'attachment; filename="page.html"',
                "Set-Cookie": "secret",
            },
        )


@pytest.fixture
def gate() -> FileGate:
    return FileGate()


@pytest.fixture
async def page(gate: FileGate) -> AsyncIterator[httpx.AsyncClient]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield

    app = new_app("test", "0", lifespan=lifespan, streamed=lambda *_: True)
    app.include_router(routes(gate))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
        yield client


async def test_a_page_brings_what_is_wanted_until_nothing_is(
    gate: FileGate, page: httpx.AsyncClient
) -> None:
    """Each file once for each time that it is wanted; then it lets go of them."""
    slip = read_slip(f'{{"pick": "{PICK}", "index": 1, "size": 5}}'.encode())
    assert slip == Slip(PICK, 1, 5)
    got: list[bytes] = []

    async def take(pieces: AsyncIterator[bytes]) -> None:
        got.extend([piece async for piece in pieces])

    asking = asyncio.create_task(page.get(f"/files/wanted/{PICK}"))
    gate.want(slip, take)
    wanted = (await asking).json()
    assert wanted["index"] == 1
    assert (await page.put(wanted["url"], content=b"bytes")).status_code == 200
    again = await page.put(wanted["url"], content=b"bytes")
    gate.forget(PICK)

    assert b"".join(got) == b"bytes"
    assert again.status_code == 404
    assert (await page.get(f"/files/wanted/{PICK}")).status_code == 404


async def test_a_file_itself_is_no_slip() -> None:
    """Whatever it begins with."""
    assert read_slip(b"%PDF-1.4") is None
    assert read_slip(b'{"pick": "elsewhere", "index": 0, "size": 1}') is None


async def test_a_file_is_shown_or_saved_and_never_run(
    gate: FileGate, page: httpx.AsyncClient
) -> None:
    """Somebody sent it: no script of it gets near the window."""
    client: Any = ChatCli()

    shown = await page.get(gate.url(client, FILE, save=False))
    saved = await page.get(gate.url(client, FILE, save=True), headers={"Range": "bytes=0-"})

    for answer in (shown, saved):
        assert answer.content == b"hello world"
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
    assert shown.headers["content-disposition"] == "inline"
    assert saved.headers["content-disposition"] == 'attachment; filename="page.html"'
    assert saved.status_code == 206


async def test_a_ticket_ends_with_its_account(gate: FileGate, page: httpx.AsyncClient) -> None:
    """It is the same as long as that is signed in, so that nothing is drawn anew."""
    client: Any = ChatCli()
    url = gate.url(client, FILE, save=False)
    assert gate.url(client, FILE, save=False) == url

    gate.shut(client)

    assert (await page.get(url)).status_code == 404
    assert (await page.get("/files/out/guessed")).status_code == 404
