"""Downloads at main: ranges, harmless headers, and blobs that are no longer what they were."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from main_server.files.verifying import verify_files
from realm_protocol.errors import StoreDamaged
from realm_service.giving_way import GivingWay
from tests.main_server.conftest import Running, running
from tests.main_server.file_end import FileEnd, code, sha256
from tests.main_server.test_uploads import CONTENT, MIB, http, messi, person
from tests.waiting import eventually

__all__ = ["http", "messi"]  # fixtures


async def test_a_part_is_answered_as_http_has_it(messi: FileEnd) -> None:
    """So that a download goes on after a cut."""
    file_id = await messi.upload(CONTENT)

    answer = await messi.download(file_id, Range=f"bytes={MIB + 3}-")

    assert (answer.status_code, answer.content) == (206, CONTENT[MIB + 3 :])
    assert answer.headers["Content-Range"] == f"bytes {MIB + 3}-{len(CONTENT) - 1}/{len(CONTENT)}"
    assert code(await messi.download(file_id, Range=f"bytes={len(CONTENT)}-")) == (
        416,
        "range_not_satisfiable",
    )
    other = await messi.download(file_id, Range="bytes=0-4", **{"If-Range": '"another"'})
    assert (other.status_code, other.content == CONTENT) == (200, True)


async def test_nothing_that_arrives_is_run_by_a_browser(messi: FileEnd) -> None:
    """Type by the bytes, never rendered, never guessed."""
    answer = await messi.download(await messi.upload(b"<html><script>alert(1)</script>"))

    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.headers["Content-Disposition"] == "attachment"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_asking_about_a_file_reads_none_of_it(messi: FileEnd) -> None:
    """HEAD tells size, type and hash."""
    answer = await messi.ask("HEAD", f"/v1/files/{await messi.upload(CONTENT)}")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert answer.headers["ETag"] == f'"{sha256(CONTENT)}"'


@pytest.mark.parametrize("damage", ["other bytes", "fewer bytes", "none"])
async def test_a_small_blob_that_was_damaged_is_refused_in_words(
    messi: FileEnd, main: Running, damage: str
) -> None:
    """Before a wrong byte leaves; sending the file again mends it."""
    file_id = await messi.upload(b"content")
    blob = main.main.files.folder.blob(sha256(b"content"))
    {
        "other bytes": lambda: blob.write_bytes(b"c0ntent"),
        "fewer bytes": lambda: blob.write_bytes(b"conten"),
        "none": blob.unlink,
    }[damage]()

    assert code(await messi.download(file_id)) == (500, "file_damaged")
    assert (await messi.ask("HEAD", f"/v1/files/{file_id}")).status_code == 500

    await messi.upload(b"content")
    assert (await messi.download(file_id)).content == b"content"


async def test_a_large_blob_that_was_damaged_never_arrives_whole(
    messi: FileEnd, main: Running
) -> None:
    """The connection is cut before the last block, and from then on the damage is known."""
    file_id = await messi.upload(CONTENT)
    blob = main.main.files.folder.blob(sha256(CONTENT))
    blob.write_bytes(os.urandom(1) + CONTENT[1:-1] + bytes([CONTENT[-1] ^ 1]))

    with pytest.raises(httpx.RemoteProtocolError):
        await messi.download(file_id)

    assert code(await messi.download(file_id)) == (500, "file_damaged")


async def test_verify_misses_a_blob_that_is_gone(
    messi: FileEnd, main: Running, store: Path
) -> None:
    """Before somebody asks for the file."""
    await messi.upload(b"content")
    folder = main.main.files.folder
    assert verify_files(store, folder) == {"files": 1}
    folder.blob(sha256(b"content")).write_bytes(b"cont")

    with pytest.raises(StoreDamaged, match=sha256(b"content")):
        verify_files(store, folder)


async def test_files_give_way_whichever_way_they_go(
    messi: FileEnd, main: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each piece it is looked whether messages move; those of everybody count."""
    looked: list[int] = []
    monkeypatch.setattr(
        GivingWay, "rest", lambda _: looked.append(main.main.metrics.jobs_done) or 0
    )

    file_id = await messi.upload(CONTENT)
    up = len(looked)
    await messi.download(file_id)

    assert up > 0
    assert len(looked) - up >= len(CONTENT) // MIB
    assert looked[-1] > 0


async def test_a_stop_ends_what_is_under_way_and_keeps_what_has_come(
    store: Path, keys: dict[str, str]
) -> None:
    """Nobody who stops a server waits for a gigabyte."""
    go_on = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield CONTENT[:MIB]
        await go_on.wait()

    http = httpx.AsyncClient(trust_env=False, timeout=20)
    async with http as client, running(store, keys) as main:
        client.base_url = main.url.replace("ws:", "http:")
        messi = await person(main, client, "messi@surabaya")
        file_id = await messi.begun(CONTENT)
        sending = asyncio.create_task(messi.append(file_id, 0, slowly()))
        part = main.main.files.folder.part(file_id)
        await eventually(lambda: part.stat().st_size > 0)

        main.main.files.drain()
        assert code(await messi.append(file_id, MIB, b"more")) == (503, "draining")
        go_on.set()
        assert code(await sending) == (503, "draining")

    assert 0 < part.stat().st_size <= MIB
