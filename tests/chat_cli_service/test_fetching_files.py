"""Fetching files: the right bytes or fewer, in ranges, over cuts, and never run by a browser."""

import hashlib
import random
from dataclasses import replace
from typing import Any

import httpx
import pytest

from chat_cli.routes_files import disposition
from realm_protocol.bodies import FileBody, pack_file_body
from realm_protocol.uploads import NewUpload
from realm_service.long_answers import LONG_BYTES
from tests.waiting import eventually

from .conftest import HENDERSON, MESSI, Person
from .fake_realm import FakeRealm

CHUNK = 64 * 1024


def some_bytes(size: int) -> bytes:
    return random.Random(size).randbytes(size)


async def get_file(person: Person, file_id: str, **headers: str) -> httpx.Response:
    return await person.service.http.get(f"{person.path}/files/{file_id}", headers=headers)


def shared(realm: FakeRealm, content: bytes, name: str = "a.bin") -> str:
    """A file of henderson's that messi has a message of."""
    file_id = realm.files.put(content)
    new = realm.files.uploads[file_id].new
    body = FileBody(file_id, name, new.size, "image/png", new.sha256)
    conversation = realm.private(MESSI, HENDERSON)
    row = realm.store(conversation, HENDERSON, file_id, pack_file_body(body), "file")
    realm.publish(conversation, row, None)
    return file_id


async def known(person: Person, file_id: str) -> Any:
    """The message of the file has arrived."""
    return [m for m in await person.get("/files") if m["file"]["file_id"] == file_id]


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, LONG_BYTES])
async def test_a_file_comes_as_it_was_sent(realm: FakeRealm, messi: Person, size: int) -> None:
    """Every byte, with its length and hash said before."""
    content = some_bytes(size)
    file_id = shared(realm, content)
    await eventually(lambda: known(messi, file_id))

    answer = await get_file(messi, file_id)

    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["Content-Length"] == str(size)
    assert answer.headers["ETag"] == f'"{realm.files.uploads[file_id].new.sha256}"'


async def test_a_browser_keeps_it_and_runs_nothing(realm: FakeRealm, messi: Person) -> None:
    """Whatever its sender calls it, and whatever is in it."""
    file_id = shared(realm, b"<script>alert(1)</script>", '\u202e../fünf "6";.html')
    await eventually(lambda: known(messi, file_id))

    headers = (await get_file(messi, file_id)).headers

    assert headers["Content-Disposition"].startswith("attachment; filename=")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a b.txt", "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt"),
        ("ü.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%C3%BC.txt"),
        (
            "../x\r\nSet-Cookie: a",
            "attachment; filename=\"xSet-Cookie_ a\"; filename*=UTF-8''xSet-Cookie_%20a",
        ),
        (
            '"; filename="b',
            "attachment; filename=\"_; filename=_b\"; filename*=UTF-8''_%3B%20filename%3D_b",
        ),
    ],
)
def test_a_name_makes_no_header_of_its_own(name: str, header: str) -> None:
    """RFC 6266 and 8187, for programs old and new."""
    assert disposition(name) == header


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-", 100, 1000),
        ("bytes=-10", 990, 1000),
        ("bytes=10-5000", 10, 1000),
        ("bytes=0-", 0, 1000),
    ],
)
async def test_a_part_can_be_asked(
    realm: FakeRealm, messi: Person, asked: str, start: int, stop: int
) -> None:
    """For whoever goes on with a download, or looks into a film."""
    content = some_bytes(1000)

    answer = await get_file(messi, shared(realm, content), Range=asked)

    assert (answer.status_code, answer.content) == (206, content[start:stop])
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/1000"


async def test_a_part_that_is_not_there_is_refused(realm: FakeRealm, messi: Person) -> None:
    answer = await get_file(messi, shared(realm, b"hello"), Range="bytes=5-")

    assert (answer.status_code, answer.json()["error"]["code"]) == (416, "range_not_satisfiable")


