"""Uploads at main: resumable at any byte, checked when whole, refused before bytes are sent."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from main_server.files.rows import FileLimits
from main_server.rules.files import uploads_begun_before
from main_server.store.writer import Transaction
from realm_protocol.limits import UNFINISHED_UPLOAD_HOURS, UNFINISHED_UPLOADS
from realm_protocol.uploads import SENDER_HEADER, UPLOAD_TYPE, NewUpload, upload_headers
from realm_service.uploads.folder import ROOM_KEPT_FREE, BlobFolder
from realm_service.uploads.part import Part
from tests.main_server.conftest import Running, running
from tests.main_server.file_end import FileEnd, code, sha256
from tests.waiting import eventually

MIB = 1024 * 1024
CONTENT = os.urandom(3 * MIB + 17)


@pytest.fixture
async def http(main: Running) -> AsyncIterator[httpx.AsyncClient]:
    url = main.url.replace("ws:", "http:")
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as client:
        yield client


async def person(main: Running, http: httpx.AsyncClient, address: str) -> FileEnd:
    realm = address.partition("@")[2]
    link = await main.link(realm)
    session = await link.sign_in(address)
    link.channel.abort()
    return FileEnd(http, main.keys[realm], session.token)


@pytest.fixture
async def messi(main: Running, http: httpx.AsyncClient) -> FileEnd:
    return await person(main, http, "messi@surabaya")


def stored(store: Path) -> list[Path]:
    """Every file below the folder of files."""
    return [path for path in (store.parent / "files").rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 5 * MIB])
async def test_bytes_come_back_as_they_went(messi: FileEnd, size: int) -> None:
    """Whatever the size."""
    content = os.urandom(size)

    answer = await messi.download(await messi.upload(content))

    assert (answer.status_code, answer.content == content) == (200, True)
    assert answer.headers["ETag"] == f'"{sha256(content)}"'


async def test_an_upload_goes_on_where_it_stopped(messi: FileEnd) -> None:
    """In as many requests as it takes; main says where."""
    file_id = await messi.begun(CONTENT)

    offset = 0
    for end in (1, 1000, MIB, 2 * MIB + 5, len(CONTENT)):
        answer = await messi.append(file_id, offset, CONTENT[offset:end])
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(end))
        offset = await messi.offset(file_id)

    assert (await messi.download(file_id)).content == CONTENT


async def test_a_body_that_breaks_off_keeps_what_has_arrived(messi: FileEnd, main: Running) -> None:
    """A cut costs the bytes that were on their way, no more."""

    async def broken() -> AsyncIterator[bytes]:
        yield CONTENT[: 2 * MIB]
        raise ConnectionError("cut")

    file_id = await messi.begun(CONTENT)
    with pytest.raises(ConnectionError):
        await messi.append(file_id, 0, broken())

    part = main.main.files.folder.part(file_id)
    await eventually(lambda: part.stat().st_size > MIB)
    offset = await messi.offset(file_id)
    await messi.append(file_id, offset, CONTENT[offset:])
    assert (await messi.download(file_id)).content == CONTENT


async def test_a_newer_request_ends_one_that_hangs(messi: FileEnd, main: Running) -> None:
    """A sender that comes back on a new connection need not wait for the old one to die."""
    alive_again = asyncio.Event()

    async def hangs() -> AsyncIterator[bytes]:
        yield CONTENT[:1000]
        await alive_again.wait()

    file_id = await messi.begun(CONTENT)
    old = asyncio.create_task(messi.append(file_id, 0, hangs()))
    part = main.main.files.folder.part(file_id)
    await eventually(lambda: part.stat().st_size == 1000)

    assert await messi.offset(file_id) == 1000
    answer = await messi.append(file_id, 1000, CONTENT[1000:])

    assert answer.status_code == 204
    assert (await messi.download(file_id)).content == CONTENT
    alive_again.set()
    assert code(await old) == (409, "upload_taken_over")


async def test_an_offset_that_is_not_mains_is_refused_with_the_right_one(messi: FileEnd) -> None:
    """No hole and no doubled byte."""
    file_id = await messi.begun(CONTENT)
    await messi.append(file_id, 0, CONTENT[:10])

    answer = await messi.append(file_id, 11, CONTENT[11:])

    assert code(answer) == (409, "upload_offset_conflict")
    assert answer.json()["error"]["offset"] == 10


async def test_other_bytes_than_announced_are_thrown_away(messi: FileEnd, store: Path) -> None:
    """They are told at the last byte, and leave nothing behind."""
    file_id = await messi.begun(CONTENT)

    answer = await messi.append(file_id, 0, CONTENT[:-1] + b"?")

    assert code(answer) == (500, "file_damaged")
    assert code(await messi.download(file_id)) == (404, "file_not_found")
    assert (await messi.ask("HEAD", f"/v1/uploads/{file_id}")).status_code == 404
    assert stored(store) == []


async def test_more_bytes_than_announced_are_refused(messi: FileEnd) -> None:
    """The size was checked against limits and quota."""
    file_id = await messi.begun(CONTENT)

    answer = await messi.append(file_id, 0, CONTENT + b"!")

    assert code(answer) == (400, "malformed")


async def test_the_same_bytes_are_stored_once_and_sent_each_time(
    messi: FileEnd, main: Running, http: httpx.AsyncClient, store: Path
) -> None:
    """A hash alone opens nothing: until the bytes were sent there is no file, whoever has it."""
    await messi.upload(CONTENT)
    henderson = await person(main, http, "henderson@jakarta")

    file_id = await henderson.begun(CONTENT)

    assert await henderson.offset(file_id) == 0
    assert code(await henderson.download(file_id)) == (404, "file_not_found")
    await henderson.append(file_id, 0, CONTENT)
    assert (await henderson.download(file_id)).content == CONTENT
    assert [path.name for path in stored(store)] == [sha256(CONTENT)]


async def test_what_was_here_is_given_up_behind_the_answer(
    messi: FileEnd, main: Running, store: Path
) -> None:
    """How long it takes to free a large file must tell nobody that there was one."""
    for _ in range(2):
        await messi.upload(CONTENT)
    folder = main.main.files.folder
    before = folder.hold(sha256(CONTENT))

    await messi.upload(CONTENT)

    assert os.fstat(before).st_nlink == 0
    os.close(before)
    # Of those that were held by the server none is left open.
    await eventually(lambda: not open_below(store.parent))
    assert stored(store) == [folder.blob(sha256(CONTENT))]


def open_below(folder: Path) -> list[str]:
    """Files of blobs that this process has open."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since
            found.append(str(descriptor.readlink()))
    return [target for target in found if target.startswith(f"{folder}/files/blobs")]


