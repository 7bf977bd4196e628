"""Downloads at main: ranges, harmless headers, and blobs that are no longer what they were."""

import os

import pytest

from tests.main_server.conftest import Running
from tests.main_server.file_end import FileEnd, code, sha256
from tests.main_server.test_uploads import CONTENT, MIB, http, messi

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
    import httpx

    file_id = await messi.upload(CONTENT)
    blob = main.main.files.folder.blob(sha256(CONTENT))
    blob.write_bytes(os.urandom(1) + CONTENT[1:-1] + bytes([CONTENT[-1] ^ 1]))

    with pytest.raises(httpx.RemoteProtocolError):
        await messi.download(file_id)

    assert code(await messi.download(file_id)) == (500, "file_damaged")