async def test_a_download_that_is_cut_goes_on_where_it_was(realm: FakeRealm, messi: Person) -> None:
    """At random bytes: whoever reads it sees one whole answer."""
    content = some_bytes(500_000)
    chances = random.Random(7)
    realm.files.cuts_down = [chances.randrange(0, 100_000) for _ in range(5)]

    answer = await get_file(messi, shared(realm, content))

    assert answer.content == content
    assert len(realm.files.ranges) == 6
    assert realm.files.ranges[0] is None


async def test_a_part_that_is_cut_goes_on_too(realm: FakeRealm, messi: Person) -> None:
    content = some_bytes(100_000)
    realm.files.cuts_down = [1000]

    answer = await get_file(messi, shared(realm, content), Range="bytes=500-50000")

    assert answer.content == content[500:50001]
    assert realm.files.ranges == ["bytes=500-50000", "bytes=1500-50000"]


async def test_wrong_bytes_are_never_whole(realm: FakeRealm, messi: Person) -> None:
    """A blob that was damaged on the way: the answer breaks off before its end."""
    file_id = shared(realm, some_bytes(300_000))
    await eventually(lambda: known(messi, file_id))
    realm.files.uploads[file_id].content[150_000] ^= 1

    with pytest.raises(httpx.RemoteProtocolError):
        await get_file(messi, file_id)

    (told,) = await messi.get("/transfers")
    assert (told["state"], told["error"]["code"]) == ("refused", "file_damaged")


async def test_a_small_file_with_wrong_bytes_is_refused_in_words(
    realm: FakeRealm, messi: Person
) -> None:
    """Nothing of it has gone out yet."""
    file_id = shared(realm, b"hello")
    await eventually(lambda: known(messi, file_id))
    realm.files.uploads[file_id].content[0] ^= 1

    answer = await get_file(messi, file_id)

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "file_damaged")


@pytest.mark.parametrize("file_id", ["0" * 32, "x", "..%2f..%2fetc%2fpasswd"])
async def test_what_one_may_not_open_is_not_there(
    realm: FakeRealm, messi: Person, file_id: str
) -> None:
    answer = await get_file(messi, file_id)

    assert answer.status_code == 404


async def test_while_cut_off_it_says_so(realm: FakeRealm, messi: Person) -> None:
    """In words, at once."""
    file_id = shared(realm, b"hello")
    await realm.running.stop()

    answer = await get_file(messi, file_id)

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "realm_unreachable")
    await realm.running.start()


async def test_a_download_is_told_of_and_can_be_cancelled(realm: FakeRealm, messi: Person) -> None:
    """Its reader sees the answer end too early."""
    content = some_bytes(20_000_000)
    file_id = shared(realm, content)
    await eventually(lambda: known(messi, file_id))

    async with messi.service.http.stream("GET", f"{messi.path}/files/{file_id}") as answer:
        (told,) = await messi.get("/transfers")
        assert (told["direction"], told["name"], told["state"]) == ("download", "a.bin", "running")
        await messi.post(f"/transfers/{told['transfer']}/cancel")
        with pytest.raises(httpx.RemoteProtocolError):
            await answer.aread()

    (told,) = await messi.get("/transfers")
    assert told["state"] == "cancelled"
    assert 0 < told["done"] < len(content)


async def test_who_stops_reading_stops_the_download(realm: FakeRealm, messi: Person) -> None:
    """Nothing is pulled for somebody who has gone."""
    file_id = shared(realm, some_bytes(20_000_000))

    async with messi.service.http.stream("GET", f"{messi.path}/files/{file_id}"):
        pass

    async def is_over() -> bool:
        (told,) = await messi.get("/transfers")
        return bool(told["state"] == "cancelled")

    await eventually(is_over)


async def test_a_file_that_another_hash_is_said_of_is_not_taken(
    realm: FakeRealm, messi: Person
) -> None:
    """The message says which bytes are meant; a realm that serves others is caught."""
    file_id = shared(realm, b"hello")
    await eventually(lambda: known(messi, file_id))
    upload = realm.files.uploads[file_id]
    new = NewUpload(5, hashlib.sha256(b"jello").hexdigest())
    realm.files.uploads[file_id] = replace(upload, content=bytearray(b"jello"), new=new)

    assert (await get_file(messi, file_id)).status_code == 500