async def test_an_upload_is_its_persons_alone(
    messi: FileEnd, main: Running, http: httpx.AsyncClient
) -> None:
    """To a stranger it is as if it never was, in every method."""
    file_id = await messi.begun(CONTENT)
    henderson = await person(main, http, "henderson@jakarta")
    never = "0" * 32

    for unknown in (file_id, never, "..%2f..%2fmain.db", "x" * 32):
        assert (await henderson.ask("HEAD", f"/v1/uploads/{unknown}")).status_code == 404
        assert (await henderson.ask("DELETE", f"/v1/uploads/{unknown}")).status_code == 404
        assert (await henderson.append(unknown, 0, b"x")).status_code == 404
    assert await messi.offset(file_id) == 0


async def test_a_stranger_gets_the_answer_for_what_never_was(
    messi: FileEnd, main: Running, http: httpx.AsyncClient
) -> None:
    """Word for word, but for the id that was asked."""
    file_id = await messi.upload(CONTENT)
    henderson = await person(main, http, "henderson@jakarta")

    stranger, never = await henderson.download(file_id), await henderson.download("0" * 32)

    assert code(stranger) == code(never) == (404, "file_not_found")
    assert stranger.text.replace(file_id, "") == never.text.replace("0" * 32, "")
    assert stranger.headers.keys() == never.headers.keys()


async def test_nobody_uploads_without_a_session_of_the_realm(messi: FileEnd, main: Running) -> None:
    """The realm's key and the session must fit together."""
    foreign = FileEnd(messi.http, main.keys["jakarta"], messi.token)
    no_realm = FileEnd(messi.http, "guessed", messi.token)
    no_session = FileEnd(messi.http, messi.key, "guessed")

    assert code(await foreign.begin(CONTENT)) == (403, "wrong_realm")
    assert code(await no_realm.begin(CONTENT)) == (401, "realm_key_invalid")
    assert code(await no_session.begin(CONTENT)) == (401, "not_signed_in")
    assert code(await messi.http.post("/v1/uploads")) == (401, "not_signed_in")


async def test_a_canceled_upload_leaves_nothing(messi: FileEnd, store: Path) -> None:
    """And a file that is whole can't be canceled."""
    file_id = await messi.begun(CONTENT)
    await messi.append(file_id, 0, CONTENT[:1000])

    assert (await messi.ask("DELETE", f"/v1/uploads/{file_id}")).status_code == 204

    assert stored(store) == []
    assert (await messi.ask("HEAD", f"/v1/uploads/{file_id}")).status_code == 404
    whole = await messi.upload(b"whole")
    assert (await messi.ask("DELETE", f"/v1/uploads/{whole}")).status_code == 404


async def test_what_is_too_much_is_refused_before_a_byte_is_sent(
    store: Path, keys: dict[str, str]
) -> None:
    """Size, quota and number, each with what the limit is."""
    async with running(store, keys, limits=FileLimits(file=1000, quota=1500)) as main:
        url = main.url.replace("ws:", "http:")
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            messi = await person(main, http, "messi@surabaya")
            abilities = await http.options("/v1/uploads")

            too_large = await messi.begin(b"", size=1001)
            await messi.upload(b"x" * 1000)
            too_much = await messi.begin(b"", size=501)
            for number in range(UNFINISHED_UPLOADS):
                assert (await messi.begin(b"", size=1)).status_code == 201, number
            too_many = await messi.begin(b"", size=1)

    assert abilities.headers["Tus-Max-Size"] == "1000"
    assert too_large.json()["error"]["message"] == (
        "The file has 1001 bytes; the limit is 1000 bytes."
    )
    assert code(too_much) == (413, "quota_exceeded")
    assert (too_much.json()["error"]["used"], too_much.json()["error"]["limit"]) == (1000, 1500)
    assert code(too_many) == (429, "too_many_uploads")


async def test_a_full_disk_is_refused_before_a_byte_is_sent(
    store: Path, keys: dict[str, str]
) -> None:
    """Some room is kept for the database."""
    folder = BlobFolder(store.parent / "files", "main server", free=lambda _: ROOM_KEPT_FREE + 1000)
    async with running(store, keys, folder=folder) as main:
        url = main.url.replace("ws:", "http:")
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            messi = await person(main, http, "messi@surabaya")

            assert code(await messi.begin(b"", size=1001)) == (507, "storage_full")
            assert (await messi.begin(b"", size=1000)).status_code == 201


async def test_a_disk_that_fills_up_meanwhile_loses_the_upload_alone(
    messi: FileEnd, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its room is given back at once."""
    file_id = await messi.begun(CONTENT)
    monkeypatch.setattr("realm_service.uploads.part.os.write", _full)

    answer = await messi.append(file_id, 0, CONTENT)
    monkeypatch.undo()

    assert code(answer) == (507, "storage_full")
    assert stored(store) == []
    assert (await messi.ask("HEAD", f"/v1/uploads/{file_id}")).status_code == 404
    assert (await messi.download(await messi.upload(CONTENT))).content == CONTENT


def _full(*_: object) -> int:
    raise OSError(28, "No space left on device")


async def test_a_restart_goes_on_with_what_the_disk_has(store: Path, keys: dict[str, str]) -> None:
    """The hash of the bytes before it is made again from the disk."""
    async with running(store, keys) as main:
        url = main.url.replace("ws:", "http:")
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            messi = await person(main, http, "messi@surabaya")
            file_id = await messi.begun(CONTENT)
            await messi.append(file_id, 0, CONTENT[: MIB + 7])
    async with running(store, keys) as main:
        url = main.url.replace("ws:", "http:")
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            messi.http = http

            assert await messi.offset(file_id) == MIB + 7
            await messi.append(file_id, MIB + 7, CONTENT[MIB + 7 :])
            assert (await messi.download(file_id)).content == CONTENT


async def test_a_crash_before_the_blob_was_noted_is_made_good(
    messi: FileEnd, main: Running, store: Path
) -> None:
    """All bytes are there and no row says so: asking for the offset finishes the upload."""
    file_id = await messi.begun(CONTENT)
    main.main.files.folder.part(file_id).write_bytes(CONTENT)
    main.main.files.folder.keep(file_id, sha256(CONTENT))

    assert await messi.offset(file_id) == len(CONTENT)

    assert (await messi.download(file_id)).content == CONTENT
    assert [path.name for path in stored(store)] == [sha256(CONTENT)]


@settings(max_examples=60)
@given(
    st.binary(max_size=5000),
    st.lists(st.tuples(st.integers(0, 5000), st.booleans()), max_size=8),
)
def test_a_part_knows_its_hash_however_it_was_cut(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, cuts: list[tuple[int, bool]]
) -> None:
    """With what was remembered, and without."""
    path = tmp_path_factory.mktemp("parts") / "part"
    path.touch()
    known = None
    ends = [*sorted(end for end, _ in cuts if end <= len(content)), len(content)]
    forgetting = iter([forgets for _, forgets in cuts])
    for end in ends:
        part = Part(path, "main server", None if next(forgetting, False) else known)
        part.append([content[part.size : end]])
        known = part.hashed
        part.close()

    assert known is not None
    assert (known.sha256.hexdigest(), known.size) == (sha256(content), len(content))
    assert known.head == content[:4096]


# --- brought by a realm that took them alone ------------------------------------------------------

TAKEN = "5" * 32


async def bring(end: FileEnd, sender: str, content: bytes, file_id: str = TAKEN) -> httpx.Response:
    """Announce a file in the name of its sender, by the id that the realm has given it."""
    upload = NewUpload(len(content), sha256(content))
    return await end.http.post(
        f"/v1/uploads/{file_id}",
        headers={
            "Authorization": f"Bearer {end.key}",
            SENDER_HEADER: sender,
            **upload_headers(upload),
        },
    )


async def test_a_realm_brings_a_file_by_the_id_that_it_gave_it(messi: FileEnd) -> None:
    """In the sender's name, whatever became of their session; however often it is announced."""
    assert (await bring(messi, "messi@surabaya", CONTENT)).status_code == 201
    assert (await messi.append(TAKEN, 0, CONTENT[:MIB])).status_code == 204
    again = await bring(messi, "messi@surabaya", CONTENT)
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, str(MIB))
    headers = {
        "Authorization": f"Bearer {messi.key}",
        SENDER_HEADER: "messi@surabaya",
        "Upload-Offset": str(MIB),
        "Content-Type": UPLOAD_TYPE,
    }
    await messi.http.patch(f"/v1/uploads/{TAKEN}", headers=headers, content=CONTENT[MIB:])

    assert (await messi.download(TAKEN)).content == CONTENT
    whole = await bring(messi, "messi@surabaya", CONTENT)
    assert whole.headers["Upload-Offset"] == str(len(CONTENT))


async def test_a_realm_brings_files_of_its_own_people_alone(
    messi: FileEnd, main: Running, http: httpx.AsyncClient
) -> None:
    """And none by the id of another's, or of another file."""
    henderson = await person(main, http, "henderson@jakarta")
    assert (await bring(messi, "messi@surabaya", CONTENT)).status_code == 201

    assert code(await bring(messi, "henderson@jakarta", CONTENT)) == (403, "foreign_sender")
    assert code(await bring(henderson, "henderson@jakarta", b"x")) == (404, "upload_not_found")
    assert code(await bring(messi, "messi@surabaya", b"x")) == (404, "upload_not_found")
    assert code(await bring(messi, "messi@surabaya", b"x", "x")) == (404, "upload_not_found")
    assert code(await bring(messi, "nobody@surabaya", b"x")) == (404, "user_not_found")
    assert await messi.offset(TAKEN) == 0


# --- collecting ----------------------------------------------------------------------------------


async def test_an_upload_given_up_ends_after_a_day(
    messi: FileEnd, main: Running, store: Path
) -> None:
    """A day without a byte; not one that still goes on."""
    silent, alive = await messi.begun(CONTENT), await messi.begun(CONTENT)
    await messi.append(silent, 0, CONTENT[:10])
    now = time.time() + UNFINISHED_UPLOAD_HOURS * 3600 + 60
    os.utime(main.main.files.folder.part(alive), (now, now))

    await main.main.files.collector.collect(now)

    assert (await messi.ask("HEAD", f"/v1/uploads/{silent}")).status_code == 404
    assert await messi.offset(alive) == 0
    assert [path.name for path in stored(store)] == [alive]


@pytest.mark.parametrize("crash", ["part without a row", "blob without a row", "blob half placed"])
async def test_what_a_crash_has_left_is_collected(
    messi: FileEnd, main: Running, store: Path, crash: str
) -> None:
    """Bytes without a row go; those with one stay."""
    kept = await messi.upload(b"kept")
    folder = main.main.files.folder
    other = sha256(b"other")
    leave: dict[str, Callable[[], object]] = {
        "part without a row": lambda: folder.begin_part("f" * 32),
        "blob without a row": lambda: _write(folder.blob(other)),
        "blob half placed": lambda: _write(folder.blob(other).with_name(f".{other}.{kept}")),
    }
    leave[crash]()
    assert len(stored(store)) == 2

    await main.main.files.collector.collect(time.time() + UNFINISHED_UPLOAD_HOURS * 3600 + 60)

    assert [path.name for path in stored(store)] == [sha256(b"kept")]
    assert (await messi.download(kept)).content == b"kept"


def _write(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"other")


async def test_an_upload_whose_bytes_are_gone_is_begun_again(messi: FileEnd, main: Running) -> None:
    """Its sender is told so at once, and it no longer counts; nobody asking, after a day."""
    asked, silent = await messi.begun(CONTENT), await messi.begun(CONTENT)
    for file_id in (asked, silent):
        main.main.files.folder.drop_part(file_id)

    assert (await messi.ask("HEAD", f"/v1/uploads/{asked}")).status_code == 404
    assert code(await messi.append(asked, 0, CONTENT)) == (404, "upload_not_found")
    await main.main.files.collector.collect(time.time() + UNFINISHED_UPLOAD_HOURS * 3600 + 60)

    def uploads(tx: Transaction) -> list[str]:
        return uploads_begun_before(tx.connection, 2**52)

    assert await main.main.write(uploads) == []
